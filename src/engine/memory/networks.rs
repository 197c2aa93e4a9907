//! Memory of a network in its worker.

use std::collections::HashMap;
use std::path::Path;

use super::BYTES_PER_NUMBER;
use crate::{Options, chunks};
use gia_domain::Edit;
use gia_model::{
    CacheCapacity, Footprint, Graph, INDEPENDENCE_CHECK_BATCH_SIZE, Input, MAX_RELATIVE_COST,
    PlannedNetwork, Processor, ReceptiveField, is_opaque, is_worth_caching, max_edited_sequences,
    receptive_fields,
};
use gia_plan::{Computation, Job, Model, ModelSource, Plan, Task};
use gia_wire::IncrementalMode;

/// Number of values of a batch of changes that are alive at the same time, counting their inputs.
const LIVE_VALUES_PER_CHANGE: u64 = 4;

/// Number of values, as large as those of the widest part of a pass, that the rule of a step holds on the way back.
const LIVE_VALUES_ON_THE_WAY_BACK: u64 = 12;

/// What libtorch holds besides once it computes gradients.
const AUTOGRAD_BYTES: u64 = 48 << 20;

/// Estimated memory of a network, in bytes unless stated otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkMemory {
    /// The model's name in the script.
    pub name: String,
    /// Batch size, in sequences.
    pub batch: u64,
    /// Weights in float32, or the whole file if the graph is unknown.
    pub weights: u64,
    /// Peak memory of the activations of a full pass, on each thread.
    pub pass: u64,
    /// Memory of a batch of gradients, on each thread; 0 if none are asked for.
    pub gradients: u64,
    /// Memory of a batch of sequences and references whose contributions are computed, on each thread; 0 if none are asked for.
    pub contributions: u64,
    /// Peak memory of the check that sequences of a batch are independent, which runs before the first predictions.
    pub check: u64,
    /// Memory of incremental recomputation; none if every sequence takes a full pass.
    pub changes: Option<IncrementalMemory>,
}

/// Estimated memory of incremental recomputation, in bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IncrementalMemory {
    /// The activation cache of backgrounds, on one thread.
    pub kept: u64,
    /// Additional size of the activation cache for each further thread.
    pub kept_more: u64,
    /// Windows of edited sequences, on one thread.
    pub windows: u64,
    /// Additional size of the windows for each further thread.
    pub windows_more: u64,
}

impl NetworkMemory {
    /// Estimates the memory of a model of a plan for these jobs, and for those of contributions to its outputs.
    pub(super) fn of(
        model: &Model,
        path: &Path,
        plan: &Plan,
        jobs: &[&Job],
        attributing: &[&Job],
        options: &Options,
    ) -> NetworkMemory {
        let without_graph = NetworkMemory {
            name: model.name.clone(),
            batch: options.batch.unwrap_or(Processor::Cpu.default_batch_size()) as u64,
            weights: std::fs::metadata(path).map_or(0, |file| file.len()),
            pass: 0,
            gradients: 0,
            contributions: 0,
            check: 0,
            changes: None,
        };
        if is_opaque(path) {
            return without_graph;
        }
        let Ok(graph) = Graph::read_with_declaration(path, Some(&model.declaration)) else {
            return without_graph;
        };
        let Footprint {
            weights,
            peak_elements,
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
        let sequences_per_pass = batch.min(chunks::MAX_ROWS as u64).min(asked.max(1));
        let checked_sequences = match batch == 1 && graph.runs_one_at_a_time(processor) {
            true => 1,
            false => INDEPENDENCE_CHECK_BATCH_SIZE.min(graph.batch(processor).max(2)) as u64,
        };
        let checked = graph
            .fixed_batch()
            .map_or(checked_sequences, |batch| batch as u64);
        // All values of a pass forward are kept for the way back; of contributions, those of sequences beside those of their references.
        let of_all = |sequences: u64, more: u64| {
            let passing = peak_elements.saturating_mul(LIVE_VALUES_ON_THE_WAY_BACK);
            let kept = all.saturating_mul(sequences.saturating_add(more));
            passing
                .saturating_mul(sequences)
                .saturating_add(kept)
                .saturating_mul(BYTES_PER_NUMBER)
                .saturating_add(AUTOGRAD_BYTES)
        };
        let attributing = attributing.iter().map(|job| {
            let rows: u64 = job.tasks.iter().map(Task::passes).sum();
            let ModelSource::Attribution(attribution) = &plan.models[job.model].source else {
                return (0, 0, 0);
            };
            match attribution.method.computation() {
                Computation::Predictions => (batch, 0, 0),
                Computation::Gradients => (0, of_all(batch.min(rows), 0), 0),
                Computation::Pairs => {
                    let references = attribution.method.references();
                    let each = references.map_or(1, |references| references.count as u64);
                    let pairs = batch.min(rows.saturating_mul(each));
                    (0, 0, of_all(pairs, pairs.div_ceil(each)))
                }
            }
        });
        let most = attributing.fold((0, 0, 0), |most: (u64, u64, u64), one| {
            (most.0.max(one.0), most.1.max(one.1), most.2.max(one.2))
        });
        let (of_mutants, gradients, contributions) = most;
        let sequences_per_pass = sequences_per_pass.max(of_mutants);
        let network = planned(model, &graph, options.incremental);
        let changes = jobs.iter().filter_map(|job| {
            let region =
                EditedRegion::of(model, plan, job, network.as_ref()?, options.incremental)?;
            Some(region.memory(&graph, all, batch))
        });
        NetworkMemory {
            batch,
            weights,
            pass: sequences_per_pass
                .saturating_mul(peak_elements)
                .saturating_mul(BYTES_PER_NUMBER),
            gradients,
            contributions,
            check: checked
                .saturating_mul(peak_elements)
                .saturating_mul(BYTES_PER_NUMBER),
            changes: changes.max_by_key(|changes| changes.kept + changes.windows),
            ..without_graph
        }
    }

    /// Peak memory of predictions without the weights.
    pub(super) fn at_work(&self, threads: u64) -> u64 {
        let changes = self.changes.map_or(0, |changes| {
            let more = (threads - 1) * (changes.kept_more + changes.windows_more);
            changes.kept + changes.windows + more
        });
        let on_each = self.pass.max(self.gradients).max(self.contributions);
        (threads * on_each + changes).max(self.check)
    }
}

/// How a worker will recompute a network incrementally; none if every sequence takes a full pass.
fn planned<'g>(
    model: &Model,
    graph: &'g Graph,
    mode: IncrementalMode,
) -> Option<PlannedNetwork<'g>> {
    if mode == IncrementalMode::Never || graph.fixed_batch().is_some() {
        return None;
    }
    let length = model.declaration.input_length();
    let everywhere = mode == IncrementalMode::Always;
    let positions = Input::position_dims(&model.declaration.inputs, model.declaration.layout);
    PlannedNetwork::new(graph, &positions, length, everywhere)
}

