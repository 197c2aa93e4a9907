//! What a run takes in memory, told before it starts.
//!
//! Everything is bounded whatever the plan's size, but for the answers, which wait for the statistics.

use std::fmt;
use std::path::Path;

use super::Options;
use super::pieces;
use crate::diag::{count, counted};
use crate::model::{Footprint, Graph, Processor, is_torchscript};
use crate::plan::{ModelSource, Plan, Task};
use crate::wire::Passes;

const NUMBER: u64 = size_of::<f32>() as u64;
/// Values of a batch of changes that are needed at the same time, each with what it was gathered from.
const CHANGES: u64 = 4;
/// A background that is larger than this part of what is kept may be kept once more by each further thread.
const LARGE: u64 = 16;
/// Pieces of work that are on their way at the same time: sampled, sent, and answered.
const PIECES: u64 = 6;
/// What libtorch takes before it has done anything: 240 MB were seen on a CPU.
const LIBTORCH: u64 = 256 << 20;
const MEGABYTE: u64 = 1 << 20;

/// Bytes that a run on a CPU takes, at most.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    pub networks: Vec<OfNetwork>,
    /// Answers until they are summarised.
    pub answers: u64,
    /// Sequences on their way to the networks, and answers on their way back.
    pub pieces: u64,
}

/// What a network takes in its worker.
#[derive(Debug, Clone, PartialEq)]
pub struct OfNetwork {
    pub name: String,
    /// Sequences in a pass.
    pub batch: u64,
    pub weights: u64,
    /// Values of a pass, all that are needed at the same time, on each thread.
    pub pass: u64,
    /// None where every sequence goes through whole.
    pub changes: Option<OfChanges>,
}

/// What recomputing parts of sequences takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OfChanges {
    /// Values of backgrounds that are kept.
    pub kept: u64,
    /// Of these, what each further thread adds.
    pub kept_more: u64,
    /// Windows of changes, on each thread.
    pub windows: u64,
}

impl Memory {
    /// What a plan takes; networks whose files cannot be looked into are left out.
    pub fn of(plan: &Plan, options: &Options) -> Memory {
        let mut memory = Memory {
            networks: Vec::new(),
            answers: plan.kept(),
            pieces: 0,
        };
        for (number, model) in plan.models.iter().enumerate() {
            let length = model.declaration.input_length();
            let jobs = plan.jobs.iter().filter(|job| job.model == number);
            let pieces = jobs.map(|job| {
                let columns = job.columns.len();
                let all: u64 = job.tasks.iter().map(Task::passes).sum();
                let all = all * (length + columns * NUMBER as usize) as u64;
                PIECES * pieces::most_bytes(length, columns).min(all)
            });
            memory.pieces = memory.pieces.max(pieces.max().unwrap_or(0));
            if let ModelSource::File { path, .. } = &model.source
                && let Some(network) = OfNetwork::of(&model.name, path, options)
            {
                memory.networks.push(network);
            }
        }
        memory
    }

    /// All of it with so many threads, libtorch among it where there are networks.
    pub fn total(&self, threads: u64) -> u64 {
        let networks = self.networks.iter();
        let at_work = networks.clone().map(|network| {
            let changes = network.changes.map_or(0, |changes| {
                changes.kept + (threads - 1) * changes.kept_more + threads * changes.windows
            });
            threads * network.pass + changes
        });
        let weights: u64 = networks.map(|network| network.weights).sum();
        let libtorch = if self.networks.is_empty() {
            0
        } else {
            LIBTORCH
        };
        self.answers + self.pieces + weights + at_work.max().unwrap_or(0) + libtorch
    }
}

impl OfNetwork {
    fn of(name: &str, path: &Path, options: &Options) -> Option<OfNetwork> {
        if is_torchscript(path) {
            return None;
        }
        let graph = Graph::read(path).ok()?;
        let Footprint {
            weights,
            at_once,
            all,
        } = graph.footprint();
        let processor = Processor::Cpu;
        let batch = graph.fixed_batch().or(options.batch);
        let batch = batch.unwrap_or_else(|| graph.batch(processor)) as u64;
        let kept = processor.kept();
        let widest = graph.widest_activation() as u64;
        let changes = OfChanges {
            kept: NUMBER * kept.max(all),
            kept_more: if all * LARGE > kept { NUMBER * all } else { 0 },
            windows: NUMBER * CHANGES * processor.largest_of_changes().max(widest),
        };
        Some(OfNetwork {
            name: name.to_string(),
            batch,
            weights,
            pass: batch.saturating_mul(at_once).saturating_mul(NUMBER),
            changes: (options.passes != Passes::Whole).then_some(changes),
        })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "memory on a CPU, at most")?;
        let mut line = |bytes: u64, what: &str| {
            writeln!(f, "  {:>8} MB  {what}", count(bytes.div_ceil(MEGABYTE)))
        };
        for network in &self.networks {
            let sequences = counted(network.batch as usize, "sequence");
            line(network.weights, &format!("weights of {}", network.name))?;
            line(
                network.pass,
                &format!("a pass of {sequences}, on each thread"),
            )?;
            if let Some(changes) = network.changes {
                line(
                    changes.kept,
                    "backgrounds' values, for recomputing what edits reach",
                )?;
                line(changes.windows, "windows of edits, on each thread")?;
            }
        }
        if !self.networks.is_empty() {
            line(LIBTORCH, "libtorch itself")?;
        }
        line(self.pieces, "sequences on their way")?;
        line(
            self.answers,
            "answers; `gia run --part` cuts a run into pieces",
        )?;
        let (one, two) = (self.total(1), self.total(2));
        let more = (two - one).div_ceil(MEGABYTE);
        let words = match self.networks.is_empty() {
            true => "in all".to_string(),
            false => format!(
                "in all on one thread; {} MB more on each further one",
                count(more)
            ),
        };
        line(one, &words)
    }
}
