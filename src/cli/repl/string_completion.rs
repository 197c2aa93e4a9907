//! Completion of strings: tasks of a model, motifs of a collection or a file, paths, and keywords that a parameter accepts.
//!
//! Invariant: files are listed or skimmed, never read completely.

use std::path::Path;

use super::candidate::{Candidate, has_prefix};
use super::cursor_context::{CursorContext, OpenBracket};
use gia_check::{DescriptionTopic, VisibleName};
use gia_domain::{jaspar, motif_names};
use gia_model::Declaration;

/// Maximum number of files of a folder that are listed.
const MAX_FILES: usize = 500;
/// Maximum number of motifs that are listed.
const MAX_MOTIFS: usize = 400;

/// Completes the string at the cursor; `rest` is the text after the cursor.
pub fn complete_string(
    context: &CursorContext,
    rest: &str,
    names: &[VisibleName],
    folder: &Path,
) -> Vec<Candidate> {
    let close = if rest.starts_with('"') { "" } else { "\"" };
    let plain = |word: String| Candidate {
        text: format!("{word}{close}"),
        displayed: word,
    };
    let Some(open) = context.open.last() else {
        return match context.statement {
            Some("use") => paths(context.word, folder, &["gia"], close),
            Some("set") => ["benjamini_hochberg", "benjamini_yekutieli", "holm"]
                .map(|word| plain(word.to_string()))
                .into(),
            _ => Vec::new(),
        };
    };
    if open.bracket == '[' {
        if let Some(path) = open.file {
            let close = if close.is_empty() { "" } else { "\"]" };
            let names = motif_names(&folder.join(path)).into_iter();
            return names
                .take(MAX_MOTIFS)
                .map(|name| Candidate {
                    text: format!("{name}{close}"),
                    displayed: name,
                })
                .collect();
        }
        let close = match (close, rest.starts_with("\"]") || rest.starts_with(']')) {
            ("", _) => "",
            (close, true) => close,
            (_, false) => "\"]",
        };
        let tasks = tasks(open, names).into_iter();
        return tasks
            .map(|task| Candidate {
                text: format!("{task}{close}"),
                displayed: task,
            })
            .collect();
    }
    let Some(function) = open.callee.last() else {
        return Vec::new();
    };
    let parameter = open.parameter(names).map(|(name, _)| name);
    match (*function, parameter.as_deref().unwrap_or_default()) {
        ("jaspar", "name") => collection_motifs(context.word, close),
        ("jaspar", "species") => jaspar::species()
            .into_iter()
            .map(|s| plain(s.into()))
            .collect(),
        ("jaspar", "taxon") => jaspar::taxa()
            .into_iter()
            .map(|t| plain(t.into()))
            .collect(),
        ("meme" | "transfac", "name") => {
            let file = open.strings.iter().find(|(argument, _)| *argument == 0);
            let file = file.map(|(_, path)| folder.join(path));
            let names = file.map_or(Vec::new(), |path| motif_names(&path));
            names.into_iter().take(MAX_MOTIFS).map(plain).collect()
        }
        ("haplotype", "from") => paths(context.word, folder, &[], close),
        ("haplotype", "of") => {
            let files = open.strings.iter().map(|(_, path)| folder.join(path));
            let samples = files.filter_map(|path| gia_domain::sample_names(&path).ok());
            let samples = samples.flatten().take(MAX_MOTIFS);
            samples.map(plain).collect()
        }
        ("load", "path") => paths(context.word, folder, &["pt2", "onnx", "pt"], close),
        (_, "path" | "file" | "genome" | "regions" | "table") => {
            paths(context.word, folder, &[], close)
        }
        (function, parameter) => accepted_keywords(function, parameter)
            .iter()
            .map(|word| plain(word.to_string()))
            .collect(),
    }
}

/// The tasks by which a model, or one of its outputs, can be indexed.
fn tasks(open: &OpenBracket, names: &[VisibleName]) -> Vec<String> {
    let model = |name: &str| -> Option<&Declaration> {
        let named = names.iter().find(|named| named.name == name)?;
        match &named.value.what {
            DescriptionTopic::Model { declaration, .. } => Some(declaration),
            _ => None,
        }
    };
    let (declaration, output) = match open.callee.as_slice() {
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
fn collection_motifs(typed: &str, close: &str) -> Vec<Candidate> {
    let offered = jaspar::completion_names().unwrap_or_default().iter();
    offered
        .filter(|offered| has_prefix(offered.begun, typed))
        .take(MAX_MOTIFS)
        .map(|offered| {
            let entry = offered.entry;
            let other = match offered.begun == entry.matrix {
                true => entry.factor,
                false => entry.matrix,
            };
            // A factor that stands for one motif needs no species.
            let whose = match offered.name == offered.begun {
                true => String::new(),
                false => format!(" {}", entry.species.join(", ")),
            };
            Candidate {
                text: format!("{}{close}", offered.name),
                displayed: format!("{} {other}{whose}", offered.begun),
            }
        })
        .collect()
}

/// The keywords that parameters of functions accept.
fn accepted_keywords(function: &str, parameter: &str) -> &'static [&'static str] {
    match (function, parameter) {
        ("load", "alphabet") => &["ACGT", "ACGU"],
        (_, "alphabet") => &["dna", "rna"],
        (_, "layout") => &["channels_first", "channels_last"],
        ("load", "unknown") => &["zeros", "quarter"],
        (_, "past") => &["refuse", "N"],
        (_, "unknown") => &["refuse", "drop", "keep"],
        _ => &[],
    }
}

/// Paths below a folder that start with the text: folders, and files with these extensions, or any files if there are none.
pub fn paths(typed: &str, folder: &Path, extensions: &[&str], close: &str) -> Vec<Candidate> {
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
            let is_hidden = file.starts_with('.') && !name.starts_with('.');
            if is_hidden || !file.starts_with(name) {
                return None;
            }
            let is_folder = entry.path().is_dir();
            let extension = Path::new(&file).extension();
            let fits = extensions.is_empty()
                || extensions
                    .iter()
                    .any(|known| extension.is_some_and(|e| e == *known));
            let end = if is_folder { "/" } else { close };
            (is_folder || fits).then(|| Candidate {
                text: format!("{above}{file}{end}"),
                displayed: format!("{above}{file}{}", if is_folder { "/" } else { "" }),
            })
        })
        .take(MAX_FILES)
        .collect();
    found.sort_by(|a, b| a.displayed.cmp(&b.displayed));
    found
}
