//! `gia plan FILE`

use clap::Args;

use super::script::{self, print_out};
use super::{ScriptArguments, Status};
use crate::engine::{Memory, Options};
use crate::plan;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
}

pub fn main(arguments: &Arguments) -> Status {
    match script::read(&arguments.script) {
        Ok(script) => {
            let plan = plan::lower(&script.program);
            let memory = Memory::of(&plan, &Options::default());
            print_out(&format!("{}\n{memory}", plan.show()));
            Status::Supported
        }
        Err(status) => status,
    }
}
