//! Ends a worker whose pipe is closed, even during a long request.
//!
//! Between requests the worker reads its input and sees that it is closed, but not while it computes. So a thread waits for the
//! other end of the pipe to close, however `gia` ended.

use std::time::Duration;

/// Time to finish the last reply after the engine has closed its end of the pipe.
const EXIT_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// Starts a thread that ends this process shortly after the other end of standard input is closed.
#[expect(
    unsafe_code,
    reason = "the standard library cannot poll a pipe, nor exit without running destructors"
)]
pub fn exit_when_orphaned() {
    std::thread::spawn(|| {
        let mut input = libc::pollfd {
            fd: libc::STDIN_FILENO,
            // No events are requested: a hang-up is always reported.
            events: 0,
            revents: 0,
        };
        loop {
            // SAFETY: one entry, which outlives the call.
            let ready = unsafe { libc::poll(&mut input, 1, -1) };
            if ready > 0 && input.revents & libc::POLLHUP != 0 {
                std::thread::sleep(EXIT_GRACE_PERIOD);
                // SAFETY: ends the process at once, without running destructors of libtorch.
                unsafe { libc::_exit(0) };
            }
            if ready > 0
                || std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted
            {
                // Standard input is not a pipe, such as a file in a test.
                return;
            }
        }
    });
}
