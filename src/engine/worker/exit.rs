//! Diagnostics for workers that exit or that send unexpected replies.

use std::io;
use std::process::ExitStatus;

use gia_base::diag::{Code, Diagnostic};

/// Messages of C++, libtorch, the C library and the Rust allocator when memory runs out.
const OUT_OF_MEMORY_PHRASES: [&str; 5] = [
    "bad_alloc",
    "out of memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "memory allocation of",
];

/// How a worker process exited.
#[derive(Debug)]
pub struct WorkerExit {
    pub pid: u32,
    pub status: Option<ExitStatus>,
    /// The last lines of standard error.
    pub stderr_tail: Vec<String>,
    /// The error of the pipe.
    pub error: io::Error,
}

impl WorkerExit {
    pub fn into_diagnostic(self) -> Box<Diagnostic> {
        let how = match (self.status, self.signal()) {
            (_, Some(number)) => format!("was stopped by signal {number}{}", signal_name(number)),
            (Some(status), None) if !status.success() => format!("ended with {status}"),
            _ => format!("no longer answers ({})", self.error),
        };
        let said = match self.stderr_tail.as_slice() {
            [] => String::new(),
            lines => format!("; its last output: {}", lines.join(" / ")),
        };
        let (code, why) = match self.is_out_of_memory() {
            true => (Code::OutOfMemory, ", probably because memory ran out"),
            false => (Code::WorkerFailed, ""),
        };
        let message = format!("the process that runs the networks {how}{why}{said}");
        Box::new(Diagnostic::error(code, message))
    }

    /// Whether the process probably ran out of memory: the kernel kills it without a message, and C++ and Rust abort with one.
    pub fn is_out_of_memory(&self) -> bool {
        let failed = self.status.is_some_and(|status| !status.success());
        let mut lines = self.stderr_tail.iter();
        let mut reported =
            || lines.any(|line| OUT_OF_MEMORY_PHRASES.iter().any(|word| line.contains(word)));
        self.signal() == Some(libc::SIGKILL) || (failed && reported())
    }

    #[cfg(unix)]
    fn signal(&self) -> Option<i32> {
        std::os::unix::process::ExitStatusExt::signal(&self.status?)
    }

    #[cfg(not(unix))]
    fn signal(&self) -> Option<i32> {
        None
    }
}

fn signal_name(number: i32) -> &'static str {
    match number {
        libc::SIGKILL => " (killed)",
        libc::SIGSEGV => " (segmentation fault)",
        libc::SIGABRT => " (abort)",
        libc::SIGILL => " (illegal instruction)",
        libc::SIGTERM => " (terminated)",
        _ => "",
    }
}

/// Warning about a worker that was killed and is replaced.
pub fn restarted(pid: u32, batch: u32) -> Diagnostic {
    let what = gia_base::diag::pluralize(batch as usize, "sequence");
    Diagnostic::warning(
        Code::WorkerRestarted,
        format!(
            "the process that runs the networks (pid {pid}) was killed, probably because memory ran out; it is restarted \
             with a batch size of {what}"
        ),
    )
}

/// Error about a worker that runs out of memory with every batch size.
pub fn out_of_memory(tries: usize, batch: u32) -> Box<Diagnostic> {
    let s = if batch == 1 { "" } else { "s" };
    Box::new(Diagnostic::error(
        Code::OutOfMemory,
        format!(
            "the process that runs the networks was killed {tries} times, the last time with a batch size of {batch} sequence{s}, \
             probably because memory ran out"
        ),
    ))
}

/// Error about a reply that does not fit its request.
pub fn protocol_error() -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            Code::WorkerFailed,
            "`gia` and `gia-worker` do not understand each other",
        )
        .help("build or install both programs together"),
    )
}
