//! A pool of threads for one network, which share its weights and divide the rows of each request.
//!
//! A pass over a few sequences, and even more a window of a few positions, has too little work for parallel operators, but sequences
//! are independent. On a CPU, each thread therefore runs its own rows on its share of the cores; if there are too few rows to
//! divide, one thread uses all cores. Invariant: the division depends on the rows alone, so equal requests give equal bits.

use std::cell::Cell;
use std::ops::Range;
use std::sync::mpsc;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::Processor;
use gia_wire::IncrementalStats;
use gia_wire::Rows;

use super::batch_sizes;
use super::device::processor;
use super::predictor::Predictor;

/// Minimum number of rows for each thread.
const MIN_ROWS_PER_THREAD: usize = 8;
/// A cut between two parts may move by at most one in this many rows of a part, to keep the rows of a background together.
const MAX_CUT_SHIFT_DIVISOR: usize = 8;
/// Stack size of a thread in bytes. Deep networks need more than the default.
const THREAD_STACK_BYTES: usize = 16 << 20;
/// Maximum number of cores that a thread of libtorch is set to use.
const MAX_CORES: usize = 1024;

/// A unit of work for one thread.
type Task = Box<dyn FnOnce(&mut Predictor) + Send>;

/// The threads of one network. Each has a [`Predictor`] and ends when its sender is dropped.
pub struct ThreadPool {
    threads: Vec<mpsc::Sender<Task>>,
    /// Number of CPU cores for all threads together.
    cores: usize,
    length: usize,
    /// Whether the network's graph has a fixed batch size.
    is_fixed_batch: bool,
}

impl ThreadPool {
    /// Starts one thread for each core, or a single thread on a GPU, for a fixed batch size, and for TorchScript.
    pub fn new(predictor: Predictor, cores: usize) -> Outcome<ThreadPool> {
        let network = &predictor.network;
        let (length, is_fixed_batch) = (network.length(), network.is_fixed_batch);
        let count = match network.device().is_cuda() || is_fixed_batch {
            true => 1,
            false => cores.max(1),
        };
        let others = (1..count).map_while(|_| predictor.clone_shared());
        let others: Vec<Predictor> = others.collect();
        let count = 1 + others.len();
        let mut threads = Vec::new();
        for mut predictor in std::iter::once(predictor).chain(others) {
            predictor.network.set_sharing_threads(count);
            threads.push(spawn(predictor)?);
        }
        Ok(ThreadPool {
            threads,
            cores,
            length,
            is_fixed_batch,
        })
    }

    /// Length of a sequence in bp.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Number of threads.
    pub fn count(&self) -> usize {
        self.threads.len()
    }

    /// Whether the network's graph has a fixed batch size.
    pub fn is_fixed_batch(&self) -> bool {
        self.is_fixed_batch
    }

    /// Batch size: the minimum over all threads, since some may have reduced it for lack of memory.
    pub fn batch(&self) -> Outcome<usize> {
        let all = self.broadcast(self.count(), |predictor| predictor.network.batch())?;
        Ok(all.into_iter().min().unwrap_or(1))
    }

    /// Sets the batch size.
    pub fn set_batch(&self, batch: usize) -> Outcome<()> {
        self.broadcast(self.count(), move |predictor| {
            predictor.network.set_batch(batch);
        })?;
        Ok(())
    }

    /// Warms up for requests of `rows` rows: runs a pass of the same batch size, in which libtorch compiles kernels and allocates
    /// memory. A pass that takes far longer than that is not run for it.
    pub fn prepare(&self, rows: usize) -> Outcome<()> {
        let parts = self.parts(rows);
        let (part_rows, length) = (rows.div_ceil(parts), self.length);
        let prepared = self.broadcast(parts, move |predictor| {
            let network = &mut predictor.network;
            let processor = processor(network.device());
            if processor == Processor::Cpu && network.passes_hold_one() {
                return Ok(());
            }
            let size = batch_sizes::rows_per_pass(part_rows, network.batch(), processor);
            network.predict_full(&Rows::dummy(length, size), &[])?;
            match processor {
                Processor::Cpu => Ok(()),
                // On a GPU the first pass autotunes the kernels, and the second allocates the memory that they need.
                Processor::Gpu => network
                    .predict_full(&Rows::dummy(length, size), &[])
                    .map(|_| ()),
            }
        })?;
        prepared.into_iter().collect()
    }

    /// Runs `work` on parts of the rows in parallel, each with the index of its first row. Returns the concatenated values in the order of the rows, and the statistics of
    /// incremental inference.
    pub fn run_rows<F>(&self, rows: Rows, work: F) -> Outcome<(Vec<f32>, IncrementalStats)>
    where
        F: Fn(&mut Predictor, &Rows, usize) -> Outcome<Vec<f32>> + Clone + Send + 'static,
    {
        let parts = split_rows(rows, |rows| self.parts(rows));
        let mut next = 0;
        let parts = parts.into_iter().map(|part| {
            let first = next;
            next += part.len();
            (part, first)
        });
        let results = self.run_parts(parts.collect(), move |predictor, (part, first)| {
            let values = work(predictor, &part, first);
            values.map(|values| (values, predictor.take_incremental_stats()))
        })?;
        let (mut values, mut stats) = (Vec::new(), IncrementalStats::default());
        for (part_values, part_stats) in results {
            stats = stats.combine(part_stats);
            match values.is_empty() {
                true => values = part_values,
                false => values.extend(part_values),
            }
        }
        Ok((values, stats))
    }

