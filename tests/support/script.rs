//! Scripts in the tree and what checking finds in them.

use std::path::{Path, PathBuf};

use gia::check;
use gia::design as hir;
use gia::diag::{Diagnostic, Format, Style, Suggestion, render};
use gia::source::{SourceId, Sources};

/// A text that was checked.
pub struct Checked {
    pub sources: Sources,
    pub program: Option<hir::Program>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a text as if it lay in a folder, by its path from the root of the tree.
pub fn check(name: &str, folder: &str, text: &str) -> Checked {
    let mut sources = Sources::default();
    let main = sources.add(name, Path::new(folder), text);
    let checked = check::check(main, &mut sources);
    Checked {
        sources,
        program: checked.program,
        diagnostics: checked.diagnostics,
    }
}

impl Checked {
    pub fn rendered(&self, format: Format) -> String {
        render(&self.diagnostics, &self.sources, format, Style::PLAIN)
    }

    /// The program, of a script that must have one.
    #[track_caller]
    pub fn program(&self) -> &hir::Program {
        match &self.program {
            Some(program) => program,
            None => panic!("{}", self.rendered(Format::Human)),
        }
    }

    /// The suggested edits of the checked text itself, each with its diagnostic.
    pub fn edits(&self) -> Vec<(&Diagnostic, &Suggestion)> {
        let mut edits = Vec::new();
        for diagnostic in &self.diagnostics {
            for suggestion in &diagnostic.suggestions {
                let mut spans = suggestion.replacements.iter().filter_map(|r| r.span);
                if spans.any(|span| span.source == SourceId(0)) {
                    edits.push((diagnostic, suggestion));
                }
            }
        }
        edits
    }

    /// Panics unless every place that a diagnostic names lies within its text.
    #[track_caller]
    pub fn places_are_sound(&self) {
        for diagnostic in &self.diagnostics {
            for label in &diagnostic.labels {
                let text = &self.sources.get(label.span.source).text;
                assert!(
                    text.get(label.span.range()).is_some(),
                    "{}: {:?} of a text of {} bytes",
                    diagnostic.message,
                    label.span,
                    text.len()
                );
            }
        }
    }
}

/// The scripts of a folder below `tests`, in order of their names.
pub fn scripts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new("tests").join(folder);
    let entries = std::fs::read_dir(&folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gia"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no script in {}", folder.display());
    paths
}

pub fn stem(path: &Path) -> &str {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .expect("a name in UTF-8")
}

/// The scripts of a folder and of those in it, in order of their paths; the folder's path starts from the root of the tree.
pub fn scripts_below(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("a folder of the tree").into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "gia"))
        .collect();
    paths.sort();
    paths
}
