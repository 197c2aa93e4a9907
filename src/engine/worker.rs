//! A worker process: found, started, spoken to, and started again when it dies.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::Options;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::model::Declaration;
use crate::wire::{self, Failure, Open, Reply, Request, Rows, Run};

/// Name of the program, beside `gia`.
const PROGRAM: &str = "gia-worker";
/// Where to find it otherwise.
const VARIABLE: &str = "GIA_WORKER";
/// Lines of its standard error that are kept for a diagnosis.
const LAST_WORDS: usize = 12;
/// Times that one piece of work is tried with ever smaller batches before it is given up.
const TRIES: usize = 4;

/// A worker with the networks that were opened in it.
pub struct Worker {
    options: Options,
    process: Process,
    opened: Vec<Opened>,
    pub device: String,
    pub libtorch: String,
}

struct Opened {
    open: Open,
    columns: usize,
    batch: u32,
}

/// The child and its pipes.
struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    last_words: Arc<Mutex<VecDeque<String>>>,
}

/// Why a request got no answer.
enum Trouble {
    /// The process is gone.
    Died(String),
    /// It answered with a diagnosis.
    Failed(Box<Diagnostic>),
}

impl Worker {
    /// Starts the program and takes a device.
    pub fn start(options: Options) -> Outcome<Worker> {
        let mut process = Process::spawn()?;
        let (device, libtorch) = process.hello(&options)?;
        Ok(Worker {
            options,
            process,
            opened: Vec::new(),
            device,
            libtorch,
        })
    }

    /// Loads a network; gives the number it is known by from then on.
    pub fn open(&mut self, path: &Path, declaration: &Declaration) -> Outcome<usize> {
        let model = self.opened.len();
        let open = Open {
            model: model as u32,
            path: path.display().to_string(),
            channels: declaration.channels(),
            length: declaration.length as u64,
            layout: declaration.layout,
            unknown: declaration.unknown,
            batch: self.options.batch.map(|n| n as u32),
        };
        match self.process.open(&open) {
            Ok((columns, _)) if columns != declaration.columns() => {
                Err(Box::new(Diagnostic::error(
                    Code::Contradiction,
                    format!(
                        "`{}` gives {columns} numbers for a sequence, its graph states {}",
                        path.display(),
                        declaration.columns()
                    ),
                )))
            }
            Ok((columns, batch)) => {
                self.opened.push(Opened {
                    open,
                    columns,
                    batch,
                });
                Ok(model)
            }
            Err(trouble) => Err(trouble.into_diagnostic()),
        }
    }

    /// Predicts rows: their chosen columns, row-major. A worker that dies on the way, as one does that is killed for
    /// its memory, is started again with half the batch, and the rows are sent again.
    pub fn run(&mut self, model: usize, rows: &Rows, columns: &[usize]) -> Outcome<Vec<f32>> {
        let request = Request::Run(Run {
            model: model as u32,
            columns: columns.iter().map(|&c| c as u32).collect(),
        });
        let payload = rows.to_bytes();
        let expected = rows.len() * columns.len();
        for _ in 0..TRIES {
            match self.process.ask(&request, &payload) {
                Ok((Reply::Values, bytes)) if bytes.len() == expected * 4 => {
                    let number = |c: &[u8]| f32::from_le_bytes([c[0], c[1], c[2], c[3]]);
                    return Ok(bytes.chunks_exact(4).map(number).collect());
                }
                Ok(_) => return Err(out_of_step()),
                Err(Trouble::Failed(diagnostic)) => return Err(diagnostic),
                Err(Trouble::Died(_)) => self.restart()?,
            }
        }
        Err(Trouble::Died(self.process.farewell()).into_diagnostic())
    }

    /// Identifier of the process.
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    fn restart(&mut self) -> Outcome<()> {
        let died = self.process.farewell();
        self.process = Process::spawn()?;
        self.process.hello(&self.options)?;
        for opened in &mut self.opened {
            opened.batch = (opened.batch / 2).max(1);
            opened.open.batch = Some(opened.batch);
            match self.process.open(&opened.open) {
                Ok((columns, _)) if columns == opened.columns => {}
                Ok(_) => return Err(out_of_step()),
                Err(Trouble::Failed(diagnostic)) => return Err(diagnostic),
                Err(Trouble::Died(_)) => return Err(Trouble::Died(died).into_diagnostic()),
            }
        }
        Ok(())
    }
}

impl Process {
    fn spawn() -> Outcome<Process> {
        let program = find()?;
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
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
        let last_words = Arc::new(Mutex::new(VecDeque::new()));
        let heard = last_words.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                if let Ok(mut lines) = heard.lock() {
                    if lines.len() == LAST_WORDS {
                        lines.pop_front();
                    }
                    lines.push_back(line);
                }
            }
        });
        let input = child.stdin.take();
        Ok(Process {
            child,
            input,
            output: BufReader::new(output),
            last_words,
        })
    }

    fn hello(&mut self, options: &Options) -> Outcome<(String, String)> {
        let request = Request::Hello {
            version: wire::VERSION,
            device: options.device.into(),
            threads: options.threads() as u32,
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

    fn open(&mut self, open: &Open) -> Result<(usize, u32), Trouble> {
        match self.ask(&Request::Open(open.clone()), &[])? {
            (Reply::Opened { columns, batch }, _) => Ok((columns as usize, batch)),
            _ => Err(Trouble::Failed(out_of_step())),
        }
    }

    fn ask(&mut self, request: &Request, payload: &[u8]) -> Result<(Reply, Vec<u8>), Trouble> {
        let sent = match &mut self.input {
            Some(input) => wire::send(input, request, payload),
            None => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        if sent.is_err() {
            return Err(Trouble::Died(self.farewell()));
        }
        match wire::receive::<Reply>(&mut self.output) {
            Ok(Some((Reply::Failed(failure), _))) => Err(Trouble::Failed(diagnose(failure))),
            Ok(Some(answer)) => Ok(answer),
            Ok(None) | Err(_) => Err(Trouble::Died(self.farewell())),
        }
    }

    /// How the process ended, and what it said last.
    fn farewell(&mut self) -> String {
        self.input = None;
        let _ = self.child.kill();
        let status = self
            .child
            .wait()
            .map_or("without a status".to_string(), |status| status.to_string());
        let said = self
            .last_words
            .lock()
            .map(|lines| lines.iter().cloned().collect::<Vec<_>>())
            .unwrap_or_default();
        if said.is_empty() {
            status
        } else {
            format!("{status}; it said: {}", said.join(" / "))
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A worker ends when its input does; one that computes still is not waited for.
        self.input = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Trouble {
    fn into_diagnostic(self) -> Box<Diagnostic> {
        match self {
            Trouble::Failed(diagnostic) => diagnostic,
            Trouble::Died(how) => Box::new(
                Diagnostic::error(Code::WorkerFailed, format!("`{PROGRAM}` stopped: {how}"))
                    .help("if it was killed for its memory, run with a smaller `--batch`"),
            ),
        }
    }
}

fn diagnose(failure: Failure) -> Box<Diagnostic> {
    Box::new(failure.into())
}

fn out_of_step() -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            Code::WorkerFailed,
            format!("`gia` and `{PROGRAM}` do not understand each other"),
        )
        .help("build or install both programs together"),
    )
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
