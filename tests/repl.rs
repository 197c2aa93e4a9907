//! `gia repl`: transcripts in `repl/*.txt`, the session of `docs/repl.md`, and what a terminal adds.

mod completion;
mod entries;
mod sessions;
mod terminal;

use std::path::Path;

use gia::diag::Style;
use gia::engine::{Options, Resting};
use gia::repl::{Ending, Said, Session, Setup, Stop};

use crate::docs;
use crate::support::command::root;
use crate::support::golden;

/// Columns of the transcripts.
const WIDTH: usize = 80;
const PROMPT: &str = "gia> ";
/// Stands before the further lines of an entry.
const MORE: &str = "...> ";

/// A session in a folder.
fn session(folder: &Path) -> Session {
    session_until(folder, Stop::default())
}

fn session_until(folder: &Path, stop: Stop) -> Session {
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
fn answer(session: &mut Session, entry: &str) -> (String, Ending) {
    let mut said = String::new();
    let ending = session.enter(entry, &mut |one| match one {
        Said::Result(text) | Said::Diagnosis(text) => said.push_str(text),
    });
    (said, ending)
}

/// The entries of a transcript.
fn entries(transcript: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in transcript.lines() {
        if let Some(first) = line.strip_prefix(PROMPT.trim_end()) {
            entries.push(first.strip_prefix(' ').unwrap_or(first).to_string());
        } else if let (Some(more), Some(entry)) =
            (line.strip_prefix(MORE.trim_end()), entries.last_mut())
        {
            entry.push('\n');
            entry.push_str(more.strip_prefix(' ').unwrap_or(more));
        }
    }
    entries
}

/// The transcript anew: its entries, each with what the session says now.
fn replayed(session: &mut Session, transcript: &str) -> String {
    let mut text = String::new();
    for entry in entries(transcript) {
        let shown = format!("{PROMPT}{}", entry.replace('\n', &format!("\n{MORE}")));
        for line in shown.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for line in answer(session, &entry).0.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

#[test]
fn every_transcript_is_as_recorded() {
    let folder = root().join("tests/repl");
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    paths.sort();
    assert!(paths.len() > 4, "only {} transcripts", paths.len());
    for path in paths {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let transcript = std::fs::read_to_string(&path).expect("a transcript");
        assert!(!entries(&transcript).is_empty(), "{name} holds no entry");
        let scripts_folder = docs::scripts_folder();
        let mut session = session(scripts_folder.path());
        golden::check(
            &format!("repl/{name}"),
            &replayed(&mut session, &transcript),
        );
    }
}

/// The blocks of the document are one session. `UPDATE_EXPECT=1` writes what it says now into the document.
#[test]
fn the_session_of_the_document_is_as_shown() {
    let scripts_folder = docs::scripts_folder();
    let mut session = session(scripts_folder.path());
    let path = root().join("docs/repl.md");
    let text = std::fs::read_to_string(&path).expect("the document");
    let mut anew = String::new();
    let mut tried = 0;
    let mut rest = text.as_str();
    let fence = "```gia-session\n";
    while let Some((before, behind)) = rest.split_once(fence) {
        let (block, after) = behind.split_once("```").expect("the block ends");
        anew.push_str(before);
        anew.push_str(fence);
        anew.push_str(&replayed(&mut session, block));
        anew.push_str("```");
        rest = after;
        tried += 1;
    }
    anew.push_str(rest);
    assert!(tried > 3, "only {tried} blocks");
    golden::check("../docs/repl.md", &anew);
}
