//! What the `.toml`, the call and the graph may say of a model, and what is said where they disagree.

use std::path::PathBuf;

use gia::diag::{Code, Diagnostic};
use gia::model::{Declaration, Layout, LoadArguments, UnknownBase};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::says;
use crate::support::archive::Records;

/// A network in a folder of its own, with a declaration beside it or none.
struct Place {
    _folder: TempDir,
    model: PathBuf,
}

impl Place {
    fn new(records: &Records, toml: Option<&str>) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let model = records.write(folder.path(), "net.pt2");
        if let Some(text) = toml {
            std::fs::write(model.with_extension("toml"), text).expect("written");
        }
        Place {
            _folder: folder,
            model,
        }
    }

    fn load(&self, given: &LoadArguments) -> Result<Declaration, Box<Diagnostic>> {
        Declaration::load(&self.model, given)
    }
}

/// Two outputs for 20 bp, channels first.
fn small() -> Records {
    Records::of("quarter")
}

#[track_caller]
fn refused(records: &Records, toml: &str, given: &LoadArguments, code: Code, parts: &[&str]) {
    let place = Place::new(records, Some(toml));
    match place.load(given) {
        Ok(declaration) => panic!("`{toml}` is accepted: {declaration:?}"),
        Err(diagnostic) => says(&diagnostic, code, parts),
    }
}

#[track_caller]
fn refused_toml(toml: &str, code: Code, parts: &[&str]) {
    refused(&small(), toml, &LoadArguments::default(), code, parts);
}

/// The graph with another shape of its input, free where there is none.
fn input_of(sizes: &[Option<i64>]) -> Records {
    let sizes: Vec<Value> = sizes
        .iter()
        .map(|size| match size {
            Some(n) => json!({ "as_int": n }),
            None => json!({ "as_expr": { "expr_str": "s0", "hint": { "as_int": 7 } } }),
        })
        .collect();
    small().edit_graph(|graph| {
        graph["graph_module"]["graph"]["tensor_values"]["x"]["sizes"] = json!(sizes);
    })
}

/// The graph with zeros beside the sequence for its first layer, so that this fits a shorter one.
fn padded(records: Records, by: i64) -> Records {
    records.edit_graph(|graph| {
        let padding = json!({ "name": "padding", "arg": { "as_ints": [by] }, "kind": 1 });
        let first = &mut graph["graph_module"]["graph"]["nodes"][0];
        let inputs = first["inputs"].as_array_mut().expect("inputs");
        inputs.push(padding);
    })
}

#[test]
fn the_graph_alone_tells_length_layout_and_outputs() {
    let place = Place::new(&small(), None);
    let declaration = place.load(&LoadArguments::default()).expect("enough");
    assert_eq!(declaration.length, 20);
    assert_eq!(declaration.layout, Layout::ChannelsFirst);
    assert_eq!(declaration.alphabet, "ACGT");
    assert_eq!(declaration.unknown, UnknownBase::Zeros);
    assert_eq!(declaration.columns(), 2);
    assert_eq!(declaration.task_name(0), None);
    let keras = Place::new(&Records::of("keras"), None);
    let declaration = keras.load(&LoadArguments::default()).expect("enough");
    assert_eq!(
        (declaration.layout, declaration.length),
        (Layout::ChannelsLast, 20)
    );
}

#[test]
fn a_declaration_names_tasks_units_and_channels() {
    let toml = "tasks = [\"a\", \"b\"]\nunit = \"logit\"\nalphabet = \"TGCA\"\nsha256 = \"ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB\"\nlicence = \"MIT\"\n\
                [notes]\nanything = 1\n";
    let place = Place::new(&small(), Some(toml));
    let declaration = place
        .load(&LoadArguments::default())
        .expect("a declaration");
    assert_eq!(declaration.column("b"), Some(1));
    assert_eq!(declaration.column("c"), None);
    assert_eq!(declaration.unit(1), Some("logit"));
    assert_eq!(declaration.channels(), [3, 2, 1, 0]);
    assert_eq!(
        declaration.sha256.as_deref(),
        Some("abababababababababababababababababababababababababababababababab")
    );
    assert_eq!(declaration.licence.as_deref(), Some("MIT"));
}

