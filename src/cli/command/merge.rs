//! `gia merge FILE PART...`

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::outputs::OutputArguments;
use super::overwrites::CommandFiles;
use super::script;
use super::study::{self, shell_quoted};
use super::{ErrorFormat, Execute, RegisteredArguments, ScriptArguments, Status, ValuesArguments};
use crate::pipeline::{self, Script};
use gia_base::diag::Outcome;
use gia_base::file::{self, InputKind};
use gia_engine::{Part, ResolvedSelections};
use gia_study::Timing;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
    /// All parts of the run, in any order.
    #[arg(value_name = "PART", required = true)]
    parts: Vec<PathBuf>,
    #[command(flatten)]
    registered: RegisteredArguments,
    #[command(flatten)]
    outputs: OutputArguments,
    #[command(flatten)]
    values: ValuesArguments,
    /// Print no table; write only the requested files.
    #[arg(long, short)]
    quiet: bool,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        script::run_on(&self.script, |script, files| merge(self, script, files))
    }

    fn error_format(&self) -> ErrorFormat {
        self.script.error_format
    }
}

fn merge(arguments: &Arguments, script: &Script, mut files: CommandFiles) -> Outcome<Status> {
    let started = Instant::now();
    for part in &arguments.parts {
        files.add_input("a part", part);
    }
    arguments
        .registered
        .add_inputs(&mut files, [&*arguments.script.file]);
    arguments.outputs.register(&mut files);
    arguments.values.register(&mut files);
    files.check()?;
    let values = arguments.values.open(&script.program)?;
    let outputs = arguments.outputs.open()?;
    let registration = arguments.registered.check(script, &arguments.script.file)?;
    let plan = gia_plan::lower(&script.program);
    let planned = started.elapsed().as_secs_f64();
    let mut parts = Vec::with_capacity(arguments.parts.len());
    for path in &arguments.parts {
        let name = path.display().to_string();
        let bytes = file::read_input(path, InputKind::Part)?;
        let part = Part::from_bytes(&bytes, &name)?;
        parts.push((name, part));
    }
    let outcomes = gia_engine::merge(&plan, &script.identity()?, parts)?;
    let timing = Timing {
        check: script.seconds,
        plan: planned,
        total: script.seconds + started.elapsed().as_secs_f64(),
        ..Timing::default()
    };
    let mut words = vec!["gia merge".to_string()];
    let paths = std::iter::once(&arguments.script.file).chain(&arguments.parts);
    words.extend(paths.map(|path| shell_quoted(&path.display().to_string())));
    let selections = ResolvedSelections::default();
    let command = words.join(" ");
    let mut ran = pipeline::study(script, &plan, outcomes, selections, values, command, timing)?;
    ran.study.registration = registration;
    Ok(study::write_and_print(ran, outputs, arguments.quiet).1)
}
