//! What holds for every text: nothing panics, and every place that is named exists. And for the standard library: all
//! of it is documented, and each half of a function of the interpreter has its other half.

use std::collections::BTreeSet;

use gia::source::{SourceId, Sources, Span};
use gia::syntax;
use gia::syntax::tree::{File, ItemKind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::script::{check, scripts};

/// Pieces that texts are made of; no number is large, so that no grid is.
const PIECES: &[&str] = &[
    "let",
    "model",
    "motif",
    "null",
    "construct",
    "query",
    "use",
    "set",
    "fn",
    "experiment",
    "vary",
    "background",
    "sample",
    "arm",
    "embed",
    "factorial",
    "measure",
    "contrast",
    "expect",
    "where",
    "at",
    "in",
    "to",
    "step",
    "as",
    "and",
    "or",
    "not",
    "div",
    "mod",
    "true",
    "false",
    "first",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ";",
    "=",
    "==",
    "<",
    ">",
    "<=",
    "+",
    "-",
    "*",
    "/",
    "^",
    "..",
    ".",
    "->",
    "\n",
    "\n",
    "\n",
    " ",
    "\t",
    "\r\n",
    "#",
    "##",
    "\"",
    "\\",
    "0",
    "1",
    "2.5",
    "7bp",
    "1kb",
    "95%",
    "1e3",
    "1e-3",
    "a",
    "b",
    "effect",
    "control",
    "treated",
    "center",
    "none",
    "width",
    "rc",
    "uniform",
    "iid",
    "fasta",
    "load",
    "jaspar",
    "iupac",
    "count",
    "interaction",
    "abs",
    "syntax",
    "\"GATA\"",
    "dna\"ACGT\"",
    "rna\"ACGU\"",
    "\"syntax.gia\"",
    "Number",
    "Length",
    "List<Motif>",
    "é",
    "“",
    "\u{feff}",
];

fn cases(n: u32) -> ProptestConfig {
    // The same texts every time: a failure that comes and goes helps nobody.
    ProptestConfig {
        cases: n,
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A text of pieces, with and without blanks between them.
fn pieces(most: usize) -> impl Strategy<Value = String> {
    let piece = (proptest::sample::select(PIECES), any::<bool>());
    proptest::collection::vec(piece, 0..most).prop_map(|row| {
        row.iter()
            .map(|(piece, blank)| format!("{piece}{}", if *blank { " " } else { "" }))
            .collect()
    })
}

/// Texts that check, or nearly.
fn corpus() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for folder in ["plans", "diagnostics", "syntax"] {
        for path in scripts(folder) {
            let text = std::fs::read_to_string(&path).expect("a text");
            // What is large on purpose is slow on purpose.
            if text.len() < 4000 && !text.contains("000") {
                texts.push((format!("tests/{folder}"), text));
            }
        }
    }
    texts
}

#[derive(Debug, Clone)]
enum Change {
    Remove(usize, usize),
    Double(usize, usize),
    Insert(usize, String),
    Swap(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = || 0..4000usize;
    prop_oneof![
        (at(), 0..30usize).prop_map(|(a, n)| Change::Remove(a, n)),
        (at(), 0..30usize).prop_map(|(a, n)| Change::Double(a, n)),
        (at(), proptest::sample::select(PIECES))
            .prop_map(|(a, p)| Change::Insert(a, format!(" {p} "))),
        (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
    ]
}

/// Changes whole characters, wherever the numbers point.
fn changed(text: &str, changes: &[Change]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for change in changes {
        let n = letters.len();
        if n == 0 {
            break;
        }
        match change {
            Change::Remove(a, length) => {
                letters.drain(a % n..(a % n + length).min(n));
            }
            Change::Double(a, length) => {
                let piece: Vec<char> = letters[a % n..(a % n + length).min(n)].to_vec();
                letters.splice(a % n..a % n, piece);
            }
            Change::Insert(a, piece) => {
                letters.splice(a % n..a % n, piece.chars());
            }
            Change::Swap(a, b) => letters.swap(a % n, b % n),
        }
    }
    letters.into_iter().collect()
}

/// Every span of a tree, found in its debug form so that none is forgotten.
fn spans(file: &File) -> Vec<Span> {
    let text = format!("{file:?}");
    let pattern = regex::Regex::new(r"start: (\d+), end: (\d+) \}").expect("a pattern");
    let number = |text: &str| text.parse::<usize>().expect("a number");
    pattern
        .captures_iter(&text)
        .map(|found| Span::new(SourceId(0), number(&found[1]), number(&found[2])))
        .collect()
}

fn parse_soundly(text: &str) -> Result<(), TestCaseError> {
    let (file, diagnostics) = syntax::parse(SourceId(0), text);
    let labels = diagnostics
        .iter()
        .flat_map(|d| &d.labels)
        .map(|label| label.span);
    for span in spans(&file).into_iter().chain(labels) {
        prop_assert!(
            text.get(span.range()).is_some(),
            "{span:?} of a text of {} bytes",
            text.len()
        );
    }
    prop_assert!(
        diagnostics
            .iter()
            .all(|d| d.is_error() && d.span().is_some())
    );
    Ok(())
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        parse_soundly(&text)?;
    }

    #[test]
    fn any_row_of_pieces_is_read_or_refused(text in pieces(60)) {
        parse_soundly(&text)?;
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn any_row_of_pieces_is_checked(text in pieces(30)) {
        check("pieces.gia", "tests/diagnostics", &text).places_are_sound();
    }

    #[test]
    fn any_changed_script_is_checked(
        (folder, text) in proptest::sample::select(corpus()),
        changes in proptest::collection::vec(change(), 1..4),
    ) {
        let text = changed(&text, &changes);
        parse_soundly(&text)?;
        let checked = check("changed.gia", &folder, &text);
        checked.places_are_sound();
        prop_assert!(checked.program.is_some() || checked.diagnostics.iter().any(|d| d.is_error()));
    }
}

fn library(name: &str) -> File {
    let text = std::fs::read_to_string(format!("stdlib/{name}")).expect("a module");
    let mut sources = Sources::default();
    let id = sources.add(name, std::path::Path::new("stdlib"), &text);
    let (file, diagnostics) = syntax::parse(id, &text);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    file
}

#[test]
fn the_standard_library_is_documented() {
    for entry in std::fs::read_dir("stdlib").expect("the folder") {
        let name = entry
            .expect("a file")
            .file_name()
            .into_string()
            .expect("UTF-8");
        for item in library(&name).items {
            if let ItemKind::Fn(function) = &item.kind {
                let doc = item.doc.unwrap_or_default();
                // Sentences, then perhaps an example, which another test runs.
                let doc = doc
                    .split("\nexperiment example = ")
                    .next()
                    .unwrap_or_default();
                assert!(
                    doc.len() > 10 && doc.ends_with('.'),
                    "{name}: `{}`: {doc:?}",
                    function.name.text
                );
            }
        }
    }
}

#[test]
fn functions_of_the_interpreter_have_both_halves() {
    let declared: BTreeSet<String> = library("prelude.gia")
        .items
        .into_iter()
        .filter_map(|item| match item.kind {
            ItemKind::Fn(function) if function.body.is_none() => Some(function.name.text),
            _ => None,
        })
        .collect();
    let written: BTreeSet<String> = gia::check::native_names().map(String::from).collect();
    assert_eq!(declared, written);
}
