//! `Ctrl-C` during a run: it ends the run, and the session continues.
//!
//! Invariant: a signal that came before a run does not end it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;

use gia_engine::Progress;
use gia_report::ProgressBar;

/// A shared flag that asks a run to end.
#[derive(Debug, Clone, Default)]
pub struct StopFlag {
    requested: Arc<AtomicBool>,
}

impl StopFlag {
    /// A flag that `Ctrl-C` sets from now on, instead of ending the process.
    ///
    /// # Errors
    /// The system refuses to register the signal handler.
    pub fn on_interrupt() -> io::Result<StopFlag> {
        let stop = StopFlag::default();
        signal_hook::flag::register(SIGINT, Arc::clone(&stop.requested))?;
        Ok(stop)
    }

    /// Asks the current run to end.
    pub fn request(&self) {
        self.requested.store(true, Ordering::Relaxed);
    }

    /// Whether the flag was set since the last [`StopFlag::clear`].
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// Clears the flag; called at the start of each entry.
    pub fn clear(&self) {
        self.requested.store(false, Ordering::Relaxed);
    }

    /// Progress reporting for a run that this flag stops.
    pub fn progress(&self, bar: ProgressBar) -> StoppableProgress {
        StoppableProgress {
            bar,
            stop: self.clone(),
        }
    }
}

/// The progress bar of a run that the user can stop.
pub struct StoppableProgress {
    bar: ProgressBar,
    stop: StopFlag,
}

impl Progress for StoppableProgress {
    fn set_total(&self, passes: u64) {
        self.bar.set_total(passes);
    }

    fn advance(&self, passes: u64) {
        self.bar.advance(passes);
    }

    fn begin_phase(&self, text: &str) {
        self.bar.begin_phase(text);
    }

    fn set_interval_width(&self, experiment: &str, width: f64) {
        self.bar.set_interval_width(experiment, width);
    }

    fn set_workers(&self, pids: &[u32]) {
        self.bar.set_workers(pids);
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_requested()
    }
}