#[test]
fn two_outputs_are_declared_each() {
    let toml = "[[output]]\nname = \"sums\"\n[[output]]\nname = \"profile\"\ntasks = [\"all\"]\nunit = \"logit\"\n";
    let place = Place::new(&Records::of("shapes"), Some(toml));
    let declaration = place
        .load(&LoadArguments::default())
        .expect("a declaration");
    let [sums, profile] = declaration.outputs.as_slice() else {
        panic!("{} outputs", declaration.outputs.len());
    };
    assert_eq!(
        (sums.offset, profile.offset),
        (0, sums.size()),
        "one after the other"
    );
    assert_eq!(profile.shape, [1, 2]);
    assert_eq!(declaration.columns(), sums.size() + 2);
    assert_eq!(declaration.unit(sums.size()), Some("logit"));
    // A task that is two numbers is no column.
    assert_eq!(declaration.column("all"), None);
    refused(
        &Records::of("shapes"),
        "[[output]]\nname = \"one\"\n",
        &LoadArguments::default(),
        Code::DeclarationMismatch,
        &["net.toml` declares 1 output, but the graph has 2"],
    );
    refused(
        &Records::of("shapes"),
        "tasks = [\"a\"]",
        &LoadArguments::default(),
        Code::DeclarationMismatch,
        &["has 2 outputs, but `tasks` describes one", "[[output]]"],
    );
}

#[test]
fn dimensions_of_an_output_may_have_names() {
    let axis = |rest: &str| format!("[[output]]\n{rest}");
    let cells = "[[output.axis]]\nname = \"cell\"\nentries = [\"K562\", \"HepG2\"]\n";
    let place = Place::new(&small(), Some(&axis(cells)));
    let declaration = place.load(&LoadArguments::default());
    let declaration = declaration.expect("a declaration");
    assert_eq!(declaration.outputs[0].entries(), 2);
    assert_eq!(declaration.column_name(1), "[\"HepG2\"]");
    for (rest, part) in [
        (
            "[[output.axis]]\nname = \"cell\"\nentries = [\"K562\"]\n",
            "names 1 entry of the axis `cell`, which has 2",
        ),
        (
            "[[output.axis]]\nname = \"cell\"\nentries = [\"a\", \"a\"]\n",
            "names the entry \"a\" of the axis `cell` twice",
        ),
        (
            "tasks = [\"a\", \"b\"]\n[[output.axis]]\nname = \"cell\"\n",
            "beside `tasks` or `opposite`",
        ),
        ("[[output.axis]]\n", "an axis without a `name` of its own"),
        (
            "[[output.axis]]\nname = \"cell\"\n[[output.axis]]\nname = \"assay\"\n",
            "has 2 `[[output.axis]]` tables, but its shape after the batch is [2]",
        ),
    ] {
        refused_toml(&axis(rest), Code::BadDeclaration, &[part]);
    }
    refused_toml(
        &axis("[[output.axis]]\nname = \"cell\"\nentires = []\n"),
        Code::BadDeclaration,
        &["entires"],
    );
}

#[test]
fn a_declaration_that_contradicts_the_graph_is_refused() {
    refused_toml(
        "length = 30",
        Code::DeclarationMismatch,
        &["length 30 bp is declared", "(batch, 4, 20)"],
    );
    refused_toml(
        "layout = \"channels_last\"",
        Code::DeclarationMismatch,
        &["layout channels_last is declared", "(batch, 4, 20)"],
    );
    refused_toml(
        "tasks = [\"a\", \"b\", \"c\"]",
        Code::DeclarationMismatch,
        &["3 tasks are declared, but", "net.pt2` has 2 outputs"],
    );
    let given = LoadArguments {
        tasks: Some(vec!["only".into()]),
        ..LoadArguments::default()
    };
    refused(
        &small(),
        "",
        &given,
        Code::DeclarationMismatch,
        &["1 task is declared", "2 outputs"],
    );
}

