//! Completion of strings: tasks of the model before it, motifs of a collection or a file, paths, keywords of a function.
//!
//! Invariant: files are listed or skimmed, never read completely.

use std::path::Path;

use super::candidate::{Candidate, begins};
use super::place::{Open, Place};
use gia_check::{Named, What};
use gia_domain::{jaspar, motif_names};
use gia_model::Declaration;

/// Maximum number of files of a folder that are listed.
const MOST_FILES: usize = 500;
/// Maximum number of motifs that are listed.
const MOST_MOTIFS: usize = 400;

/// Completions of the string at the cursor; `behind` is the rest of the line.
pub fn texts(place: &Place, behind: &str, names: &[Named], folder: &Path) -> Vec<Candidate> {
    let close = if behind.starts_with('"') { "" } else { "\"" };
    let plain = |word: String| Candidate {
        text: format!("{word}{close}"),
        shown: word,
    };
    let Some(open) = place.open.last() else {
        return match place.statement {
            Some("use") => paths(place.word, folder, &["gia"], close),
            Some("set") => ["benjamini_hochberg", "benjamini_yekutieli", "holm"]
                .map(|word| plain(word.to_string()))
                .into(),
            _ => Vec::new(),
        };
    };
    if open.sign == '[' {
        if let Some(path) = open.file {
            let close = if close.is_empty() { "" } else { "\"]" };
            let names = motif_names(&folder.join(path)).into_iter();
            return names
                .take(MOST_MOTIFS)
                .map(|name| Candidate {
                    text: format!("{name}{close}"),
                    shown: name,
                })
                .collect();
        }
        let close = match (close, behind.starts_with("\"]") || behind.starts_with(']')) {
            ("", _) => "",
            (close, true) => close,
            (_, false) => "\"]",
        };
        let tasks = tasks(open, names).into_iter();
        return tasks
            .map(|task| Candidate {
                text: format!("{task}{close}"),
                shown: task,
            })
            .collect();
    }
    let Some(function) = open.of.last() else {
        return Vec::new();
    };
    let parameter = open.parameter(names).map(|(name, _)| name);
    match (*function, parameter.as_deref().unwrap_or_default()) {
        ("jaspar", "name") => motifs_of_collection(place.word, close),
        ("jaspar", "species") => jaspar::species()
            .into_iter()
            .map(|s| plain(s.into()))
            .collect(),
        ("jaspar", "taxon") => jaspar::taxa()
            .into_iter()
            .map(|t| plain(t.into()))
            .collect(),
        ("meme" | "transfac", "name") => {
            let file = open.texts.iter().find(|(argument, _)| *argument == 0);
            let file = file.map(|(_, path)| folder.join(path));
            let names = file.map_or(Vec::new(), |path| motif_names(&path));
            names.into_iter().take(MOST_MOTIFS).map(plain).collect()
        }
        ("load", "path") => paths(place.word, folder, &["pt2", "onnx", "pt"], close),
        (_, "path" | "file" | "genome" | "regions" | "table") => {
            paths(place.word, folder, &[], close)
        }
        (function, word) => words(function, word)
            .iter()
            .map(|word| plain(word.to_string()))
            .collect(),
    }
}

/// The tasks by which a model, or one of its outputs, can be indexed.
fn tasks(open: &Open, names: &[Named]) -> Vec<String> {
    let model = |name: &str| -> Option<&Declaration> {
        let named = names.iter().find(|named| named.name == name)?;
        match &named.value.what {
            What::Model { declaration, .. } => Some(declaration),
            _ => None,
        }
    };
    let (declaration, output) = match open.of.as_slice() {
        [name] => (model(name), None),
        [name, output] => (model(name), Some(*output)),
        _ => (None, None),
    };
    let outputs = declaration
        .into_iter()
        .flat_map(|declaration| &declaration.outputs);
    outputs
        .filter(|known| output.is_none() || known.name.as_deref() == output)
        .flat_map(|known| known.tasks.iter().cloned())
        .collect()
}

/// Motifs of the bundled collection whose matrix or factor starts with the text; if a factor has several, the matrix of each.
fn motifs_of_collection(typed: &str, close: &str) -> Vec<Candidate> {
    let offered = jaspar::offered().unwrap_or_default().iter();
    offered
        .filter(|offered| begins(offered.begun, typed))
        .take(MOST_MOTIFS)
        .map(|offered| {
            let entry = offered.entry;
            let other = match offered.begun == entry.matrix {
                true => entry.factor,
                false => entry.matrix,
            };
            // A factor alone says enough where it picks the motif.
            let whose = match offered.name == offered.begun {
                true => String::new(),
                false => format!(" {}", entry.species.join(", ")),
            };
            Candidate {
                text: format!("{}{close}", offered.name),
                shown: format!("{} {other}{whose}", offered.begun),
            }
        })
        .collect()
}

/// The keywords that parameters of functions accept.
fn words(function: &str, parameter: &str) -> &'static [&'static str] {
    match (function, parameter) {
        ("load", "alphabet") => &["ACGT", "ACGU"],
        (_, "alphabet") => &["dna", "rna"],
        (_, "layout") => &["channels_first", "channels_last"],
        ("load", "unknown") => &["zeros", "quarter"],
        (_, "unknown") => &["refuse", "drop", "keep"],
        _ => &[],
    }
}

/// Paths below a folder that start with the text: folders, and files with these extensions, or any files if there are none.
pub fn paths(typed: &str, folder: &Path, kinds: &[&str], close: &str) -> Vec<Candidate> {
    let (above, name) = match typed.rsplit_once('/') {
        Some((above, name)) => (format!("{above}/"), name),
        None => (String::new(), typed),
    };
    let folder = folder.join(&above);
    let shown = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => &folder,
    };
    let Ok(entries) = std::fs::read_dir(shown) else {
        return Vec::new();
    };
    let mut found: Vec<Candidate> = entries
        .flatten()
        .filter_map(|entry| {
            let file = entry.file_name().into_string().ok()?;
            let hidden = file.starts_with('.') && !name.starts_with('.');
            if hidden || !file.starts_with(name) {
                return None;
            }
            let is_folder = entry.path().is_dir();
            let extension = Path::new(&file).extension();
            let fits = kinds.is_empty()
                || kinds
                    .iter()
                    .any(|kind| extension.is_some_and(|e| e == *kind));
            let end = if is_folder { "/" } else { close };
            (is_folder || fits).then(|| Candidate {
                text: format!("{above}{file}{end}"),
                shown: format!("{above}{file}{}", if is_folder { "/" } else { "" }),
            })
        })
        .take(MOST_FILES)
        .collect();
    found.sort_by(|a, b| a.shown.cmp(&b.shown));
    found
}
