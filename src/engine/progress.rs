//! Progress of a run.

use gia_base::diag::{Code, Diagnostic, Outcome};

/// Receives the progress of a run; called from the thread that runs the plan.
pub trait Progress {
    /// Sets the length of the current phase, in sequences to predict.
    fn total(&self, passes: u64);
    /// Reports a number of sequences as predicted.
    fn done(&self, passes: u64);
    /// Starts a phase with this short name.
    fn phase(&self, text: &str);
    /// Reports the width of the widest interval of an experiment so far. Its position is withheld, so that nobody stops a run because
    /// of an interim result.
    fn width(&self, _experiment: &str, _width: f64) {}
    /// Whether to compute and report [`Progress::width`].
    fn wants_width(&self) -> bool {
        false
    }
    /// Reports the process identifiers of the workers.
    fn workers(&self, _pids: &[u32]) {}
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
    fn total(&self, _: u64) {}
    fn done(&self, _: u64) {}
    fn phase(&self, _: &str) {}
}
