//! The progress of a run as data, for programs that start `gia`.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use gia_engine::Progress;

/// Time between two lines of one phase.
const INTERVAL: Duration = Duration::from_millis(100);

/// Writes a line of JSON to standard error for each phase of a run, and at most ten a second while it goes on:
/// `{"progress":{"phase":"...","done":512,"total":2000}}`. The last line of a phase has all of its passes.
#[derive(Debug)]
pub struct ProgressLines {
    state: Mutex<State>,
    stop: &'static AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    phase: String,
    done: u64,
    total: u64,
    written: Option<Instant>,
}

impl ProgressLines {
    /// Stops the run when the flag is set.
    pub fn new(stop: &'static AtomicBool) -> ProgressLines {
        ProgressLines {
            state: Mutex::default(),
            stop,
        }
    }

    /// Changes the state and writes it, unless it was written just now and the phase is not at its end.
    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let is_new = state.written.is_none_or(|at| at.elapsed() >= INTERVAL);
        if is_new || state.done >= state.total {
            state.written = Some(Instant::now());
            let line = json!({"progress": {"phase": state.phase, "done": state.done, "total": state.total}});
            // There is nowhere to report that standard error is closed.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
    }
}

impl Progress for ProgressLines {
    fn set_total(&self, passes: u64) {
        self.update(|state| {
            (state.done, state.total, state.written) = (0, passes, None);
        });
    }

    fn advance(&self, passes: u64) {
        self.update(|state| state.done += passes);
    }

    fn begin_phase(&self, text: &str) {
        self.update(|state| {
            state.phase = text.to_string();
            state.written = None;
        });
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
