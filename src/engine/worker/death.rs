//! What is said of a worker that does not answer as it should.

use std::io;
use std::process::ExitStatus;

use crate::diag::{Code, Diagnostic};

/// How a worker ended.
#[derive(Debug)]
pub struct Death {
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
        Box::new(Diagnostic::error(
            Code::WorkerFailed,
            format!("the process that runs the networks {how}{said}"),
        ))
    }

    /// Whether it looks like a lack of memory: the system kills such a process without a word, C++ aborts it with one.
    pub fn of_memory(&self) -> bool {
        match self.signal() {
            Some(libc::SIGKILL) => true,
            Some(_) => self
                .last_words
                .iter()
                .any(|line| line.contains("bad_alloc")),
            None => false,
        }
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
