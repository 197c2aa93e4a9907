//! Records that were left out of a set: told wherever the set is used, on the terminal, in the JSON and on the page.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// Twelve sequences, of which the first four hold N and the next two the motif TATA.
fn fasta() -> String {
    let letters = |i: usize| match i {
        0..4 => "NACGTACGTACG",
        4..6 => "CCCCTATACCCC",
        _ => "ACGTCCGTACGG",
    };
    (0..12)
        .map(|i| format!(">s{i}\n{}\n", letters(i)))
        .collect()
}

struct Found {
    terminal: String,
    study: Value,
    page: String,
}

/// Runs a script beside `x.fa` and `y.fa`.
fn run(script: &str) -> Found {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write("x.fa", &fasta());
    write(
        "y.fa",
        &">a\nCCGTACGTACGT\n>b\nCCGTTCGTTCGT\n>c\nCCACACACACGT\n".repeat(2),
    );
    write("t.gia", script);
    let arguments = ["run", "t.gia", "--json", "s.json", "--report", "p.html"];
    let output = Command::new(env!("CARGO_BIN_EXE_gia"))
        .args(arguments)
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("the built program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let read = |name: &str| std::fs::read_to_string(Path::new(folder.path()).join(name));
    Found {
        terminal: String::from_utf8_lossy(&output.stdout).into_owned(),
        study: serde_json::from_str(&read("s.json").expect("a study")).expect("JSON"),
        page: read("p.html").expect("a page"),
    }
}

fn unknown() -> Value {
    json!({"reason": "unknown_base", "count": 4, "first": ["s0", "s1", "s2"]})
}

#[test]
fn an_experiment_tells_what_its_backgrounds_are_without() {
    let script = |background: &str, sample: &str| {
        format!(
            "model net = additive({{\"AC\": 1.0}})\nlet x = fasta(\"x.fa\", unknown: \"drop\")\n\
             experiment e {{\n background {background}\n {sample}\n embed \"ACAC\" at center\n measure net\n}}\n"
        )
    };
    for (background, sample) in [
        ("x", ""),
        ("shuffled(x, preserving: 1)", "sample 5"),
        ("markov(1, like: x, length: 12bp)", "sample 5"),
        ("position_specific(x)", "sample 5"),
        ("mixture([uniform(length: 12bp), x])", "sample 5"),
    ] {
        let found = run(&script(background, sample));
        let expected = json!([{"path": "x.fa", "kept": 8, "left_out": 4, "reasons": [unknown()]}]);
        assert_eq!(
            found.study["experiments"][0]["left_out"], expected,
            "{background}"
        );
        let words = "8 kept, 4 left out: 4 with an unknown base (s0, s1, s2, ...)";
        assert!(
            found.terminal.contains(words),
            "{background}: {}",
            found.terminal
        );
        assert!(found.page.contains(words), "{background}");
    }
    let found = run(&script("uniform(length: 12bp)", "sample 5"));
    assert_eq!(found.study["experiments"][0]["left_out"], Value::Null);
    assert!(!found.page.contains("left out"));
}

#[test]
fn what_holds_an_excluded_motif_is_told_with_the_rest() {
    let found = run(
        "model net = additive({\"AC\": 1.0})\nlet x = fasta(\"x.fa\", unknown: \"drop\")\n\
         experiment e {\n background without(x, \"TATA\")\n embed \"ACAC\" at center\n measure net\n}\n",
    );
    let left_out = &found.study["experiments"][0]["left_out"][0];
    assert_eq!(left_out["kept"], 6);
    let motif = json!({"reason": "holds_motif", "count": 2, "first": ["s4", "s5"]});
    assert_eq!(left_out["reasons"], json!([unknown(), motif]));
}

#[test]
fn an_evaluation_tells_what_its_sets_are_without() {
    let found = run(
        "model net = additive({\"AC\": 1.0})\nlet x = fasta(\"x.fa\", unknown: \"drop\")\n\
         show evaluate(net, x, fasta(\"y.fa\"))\n",
    );
    let left_out = &found.study["evaluations"][0]["left_out"];
    assert_eq!(left_out[0]["left_out"], 4);
    assert_eq!(left_out.as_array().map(Vec::len), Some(1));
    assert!(
        found.terminal.contains("8 kept, 4 left out"),
        "{}",
        found.terminal
    );
    assert!(found.page.contains("8 kept, 4 left out"));
}
