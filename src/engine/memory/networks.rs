//! Memory of a network in its worker.

use std::collections::HashMap;
use std::path::Path;

use super::NUMBER;
use crate::{Options, pieces};
use gia_domain::Edit;
use gia_model::{
    Footprint, Graph, INDEPENDENCE_BATCH, Input, KeptBackgrounds, Layout, MAX_RELATIVE_COST,
    PlannedNetwork, Processor, Sees, is_torchscript, is_worth_keeping, max_changes,
    receptive_fields,
};
use gia_plan::{Job, Model, Plan, Task};
use gia_wire::Passes;

/// Values of a batch of changes that are needed at the same time, each with what it was gathered from.
const CHANGES: u64 = 4;
/// Estimated memory of a network, in bytes unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct OfNetwork {
    /// The model's name in the script.
    pub name: String,
    /// Batch size, in sequences.
    pub batch: u64,
    /// Bytes of its weights in float32, or of the whole file if its structure is unknown.
    pub weights: u64,
    /// Peak memory of the values of a pass, on each thread.
    pub pass: u64,
    /// Peak memory of the check, before the first predictions, that sequences of a batch do not affect each other.
    pub check: u64,
    /// Memory of incremental recomputation; none if every sequence takes a full pass.
    pub changes: Option<OfChanges>,
}

/// Estimated memory of incremental recomputation, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfChanges {
    /// The activation cache of backgrounds, on one thread.
    pub kept: u64,
    /// What each further thread adds to the activation cache.
    pub kept_more: u64,
    /// Windows of edited sequences, on one thread.
    pub windows: u64,
    /// What each further thread adds to the windows.
    pub windows_more: u64,
}

impl OfNetwork {
    /// What a model of a plan takes that is asked these jobs.
    pub(super) fn of(
        model: &Model,
        path: &Path,
        plan: &Plan,
        jobs: &[&Job],
        options: &Options,
    ) -> OfNetwork {
        let unseen = OfNetwork {
            name: model.name.clone(),
            batch: options.batch.unwrap_or(Processor::Cpu.batch_unseen()) as u64,
            weights: std::fs::metadata(path).map_or(0, |file| file.len()),
            pass: 0,
            check: 0,
            changes: None,
        };
        if is_torchscript(path) {
            return unseen;
        }
        let Ok(graph) = Graph::read(path) else {
            return unseen;
        };
        let Footprint {
            weights,
            at_once,
            all,
        } = graph.footprint();
        let processor = Processor::Cpu;
        let batch = graph.fixed_batch().or(options.batch);
        let batch = batch.unwrap_or_else(|| graph.batch(processor)) as u64;
        let asked: u64 = jobs
            .iter()
            .flat_map(|job| &job.tasks)
            .map(Task::passes)
            .sum();
        let in_a_pass = batch.min(pieces::MOST_ROWS as u64).min(asked.max(1));
        let few = INDEPENDENCE_BATCH.min(graph.batch(processor).max(2)) as u64;
        let together = graph.fixed_batch().map_or(few, |batch| batch as u64);
        let network = planned(model, &graph, options.passes);
        let changes = jobs.iter().filter_map(|job| {
            let reach = Reach::of(model, plan, job, network.as_ref()?, options.passes)?;
            Some(reach.takes(&graph, all, batch))
        });
        OfNetwork {
            batch,
            weights,
            pass: in_a_pass.saturating_mul(at_once).saturating_mul(NUMBER),
            check: together.saturating_mul(at_once).saturating_mul(NUMBER),
            changes: changes.max_by_key(|changes| changes.kept + changes.windows),
            ..unseen
        }
    }

    /// What it takes beside its weights while it is asked.
    pub(super) fn at_work(&self, threads: u64) -> u64 {
        let changes = self.changes.map_or(0, |changes| {
            let more = (threads - 1) * (changes.kept_more + changes.windows_more);
            changes.kept + changes.windows + more
        });
        (threads * self.pass + changes).max(self.check)
    }
}

/// What a worker will recompute of a network; none where every sequence goes through whole.
fn planned<'g>(model: &Model, graph: &'g Graph, passes: Passes) -> Option<PlannedNetwork<'g>> {
    if passes == Passes::Whole || graph.fixed_batch().is_some() {
        return None;
    }
    let length = model.declaration.input_length();
    let everywhere = passes == Passes::WhereverPossible;
    PlannedNetwork::new(graph, &positions(model), length, everywhere)
}

