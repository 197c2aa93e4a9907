//! Sessions of the prompt.

use std::path::Path;

use gia::diag::Style;
use gia::engine::{Options, Resting};
use gia::repl::{Ending, Said, Session, Setup, Stop};

/// Columns of the transcripts.
const WIDTH: usize = 80;

/// A session in a folder.
pub fn session(folder: &Path) -> Session {
    session_until(folder, Stop::default())
}

pub fn session_until(folder: &Path, stop: Stop) -> Session {
    let setup = Setup {
        options: Options {
            resting: Resting::allowed(),
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
        Said::Result(text) | Said::Diagnosis(text) => said.push_str(text),
    });
    (said, ending)
}
