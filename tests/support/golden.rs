//! Compares text with a file that holds what is expected.
//!
//! `UPDATE_EXPECT=1 cargo test` writes the files anew; look at the difference before it is committed.

use std::fmt::Write;
use std::path::Path;

/// Lines of agreement shown around a difference.
const CONTEXT: usize = 3;

/// Panics with a readable difference unless the file at `path`, from the folder `tests`, holds exactly `actual`.
///
/// Nothing is normalised. With `UPDATE_EXPECT=1` in the environment the file is written instead.
#[track_caller]
pub fn check(path: &str, actual: &str) {
    let update = std::env::var("UPDATE_EXPECT").is_ok_and(|value| value == "1");
    compare(path, actual, update);
}

#[track_caller]
fn compare(path: &str, actual: &str, update: bool) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(path);
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
        Ok(expected) if expected == actual => {}
        Ok(expected) => panic!(
            "tests/{path} differs (- expected, + actual); UPDATE_EXPECT=1 accepts what is new\n{}",
            difference(&expected, actual)
        ),
        Err(error) => {
            panic!("tests/{path}: {error}; UPDATE_EXPECT=1 writes it. It would hold:\n{actual}")
        }
    }
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

#[test]
fn a_difference_shows_what_changed() {
    assert_eq!(
        difference("a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nd\ne \nf\ng"),
        "...\n  b\n  c\n  d\n- e\n+ e   (blanks at the end)\n  f\n- g\n+ g  (no line end)\n"
    );
}

#[test]
fn an_update_writes_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/expected.txt");
    let path = path.to_str().unwrap();
    compare(path, "what is\n", true);
    compare(path, "what is\n", false);
}

#[test]
#[should_panic(expected = "- what was\n+ what is")]
fn a_file_that_differs_panics() {
    let scratch = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(scratch.path(), "what was\n").unwrap();
    // An absolute path replaces the folder that it is joined to.
    compare(scratch.path().to_str().unwrap(), "what is\n", false);
}
