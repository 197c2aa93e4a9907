//! `gia run FILE`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::clashes::Files;
use super::outputs::OutputArguments;
use super::print;
use super::script;
use super::study::{self, quoted};
use super::{
    AgainstArguments, ErrorFormat, Execute, MachineArguments, ScriptArguments, Status, interrupt,
};
use crate::pipeline::{self, Script};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_plan::ResolvedPlan;
use gia_report::{OutputFile, ProgressBar, REPORT_FORMATS};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
    #[command(flatten)]
    machine: MachineArguments,
    #[command(flatten)]
    against: AgainstArguments,
    #[command(flatten)]
    outputs: OutputArguments,
    /// Write the very sequences that are scored into this folder, as FASTA.
    #[arg(long, value_name = "DIR")]
    sequences: Option<PathBuf>,
    /// Run one of several parts, such as 2/4, and keep what it finds for `gia merge`.
    #[arg(long, value_name = "I/N", requires = "save", conflicts_with_all = of_whole_runs())]
    part: Option<PartNumber>,
    /// Where a part is kept.
    #[arg(long, value_name = "PATH", requires = "part")]
    save: Option<PathBuf>,
    /// Run also what takes more memory than there is.
    #[arg(long)]
    ignore_memory: bool,
    /// Print no table; the exit status and the files that were asked for tell.
    #[arg(long, short)]
    quiet: bool,
}

/// Options that need all of a run, so that a part of one has nothing for them.
fn of_whole_runs() -> Vec<&'static str> {
    let formats = REPORT_FORMATS.iter().map(|format| format.option);
    formats.chain(["sequences"]).collect()
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        script::carry_out(&self.script, |script, files| {
            match (self.part, &self.save) {
                (Some(part), Some(save)) => run_part(self, script, files, part, save),
                _ => run(self, script, files),
            }
        })
    }

    fn error_format(&self) -> ErrorFormat {
        self.script.error_format
    }
}

fn run(arguments: &Arguments, script: &Script, mut files: Files) -> Outcome<Status> {
    let started = Instant::now();
    let progress = progress(arguments);
    let baseline = arguments.against.open()?;
    arguments
        .against
        .note(&mut files, [&*arguments.script.file]);
    arguments.outputs.note(&mut files);
    if let Some(folder) = &arguments.sequences {
        note_sequences(script, folder, &mut files);
    }
    files.check()?;
    let baseline = match baseline {
        Some(baseline) => {
            arguments
                .against
                .expect_any(&baseline, &[&*arguments.script.file])?;
            baseline.of(&arguments.script.file, true)?
        }
        None => None,
    };
    let outputs = arguments.outputs.open()?;
    let ran = pipeline::run(
        script,
        &options(arguments),
        &progress,
        arguments.sequences.as_deref(),
        command(arguments),
    )?;
    progress.finish();
    let (study, mut status) = study::conclude(ran, outputs, arguments.quiet);
    if let Some(before) = baseline {
        let margin = arguments.against.margin;
        status = status.max(study::compare(before, &study, margin, arguments.quiet));
    }
    if !arguments.quiet {
        print::tell(&format!("took {}", print::duration(started.elapsed())));
    }
    Ok(status)
}

/// Notes the files of `--sequences`, where any can be one that is there or that another output writes.
fn note_sequences(script: &Script, folder: &Path, files: &mut Files) {
    if !folder.exists() && !files.writes_below(folder) {
        return;
    }
    let plan = gia_plan::lower(&script.program);
    for path in gia_engine::sequence_paths(&plan, folder) {
        files.writes("sequences", &path);
    }
}

fn options(arguments: &Arguments) -> gia_engine::Options {
    gia_engine::Options {
        ignore_memory: arguments.ignore_memory,
        ..arguments.machine.options()
    }
}

fn progress(arguments: &Arguments) -> ProgressBar {
    let wanted = !arguments.quiet && std::io::stderr().is_terminal();
    ProgressBar::new(wanted).until(interrupt::listen())
}

/// Predicts one part of what the script asks for, and keeps it for `gia merge`.
fn run_part(
    arguments: &Arguments,
    script: &Script,
    mut files: Files,
    part: PartNumber,
    save: &Path,
) -> Outcome<Status> {
    let progress = progress(arguments);
    files.writes("save", save);
    files.check()?;
    let save = OutputFile::open(save)?;
    let plan = gia_plan::lower(&script.program);
    let refused = |why: &str| {
        Err(Box::new(Diagnostic::error(
            Code::WrongParts,
            format!("this run cannot be cut: {why}"),
        )))
    };
    if plan.experiments.iter().any(|e| e.design.stopping.is_some()) {
        return refused("`sample until` decides by all backgrounds how many there are");
    }
    let Ok(plan) = ResolvedPlan::new(plan) else {
        return refused("`filtered` and `maxent` decide by the model which backgrounds there are");
    };
    let part_of_plan = plan.part(part.number, part.count);
    let options = options(arguments);
    gia_engine::refuse_too_large(&part_of_plan, &options)?;
    let outcomes = gia_engine::run(&part_of_plan, &options, &progress)?;
    progress.finish();
    let found = gia_engine::Part::new(script.identity()?, part.number, part.count, outcomes);
    save.commit(&found.to_bytes()?)?;
    Ok(Status::Supported)
}

/// The command that makes the same numbers again. Files that it writes are left out.
fn command(arguments: &Arguments) -> String {
    let mut words = vec![
        "gia".to_string(),
        "run".to_string(),
        quoted(&arguments.script.file.display().to_string()),
    ];
    words.extend(arguments.machine.words());
    words.join(" ")
}

/// `2/4`: the second of four parts.
#[derive(Debug, Clone, Copy)]
struct PartNumber {
    /// Counted from 0.
    number: usize,
    count: usize,
}

/// Parts of one run, at most.
const MOST_PARTS: usize = 100_000;

impl std::str::FromStr for PartNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(number, count)| {
            let (number, count): (usize, usize) = (number.parse().ok()?, count.parse().ok()?);
            (1..=count).contains(&number).then_some((number, count))
        });
        match parsed {
            Some((number, count)) if count <= MOST_PARTS => Ok(PartNumber {
                number: number - 1,
                count,
            }),
            _ => Err("a part is written as 2/4, the second of four".to_string()),
        }
    }
}
