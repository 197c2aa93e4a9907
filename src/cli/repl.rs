//! `gia repl [FILE]`

use std::path::PathBuf;

use clap::Args;

use super::{MachineArguments, Status};
use crate::repl::{self, Ending};

#[derive(Args)]
pub struct Arguments {
    /// A script whose declarations the session begins with; its experiments run when they are named.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    machine: MachineArguments,
}

pub fn main(arguments: &Arguments) -> Status {
    match repl::run(arguments.machine.options(), arguments.file.as_deref()) {
        Ending::Supported => Status::Supported,
        Ending::Unsupported => Status::Unsupported,
        Ending::WrongProgram => Status::WrongProgram,
        Ending::Interrupted | Ending::RunBroke => Status::RunBroke,
    }
}
