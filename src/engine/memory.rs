//! Estimate of the memory of a run on a CPU, for `gia` and its workers together.
//!
//! A run has two phases. While it predicts, `gia` holds the plan and collects outputs, and a worker holds the networks. While it
//! summarises, the workers are gone, and `gia` holds the plan, the outputs and the rows of the study. The estimate is the larger
//! of the two.

mod available;
mod networks;
mod study;

use std::fmt;

pub use available::{AvailableMemory, MemoryLimit};
pub use networks::{IncrementalMemory, NetworkMemory};

use super::chunks;
use super::{DeviceChoice, Options};
use gia_base::diag::{Code, Diagnostic, Outcome, count, pluralize};
use gia_plan::{Job, ModelSource, Plan, Task, edit_list_bytes, hash_table_bytes, heap_block_bytes};

/// Bytes of a number of a network.
const BYTES_PER_NUMBER: u64 = size_of::<f32>() as u64;
/// Chunks in flight at the same time: sampled, sent or predicted.
const CHUNKS_IN_FLIGHT: u64 = 6;
/// Memory of `gia` itself, with the standard library of the language.
const GIA_BASE_BYTES: u64 = 14 << 20;
/// Memory of libtorch before any network is loaded, measured on CPUs.
const LIBTORCH_BYTES: u64 = 146 << 20;
const MEGABYTE: u64 = 1 << 20;
/// Fraction of the available memory above which a run gets a warning.
const WARNING_FRACTION: f64 = 0.8;

/// Estimated memory of a run on a CPU, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryEstimate {
    /// One for each network, in the order of `Plan::models`.
    pub networks: Vec<NetworkMemory>,
    /// Names of networks in Python, whose memory is not known and not counted.
    pub uncounted: Vec<String>,
    /// Grid points with their edits, and sequences read from files.
    pub plan: u64,
    /// Buffers of the largest job, and the state that applies its edits.
    pub collecting: u64,
    /// Outputs until they are summarised.
    pub outputs: u64,
    /// The rows of the study, and their intermediate results.
    pub study: u64,
    /// Chunks in flight: sequences sent to the networks, and outputs sent back.
    pub chunks: u64,
}

/// Whether a run fits into the available memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Fits,
    /// It takes more than [`WARNING_FRACTION`] of the available memory.
    Tight,
    TooLarge,
}

impl MemoryEstimate {
    /// Estimates the memory of a plan. A network without a readable graph counts with the size of its file.
    pub fn of(plan: &Plan, options: &Options) -> MemoryEstimate {
        let jobs = plan.jobs.iter();
        let collecting = jobs
            .clone()
            .map(|job| collecting_bytes(plan, job))
            .max()
            .unwrap_or(0);
        let chunks = jobs
            .clone()
            .map(|job| chunk_bytes(plan, job))
            .max()
            .unwrap_or(0);
        let mut memory = MemoryEstimate {
            networks: Vec::new(),
            uncounted: Vec::new(),
            plan: plan.memory_bytes(),
            collecting,
            outputs: jobs.map(output_bytes).sum(),
            study: study::memory_bytes(plan),
            chunks: chunks + plan.held_bytes(),
        };
        for (number, model) in plan.models.iter().enumerate() {
            if let ModelSource::File { path, .. } = &model.source {
                if model.declaration.entry.is_some() {
                    memory.uncounted.push(model.name.clone());
                    continue;
                }
                let jobs = plan.jobs.iter().filter(|job| job.model == number);
                let jobs: Vec<&Job> = jobs.collect();
                let attributing = plan.jobs.iter().filter(|job| {
                    let sources = plan.models[job.model].sources();
                    sources.iter().any(|(model, _)| *model == number)
                });
                let attributing: Vec<&Job> = attributing.collect();
                let network = NetworkMemory::of(model, path, plan, &jobs, &attributing, options);
                memory.networks.push(network);
            }
        }
        memory
    }

    /// Bytes of `gia` while it predicts.
    fn predicting(&self) -> u64 {
        GIA_BASE_BYTES + self.plan + self.outputs + self.collecting + self.chunks / 2
    }

