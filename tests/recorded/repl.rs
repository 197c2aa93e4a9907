//! Transcripts of the prompt: `tests/repl/*.txt`, and the session of `docs/repl.md`.

use std::path::Path;

use gia::repl::Session;

use crate::documents::replace_block;
use crate::support::command::root;
use crate::support::documents::{blocks_of, scripts_folder};
use crate::support::session::{answer, session};
use crate::{Group, golden, needs_worker, trial};

const PROMPT: &str = "gia> ";
/// Stands before the further lines of an entry.
const MORE: &str = "...> ";

pub fn group() -> Group {
    let folder = std::fs::read_dir("tests/repl").expect("the folder is there");
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let mut names: Vec<String> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .map(|path| crate::support::script::stem(&path).to_string())
        .collect();
    names.sort();
    let mut trials: Vec<_> = names
        .into_iter()
        .map(|name| {
            trial(format!("repl/{name}"), move || {
                transcript_is_as_recorded(&name)
            })
        })
        .collect();
    trials.push(needs_worker(trial("docs/repl.md/session".into(), || {
        session_of_the_page_is_as_shown(&root().join("docs/repl.md"));
    })));
    Group {
        name: "repl",
        min_trials: 6,
        trials,
    }
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

fn transcript_is_as_recorded(name: &str) {
    let path = format!("tests/repl/{name}.txt");
    let transcript = std::fs::read_to_string(root().join(&path)).expect("a transcript");
    assert!(!entries(&transcript).is_empty(), "{name} holds no entry");
    let folder = scripts_folder();
    let mut session = session(folder.path());
    golden::check(&path, &replayed(&mut session, &transcript));
}

/// The blocks of the page are one session. `UPDATE_EXPECT=1` writes what it says now into the page.
fn session_of_the_page_is_as_shown(page: &Path) {
    let folder = scripts_folder();
    let mut session = session(folder.path());
    let mut blocks = blocks_of(page);
    blocks.retain(|block| block.kind == "gia-session");
    assert!(blocks.len() > 3, "only {} blocks", blocks.len());
    let (mut shown, mut now) = (String::new(), String::new());
    for block in &blocks {
        let text = replayed(&mut session, &block.text);
        if golden::updates() {
            replace_block(block, &text);
        }
        shown += &block.text;
        now += &text;
    }
    if !golden::updates() {
        golden::check_text("the session of docs/repl.md", &shown, &now);
    }
}
