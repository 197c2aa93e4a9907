//! What `gia doc` tells: of every function, of the words of the language, and the reference pages as the book has them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gia::doc::{self, Origin};

use crate::support::command::{gia, root};

#[test]
fn every_function_is_explained_and_shown() {
    let functions = doc::functions();
    assert!(functions.len() > 60, "{} functions", functions.len());
    for entry in &functions {
        assert!(entry.text.ends_with('.'), "{}: {}", entry.name, entry.text);
        assert!(!entry.examples.is_empty(), "{} has no example", entry.name);
        for example in &entry.examples {
            let used = example.contains(&format!("{}(", entry.name));
            assert!(used, "{}: {example}", entry.name);
        }
        let found = doc::find_entry(&entry.name).expect("an entry");
        assert_eq!(found.origin, entry.origin, "{}", entry.name);
    }
    let declared = |name: &str| functions.iter().any(|entry| entry.name == name);
    let natives: Vec<_> = gia::check::native_names().collect();
    assert!(natives.iter().all(|name| declared(name)), "{natives:?}");
}

#[test]
fn statements_settings_and_types_are_explained() {
    let statements = "background sample arm factorial vary let measure contrast expect report";
    let others = "seed level fdr correction Length Position Motif Query beyond each first";
    for word in [statements, others].join(" ").split(' ') {
        let entry = doc::find_entry(word).unwrap_or_else(|| panic!("`{word}` has no entry"));
        assert_eq!(entry.origin, Origin::Language, "{word}");
        assert!(entry.forms.iter().all(|form| form.contains(word)));
        let plain = !entry.text.contains("](") && !entry.text.trim().is_empty();
        assert!(plain, "{word}: {}", entry.text);
    }
    let vary = doc::find_entry("vary").expect("an entry");
    assert!(vary.examples.iter().all(|line| line.starts_with("vary ")) && vary.examples.len() == 3);
    // An edit is shown as a call and as a phrase.
    let embed = doc::find_entry("embed").expect("an entry");
    assert_eq!(embed.origin, Origin::Prelude);
    assert!(embed.forms.iter().any(|form| form.starts_with("fn embed(")));
    assert!(embed.forms.iter().any(|form| form == "embed C at P"));
    assert!(embed.examples.iter().any(|line| line.starts_with("embed ")));
    for claim in ["periodic", "increasing", "decreasing", "peak"] {
        let entry = doc::find_entry(claim).unwrap_or_else(|| panic!("`{claim}` has no entry"));
        assert!(entry.text.contains(&format!("`{claim}(")), "{}", entry.text);
    }
    let control = doc::find_entry("control").expect("an entry");
    assert!(!control.text.contains("none"), "{}", control.text);
    assert_eq!(doc::find_entry("no_such_word"), None);
    assert_eq!(doc::find_entry(""), None);
}

/// A pipe has 80 columns, as for every other text, and `COLUMNS` says otherwise.
#[test]
fn texts_are_as_wide_as_standard_output() {
    let widest = |output: std::process::Output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.lines().count() > 3, "{text}");
        // Code is shown as it is.
        let prose = text.lines().filter(|line| !line.starts_with("    "));
        prose.map(|line| line.chars().count()).max().unwrap_or(0)
    };
    for words in [
        ["explain", "W0313"],
        ["explain", "E0301"],
        ["doc", "embed"],
        ["doc", "periodic"],
    ] {
        assert!(widest(gia(words)) <= 80, "{words:?}");
        let narrow = crate::support::command::gia_with(words, &[("COLUMNS", "50")]);
        assert!(widest(narrow) <= 50, "{words:?}");
    }
}

/// `recorded/library.rs` compares the pages.
#[test]
fn every_reference_page_is_made() {
    let made: BTreeSet<String> = doc::pages().into_iter().map(|page| page.file).collect();
    let kept = std::fs::read_dir(root().join("docs/library")).expect("the pages");
    for entry in kept {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy().into_owned();
        assert!(made.contains(&name), "nothing makes docs/library/{name}");
    }
}

#[test]
fn the_pages_hold_every_function_and_every_code() {
    let pages = doc::pages();
    let holds = |text: &str| pages.iter().filter(|page| page.text.contains(text)).count();
    for entry in doc::functions() {
        assert_eq!(
            holds(&format!("\n## `{}`\n", entry.name)),
            1,
            "{}",
            entry.name
        );
    }
    for code in gia::diag::Code::ALL {
        assert_eq!(holds(&format!("\n### {}\n", code.number())), 1, "{code:?}");
    }
}

#[test]
fn one_entry_is_printed() {
    let output = gia(["doc", "rc"]);
    assert!(output.status.success());
    let expected = "fn rc(of: Construct) -> Construct\n\n\
                    The reverse complement of a motif or of a whole construct: parts in reverse order, each on the other strand.\n\n\
                    example\n    construct example = rc([CTCF, 10bp, PU1])\n\n\
                    a function that every script sees\n";
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(words(&said), words(expected));
    assert!(
        said.lines().all(|line| line.chars().count() <= 100),
        "{said}"
    );
}

#[test]
fn a_name_that_is_not_there_is_an_error_that_guesses() {
    for (wrong, guess) in [
        ("shufled", "`shuffled`?"),
        ("expct", "`expect`?"),
        ("zzzzzzzz", "`gia doc` lists"),
    ] {
        let output = gia(["doc", wrong]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(guess), "{said}");
    }
}

#[test]
fn all_functions_are_listed() {
    let output = gia(["doc"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.lines().count(), doc::functions().len());
    assert!(said.contains("Effect of one motif at one place."), "{said}");
}

#[test]
fn pages_are_written_into_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("pages");
    let output = gia([PathBuf::from("doc"), "--into".into(), place.clone()]);
    assert!(output.status.success());
    for page in doc::pages() {
        let written = std::fs::read_to_string(place.join(&page.file)).expect("a page");
        assert_eq!(written, page.text);
    }
    let file = folder.path().join("file");
    std::fs::write(&file, "kept").expect("written");
    let output = gia([PathBuf::from("doc"), "--into".into(), file.clone()]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), "kept");
}

#[test]
fn words_of_phrases_lead_to_the_verbs_that_take_them() {
    for (word, verbs) in [
        ("with", &["`mutate`"][..]),
        ("at", &["`embed`", "`insert`", "`move`"]),
        ("by", &["`disrupt`"]),
        ("shifting", &["`insert`", "`delete`"]),
        ("preserving", &["`shuffle`", "`disrupt`"]),
    ] {
        let output = gia(["doc", word]);
        assert!(output.status.success(), "{word}");
        let said = String::from_utf8_lossy(&output.stdout);
        for verb in verbs {
            assert!(said.contains(verb), "{word}: {said}");
        }
    }
}
