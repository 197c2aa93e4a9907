//! What runs a network: `gia-worker`, or Python.

use std::ffi::OsString;
use std::process::Command;

use super::libtorch;
use super::program::{NewerPython, Programs};
use super::torch_version::TorchVersion;
use crate::Options;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::Declaration;

/// Environment variable with the Python that runs networks.
const PYTHON_VARIABLE: &str = "GIA_PYTHON";
/// The Python that runs networks if the variable names none and `gia` is installed in none.
const DEFAULT_PYTHON: &str = "python3";
/// Module of Python that is the worker.
const MODULE: &str = "gia_lang.worker";

/// A program that runs networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// `gia-worker`, for model files.
    Native,
    /// `python3 -m gia_lang.worker`, for declarations that name what to import.
    Python,
}

impl Runtime {
    /// What runs the network of a declaration.
    pub fn of(declaration: &Declaration) -> Runtime {
        match declaration.entry {
            Some(_) => Runtime::Python,
            None => Runtime::Native,
        }
    }

    /// Checks that the options allow this runtime.
    ///
    /// # Errors
    /// [`Code::PythonNotAllowed`] for Python unless the options allow it.
    pub fn check_allowed(self, options: &Options) -> Outcome<()> {
        match self {
            Runtime::Python if !options.allow_python => Err(not_allowed()),
            Runtime::Native | Runtime::Python => Ok(()),
        }
    }

    /// The program, without its environment.
    ///
    /// # Errors
    /// As [`Runtime::check_allowed`]; also if `gia-worker` is not found.
    pub(super) fn command(self, options: &Options) -> Outcome<Command> {
        match self {
            Runtime::Native => native(options),
            Runtime::Python => {
                self.check_allowed(options)?;
                let named = std::env::var_os(PYTHON_VARIABLE).filter(|path| !path.is_empty());
                let python = named.or_else(|| Some(libtorch::own_python()?.into()));
                Ok(python_worker(python.unwrap_or(DEFAULT_PYTHON.into())))
            }
        }
    }

    /// What helps if the program does not start or ends at once.
    pub(super) fn start_help(self) -> Option<String> {
        match self {
            Runtime::Native => None,
            Runtime::Python => Some(format!(
                "install `gia-lang` and the network's libraries for this Python (`python3 -m pip install gia-lang`), or set {PYTHON_VARIABLE} to a Python that has them"
            )),
        }
    }
}

/// `gia-worker`; where PyTorch is newer than those that it serves, the worker in Python, if the options allow it: PyTorch's own reader of
/// `.pt2` files falls back to pickles, which can run code.
fn native(options: &Options) -> Outcome<Command> {
    let programs = Programs::look();
    // If none is served, the choice has looked at every one.
    let mut seen = Vec::new();
    let search = programs.libtorch().inspect(|one| seen.push(one.clone()));
    let missing = match programs.choose(search) {
        Ok(program) => return Ok(program.command()),
        Err(missing) => missing,
    };
    let newer = programs.newer_python(&seen);
    let newer = newer.filter(|_| missing.code == Code::NoLibtorch);
    let Some(NewerPython { python, version }) = newer else {
        return Err(missing);
    };
    if !options.allow_python {
        return Err(Box::new(in_python_by_permission(*missing, version)));
    }
    let message = format!(
        "networks run in Python, since this gia serves PyTorch {} and {version} is installed; every sequence takes a full pass",
        programs.versions()
    );
    options.overseer.warn(
        Diagnostic::warning(Code::RunsInPython, message).help(format!(
            "for incremental recomputation, `pip install 'torch{}'` or `gia libtorch fetch`",
            programs.requirement()
        )),
    );
    Ok(python_worker(python.into()))
}

/// Adds to the error that no worker serves the version that is there how networks run all the same.
fn in_python_by_permission(mut missing: Diagnostic, version: TorchVersion) -> Diagnostic {
    let way = format!(
        "or add `--allow-python` to run `.pt2` files in Python by PyTorch {version}, for files that you trust: PyTorch's reader can run code in them"
    );
    missing.help = Some(match missing.help.take() {
        Some(help) => format!("{help}; {way}"),
        None => way,
    });
    missing
}

fn python_worker(python: OsString) -> Command {
    let mut command = Command::new(python);
    command.args(["-m", MODULE]);
    command
}

fn not_allowed() -> Box<Diagnostic> {
    let message = "a network of this run is Python code, which runs only if the command allows it";
    Box::new(
        Diagnostic::error(Code::PythonNotAllowed, message).help(
            "read what `entry` of its declaration names; if you trust it, add `--allow-python`",
        ),
    )
}
