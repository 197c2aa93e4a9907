//! Watchdog for requests: warns about a worker that does not reply, and kills one whose request was cancelled.
//!
//! Invariant: no signal is sent to a process that has ended, because its identifier may have been reused.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Overseer;
use gia_base::diag::{Code, Diagnostic};

/// Interval between two checks of a worker.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Time without a reply after which the user is warned.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// Environment variable that replaces [`SILENCE_TIMEOUT`], in seconds; for tests.
const SILENCE_VARIABLE: &str = "GIA_WORKER_SILENCE";
/// Time that a worker has to finish a cancelled request before it is killed.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(4);

/// Process identifiers of all running workers.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// Kills every worker, for a program that ends without unwinding.
pub fn kill_workers() {
    // If this thread already holds the lock (for example when memory runs out), the workers end when their pipes close.
    if let Ok(running) = RUNNING.try_lock() {
        running.iter().for_each(|pid| kill(*pid));
    }
}

/// Watches one process until it is dropped or [`Watchdog::process_ended`] is called.
pub struct Watchdog(Arc<Shared>);

struct Shared {
    pid: u32,
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// Start of the request that waits for a reply.
    pending_since: Option<Instant>,
    has_ended: bool,
}

impl Watchdog {
    pub fn start(pid: u32, overseer: Overseer) -> Watchdog {
        running().push(pid);
        let shared = Arc::new(Shared {
            pid,
            state: Mutex::default(),
            ended: Condvar::new(),
        });
        let watched = Arc::clone(&shared);
        // Without a thread, the worker runs unwatched.
        let _ = std::thread::Builder::new().spawn(move || watched.watch(&overseer));
        Watchdog(shared)
    }

    pub fn request_sent(&self) {
        self.0.state().pending_since = Some(Instant::now());
    }

    pub fn reply_received(&self) {
        self.0.state().pending_since = None;
    }

    /// Must be called before waiting for the process to end.
    pub fn process_ended(&self) {
        self.0.state().has_ended = true;
        self.0.ended.notify_all();
        running().retain(|pid| *pid != self.0.pid);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.process_ended();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, overseer: &Overseer) {
        let timeout = silence_timeout();
        let mut warned: Option<Instant> = None;
        let mut cancelled: Option<Instant> = None;
        loop {
            let waited = self.ended.wait_timeout(self.state(), POLL_INTERVAL);
            let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.has_ended {
                return;
            }
            let Some(since) = state.pending_since else {
                continue;
            };
            drop(state);
            if since.elapsed() >= timeout && warned != Some(since) {
                warned = Some(since);
                overseer.warn(silence_warning(self.pid, timeout));
            }
            if !overseer.is_stopped() {
                cancelled = None;
            } else if cancelled.get_or_insert_with(Instant::now).elapsed() >= CANCEL_TIMEOUT {
                // Keep the lock while killing, so that the process is not reaped in between.
                let state = self.state();
                if !state.has_ended && state.pending_since.is_some() {
                    kill(self.pid);
                }
            }
        }
    }
}

fn silence_timeout() -> Duration {
    let seconds = std::env::var(SILENCE_VARIABLE)
        .ok()
        .and_then(|text| text.parse().ok());
    let given = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    given.unwrap_or(SILENCE_TIMEOUT)
}

fn silence_warning(pid: u32, since: Duration) -> Diagnostic {
    let message = format!(
        "the process that runs the networks (pid {pid}) has not replied for {} s; still waiting",
        since.as_secs_f64()
    );
    Diagnostic::warning(Code::WorkerSilent, message).help(
        "if the network should be faster than this, stop the run with Ctrl-C or SIGTERM; finished experiments are kept",
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
