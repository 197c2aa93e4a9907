//! What a declaration takes away from a network or puts around it: the function that stands last, flanks of the sequence.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gia::diag::Code;
use gia::engine::{DeviceChoice, NoProgress, Options, gradients, predict};
use gia::model::{Declaration, Graph, LastStep, LoadArguments};
use gia::plan::{Model, ModelSource};
use tempfile::TempDir;

use crate::support::archive::network;

/// A copy of a network of `tests/models`, declared otherwise.
struct Copy {
    _folder: TempDir,
    path: PathBuf,
}

impl Copy {
    fn new(name: &str, toml: &str) -> Copy {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("net.pt2");
        std::fs::copy(network(name), &path).expect("copied");
        std::fs::write(path.with_extension("toml"), toml).expect("written");
        Copy {
            _folder: folder,
            path,
        }
    }

    fn model(&self) -> Model {
        model(&self.path, &LoadArguments::default())
    }

    fn refused(&self) -> String {
        let diagnostic =
            Declaration::load(&self.path, &LoadArguments::default()).expect_err("wrong");
        let message = format!(
            "{} ({})",
            diagnostic.message,
            diagnostic.help.unwrap_or_default()
        );
        message.replace(&self.path.with_extension("").display().to_string(), "net")
    }
}

fn model(path: &Path, given: &LoadArguments) -> Model {
    let declaration = Declaration::load(path, given).unwrap_or_else(|d| panic!("{d:?}"));
    Model {
        name: "net".into(),
        source: ModelSource::File {
            written: path.display().to_string(),
            path: path.to_path_buf(),
        },
        declaration: Arc::new(declaration),
    }
}

fn on_cpu() -> Options {
    Options {
        device: DeviceChoice::Cpu,
        threads: Some(1),
        ..Options::default()
    }
}

/// Sequences of this length, with no order to them.
fn sequences(length: usize) -> Vec<Vec<u8>> {
    let mut state = 12_345u64;
    let mut base = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 62) as u8
    };
    (0..4)
        .map(|_| (0..length).map(|_| base()).collect())
        .collect()
}

fn answers(model: &Model, sequences: &[Vec<u8>]) -> Vec<Vec<f64>> {
    let found =
        predict(model, sequences, &on_cpu(), &NoProgress).unwrap_or_else(|d| panic!("{d:?}"));
    let rows = found.values.chunks(found.columns);
    rows.map(|row| row.iter().map(|n| f64::from(*n)).collect())
        .collect()
}

