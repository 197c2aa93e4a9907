//! Memory of a run on a CPU, estimated before it starts: that of `gia` and of its workers together.
//!
//! A run has two phases. While it predicts, `gia` holds the plan and gathers answers, and a worker holds networks;
//! while it summarises, the workers are gone, and `gia` holds plan, answers and the rows of the study. The estimate is
//! the larger of both.

mod available;
mod networks;
mod study;

use std::fmt;

pub use available::{Available, Limit};
pub use networks::{OfChanges, OfNetwork};

use super::pieces;
use super::{DeviceChoice, Options};
use gia_base::diag::{Code, Diagnostic, Outcome, count, counted};
use gia_plan::{Job, ModelSource, Plan, Task, block, held_by, table};

const NUMBER: u64 = size_of::<f32>() as u64;
/// Pieces of work in flight at the same time: sampled, sent, and answered.
const PIECES: u64 = 6;
/// The program `gia` itself with the standard library of the language.
const OWN: u64 = 14 << 20;
/// Memory of libtorch before any network is loaded, as measured on CPUs: code, tables and its first kernels.
const LIBTORCH: u64 = 146 << 20;
const MEGABYTE: u64 = 1 << 20;
/// Share of the available memory above which a plan gets a warning.
const TIGHT: f64 = 0.8;

/// Estimated memory of a run on a CPU, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory {
    /// One for each network, in the order of `Plan::models`.
    pub networks: Vec<OfNetwork>,
    /// Grid points with their edits, and sequences that were read from files.
    pub plan: u64,
    /// Answers while they are gathered, with what applies the edits.
    pub gathered: u64,
    /// Answers until they are summarised.
    pub answers: u64,
    /// The rows of the study, and what they are worked out from.
    pub study: u64,
    /// Sequences on their way to the networks, and answers on their way back.
    pub pieces: u64,
}

/// Whether a run fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Fits,
    /// It takes most of what is there.
    Tight,
    TooLarge,
}

impl Memory {
    /// Estimates the memory of a plan. A network whose graph is unknown counts with the size of its file.
    pub fn of(plan: &Plan, options: &Options) -> Memory {
        let jobs = plan.jobs.iter();
        let gathered = jobs
            .clone()
            .map(|job| gathering(plan, job))
            .max()
            .unwrap_or(0);
        let pieces = jobs
            .clone()
            .map(|job| in_pieces(plan, job))
            .max()
            .unwrap_or(0);
        let mut memory = Memory {
            networks: Vec::new(),
            plan: plan.held(),
            gathered,
            answers: jobs.map(answers).sum(),
            study: study::held(plan),
            pieces,
        };
        for (number, model) in plan.models.iter().enumerate() {
            if let ModelSource::File { path, .. } = &model.source {
                let jobs = plan.jobs.iter().filter(|job| job.model == number);
                let jobs: Vec<&Job> = jobs.collect();
                memory
                    .networks
                    .push(OfNetwork::of(model, path, plan, &jobs, options));
            }
        }
        memory
    }

    /// `gia` while it predicts.
    fn predicting(&self) -> u64 {
        OWN + self.plan + self.answers + self.gathered + self.pieces / 2
    }

    /// `gia` while it summarises. The allocator keeps the small blocks of what was gathered.
    fn summarising(&self) -> u64 {
        OWN + self.plan + self.answers + self.gathered + self.study
    }

    /// A worker with so many threads; networks take their passes in turn.
    fn worker(&self, threads: u64) -> u64 {
        let networks = self.networks.iter();
        let at_work = networks
            .clone()
            .map(|network| network.at_work(threads))
            .max();
        let weights: u64 = networks.map(|network| network.weights).sum();
        at_work.map_or(0, |at_work| LIBTORCH + weights + at_work + self.pieces / 2)
    }

    /// Total with `threads` threads in a worker.
    pub fn total(&self, threads: u64) -> u64 {
        (self.predicting() + self.worker(threads)).max(self.summarising())
    }

    /// The larger of the two processes, for a limit that counts each by itself.
    fn larger_process(&self, threads: u64) -> u64 {
        self.predicting()
            .max(self.summarising())
            .max(self.worker(threads))
    }

