//! `gia repl [FILE]`

use std::path::PathBuf;

use clap::Args;

use super::print::{eprint_exact, flush, print_out};
use super::{Execute, MachineArguments, Status};
use crate::repl::{self, Ending, Output};

#[derive(Args)]
pub struct Arguments {
    /// Script to load first. Its experiments run when you enter their names.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    machine: MachineArguments,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let mut print = |said: Output| match said {
            Output::Result(text) => {
                print_out(text);
                flush();
            }
            Output::Diagnostic(text) => eprint_exact(text),
        };
        match repl::run(self.machine.options(), self.file.as_deref(), &mut print) {
            Ending::Success => Status::Success,
            Ending::Failure => Status::Failure,
            Ending::InvalidProgram => Status::InvalidProgram,
            Ending::Interrupted | Ending::RunFailed => Status::RunFailed,
        }
    }
}
