//! Who hears of workers that are in trouble, and says when nobody waits for their answers any more.

use std::fmt;
use std::sync::Arc;

use gia_base::diag::Diagnostic;

/// Hears warnings about workers while they are asked something, and may give up on an answer. By default nobody does either.
#[derive(Clone, Default)]
pub struct Overseer {
    hear: Option<Arc<dyn Fn(Diagnostic) + Send + Sync>>,
    is_stopped: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
}

impl Overseer {
    /// One that hears warnings; they come from other threads than the run's.
    pub fn hearing(hear: impl Fn(Diagnostic) + Send + Sync + 'static) -> Overseer {
        Overseer {
            hear: Some(Arc::new(hear)),
            is_stopped: None,
        }
    }

    /// Gives up on answers where this says so. A worker that is busy then is killed after some seconds.
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

/// Who hears says nothing of what is asked for.
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
