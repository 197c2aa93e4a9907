//! A worker process: found, started, spoken to, and started again where it was killed for its memory.
//!
//! Invariant: a worker that has stopped is a diagnostic that holds its last words, never a hang and never a panic.

mod death;
mod guard;
mod last_words;

use std::io::{self, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::progress::interrupted;
use super::{Options, Overseer, Precision};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::model::{Declaration, Flanks};
use crate::result::Recomputed;
use crate::wire::{self, Open, Reply, Request, Rows, Run, Timed};
use death::{Death, no_memory, out_of_step, restarted};
use guard::Guard;
pub use guard::kill_workers;
use last_words::LastWords;

/// How often libgomp looks for the end of a parallel region before it lets the thread sleep. With its own 300,000, runs on a
/// crowded machine were seen to take ten times as long and more; ten thousand is as fast where the cores are free.
const SPINS: &str = "10000";

/// Name of the program, beside `gia`.
const PROGRAM: &str = "gia-worker";
/// Where to find it otherwise.
const VARIABLE: &str = "GIA_WORKER";
/// Times that one piece of work is tried, each time with half the batch.
const TRIES: usize = 8;
/// How long a worker whose pipe is closed may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// A worker with the networks that were opened in it.
pub struct Worker {
    options: Options,
    process: Process,
    opened: Vec<Opened>,
    pub device: String,
    pub libtorch: String,
    /// What was predicted in part so far.
    pub partly: Recomputed,
}

struct Opened {
    open: Open,
    batch: u32,
    /// Around every sequence that is asked about.
    flanks: Flanks,
}

/// One life of a worker.
struct Process {
    child: Child,
    /// Taken when the worker is to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    last_words: LastWords,
    guard: Guard,
    overseer: Overseer,
}

/// Why a request got no answer.
enum Trouble {
    /// The process is gone.
    Died(Death),
    /// It answered with a diagnosis.
    Failed(Box<Diagnostic>),
}

impl Worker {
    /// Starts the program and takes a device.
    pub fn start(options: Options) -> Outcome<Worker> {
        Worker::start_during(options, || Ok(())).map(|(worker, ())| worker)
    }

    /// Starts the program, and does something else while libtorch loads, which takes a fifth of a second. Where that
    /// fails, there is no worker.
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

    /// A worker for each device, while something else is done, as in [`Worker::start_during`].
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

    /// Loads a network; gives the number it is known by from then on.
    pub fn open(&mut self, path: &Path, declaration: &Declaration) -> Outcome<usize> {
        self.open_in_batches(path, declaration, None)
    }

    /// Loads a network. Unless the options say how many sequences go through it in a pass, it is `batch` of them, or as many as
    /// the worker chooses.
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

    /// Loads a network once, and tells the shapes of its outputs after the batch, whatever the declaration says of them.
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

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Sequences in one forward pass of a network.
    pub fn batch(&self, model: usize) -> Option<u32> {
        self.opened.get(model).map(|opened| opened.batch)
    }

    /// Finds the fastest number of sequences in a pass by timing some, and uses it from then on. What was tried, smallest
    /// first; nothing where the worker ran out of memory over it, or the network has a number of its own.
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

    /// Makes a network ready for requests of so many rows: kernels are written for the passes that they will have, and memory
    /// is taken.
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

    /// Predicts rows: their chosen columns, row-major. A worker that is killed for its memory is started again with half
    /// the batch, and the rows are sent again.
    pub fn run(&mut self, model: usize, rows: &Rows, columns: &[usize]) -> Outcome<Vec<f32>> {
        let request = Request::Run(of_columns(model, columns));
        self.numbers(model, &request, rows, columns.len())
    }

    /// Gradients of the sum of some columns, each times its weight, by what stands in the four channels of every base of
    /// each row: (rows, 4, length), the bases in the order A, C, G, T.
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

    /// Whether the process is still there.
    pub(super) fn is_there(&mut self) -> bool {
        matches!(self.process.child.try_wait(), Ok(None))
    }

    /// What was predicted in part since this was last asked.
    pub fn take_partly(&mut self) -> Recomputed {
        std::mem::take(&mut self.partly)
    }

    /// Identifier of the process.
    pub fn pid(&self) -> u32 {
        self.process.child.id()
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

impl Process {
    fn spawn(options: &Options) -> Outcome<Process> {
        let program = find()?;
        let mut command = Command::new(&program);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at a terminal goes to `gia` alone, which decides when a worker ends.
            .process_group(0)
            // On a GPU, equal batches are to give equal bits.
            .env("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
        if std::env::var_os("OMP_WAIT_POLICY").is_none()
            && std::env::var_os("GOMP_SPINCOUNT").is_none()
        {
            command.env("GOMP_SPINCOUNT", SPINS);
        }
        match options.precision {
            // PyTorch rounds the products of convolutions unless it is told otherwise, those of matrices if it is told so.
            Precision::Tf32 => command
                .env_remove("NVIDIA_TF32_OVERRIDE")
                .env("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1"),
            Precision::Float32 | Precision::BFloat16 => command.env("NVIDIA_TF32_OVERRIDE", "0"),
        };
        let mut child = command.spawn().map_err(|error| {
            Box::new(Diagnostic::error(
                Code::WorkerFailed,
                format!("`{}` cannot be started: {error}", program.display()),
            ))
        })?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Box::new(Diagnostic::error(
                Code::WorkerFailed,
                "the worker has no pipes",
            )));
        };
        let input = child.stdin.take();
        Ok(Process {
            guard: Guard::over(child.id(), options.overseer.clone()),
            overseer: options.overseer.clone(),
            child,
            input,
            output: BufReader::new(output),
            last_words: LastWords::listen(errors),
        })
    }

    fn hello(&mut self, options: &Options) -> Outcome<(String, String)> {
        let request = Request::Hello {
            version: wire::VERSION,
            device: options.device.into(),
            threads: options.threads() as u32,
            precision: options.precision.into(),
            passes: options.passes,
        };
        match self.ask(&request, &[]) {
            Ok((
                Reply::Hello {
                    device, libtorch, ..
                },
                _,
            )) => Ok((device, libtorch)),
            Ok(_) => Err(out_of_step()),
            Err(trouble) => Err(trouble.into_diagnostic()),
        }
    }

    /// Shapes of the outputs after the batch, and the batch.
    fn open(&mut self, open: &Open) -> Result<(Vec<Vec<usize>>, u32), Trouble> {
        match self.ask(&Request::Open(open.clone()), &[])? {
            (Reply::Opened { shapes, batch, .. }, _) => {
                let known = |shape: Vec<u64>| shape.into_iter().map(|n| n as usize).collect();
                Ok((shapes.into_iter().map(known).collect(), batch))
            }
            _ => Err(Trouble::Failed(out_of_step())),
        }
    }

    fn ask(&mut self, request: &Request, payload: &[u8]) -> Result<(Reply, Vec<u8>), Trouble> {
        self.guard.asked();
        let sent = match &mut self.input {
            Some(input) => wire::send(input, request, payload),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let answer = sent.and_then(|()| wire::receive::<Reply>(&mut self.output));
        self.guard.answered();
        match answer {
            Ok(Some((Reply::Failed(failure), _))) => Err(Trouble::Failed(Box::new(failure.into()))),
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.ended(io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.ended(error)),
        }
    }

    /// Why there is no answer. A worker that ended when nobody waited for it is none to be told of.
    fn ended(&mut self, error: io::Error) -> Trouble {
        let death = self.end(error);
        match self.overseer.is_stopped() {
            true => Trouble::Failed(interrupted()),
            false => Trouble::Died(death),
        }
    }

    /// Closes the pipe, at which a worker ends, and hears how it did.
    fn end(&mut self, error: io::Error) -> Death {
        self.input = None;
        let pid = self.child.id();
        let status = self.wait(PATIENCE);
        Death {
            pid,
            status,
            last_words: self.last_words.take(),
            error,
        }
    }

    /// How it ended by itself; it is killed where it takes longer than this.
    fn wait(&mut self, patience: Duration) -> Option<ExitStatus> {
        self.guard.ended();
        let status = self.status_within(patience);
        if status.is_none() {
            let _ = self.child.kill();
            // A process that a driver holds cannot be killed, and is not waited for.
            self.status_within(PATIENCE);
        }
        status
    }

    fn status_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let started = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if started.elapsed() >= patience {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A worker ends when its input does; one that computes still is not waited for.
        self.input = None;
        self.wait(Duration::ZERO);
    }
}

impl Trouble {
    fn into_diagnostic(self) -> Box<Diagnostic> {
        match self {
            Trouble::Failed(diagnostic) => diagnostic,
            Trouble::Died(death) => death.into_diagnostic(),
        }
    }
}

/// The program beside this one, or one folder up (where tests lie), or where the variable says.
fn find() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os(VARIABLE) {
        return Ok(PathBuf::from(path));
    }
    let own = std::env::current_exe().unwrap_or_default();
    let folders = own.ancestors().skip(1).take(2);
    let beside = folders
        .map(|folder| folder.join(PROGRAM))
        .find(|path| path.is_file());
    beside.ok_or_else(|| {
        Box::new(
            Diagnostic::error(
                Code::WorkerFailed,
                format!("`{PROGRAM}` is not beside `{}`", own.display()),
            )
            .help(format!(
                "install both programs together, or name it in {VARIABLE}"
            )),
        )
    })
}