#[test]
fn what_the_graph_leaves_open_must_be_declared() {
    let ambiguous = input_of(&[None, Some(4), Some(4)]);
    let none = LoadArguments::default();
    refused(
        &ambiguous,
        "",
        &none,
        Code::IncompleteDeclaration,
        &[
            "(batch, 4, 4), which fits both layouts",
            "layout = \"channels_first\"",
        ],
    );
    for (word, layout) in [
        ("channels_first", Layout::ChannelsFirst),
        ("channels_last", Layout::ChannelsLast),
    ] {
        let toml = format!("layout = \"{word}\"");
        let place = Place::new(&ambiguous, Some(&toml));
        // Told, 4 bp are too few for the first layer.
        says(
            &place.load(&none).expect_err("too short"),
            Code::ShapeConflict,
            &["has a window of 5 positions, but its padded input has 4"],
        );
        let fits = Place::new(&padded(input_of(&[None, Some(4), Some(4)]), 2), Some(&toml));
        let declaration = fits.load(&none).expect("told");
        assert_eq!((declaration.layout, declaration.length), (layout, 4));
    }
    let free = input_of(&[None, Some(4), None]);
    refused(
        &free,
        "",
        &none,
        Code::IncompleteDeclaration,
        &["leaves its input length free", "load(..., length: 1000bp)"],
    );
    let given = LoadArguments {
        length: Some(33),
        ..LoadArguments::default()
    };
    let told = Place::new(&free, None)
        .load(&given)
        .expect("told by the call");
    assert_eq!(told.length, 33);
    for length in ["0", "99999999999"] {
        refused(
            &free,
            &format!("length = {length}"),
            &none,
            Code::BadDeclaration,
            &[&format!("{length} bp, is out of range")],
        );
    }
}

#[test]
fn an_input_of_integers_receives_no_fraction() {
    // The number of PyTorch's int64.
    let whole = || {
        Records::of("profile").edit_graph(|graph| {
            graph["graph_module"]["graph"]["tensor_values"]["control"]["dtype"] = json!(5);
        })
    };
    let declared = |value: &str| format!("[[input]]\n\n[[input]]\nvalue = {value}\n");
    let none = LoadArguments::default();
    refused(
        &whole(),
        &declared("0.5"),
        &none,
        Code::BadDeclaration,
        &[
            "input 2 of `",
            "has the value 0.5, but the graph takes whole numbers there",
        ],
    );
    for (records, value) in [(whole(), "2.0"), (Records::of("profile"), "0.5")] {
        let place = Place::new(&records, Some(&declared(value)));
        place.load(&none).expect("a number of the input's type");
    }
}

#[test]
fn an_input_that_is_no_sequence_is_refused() {
    let none = LoadArguments::default();
    refused(
        &input_of(&[None, Some(5), Some(20)]),
        "",
        &none,
        Code::IncompleteDeclaration,
        &["four channels are needed", "(batch, 5, 20)"],
    );
    refused(
        &input_of(&[None, Some(80)]),
        "",
        &none,
        Code::IncompleteDeclaration,
        &["shape (batch, 80)", "(batch, 4, length)"],
    );
    let shapeless = small().edit_graph(|graph| {
        let values = graph["graph_module"]["graph"]["tensor_values"].as_object_mut();
        values.expect("values").remove("x");
    });
    refused(
        &shapeless,
        "",
        &none,
        Code::BadModelFile,
        &["does not state the shape of its input"],
    );
    let two = small().edit_graph(|graph| {
        let specs = graph["graph_module"]["signature"]["input_specs"].as_array_mut();
        let specs = specs.expect("inputs");
        let input = specs.last().expect("an input").clone();
        specs.push(input);
    });
    refused(
        &two,
        "",
        &none,
        Code::IncompleteDeclaration,
        &["has 2 inputs", "`[[input]]`"],
    );
}