    /// Bytes of `gia` while it summarises. The allocator keeps the freed small blocks of the buffers.
    fn summarising(&self) -> u64 {
        GIA_BASE_BYTES + self.plan + self.outputs + self.collecting + self.study
    }

    /// Bytes of a worker with this many threads; only one network runs at a time.
    fn worker(&self, threads: u64) -> u64 {
        let networks = self.networks.iter();
        let at_work = networks
            .clone()
            .map(|network| network.at_work(threads))
            .max();
        let weights: u64 = networks.map(|network| network.weights).sum();
        at_work.map_or(0, |at_work| {
            LIBTORCH_BYTES + weights + at_work + self.chunks / 2
        })
    }

    /// Total bytes with this many threads in a worker.
    pub fn total(&self, threads: u64) -> u64 {
        (self.predicting() + self.worker(threads)).max(self.summarising())
    }

    /// Bytes of the larger process, for limits that apply to each process.
    fn larger_process(&self, threads: u64) -> u64 {
        self.predicting()
            .max(self.summarising())
            .max(self.worker(threads))
    }

    fn fit(&self, needed: u64, available: u64) -> Fit {
        match needed as f64 / available.max(1) as f64 {
            share if share > 1.0 => Fit::TooLarge,
            share if share > WARNING_FRACTION => Fit::Tight,
            _ => Fit::Fits,
        }
    }

    /// Compares the estimate with the available memory. Returns none if the run fits, else how tight it is, with a message.
    fn check_fit(&self, options: &Options, available: AvailableMemory) -> Option<(Fit, String)> {
        let threads = options.threads() as u64;
        // Networks on a GPU take little main memory except for libtorch.
        let on_gpu = match options.device {
            DeviceChoice::Cpu => false,
            DeviceChoice::Cuda(_) => true,
            DeviceChoice::Auto => std::path::Path::new("/dev/nvidiactl").exists(),
        };
        let needed = match (on_gpu, available.limit) {
            (true, _) => self.predicting().max(self.summarising()),
            (false, MemoryLimit::AddressSpace) => self.larger_process(threads),
            (false, MemoryLimit::Machine | MemoryLimit::Group) => self.total(threads),
        };
        let fit = self.fit(needed, available.bytes);
        let megabytes = |bytes: u64| count(bytes.div_ceil(MEGABYTE));
        let words = format!(
            "the run needs about {} MB of memory on {}, and {} MB are available {}",
            megabytes(needed),
            pluralize(threads as usize, "thread"),
            megabytes(available.bytes),
            available.limit
        );
        (fit != Fit::Fits).then_some((fit, words))
    }

    /// Advice on how to reduce the memory, the most effective first.
    fn remedy(&self, threads: u64) -> String {
        let mut remedies = Vec::new();
        if self.plan + self.study > self.outputs.max(self.worker(threads)) {
            remedies.push("use fewer grid points, outcomes or contrasts in an experiment, or one script for each experiment");
        }
        if self.outputs > self.worker(1) {
            remedies.push(
                "use fewer backgrounds, or run a quarter of them at a time with `--part 1/4` and so on",
            );
        }
        if threads > 1 && self.worker(threads) > self.worker(1) + self.predicting() / 4 {
            remedies.push("use fewer `--threads`");
        }
        if self
            .networks
            .iter()
            .any(|network| network.at_work(1) > LIBTORCH_BYTES)
        {
            remedies.push("use a smaller `--batch`");
        }
        if remedies.is_empty() {
            remedies.push("use fewer grid points, `--threads 1` or a smaller `--batch`");
        }
        format!("to reduce it: {}", remedies.join("; "))
    }

    /// Fails if the run does not fit into the available memory.
    ///
    /// # Errors
    /// [`Code::MemoryExceeded`].
    fn refuse_too_large(&self, options: &Options) -> Outcome<()> {
        let Some(available) = AvailableMemory::now() else {
            return Ok(());
        };
        match self.check_fit(options, available) {
            Some((Fit::TooLarge, words)) => Err(Box::new(
                Diagnostic::error(Code::MemoryExceeded, words).help(format!(
                    "{}; `--ignore-memory` runs it anyway",
                    self.remedy(options.threads() as u64)
                )),
            )),
            Some((Fit::Tight | Fit::Fits, _)) | None => Ok(()),
        }
    }

