//! What a network takes in its worker.

use std::path::Path;

use super::NUMBER;
use crate::domain::Edit;
use crate::engine::Options;
use crate::model::{
    Footprint, Graph, Input, Layout, Processor, Sees, is_torchscript, receptive_fields,
};
use crate::plan::{Job, Model, Plan, Task};
use crate::wire::Passes;

/// Values of a batch of changes that are needed at the same time, each with what it was gathered from.
const CHANGES: u64 = 4;
/// Rows that a worker is asked about at a time.
const ROWS: u64 = 4096;
/// Changes in a batch, and backgrounds that are kept together where little is kept of each.
const MOST_TOGETHER: u64 = 2048;
/// Of all values of a background, the part up to which little is kept of it.
const LITTLE: u64 = 4;
/// Numbers that are kept then.
const GATHERED: u64 = 1 << 22;
/// Passes whose backgrounds are kept together otherwise.
const PASSES: u64 = 8;
/// Sequences that a worker passes together to find out whether they depend on each other, where a pass takes as many.
const TOGETHER: u64 = 4;
/// Part of the sequence that a change reaches from which on sequences go through whole.
const WORTH: f64 = 0.85;

/// What a network takes.
#[derive(Debug, Clone, PartialEq)]
pub struct OfNetwork {
    pub name: String,
    /// Sequences in a pass.
    pub batch: u64,
    pub weights: u64,
    /// Values of a pass, all that are needed at the same time, on each thread.
    pub pass: u64,
    /// Values of the pass that finds out, before the first numbers, whether sequences depend on each other.
    pub check: u64,
    /// None where every sequence goes through whole.
    pub changes: Option<OfChanges>,
}

/// What recomputing parts of sequences takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfChanges {
    /// Values of backgrounds that are kept, on one thread.
    pub kept: u64,
    /// What each further thread adds to them.
    pub kept_more: u64,
    /// Windows of changes, on one thread, and what each further thread adds.
    pub windows: u64,
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
        let in_a_pass = batch.min(ROWS).min(asked.max(1));
        let few = TOGETHER.min(graph.batch(processor).max(2) as u64);
        let together = graph.fixed_batch().map_or(few, |batch| batch as u64);
        let in_parts = options.passes != Passes::Whole && graph.fixed_batch().is_none();
        let changes = jobs.iter().filter(|_| in_parts).filter_map(|job| {
            let reach = Reach::of(model, plan, job, &graph)?;
            Some(reach.takes(all, batch))
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

/// What the edits of a job reach.
struct Reach {
    /// Numbers of the values that edits at all their places reach, for one background.
    kept: u64,
    /// Numbers of the largest value of a window.
    window: u64,
    /// Backgrounds and changes that are asked about at a time.
    backgrounds: u64,
    changes: u64,
}

impl Reach {
    /// None where sequences go through whole.
    fn of(model: &Model, plan: &Plan, job: &Job, graph: &Graph) -> Option<Reach> {
        let length = model.declaration.input_length().max(1);
        let variants = &plan.populations[job.population].variants;
        let mut places: Option<(usize, usize)> = None;
        let mut widest = 0;
        let mut edited: u64 = 0;
        for task in &job.tasks {
            let Some((start, end)) = stretch(&variants[task.variant], length) else {
                continue;
            };
            edited += 1;
            widest = widest.max(end - start);
            let (first, last) = places.unwrap_or((start, end));
            places = Some((first.min(start), last.max(end)));
        }
        let (first, last) = places?;
        let along = match model.declaration.layout {
            Layout::ChannelsFirst => 2,
            Layout::ChannelsLast => 1,
        };
        let inputs = model.declaration.inputs.iter();
        let positions: Vec<Option<usize>> = inputs
            .map(|input| (!matches!(input, Input::Constant { .. })).then_some(along))
            .collect();
        let sees = receptive_fields(graph, &positions);
        let reached = |span: usize| {
            let share = |sees: &Sees| match sees {
                Sees::Nothing => 0.0,
                Sees::Window { width, .. } => {
                    ((span as f64 + *width as f64) / length as f64).min(1.0)
                }
                Sees::All => 1.0,
            };
            let shares: Vec<f64> = sees.iter().map(share).collect();
            graph.numbers_in_part(&shares)
        };
        let (all, _) = reached(length);
        let (of_one, window) = reached(widest);
        if of_one as f64 > WORTH * all as f64 {
            return None;
        }
        let each = job.tasks.len().max(1) as u64;
        let count: u64 = job.tasks.iter().map(Task::passes).sum();
        let rows = ROWS.min(count.max(1));
        let backgrounds = rows.div_ceil(each);
        Some(Reach {
            kept: reached(last - first).0,
            window,
            backgrounds,
            changes: (rows * edited).div_ceil(each),
        })
    }

    /// With all numbers of a background's values, and sequences in a pass. Threads share the rows that are asked about.
    fn takes(&self, all: u64, batch: u64) -> OfChanges {
        let processor = Processor::Cpu;
        let kept = self.kept.max(1);
        // So many backgrounds on one thread, and on two.
        let most = |threads: u64| match kept * LITTLE <= all {
            true => threads * (GATHERED / kept).clamp(1, MOST_TOGETHER),
            false => (processor.kept() / kept).clamp(1, threads * batch * PASSES),
        };
        let in_batch =
            (processor.largest_of_changes() / self.window.max(1)).clamp(1, MOST_TOGETHER);
        let backgrounds = |threads: u64| {
            let together = most(threads).min(self.backgrounds);
            together.saturating_mul(kept).saturating_mul(NUMBER)
        };
        let windows = |threads: u64| {
            let changes = (threads * in_batch).min(self.changes);
            NUMBER * CHANGES * changes * self.window
        };
        OfChanges {
            kept: backgrounds(1),
            kept_more: backgrounds(2) - backgrounds(1),
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
