//! One progress bar for concurrent runs, over the sum of their passes.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::ProgressBar;
use gia_engine::Progress;

/// The progress bar of a suite.
#[derive(Debug)]
pub struct SuiteBar {
    bar: ProgressBar,
    files: usize,
    started: AtomicUsize,
    done: AtomicUsize,
}

/// The progress of one script of a suite.
#[derive(Debug)]
pub struct FileProgress<'b> {
    suite: &'b SuiteBar,
    number: usize,
}

impl SuiteBar {
    /// A bar for this number of scripts; silent if it is not wanted or standard error is not a terminal.
    pub fn new(wanted: bool, files: usize, stop: &'static AtomicBool) -> SuiteBar {
        let suite = SuiteBar {
            bar: ProgressBar::new(wanted).stop_when(stop),
            files,
            started: AtomicUsize::new(0),
            done: AtomicUsize::new(0),
        };
        suite.tell();
        suite
    }

    /// Starts the next script and returns its progress.
    pub fn start_next_script(&self) -> FileProgress<'_> {
        FileProgress {
            suite: self,
            number: self.started.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Runs a closure, such as one that prints, while the bar is hidden.
    pub fn while_hidden<T>(&self, step: impl FnOnce() -> T) -> T {
        self.bar.bar.suspend(step)
    }

    fn tell(&self) {
        let done = self.done.load(Ordering::Relaxed);
        self.bar
            .begin_phase(&format!("{done} of {} files", self.files));
    }
}

impl Progress for FileProgress<'_> {
    fn set_total(&self, passes: u64) {
        let bar = &self.suite.bar.bar;
        bar.inc_length(passes);
        bar.enable_steady_tick(Duration::from_millis(250));
    }

    fn advance(&self, passes: u64) {
        self.suite.bar.advance(passes);
    }

    fn begin_phase(&self, _: &str) {}

    fn set_interval_width(&self, experiment: &str, width: f64) {
        self.suite.bar.set_interval_width(experiment, width);
    }

    fn set_workers(&self, pids: &[u32]) {
        self.suite.bar.beside.workers_of(self.number, pids);
    }

    fn is_stopped(&self) -> bool {
        self.suite.bar.is_stopped()
    }
}

impl Drop for FileProgress<'_> {
    fn drop(&mut self) {
        self.set_workers(&[]);
        self.suite.done.fetch_add(1, Ordering::Relaxed);
        self.suite.tell();
    }
}
