//! What the documents show, tried on the built program.
//!
//! Blocks of the README, of the pages below `docs` and of those of the gallery are told apart by the word behind their fence:
//!
//! - `gia`: a whole script. It must check without a warning and run, and every claim must be supported. The folder that it stands in
//!   holds the files of `experiments/ctcf_pu1`, of `experiments/koo2021`, of `tests/docs` (the network `mynet.pt2` that the README
//!   exports among them) and of `tests/oracle/tangermeme`.
//! - `gia-unsupported`: the same, but some claim must be refuted or undecided.
//! - `gia-check`: a whole script that is checked and not run, since that would take long.
//! - `gia-fragment`: a part of a script. It must parse as it stands, or else as the body of an experiment.
//! - `gia-wrong`: a whole script with a mistake. `gia check` must end with 2 and print the next block, a `text`.
//! - `gia-session`: entries at the prompt with what it says; `repl.rs` replays those of `docs/repl.md`.
//! - `text` that begins with the line of an experiment, behind a script that is run: lines of what the run prints, in their
//!   order. Numbers may differ by what another processor rounds.
//! - `python` and `toml`: where the first line names a file of `tests/docs` in a comment, that file must hold
//!   the block.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use gia::source::Sources;

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

    /// Puts another text in its place in the document.
    pub fn rewrite(&self, text: &str) {
        let path = root().join(&self.document);
        let page = std::fs::read_to_string(&path).expect("a document");
        let fenced = |text: &str| format!("```{}\n{text}```\n", self.kind);
        let page = page.replace(&fenced(&self.text), &fenced(text));
        std::fs::write(&path, page).expect("a document can be written");
    }
}

/// All pages, in the order of their paths.
pub fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md"), root().join("CHANGELOG.md")];
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

pub fn blocks() -> Vec<Block> {
    documents()
        .iter()
        .flat_map(|path| blocks_of(path))
        .collect()
}

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

fn check(script: &Block, name: &str, folder: &Path) -> Output {
    std::fs::write(folder.join(name), &script.text).expect("written");
    Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(["check", name])
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "100")
        .output()
        .expect("the built program starts")
}

#[test]
fn whole_scripts_of_the_documents_check() {
    let folder = scripts_folder();
    let mut tried = 0;
    let whole = ["gia", "gia-unsupported", "gia-check"];
    for block in blocks()
        .iter()
        .filter(|block| whole.contains(&block.kind.as_str()))
    {
        let output = check(block, "block.gia", folder.path());
        assert!(
            output.status.success(),
            "{} does not check:\n{}",
            block.place(),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            output.stderr.is_empty(),
            "{} is warned of:\n{}",
            block.place(),
            String::from_utf8_lossy(&output.stderr)
        );
        tried += 1;
    }
    assert!(tried > 40, "only {tried} scripts were found");
}

#[test]
fn fragments_of_the_documents_parse() {
    let parses = |text: &str| {
        let mut sources = Sources::default();
        let id = sources.add("fragment.gia", Path::new(""), text);
        gia::syntax::parse(id, text).1
    };
    for block in blocks().iter().filter(|b| b.kind == "gia-fragment") {
        let inside = format!("experiment fragment {{\n{}}}\n", block.text);
        let (whole, part) = (parses(&block.text), parses(&inside));
        assert!(
            whole.is_empty() || part.is_empty(),
            "{} parses neither as a script ({:?}) nor in an experiment ({:?})",
            block.place(),
            whole.iter().map(|d| &d.message).collect::<Vec<_>>(),
            part.iter().map(|d| &d.message).collect::<Vec<_>>()
        );
    }
}

#[test]
fn mistakes_of_the_documents_are_told_as_shown() {
    let folder = scripts_folder();
    let blocks = blocks();
    let mut tried = 0;
    for pair in blocks.windows(2).filter(|pair| pair[0].kind == "gia-wrong") {
        let [block, shown] = pair else { continue };
        assert_eq!(shown.kind, "text", "what follows {}", block.place());
        let output = check(block, "spacing.gia", folder.path());
        assert_eq!(output.status.code(), Some(2), "{}", block.place());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.trim_end(), shown.text.trim_end(), "{}", block.place());
        tried += 1;
    }
    assert!(tried > 0, "no mistake is shown");
}

#[test]
fn files_that_the_documents_show_are_the_ones_that_were_run() {
    let mut compared = 0;
    for block in blocks() {
        if !matches!(block.kind.as_str(), "python" | "toml") {
            continue;
        }
        let first = block.text.lines().next().unwrap_or_default();
        let name = first.trim_start_matches(['#', ' ']);
        let path = root().join("tests/docs").join(name);
        if first.starts_with('#') && path.is_file() {
            let kept = std::fs::read_to_string(&path).expect("a file of the tests");
            assert_eq!(kept, block.text, "{} and tests/docs/{name}", block.place());
            compared += 1;
        }
    }
    assert!(compared >= 2, "only {compared} files were compared");
}

#[test]
fn the_transcript_of_the_readme_is_the_one_that_is_printed() {
    let folder = scripts_folder();
    let blocks = blocks_of(&root().join("README.md"));
    let script = blocks.iter().find(|block| block.kind == "gia-unsupported");
    let script = script.expect("the README has a script");
    let transcript = blocks
        .iter()
        .find(|b| b.text.contains("$ gia plan first.gia"));
    let transcript = transcript.expect("the README shows its plan");
    std::fs::write(folder.path().join("first.gia"), &script.text).expect("written");
    for command in ["check", "plan"] {
        let output = Command::new(env!("CARGO_BIN_EXE_gia"))
            .args([command, "first.gia"])
            .current_dir(folder.path())
            .output()
            .expect("the built program starts");
        let shown = format!(
            "$ gia {command} first.gia\n{}$ gia ",
            String::from_utf8_lossy(&output.stdout)
        );
        assert!(
            transcript.text.contains(&shown),
            "the README lacks:\n{shown}"
        );
    }
    let output = Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(["run", "first.gia", "--device", "cpu"])
        .current_dir(folder.path())
        .output()
        .expect("the built program starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    // What follows tells of the machine and of the time.
    let (results, _) = printed.split_once("\nseed: ").expect("a line of the seed");
    assert!(
        transcript
            .text
            .contains(&format!("$ gia run first.gia\n{results}\n")),
        "the README lacks:\n{results}"
    );
}

/// Every function that a script can call stands in the manual.
#[test]
fn the_manual_names_the_built_in_functions() {
    let manual = std::fs::read_to_string(root().join("docs/language.md")).expect("the manual");
    for entry in gia::doc::functions() {
        let name = format!("`{}`", entry.name);
        assert!(manual.contains(&name), "docs/language.md lacks {name}");
    }
}
