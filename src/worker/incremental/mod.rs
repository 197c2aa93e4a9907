//! Incremental inference on edited sequences: only the activations that an edit affects are recomputed.
//!
//! A background takes one full pass, and its activations are cached. For each sequence that differs from it at a few positions,
//! a window of each layer is recomputed; the windows of many sequences form a batch. Invariant: predictions equal those of full
//! passes up to rounding. `docs/decisions/0015-recomputing-what-an-edit-reaches.md` gives the reasons for this design.

mod batches;
mod calls;
mod executor;
mod inputs;
mod plan;
mod row_sources;
mod shared_base;
mod timing;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use gia_base::diag::Outcome;
use gia_model::{
    CacheCapacity, CostEstimate, Dependence, MAX_RELATIVE_COST, Processor, Propagation,
    is_worth_caching, max_edited_sequences, window_width,
};
use gia_wire::IncrementalStats;
use gia_wire::{IncrementalMode, Rows};
use tch::Tensor;

use super::batch_sizes;
use super::device::processor;
use super::errors::failed;
use super::network::{InputSource, Network, OutputBuffer, Runner};
use crate::activation_cache::{ActivationCache, CachedPart};
use crate::program::Program;
use batches::{Batch, EditedRow, batches};
use executor::Executor;
use inputs::{placements, windows};
use plan::ExecutionPlan;
use shared_base::SharedBases;
use timing::TimingModel;
use window::Backgrounds;

/// Measured cost, as a fraction of a full pass, above which timing overrides the estimate.
const MIN_OVERRIDING_COST: f64 = 1.1;
/// Overhead of one step on a GPU in seconds: it launches a few dozen kernels and sends them indices.
const GPU_STEP_OVERHEAD_SECS: f64 = 150e-6;
/// Time saved by incremental passes before a new window width is worth its cuDNN autotuning, which takes about twice as long.
const MIN_SAVED_SECS_FOR_NEW_WIDTH: f64 = 0.05;
/// Maximum number of rows of each network that are checked against full passes.
const MAX_CHECKED_ROWS: u64 = 64;
/// One row in this many is checked, so that checks cost next to nothing in a small run.
const CHECK_INTERVAL_ROWS: usize = 100;

/// Whether recomputing so many edited rows in part may save more full passes than those that check them.
pub fn can_save_passes(edited: usize) -> bool {
    edited > edited.div_ceil(CHECK_INTERVAL_ROWS)
}

/// State of incremental recomputation of one network.
pub struct IncrementalPredictor {
    propagation: Propagation,
    /// Whether rows are recomputed incrementally even if that saves no time.
    always: bool,
    /// Estimated cost, by the width of an edit in the input.
    costs: BTreeMap<i64, CostEstimate>,
    /// Last batch size, by the width of an edit in the input: libtorch has compiled or autotuned its kernels.
    batch_sizes: BTreeMap<i64, usize>,
    /// Seconds that incremental passes would have saved so far, by the width of an edit in the input.
    missed_savings_secs: BTreeMap<i64, f64>,
    timing: TimingModel,
    /// Number of elements of all activations of one background.
    elements: i64,
    /// Statistics since they were last taken.
    stats: IncrementalStats,
    /// Number of rows checked against full passes, over all requests.
    checked: u64,
}

/// The rows of a request that are predicted incrementally, by background.
#[derive(Default)]
struct RowsByBackground {
    /// Rows that equal the background.
    unedited: BTreeMap<usize, Vec<usize>>,
    /// Edited rows, each with the width of its window in bp.
    edits: BTreeMap<usize, Vec<(i64, EditedRow)>>,
}

impl IncrementalPredictor {
    /// `None` if incremental inference never helps: the graph is unknown, its batch size is fixed, or an edit of one base affects
    /// almost everything.
    pub fn new(
        network: &Network,
        shapes: Vec<Vec<i64>>,
        mode: IncrementalMode,
    ) -> Option<IncrementalPredictor> {
        let Runner::Graph(program) = &network.runner else {
            return None;
        };
        let position_dim = network.onehot.position_dim();
        let positions: Vec<Option<usize>> = network
            .inputs
            .iter()
            .map(|source| (!matches!(source, InputSource::Constant(_))).then_some(position_dim))
            .collect();
        let always = mode == IncrementalMode::Always;
        let propagation = Propagation::new(program, &positions, shapes, always);
        if network.is_fixed_batch || !propagation.affects_values_partially() {
            return None;
        }
        let steps = program.steps().iter().map(|step| step.output);
        let values = steps.chain(program.inputs().iter().copied());
        let elements = values.map(|id| propagation.shapes[id.0].iter().product::<i64>());
        let elements = elements.sum();
        Some(IncrementalPredictor {
            propagation,
            costs: BTreeMap::new(),
            batch_sizes: BTreeMap::new(),
            missed_savings_secs: BTreeMap::new(),
            timing: TimingModel::default(),
            always,
            elements,
            stats: IncrementalStats::default(),
            checked: 0,
        })
    }

