//! Wrong programs, each with the diagnosis that a user reads: `diagnostics/CODE_what.gia` and its `.txt`.

use std::collections::BTreeSet;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use gia::diag::{Code, Format, Severity};
use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::support::script::{check, scripts, stem};
use crate::support::{command, golden};

/// Codes that checking never gives: they are about running.
const OF_RUNS: &[Code] = &[
    Code::Overwrites,
    Code::NothingToCompare,
    Code::WorkerRestarted,
    Code::WorkerSilent,
    Code::NotCompared,
    Code::WrongHash,
    Code::NonFinite,
    Code::WorkerFailed,
    Code::DeviceMissing,
    Code::ModelFailed,
    Code::Write,
    Code::OutOfMemory,
    Code::Indestructible,
    Code::Interrupted,
    Code::WrongParts,
    Code::MemoryExceeded,
    Code::Tight,
    Code::BadStudy,
];

/// Codes about files that no folder of scripts can hold: `tests/input_files.rs` makes them.
const OF_FILES: &[Code] = &[Code::FileChanged, Code::FileTooLarge];

/// Codes about what networks do: `tests/mixing.rs` and `tests/gradients.rs` make such networks.
const OF_NETWORKS: &[Code] = &[
    Code::OutputNotByRow,
    Code::NotRepeatable,
    Code::NotDifferentiable,
];

/// Codes about the contents of a model file, which [`wrong_models`] makes.
const OF_MODELS: &[Code] = &[
    Code::UnknownOperator,
    Code::BadDeclaration,
    Code::Incomplete,
];

#[test]
fn every_diagnosis_is_as_recorded() {
    for path in scripts("diagnostics") {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name in UTF-8");
        let text = std::fs::read_to_string(&path).expect("a text");
        let checked = check(name, "tests/diagnostics", &text);
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
            &format!("diagnostics/{}.txt", stem(&path)),
            &checked.rendered(Format::Human),
        );
        short_form_tells_the_place(name, &checked);
    }
}

/// Every line of the short form starts where the diagnostic's first label does, counted here by hand.
fn short_form_tells_the_place(name: &str, checked: &crate::support::script::Checked) {
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
        let texts = |e: &gia::check::hir::Experiment| {
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

/// The demo's network with its graph changed, and a declaration beside it or none.
fn wrong_models(change: impl Fn(String) -> String, declaration: Option<&str>) -> String {
    wrong_model("experiments/ctcf_pu1/ctcf_pu1.pt2", change, declaration)
}

fn wrong_model(
    network: &str,
    change: impl Fn(String) -> String,
    declaration: Option<&str>,
) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = std::fs::read(network).expect("the network");
    let mut old = ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut new =
        ZipWriter::new(std::fs::File::create(folder.path().join("net.pt2")).expect("a file"));
    for i in 0..old.len() {
        let mut record = old.by_index(i).expect("a record");
        let mut bytes = Vec::new();
        record.read_to_end(&mut bytes).expect("its bytes");
        if record.name().ends_with("models/model.json") {
            bytes = change(String::from_utf8(bytes).expect("JSON")).into_bytes();
        }
        new.start_file(record.name(), SimpleFileOptions::default())
            .expect("a record");
        new.write_all(&bytes).expect("its bytes");
    }
    new.finish().expect("an archive");
    if let Some(text) = declaration {
        std::fs::write(folder.path().join("net.toml"), text).expect("it can be written");
    }
    let place = folder.path().to_str().expect("UTF-8");
    let checked = check("net.gia", place, "model net = load(\"net.pt2\")\n");
    checked.rendered(Format::Short).replace(place, "FOLDER")
}

/// The network with two inputs and two outputs, one of them along the sequence, with other declarations.
#[test]
fn inputs_and_outputs_that_are_wrong() {
    let own = std::fs::read_to_string("tests/models/profile.toml").expect("its declaration");
    let hashless: Vec<&str> = own.lines().filter(|l| !l.starts_with("sha256")).collect();
    let own = hashless.join("\n");
    let said = |declaration: &str| {
        wrong_model("tests/models/profile.pt2", |graph| graph, Some(declaration))
    };
    assert_eq!(said(&own), "");
    let with = |from: &str, to: &str| {
        assert!(own.contains(from), "{from}");
        said(&own.replacen(from, to, 1))
    };
    let value = "name  = \"control\"\nvalue = 0.25";
    let all = [
        said("length = 48\n"),
        said("length = 48\n[[input]]\n"),
        with(value, "value = 0.25\nvalues = [1.0]"),
        with(value, "values = [1.0, 2.0]"),
        with(value, "value = nan"),
        with(value, "kind = \"constant\""),
        with(value, "kind = \"sequences\""),
        with(value, "kind = \"sequence\"\nvalue = 1.0"),
        with(value, "kind = \"sequence\""),
        with("[[input]]\n", "[[input]]\nvalue = 0.0\n"),
        with("bin      = 1", "bin = 2"),
        with("bin      = 1", "bin = 0"),
        with("bin      = 1", "bin = 1\nstart = 20"),
        with("bin      = 1", "start = 7"),
        with("bin      = 1", "bin = 1\nlayout = \"channels_last\""),
        with("opposite = [\"minus\", \"plus\"]", "opposite = [\"minus\"]"),
        with(
            "opposite = [\"minus\", \"plus\"]",
            "opposite = [\"minus\", \"minus\"]",
        ),
        with("name     = \"counts\"", "name     = \"profile\""),
    ];
    assert!(all.iter().all(|text| text.contains("error")));
    golden::check("diagnostics/inputs_and_outputs.txt", &all.concat());
}

#[test]
fn models_that_are_wrong() {
    let same = |graph: String| graph;
    assert_eq!(wrong_models(same, None), "");
    let said = [
        wrong_models(
            |graph| graph.replace("aten.relu.default", "aten.frobnicate.default"),
            None,
        ),
        wrong_models(same, Some("length = \"long\"\n")),
        wrong_models(same, Some("length = -3\n")),
        wrong_models(same, Some("alphabet = \"ACGT\"\nlength = 99.5\n")),
        wrong_models(same, Some("tasks = \"CTCF\"\n")),
        wrong_models(same, Some("tasks = [1, 2]\n")),
        wrong_models(same, Some("layout = \"channel_first\"\n")),
        wrong_models(same, Some("layout = \"NCL\"\n")),
        wrong_models(same, Some("unknown = \"quater\"\n")),
        wrong_models(same, Some("[output]\nname = \"x\"\n")),
        wrong_models(same, Some("[[output]]\ntask = [\"a\"]\n")),
        wrong_models(same, Some("length =\n")),
        wrong_models(same, Some("lenght = 100\n")),
        wrong_models(same, Some("length = 200\n")),
        wrong_models(same, Some("tasks = [\"CTCF\"]\n")),
        wrong_models(same, Some("alphabet = \"ACGN\"\n")),
        wrong_models(
            |graph| graph.replace("{\"as_int\": 100}", "{\"as_int\": 4}"),
            None,
        ),
        wrong_models(|_| "{".to_string(), None),
    ];
    golden::check("diagnostics/models.txt", &said.concat());
    for code in OF_MODELS {
        assert!(
            said.iter().any(|text| text.contains(code.number())),
            "{code:?}"
        );
    }
}
