//! A worker process with its networks. It is restarted with a smaller batch if it runs out of memory.
//!
//! Invariant: a worker that dies gives a diagnostic with the end of its standard error, never a hang and never a panic.

mod exit;
mod libtorch;
mod process;
mod program;
mod stderr_tail;
mod torch_version;
mod watchdog;

use std::path::Path;

use super::Options;
use exit::{WorkerExit, out_of_memory, protocol_error, restarted};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::{Declaration, Flanks};
use gia_study::IncrementalStats;
use gia_wire::{BatchTiming, Open, Reply, Request, Rows, Run};
pub use libtorch::{Libtorch, fetched_folder};
use process::{Process, RequestError};
pub use program::{Found, InstalledWorker, WorkerProgram, look};
pub use watchdog::kill_workers;

/// Maximum number of attempts at one request, each with half the batch size of the last.
const MAX_ATTEMPTS: usize = 8;

/// A worker process and the networks that it holds.
pub struct Worker {
    options: Options,
    process: Process,
    opened: Vec<Opened>,
    /// Name of the device: `cpu`, or `cuda:N` with the model of the GPU.
    pub device: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// Statistics of incremental recomputation since they were last taken.
    pub incremental_stats: IncrementalStats,
}

struct Opened {
    open: Open,
    batch: u32,
    /// Bases that are added around every sequence.
    flanks: Flanks,
}

impl Worker {
    /// Starts a worker process on a device.
    pub fn start(options: Options) -> Outcome<Worker> {
        Worker::start_during(options, || Ok(())).map(|(worker, ())| worker)
    }

    /// As [`Worker::start`], and runs `meanwhile` while libtorch loads, which takes about 0.2 s. If `meanwhile` fails, the worker ends.
    pub fn start_during<T>(
        options: Options,
        meanwhile: impl FnOnce() -> Outcome<T>,
    ) -> Outcome<(Worker, T)> {
        let mut process = Process::spawn(&options)?;
        let done = meanwhile()?;
        let (device, libtorch) = process.hello(&options)?;
        let worker = Worker {
            options,
            process,
            opened: Vec::new(),
            device,
            libtorch,
            incremental_stats: IncrementalStats::default(),
        };
        Ok((worker, done))
    }

    /// Starts a worker on each device, and runs `meanwhile`, as in [`Worker::start_during`].
    pub fn start_all_during<T>(
        options: &Options,
        meanwhile: impl FnOnce() -> Outcome<T>,
    ) -> Outcome<(Vec<Worker>, T)> {
        let mut each = options.of_each_device().into_iter();
        let first = each.next().unwrap_or_default();
        std::thread::scope(|scope| {
            let others: Vec<_> = each
                .map(|options| scope.spawn(|| Worker::start(options)))
                .collect();
            let (first, done) = Worker::start_during(first, meanwhile)?;
            let mut workers = vec![first];
            for other in others {
                workers.push(other.join().unwrap_or_else(|_| Err(protocol_error()))?);
            }
            Ok((workers, done))
        })
    }

    /// Loads a network and returns its number in later requests.
    pub fn open(&mut self, path: &Path, declaration: &Declaration) -> Outcome<usize> {
        self.open_in_batches(path, declaration, None)
    }

    /// Loads a network and returns its number. The batch size is that of the options, else `batch`, else chosen by the worker.
    pub fn open_in_batches(
        &mut self,
        path: &Path,
        declaration: &Declaration,
        batch: Option<u32>,
    ) -> Outcome<usize> {
        let model = self.opened.len();
        let mut open = self.opening(model, path, declaration);
        open.batch = open.batch.or(batch);
        let (shapes, batch) = self
            .process
            .open(&open)
            .map_err(RequestError::into_diagnostic)?;
        let columns: usize = shapes
            .iter()
            .map(|shape| shape.iter().product::<usize>())
            .sum();
        let stated = declaration.columns();
        if columns != stated {
            return Err(Box::new(Diagnostic::error(
                Code::DeclarationMismatch,
                format!(
                    "`{}` gives {columns} numbers for a sequence, but its declaration states {stated}",
                    path.display()
                ),
            )));
        }
        self.opened.push(Opened {
            open,
            batch,
            flanks: declaration.flanks.clone(),
        });
        Ok(model)
    }

    /// Loads a network and returns the shapes of its outputs without the batch dimension. The declared outputs are not checked.
    pub fn shapes(&mut self, path: &Path, declaration: &Declaration) -> Outcome<Vec<Vec<usize>>> {
        let open = self.opening(self.opened.len(), path, declaration);
        let opened = self
            .process
            .open(&open)
            .map_err(RequestError::into_diagnostic)?;
        Ok(opened.0)
    }

    fn opening(&self, model: usize, path: &Path, declaration: &Declaration) -> Open {
        Open {
            model: model as u32,
            path: path.display().to_string(),
            channels: declaration.channels(),
            length: declaration.input_length() as u64,
            layout: declaration.layout,
            unknown: declaration.unknown,
            inputs: declaration.inputs.clone(),
            before: declaration
                .outputs
                .iter()
                .map(|output| output.before)
                .collect(),
            batch: self.options.batch.map(|n| n as u32),
        }
    }

    /// The options of this worker.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Batch size of a network, given its number.
    pub fn batch(&self, model: usize) -> Option<u32> {
        self.opened.get(model).map(|opened| opened.batch)
    }