#[test]
fn the_call_and_the_declaration_must_agree() {
    let toml = "length = 20\nlayout = \"channels_first\"\nalphabet = \"ACGT\"\nunknown = \"zeros\"\ntasks = [\"a\", \"b\"]\n\
                unit = \"logit\"\nsha256 = \"00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF\"\n";
    let same = LoadArguments {
        length: Some(20),
        layout: Some(Layout::ChannelsFirst),
        alphabet: Some("ACGT".into()),
        unknown: Some(UnknownBase::Zeros),
        tasks: Some(vec!["a".into(), "b".into()]),
        unit: Some("logit".into()),
        before: None,
        sha256: Some("00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff".into()),
    };
    Place::new(&small(), Some(toml))
        .load(&same)
        .expect("they say the same");
    let none = LoadArguments::default;
    let cases = [
        (
            LoadArguments {
                length: Some(21),
                ..none()
            },
            "`length` is 20 in",
            "and 21 in this call",
        ),
        (
            LoadArguments {
                layout: Some(Layout::ChannelsLast),
                ..none()
            },
            "`layout` is \"channels_first\" in",
            "\"channels_last\" in this call",
        ),
        (
            LoadArguments {
                alphabet: Some("TGCA".into()),
                ..none()
            },
            "`alphabet` is \"ACGT\" in",
            "\"TGCA\" in this call",
        ),
        (
            LoadArguments {
                unknown: Some(UnknownBase::Quarter),
                ..none()
            },
            "`unknown` is \"zeros\" in",
            "\"quarter\" in this call",
        ),
        (
            LoadArguments {
                tasks: Some(vec!["b".into(), "a".into()]),
                ..none()
            },
            "`tasks` is [\"a\",\"b\"] in",
            "[\"b\",\"a\"] in this call",
        ),
        (
            LoadArguments {
                unit: Some("log2".into()),
                ..none()
            },
            "`unit` is \"logit\" in",
            "\"log2\" in this call",
        ),
        (
            LoadArguments {
                sha256: Some("00fe".into()),
                ..none()
            },
            "`sha256` is \"00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff\" in",
            "\"00fe\" in this call",
        ),
    ];
    for (given, there, here) in cases {
        refused(
            &small(),
            toml,
            &given,
            Code::DeclarationMismatch,
            &[there, "net.toml", here, "leave it out of the call"],
        );
    }
}

#[test]
fn a_malformed_declaration_is_told_by_line() {
    refused_toml(
        "lenght = 20",
        Code::BadDeclaration,
        &[
            "net.toml` has an unknown key `lenght`",
            "did you mean `length`?",
        ],
    );
    refused_toml(
        "colour = \"red\"",
        Code::BadDeclaration,
        &["unknown key `colour`", "keys are length, alphabet"],
    );
    refused_toml(
        "\nlength = \"20\"",
        Code::BadDeclaration,
        &["net.toml:2`, `length`: ", "expected a whole number"],
    );
    refused_toml(
        "length = -20",
        Code::BadDeclaration,
        &["net.toml:1`, `length`: "],
    );
    refused_toml(
        "length = 20\nlayout = [",
        Code::BadDeclaration,
        &["net.toml:2`"],
    );
    refused_toml(
        "layout = \"sideways\"",
        Code::BadDeclaration,
        &["net.toml:1`, `layout`: ", "\"sideways\"", "channels_first"],
    );
    refused_toml(
        "unknown = \"none\"",
        Code::BadDeclaration,
        &["\"none\"", "quarter"],
    );
    refused_toml(
        "[[output]]\ntaks = [\"a\"]",
        Code::BadDeclaration,
        &["net.toml:2`, `taks`: ", "`tasks`"],
    );
    refused_toml(
        "tasks = [\"a\", \"a\"]",
        Code::BadDeclaration,
        &["two tasks", "\"a\""],
    );
    for alphabet in ["ACGG", "ACG", "acgt", "ACGTN", "ACTU"] {
        refused_toml(
            &format!("alphabet = \"{alphabet}\""),
            Code::BadDeclaration,
            &[&format!("the alphabet \"{alphabet}\""), "four bases"],
        );
    }
    let place = Place::new(&small(), None);
    std::fs::write(place.model.with_extension("toml"), b"unit = \"\xff\"").expect("written");
    let wrong = place
        .load(&LoadArguments::default())
        .expect_err("not UTF-8");
    says(
        &wrong,
        Code::BadDeclaration,
        &["net.toml:1`: this is not text in UTF-8"],
    );
}
