//! `Ctrl-C`: the first asks a run to stop before its next piece of work, the second ends this program at once.
//!
//! Invariant: whichever it is, no output file is left half-written and no temporary file is left behind.

use std::io::IsTerminal;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::report;

/// What a shell adds to the number of the signal that ended a program.
const BY_SIGNAL: i32 = 128;

static STOP: AtomicBool = AtomicBool::new(false);
static LISTENING: Once = Once::new();

/// From here on `Ctrl-C`, or a request to terminate, sets what is returned and ends nothing by itself.
///
/// Where the system does not let signals be listened to, they end this program as ever.
pub fn listen() -> &'static AtomicBool {
    LISTENING.call_once(|| {
        if let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) {
            std::thread::spawn(move || signals.forever().for_each(hear));
        }
    });
    &STOP
}

/// Whether the user has asked to stop.
pub fn is_asked() -> bool {
    STOP.load(Ordering::Relaxed)
}

fn hear(signal: i32) {
    if STOP.swap(true, Ordering::Relaxed) {
        report::remove_unfinished();
        std::process::exit(BY_SIGNAL + signal);
    }
    if std::io::stderr().is_terminal() {
        eprintln!("\nstopping, and keeping what is finished; Ctrl-C once more ends at once");
    }
}
