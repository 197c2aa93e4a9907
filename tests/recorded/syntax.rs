//! Texts and their trees: `tests/syntax/FEATURE.gia` and its `.txt`.

use std::path::Path;

use gia::diag::{Format, Style, render};
use gia::source::Sources;
use gia::syntax;

use crate::support::script::{scripts, stem};
use crate::support::tree;
use crate::{Group, golden, trial};

pub fn group() -> Group {
    let test =
        |path: std::path::PathBuf| trial(format!("syntax/{}", stem(&path)), move || check(&path));
    Group {
        name: "syntax",
        min_trials: 9,
        trials: scripts("syntax").into_iter().map(test).collect(),
    }
}

fn check(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a text");
    let mut sources = Sources::default();
    let folder = path.parent().expect("a folder");
    let id = sources.add(format!("{}.gia", stem(path)), folder, &text);
    let (file, diagnostics) = syntax::parse(id, &text);
    let errors = render(&diagnostics, &sources, Format::Short, Style::PLAIN);
    golden::check(
        &format!("tests/syntax/{}.txt", stem(path)),
        &(tree::show(&file) + &errors),
    );
}
