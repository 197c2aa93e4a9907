//! Sessions of the prompt.

use std::path::Path;

use gia::diag::Style;
use gia::engine::{IdleWorkers, Options};
use gia::repl::{Ending, Output, Session, Setup, StopFlag};

/// Columns of the transcripts.
const WIDTH: usize = 80;

/// A session in a folder.
pub fn session(folder: &Path) -> Session {
    session_until(folder, StopFlag::default())
}

pub fn session_until(folder: &Path, stop: StopFlag) -> Session {
    let setup = Setup {
        options: Options {
            idle_workers: IdleWorkers::enabled(),
            ..Options::default()
        },
        folder: folder.to_path_buf(),
        progress: false,
        stop,
    };
    Session::new(setup, Style::PLAIN.with_width(WIDTH))
}

/// All that a session says to an entry, and how it ended.
pub fn answer(session: &mut Session, entry: &str) -> (String, Ending) {
    let mut said = String::new();
    let ending = session.enter(entry, &mut |one| match one {
        Output::Result(text) | Output::Diagnostic(text) => said.push_str(text),
    });
    (said, ending)
}
