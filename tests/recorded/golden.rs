//! Compares text with a file that holds what is expected.
//!
//! `UPDATE_EXPECT=1 cargo test --test recorded` rewrites the files; review the difference before committing it.

use std::fmt::Write;
use std::panic;

use crate::support::command::root;
use crate::{Group, trial};

/// Lines of agreement shown around a difference.
const CONTEXT: usize = 3;

/// Whether recorded files are rewritten rather than compared.
pub fn updates() -> bool {
    std::env::var("UPDATE_EXPECT").is_ok_and(|value| value == "1")
}

/// Panics with a readable difference unless the file at `path`, from the root of the tree, holds exactly `actual`.
///
/// Nothing is normalised. With `UPDATE_EXPECT=1` in the environment the file is written instead.
#[track_caller]
pub fn check(path: &str, actual: &str) {
    compare(path, actual, updates());
}

#[track_caller]
fn compare(path: &str, actual: &str, update: bool) {
    let file = root().join(path);
    if update {
        if std::fs::read(&file).is_ok_and(|old| old == actual.as_bytes()) {
            return;
        }
        let folder = file.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        std::fs::write(&file, actual).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        return;
    }
    match std::fs::read_to_string(&file) {
        Ok(expected) => check_text(path, &expected, actual),
        Err(error) => {
            panic!("{path}: {error}; UPDATE_EXPECT=1 writes it. It would hold:\n{actual}")
        }
    }
}

/// Panics with a readable difference unless the texts are equal; `place` says where the expected one stands.
#[track_caller]
pub fn check_text(place: &str, expected: &str, actual: &str) {
    assert!(
        expected == actual,
        "{place} differs (- expected, + actual); UPDATE_EXPECT=1 accepts the actual text\n{}",
        difference(expected, actual)
    );
}

#[derive(Clone, Copy, PartialEq)]
enum Change {
    Same,
    Gone,
    New,
}

/// The lines that differ, each with `-` or `+`, and some around them.
fn difference(expected: &str, actual: &str) -> String {
    let old: Vec<&str> = expected.split_inclusive('\n').collect();
    let new: Vec<&str> = actual.split_inclusive('\n').collect();
    let changes = changes(&old, &new);
    let near = |i: usize| {
        let from = i.saturating_sub(CONTEXT);
        let to = (i + CONTEXT + 1).min(changes.len());
        changes[from..to].iter().any(|(c, _)| *c != Change::Same)
    };
    let mut out = String::new();
    let mut skipped = false;
    for (i, (change, line)) in changes.iter().enumerate() {
        if !near(i) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            out.push_str("...\n");
        }
        let mark = match change {
            Change::Same => ' ',
            Change::Gone => '-',
            Change::New => '+',
        };
        // Ends of lines that do not show would make a difference that does not show.
        let text = line.strip_suffix('\n').unwrap_or(line);
        let shown = if *change == Change::Same {
            text.to_string()
        } else {
            text.replace('\r', "␍").replace('\x1b', "␛")
        };
        let end = match (change, line.ends_with('\n')) {
            (Change::Same, _) | (_, true) => "",
            (_, false) => "  (no line end)",
        };
        let space = if *change != Change::Same && text.ends_with([' ', '\t']) {
            "  (blanks at the end)"
        } else {
            ""
        };
        let _ = writeln!(out, "{mark} {shown}{space}{end}");
    }
    out
}

/// The shortest way from the old lines to the new, by their longest common subsequence.
fn changes<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(Change, &'a str)> {
    // common[i][j]: length of the longest common subsequence of old[i..] and new[j..].
    let mut common = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            out.push((Change::Same, old[i]));
            i += 1;
            j += 1;
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            out.push((Change::Gone, old[i]));
            i += 1;
        } else {
            out.push((Change::New, new[j]));
            j += 1;
        }
    }
    out
}

/// The comparison itself, tried.
pub fn group() -> Group {
    Group {
        name: "golden",
        min_trials: 3,
        trials: vec![
            trial("golden/difference".into(), difference_shows_what_changed),
            trial("golden/update".into(), update_writes_the_actual_text),
            trial("golden/mismatch".into(), mismatch_panics),
        ],
    }
}

fn difference_shows_what_changed() {
    assert_eq!(
        difference("a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nd\ne \nf\ng"),
        "...\n  b\n  c\n  d\n- e\n+ e   (blanks at the end)\n  f\n- g\n+ g  (no line end)\n"
    );
}

fn update_writes_the_actual_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new/expected.txt");
    let path = path.to_str().expect("UTF-8");
    compare(path, "what is\n", true);
    compare(path, "what is\n", false);
}

fn mismatch_panics() {
    let scratch = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(scratch.path(), "what was\n").expect("written");
    // An absolute path replaces the folder that it is joined to.
    let path = scratch.path().to_str().expect("UTF-8");
    let panicked = panic::catch_unwind(|| compare(path, "what is\n", false));
    let payload = panicked.expect_err("the texts differ");
    let message = payload.downcast_ref::<String>().expect("a message");
    assert!(message.contains("- what was\n+ what is"), "{message}");
}
