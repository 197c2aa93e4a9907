//! Watches a worker while it is asked something: tells of one that does not answer, and kills one that nobody waits for.
//!
//! Invariant: no signal goes to a process that has ended, whose number may be another's by then.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Overseer;
use gia_base::diag::{Code, Diagnostic};

/// How often a worker is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long an answer may take before it is told.
const LONG: Duration = Duration::from_secs(60);
/// Another number of seconds for this, for tests.
const VARIABLE: &str = "GIA_WORKER_SILENCE";
/// How long a worker may still compute once nobody waits for its answer.
const LAST: Duration = Duration::from_secs(4);

/// Workers that run.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Kills every worker, for a program that ends without unwinding.
pub fn kill_workers() {
    // Where this thread holds it already, as when memory ends, the workers end with their pipes.
    if let Ok(running) = RUNNING.try_lock() {
        running.iter().for_each(|pid| kill(*pid));
    }
}

/// Watches one process until it is dropped or told that the process has ended.
pub struct Guard(Arc<Shared>);

struct Shared {
    pid: u32,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// When it was asked what it has not answered.
    asked: Option<Instant>,
    has_ended: bool,
}

impl Guard {
    pub fn over(pid: u32, overseer: Overseer) -> Guard {
        running().push(pid);
        let shared = Arc::new(Shared {
            pid,
            state: Mutex::default(),
            ended: Condvar::new(),
        });
        let watched = Arc::clone(&shared);
        // Where there is no thread for it, the worker runs unwatched.
        let _ = std::thread::Builder::new().spawn(move || watched.watch(&overseer));
        Guard(shared)
    }

    pub fn asked(&self) {
        self.0.state().asked = Some(Instant::now());
    }

    pub fn answered(&self) {
        self.0.state().asked = None;
    }

    /// To be called before the end of the process is waited for.
    pub fn ended(&self) {
        self.0.state().has_ended = true;
        self.0.ended.notify_all();
        running().retain(|pid| *pid != self.0.pid);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.ended();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, overseer: &Overseer) {
        let long = longest_silence();
        let mut told: Option<Instant> = None;
        let mut stopped: Option<Instant> = None;
        loop {
            let waited = self.ended.wait_timeout(self.state(), LOOK);
            let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.has_ended {
                return;
            }
            let Some(asked) = state.asked else {
                continue;
            };
            drop(state);
            if asked.elapsed() >= long && told != Some(asked) {
                told = Some(asked);
                overseer.warn(silent(self.pid, long));
            }
            if !overseer.is_stopped() {
                stopped = None;
            } else if stopped.get_or_insert_with(Instant::now).elapsed() >= LAST {
                // Held while it is killed, so that nobody waits for its end in between.
                let state = self.state();
                if !state.has_ended && state.asked.is_some() {
                    kill(self.pid);
                }
            }
        }
    }
}

fn longest_silence() -> Duration {
    let seconds = std::env::var(VARIABLE)
        .ok()
        .and_then(|text| text.parse().ok());
    let given = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    given.unwrap_or(LONG)
}

fn silent(pid: u32, since: Duration) -> Diagnostic {
    let message = format!(
        "the process that runs the networks (pid {pid}) has not answered for {} s; `gia` waits on",
        since.as_secs_f64()
    );
    Diagnostic::warning(Code::WorkerSilent, message).help(
        "if the network is not that slow, Ctrl-C or SIGTERM ends the run and keeps the experiments that are finished",
    )
}

fn running() -> MutexGuard<'static, Vec<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(
    unsafe_code,
    reason = "the standard library kills only through a `Child`, which another thread owns"
)]
fn kill(pid: u32) {
    if let Ok(pid) = libc::pid_t::try_from(pid) {
        // SAFETY: sends a signal to a process; it touches no memory.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }
}
