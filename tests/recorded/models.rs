//! Models that are wrong, and their diagnoses: `tests/diagnostics/models.txt`, `inputs_and_outputs.txt` and `encodings.txt`.

use std::io::{Cursor, Read, Write};

use gia::diag::{Code, Format};
use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::support::script::check;
use crate::{Group, golden, trial};

/// Codes about the contents of a model file.
const CODES: &[Code] = &[
    Code::UnknownOperator,
    Code::BadDeclaration,
    Code::IncompleteDeclaration,
];

pub fn group() -> Group {
    Group {
        name: "wrong models",
        min_trials: 3,
        trials: vec![
            trial("diagnostics/models".into(), models_that_are_wrong),
            trial(
                "diagnostics/inputs_and_outputs".into(),
                inputs_and_outputs_that_are_wrong,
            ),
            trial("diagnostics/encodings".into(), encodings_that_are_wrong),
        ],
    }
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
    for file in ["kmers.txt", "words.txt", "track.txt"] {
        std::fs::copy(format!("tests/models/{file}"), folder.path().join(file)).expect("a file");
    }
    if let Some(text) = declaration {
        std::fs::write(folder.path().join("net.toml"), text).expect("it can be written");
    }
    let place = folder.path().to_str().expect("UTF-8");
    let checked = check("net.gia", place, "model net = load(\"net.pt2\")\n");
    checked.rendered(Format::Short).replace(place, "FOLDER")
}

/// The network with two inputs and two outputs, one of them along the sequence, with other declarations.
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
    golden::check("tests/diagnostics/inputs_and_outputs.txt", &all.concat());
}

/// Inputs with further channels, of tokens and of parts of the sequence, with declarations that do not fit.
fn encodings_that_are_wrong() {
    let said = |network: &str, declaration: &str| {
        let path = format!("tests/models/{network}.pt2");
        wrong_model(&path, |graph| graph, Some(declaration))
    };
    let input = |network: &str, keys: &str| {
        said(
            network,
            &format!("length = 22\n\n[[input]]\n{keys}\n\n[[input]]\nvalue = 1\n"),
        )
    };
    let kmers = |keys: &str| input("kmers", &format!("vocabulary = \"kmers.txt\"\n{keys}"));
    let around = "start_tokens = [\"[CLS]\"]\nend_tokens = [\"[SEP]\"]";
    assert_eq!(kmers(&format!("k = 3\n{around}")), "");
    let tokens = |keys: &str| said("base_tokens", &format!("\n[[input]]\n{keys}\n"));
    let all_tokens = "tokens = { A = 7, C = 8, G = 9, T = 10, N = 11 }";
    assert_eq!(
        tokens(&format!(
            "{all_tokens}\nstart_tokens = [0]\nend_tokens = [1]"
        )),
        ""
    );
    let five = |keys: &str| said("five_channels", &format!("{keys}\n"));
    assert_eq!(
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", \"N\"]"),
        ""
    );
    let parts = |near: &str| {
        let other = "kind = \"reverse_complement\"\nstart = 3";
        said(
            "parts",
            &format!("[[input]]\n{near}\n\n[[input]]\n\n[[input]]\n{other}\n"),
        )
    };
    assert_eq!(parts("start = 12"), "");
    for names in [["profile", "counts"], ["shape", "counts"]] {
        let tables = names.map(|name| format!("[[output]]\nname = \"{name}\"\n"));
        assert_eq!(said("keyed", &tables.concat()), "");
    }
    let all = [
        said(
            "keyed",
            "[[output]]\nname = \"counts\"\n\n[[output]]\nname = \"profile\"\n",
        ),
        said("keyed", "[[output]]\nname = \"profile\"\n"),
        said("flattened", ""),
        said("flattened", &format!("[[input]]\n{all_tokens}\n")),
        five(""),
        five("length = 31"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", \"N\"]\nstart = 3"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\"]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"N\", 0.0]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", \"A\"]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", \"X\"]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", inf]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", [1.0, 2.0]]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", { file = \"track.txt\" }]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", { file = \"kmers.txt\" }]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", { file = \"nowhere.txt\" }]"),
        five("unknown = \"quarter\"\n[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", \"N\"]"),
        five("[[input]]\nchannels = [\"A\", \"C\", \"G\", \"T\", \"N\"]\ntokens = { A = 1 }"),
        five("[[input]]\nchanels = [\"A\"]"),
        said("base_tokens", ""),
        tokens(all_tokens.replace("T = 10, ", "").as_str()),
        tokens(all_tokens.replace("T = 10", "U = 10").as_str()),
        tokens(all_tokens.replace("T = 10", "T = 8").as_str()),
        tokens(all_tokens.replace("T = 10", "T = -1").as_str()),
        tokens(all_tokens.replace("N = 11", "N = 12").as_str()),
        tokens(&format!("{all_tokens}\nstart_tokens = [99]")),
        tokens(&format!("length = 10\n{all_tokens}")),
        said(
            "base_tokens",
            &format!("length = 20\n\n[[input]]\n{all_tokens}\n"),
        ),
        tokens(&format!("{all_tokens}\nstart_tokens = [\"[CLS]\"]")),
        tokens("start_tokens = [0]"),
        tokens("k = 3"),
        tokens("kind = \"sequence\""),
        tokens("value = 1.0\nstart = 3"),
        kmers(around),
        kmers("k = 3"),
        kmers(&format!("k = 4\n{around}")),
        kmers(&format!("k = 11\n{around}")),
        kmers(&format!("k = 3\nstep = 0\n{around}")),
        kmers(&format!("k = 3\nunknown_token = \"[N]\"\n{around}")),
        input("kmers", "vocabulary = \"nowhere.txt\"\nk = 3"),
        input("kmers", "vocabulary = \"net.toml\"\nk = 3"),
        said(
            "words",
            "\n[[input]]\nvocabulary = \"words.txt\"\nk = 4\nstep = 4\n",
        ),
        parts(""),
        parts("start = 26"),
        parts("length = 15"),
        parts("start = 12\nlength = 14"),
        said("free_length", ""),
        said("free_length", "length = 20"),
        said("free_length", "length = 5000"),
        said("stepped_length", "length = 60"),
        said("free_tokens", ""),
    ];
    let accepted = all.iter().position(|text| !text.contains("error"));
    assert_eq!(accepted, None);
    golden::check("tests/diagnostics/encodings.txt", &all.concat());
}

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
    golden::check("tests/diagnostics/models.txt", &said.concat());
    for code in CODES {
        assert!(
            said.iter().any(|text| text.contains(code.number())),
            "{code:?}"
        );
    }
}
