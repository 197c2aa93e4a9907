//! `gia plan FILE`

use std::io::IsTerminal;

use clap::Args;

use super::print::print_out;
use super::{ErrorFormat, Execute, MachineArguments, ScriptArguments, Status, interrupt};
use super::{print, script};
use crate::pipeline::{self, MIN_PILOT_BACKGROUNDS, Script};
use gia_base::diag::{Outcome, wrap_lines};
use gia_engine::{MemoryEstimate, Options};
use gia_report::ProgressBar;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
    /// Run a pilot, and show how many backgrounds each claim needs for this power, and what the planned number can show.
    #[arg(
        long,
        value_name = "PERCENT",
        num_args = 0..=1,
        default_missing_value = "80%"
    )]
    power: Option<Power>,
    /// Number of backgrounds of the pilot at each grid point.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 100,
        requires = "power",
        value_parser = clap::value_parser!(u32).range(MIN_PILOT_BACKGROUNDS as i64..)
    )]
    pilot: u32,
    #[command(flatten)]
    machine: MachineArguments,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        script::run_on(&self.script, |script, _| {
            match self.power {
                Some(power) => show_power(self, script, power)?,
                None => show_plan(self, script),
            }
            Ok(Status::Success)
        })
    }

    fn error_format(&self) -> ErrorFormat {
        self.script.error_format
    }
}

fn show_plan(arguments: &Arguments, script: &Script) {
    let plan = gia_plan::lower(&script.program);
    let options = Options::default();
    let memory = MemoryEstimate::of(&plan, &options);
    if let Some(warning) = memory.warning(&options) {
        print::print_as(&[warning], &script.sources, arguments.script.error_format);
    }
    let text = format!("{}\n{memory}", plan.show());
    // A pipe gets whole lines, for grep.
    let terminal = std::io::stdout().is_terminal();
    print_out(&match terminal {
        true => wrap_lines(&text, print::style(terminal).width),
        false => text,
    });
}

fn show_power(arguments: &Arguments, script: &Script, power: Power) -> Outcome<()> {
    let progress = ProgressBar::new(std::io::stderr().is_terminal()).stop_when(interrupt::listen());
    let options = arguments.machine.options();
    let pilot = arguments.pilot as usize;
    let found = pipeline::power(script, pilot, power.0, &options, &progress)?;
    progress.finish();
    print_out(&gia_report::power_page(&found, print::stdout_style()));
    Ok(())
}

/// The value of `--power`, between 0 and 1: `80%` or `0.8`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Power(f64);

impl std::str::FromStr for Power {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share = match text.strip_suffix('%') {
            Some(percent) => percent.trim_end().parse::<f64>().map(|x| x / 100.0),
            None => text.parse(),
        };
        match share {
            Ok(share) if (0.5..=0.999).contains(&share) => Ok(Power(share)),
            Ok(_) => Err("the power is between 50% and 99.9%".to_string()),
            Err(_) => Err("write the power as 90%, after the script".to_string()),
        }
    }
}
