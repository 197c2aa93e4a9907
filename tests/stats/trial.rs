//! Plans with made-up outcomes, as a lowered script would leave them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use gia_base::source::{SourceId, Span};
use gia_design as hir;
use gia_design::{
    Arithmetic, Axis, AxisValue, Claim, Contrast, Formula, Function, OutcomeInfo, Relation,
    Settings,
};
use gia_domain::{Alphabet, Null, Population, Strand};
use gia_engine::{JobOutcomes, Outcomes};
use gia_model::{Declaration, Flanks, Input, Layout, Output, UnknownBase};
use gia_plan::{
    Experiment, Feature, Job, Model, ModelSource, Plan, PlannedPopulation, Point, Reading, Task,
};

pub fn leaf<L>(leaf: L) -> Box<Formula<L>> {
    Box::new(Formula::Leaf(leaf))
}

pub fn minus<L>(a: L, b: L) -> Formula<L> {
    Formula::Binary(Arithmetic::Subtract, leaf(a), leaf(b))
}

pub fn read(column: usize) -> Formula<usize> {
    Formula::Leaf(column)
}

pub fn log(formula: Formula<usize>) -> Formula<usize> {
    Formula::Call(Function::Log, Box::new(formula))
}

pub fn span() -> Span {
    Span::new(SourceId(0), 3, 7)
}