    /// Runs `work` on parts of a request in parallel, at most one for each thread. Returns the results in their order.
    pub fn run_parts<P, T, F>(&self, parts: Vec<P>, work: F) -> Outcome<Vec<T>>
    where
        P: Send + 'static,
        T: Send + 'static,
        F: Fn(&mut Predictor, P) -> Outcome<T> + Clone + Send + 'static,
    {
        let cores = self.cores / parts.len().max(1);
        let results = parts.into_iter().zip(&self.threads).map(|(part, thread)| {
            let work = work.clone();
            submit(thread, cores, move |predictor| work(predictor, part))
        });
        // All parts are submitted before the first is awaited, and all are awaited before an error returns.
        let results: Vec<mpsc::Receiver<_>> = results.collect();
        let results: Vec<_> = results.into_iter().map(|result| result.recv()).collect();
        let results = results.into_iter();
        results
            .map(|result| result.map_err(|_| thread_ended())?)
            .collect()
    }

    /// Number of parts that `rows` rows are divided into.
    fn parts(&self, rows: usize) -> usize {
        (rows / MIN_ROWS_PER_THREAD).clamp(1, self.count())
    }

    /// Runs `work` in parallel on each of the first `count` threads.
    fn broadcast<T, F>(&self, count: usize, work: F) -> Outcome<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(&mut Predictor) -> T + Clone + Send + 'static,
    {
        let cores = self.cores / count.max(1);
        let threads = self.threads.iter().take(count);
        let results: Vec<mpsc::Receiver<T>> = threads
            .map(|thread| submit(thread, cores, work.clone()))
            .collect();
        let results = results.into_iter().map(|result| result.recv());
        results
            .collect::<Result<_, _>>()
            .map_err(|_| thread_ended())
    }
}

/// Starts a thread that runs the tasks it is sent.
fn spawn(mut predictor: Predictor) -> Outcome<mpsc::Sender<Task>> {
    let (sender, tasks) = mpsc::channel::<Task>();
    let thread = std::thread::Builder::new().stack_size(THREAD_STACK_BYTES);
    let started = thread.spawn(move || {
        for task in tasks {
            task(&mut predictor);
        }
    });
    started.map_err(|error| {
        let message = format!("cannot start a thread: {error}");
        Diagnostic::error(Code::WorkerFailed, message)
    })?;
    Ok(sender)
}

/// Submits work to a thread, to run on `cores` cores. The receiver gets the result, or an error if the thread has ended.
fn submit<T: Send + 'static>(
    thread: &mpsc::Sender<Task>,
    cores: usize,
    work: impl FnOnce(&mut Predictor) -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (sender, result) = mpsc::channel();
    let sent = thread.send(Box::new(move |predictor| {
        set_cores(cores);
        let _ = sender.send(work(predictor));
    }));
    // If the thread has ended, the sender of `result` is dropped with the task.
    drop(sent);
    result
}

fn thread_ended() -> Box<Diagnostic> {
    let message = "a thread of the worker ended unexpectedly";
    Box::new(Diagnostic::error(Code::WorkerFailed, message))
}

/// Sets how many cores the operators of this thread use. libtorch keeps this setting for each thread.
fn set_cores(cores: usize) {
    thread_local! {
        static IN_USE: Cell<usize> = const { Cell::new(0) };
    }
    let cores = cores.clamp(1, MAX_CORES);
    if IN_USE.replace(cores) != cores {
        tch::set_num_threads(cores as i32);
    }
}

/// Divides rows into parts of about equal size, and keeps the rows of a background together if possible.
fn split_rows(rows: Rows, parts: impl Fn(usize) -> usize) -> Vec<Rows> {
    match parts(rows.len()) {
        1 => vec![rows],
        parts => split_ranges(&rows, parts)
            .into_iter()
            .map(|part| rows.range(part))
            .collect(),
    }
}

/// The ranges of the parts.
fn split_ranges(rows: &Rows, parts: usize) -> Vec<Range<usize>> {
    let (all, slack) = (rows.len(), rows.len() / parts / MAX_CUT_SHIFT_DIVISOR);
    let is_new_background =
        |at: &usize| (1..all).contains(at) && rows.background_of[at - 1] != rows.background_of[*at];
    let cut = |part: usize| {
        let even = all * part / parts;
        let near = (0..=slack).flat_map(|off| [even.saturating_sub(off), even + off]);
        match part == parts {
            true => all,
            false => near.into_iter().find(is_new_background).unwrap_or(even),
        }
    };
    let ends: Vec<usize> = (0..=parts)
        .map(|part| if part == 0 { 0 } else { cut(part) })
        .collect();
    ends.windows(2).map(|ends| ends[0]..ends[1]).collect()
}
