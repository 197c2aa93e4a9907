//! Progress of a run.

use gia_base::diag::{Code, Diagnostic, Outcome};

/// Receives the progress of a run; called from the thread that runs the plan.
pub trait Progress {
    /// Sets the length of the current phase, in sequences to predict.
    fn set_total(&self, passes: u64);
    /// Reports a number of sequences as predicted.
    fn advance(&self, passes: u64);
    /// Starts a phase with this short name.
    fn begin_phase(&self, text: &str);
    /// Reports the width of the widest interval of an experiment so far. Its position is withheld, so that nobody stops a run because
    /// of an interim result.
    fn set_interval_width(&self, _experiment: &str, _width: f64) {}
    /// Whether to compute and report [`Progress::set_interval_width`].
    fn wants_interval_width(&self) -> bool {
        false
    }
    /// Reports the process identifiers of the workers.
    fn set_workers(&self, _pids: &[u32]) {}
    /// Whether the run is cancelled. It then ends with [`Code::Interrupted`] before the next passes.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Fails if the run is cancelled.
pub(super) fn check_cancelled(progress: &dyn Progress) -> Outcome<()> {
    match progress.is_stopped() {
        true => Err(cancelled()),
        false => Ok(()),
    }
}

pub(super) fn cancelled() -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        Code::Interrupted,
        "the run was stopped before its end",
    ))
}

/// Ignores all progress.
pub struct NoProgress;

impl Progress for NoProgress {
    fn set_total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn begin_phase(&self, _: &str) {}
}
