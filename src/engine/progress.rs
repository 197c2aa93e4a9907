//! Progress of a run.

use gia_base::diag::{Code, Diagnostic, Outcome};

/// Receives the progress of a run; called from the thread that runs the plan.
pub trait Progress {
    /// Sets the length of the current phase: how many sequences are to be predicted.
    fn total(&self, passes: u64);
    /// Adds sequences that have been predicted.
    fn done(&self, passes: u64);
    /// Names the phase that begins, in a few words.
    fn phase(&self, text: &str);
    /// Width of the widest interval of an experiment so far. Where the interval lies is not shown, lest somebody stop a
    /// run by it.
    fn width(&self, _experiment: &str, _width: f64) {}
    /// Whether [`Progress::width`] is shown, so that the run computes it.
    fn wants_width(&self) -> bool {
        false
    }
    /// Process identifiers of the run's workers.
    fn workers(&self, _pids: &[u32]) {}
    /// Whether the run is cancelled; it then ends with [`Code::Interrupted`] before its next passes.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Fails if the run is cancelled.
pub(super) fn go_on(progress: &dyn Progress) -> Outcome<()> {
    match progress.is_stopped() {
        true => Err(interrupted()),
        false => Ok(()),
    }
}

pub(super) fn interrupted() -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        Code::Interrupted,
        "the run was stopped before its end",
    ))
}

/// Shows no progress.
pub struct Quiet;

impl Progress for Quiet {
    fn total(&self, _: u64) {}
    fn done(&self, _: u64) {}
    fn phase(&self, _: &str) {}
}
