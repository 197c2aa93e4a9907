//! A worker with its networks: asked, and started again where it was killed for its memory.
//!
//! Invariant: a worker that has stopped is a diagnostic that holds its last words, never a hang and never a panic.

mod death;
mod guard;
mod last_words;
mod process;
mod program;

use std::path::Path;

use super::Options;
use death::{Death, no_memory, out_of_step, restarted};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::{Declaration, Flanks};
use gia_study::Recomputed;
use gia_wire::{Open, Reply, Request, Rows, Run, Timed};
pub use guard::kill_workers;
use process::{Process, Trouble};

/// Maximum number of attempts at one request, each with half the batch size of the last.
const TRIES: usize = 8;

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
    pub partly: Recomputed,
}

struct Opened {
    open: Open,
    batch: u32,
    /// Around every sequence that is asked about.
    flanks: Flanks,
}

impl Worker {
    /// Starts the program and claims a device.
    pub fn start(options: Options) -> Outcome<Worker> {
        Worker::start_during(options, || Ok(())).map(|(worker, ())| worker)
    }

    /// Starts the program, and does other work while libtorch loads, which takes a fifth of a second. If that work
    /// fails, the worker ends.
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
            partly: Recomputed::default(),
        };
        Ok((worker, done))
    }

    /// Starts a worker for each device, and does other work meanwhile, as in [`Worker::start_during`].
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
                workers.push(other.join().unwrap_or_else(|_| Err(out_of_step()))?);
            }
            Ok((workers, done))
        })
    }

    /// Loads a network and returns its number in later requests.
    pub fn open(&mut self, path: &Path, declaration: &Declaration) -> Outcome<usize> {
        self.open_in_batches(path, declaration, None)
    }

    /// Loads a network. Unless the options state a batch size, it is `batch`, or what the worker chooses.
    pub fn open_in_batches(
        &mut self,
        path: &Path,
        declaration: &Declaration,
        batch: Option<u32>,
    ) -> Outcome<usize> {
        let model = self.opened.len();
        let mut open = self.opening(model, path, declaration);
        open.batch = open.batch.or(batch);
        let (shapes, batch) = self.process.open(&open).map_err(Trouble::into_diagnostic)?;
        let columns: usize = shapes
            .iter()
            .map(|shape| shape.iter().product::<usize>())
            .sum();
        let stated = declaration.columns();
        if columns != stated {
            return Err(Box::new(Diagnostic::error(
                Code::Contradiction,
                format!(
                    "`{}` gives {columns} numbers for a sequence, its graph states {stated}",
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

    /// Loads a network and returns the shapes of its outputs after the batch, whatever the declaration says of them.
    pub fn shapes(&mut self, path: &Path, declaration: &Declaration) -> Outcome<Vec<Vec<usize>>> {
        let open = self.opening(self.opened.len(), path, declaration);
        let opened = self.process.open(&open).map_err(Trouble::into_diagnostic)?;
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

    /// The options that it was started with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Batch size of a network, given its number.
    pub fn batch(&self, model: usize) -> Option<u32> {
        self.opened.get(model).map(|opened| opened.batch)
    }

    /// Autotunes the batch size of a network, which is used from then on. Returns the times, smallest batch first; none
    /// if the worker ran out of memory, or if the network's graph has a fixed batch.
    pub fn measure(&mut self, model: usize) -> Outcome<Vec<Timed>> {
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
            Ok(_) => Err(out_of_step()),
            Err(Trouble::Died(death)) if death.of_memory() => {
                let batch = self.batch(model).unwrap_or(1);
                self.restart(model, batch, &death)?;
                Ok(Vec::new())
            }
            Err(trouble) => Err(trouble.into_diagnostic()),
        }
    }

    /// Warms a network up for requests of `rows` rows: compiles the kernels and allocates the memory for their passes.
    pub fn prepare(&mut self, model: usize, rows: usize) -> Outcome<()> {
        let request = Request::Prepare {
            model: model as u32,
            rows: rows as u64,
        };
        match self.process.ask(&request, &[]) {
            Ok((Reply::Done, _)) => Ok(()),
            Ok(_) => Err(out_of_step()),
            // Where there is too little memory, the first request finds a batch that fits.
            Err(Trouble::Died(death)) if death.of_memory() => {
                let batch = self.batch(model).unwrap_or(1);
                self.restart(model, (batch / 2).max(1), &death)
            }
            Err(trouble) => Err(trouble.into_diagnostic()),
        }
    }

    /// Predicts the chosen columns of rows: row-major (row, column). If the worker runs out of memory, it is restarted
    /// with half the batch size, and the rows are sent again.
    pub fn run(&mut self, model: usize, rows: &Rows, columns: &[usize]) -> Outcome<Vec<f32>> {
        let request = Request::Run(of_columns(model, columns));
        self.numbers(model, &request, rows, columns.len())
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
        let request = Request::Gradients(of_columns(model, &columns), weights);
        let Some(flanks) = self.flanks(model) else {
            return self.numbers(model, &request, rows, 4 * rows.length);
        };
        let (left, shown) = (flanks.left.len(), rows.length + flanks.len());
        let found = self.numbers(model, &request, rows, 4 * shown)?;
        let own = |of_base: &[f32]| of_base[left..left + rows.length].to_vec();
        Ok(found.chunks_exact(shown).flat_map(own).collect())
    }

    /// What stands around the sequences of a model, where anything does.
    fn flanks(&self, model: usize) -> Option<Flanks> {
        let opened = self.opened.get(model)?;
        (!opened.flanks.is_empty()).then(|| opened.flanks.clone())
    }

    /// What is answered about rows, so many numbers for each.
    fn numbers(
        &mut self,
        model: usize,
        request: &Request,
        rows: &Rows,
        each: usize,
    ) -> Outcome<Vec<f32>> {
        let payload = match self.flanks(model) {
            Some(flanks) => rows.between(&flanks).to_bytes(),
            None => rows.to_bytes(),
        };
        let expected = rows.len() * each;
        for tried in 1.. {
            let death = match self.process.ask(request, &payload) {
                Ok((Reply::Values(partly), bytes)) if bytes.len() == expected * 4 => {
                    self.partly = self.partly.with(partly);
                    return Ok(bytes
                        .as_chunks()
                        .0
                        .iter()
                        .map(|number| f32::from_le_bytes(*number))
                        .collect());
                }
                Ok(_) => return Err(out_of_step()),
                Err(Trouble::Failed(diagnostic)) => return Err(diagnostic),
                Err(Trouble::Died(death)) => death,
            };
            let batch = self.batch(model).unwrap_or(1);
            if !death.of_memory() {
                return Err(death.into_diagnostic());
            }
            if tried == TRIES || batch <= 1 {
                return Err(no_memory(tried, batch));
            }
            self.restart(model, batch / 2, &death)?;
        }
        Err(out_of_step())
    }

    /// Whether the process is still running.
    pub(super) fn is_there(&mut self) -> bool {
        self.process.is_there()
    }

    /// Statistics of incremental recomputation since this was last called.
    pub fn take_partly(&mut self) -> Recomputed {
        std::mem::take(&mut self.partly)
    }

    /// Process identifier.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// A new process with the same networks, one of them with this batch, after one that died.
    fn restart(&mut self, model: usize, batch: u32, death: &Death) -> Outcome<()> {
        self.options.overseer.warn(restarted(death.pid, batch));
        self.process = Process::spawn(&self.options)?;
        self.process.hello(&self.options)?;
        for (number, opened) in self.opened.iter_mut().enumerate() {
            if number == model {
                opened.open.batch = Some(batch);
            }
            let (_, batch) = self
                .process
                .open(&opened.open)
                .map_err(Trouble::into_diagnostic)?;
            opened.batch = batch;
        }
        Ok(())
    }
}

fn of_columns(model: usize, columns: &[usize]) -> Run {
    Run {
        model: model as u32,
        columns: columns.iter().map(|&c| c as u32).collect(),
    }
}
