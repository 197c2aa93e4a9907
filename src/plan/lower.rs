//! From the checked program to the work that answers it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Experiment, Job, Model, Plan, PlannedPopulation, Point, Task};
use crate::check::hir::{self, Read};
use crate::domain::{BaseSet, Draw, Edit, Population};

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
            source: m.source.clone(),
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
        shows: program.shows.clone(),
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

/// Edits that make the same sequences in one form: without a draw where nothing is drawn and, where their order does
/// not matter, in order of position.
fn canonical(edits: &[Edit]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = edits
        .iter()
        .filter(|edit| !edit.is_idle())
        .cloned()
        .collect();
    for edit in &mut edits {
        if edit.is_fixed()
            && let Edit::Write { draw, .. } = edit
        {
            *draw = Draw(0);
        }
    }
    if let Some(merged) = written_at_last(&edits) {
        return merged;
    }
    let commute = edits
        .iter()
        .enumerate()
        .all(|(i, a)| edits[..i].iter().all(|b| a.commutes_with(b)));
    if commute {
        edits.sort_by_key(order_of_writes);
        edits.dedup();
    }
    edits
}

/// Where nothing is drawn and nothing moved: what stands at each written position when all is done, as one edit for each
/// run of positions. A site that is mutated to the letter that it has is the site.
fn written_at_last(edits: &[Edit]) -> Option<Vec<Edit>> {
    let mut at_last: BTreeMap<usize, BaseSet> = BTreeMap::new();
    for edit in edits {
        let Edit::Write { start, letters, .. } = edit else {
            return None;
        };
        for (offset, &set) in letters.iter().enumerate() {
            match set.len() {
                1 => {
                    at_last.insert(start + offset, set);
                }
                // All four leave what is there.
                4 => {}
                _ => return None,
            }
        }
    }
    let mut merged: Vec<Edit> = Vec::new();
    for (position, set) in at_last {
        match merged.last_mut() {
            Some(Edit::Write { start, letters, .. }) if *start + letters.len() == position => {
                letters.push(set);
            }
            _ => merged.push(Edit::Write {
                start: position,
                letters: vec![set],
                draw: Draw(0),
            }),
        }
    }
    Some(merged)
}

/// Edits that write, in order of position.
fn order_of_writes(edit: &Edit) -> (usize, Vec<BaseSet>, [u8; 32], Draw) {
    match edit {
        Edit::Write {
            start,
            letters,
            draw,
        } => (*start, letters.clone(), [0; 32], *draw),
        Edit::Instance { start, motif, draw } => (*start, Vec::new(), motif.key, *draw),
        _ => (0, Vec::new(), [0; 32], Draw(0)),
    }
}
