//! A worker process with its networks. It is restarted with a smaller batch if it runs out of memory.
//!
//! Invariant: a worker that dies gives a diagnostic with the end of its standard error, never a hang and never a panic.

mod contributions;
mod exit;
mod libtorch;
mod process;
mod program;
mod runtime;
mod stderr_tail;
mod torch_version;
mod watchdog;

use std::path::Path;

use super::Options;
use exit::{WorkerExit, out_of_memory, protocol_error, restarted};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::{Declaration, Flanks};
use gia_study::IncrementalStats;
use gia_wire::{BatchTiming, Identity, Open, Reply, Request, Rows, Run};
pub use libtorch::{Libtorch, fetched_folder};
pub use process::LoadedNetwork;
use process::{Process, RequestError};
pub use program::{InstalledWorker, Programs, WorkerProgram};
pub use runtime::Runtime;
pub use watchdog::kill_workers;

/// Maximum number of attempts at one request, each with half the batch size of the last.
const MAX_ATTEMPTS: usize = 8;

/// The worker processes of a device and the networks that they hold: `gia-worker` for model files, and Python for networks in it.
pub struct Worker {
    options: Options,
    /// Started when the first model file is loaded, or before.
    native: Option<Process>,
    /// Started when the first network in Python is loaded, or before.
    python: Option<Process>,
    opened: Vec<Opened>,
    /// Name of the device: `cpu`, or `cuda:N` with the model of the GPU. If the processes use different ones, both are named.
    pub device: String,
    /// Version of libtorch; none if `gia-worker` does not run.
    pub libtorch: Option<String>,
    /// Statistics of incremental recomputation since they were last taken.
    pub incremental_stats: IncrementalStats,
}

struct Opened {
    open: Open,
    runtime: Runtime,
    batch: u32,
    /// Bases that are added around every sequence.
    flanks: Flanks,
    identity: Option<Identity>,
}

impl Worker {
    /// Starts a worker process for model files on a device.
    pub fn start(options: Options) -> Outcome<Worker> {
        Worker::start_for(options, Runtime::Native)
    }

    /// Starts a worker process on a device. The other kind of process is started when a network needs it.
    pub fn start_for(options: Options, runtime: Runtime) -> Outcome<Worker> {
        Worker::start_during(options, runtime, || Ok(())).map(|(worker, ())| worker)
    }

    /// As [`Worker::start_for`], and runs `meanwhile` while libtorch loads, which takes about 0.2 s. If `meanwhile` fails, the worker ends.
    pub fn start_during<T>(
        options: Options,
        runtime: Runtime,
        meanwhile: impl FnOnce() -> Outcome<T>,
    ) -> Outcome<(Worker, T)> {
        let process = Process::spawn(&options, runtime)?;
        let done = meanwhile()?;
        let mut worker = Worker {
            options,
            native: None,
            python: None,
            opened: Vec::new(),
            device: String::new(),
            libtorch: None,
            incremental_stats: IncrementalStats::default(),
        };
        worker.greet(process, runtime)?;
        Ok((worker, done))
    }

    /// Starts a worker on each device, and runs `meanwhile`, as in [`Worker::start_during`].
    pub fn start_all_during<T>(
        options: &Options,
        runtime: Runtime,
        meanwhile: impl FnOnce() -> Outcome<T>,
    ) -> Outcome<(Vec<Worker>, T)> {
        let mut each = options.of_each_device().into_iter();
        let first = each.next().unwrap_or_default();
        std::thread::scope(|scope| {
            let others: Vec<_> = each
                .map(|options| scope.spawn(move || Worker::start_for(options, runtime)))
                .collect();
            let (first, done) = Worker::start_during(first, runtime, meanwhile)?;
            let mut workers = vec![first];
            for other in others {
                workers.push(other.join().unwrap_or_else(|_| Err(protocol_error()))?);
            }
            Ok((workers, done))
        })
    }

    /// Exchanges the first messages with a process, and keeps it.
    fn greet(&mut self, mut process: Process, runtime: Runtime) -> Outcome<()> {
        let (device, libtorch) = process.hello(&self.options)?;
        if self.device.is_empty() {
            self.device = device;
        } else if self.device != device {
            self.device = format!("{} and {device}", self.device);
        }
        self.libtorch = self.libtorch.take().or(libtorch);
        *self.slot(runtime) = Some(process);
        Ok(())
    }

    fn slot(&mut self, runtime: Runtime) -> &mut Option<Process> {
        match runtime {
            Runtime::Native => &mut self.native,
            Runtime::Python => &mut self.python,
        }
    }

    /// The process of a runtime, which is started if it does not run.
    fn process(&mut self, runtime: Runtime) -> Outcome<&mut Process> {
        if self.slot(runtime).is_none() {
            let process = Process::spawn(&self.options, runtime)?;
            self.greet(process, runtime)?;
        }
        self.slot(runtime).as_mut().ok_or_else(protocol_error)
    }

    /// Sends a request about a network to its process.
    fn ask(
        &mut self,
        model: usize,
        request: &Request,
        payload: &[u8],
    ) -> Result<(Reply, Vec<u8>), RequestError> {
        let opened = self.opened.get(model);
        let runtime = opened.map_or(Runtime::Native, |opened| opened.runtime);
        let process = self.process(runtime).map_err(RequestError::Failed)?;
        process.ask(request, payload)
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
        let runtime = Runtime::of(declaration);
        let loaded = self
            .process(runtime)?
            .open(&open)
            .map_err(RequestError::into_diagnostic)?;
        check_outputs(path, declaration, &loaded)?;
        check_identity(path, declaration, &loaded)?;
        self.opened.push(Opened {
            open,
            runtime,
            batch: loaded.batch,
            flanks: declaration.flanks.clone(),
            identity: loaded.identity,
        });
        Ok(model)
    }