    /// A warning if a run takes most of the available memory, or more.
    pub fn warning(&self, options: &Options) -> Option<Diagnostic> {
        let (fit, words) = self.check_fit(options, AvailableMemory::now()?)?;
        let warning = Diagnostic::warning(Code::MemoryNearlyFull, words);
        let warning = warning.help(self.remedy(options.threads() as u64));
        Some(match fit {
            Fit::TooLarge => warning.help(format!(
                "{}; `gia run` refuses it here (E0615)",
                self.remedy(options.threads() as u64)
            )),
            Fit::Tight | Fit::Fits => warning,
        })
    }
}

/// Fails if a run does not fit into the available memory, unless the options ignore this.
///
/// # Errors
/// [`Code::MemoryExceeded`].
pub fn refuse_too_large(plan: &Plan, options: &Options) -> Outcome<()> {
    match options.ignore_memory {
        true => Ok(()),
        false => MemoryEstimate::of(plan, options).refuse_too_large(options),
    }
}

/// Bytes of the outputs of a job; each variant has a heap block.
fn output_bytes(job: &Job) -> u64 {
    let each = |task: &Task| {
        heap_block_bytes((task.count * job.readings.len()) * BYTES_PER_NUMBER as usize)
    };
    let entry = size_of::<usize>() + size_of::<Vec<f32>>();
    hash_table_bytes(job.tasks.len(), entry) + job.tasks.iter().map(each).sum::<u64>()
}

/// Bytes of a job while it runs, in addition to its outputs.
fn collecting_bytes(plan: &Plan, job: &Job) -> u64 {
    let variants = &plan.populations[job.population].variants;
    // An editor has a copy of its edit.
    let editors = job.tasks.iter().map(|task| {
        let edits = &variants[task.variant];
        size_of::<Vec<u8>>() as u64 + 2 * edit_list_bytes(edits)
    });
    let buffer = hash_table_bytes(
        job.tasks.len(),
        size_of::<usize>() + super::result_buffer::STRUCT_BYTES,
    );
    buffer + editors.sum::<u64>()
}

/// Bytes of the chunks of a job that are in flight.
fn chunk_bytes(plan: &Plan, job: &Job) -> u64 {
    let length = plan.models[job.model].declaration.input_length();
    let columns = job.columns.len();
    let all: u64 = job.tasks.iter().map(Task::passes).sum();
    let rows = (chunks::max_rows(columns) as u64).min(all);
    // The rows of a background are consecutive.
    let backgrounds = rows.div_ceil(job.tasks.len().max(1) as u64);
    let bytes = backgrounds * length as u64 + rows * (columns as u64 * BYTES_PER_NUMBER + 128);
    (CHUNKS_IN_FLIGHT * bytes).min(CHUNKS_IN_FLIGHT * chunks::max_bytes(length, columns))
}

