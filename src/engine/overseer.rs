//! Callbacks of workers: warnings, and cancellation of requests.

use std::fmt;
use std::sync::Arc;

use gia_base::diag::Diagnostic;

/// Callbacks for workers that are busy with a request: they receive warnings, and may cancel the request. Both are optional.
#[derive(Clone, Default)]
pub struct Overseer {
    warn_user: Option<Arc<dyn Fn(Diagnostic) + Send + Sync>>,
    is_stopped: Option<Arc<dyn Fn() -> bool + Send + Sync>>,
}

impl Overseer {
    /// Sets the callback for warnings. It is called on other threads than the run's.
    pub fn on_warning(warn_user: impl Fn(Diagnostic) + Send + Sync + 'static) -> Overseer {
        Overseer {
            warn_user: Some(Arc::new(warn_user)),
            is_stopped: None,
        }
    }

    /// Sets the callback that cancels requests: once it returns true, a worker that is still busy after 4 s is killed.
    pub fn cancel_when(self, is_stopped: impl Fn() -> bool + Send + Sync + 'static) -> Overseer {
        Overseer {
            is_stopped: Some(Arc::new(is_stopped)),
            ..self
        }
    }

    pub(super) fn warn(&self, warning: Diagnostic) {
        if let Some(warn_user) = &self.warn_user {
            warn_user(warning);
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
