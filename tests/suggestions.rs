//! Mends that diagnostics offer: each is made in its script, which is then checked again. What was told is gone, whatever is
//! told then.

use std::fmt::Write;
use std::path::Path;

use gia::diag::{Diagnostic, Format};
use gia::source::SourceId;

use crate::support::golden;
use crate::support::script::{check, scripts, stem};

#[test]
fn every_mend_works() {
    let mut wrong = String::new();
    let (mut tried, mut right) = (0, 0);
    for path in scripts("diagnostics") {
        let text = std::fs::read_to_string(&path).expect("a text");
        let name = format!("{}.gia", stem(&path));
        let checked = check(&name, "tests/diagnostics", &text);
        let main = SourceId(0);
        for diagnostic in &checked.diagnostics {
            for suggestion in &diagnostic.suggestions {
                let about = |source| {
                    suggestion
                        .replacements
                        .iter()
                        .any(|r| r.span.is_some_and(|s| s.source == source))
                };
                if !about(main) {
                    continue;
                }
                let Some(mended) = suggestion.apply(main, &text) else {
                    let _ = writeln!(wrong, "{name}: {} cannot be made", suggestion.words);
                    continue;
                };
                tried += 1;
                let again = check(&name, "tests/diagnostics", &mended);
                right += usize::from(again.program.is_some());
                let is_same = |other: &Diagnostic| {
                    other.code == diagnostic.code
                        && other.message == diagnostic.message
                        && other.span().map(|s| s.start) == diagnostic.span().map(|s| s.start)
                };
                if mended == text || again.diagnostics.iter().any(is_same) {
                    let _ = writeln!(
                        wrong,
                        "{name}: {}\n{mended}{}",
                        suggestion.words,
                        again.rendered(Format::Short)
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(tried > 100, "{tried} mends were tried");
    assert!(
        right * 4 > tried * 3,
        "{right} of {tried} mends gave a script that checks"
    );
}

/// Advice that looks like an edit and is not one: all of it is about several places, or a choice of the author's.
#[test]
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
                let _ = writeln!(advice, "{}: {help}", stem(&path));
            }
        }
    }
    golden::check("diagnostics/advice_without_an_edit.txt", &advice);
}

#[test]
fn a_machine_reads_mends() {
    let checked = check("a.gia", "tests/diagnostics", "let gap = 5bp + 3\n");
    let json: serde_json::Value =
        serde_json::from_str(&checked.rendered(Format::Json)).expect("one object");
    let replacement = &json["suggestions"][0]["replacements"][0];
    assert_eq!(replacement["text"], "3bp");
    assert_eq!(
        (
            &replacement["line"],
            &replacement["column"],
            &replacement["end_column"]
        ),
        (&1.into(), &17.into(), &18.into())
    );
    assert!(Path::new(replacement["file"].as_str().expect("a file")).ends_with("a.gia"));
}
