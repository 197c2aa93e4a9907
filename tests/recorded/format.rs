//! The style of the formatter: `tests/format/*.gia` with their `.txt`, and every script of the tree.

use std::path::{Path, PathBuf};

use gia::syntax;
use gia::syntax::format::{MAX_LINE_COLUMNS, Unformatted, format};

use crate::support::formatting::{HERE, formatted, keeps_meaning};
use crate::support::script::{scripts, scripts_below, stem};
use crate::{Group, golden, trial};

/// Texts with the formatted text beside them.
pub fn styles() -> Group {
    let test = |path: PathBuf| {
        trial(format!("format/{}", stem(&path)), move || {
            style_is_as_recorded(&path)
        })
    };
    Group {
        name: "styles",
        min_trials: 3,
        trials: scripts("format").into_iter().map(test).collect(),
    }
}

/// Every script of the tree keeps its meaning; experiments and the standard library are formatted.
pub fn scripts_of_the_tree() -> Group {
    let folders = ["experiments", "stdlib", "tests"];
    let scripts = folders.into_iter().flat_map(scripts_below);
    let test = |path: PathBuf| {
        trial(format!("format/{}", path.display()), move || {
            script_keeps_its_meaning(&path);
        })
    };
    Group {
        name: "scripts",
        min_trials: 500,
        trials: scripts.map(test).collect(),
    }
}

fn style_is_as_recorded(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a text");
    golden::check(
        &format!("tests/format/{}.txt", stem(path)),
        &formatted(&text),
    );
}

fn script_keeps_its_meaning(path: &Path) {
    let bytes = std::fs::read(path).expect("a file");
    let Ok(text) = String::from_utf8(bytes) else {
        return;
    };
    if !syntax::parse(HERE, &text).1.is_empty() {
        assert!(matches!(format(HERE, &text), Err(Unformatted::Wrong(_))));
        return;
    }
    keeps_meaning(&text);
    if path.starts_with("tests") {
        return;
    }
    golden::check(&path.display().to_string(), &formatted(&text));
    for line in text.lines().filter(|line| !line.contains('#')) {
        assert!(line.chars().count() <= MAX_LINE_COLUMNS, "{line}");
    }
}
