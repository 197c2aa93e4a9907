//! Holds the invariants of `docs/architecture.md`: who may use whom, and who may name libtorch.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors of the house, top to bottom: a folder may use those on floors above it, never one below or beside it,
/// but for the pairs in `BESIDE`.
const FLOORS: &[&[&str]] = &[
    &["source", "diag", "file"],
    &["domain", "syntax"],
    &["model"],
    &["check"],
    &["doc", "plan", "result"],
    &["wire"],
    &["engine", "worker"],
    &["stats"],
    &["pipeline", "report"],
    &["suite"],
    &["repl"],
    &["cli"],
];

/// Folders that stand on one floor and still use each other in this one direction.
const BESIDE: &[(&str, &str)] = &[("diag", "source"), ("file", "diag")];

fn floor(folder: &str) -> usize {
    FLOORS
        .iter()
        .position(|floor| floor.contains(&folder))
        .unwrap_or_else(|| {
            panic!("`src/{folder}` is on no floor: draw it into docs/architecture.md and FLOORS")
        })
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder)
        .expect("a folder of the tree")
        .flatten()
    {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Top-level folder or file of `src` that a file belongs to; none for `lib.rs` and `main.rs`.
fn room(file: &Path, src: &Path) -> Option<String> {
    let first = file.strip_prefix(src).ok()?.components().next()?;
    let name = first.as_os_str().to_string_lossy().into_owned();
    let name = name.strip_suffix(".rs").map_or(name.clone(), String::from);
    (name != "lib" && name != "main").then_some(name)
}

/// Rooms that a text names by `crate::` or, in the worker, by `gia::`.
fn rooms_named(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for prefix in ["crate::", "gia::"] {
        for (at, _) in text.match_indices(prefix) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let rest = &text[at + prefix.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let inside = group.split('}').next().unwrap_or_default();
                rooms.extend(inside.split(',').map(|part| word(part.trim())));
            } else {
                rooms.push(word(rest));
            }
        }
    }
    rooms.retain(|room| !room.is_empty());
    rooms
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

fn without_comments(text: &str) -> String {
    let code = |line: &str| {
        line.find("//")
            .map_or(line.to_string(), |at| line[..at].to_string())
    };
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_folder_uses_only_those_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut wrong: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for file in &files {
        let Some(user) = room(file, &src) else {
            continue;
        };
        let text = without_comments(&fs::read_to_string(file).expect("a file of the tree"));
        for used in rooms_named(&text) {
            // In the worker `crate::` names its own modules.
            let known = FLOORS.iter().any(|floor| floor.contains(&used.as_str()));
            if used == user || (user == "worker" && !known) {
                continue;
            }
            assert!(known, "{}: `{used}` is on no floor", file.display());
            let beside = BESIDE.contains(&(user.as_str(), used.as_str()));
            if floor(&used) >= floor(&user) && !beside {
                let shown = file
                    .strip_prefix(&src)
                    .expect("below src")
                    .display()
                    .to_string();
                wrong.entry((user.clone(), used)).or_default().push(shown);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "folders that use what is not above them: {wrong:#?}"
    );
}

#[test]
fn only_the_worker_names_libtorch() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let libtorch = regex::Regex::new(r"\b(tch::|torch_sys)").expect("a pattern");
    for file in &files {
        let text = without_comments(&fs::read_to_string(file).expect("a file of the tree"));
        let names_it = libtorch.is_match(&text);
        let is_worker = room(file, &src).as_deref() == Some("worker");
        assert!(!names_it || is_worker, "{} names libtorch", file.display());
    }
}

#[test]
fn the_library_prints_nothing_outside_the_command_line() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    for file in &files {
        let room = room(file, &src);
        if matches!(room.as_deref(), Some("cli" | "repl" | "worker")) {
            continue;
        }
        let text = without_comments(&fs::read_to_string(file).expect("a file of the tree"));
        for word in ["println!(", "print!(", "eprintln!(", "eprint!(", "dbg!("] {
            assert!(!text.contains(word), "{} prints", file.display());
        }
    }
}
