//! A worker process: starting it, sending requests and ending it.
//!
//! Invariant: if the process dies, requests fail with a [`RequestError`] that has the end of its standard error.

use std::io::{self, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::exit::{WorkerExit, protocol_error};
use super::runtime::Runtime;
use super::stderr_tail::StderrTail;
use super::watchdog::Watchdog;
use crate::progress::cancelled;
use crate::{Options, Overseer, Precision};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_wire::{Identity, Open, Reply, Request};

/// Spin count of libgomp before a waiting thread sleeps (`GOMP_SPINCOUNT`). With the default of 300,000, runs on a machine with
/// busy cores took more than ten times as long; 10,000 is as fast on idle cores.
const OPENMP_SPIN_COUNT: &str = "10000";

/// Time that a worker has to exit after its pipe is closed.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// A worker process.
pub struct Process {
    runtime: Runtime,
    child: Child,
    /// Closed to end the worker.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    stderr_tail: StderrTail,
    watchdog: Watchdog,
    overseer: Overseer,
}

/// What a worker says of a network that it loaded.
pub struct LoadedNetwork {
    /// Shapes of its outputs without the batch dimension.
    pub shapes: Vec<Vec<usize>>,
    /// Batch size in sequences.
    pub batch: u32,
    /// What identifies it, unless its file does.
    pub identity: Option<Identity>,
}

/// Why a request failed.
pub enum RequestError {
    /// The process exited.
    Exited(WorkerExit),
    /// The worker replied with a diagnostic.
    Failed(Box<Diagnostic>),
}

impl Process {
    /// Starts the process.
    pub fn spawn(options: &Options, runtime: Runtime) -> Outcome<Process> {
        let mut command = runtime.command(options)?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C goes to `gia` alone, which decides when a worker ends.
            .process_group(0)
            // Makes cuBLAS deterministic: equal batches give identical outputs.
            .env("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
        if std::env::var_os("OMP_WAIT_POLICY").is_none()
            && std::env::var_os("GOMP_SPINCOUNT").is_none()
        {
            command.env("GOMP_SPINCOUNT", OPENMP_SPIN_COUNT);
        }
        match options.precision {
            // By default PyTorch uses TF32 for convolutions but not for matrix products.
            Precision::Tf32 => command
                .env_remove("NVIDIA_TF32_OVERRIDE")
                .env("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "1"),
            Precision::Float32 | Precision::BFloat16 | Precision::Float64 => {
                command.env("NVIDIA_TF32_OVERRIDE", "0")
            }
        };
        let mut child = command.spawn().map_err(|error| {
            let program = command.get_program().display();
            let message = format!("`{program}` cannot be started: {error}");
            Box::new(Diagnostic {
                help: runtime.start_help(),
                ..Diagnostic::error(Code::WorkerFailed, message)
            })
        })?;
        let (Some(output), Some(errors)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Box::new(Diagnostic::error(
                Code::WorkerFailed,
                "the worker has no pipes",
            )));
        };
        let input = child.stdin.take();
        Ok(Process {
            runtime,
            watchdog: Watchdog::start(child.id(), options.overseer.clone()),
            overseer: options.overseer.clone(),
            child,
            input,
            output: BufReader::new(output),
            stderr_tail: StderrTail::read(errors),
        })
    }

    /// Checks the protocol version and selects the device. Returns the name of the device, and the version of libtorch if it is used.
    pub fn hello(&mut self, options: &Options) -> Outcome<(String, Option<String>)> {
        let request = Request::Hello {
            version: gia_wire::VERSION,
            device: options.device.into(),
            threads: options.threads() as u32,
            precision: options.precision.into(),
            incremental: options.incremental,
        };
        match self.ask(&request, &[]) {
            Ok((
                Reply::Hello {
                    device, libtorch, ..
                },
                _,
            )) => Ok((device, libtorch)),
            Ok(_) => Err(protocol_error()),
            Err(RequestError::Failed(diagnostic)) => Err(diagnostic),
            Err(RequestError::Exited(exit)) => {
                let diagnostic = *exit.into_diagnostic();
                let help = diagnostic.help.clone().or(self.runtime.start_help());
                Err(Box::new(Diagnostic { help, ..diagnostic }))
            }
        }
    }

    /// Loads a network.
    pub fn open(&mut self, open: &Open) -> Result<LoadedNetwork, RequestError> {
        match self.ask(&Request::Open(open.clone()), &[])? {
            (
                Reply::Opened {
                    shapes,
                    batch,
                    identity,
                    ..
                },
                _,
            ) => {
                let known = |shape: Vec<u64>| shape.into_iter().map(|n| n as usize).collect();
                Ok(LoadedNetwork {
                    shapes: shapes.into_iter().map(known).collect(),
                    batch,
                    identity,
                })
            }
            _ => Err(RequestError::Failed(protocol_error())),
        }
    }

    /// Sends a request and waits for its reply.
    pub fn ask(
        &mut self,
        request: &Request,
        payload: &[u8],
    ) -> Result<(Reply, Vec<u8>), RequestError> {
        self.watchdog.request_sent();
        let sent = match &mut self.input {
            Some(input) => gia_wire::send(input, request, payload),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let answer = sent.and_then(|()| gia_wire::receive::<Reply>(&mut self.output));
        self.watchdog.reply_received();
        match answer {
            Ok(Some((Reply::Failed(failure), _))) => {
                Err(RequestError::Failed(Box::new(failure.into())))
            }
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.ended(io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(self.ended(error)),
        }
    }

    /// Whether the process is still running.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Process identifier.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The error of a request whose process exited. After a cancellation, it is the cancellation.
    fn ended(&mut self, error: io::Error) -> RequestError {
        let exit = self.end(error);
        match self.overseer.is_stopped() {
            true => RequestError::Failed(cancelled()),
            false => RequestError::Exited(exit),
        }
    }

    /// Ends the process by closing its pipe, and returns how it exited.
    fn end(&mut self, error: io::Error) -> WorkerExit {
        self.input = None;
        let pid = self.child.id();
        let status = self.wait(EXIT_TIMEOUT);
        WorkerExit {
            pid,
            status,
            stderr_tail: self.stderr_tail.take(),
            error,
        }
    }

    /// Exit status of the process; none if it does not exit within the timeout and is killed.
    fn wait(&mut self, timeout: Duration) -> Option<ExitStatus> {
        self.watchdog.process_ended();
        let status = self.status_within(timeout);
        if status.is_none() {
            let _ = self.child.kill();
            // A process that is stuck in a driver cannot be killed, so the wait has a timeout.
            self.status_within(EXIT_TIMEOUT);
        }
        status
    }

    fn status_within(&mut self, timeout: Duration) -> Option<ExitStatus> {
        let started = Instant::now();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            if started.elapsed() >= timeout {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A worker exits when its input closes; one that is still computing is killed.
        self.input = None;
        self.wait(Duration::ZERO);
    }
}

impl RequestError {
    pub fn into_diagnostic(self) -> Box<Diagnostic> {
        match self {
            RequestError::Failed(diagnostic) => diagnostic,
            RequestError::Exited(exit) => exit.into_diagnostic(),
        }
    }
}
