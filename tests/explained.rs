//! Pages of codes, and what prints them. `recorded/codes.rs` tries their examples.

use gia::diag::{Code, ExampleKind};
use gia::doc;

use crate::support::command::gia;

/// Columns of a terminal that a page must fit.
const COLUMNS: usize = 80;

/// A page explains: it says more than the one line of meaning, and shows an example.
#[test]
fn every_code_has_a_page_with_an_example() {
    let mut mended = 0;
    for code in Code::ALL {
        let explanation = code.explanation();
        let number = code.number();
        assert!(
            explanation.paragraph.len() > 100,
            "{number}: {}",
            explanation.paragraph
        );
        assert_eq!(
            code.page().matches("```").count(),
            2 * explanation.examples.len(),
            "{number}: a block of no known kind"
        );
        let count = |kind| {
            explanation
                .examples
                .iter()
                .filter(|e| e.kind == kind)
                .count()
        };
        let shown = [
            ExampleKind::Wrong,
            ExampleKind::WrongRun,
            ExampleKind::Commands,
        ]
        .map(count);
        assert!(
            shown.iter().sum::<usize>() > 0,
            "{number}: no example gives the code"
        );
        mended += count(ExampleKind::Mended);
        assert_eq!(
            count(ExampleKind::Wrong),
            count(ExampleKind::Mended),
            "{number}"
        );
        assert!(
            count(ExampleKind::MendedRun) <= count(ExampleKind::WrongRun),
            "{number}"
        );
        assert!(
            count(ExampleKind::MendedCommands) <= count(ExampleKind::Commands),
            "{number}"
        );
    }
    assert!(mended > 25, "only {mended} mends are shown");
}

#[test]
fn pages_fit_a_terminal() {
    for code in Code::ALL {
        let shown = doc::codes::to_plain_text(*code, COLUMNS);
        let too_long = shown.lines().find(|line| line.chars().count() > COLUMNS);
        assert_eq!(too_long, None, "{}", code.number());
    }
}

#[test]
fn explain_prints_the_page() {
    let output = gia(["explain", "e0301"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for text in [
        "E0301\n",
        "every grid point",
        "Wrong:",
        "Right:",
        "    experiment trial {",
    ] {
        assert!(said.contains(text), "`{text}` is not in\n{said}");
    }
}
