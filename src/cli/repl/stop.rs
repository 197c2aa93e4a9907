//! `Ctrl-C` during a run: the run hears of it and ends, and the session goes on.
//!
//! Invariant: between runs nothing is stopped; a signal that came before a run does not end it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;

use gia_engine::Progress;
use gia_report::ProgressBar;

/// Whether the person wants a run to end.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    wanted: Arc<AtomicBool>,
}

impl Stop {
    /// One that hears `Ctrl-C` from now on, in the place of the end of the process.
    ///
    /// # Errors
    /// Where the system refuses to register it.
    pub fn on_interrupt() -> io::Result<Stop> {
        let stop = Stop::default();
        signal_hook::flag::register(SIGINT, Arc::clone(&stop.wanted))?;
        Ok(stop)
    }

    /// Asks for the end of the run that is under way.
    pub fn ask(&self) {
        self.wanted.store(true, Ordering::Relaxed);
    }

    pub fn is_asked(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    pub fn forget(&self) {
        self.wanted.store(false, Ordering::Relaxed);
    }

    /// Progress of a run that this stops.
    pub fn watch(&self, bar: ProgressBar) -> Watched {
        Watched {
            bar,
            stop: self.clone(),
        }
    }
}

/// A run's progress, with an ear for the person.
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
