//! `gia plan FILE`

use std::io::IsTerminal;

use clap::Args;

use super::print::print_out;
use super::{ErrorFormat, Execute, ScriptArguments, Status};
use super::{print, script};
use gia_base::diag::wrap_lines;
use gia_engine::{MemoryEstimate, Options};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        match script::read(&self.script) {
            Ok((script, _)) => {
                let plan = gia_plan::lower(&script.program);
                let options = Options::default();
                let memory = MemoryEstimate::of(&plan, &options);
                if let Some(warning) = memory.warning(&options) {
                    print::print_as(&[warning], &script.sources, self.script.error_format);
                }
                let text = format!("{}\n{memory}", plan.show());
                // A pipe gets whole lines, for grep.
                let terminal = std::io::stdout().is_terminal();
                print_out(&match terminal {
                    true => wrap_lines(&text, print::style(terminal).width),
                    false => text,
                });
                Status::Success
            }
            Err(status) => status,
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.script.error_format
    }
}
