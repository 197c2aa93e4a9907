//! Fenced blocks of the documents, which tests try on the built program.
//!
//! Blocks of the README, of the pages below `docs` and of those of the gallery are told apart by the word behind their fence:
//!
//! - `gia`: a whole script. It must check without a warning and run, and every claim must be supported. The folder that it stands in
//!   holds the files of `experiments/ctcf_pu1`, of `experiments/koo2021`, of `tests/docs` (among them the network `mynet.pt2`
//!   that `docs/own_network.md` exports) and of `tests/oracle/tangermeme`.
//! - `gia-unsupported`: the same, but some claim must be refuted or undecided.
//! - `gia-check`: a whole script that is checked and not run, since that would take long.
//! - `gia-fragment`: a part of a script. It must parse as it stands, or else as the body of an experiment.
//! - `gia-wrong`: a whole script with a mistake. `gia check` must end with 2 and print the next block, a `text`.
//! - `gia-session`: entries at the prompt with what it says; those of `docs/repl.md` are replayed.
//! - `text` that begins with the line of an experiment, behind a script that is run: lines of what the run prints, in their
//!   order. Numbers may differ by what another processor rounds.
//! - `python` and `toml`: where the first line names a file of `tests/docs` in a comment, that file must hold
//!   the block.

use std::path::{Path, PathBuf};

use crate::support::command::root;

/// A fenced block, and where its document has it.
pub struct Block {
    pub document: String,
    line: usize,
    pub kind: String,
    pub text: String,
}

impl Block {
    pub fn place(&self) -> String {
        format!("{}:{}", self.document, self.line)
    }
}

/// All pages, in the order of their paths.
pub fn documents() -> Vec<PathBuf> {
    let pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let mut found = pages.map(|page| root().join(page)).to_vec();
    pages_below(&root().join("docs"), &mut found);
    pages_below(&root().join("experiments"), &mut found);
    found.sort();
    found
}

fn pages_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of documents") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            pages_below(&path, found);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
}

/// The fenced blocks of a page, in order.
pub fn blocks_of(path: &Path) -> Vec<Block> {
    let document = path
        .strip_prefix(root())
        .expect("below the root")
        .display()
        .to_string();
    let text = std::fs::read_to_string(path).expect("a document");
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (i, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(kind), false) => {
                open = true;
                found.push(Block {
                    document: document.clone(),
                    line: i + 1,
                    kind: kind.trim().to_string(),
                    text: String::new(),
                });
            }
            (Some(_), true) => open = false,
            (None, true) => {
                let block = found.last_mut().expect("a block is open");
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, false) => {}
        }
    }
    assert!(!open, "{document} ends inside a block");
    found
}

/// A folder with everything that the scripts of the documents read.
pub fn scripts_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for source in [
        "experiments/ctcf_pu1",
        "experiments/koo2021",
        "tests/docs",
        "tests/oracle/tangermeme",
    ] {
        for entry in std::fs::read_dir(root().join(source)).expect("a folder of the tree") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.file_name().expect("a file has a name");
                std::fs::copy(&path, folder.path().join(name)).expect("copied");
            }
        }
    }
    folder
}