    /// Takes the statistics since the last call.
    pub fn take_stats(&mut self) -> IncrementalStats {
        std::mem::take(&mut self.stats)
    }

    /// Estimated cost of an edit of `width` bp; computed once for each width.
    fn cost(&mut self, network: &Network, width: i64) -> CostEstimate {
        let Runner::Graph(program) = &network.runner else {
            return CostEstimate {
                relative_cost: 1.0,
                max_elements: 1,
            };
        };
        *self
            .costs
            .entry(width)
            .or_insert_with(|| CostEstimate::new(program, &self.propagation, width))
    }

    /// Cost of an edit of `width` bp relative to a full pass, in a request of `rows` rows: the estimate, unless the measured time
    /// is clearly worse than a full pass. Timing noise therefore rarely changes a choice, so equal runs give equal bits.
    fn relative_cost(&mut self, network: &Network, width: i64, rows: usize) -> f64 {
        let (estimated, full_secs) = (
            self.cost(network, width).relative_cost,
            network.min_secs_per_seq(),
        );
        match self.timing.edit_cost(width, full_secs) {
            Some(timed) if timed > MIN_OVERRIDING_COST => timed,
            _ if network.device().is_cuda() => {
                estimated + self.launch_overhead(network, width, rows)
            }
            _ => estimated,
        }
    }

    /// Maximum batch size for edits of `width` bp.
    fn max_rows(&mut self, network: &Network, width: i64) -> usize {
        let largest = self.cost(network, width).max_elements.max(1) as u64;
        max_edited_sequences(largest, processor(network.device())) as usize
    }

    /// Launch overhead of a batch on a GPU, relative to full passes over as many rows.
    fn launch_overhead(&mut self, network: &Network, width: i64, rows: usize) -> f64 {
        let rows = rows.clamp(1, self.max_rows(network, width));
        let passes = network.min_secs_per_seq() * rows as f64;
        let calls = self.propagation.rules.len() as f64 * GPU_STEP_OVERHEAD_SECS;
        if passes.is_finite() {
            calls / passes
        } else {
            0.0
        }
    }

    /// Predicts the rows for which incremental inference saves time, and the unedited rows of their backgrounds. Writes the
    /// results to `output` and returns the remaining rows, in ascending order.
    pub fn predict(
        &mut self,
        network: &Network,
        rows: &Rows,
        output: &mut OutputBuffer,
    ) -> Outcome<Vec<usize>> {
        let length = rows.length as i64;
        let window_bp = |edited: usize| window_width(edited as i64).min(length);
        let bases = SharedBases::new(rows, |edited| {
            self.relative_cost(network, window_bp(edited), rows.len())
        });
        let mut by_background = RowsByBackground::default();
        let mut remaining = Vec::new();
        for row in 0..rows.len() {
            let base = bases.base_of(row);
            let Some(edited) = &base.edited else {
                let unedited = by_background.unedited.entry(base.background);
                unedited.or_default().push(row);
                continue;
            };
            let width = window_bp(edited.len());
            if self.relative_cost(network, width, rows.len()) > MAX_RELATIVE_COST && !self.always {
                remaining.push(row);
                continue;
            }
            let start = (edited.start as i64).min(length - width);
            let edit = EditedRow { row, start };
            let edits = by_background.edits.entry(base.background);
            edits.or_default().push((width, edit));
        }
        let RowsByBackground { unedited, edits } = &mut by_background;
        if network.device().is_cuda() && !self.always {
            self.defer_new_widths(network, rows.len(), edits, &mut remaining);
        }
        let background_cost = match self.timing.background_cost(network.min_secs_per_seq()) {
            timed if timed > MIN_OVERRIDING_COST => timed,
            _ => 1.0,
        };
        let mut saved_passes = 0.0;
        edits.retain(|background, edits| {
            let saved = edits
                .iter()
                .map(|(width, _)| 1.0 - self.relative_cost(network, *width, rows.len()));
            let saved: f64 = saved.sum();
            // A background that is not itself requested costs an additional pass.
            let is_requested = unedited
                .get(background)
                .is_some_and(|rows| !rows.is_empty());
            let is_worth_it = is_worth_caching(saved, background_cost, is_requested) || self.always;
            match is_worth_it {
                true => saved_passes += saved,
                false => remaining.extend(edits.iter().map(|(_, edit)| edit.row)),
            }
            is_worth_it
        });
        let edited = edits.values().map(Vec::len).sum();
        if saved_passes <= self.rows_to_check(edited) as f64 && !self.always {
            let edits = std::mem::take(edits).into_values().flatten();
            remaining.extend(edits.map(|(_, edit)| edit.row));
        }
        unedited.retain(|background, rows| {
            let is_cached = edits.contains_key(background);
            if !is_cached {
                remaining.extend(rows.iter());
            }
            is_cached
        });
        let cached = self.cached_elements(network, edits.values().flatten());
        let all: Vec<usize> = edits.keys().copied().collect();
        // Cache in passes of the usual size, for which libtorch has its kernels ready.
        let processor = processor(network.device());
        let pass = batch_sizes::rows_per_pass(rows.len(), network.batch(), processor) as i64;
        let (threads, batch) = (network.sharing_threads() as u64, network.batch() as u64);
        let limit = CacheCapacity::new(
            cached as u64,
            self.elements as u64,
            batch,
            processor,
            threads,
        );
        let (max_backgrounds, pass) = match limit {
            CacheCapacity::Gathered(count) => {
                ((count as i64 / pass).max(1) * pass, Some(pass as usize))
            }
            CacheCapacity::SinglePass(count) => (count as i64, None),
        };
        for chunk in all.chunks(max_backgrounds as usize) {
            let rows = (rows, &bases);
            self.predict_chunk(network, rows, (chunk, pass), &mut by_background, output)?;
        }
        remaining.sort_unstable();
        Ok(remaining)
    }