/// An experiment over one axis `gap`, with arms `control`, `treated` and more, each a variant of its own at each point.
pub struct Trial {
    pub gaps: Vec<i64>,
    pub arms: Vec<&'static str>,
    pub outcomes: Vec<(&'static str, Formula<usize>)>,
    pub contrasts: Vec<(&'static str, Formula<usize>)>,
    /// Tracks by name, with the formulas of their places.
    pub tracks: Vec<(&'static str, Vec<Formula<usize>>)>,
    pub claims: Vec<Claim>,
    pub stopping: Option<gia_design::Stopping>,
    pub curves: Vec<gia_design::CurveSummary>,
    pub columns: Vec<usize>,
    pub level: f64,
    /// By point, then arm: row-major (background, column).
    pub values: Vec<Vec<Vec<f32>>>,
}

impl Trial {
    /// One outcome, one contrast `effect = treated - control`; `values` by point, then arm, then background.
    pub fn simple(values: Vec<Vec<Vec<f32>>>) -> Trial {
        Trial {
            gaps: (0..values.len() as i64).map(|i| 2 * i).collect(),
            arms: vec!["control", "treated"],
            outcomes: vec![("dnase", read(0))],
            contrasts: vec![("effect", minus(1, 0))],
            tracks: Vec::new(),
            claims: Vec::new(),
            stopping: None,
            curves: Vec::new(),
            columns: vec![0],
            level: 0.95,
            values,
        }
    }

    pub fn claim(mut self, relation: Relation, threshold: f64) -> Trial {
        let points: Vec<usize> = (0..self.gaps.len()).collect();
        self.claims.push(Claim {
            text: format!("effect {relation:?} {threshold}"),
            span: span(),
            contrast: 0,
            outcome: 0,
            relation,
            magnitude: false,
            kind: gia_design::ClaimKind::Level,
            thresholds: vec![threshold; points.len()],
            points,
            level: 0.95,
        });
        self
    }

    pub fn build(self) -> (Plan, Outcomes) {
        let outcomes: Vec<Arc<Formula<usize>>> = self
            .outcomes
            .iter()
            .map(|(_, f)| Arc::new(f.clone()))
            .collect();
        let track = |(_, formulas): &(&str, Vec<Formula<usize>>)| {
            Arc::new(gia_plan::MeasuredTrack {
                members: Vec::new(),
                formulas: formulas.clone(),
                first: 100,
                step: 1,
                in_bp: true,
            })
        };
        let tracks: Arc<[_]> = self.tracks.iter().map(track).collect();
        let arms = self.arms.len();
        let count = |point: usize| self.values[point][0].len() / self.columns.len();
        let points = (0..self.gaps.len()).map(|i| Point {
            at: [i].into(),
            population: 0,
            count: count(i),
            arms: (0..arms).map(|arm| i * arms + arm).collect(),
            outcomes: outcomes.clone().into(),
            tracks: tracks.clone(),
            members: [].into(),
        });
        let design = hir::Experiment {
            span: span(),
            name: "spacing".into(),
            doc: None,
            axes: vec![Axis {
                name: "gap".into(),
                values: self.gaps.iter().map(|bp| AxisValue::Length(*bp)).collect(),
            }],
            arms: self.arms.iter().map(|arm| arm.to_string()).collect(),
            outcomes: self
                .outcomes
                .iter()
                .map(|(name, _)| OutcomeInfo {
                    name: name.to_string(),
                    unit: Some("logit".into()),
                    bounded: false,
                    scale: gia_design::Scale::AsMeasured,
                })
                .collect(),
            points: Vec::new(),
            contrasts: self
                .contrasts
                .into_iter()
                .map(|(name, formula)| Contrast {
                    name: name.into(),
                    formula,
                    span: span(),
                })
                .collect(),
            claims: self.claims,
            stopping: self.stopping,
            reference: None,
            tracks: self
                .tracks
                .iter()
                .map(|(name, _)| gia_design::TrackInfo {
                    name: name.to_string(),
                    unit: None,
                })
                .collect(),
            factorial: false,
            motifs: Vec::new(),
            embedded: Vec::new(),
            layouts: Vec::new(),
            out_of_reach: Vec::new(),
            level: self.level,
            fdr: 0.05,
            interval: hir::IntervalMethod::Student,
            correction: gia_design::Correction::BenjaminiHochberg,
            summaries: Vec::new(),
            curves: self.curves,
            drivers: None,
            null_effects: Vec::new(),
            each: None,
        };
        let experiment = Experiment {
            design: Arc::new(design),
            points: points.collect(),
            reference: None,
            intakes: Vec::new(),
            driver_queries: Vec::new(),
            null_effects: Vec::new(),
        };
        let tasks = experiment.points.iter().flat_map(|point| {
            point.arms.iter().map(|&variant| Task {
                variant,
                done: 0,
                count: point.count,
            })
        });
        let plan = Plan {
            folds: Vec::new(),
            settings: Settings::default(),
            models: vec![Model {
                name: "k562".into(),
                source: ModelSource::File {
                    path: PathBuf::from("k562.pt2"),
                    written: "k562.pt2".into(),
                },
                declaration: Arc::new(declaration()),
            }],
            selections: Vec::new(),
            readings: (0..3)
                .map(|column| Reading {
                    model: 0,
                    strand: Strand::Forward,
                    feature: Feature::Column(column),
                })
                .collect(),
            populations: vec![PlannedPopulation {
                population: Arc::new(Population::Null(
                    Null::uniform(Alphabet::Dna, 100).expect("a null model"),
                )),
                variants: vec![Default::default(); self.gaps.len() * arms],
            }],
            jobs: vec![Job {
                held: Vec::new(),
                model: 0,
                population: 0,
                strand: Strand::Forward,
                columns: self.columns.clone(),
                readings: self.columns.clone(),
                tasks: tasks.collect(),
            }],
            experiments: vec![experiment],
            tested_claim_count: 0,
            claims: Vec::new(),
            shows: Vec::new(),
            evaluations: Vec::new(),
        };
        let values: HashMap<usize, Vec<f32>> =
            self.values.into_iter().flatten().enumerate().collect();
        let outcomes = Outcomes {
            jobs: vec![JobOutcomes {
                readings: self.columns,
                values,
                ..JobOutcomes::default()
            }],
            ..Outcomes::default()
        };
        (plan, outcomes)
    }
}

fn output(size: usize, tasks: &[&str], offset: usize) -> Output {
    Output {
        axes: Vec::new(),
        name: None,
        shape: vec![size],
        tasks: tasks.iter().map(|task| task.to_string()).collect(),
        unit: Some("logit".into()),
        offset,
        before: None,
        track: None,
        opposite: Vec::new(),
    }
}

fn declaration() -> Declaration {
    Declaration {
        length: 100,
        flanks: Flanks::default(),
        alphabet: "ACGT".into(),
        layout: Layout::ChannelsFirst,
        unknown: UnknownBase::Zeros,
        inputs: vec![Input::one_hot(false)],
        outputs: vec![output(2, &["DNase", "ATAC"], 0), output(1, &[], 2)],
        receptive_fields: Vec::new(),
        entry: None,
        sha256: None,
        other_precision: None,
        source: None,
        licence: None,
    }
}

/// Normal numbers, the same for the same seed.
pub struct Normal(rand_chacha::ChaCha12Rng);

impl Normal {
    pub fn new(seed: u64) -> Self {
        Normal(rand::SeedableRng::seed_from_u64(seed))
    }

    pub fn next(&mut self) -> f64 {
        rand_distr::Distribution::sample(&rand_distr::StandardNormal, &mut self.0)
    }

    pub fn take(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.next()).collect()
    }
}
