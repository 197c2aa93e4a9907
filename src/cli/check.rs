//! `gia check FILE`

use clap::Args;

use super::script::{self, print_out};
use super::{ScriptArguments, Status};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
}

pub fn main(arguments: &Arguments) -> Status {
    match script::read(&arguments.script) {
        Ok(script) => {
            let experiments = script.program.experiments.len();
            let claims: usize = script
                .program
                .experiments
                .iter()
                .map(|e| e.claims.len())
                .sum();
            print_out(&format!(
                "{} checks: {experiments} experiment{}, {claims} claim{}\n",
                arguments.script.file.display(),
                if experiments == 1 { "" } else { "s" },
                if claims == 1 { "" } else { "s" },
            ));
            Status::Supported
        }
        Err(status) => status,
    }
}
