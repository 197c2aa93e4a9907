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
pub struct Stop {
    wanted: Arc<AtomicBool>,
}

impl Stop {
    /// A flag that `Ctrl-C` sets from now on, instead of ending the process.
    ///
    /// # Errors
    /// The system refuses to register the signal handler.
    pub fn on_interrupt() -> io::Result<Stop> {
        let stop = Stop::default();
        signal_hook::flag::register(SIGINT, Arc::clone(&stop.wanted))?;
        Ok(stop)
    }

    /// Asks the current run to end.
    pub fn ask(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    /// Whether an end was asked for since the last [`Stop::forget`].
    pub fn is_asked(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// Clears the flag; called at the start of each entry.
    pub fn forget(&self) {
        self.wanted.store(false, Ordering::Relaxed);
    }

    /// The progress of a run that this flag stops.
    pub fn watch(&self, bar: ProgressBar) -> Watched {
        Watched {
            bar,
            stop: self.clone(),
        }
    }
}

/// The progress bar of a run that the user can stop.
pub struct Watched {
    bar: ProgressBar,
    stop: Stop,
}

impl Progress for Watched {
    fn total(&self, passes: u64) {
        self.bar.total(passes);
    }

    fn done(&self, passes: u64) {
        self.bar.done(passes);
    }

    fn phase(&self, text: &str) {
        self.bar.phase(text);
    }

    fn width(&self, experiment: &str, width: f64) {
        self.bar.width(experiment, width);
    }

    fn workers(&self, pids: &[u32]) {
        self.bar.workers(pids);
    }

    fn is_stopped(&self) -> bool {
        self.stop.is_asked()
    }
}
