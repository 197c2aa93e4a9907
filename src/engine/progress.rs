//! How a run tells how far it is.

/// Hears of a run's progress; called from the thread that runs the plan.
pub trait Progress {
    /// So many forward passes lie ahead.
    fn total(&self, passes: u64);
    /// So many more are done.
    fn done(&self, passes: u64);
    /// What is being done now, in a few words.
    fn phase(&self, text: &str);
    /// Whether nobody wants the rest any more; a run that hears so ends with [`Code::Interrupted`](crate::diag::Code::Interrupted)
    /// before its next passes.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Hears nothing.
pub struct Quiet;

impl Progress for Quiet {
    fn total(&self, _: u64) {}
    fn done(&self, _: u64) {}
    fn phase(&self, _: &str) {}
}
