//! Wrong programs: that every code has one, and texts that no file holds. `recorded/diagnostics.rs` compares diagnoses.

use std::collections::BTreeSet;
use std::path::Path;

use gia::diag::{Code, Format};

use crate::support::command;
use crate::support::script::{check, scripts, stem};

/// Codes that checking never gives: they are about running.
const OF_RUNS: &[Code] = &[
    Code::OutputConflict,
    Code::NothingToCompare,
    Code::NoValues,
    Code::WorkerRestarted,
    Code::WorkerSilent,
    Code::NotCompared,
    Code::WrongHash,
    Code::NonFinite,
    Code::WorkerFailed,
    Code::NoLibtorch,
    Code::DeviceMissing,
    Code::ModelFailed,
    Code::WriteFailed,
    Code::OutOfMemory,
    Code::Indestructible,
    Code::Interrupted,
    Code::WrongParts,
    Code::PythonNotAllowed,
    Code::MemoryExceeded,
    Code::MemoryNearlyFull,
    Code::BadStudy,
    Code::BadRegistration,
    Code::AlreadyRegistered,
    Code::NotRegistered,
    Code::IncompleteContributions,
];

/// Codes about files that no folder of scripts can hold: `tests/input_files.rs` makes them.
const OF_FILES: &[Code] = &[Code::FileChanged, Code::FileTooLarge];

/// Codes about what networks do: `tests/mixing.rs` and `tests/gradients.rs` make such networks.
const OF_NETWORKS: &[Code] = &[
    Code::OutputNotByRow,
    Code::NotRepeatable,
    Code::NotDifferentiable,
    Code::OnnxGradients,
    Code::OtherPrecision,
];

/// Codes about the contents of a model file, which `recorded/models.rs` makes.
const OF_MODELS: &[Code] = &[
    Code::UnknownOperator,
    Code::BadDeclaration,
    Code::IncompleteDeclaration,
];

#[test]
fn every_code_that_checking_gives_has_a_script() {
    let shown: BTreeSet<String> = scripts("diagnostics")
        .iter()
        .map(|path| stem(path)[..5].to_string())
        .collect();
    for code in Code::ALL {
        let elsewhere = OF_RUNS.contains(code)
            || OF_MODELS.contains(code)
            || OF_FILES.contains(code)
            || OF_NETWORKS.contains(code);
        assert_eq!(
            shown.contains(code.number()),
            !elsewhere,
            "{code:?}: tests/diagnostics/{}_*.gia",
            code.number()
        );
    }
}

/// Texts that would take a recursive reader's stack, and those that would take all memory or all day.
#[test]
fn excess_is_a_diagnosis() {
    let many = 10_000;
    let brackets =
        |open: &str, close: &str| format!("let a = {}1{}\n", open.repeat(many), close.repeat(many));
    let texts = [
        brackets("(", ")"),
        brackets("[", "]"),
        brackets("f(", ")"),
        brackets("[(", ")]"),
        brackets("experiment { arm a { embed ", " } }"),
        format!("let a = {}", "(".repeat(many)),
        format!("let a = {}", "{".repeat(many)),
        format!("let a = {}", ")".repeat(many)),
        format!(
            "fn f(x: {}Number{}) = x\n",
            "List<".repeat(many),
            ">".repeat(many)
        ),
        format!("fn f(x: {}", "List <".repeat(many)),
        format!("let a = {}1\n", "-".repeat(many)),
        format!("let a = {}true\n", "not ".repeat(many)),
        format!("let a = {}1\n", "1 + ".repeat(many)),
        format!("let a = {}1\n", "1 ^ ".repeat(many)),
        format!("let a = {}1\n", "1 < ".repeat(many)),
        format!("let a = {}1\n", "1 to ".repeat(many)),
        format!("let a = f{}\n", "()".repeat(many)),
        format!("let a = f{}\n", "[0]".repeat(many)),
        format!("let a = f{}\n", ".b".repeat(many)),
        format!(
            "fn f(n: Number) = {}f(n){}\nlet a = f(1)\n",
            "1 + (".repeat(40),
            ")".repeat(40)
        ),
        format!(
            "fn f(n: Number) = f(n){}\nlet a = f(1)\n",
            " + 1".repeat(290)
        ),
        "fn f(n: Number = f()) = n\nlet a = f()\n".to_string(),
        "fn f(n: Number = g()) = n\nfn g(n: Number = f()) = n\nlet a = g()\n".to_string(),
        "let a = 1 to 100000000000\n".to_string(),
        "construct c = \"ACGT\" * 1000000 * 1000000\n".to_string(),
    ];
    for text in texts {
        let checked = check("excess.gia", "tests/diagnostics", &text);
        let start: String = text.chars().take(40).collect();
        assert!(
            checked.program.is_none(),
            "`{start}...` is found to be right"
        );
        checked.places_are_sound();
        let short = checked.rendered(Format::Short);
        assert!(
            short.lines().count() <= 20,
            "`{start}...` gives {} lines",
            short.lines().count()
        );
    }
}

