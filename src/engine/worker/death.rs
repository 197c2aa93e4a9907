//! What is said of a worker that does not answer as it should.

use std::io;
use std::process::ExitStatus;

use gia_base::diag::{Code, Diagnostic};

/// What C++, libtorch, the C library and this program's own allocator say where memory ends.
const OF_MEMORY: [&str; 5] = [
    "bad_alloc",
    "out of memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "memory allocation of",
];

/// How a worker ended.
#[derive(Debug)]
pub struct Death {
    pub pid: u32,
    pub status: Option<ExitStatus>,
    /// The last lines of its standard error.
    pub last_words: Vec<String>,
    /// What the pipe said.
    pub error: io::Error,
}

impl Death {
    pub fn into_diagnostic(self) -> Box<Diagnostic> {
        let how = match (self.status, self.signal()) {
            (_, Some(number)) => format!("was stopped by signal {number}{}", signal_name(number)),
            (Some(status), None) if !status.success() => format!("ended with {status}"),
            _ => format!("no longer answers ({})", self.error),
        };
        let said = match self.last_words.as_slice() {
            [] => String::new(),
            lines => format!("; it last said: {}", lines.join(" / ")),
        };
        let (code, why) = match self.of_memory() {
            true => (Code::OutOfMemory, ", which looks like a lack of memory"),
            false => (Code::WorkerFailed, ""),
        };
        let message = format!("the process that runs the networks {how}{why}{said}");
        Box::new(Diagnostic::error(code, message))
    }

    /// Whether it looks like a lack of memory: the system kills such a process without a word, C++ and Rust end it with one.
    pub fn of_memory(&self) -> bool {
        let failed = self.status.is_some_and(|status| !status.success());
        let mut lines = self.last_words.iter();
        let mut said = || lines.any(|line| OF_MEMORY.iter().any(|word| line.contains(word)));
        self.signal() == Some(libc::SIGKILL) || (failed && said())
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

/// A worker that was killed and is replaced.
pub fn restarted(pid: u32, batch: u32) -> Diagnostic {
    let what = gia_base::diag::counted(batch as usize, "sequence");
    Diagnostic::warning(
        Code::WorkerRestarted,
        format!(
            "the process that runs the networks (pid {pid}) was killed, which looks like a lack of memory; another goes on \
             with {what} a pass"
        ),
    )
}

/// A worker that is killed whatever the size of the batch.
pub fn no_memory(tries: usize, batch: u32) -> Box<Diagnostic> {
    let s = if batch == 1 { "" } else { "s" };
    Box::new(Diagnostic::error(
        Code::OutOfMemory,
        format!(
            "the process that runs the networks was killed {tries} times, at last with {batch} sequence{s} a pass, \
             which looks like a lack of memory"
        ),
    ))
}

/// An answer that does not fit its request.
pub fn out_of_step() -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            Code::WorkerFailed,
            "`gia` and `gia-worker` do not understand each other",
        )
        .help("build or install both programs together"),
    )
}