    /// Loads a network and returns what the worker says of it. The declared outputs are not checked.
    pub fn inspect(&mut self, path: &Path, declaration: &Declaration) -> Outcome<LoadedNetwork> {
        let open = self.opening(self.opened.len(), path, declaration);
        let process = self.process(Runtime::of(declaration))?;
        process.open(&open).map_err(RequestError::into_diagnostic)
    }

    fn opening(&self, model: usize, path: &Path, declaration: &Declaration) -> Open {
        Open {
            model: model as u32,
            path: path.display().to_string(),
            entry: declaration.entry.clone(),
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

    /// What identifies a network, given its number; none if its file does.
    pub fn identity(&self, model: usize) -> Option<&Identity> {
        self.opened.get(model)?.identity.as_ref()
    }

    /// Whether networks run in Python.
    pub(super) fn runs_python(&self) -> bool {
        self.python.is_some()
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
        match self.ask(model, &request, &[]) {
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
        match self.ask(model, &request, &[]) {
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
            let exit = match self.ask(model, request, &payload) {
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
        let mut processes = [&mut self.native, &mut self.python].into_iter().flatten();
        processes.all(Process::is_running)
    }

    /// Takes the statistics of incremental recomputation since the last call.
    pub fn take_incremental_stats(&mut self) -> IncrementalStats {
        std::mem::take(&mut self.incremental_stats)
    }

    /// Process identifiers.
    pub fn pids(&self) -> impl Iterator<Item = u32> {
        let processes = [&self.native, &self.python].into_iter().flatten();
        processes.map(Process::pid)
    }

    /// Replaces a process that died by a new one with the same networks; `model` gets this batch size.
    fn restart(&mut self, model: usize, batch: u32, exit: &WorkerExit) -> Outcome<()> {
        self.options.overseer.warn(restarted(exit.pid, batch));
        let opened = self.opened.get(model);
        let runtime = opened.map_or(Runtime::Native, |opened| opened.runtime);
        let mut process = Process::spawn(&self.options, runtime)?;
        process.hello(&self.options)?;
        for (number, opened) in self.opened.iter_mut().enumerate() {
            if opened.runtime != runtime {
                continue;
            }
            if number == model {
                opened.open.batch = Some(batch);
            }
            let loaded = process
                .open(&opened.open)
                .map_err(RequestError::into_diagnostic)?;
            if loaded.identity != opened.identity {
                return Err(changes_when_loaded(&opened.open.path));
            }
            opened.batch = loaded.batch;
        }
        *self.slot(runtime) = Some(process);
        Ok(())
    }
}

/// Checks the number of outputs against the declaration.
fn check_outputs(path: &Path, declaration: &Declaration, loaded: &LoadedNetwork) -> Outcome<()> {
    let sizes = loaded
        .shapes
        .iter()
        .map(|shape| shape.iter().product::<usize>());
    let (columns, stated) = (sizes.sum::<usize>(), declaration.columns());
    if columns == stated {
        return Ok(());
    }
    Err(Box::new(Diagnostic::error(
        Code::DeclarationMismatch,
        format!(
            "`{}` gives {columns} numbers for a sequence, but its declaration states {stated}",
            path.display()
        ),
    )))
}

/// Checks the identity of a network in Python, and the shapes of its outputs, against the declaration. The shapes of model files are
/// those of their graph.
fn check_identity(path: &Path, declaration: &Declaration, loaded: &LoadedNetwork) -> Outcome<()> {
    let Some(identity) = &loaded.identity else {
        return Ok(());
    };
    let stated = declaration.outputs.iter().map(|output| &output.shape);
    if !stated.eq(&loaded.shapes) {
        let stated: Vec<_> = declaration.outputs.iter().map(|o| &o.shape).collect();
        let message = format!(
            "`{}` returns outputs of shapes {:?} after the batch, but its declaration states {stated:?}",
            path.display(),
            loaded.shapes
        );
        return Err(Box::new(Diagnostic::error(
            Code::DeclarationMismatch,
            message,
        )));
    }
    match &declaration.sha256 {
        Some(declared) if *declared != identity.sha256 => {
            let message = format!(
                "`{}` is not the network that its declaration describes",
                path.display()
            );
            let help = format!(
                "the declaration states sha256 {declared}, and the weights and code have {}; restore them, or update the declaration if they were changed on purpose",
                identity.sha256
            );
            Err(Box::new(
                Diagnostic::error(Code::WrongHash, message).help(help),
            ))
        }
        _ => Ok(()),
    }
}

/// The error for a network that is another one each time it is loaded.
pub(super) fn changes_when_loaded(path: &str) -> Box<Diagnostic> {
    let message = format!("`{path}` was loaded twice, and its weights differed");
    Box::new(Diagnostic::error(Code::NotRepeatable, message).help(
        "its code sets weights at random: load trained weights, or call `torch.manual_seed` first",
    ))
}

fn run_request(model: usize, columns: &[usize]) -> Run {
    Run {
        model: model as u32,
        columns: columns.iter().map(|&c| c as u32).collect(),
    }
}