    fn fit(&self, needed: u64, available: u64) -> Fit {
        match needed as f64 / available.max(1) as f64 {
            share if share > 1.0 => Fit::TooLarge,
            share if share > TIGHT => Fit::Tight,
            _ => Fit::Fits,
        }
    }

    /// What is to be said of a run with these options where so much is available: nothing, that it is tight, or that it cannot fit.
    fn judge(&self, options: &Options, available: Available) -> Option<(Fit, String)> {
        let threads = options.threads() as u64;
        // Networks on a GPU take the memory of the computer for little but libtorch.
        let on_gpu = match options.device {
            DeviceChoice::Cpu => false,
            DeviceChoice::Cuda(_) => true,
            DeviceChoice::Auto => std::path::Path::new("/dev/nvidiactl").exists(),
        };
        let needed = match (on_gpu, available.limit) {
            (true, _) => self.predicting().max(self.summarising()),
            (false, Limit::AddressSpace) => self.larger_process(threads),
            (false, Limit::Machine | Limit::Group) => self.total(threads),
        };
        let fit = self.fit(needed, available.bytes);
        let megabytes = |bytes: u64| count(bytes.div_ceil(MEGABYTE));
        let words = format!(
            "the run takes about {} MB of memory on {}, and {} MB are available {}",
            megabytes(needed),
            counted(threads as usize, "thread"),
            megabytes(available.bytes),
            available.limit
        );
        (fit != Fit::Fits).then_some((fit, words))
    }

    /// What makes a run smaller, the most first.
    fn remedy(&self, threads: u64) -> String {
        let mut remedies = Vec::new();
        if self.plan + self.study > self.answers.max(self.worker(threads)) {
            remedies.push("fewer grid points, outcomes or contrasts in an experiment, or a script for each experiment");
        }
        if self.answers > self.worker(1) {
            remedies.push(
                "fewer backgrounds, or `--part 1/4` and so on for a quarter of them at a time",
            );
        }
        if threads > 1 && self.worker(threads) > self.worker(1) + self.predicting() / 4 {
            remedies.push("fewer `--threads`");
        }
        if self
            .networks
            .iter()
            .any(|network| network.at_work(1) > LIBTORCH)
        {
            remedies.push("a smaller `--batch`");
        }
        if remedies.is_empty() {
            remedies.push("fewer grid points, `--threads 1` or a smaller `--batch`");
        }
        format!("what makes it smaller: {}", remedies.join("; "))
    }

    /// Refuses a run that cannot fit what is available, before it starts.
    ///
    /// # Errors
    /// [`Code::MemoryExceeded`].
    fn refuse_too_large(&self, options: &Options) -> Outcome<()> {
        let Some(available) = Available::now() else {
            return Ok(());
        };
        match self.judge(options, available) {
            Some((Fit::TooLarge, words)) => Err(Box::new(
                Diagnostic::error(Code::MemoryExceeded, words).help(format!(
                    "{}; `--ignore-memory` runs it nevertheless",
                    self.remedy(options.threads() as u64)
                )),
            )),
            Some((Fit::Tight | Fit::Fits, _)) | None => Ok(()),
        }
    }

