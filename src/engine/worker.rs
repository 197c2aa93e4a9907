//! A worker process with its networks. It is restarted with a smaller batch if it runs out of memory.
//!
//! Invariant: a worker that dies gives a diagnostic with the end of its standard error, never a hang and never a panic.

mod along;
mod contributions;
mod exit;
mod libtorch;
mod loading;
mod process;
mod program;
mod python_query;
mod requests;
mod runtime;
mod stderr_tail;
mod torch_version;
mod watchdog;

use super::Options;
use exit::protocol_error;
use gia_base::diag::Outcome;
use gia_model::Flanks;
use gia_study::IncrementalStats;
use gia_wire::{Identity, Open, Reply, Request};
pub use libtorch::{Libtorch, fetched_folder};
pub(super) use loading::changes_when_loaded;
pub use process::LoadedNetwork;
use process::{Process, RequestError};
pub use program::{InstalledWorker, Programs, WorkerProgram};
pub use runtime::Runtime;
pub use watchdog::kill_workers;

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
}
