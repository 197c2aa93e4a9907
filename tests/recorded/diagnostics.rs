//! Wrong programs, each with the diagnosis that a user reads: `tests/diagnostics/CODE_what.gia` and its `.txt`.

use std::path::{Path, PathBuf};

use gia::diag::{Diagnostic, Format, Severity};
use gia::source::SourceId;

use crate::support::script::{Checked, check, scripts, stem};
use crate::{Group, golden, trial};

/// The diagnosis of each script.
pub fn diagnoses() -> Group {
    Group {
        name: "diagnostics",
        min_trials: 400,
        trials: each("diagnostics", diagnosis_is_as_recorded),
    }
}

/// The edits that the diagnostics of each script suggest.
pub fn suggestions() -> Group {
    let mut trials = each("suggestions", suggestions_work);
    trials.push(trial(
        "suggestions/advice_without_an_edit".into(),
        advice_without_an_edit,
    ));
    Group {
        name: "suggestions",
        min_trials: 400,
        trials,
    }
}

fn each(group: &str, test: fn(&Path)) -> Vec<libtest_mimic::Trial> {
    let of_script = |path: PathBuf| trial(format!("{group}/{}", stem(&path)), move || test(&path));
    scripts("diagnostics").into_iter().map(of_script).collect()
}

fn diagnosis_is_as_recorded(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a text");
    let name = format!("{}.gia", stem(path));
    let checked = check(&name, "tests/diagnostics", &text);
    checked.places_are_sound();

    let wanted = &name[..5];
    let first = checked
        .diagnostics
        .iter()
        .find(|d| d.is_error() == wanted.starts_with('E'));
    let first = first.unwrap_or_else(|| panic!("{name} is found to be right"));
    assert_eq!(first.code.number(), wanted, "{name}: {}", first.message);
    assert_eq!(
        checked.program.is_none(),
        first.severity == Severity::Error,
        "{name}"
    );

    golden::check(
        &format!("tests/diagnostics/{}.txt", stem(path)),
        &checked.rendered(Format::Human),
    );
    short_form_tells_the_place(&name, &checked);
}

/// Every line of the short form starts where the diagnostic's first label does, counted here by hand.
fn short_form_tells_the_place(name: &str, checked: &Checked) {
    let mut expected: Vec<String> = Vec::new();
    for diagnostic in &checked.diagnostics {
        let span = diagnostic
            .span()
            .unwrap_or_else(|| panic!("{name}: {} has no place", diagnostic.message));
        let source = checked.sources.get(span.source);
        let before = &source.text[..span.start as usize];
        let line = before.split('\n').count();
        let column = before
            .split('\n')
            .next_back()
            .map_or(0, |l| l.chars().count())
            + 1;
        let word = if diagnostic.is_error() {
            "error"
        } else {
            "warning"
        };
        expected.push(format!(
            "{}:{line}:{column}: {word}[{}]: {}",
            source.name,
            diagnostic.code.number(),
            diagnostic.message
        ));
    }
    let short = checked.rendered(Format::Short);
    let mut lines: Vec<&str> = short.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{name}\n{short}");
    expected.sort();
    lines.sort_unstable();
    for (line, start) in lines.iter().zip(&expected) {
        assert!(
            line.starts_with(start),
            "{name}: `{line}` does not start with `{start}`"
        );
    }
}

/// Makes each suggested edit in the script and checks it again: what was diagnosed is gone.
fn suggestions_work(path: &Path) {
    let text = std::fs::read_to_string(path).expect("a text");
    let name = format!("{}.gia", stem(path));
    let checked = check(&name, "tests/diagnostics", &text);
    for (diagnostic, suggestion) in checked.edits() {
        let words = &suggestion.words;
        let mended = suggestion.apply(SourceId(0), &text);
        let mended = mended.unwrap_or_else(|| panic!("{words} cannot be made"));
        let again = check(&name, "tests/diagnostics", &mended);
        let is_same = |other: &Diagnostic| {
            other.code == diagnostic.code
                && other.message == diagnostic.message
                && other.span().map(|s| s.start) == diagnostic.span().map(|s| s.start)
        };
        assert!(
            mended != text && !again.diagnostics.iter().any(is_same),
            "{words}\n{mended}{}",
            again.rendered(Format::Short)
        );
    }
}

/// Advice that looks like an edit and is not one: all of it is about several places, or a choice of the author's.
fn advice_without_an_edit() {
    let mut advice = String::new();
    for path in scripts("diagnostics") {
        let text = std::fs::read_to_string(&path).expect("a text");
        let checked = check(stem(&path), "tests/diagnostics", &text);
        for diagnostic in &checked.diagnostics {
            let help = diagnostic.help.as_deref().unwrap_or_default();
            let advises = ["write `", "did you mean", "add `"]
                .iter()
                .any(|words| help.contains(words));
            if advises && diagnostic.suggestions.is_empty() {
                advice += &format!("{}: {help}\n", stem(&path));
            }
        }
    }
    golden::check("tests/diagnostics/advice_without_an_edit.txt", &advice);
}
