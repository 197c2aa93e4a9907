//! What holds for every text: nothing panics, and every place that is named exists. And for the standard library: all
//! of it is documented, and each half of a function of the interpreter has its other half.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gia::source::Sources;
use gia::syntax;
use gia::syntax::tree::{File, ItemKind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::support::script::scripts_below;

#[path = "../fuzz/sound.rs"]
mod sound;

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
    "insert",
    "delete",
    "mutate",
    "shuffle",
    "randomize",
    "disrupt",
    "invert",
    "move",
    "swap",
    "between",
    "over gap",
    "reference",
    "until decided max 200",
    "until width < 0.1",
    "max",
    "report",
    "reverse_complement",
    "apply variant",
    "shifting \"left\"",
    "with",
    "arm {",
    "preserving",
    "like",
    "by",
    "show",
    "top 2 of",
    "{a: 1}",
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

/// Every script of the tree, with its folder: those that check, and those that nearly do.
fn corpus() -> Vec<(PathBuf, String)> {
    let folders = ["experiments", "stdlib", "tests"];
    let paths = folders.into_iter().flat_map(scripts_below);
    let texts = paths.map(|path| {
        let folder = path.parent().expect("a folder").to_path_buf();
        let bytes = std::fs::read(&path).expect("a file");
        (folder, String::from_utf8_lossy(&bytes).into_owned())
    });
    texts.collect()
}

/// Those that are checked within moments: what is large on purpose is slow on purpose.
fn small_corpus() -> Vec<(PathBuf, String)> {
    let mut texts = corpus();
    texts.retain(|(_, text)| text.len() < 8000 && !text.contains("0000"));
    texts
}

/// Whole lines of all scripts, so that statements come to stand where they do not belong.
fn lines() -> Vec<String> {
    let lines: BTreeSet<String> = small_corpus()
        .iter()
        .flat_map(|(_, text)| text.lines().map(str::to_string))
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines.into_iter().collect()
}

#[derive(Debug, Clone)]
enum Change {
    Remove(usize, usize),
    Double(usize, usize),
    Insert(usize, String),
    Swap(usize, usize),
    /// A line in front of another.
    Line(usize, String),
}

fn change() -> impl Strategy<Value = Change> {
    let at = || 0..4000usize;
    prop_oneof![
        (at(), 0..30usize).prop_map(|(a, n)| Change::Remove(a, n)),
        (at(), 0..30usize).prop_map(|(a, n)| Change::Double(a, n)),
        (at(), proptest::sample::select(PIECES))
            .prop_map(|(a, p)| Change::Insert(a, format!(" {p} "))),
        (at(), at()).prop_map(|(a, b)| Change::Swap(a, b)),
        (at(), proptest::sample::select(lines())).prop_map(|(a, line)| Change::Line(a, line)),
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
            Change::Line(a, line) => {
                let start = letters[..a % n].iter().rposition(|&c| c == '\n');
                let start = start.map_or(0, |newline| newline + 1);
                letters.splice(start..start, line.chars().chain(['\n']));
            }
        }
    }
    letters.into_iter().collect()
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        sound::parse(&text);
    }

    #[test]
    fn any_row_of_pieces_is_read_or_refused(text in pieces(60)) {
        sound::parse(&text);
    }

    #[test]
    fn any_changed_script_is_read_or_refused(
        (_, text) in proptest::sample::select(corpus()),
        changes in proptest::collection::vec(change(), 1..6),
    ) {
        sound::parse(&changed(&text, &changes));
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn any_row_of_pieces_is_checked(text in pieces(30)) {
        sound::check(&text, Path::new("tests/diagnostics"));
    }

    #[test]
    fn any_changed_script_is_checked(
        (folder, text) in proptest::sample::select(small_corpus()),
        changes in proptest::collection::vec(change(), 1..4),
    ) {
        sound::check(&changed(&text, &changes), &folder);
    }
}

#[test]
fn every_script_of_the_tree_is_read_or_refused() {
    let corpus = corpus();
    assert!(corpus.len() > 300, "{} scripts", corpus.len());
    let places: usize = corpus.iter().map(|(_, text)| sound::parse(text)).sum();
    assert!(places > 10_000, "{places} places in the trees");
}

/// The dictionary of the fuzzer has every word of the grammar.
#[test]
fn the_fuzzer_knows_the_words_of_the_language() {
    let grammar = std::fs::read_to_string("grammar/gia.pest").expect("the grammar");
    let dictionary = std::fs::read_to_string("fuzz/gia.dict").expect("the dictionary");
    let words: BTreeSet<&str> = dictionary.lines().collect();
    let keywords = grammar.lines().filter(|line| line.starts_with("kw_"));
    let mut tried = 0;
    for line in keywords {
        let word = line.split('"').nth(1).expect("a word in quotes");
        let entry = format!("\"{word}\"");
        assert!(
            words.contains(entry.as_str()),
            "fuzz/gia.dict lacks {entry}"
        );
        tried += 1;
    }
    assert!(tried > 40, "{tried} words");
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
                // Sentences, then examples, which other tests run.
                let sentences = doc.lines().filter(|line| !gia::doc::is_example(line));
                let doc = sentences.collect::<Vec<_>>().join("\n");
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
