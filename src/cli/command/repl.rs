//! `gia repl [FILE]`

use std::path::PathBuf;

use clap::Args;

use super::print::{flush, print_out, tell_whole};
use super::{Execute, MachineArguments, Status};
use crate::repl::{self, Ending, Said};

#[derive(Args)]
pub struct Arguments {
    /// A script whose declarations the session begins with; its experiments run when they are named.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    machine: MachineArguments,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let mut print = |said: Said| match said {
            Said::Result(text) => {
                print_out(text);
                flush();
            }
            Said::Diagnosis(text) => tell_whole(text),
        };
        match repl::run(self.machine.options(), self.file.as_deref(), &mut print) {
            Ending::Supported => Status::Supported,
            Ending::Unsupported => Status::Unsupported,
            Ending::WrongProgram => Status::WrongProgram,
            Ending::Interrupted | Ending::RunBroke => Status::RunBroke,
        }
    }
}