impl fmt::Display for MemoryEstimate {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "estimated memory on a CPU")?;
        let mut line = |bytes: u64, what: &str| {
            writeln!(f, "  {:>8} MB  {what}", count(bytes.div_ceil(MEGABYTE)))
        };
        for network in &self.networks {
            let sequences = pluralize(network.batch as usize, "sequence");
            line(network.weights, &format!("weights of {}", network.name))?;
            line(
                network.pass,
                &format!("a batch of {sequences}, on each thread"),
            )?;
            if network.gradients > 0 {
                line(
                    network.gradients,
                    "a batch and all of its activations, on each thread, for gradients",
                )?;
            }
            if network.contributions > 0 {
                line(
                    network.contributions,
                    "a batch and its references with all of their activations, on each thread, for contributions",
                )?;
            }
            if let Some(changes) = network.changes {
                line(
                    changes.kept,
                    "activation cache of backgrounds, for incremental recomputation",
                )?;
                line(
                    changes.windows,
                    "windows around edits, for incremental recomputation",
                )?;
            }
        }
        if !self.networks.is_empty() {
            line(LIBTORCH_BYTES, "libtorch")?;
        }
        line(GIA_BASE_BYTES, "gia")?;
        line(
            self.plan,
            "grid points and their edits, and sequences read from files",
        )?;
        line(self.chunks, "sequences in flight")?;
        line(
            self.outputs + self.collecting,
            "model outputs; `gia run --part` splits a run into parts",
        )?;
        line(self.study, "rows of the study, after the networks have run")?;
        let (one, two) = (self.total(1), self.total(2));
        let more = (two - one).div_ceil(MEGABYTE);
        let words = match self.networks.is_empty() {
            true => "in total".to_string(),
            false => format!(
                "in total on one thread; {} MB more for each further thread",
                count(more)
            ),
        };
        line(one, &words)?;
        for name in &self.uncounted {
            writeln!(
                f,
                "  {:>8} MB  {name}, which runs in Python: not counted",
                "?"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_outputs(outputs: u64) -> MemoryEstimate {
        MemoryEstimate {
            networks: Vec::new(),
            uncounted: Vec::new(),
            plan: 0,
            collecting: 0,
            outputs,
            study: 0,
            chunks: 0,
        }
    }

    fn judged(needed: u64, bytes: u64, limit: MemoryLimit) -> Option<Fit> {
        let options = Options {
            device: DeviceChoice::Cpu,
            threads: Some(2),
            ..Options::default()
        };
        let judged = of_outputs(needed - GIA_BASE_BYTES)
            .check_fit(&options, AvailableMemory { bytes, limit });
        judged.map(|(fit, _)| fit)
    }

    #[test]
    fn fit_depends_on_the_available_memory() {
        let needed = 800 << 20;
        for limit in [
            MemoryLimit::Machine,
            MemoryLimit::Group,
            MemoryLimit::AddressSpace,
        ] {
            assert_eq!(judged(needed, 1000 << 20, limit), None);
            assert_eq!(judged(needed, 999 << 20, limit), Some(Fit::Tight));
            assert_eq!(judged(needed, needed, limit), Some(Fit::Tight));
            assert_eq!(judged(needed, needed - 1, limit), Some(Fit::TooLarge));
        }
    }

    #[test]
    fn a_limit_on_each_process_applies_to_the_larger_one() {
        let network = NetworkMemory {
            name: "net".to_string(),
            batch: 1,
            weights: (500 << 20) - LIBTORCH_BYTES,
            pass: 0,
            gradients: 0,
            contributions: 0,
            check: 0,
            changes: None,
        };
        let memory = MemoryEstimate {
            networks: vec![network],
            uncounted: Vec::new(),
            ..of_outputs((500 << 20) - GIA_BASE_BYTES)
        };
        let options = Options {
            device: DeviceChoice::Cpu,
            ..Options::default()
        };
        let fit = |limit: MemoryLimit| {
            let available = AvailableMemory {
                bytes: 700 << 20,
                limit,
            };
            memory.check_fit(&options, available).map(|(fit, _)| fit)
        };
        assert_eq!(fit(MemoryLimit::AddressSpace), None);
        assert_eq!(fit(MemoryLimit::Group), Some(Fit::TooLarge));
    }

    #[test]
    fn weights_add_up_and_passes_do_not() {
        let network = |pass: u64| NetworkMemory {
            name: "net".to_string(),
            batch: 8,
            weights: 100,
            pass,
            gradients: 0,
            contributions: 0,
            check: 0,
            changes: None,
        };
        let memory = MemoryEstimate {
            networks: vec![network(1000), network(3000)],
            uncounted: Vec::new(),
            ..of_outputs(0)
        };
        assert_eq!(
            memory.total(1),
            GIA_BASE_BYTES + LIBTORCH_BYTES + 200 + 3000
        );
        assert_eq!(memory.total(2) - memory.total(1), 3000);
    }
}
