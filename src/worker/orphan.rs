//! Ends a worker whose pipe is closed, even in the middle of a long request.
//!
//! Between two pieces it reads that its input is closed; while it computes, nobody reads. So a thread watches for the
//! other end to go, however `gia` ended.

use std::time::Duration;

/// How long a worker may still take for an answer that somebody waits for, when nothing more will be asked.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends this process soon after the pipe that it is asked through has lost its other end.
#[expect(
    unsafe_code,
    reason = "the standard library cannot poll a pipe, nor exit without running destructors"
)]
pub fn end_with_the_pipe() {
    std::thread::spawn(|| {
        let mut input = libc::pollfd {
            fd: libc::STDIN_FILENO,
            // Nothing is waited for but what is always told: that the other end is gone.
            events: 0,
            revents: 0,
        };
        loop {
            // SAFETY: one entry, which outlives the call.
            let told = unsafe { libc::poll(&mut input, 1, -1) };
            if told > 0 && input.revents & libc::POLLHUP != 0 {
                std::thread::sleep(PATIENCE);
                // SAFETY: ends the process at once; no destructor of libtorch is waited for.
                unsafe { libc::_exit(0) };
            }
            if told > 0 || std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted
            {
                // Not a pipe, such as a file in a test: there is nothing to watch.
                return;
            }
        }
    });
}