    /// Autotunes the batch size of a network and uses it from then on. Returns the times, smallest batch first; empty if the worker
    /// ran out of memory or if the graph has a fixed batch size.
    pub fn measure(&mut self, model: usize) -> Outcome<Vec<BatchTiming>> {
        let request = Request::Measure {
            model: model as u32,
        };
        match self.process.ask(&request, &[]) {
            Ok((Reply::Measured { batch, tried }, _)) => {
                if let Some(opened) = self.opened.get_mut(model) {
                    opened.batch = batch;
                    opened.open.batch = Some(batch);
                }
                Ok(tried)
            }
            Ok(_) => Err(protocol_error()),
            Err(RequestError::Exited(exit)) if exit.is_out_of_memory() => {
                let batch = self.batch(model).unwrap_or(1);
                self.restart(model, batch, &exit)?;
                Ok(Vec::new())
            }
            Err(trouble) => Err(trouble.into_diagnostic()),
        }
    }

    /// Warms up a network for requests of `rows` rows: compiles kernels and allocates memory.
    pub fn prepare(&mut self, model: usize, rows: usize) -> Outcome<()> {
        let request = Request::Prepare {
            model: model as u32,
            rows: rows as u64,
        };
        match self.process.ask(&request, &[]) {
            Ok((Reply::Done, _)) => Ok(()),
            Ok(_) => Err(protocol_error()),
            // The first request halves the batch size further if memory is still too small.
            Err(RequestError::Exited(exit)) if exit.is_out_of_memory() => {
                let batch = self.batch(model).unwrap_or(1);
                self.restart(model, (batch / 2).max(1), &exit)
            }
            Err(trouble) => Err(trouble.into_diagnostic()),
        }
    }

    /// Predicts columns for rows: row-major (row, column). If the worker runs out of memory, the request is retried in a new worker
    /// with half the batch size.
    pub fn run(&mut self, model: usize, rows: &Rows, columns: &[usize]) -> Outcome<Vec<f32>> {
        let request = Request::Run(run_request(model, columns));
        self.request_values(model, &request, rows, columns.len())
    }

    /// Gradients of a weighted sum of columns with respect to the one-hot input: (rows, 4, length), bases in the order
    /// A, C, G, T.
    pub fn gradients(
        &mut self,
        model: usize,
        rows: &Rows,
        weighted: &[(usize, f32)],
    ) -> Outcome<Vec<f32>> {
        let (columns, weights): (Vec<usize>, Vec<f32>) = weighted.iter().copied().unzip();
        let request = Request::Gradients(run_request(model, &columns), weights);
        let Some(flanks) = self.flanks(model) else {
            return self.request_values(model, &request, rows, 4 * rows.length);
        };
        let (left, shown) = (flanks.left.len(), rows.length + flanks.len());
        let found = self.request_values(model, &request, rows, 4 * shown)?;
        let own = |of_base: &[f32]| of_base[left..left + rows.length].to_vec();
        Ok(found.chunks_exact(shown).flat_map(own).collect())
    }

    /// The flanks of a network; none if they are empty.
    fn flanks(&self, model: usize) -> Option<Flanks> {
        let opened = self.opened.get(model)?;
        (!opened.flanks.is_empty()).then(|| opened.flanks.clone())
    }

    /// Sends a request for rows and returns `each` numbers for each row, with retries when memory runs out.
    fn request_values(
        &mut self,
        model: usize,
        request: &Request,
        rows: &Rows,
        each: usize,
    ) -> Outcome<Vec<f32>> {
        let payload = match self.flanks(model) {
            Some(flanks) => rows.with_flanks(&flanks).to_bytes(),
            None => rows.to_bytes(),
        };
        let expected = rows.len() * each;
        for tried in 1.. {
            let exit = match self.process.ask(request, &payload) {
                Ok((Reply::Values(incremental_stats), bytes)) if bytes.len() == expected * 4 => {
                    self.incremental_stats = self.incremental_stats.combine(incremental_stats);
                    return Ok(gia_wire::values_of_bytes(&bytes));
                }
                Ok(_) => return Err(protocol_error()),
                Err(RequestError::Failed(diagnostic)) => return Err(diagnostic),
                Err(RequestError::Exited(exit)) => exit,
            };
            let batch = self.batch(model).unwrap_or(1);
            if !exit.is_out_of_memory() {
                return Err(exit.into_diagnostic());
            }
            if tried == MAX_ATTEMPTS || batch <= 1 {
                return Err(out_of_memory(tried, batch));
            }
            self.restart(model, batch / 2, &exit)?;
        }
        Err(protocol_error())
    }

    /// Whether the process is still running.
    pub(super) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// Takes the statistics of incremental recomputation since the last call.
    pub fn take_incremental_stats(&mut self) -> IncrementalStats {
        std::mem::take(&mut self.incremental_stats)
    }

    /// Process identifier.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Replaces a process that died by a new one with the same networks; `model` gets this batch size.
    fn restart(&mut self, model: usize, batch: u32, exit: &WorkerExit) -> Outcome<()> {
        self.options.overseer.warn(restarted(exit.pid, batch));
        self.process = Process::spawn(&self.options)?;
        self.process.hello(&self.options)?;
        for (number, opened) in self.opened.iter_mut().enumerate() {
            if number == model {
                opened.open.batch = Some(batch);
            }
            let (_, batch) = self
                .process
                .open(&opened.open)
                .map_err(RequestError::into_diagnostic)?;
            opened.batch = batch;
        }
        Ok(())
    }
}

fn run_request(model: usize, columns: &[usize]) -> Run {
    Run {
        model: model as u32,
        columns: columns.iter().map(|&c| c as u32).collect(),
    }
}
