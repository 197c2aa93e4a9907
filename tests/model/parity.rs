//! Networks under other options. `recorded/networks.rs` compares each with the numbers of its framework.

use std::sync::Arc;

use gia::engine::{DeviceChoice, NoProgress, Options, Precision, Worker, predict};
use gia::model::{LoadArguments, UnknownBase};
use gia::plan::{Model, ModelSource};
use gia::wire::Rows;

use crate::support::archive::network;
use crate::support::command::root;
use crate::support::networks::{declared, difference, expected, networks};

fn on_cpu(batch: Option<usize>) -> Options {
    Options {
        device: DeviceChoice::Cpu,
        batch,
        threads: Some(1),
        ..Options::default()
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn in_bfloat16_every_network_gives_nearly_the_same() {
    let options = Options {
        precision: Precision::BFloat16,
        ..on_cpu(None)
    };
    let mut worker = Worker::start(options).expect("a worker");
    let mut rounded = 0;
    for path in networks() {
        let declaration = declared(&path, &LoadArguments::default());
        let opened = worker.open(&path, &declaration).expect("opened");
        let known = expected(&path);
        let mut rows = Rows::new(declaration.length);
        for (i, sequence) in known.sequences().iter().enumerate() {
            rows.backgrounds.extend_from_slice(sequence);
            rows.push(i, []);
        }
        let columns: Vec<usize> = (0..declaration.columns()).collect();
        let found = worker
            .run(opened, &rows, &columns)
            .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
        // Eight bits of a product are kept: one part in 256, times what the layers add up and take away.
        let worst = difference(&found, &known.outputs.concat());
        assert!(worst < 0.05, "{}: {worst:.1e}", path.display());
        rounded += usize::from(worst > 1e-4);
    }
    assert!(rounded > 50, "only {rounded} networks noticed");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_an_unknown_base_is_changes_the_numbers_and_only_where_it_stands() {
    let path = network("convolutions");
    let sequences = expected(&path).sequences();
    let given = |unknown| LoadArguments {
        unknown: Some(unknown),
        ..LoadArguments::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let bare = folder.path().join("bare.pt2");
    std::fs::copy(&path, &bare).expect("copied");
    let outputs = |unknown| {
        let model = Model {
            name: "net".into(),
            source: ModelSource::File {
                written: "bare.pt2".into(),
                path: bare.clone(),
            },
            declaration: Arc::new(declared(&bare, &given(unknown))),
        };
        predict(&model, &sequences, &on_cpu(None), &NoProgress).expect("numbers")
    };
    let zeros = outputs(UnknownBase::Zeros);
    let quarter = outputs(UnknownBase::Quarter);
    for (i, sequence) in sequences.iter().enumerate() {
        let row = i * zeros.columns..(i + 1) * zeros.columns;
        let same = zeros.values[row.clone()] == quarter.values[row];
        assert_eq!(same, !sequence.contains(&4), "sequence {i}");
    }
}

#[test]
fn what_the_docs_show_is_what_exported_the_networks() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a text");
    let docs = read("docs/models.md");
    let run: Vec<(String, String)> =
        serde_json::from_str::<serde_json::Map<_, _>>(&read("tests/models/snippets.json"))
            .expect("the lines that were run")
            .into_iter()
            .map(|(heading, text)| (heading, text.as_str().expect("lines").to_string()))
            .collect();
    assert_eq!(run.len(), 5);
    for (heading, text) in run {
        let section = docs.split(&format!("\n### {heading}\n")).nth(1);
        let section = section.unwrap_or_else(|| panic!("no section {heading}"));
        let section = section.split("\n#").next().unwrap_or_default();
        assert!(
            section.contains(&text),
            "under {heading} other lines are shown than were run"
        );
    }
}