/// As deep as is allowed does work, on the small stack of a test's thread too.
#[test]
fn what_is_allowed_is_worked_out() {
    let texts = [
        format!("let a = {}1{}\n", "(".repeat(49), ")".repeat(49)),
        format!("let a = {}1\n", "1 + ".repeat(290)),
        format!("let a = {}1\n", "-".repeat(290)),
        format!("let a = {}true\n", "not ".repeat(290)),
        format!("let a = {}1\n", "1 ^ ".repeat(290)),
        format!("let a = {}1{}\n", "[".repeat(48), "]".repeat(48)),
        format!("motif m = {}\"GATA\"{}\n", "rc(".repeat(48), ")".repeat(48)),
    ];
    for text in texts {
        let checked = check("deep.gia", "tests/diagnostics", &text);
        checked.program();
    }
}

#[test]
fn texts_that_are_hardly_texts() {
    for text in [
        "",
        "\n",
        "\r\n",
        ";",
        ";;\n;",
        "# only a comment",
        "## only a doc",
        "\u{feff}",
        "\u{feff}let a = 3\n",
    ] {
        check("text.gia", "tests/diagnostics", text).program();
    }
    for text in [
        "\"",
        "\\",
        "\"\\",
        "\"\\\"",
        "\0",
        "é",
        "let",
        "let a",
        "let a =",
        "let a = \"",
        "}",
        "{",
        "\u{200b}let a = 3",
    ] {
        let checked = check("text.gia", "tests/diagnostics", text);
        assert!(checked.program.is_none(), "{text:?} is found to be right");
        checked.places_are_sound();
    }
}

#[test]
fn carriage_returns_change_nothing() {
    let path = Path::new("experiments/ctcf_pu1/ctcf_pu1.gia");
    let text = std::fs::read_to_string(path).expect("the demo");
    let windows = text.replace('\n', "\r\n");
    let (one, other) = (
        check("a.gia", "experiments/ctcf_pu1", &text),
        check("a.gia", "experiments/ctcf_pu1", &windows),
    );
    let (one, other) = (one.program(), other.program());
    assert_eq!(one.experiments.len(), other.experiments.len());
    for (a, b) in one.experiments.iter().zip(&other.experiments) {
        assert_eq!(a.doc, b.doc);
        let texts = |e: &gia::design::Experiment| {
            e.claims.iter().map(|c| c.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(texts(a), texts(b));
    }
}

#[test]
fn the_command_refuses_what_is_no_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("latin.gia");
    std::fs::write(&path, b"let a = 3\nlet b = 4 # caf\xe9\n").expect("it can be written");
    let output = command::gia([Path::new("check"), &path]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("E0001") && said.contains("latin.gia:2`: this is not text in UTF-8"),
        "{said}"
    );

    let output = command::gia([Path::new("plan"), folder.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("E0002"));

    let empty = tempfile::tempdir().expect("a folder");
    let output = command::gia([Path::new("check"), empty.path()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("E0002"));
}
