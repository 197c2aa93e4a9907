//! Signal handling: the first Ctrl-C asks a run to stop before its next batch, the second ends the process at once. After SIGTERM and
//! SIGHUP, which are often followed by SIGKILL, the process ends within ten seconds.
//!
//! Invariant: no output file is left half-written, and no temporary file and no worker is left behind.

use std::io::IsTerminal;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::print;
use gia_base::file;

/// Added to the number of a signal for the exit status of a process that it ended, as shells do.
const SIGNAL_STATUS_OFFSET: i32 = 128;
/// Time to analyse and write finished results after SIGTERM or SIGHUP.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(9);

static STOP_REQUESTED: AtomicBool = AtomicBool::new(false);
static IS_LISTENING: Once = Once::new();

/// Installs the signal handler and returns the flag that SIGINT, SIGTERM and SIGHUP set.
///
/// If the handler cannot be installed, signals end the process as usual. SIGHUP stays ignored under `nohup`.
pub fn listen() -> &'static AtomicBool {
    IS_LISTENING.call_once(|| {
        let mut signals_to_handle = vec![SIGINT, SIGTERM];
        if !is_ignored(SIGHUP) {
            signals_to_handle.push(SIGHUP);
        }
        if let Ok(mut signals) = Signals::new(signals_to_handle) {
            std::thread::spawn(move || signals.forever().for_each(handle));
        }
    });
    &STOP_REQUESTED
}

/// Whether a signal has asked the process to stop.
pub fn is_requested() -> bool {
    STOP_REQUESTED.load(Ordering::Relaxed)
}

/// Kills the workers and removes temporary files, for a process that ends without unwinding.
pub fn clean_up() {
    gia_engine::kill_workers();
    file::remove_temporary_files();
}

fn handle(signal: i32) {
    if STOP_REQUESTED.swap(true, Ordering::Relaxed) {
        end(signal);
    }
    if signal == SIGINT {
        if std::io::stderr().is_terminal() {
            print::eprint_line(
                "\nstopping; finished results are kept (press Ctrl-C again to quit at once)",
            );
        }
    } else {
        std::thread::spawn(move || {
            std::thread::sleep(SHUTDOWN_TIMEOUT);
            end(signal);
        });
    }
}

fn end(signal: i32) -> ! {
    clean_up();
    std::process::exit(SIGNAL_STATUS_OFFSET + signal);
}

#[expect(
    unsafe_code,
    reason = "the standard library cannot read the disposition of a signal"
)]
fn is_ignored(signal: i32) -> bool {
    // SAFETY: a null new action only queries the current one, and a zeroed `sigaction` is valid for the result.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    }
}
