//! `gia run FILE`

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::outputs::OutputArguments;
use super::overwrites::CommandFiles;
use super::print;
use super::script;
use super::study::{self, shell_quoted};
use super::{
    AgainstArguments, ErrorFormat, Execute, MachineArguments, RegisteredArguments, ScriptArguments,
    Status, ValuesArguments, interrupt,
};
use crate::pipeline::{self, Script, SideOutputs};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::EvaluatedQuery;
use gia_engine::Progress;
use gia_plan::ResolvedPlan;
use gia_report::{MapFiles, OutputFile, ProgressBar, ProgressLines, REPORT_FORMATS};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
    #[command(flatten)]
    machine: MachineArguments,
    #[command(flatten)]
    against: AgainstArguments,
    #[command(flatten)]
    registered: RegisteredArguments,
    #[command(flatten)]
    outputs: OutputArguments,
    #[command(flatten)]
    values: ValuesArguments,
    /// Write the scored sequences to this folder, as FASTA.
    #[arg(long, value_name = "DIR")]
    sequences: Option<PathBuf>,
    /// Write the attribution maps that the script shows to this folder: for each, arrays (`.npz`), tables (`.csv`, `.parquet`), significant regions
    /// (`.bed`), values along a genome (`.bedgraph`), and what TF-MoDISco reads (`.ohe.npz`, `.attr.npz`).
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
    /// Run the script under this many seeds, and show how its verdicts hold. The first seed is that of the script, and gives all other
    /// results and the exit status.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: u32,
    /// Run one part of the script, for example 2/4, and save its results for `gia merge`.
    #[arg(long, value_name = "I/N", requires = "save", conflicts_with_all = whole_run_options())]
    part: Option<PartNumber>,
    /// Write the results of `--part` to this file.
    #[arg(long, value_name = "PATH", requires = "part")]
    save: Option<PathBuf>,
    /// Run even if the plan needs more memory than is available.
    #[arg(long)]
    ignore_memory: bool,
    /// Print no table; write only the requested files.
    #[arg(long, short)]
    quiet: bool,
    /// Show how far the run is: with a bar if standard error is a terminal, or as lines of JSON on standard error, for programs that
    /// start gia.
    #[arg(long, value_enum, default_value = "auto", value_name = "FORM")]
    progress: ProgressForm,
}

/// The form in which progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ProgressForm {
    /// Show a bar if standard error is a terminal.
    Auto,
    /// Print one JSON object per line: phase, passes done, and passes in total.
    Json,
    /// Show nothing.
    None,
}

