//! What runs a network: `gia-worker`, or Python.

use std::process::Command;

use super::{libtorch, program};
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
            Runtime::Native => Ok(program::find()?.command()),
            Runtime::Python => {
                self.check_allowed(options)?;
                let named = std::env::var_os(PYTHON_VARIABLE).filter(|path| !path.is_empty());
                let python = named.or_else(|| Some(libtorch::own_python()?.into()));
                let mut command = Command::new(python.unwrap_or(DEFAULT_PYTHON.into()));
                command.args(["-m", MODULE]);
                Ok(command)
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

fn not_allowed() -> Box<Diagnostic> {
    let message = "a network of this run is Python code, which runs only if the command allows it";
    Box::new(
        Diagnostic::error(Code::PythonNotAllowed, message).help(
            "read what `entry` of its declaration names; if you trust it, add `--allow-python`",
        ),
    )
}