    /// Moves edits of a new width to `remaining`, for full passes, until the missed savings justify autotuning its kernels.
    fn defer_new_widths(
        &mut self,
        network: &Network,
        rows: usize,
        edits: &mut BTreeMap<usize, Vec<(i64, EditedRow)>>,
        remaining: &mut Vec<usize>,
    ) {
        let mut edits_of_width: BTreeMap<i64, usize> = BTreeMap::new();
        for (width, _) in edits.values().flatten() {
            *edits_of_width.entry(*width).or_default() += 1;
        }
        edits_of_width.retain(|width, count| {
            let saved =
                (1.0 - self.relative_cost(network, *width, rows)) * network.min_secs_per_seq();
            let missed = self.missed_savings_secs.entry(*width).or_default();
            *missed += saved * *count as f64;
            *missed < MIN_SAVED_SECS_FOR_NEW_WIDTH && !self.batch_sizes.contains_key(width)
        });
        for edits in edits.values_mut() {
            let deferred = edits.extract_if(.., |(width, _)| edits_of_width.contains_key(width));
            remaining.extend(deferred.map(|(_, edit)| edit.row));
        }
        edits.retain(|_, edits| !edits.is_empty());
    }

    /// Number of elements to cache for one background, given these edits with the widths of their windows.
    fn cached_elements<'c>(
        &self,
        network: &Network,
        edits: impl Iterator<Item = &'c (i64, EditedRow)>,
    ) -> i64 {
        let Runner::Graph(program) = &network.runner else {
            return self.elements;
        };
        let mut starts: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (width, edit) in edits {
            starts.entry(*width).or_default().insert(edit.start);
        }
        let mut required = output_parts(program);
        for (width, starts) in starts {
            let starts: Vec<i64> = starts.into_iter().collect();
            self.plan(network, program, &starts, width)
                .merge_required_into(&mut required);
        }
        let parts = required.iter().zip(&self.propagation.shapes);
        parts.map(|(part, shape)| part.elements(shape)).sum()
    }

    fn plan(
        &self,
        network: &Network,
        program: &Program,
        starts: &[i64],
        width: i64,
    ) -> ExecutionPlan {
        let on_gpu = network.device().is_cuda();
        ExecutionPlan::new(
            program,
            &self.propagation,
            placements(network, starts, width),
            on_gpu,
        )
    }

    /// Predicts the rows of some backgrounds. `pass` is the batch size of the passes that fill the cache; `None` for a single pass.
    fn predict_chunk(
        &mut self,
        network: &Network,
        (rows, bases): (&Rows, &SharedBases),
        (chunk, pass): (&[usize], Option<usize>),
        by_background: &mut RowsByBackground,
        output: &mut OutputBuffer,
    ) -> Outcome<()> {
        let Runner::Graph(program) = &network.runner else {
            return Ok(());
        };
        let mut by_width: BTreeMap<i64, Vec<(i64, EditedRow)>> = BTreeMap::new();
        for (i, background) in chunk.iter().enumerate() {
            for (width, edit) in by_background.edits.remove(background).unwrap_or_default() {
                by_width.entry(width).or_default().push((i as i64, edit));
            }
        }
        let processor = processor(network.device());
        let mut required = output_parts(program);
        let mut planned_batches: Vec<(i64, Batch, ExecutionPlan)> = Vec::new();
        for (width, edits) in by_width {
            let max_rows = self.max_rows(network, width);
            let size = self.batch_sizes.entry(width).or_default();
            for batch in batches(edits, max_rows, size, processor) {
                let plan = self.plan(network, program, &batch.starts(), width);
                plan.merge_required_into(&mut required);
                planned_batches.push((width, batch, plan));
            }
        }
        let started = Instant::now();
        let size = match (pass, processor) {
            (Some(pass), _) => pass,
            (None, Processor::Cpu) => chunk.len(),
            (None, Processor::Gpu) => chunk.len().next_multiple_of(network.batch()),
        };
        let values =
            self.cache_backgrounds(network, program, &bases.bases(chunk), size, &required)?;
        let backgrounds = Backgrounds::new(
            values,
            &required,
            &self.propagation.shapes,
            network.device(),
        );
        let mut backgrounds =
            backgrounds.map_err(|error| failed("the activations of the backgrounds", &error))?;
        let (mut background_of, mut unedited) = (Vec::new(), Vec::new());
        for (i, background) in chunk.iter().enumerate() {
            for row in by_background.unedited.get(background).into_iter().flatten() {
                background_of.push(i as i64);
                unedited.push(*row);
            }
        }
        if !unedited.is_empty() {
            let outputs = program.outputs().iter();
            let outputs = outputs.map(|id| backgrounds.full(*id, &background_of));
            let outputs = outputs
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| failed("the outputs", &error))?;
            output.write(&outputs, &unedited)?;
            // Only copying to the host waits for the device, so other passes cannot be timed.
            self.timing
                .record_backgrounds(started.elapsed(), chunk.len());
        }
        for (width, batch, plan) in planned_batches {
            let (started, count) = (Instant::now(), batch.distinct());
            let windows = windows(network, rows, &batch, width)?;
            let background_of = batch.backgrounds();
            let executor = Executor::new(
                program,
                &self.propagation,
                &mut backgrounds,
                background_of,
                windows,
            );
            output.write(&executor.run(&plan)?, &batch.rows())?;
            self.timing.record_edits(width, started.elapsed(), count);
            self.stats.sequences += count as u64;
        }
        Ok(())
    }

    /// Caches the required part of each activation of the backgrounds with these concatenated bases, in passes of `size` sequences.
    fn cache_backgrounds(
        &self,
        network: &Network,
        program: &Program,
        bases: &[u8],
        size: usize,
        required: &[CachedPart],
    ) -> Outcome<Vec<Option<Tensor>>> {
        let (length, sequences) = (network.length(), bases.len() / network.length());
        let dependence = self.propagation.dependences.iter();
        let is_constant = dependence
            .map(|dependence| *dependence == Dependence::Nothing)
            .collect();
        let mut cache = ActivationCache::new(required, is_constant, sequences);
        for pass in bases.chunks(size.max(1) * length) {
            cache.begin_pass(pass.len() / length);
            let mut padded = pass.to_vec();
            while padded.len() < size * length {
                padded.extend_from_slice(&pass[pass.len() - length..]);
            }
            let inputs = network.encode_bases(&padded)?;
            program.run_cached(inputs, &mut cache)?;
        }
        Ok(cache.into_activations())
    }

    /// Number of rows, out of `changed` incrementally predicted ones, that full passes check.
    fn rows_to_check(&self, changed: usize) -> usize {
        let budget = MAX_CHECKED_ROWS.saturating_sub(self.checked) as usize;
        budget.min(changed.div_ceil(CHECK_INTERVAL_ROWS))
    }

    /// Checks a sample of the incrementally predicted rows against full passes, and records the largest difference. `remaining`
    /// holds the rows that were not predicted incrementally.
    pub fn check(
        &mut self,
        network: &mut Network,
        rows: &Rows,
        remaining: &[usize],
        output: &OutputBuffer,
    ) -> Outcome<()> {
        let changed: Vec<usize> = (0..rows.len())
            .filter(|row| !rows.is_unedited(*row) && remaining.binary_search(row).is_err())
            .collect();
        let count = self.rows_to_check(changed.len());
        if count == 0 {
            return Ok(());
        }
        let sample: Vec<usize> = (0..count)
            .map(|i| changed[i * changed.len() / count])
            .collect();
        let full = network.predict_full(&rows.select(&sample), output.columns())?;
        for (row, expected) in sample
            .iter()
            .zip(full.chunks(output.columns().len().max(1)))
        {
            for (actual, expected) in output.row(*row).iter().zip(expected) {
                let difference =
                    f64::from(actual - expected).abs() / f64::from(expected.abs()).max(1.0);
                self.stats.largest_difference = self.stats.largest_difference.max(difference);
            }
        }
        self.stats.checked += count as u64;
        self.checked += count as u64;
        Ok(())
    }
}

/// The parts to cache of any background, indexed by value: the outputs.
fn output_parts(program: &Program) -> Vec<CachedPart> {
    let mut required = vec![CachedPart::Nothing; program.values()];
    for id in program.outputs() {
        required[id.0] = CachedPart::Full;
    }
    required
}
