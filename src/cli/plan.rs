//! `gia plan FILE`

use clap::Args;

use super::script::{self, print_out};
use super::{ScriptArguments, Status};
use crate::plan;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
}

pub fn main(arguments: &Arguments) -> Status {
    match script::read(&arguments.script) {
        Ok(script) => {
            print_out(&plan::lower(&script.program).show());
            Status::Supported
        }
        Err(status) => status,
    }
}
