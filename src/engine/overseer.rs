//! Warnings about workers, and cancellation of requests to them.

use std::fmt;
use std::sync::Arc;

use gia_base::diag::Diagnostic;

/// Receives warnings about busy workers, and may cancel their requests. By default it does neither.
#[derive(Clone, Default)]
pub struct Overseer {
    hear: Option<Arc<dyn Fn(Diagnostic) + Send + Sync>>,
    is_stopped: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
}

impl Overseer {
    /// An overseer that receives warnings, on threads other than the run's.
    pub fn hearing(hear: impl Fn(Diagnostic) + Send + Sync + 'static) -> Overseer {
        Overseer {
            hear: Some(Arc::new(hear)),
            is_stopped: None,
        }
    }

    /// Cancels requests once `is_stopped` returns true. A worker that is busy then is killed after some seconds.
    pub fn until(self, is_stopped: impl Fn() -> bool + Send + Sync + 'static) -> Overseer {
        Overseer {
            is_stopped: Some(Arc::new(is_stopped)),
            ..self
        }
    }

    pub(super) fn warn(&self, warning: Diagnostic) {
        if let Some(hear) = &self.hear {
            hear(warning);
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped
            .as_ref()
            .is_some_and(|is_stopped| is_stopped())
    }
}

/// Equality ignores the overseer.
impl PartialEq for Overseer {
    fn eq(&self, _: &Overseer) -> bool {
        true
    }
}

impl Eq for Overseer {}

impl fmt::Debug for Overseer {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Overseer")
    }
}