/// What the function makes of the numbers of one sequence.
fn apply(step: LastStep, row: &[f64]) -> Vec<f64> {
    let total: f64 = row.iter().map(|x| x.exp()).sum();
    let of = |x: &f64| match step {
        LastStep::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        LastStep::Softmax => x.exp() / total,
        LastStep::LogSoftmax => x - total.ln(),
        LastStep::Softplus => x.exp().ln_1p(),
        LastStep::Exp => x.exp(),
        LastStep::Tanh => x.tanh(),
        LastStep::Relu => x.max(0.0),
    };
    row.iter().map(of).collect()
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn the_function_that_stands_last_makes_the_whole_of_what_stands_before() {
    let mut seen = Vec::new();
    let onnx = |name: &str| network("deepsea").with_file_name(format!("onnx/{name}.onnx"));
    for path in [
        "deepsea",
        "enformer",
        "puffin",
        "spliceai",
        "squeeze_excite",
    ]
    .iter()
    .flat_map(|name| [network(name), onnx(name)])
    {
        let graph = Graph::read(&path).expect("a graph");
        let Some(step) = graph.last_step(0) else {
            continue;
        };
        seen.push(step);
        let whole = model(&path, &LoadArguments::default());
        let given = LoadArguments {
            before: Some(step),
            ..LoadArguments::default()
        };
        // A softmax over one of several dimensions is no function of the whole row.
        if whole.declaration.outputs[0].shape.len() > 1 && step == LastStep::Softmax {
            continue;
        }
        let before = model(&path, &given);
        let sequences = sequences(whole.declaration.length);
        for (row, wanted) in answers(&before, &sequences)
            .iter()
            .zip(answers(&whole, &sequences))
        {
            for (found, wanted) in apply(step, row).iter().zip(wanted) {
                assert!(
                    (found - wanted).abs() < 1e-6,
                    "{}: {found} {wanted}",
                    path.display()
                );
            }
        }
        let other = LastStep::ALL.into_iter().find(|other| *other != step);
        let wrong = LoadArguments {
            before: other,
            ..LoadArguments::default()
        };
        let refused = Declaration::load(&path, &wrong).expect_err("another function");
        assert_eq!(refused.code, Code::DeclarationMismatch);
        assert_eq!(
            refused.help,
            Some(format!("its last step is `{}`", step.word()))
        );
    }
    assert!(
        seen.contains(&LastStep::Sigmoid) && seen.contains(&LastStep::Softplus),
        "{seen:?}"
    );
}

#[test]
fn the_scale_before_a_sigmoid_is_the_logit_unless_another_is_said() {
    let unit = |toml: &str, given: LoadArguments| {
        let copy = Copy::new("deepsea", toml);
        let model = model(&copy.path, &given);
        model.declaration.unit(0).map(String::from)
    };
    let before = || LoadArguments {
        before: Some(LastStep::Sigmoid),
        ..LoadArguments::default()
    };
    assert_eq!(
        unit("before = \"sigmoid\"", LoadArguments::default()).as_deref(),
        Some("logit")
    );
    assert_eq!(
        unit("unit = \"probability\"", before()).as_deref(),
        Some("logit")
    );
    assert_eq!(
        unit("unit = \"probability\"", LoadArguments::default()).as_deref(),
        Some("probability")
    );
    let said = LoadArguments {
        unit: Some("nats".into()),
        ..before()
    };
    assert_eq!(unit("", said).as_deref(), Some("nats"));
}

#[test]
fn a_network_made_by_something_else_is_told_so() {
    let copy = Copy::new("norms", "before = \"sigmoid\"");
    assert_eq!(
        copy.refused(),
        "the output of `net.pt2` cannot be taken before its `sigmoid`: it is made by `batch norm` \
         (leave `before` out: the output does not end with any of the supported functions)"
    );
    let copy = Copy::new("norms", "before = \"sigmoidal\"");
    assert!(
        copy.refused().contains("did you mean \"sigmoid\"?"),
        "{}",
        copy.refused()
    );
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn between_flanks_a_construct_is_what_the_whole_sequence_is() {
    let copy = Copy::new("convolutions", "[flanks]\nleft = \"ACGTTn\"\nright = 3\n");
    let flanked = copy.model();
    assert_eq!(flanked.declaration.length, 27 - 9);
    let bare = Copy::new("convolutions", "");
    let whole = bare.model();
    let constructs = sequences(18);
    let between = |construct: &Vec<u8>| [&[0, 1, 2, 3, 3, 4], &construct[..], &[4, 4, 4]].concat();
    let long: Vec<Vec<u8>> = constructs.iter().map(between).collect();
    assert_eq!(answers(&flanked, &constructs), answers(&whole, &long));
    let slopes = |model: &Model, sequences: &[Vec<u8>]| {
        let found = gradients(model, sequences, &[1], &on_cpu(), &NoProgress);
        found.unwrap_or_else(|d| panic!("{d:?}")).gradients
    };
    let own = slopes(&flanked, &constructs);
    let all = slopes(&whole, &long);
    let cropped = all.chunks(27).flat_map(|row| row[6..24].to_vec());
    assert_eq!(own, cropped.collect::<Vec<f32>>());
}

#[test]
fn places_of_a_profile_count_from_the_construct() {
    let output =
        "[[input]]\n[[input]]\nvalue = 0.25\n[[output]]\nname = \"profile\"\nbin = 1\n[[output]]\n";
    let start = |toml: &str| {
        let copy = Copy::new("profile", &format!("{toml}{output}"));
        let declaration = copy.model().declaration;
        let track = declaration.outputs[0].track.expect("along the sequence");
        (track.start, track.end(), track.bins_in(0, 3).start)
    };
    let (from, to, first) = start("");
    let (flanked, end, first_flanked) = start("[flanks]\nleft = \"ACGTACGTAC\"\n");
    assert_eq!((flanked, end), (from - 10, to - 10));
    assert_eq!(first_flanked, first + (-flanked).max(0) as usize);
}

#[test]
fn flanks_that_cannot_be_are_told() {
    let refused =
        |flanks: &str| Copy::new("convolutions", &format!("[flanks]\n{flanks}\n")).refused();
    assert_eq!(
        refused("left = \"ACXT\""),
        "`[flanks]` of `net.toml`: `left` holds `X`, which is not a base ()"
    );
    assert_eq!(
        refused("right = 28"),
        "`[flanks]` of `net.toml`: `right` has 28 bp, but the input has only 27 ()"
    );
    assert_eq!(
        refused("left = 20\nright = \"ACGTACG\""),
        "`[flanks]` of `net.toml`: the flanks have 27 bp together, which leaves no base of an input of 27 bp ()"
    );
    assert!(
        refused("letf = 20").contains("did you mean `left`?"),
        "{}",
        refused("letf = 20")
    );
    assert!(
        refused("left = -3").contains("net.toml"),
        "{}",
        refused("left = -3")
    );
    assert!(
        refused("left = [1]").contains("net.toml"),
        "{}",
        refused("left = [1]")
    );
}
