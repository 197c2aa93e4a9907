//! From the checked program to the work that answers it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Experiment, Job, Model, Plan, PlannedPopulation, Point, Task};
use crate::check::hir::{self, Read};
use crate::domain::{Draw, Edit, Population};

/// Lowers a program. Equal populations, equal variants and equal reads become one.
pub fn lower(program: &hir::Program) -> Plan {
    let mut lowering = Lowering::default();
    let experiments = program
        .experiments
        .iter()
        .map(|e| lowering.experiment(e))
        .collect();
    let models = program
        .models
        .iter()
        .map(|m| Model {
            name: m.name.clone(),
            path: m.path.clone(),
            written: m.written.clone(),
            declaration: m.declaration.clone(),
        })
        .collect();
    let jobs = lowering.jobs();
    Plan {
        settings: program.settings,
        models,
        populations: lowering
            .populations
            .into_iter()
            .map(|p| p.planned)
            .collect(),
        jobs,
        experiments,
    }
}

#[derive(Default)]
struct Lowering {
    populations: Vec<KnownPopulation>,
    by_identity: HashMap<[u8; 32], usize>,
    /// Populations seen already, by address: most grid points share one.
    by_address: HashMap<*const Population, usize>,
    /// What each model is asked over each population.
    asked: BTreeMap<(usize, usize), Asked>,
}

struct KnownPopulation {
    planned: PlannedPopulation,
    variants: HashMap<Vec<Edit>, usize>,
}

#[derive(Default)]
struct Asked {
    columns: BTreeSet<usize>,
    counts: BTreeMap<usize, usize>,
}

impl Lowering {
    fn experiment(&mut self, experiment: &hir::Experiment) -> Experiment {
        let points = experiment
            .points
            .iter()
            .map(|point| self.point(point))
            .collect();
        Experiment {
            name: experiment.name.clone(),
            doc: experiment.doc.clone(),
            axes: experiment.axes.clone(),
            arms: experiment.arms.clone(),
            outcomes: experiment.outcomes.clone(),
            points,
            contrasts: experiment.contrasts.clone(),
            claims: experiment.claims.clone(),
            level: experiment.level,
            fdr: experiment.fdr,
        }
    }

    fn point(&mut self, point: &hir::Point) -> Point {
        let population = self.population(&point.population);
        let arms: Vec<usize> = point
            .arms
            .iter()
            .map(|edits| self.variant(population, edits))
            .collect();
        for outcome in &point.outcomes {
            outcome.leaves(&mut |read: Read| {
                let asked = self.asked.entry((population, read.model)).or_default();
                asked.columns.insert(read.column);
                for &variant in &arms {
                    let count = asked.counts.entry(variant).or_default();
                    *count = (*count).max(point.count);
                }
            });
        }
        Point {
            at: point.at.clone(),
            population,
            count: point.count,
            arms,
            outcomes: point.outcomes.clone(),
        }
    }

    fn population(&mut self, population: &Arc<Population>) -> usize {
        let address = Arc::as_ptr(population);
        if let Some(&index) = self.by_address.get(&address) {
            return index;
        }
        let next = self.populations.len();
        let index = *self
            .by_identity
            .entry(population.identity())
            .or_insert(next);
        if index == next {
            self.populations.push(KnownPopulation {
                planned: PlannedPopulation {
                    population: population.clone(),
                    variants: vec![Vec::new()],
                },
                variants: HashMap::from([(Vec::new(), 0)]),
            });
        }
        self.by_address.insert(address, index);
        index
    }

    fn variant(&mut self, population: usize, edits: &[Edit]) -> usize {
        let edits = canonical(edits);
        let known = &mut self.populations[population];
        let next = known.planned.variants.len();
        let index = *known.variants.entry(edits.clone()).or_insert(next);
        if index == next {
            known.planned.variants.push(edits);
        }
        index
    }

    fn jobs(&mut self) -> Vec<Job> {
        let asked = std::mem::take(&mut self.asked);
        asked
            .into_iter()
            .map(|((population, model), asked)| Job {
                model,
                population,
                columns: asked.columns.into_iter().collect(),
                tasks: asked
                    .counts
                    .into_iter()
                    .map(|(variant, count)| Task { variant, count })
                    .collect(),
            })
            .collect()
    }
}

/// Edits that make the same sequences in one form: in order of position, and without a draw where nothing is drawn.
fn canonical(edits: &[Edit]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = edits
        .iter()
        .map(|edit| {
            let Edit::Write {
                start,
                letters,
                draw,
            } = edit;
            let drawn = letters.iter().any(|set| !set.is_all() && set.len() > 1);
            Edit::Write {
                start: *start,
                letters: letters.clone(),
                draw: if drawn { *draw } else { Draw(0) },
            }
        })
        .collect();
    // Checking refused edits that disagree about a position, so their order does not matter.
    edits.sort_by(|a, b| {
        let key = |edit: &Edit| {
            let Edit::Write {
                start,
                letters,
                draw,
            } = edit;
            (*start, letters.clone(), *draw)
        };
        key(a).cmp(&key(b))
    });
    edits.dedup();
    edits
}
