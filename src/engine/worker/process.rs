//! One life of a worker process: started, spoken to, ended.
//!
//! Invariant: a process that has stopped is a [`Trouble`] that holds its last words.

use std::io::{self, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::death::{Death, out_of_step};
use super::guard::Guard;
use super::last_words::LastWords;
use super::program;
use crate::progress::interrupted;
use crate::{Options, Overseer, Precision};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_wire::{Open, Reply, Request};

/// How often libgomp looks for the end of a parallel region before it lets the thread sleep. With its own 300,000, runs on a
/// crowded machine were seen to take ten times as long and more; ten thousand is as fast where the cores are free.
const SPINS: &str = "10000";

/// How long a worker whose pipe is closed may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// One life of a worker.
pub struct Process {
    child: Child,
    /// Taken when the worker is to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    last_words: LastWords,
    guard: Guard,
    overseer: Overseer,
}

/// Why a request got no answer.
pub enum Trouble {
    /// The process is gone.
    Died(Death),
    /// It answered with a diagnosis.
    Failed(Box<Diagnostic>),
}

impl Process {
    /// Starts the program.
    pub fn spawn(options: &Options) -> Outcome<Process> {
        let program = program::find()?;
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

    /// Agrees on the version of the wire and takes a device. Names of the device and of libtorch's version.
    pub fn hello(&mut self, options: &Options) -> Outcome<(String, String)> {
        let request = Request::Hello {
            version: gia_wire::VERSION,
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
    pub fn open(&mut self, open: &Open) -> Result<(Vec<Vec<usize>>, u32), Trouble> {
        match self.ask(&Request::Open(open.clone()), &[])? {
            (Reply::Opened { shapes, batch, .. }, _) => {
                let known = |shape: Vec<u64>| shape.into_iter().map(|n| n as usize).collect();
                Ok((shapes.into_iter().map(known).collect(), batch))
            }
            _ => Err(Trouble::Failed(out_of_step())),
        }
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&mut self, request: &Request, payload: &[u8]) -> Result<(Reply, Vec<u8>), Trouble> {
        self.guard.asked();
        let sent = match &mut self.input {
            Some(input) => gia_wire::send(input, request, payload),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let answer = sent.and_then(|()| gia_wire::receive::<Reply>(&mut self.output));
        self.guard.answered();
        match answer {
            Ok(Some((Reply::Failed(failure), _))) => Err(Trouble::Failed(Box::new(failure.into()))),
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.ended(io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.ended(error)),
        }
    }

    /// Whether the process is still there.
    pub fn is_there(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Identifier of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
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
    pub fn into_diagnostic(self) -> Box<Diagnostic> {
        match self {
            Trouble::Failed(diagnostic) => diagnostic,
            Trouble::Died(death) => death.into_diagnostic(),
        }
    }
}