/// Options that need the results of a whole run, and so conflict with `--part`.
fn whole_run_options() -> Vec<&'static str> {
    let formats = REPORT_FORMATS.iter().map(|format| format.option);
    formats
        .chain(["values", "sequences", "maps", "registered", "seeds"])
        .collect()
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        script::run_on(&self.script, |script, files| {
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

fn run(arguments: &Arguments, script: &Script, mut files: CommandFiles) -> Outcome<Status> {
    let started = Instant::now();
    let progress = progress(arguments);
    let baseline = arguments.against.open()?;
    arguments
        .against
        .register(&mut files, [&*arguments.script.file]);
    arguments
        .registered
        .add_inputs(&mut files, [&*arguments.script.file]);
    arguments.outputs.register(&mut files);
    arguments.values.register(&mut files);
    if let Some(folder) = &arguments.sequences {
        register_sequences(script, folder, &mut files);
    }
    let maps = arguments.maps.as_deref();
    let maps = maps.map(|folder| (folder, map_names(script)));
    if let Some((folder, names)) = &maps {
        for path in MapFiles::paths(folder, names.iter().copied()) {
            files.add_option_output("maps", &path);
        }
    }
    files.check()?;
    let baseline = match baseline {
        Some(baseline) => {
            arguments
                .against
                .require_any(&baseline, &[&*arguments.script.file])?;
            baseline.of(&arguments.script.file, true)?
        }
        None => None,
    };
    let values = arguments.values.open(&script.program)?;
    let outputs = arguments.outputs.open()?;
    let maps = match maps {
        Some((folder, names)) => Some(open_maps(folder, names)?),
        None => None,
    };
    let registration = arguments.registered.check(script, &arguments.script.file)?;
    let side_outputs = SideOutputs {
        sequences: arguments.sequences.as_deref(),
        values,
        hypothetical: maps.is_some(),
    };
    let mut ran = pipeline::run_under_seeds(
        script,
        arguments.seeds as usize,
        &options(arguments),
        &*progress,
        side_outputs,
        reproducing_command(arguments),
    )?;
    // Clears the bar.
    drop(progress);
    ran.study.registration = registration;
    if let Some(maps) = maps {
        ran.problems.extend(maps.write(&ran.study));
    }
    let (study, mut status) = study::write_and_print(ran, outputs, arguments.quiet);
    if let Some(before) = baseline {
        let margin = arguments.against.margin;
        let path = arguments.against.study_path(&arguments.script.file);
        let compared = study::compare((before, &path), &study, margin, arguments.quiet);
        status = status.max(compared?);
    }
    if !arguments.quiet {
        print::eprint_line(&format!("took {}", print::duration(started.elapsed())));
    }
    Ok(status)
}

/// The attribution maps that a script shows, as it writes them.
fn map_names(script: &Script) -> Vec<&str> {
    let shown = script.program.evaluations.iter();
    let maps = shown.filter(|shown| matches!(shown.query, EvaluatedQuery::Map(_)));
    maps.map(|map| map.text.as_str()).collect()
}

/// Opens the files of `--maps`, before anything runs.
fn open_maps(folder: &Path, names: Vec<&str>) -> Outcome<MapFiles> {
    if names.is_empty() {
        let message = "`--maps` writes attribution maps, and this script shows none";
        let help = "show one: `show deepshap(on: SEQUENCES, of: QUERY)`";
        return Err(Box::new(
            Diagnostic::error(Code::NoValues, message).help(help),
        ));
    }
    gia_engine::make_folder(folder)?;
    MapFiles::open(folder, names)
}

/// Registers the files of `--sequences`, if one may exist already or be another output.
fn register_sequences(script: &Script, folder: &Path, files: &mut CommandFiles) {
    if !folder.exists() && !files.has_output_below(folder) {
        return;
    }
    let plan = gia_plan::lower(&script.program);
    for path in gia_engine::sequence_paths(&plan, folder) {
        files.add_option_output("sequences", &path);
    }
}

fn options(arguments: &Arguments) -> gia_engine::Options {
    gia_engine::Options {
        ignore_memory: arguments.ignore_memory,
        ..arguments.machine.options()
    }
}

fn progress(arguments: &Arguments) -> Box<dyn Progress> {
    let stop = interrupt::listen();
    let bar = |wanted| Box::new(ProgressBar::new(wanted).stop_when(stop));
    match arguments.progress {
        ProgressForm::Auto => bar(!arguments.quiet && std::io::stderr().is_terminal()),
        ProgressForm::Json => Box::new(ProgressLines::new(stop)),
        ProgressForm::None => bar(false),
    }
}

/// Runs one part of the plan and saves its results for `gia merge`.
fn run_part(
    arguments: &Arguments,
    script: &Script,
    mut files: CommandFiles,
    part: PartNumber,
    save: &Path,
) -> Outcome<Status> {
    let progress = progress(arguments);
    files.add_option_output("save", save);
    files.check()?;
    let save = OutputFile::open(save)?;
    let plan = gia_plan::lower(&script.program);
    let refused = |why: &str| {
        Err(Box::new(Diagnostic::error(
            Code::WrongParts,
            format!("this run cannot be split: {why}"),
        )))
    };
    if plan.experiments.iter().any(|e| e.design.stopping.is_some()) {
        return refused(
            "`sample until` needs the results of all backgrounds to decide when to stop",
        );
    }
    let Ok(plan) = ResolvedPlan::new(plan) else {
        return refused("`filtered` and `maxent` need predictions to choose the backgrounds");
    };
    let part_of_plan = plan.part(part.number, part.count);
    let options = options(arguments);
    gia_engine::refuse_too_large(&part_of_plan, &options)?;
    let outcomes = gia_engine::run(&part_of_plan, &options, &*progress)?;
    // Clears the bar.
    drop(progress);
    let found = gia_engine::Part::new(script.identity()?, part.number, part.count, outcomes);
    save.commit(&found.to_bytes()?)?;
    Ok(Status::Success)
}

/// The command that reproduces the numbers of this run, without its output options.
fn reproducing_command(arguments: &Arguments) -> String {
    let mut words = vec![
        "gia".to_string(),
        "run".to_string(),
        shell_quoted(&arguments.script.file.display().to_string()),
    ];
    words.extend(arguments.machine.to_arguments());
    if arguments.seeds > 1 {
        words.push(format!("--seeds {}", arguments.seeds));
    }
    words.join(" ")
}

/// The value of `--part`: `2/4` is the second of four parts.
#[derive(Debug, Clone, Copy)]
struct PartNumber {
    /// Number of the part, from 0.
    number: usize,
    count: usize,
}

/// Maximum number of parts of a run.
const MAX_PARTS: usize = 100_000;

impl std::str::FromStr for PartNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('/').and_then(|(number, count)| {
            let (number, count): (usize, usize) = (number.parse().ok()?, count.parse().ok()?);
            (1..=count).contains(&number).then_some((number, count))
        });
        match parsed {
            Some((number, count)) if count <= MAX_PARTS => Ok(PartNumber {
                number: number - 1,
                count,
            }),
            _ => Err("write a part as I/N, for example 2/4 for the second of four".to_string()),
        }
    }
}