    /// A warning where a run takes most of what is available, or more.
    pub fn warning(&self, options: &Options) -> Option<Diagnostic> {
        let (fit, words) = self.judge(options, Available::now()?)?;
        let warning = Diagnostic::warning(Code::Tight, words);
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

/// Refuses a run that cannot fit what is available, before it starts, unless that is not to be heeded.
///
/// # Errors
/// [`Code::MemoryExceeded`].
pub fn refuse_too_large(plan: &Plan, options: &Options) -> Outcome<()> {
    match options.ignore_memory {
        true => Ok(()),
        false => Memory::of(plan, options).refuse_too_large(options),
    }
}

/// Answers to a job, each variant's in a block of its own.
fn answers(job: &Job) -> u64 {
    let each = |task: &Task| block((task.count * job.readings.len()) * NUMBER as usize);
    let entry = size_of::<usize>() + size_of::<Vec<f32>>();
    table(job.tasks.len(), entry) + job.tasks.iter().map(each).sum::<u64>()
}

/// What a job takes beside its answers while they come.
fn gathering(plan: &Plan, job: &Job) -> u64 {
    let variants = &plan.populations[job.population].variants;
    // An editor holds a copy of its edit.
    let editors = job.tasks.iter().map(|task| {
        let edits = &variants[task.variant];
        size_of::<Vec<u8>>() as u64 + 2 * held_by(edits)
    });
    let filling = table(job.tasks.len(), size_of::<usize>() + super::filling::SIZE);
    filling + editors.sum::<u64>()
}

/// Sequences and answers of a job on their way.
fn in_pieces(plan: &Plan, job: &Job) -> u64 {
    let length = plan.models[job.model].declaration.input_length();
    let columns = job.columns.len();
    let all: u64 = job.tasks.iter().map(Task::passes).sum();
    let rows = (pieces::most_rows(columns) as u64).min(all);
    // Rows of one background follow each other.
    let backgrounds = rows.div_ceil(job.tasks.len().max(1) as u64);
    let bytes = backgrounds * length as u64 + rows * (columns as u64 * NUMBER + 128);
    (PIECES * bytes).min(PIECES * pieces::most_bytes(length, columns))
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "memory on a CPU, about")?;
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
                line(changes.windows, "windows of edits, recomputed at a time")?;
            }
        }
        if !self.networks.is_empty() {
            line(LIBTORCH, "libtorch itself")?;
        }
        line(OWN, "gia itself")?;
        line(
            self.plan,
            "grid points and their edits, sequences from files",
        )?;
        line(self.pieces, "sequences on their way")?;
        line(
            self.answers + self.gathered,
            "answers; `gia run --part` cuts a run into pieces",
        )?;
        line(self.study, "rows of the study, when the networks are done")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of_answers(answers: u64) -> Memory {
        Memory {
            networks: Vec::new(),
            plan: 0,
            gathered: 0,
            answers,
            study: 0,
            pieces: 0,
        }
    }

    fn judged(needed: u64, bytes: u64, limit: Limit) -> Option<Fit> {
        let options = Options {
            device: DeviceChoice::Cpu,
            threads: Some(2),
            ..Options::default()
        };
        let judged = of_answers(needed - OWN).judge(&options, Available { bytes, limit });
        judged.map(|(fit, _)| fit)
    }

    #[test]
    fn what_cannot_fit_is_told_from_what_is_tight() {
        let needed = 800 << 20;
        for limit in [Limit::Machine, Limit::Group, Limit::AddressSpace] {
            assert_eq!(judged(needed, 1000 << 20, limit), None);
            assert_eq!(judged(needed, 999 << 20, limit), Some(Fit::Tight));
            assert_eq!(judged(needed, needed, limit), Some(Fit::Tight));
            assert_eq!(judged(needed, needed - 1, limit), Some(Fit::TooLarge));
        }
    }

    #[test]
    fn a_limit_on_each_process_does_not_count_them_together() {
        let network = OfNetwork {
            name: "net".to_string(),
            batch: 1,
            weights: (500 << 20) - LIBTORCH,
            pass: 0,
            check: 0,
            changes: None,
        };
        let memory = Memory {
            networks: vec![network],
            ..of_answers((500 << 20) - OWN)
        };
        let options = Options {
            device: DeviceChoice::Cpu,
            ..Options::default()
        };
        let fit = |limit: Limit| {
            let available = Available {
                bytes: 700 << 20,
                limit,
            };
            memory.judge(&options, available).map(|(fit, _)| fit)
        };
        assert_eq!(fit(Limit::AddressSpace), None);
        assert_eq!(fit(Limit::Group), Some(Fit::TooLarge));
    }

    #[test]
    fn networks_take_their_passes_in_turn_and_keep_their_weights() {
        let network = |pass: u64| OfNetwork {
            name: "net".to_string(),
            batch: 8,
            weights: 100,
            pass,
            check: 0,
            changes: None,
        };
        let memory = Memory {
            networks: vec![network(1000), network(3000)],
            ..of_answers(0)
        };
        assert_eq!(memory.total(1), OWN + LIBTORCH + 200 + 3000);
        assert_eq!(memory.total(2) - memory.total(1), 3000);
    }
}
