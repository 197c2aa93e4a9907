//! How a run tells how far it is.

use gia_base::diag::{Code, Diagnostic, Outcome};

/// Hears of a run's progress; called from the thread that runs the plan.
pub trait Progress {
    /// So many forward passes lie ahead.
    fn total(&self, passes: u64);
    /// So many more are done.
    fn done(&self, passes: u64);
    /// What is being done now, in a few words.
    fn phase(&self, text: &str);
    /// How wide the widest interval of an experiment is by its numbers so far; nothing is told of where it lies, which
    /// nobody should stop a run by.
    fn width(&self, _experiment: &str, _width: f64) {}
    /// Whether anybody sees it, so that numbers are looked at on their way.
    fn wants_width(&self) -> bool {
        false
    }
    /// The processes that compute for this run.
    fn workers(&self, _pids: &[u32]) {}
    /// Whether nobody wants the rest any more; a run that hears so ends with [`Code::Interrupted`]
    /// before its next passes.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Fails where nobody wants the rest any more.
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

/// Hears nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn total(&self, _: u64) {}
    fn done(&self, _: u64) {}
    fn phase(&self, _: &str) {}
}
