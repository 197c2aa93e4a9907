//! `Ctrl-C` and requests to end: the first asks a run to stop before its next piece of work, the second ends this program at
//! once. After SIGTERM and SIGHUP, behind which whoever sent them soon sends SIGKILL, it ends within ten seconds.
//!
//! Invariant: whichever it is, no output file is left half-written, and no temporary file and no worker is left behind.

use std::io::IsTerminal;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::print;
use gia_base::file;

/// What a shell adds to the number of the signal that ended a program.
const BY_SIGNAL: i32 = 128;
/// How long what is finished may take to be analysed and written after SIGTERM and SIGHUP.
const LAST: Duration = Duration::from_secs(9);

static STOP: AtomicBool = AtomicBool::new(false);
static LISTENING: Once = Once::new();

/// From here on `Ctrl-C`, a request to terminate or the end of the terminal sets what is returned and ends nothing by itself.
///
/// Where the system does not let signals be listened to, they end this program as ever. What `nohup` has switched off stays off.
pub fn listen() -> &'static AtomicBool {
    LISTENING.call_once(|| {
        let mut heard = vec![SIGINT, SIGTERM];
        if !is_ignored(SIGHUP) {
            heard.push(SIGHUP);
        }
        if let Ok(mut signals) = Signals::new(heard) {
            std::thread::spawn(move || signals.forever().for_each(hear));
        }
    });
    &STOP
}

/// Whether the user has asked to stop.
pub fn is_asked() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Leaves nothing behind, for a program that ends without unwinding.
pub fn clean_up() {
    gia_engine::kill_workers();
    file::remove_unfinished();
}

fn hear(signal: i32) {
    if STOP.swap(true, Ordering::Relaxed) {
        end(signal);
    }
    if signal == SIGINT {
        if std::io::stderr().is_terminal() {
            print::tell("\nstopping, and keeping what is finished; Ctrl-C once more ends at once");
        }
    } else {
        std::thread::spawn(move || {
            std::thread::sleep(LAST);
            end(signal);
        });
    }
}

fn end(signal: i32) -> ! {
    clean_up();
    std::process::exit(BY_SIGNAL + signal);
}

#[expect(
    unsafe_code,
    reason = "the standard library cannot read the disposition of a signal"
)]
fn is_ignored(signal: i32) -> bool {
    // SAFETY: asks for the present action and sets none; an action of zeros is a valid place for the answer.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut action) == 0
            && action.sa_sigaction == libc::SIG_IGN
    }
}