/// By input, the dimension that runs along the sequence; none for an input that is the same for every sequence.
fn positions(model: &Model) -> Vec<Option<usize>> {
    let along = match model.declaration.layout {
        Layout::ChannelsFirst => 2,
        Layout::ChannelsLast => 1,
    };
    let inputs = model.declaration.inputs.iter();
    inputs
        .map(|input| (!matches!(input, Input::Constant { .. })).then_some(along))
        .collect()
}

/// What the edits of a job that are recomputed apart reach.
struct Reach<'m> {
    model: &'m Model,
    /// Positions from the first to the last that any of them changes.
    places: usize,
    /// Numbers of the largest value of a window.
    largest: u64,
    /// Backgrounds and changes that are asked about at a time.
    backgrounds: u64,
    changes: u64,
}

impl<'m> Reach<'m> {
    /// None where every sequence goes through whole. The worker decides by the same rule, as far as it can be told before a run.
    fn of(
        model: &'m Model,
        plan: &Plan,
        job: &Job,
        network: &PlannedNetwork,
        passes: Passes,
    ) -> Option<Reach<'m>> {
        let length = model.declaration.input_length().max(1);
        let variants = &plan.populations[job.population].variants;
        let always = passes == Passes::WhereverPossible;
        let mut places: Option<(usize, usize)> = None;
        let (mut largest, mut edited) = (1, 0);
        let (mut saved, mut is_asked_for) = (0.0, false);
        let mut costs = HashMap::new();
        for task in &job.tasks {
            let Some((start, end)) = stretch(&variants[task.variant], length) else {
                is_asked_for = true;
                continue;
            };
            let width = end - start;
            let cost = costs.entry(width).or_insert_with(|| network.cost(width));
            if cost.share > MAX_RELATIVE_COST && !always {
                continue;
            }
            edited += 1;
            saved += 1.0 - cost.share;
            largest = largest.max(cost.largest as u64);
            let (first, last) = places.unwrap_or((start, end));
            places = Some((first.min(start), last.max(end)));
        }
        let (first, last) = places?;
        if !is_worth_keeping(saved, 1.0, is_asked_for) && !always {
            return None;
        }
        let each = job.tasks.len().max(1) as u64;
        let count: u64 = job.tasks.iter().map(Task::passes).sum();
        let rows = (pieces::MOST_ROWS as u64).min(count.max(1));
        Some(Reach {
            model,
            places: last - first,
            largest,
            backgrounds: rows.div_ceil(each),
            changes: (rows * edited).div_ceil(each),
        })
    }

    /// Numbers of a background's values that are kept: those that the edits reach at all their places.
    fn kept(&self, graph: &Graph) -> u64 {
        let length = self.model.declaration.input_length().max(1);
        let reached = |sees: &Sees| match sees {
            Sees::Nothing => 0.0,
            Sees::Window { width, .. } => {
                ((self.places as f64 + *width as f64) / length as f64).min(1.0)
            }
            Sees::All => 1.0,
        };
        let sees = receptive_fields(graph, &positions(self.model));
        let shares: Vec<f64> = sees.iter().map(reached).collect();
        graph.numbers_in_part(&shares).max(1)
    }

    /// With all numbers of a background's values, and sequences in a pass. Threads share the rows that are asked about.
    fn takes(&self, graph: &Graph, all: u64, batch: u64) -> OfChanges {
        let processor = Processor::Cpu;
        let kept = self.kept(graph);
        let in_batch = max_changes(self.largest, processor);
        let backgrounds = |threads: u64| {
            let each = KeptBackgrounds::new(kept, all, batch, processor, threads);
            let together = (threads * each.count()).min(self.backgrounds);
            together.saturating_mul(kept).saturating_mul(NUMBER)
        };
        let windows = |threads: u64| {
            let changes = (threads * in_batch).min(self.changes);
            NUMBER * CHANGES * changes * self.largest
        };
        OfChanges {
            kept: backgrounds(1),
            kept_more: backgrounds(2).saturating_sub(backgrounds(1)),
            windows: windows(1),
            windows_more: windows(2) - windows(1),
        }
    }
}

/// From where to where some edits change a sequence; none where nothing is edited.
fn stretch(edits: &[Edit], length: usize) -> Option<(usize, usize)> {
    let whole = (0, length);
    let each = edits.iter().map(|edit| {
        edit.written()
            .map_or(whole, |range| (range.start, range.end))
    });
    each.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}
