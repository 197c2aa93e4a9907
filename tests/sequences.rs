//! The scored sequences as files: one for each arm at each grid point, and none in another's place.

use std::path::Path;
use std::sync::Arc;

use gia::design as hir;
use gia::design::{Axis, AxisValue, Settings};
use gia::diag::Code;
use gia::domain::{Alphabet, BaseSet, Draw, Edit, Null, Population};
use gia::engine::{NoProgress, Progress, write_sequences};
use gia::plan::{Experiment, Plan, PlannedPopulation, Point};
use gia::source::{SourceId, Span};

use crate::support::written::{letters, names};

const LENGTH: usize = 30;
const COUNT: usize = 3;
const SEED: u64 = 11;

fn write(letters: &str, start: usize) -> Edit {
    let set = |letter| BaseSet::from_iupac(letter, Alphabet::Dna).expect("an IUPAC letter");
    Edit::Write {
        start,
        letters: letters.chars().map(set).collect(),
        draw: Draw(start as u64),
    }
}

/// One axis of these names, two arms; the treated arm of point `i` is variant `i + 1`.
fn plan(values: &[&str]) -> Plan {
    let population = Population::Null(Null::uniform(Alphabet::Dna, LENGTH).expect("a null model"));
    let variants = std::iter::once(Vec::new())
        .chain((0..values.len()).map(|i| vec![write("TTRTT", i), write("GG", 20)]))
        .map(Into::into)
        .collect();
    let point = |i: usize| Point {
        at: [i].into(),
        population: 0,
        count: COUNT,
        arms: [0, i + 1].into(),
        outcomes: [].into(),
        tracks: [].into(),
        members: [].into(),
    };
    let design = hir::Experiment {
        span: Span::new(SourceId(0), 0, 0),
        name: "grammar of/sites".into(),
        doc: None,
        axes: vec![Axis {
            name: "site".into(),
            values: values
                .iter()
                .map(|v| AxisValue::Name((*v).into()))
                .collect(),
        }],
        arms: vec!["control".into(), "treated".into()],
        outcomes: Vec::new(),
        points: Vec::new(),
        contrasts: Vec::new(),
        claims: Vec::new(),
        stopping: None,
        reference: None,
        tracks: Vec::new(),
        factorial: false,
        motifs: Vec::new(),
        embedded: Vec::new(),
        layouts: Vec::new(),
        out_of_reach: Vec::new(),
        level: 0.95,
        fdr: 0.05,
        interval: hir::IntervalMethod::Hull,
        correction: gia::design::Correction::BenjaminiHochberg,
        summaries: Vec::new(),
        curves: Vec::new(),
        drivers: None,
        null_effects: Vec::new(),
        each: None,
    };
    let experiment = Experiment {
        design: Arc::new(design),
        points: (0..values.len()).map(point).collect(),
        reference: None,
        intakes: Vec::new(),
        driver_queries: Vec::new(),
        null_effects: Vec::new(),
    };
    Plan {
        folds: Vec::new(),
        tested_claim_count: 0,
        claims: Vec::new(),
        settings: Settings {
            seed: SEED,
            ..Settings::default()
        },
        models: Vec::new(),
        readings: Vec::new(),
        selections: Vec::new(),
        populations: vec![PlannedPopulation {
            population: Arc::new(population),
            variants,
        }],
        jobs: Vec::new(),
        shows: Vec::new(),
        evaluations: Vec::new(),
        experiments: vec![experiment],
    }
}

#[test]
fn each_arm_of_each_point_has_its_own_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let values = [
        "GATA1::TAL1",
        "GATA1/:TAL1",
        "gata1__tal1",
        "../..",
        &"x".repeat(400),
    ];
    let plan = plan(&values);
    write_sequences(&plan, folder.path(), &NoProgress).expect("the files are written");

    assert_eq!(names(folder.path()), ["grammar_of_sites"]);
    let experiment = folder.path().join("grammar_of_sites");
    let points = names(&experiment);
    assert_eq!(points.len(), values.len(), "{points:?}");
    let planned = &plan.populations[0];
    let identity = planned.population.identity();
    let sequence = |variant: usize, index: usize| {
        let mut bases = vec![0; LENGTH];
        planned.population.background(SEED, index, &mut bases);
        for edit in planned.variants[variant].iter() {
            edit.apply(SEED, &identity, index as u64, &mut bases)
                .unwrap();
        }
        Alphabet::Dna.decode_all(&bases)
    };
    let arm =
        |variant| -> Vec<String> { (0..COUNT).map(|index| sequence(variant, index)).collect() };
    let mut treated = Vec::new();
    for point in &points {
        let place = experiment.join(point);
        assert_eq!(names(&place), ["control.fa", "treated.fa"]);
        assert_eq!(letters(&place.join("control.fa")), arm(0), "{point}");
        treated.push(letters(&place.join("treated.fa")));
    }
    let mut wanted: Vec<_> = (1..=values.len()).map(arm).collect();
    wanted.sort();
    treated.sort();
    assert_eq!(treated, wanted);
    assert!(
        points.contains(&"site=GATA1__TAL1".to_string()),
        "{points:?}"
    );
}

#[cfg(unix)]
#[test]
fn files_are_as_readable_as_any_other() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    write_sequences(&plan(&["a"]), folder.path(), &NoProgress).expect("the files are written");
    let plain = folder.path().join("plain");
    std::fs::write(&plain, "").expect("a file");
    let mode = |path: &Path| {
        std::fs::metadata(path)
            .expect("it is there")
            .permissions()
            .mode()
    };
    let written = folder.path().join("grammar_of_sites/site=a/control.fa");
    assert_eq!(mode(&written), mode(&plain));
}

#[test]
fn a_file_in_the_way_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("grammar_of_sites"), "").expect("a file");
    let error = write_sequences(&plan(&["a"]), folder.path(), &NoProgress)
        .expect_err("a file is in the way");
    assert_eq!(error.code, Code::WriteFailed);
    assert!(
        error.message.contains("grammar_of_sites"),
        "{}",
        error.message
    );
}

/// Wants the rest no more from the second time that it is asked.
#[derive(Default)]
struct StoppedSoon(std::cell::Cell<u32>);

impl Progress for StoppedSoon {
    fn set_total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn begin_phase(&self, _: &str) {}
    fn is_stopped(&self) -> bool {
        self.0.set(self.0.get() + 1);
        self.0.get() > 1
    }
}

#[test]
fn writing_ends_when_it_is_told_to_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let stopped = write_sequences(&plan(&["a"]), folder.path(), &StoppedSoon::default())
        .expect_err("nobody wants the rest");
    assert_eq!(stopped.code, Code::Interrupted);
    let parts = crate::support::written::names(folder.path());
    assert!(
        parts.iter().all(|name| !name.contains(".gia-")),
        "{parts:?}"
    );
}