/// The positions that the edits of a job affect, for variants that are recomputed incrementally.
struct EditedRegion<'m> {
    model: &'m Model,
    /// Number of positions from the first to the last that an edit changes.
    positions: usize,
    /// Size of the largest activation of a window, in numbers.
    largest: u64,
    /// Number of backgrounds and of changes in a request.
    backgrounds: u64,
    changes: u64,
}

impl<'m> EditedRegion<'m> {
    /// None if every sequence takes a full pass. The worker decides by the same rule, as far as it can be predicted before a run.
    fn of(
        model: &'m Model,
        plan: &Plan,
        job: &Job,
        network: &PlannedNetwork,
        mode: IncrementalMode,
    ) -> Option<EditedRegion<'m>> {
        let length = model.declaration.input_length().max(1);
        let variants = &plan.populations[job.population].variants;
        let always = mode == IncrementalMode::Always;
        let mut places: Option<(usize, usize)> = None;
        let (mut largest, mut edited) = (1, 0);
        let (mut saved, mut is_asked_for) = (0.0, false);
        let mut costs = HashMap::new();
        for task in &job.tasks {
            let Some((start, end)) = edited_range(&variants[task.variant], length) else {
                is_asked_for = true;
                continue;
            };
            let width = end - start;
            let cost = costs.entry(width).or_insert_with(|| network.cost(width));
            if cost.relative_cost > MAX_RELATIVE_COST && !always {
                continue;
            }
            edited += 1;
            saved += 1.0 - cost.relative_cost;
            largest = largest.max(cost.max_elements as u64);
            let (first, last) = places.unwrap_or((start, end));
            places = Some((first.min(start), last.max(end)));
        }
        let (first, last) = places?;
        if !is_worth_caching(saved, 1.0, is_asked_for) && !always {
            return None;
        }
        let each = job.tasks.len().max(1) as u64;
        let count: u64 = job.tasks.iter().map(Task::passes).sum();
        let rows = (chunks::MAX_ROWS as u64).min(count.max(1));
        Some(EditedRegion {
            model,
            positions: last - first,
            largest,
            backgrounds: rows.div_ceil(each),
            changes: (rows * edited).div_ceil(each),
        })
    }

    /// Size of the cached activations of a background, in numbers: those that the edits can affect.
    fn kept(&self, graph: &Graph) -> u64 {
        let length = self.model.declaration.input_length().max(1);
        let reached = |sees: &ReceptiveField| match sees {
            ReceptiveField::Empty => 0.0,
            ReceptiveField::Window { width, .. } => {
                ((self.positions as f64 + *width as f64) / length as f64).min(1.0)
            }
            ReceptiveField::Unbounded => 1.0,
        };
        let declaration = &self.model.declaration;
        let positions = Input::position_dims(&declaration.inputs, declaration.layout);
        let sees = receptive_fields(graph, &positions);
        let shares: Vec<f64> = sees.iter().map(reached).collect();
        graph.partial_elements(&shares).max(1)
    }

    /// Estimates the memory for `all` numbers of activations of a background and `batch` sequences in a pass. Threads share the rows
    /// of a request.
    fn memory(&self, graph: &Graph, all: u64, batch: u64) -> IncrementalMemory {
        let processor = Processor::Cpu;
        let kept = self.kept(graph);
        let in_batch = max_edited_sequences(self.largest, processor);
        let backgrounds = |threads: u64| {
            let each = CacheCapacity::new(kept, all, batch, processor, threads);
            let cached = (threads * each.count()).min(self.backgrounds);
            cached.saturating_mul(kept).saturating_mul(BYTES_PER_NUMBER)
        };
        let windows = |threads: u64| {
            let changes = (threads * in_batch).min(self.changes);
            BYTES_PER_NUMBER * LIVE_VALUES_PER_CHANGE * changes * self.largest
        };
        IncrementalMemory {
            kept: backgrounds(1),
            kept_more: backgrounds(2).saturating_sub(backgrounds(1)),
            windows: windows(1),
            windows_more: windows(2) - windows(1),
        }
    }
}

/// The range from the first to the last position that edits change, half open; none without edits.
fn edited_range(edits: &[Edit], length: usize) -> Option<(usize, usize)> {
    let whole = (0, length);
    let each = edits.iter().map(|edit| {
        edit.written()
            .map_or(whole, |range| (range.start, range.end))
    });
    each.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)))
}
