//! The command line: arguments to exit status, one file a subcommand. The only part of the library that prints.
//!
//! Exit status: 0 every claim supported; 1 some claim refuted or undecided; 2 the program or the command line is
//! wrong; 3 the run broke (model, data, device, disk); 130 it was stopped by Ctrl-C.

mod asked;
mod check;
mod clashes;
mod completions;
mod diff;
mod difference;
mod doc;
mod explain;
mod fmt;
mod gradients;
mod interrupt;
mod measure;
mod merge;
mod model;
mod outputs;
mod path_option;
mod plan;
mod predict;
mod print;
mod repl;
mod report;
mod run;
mod script;
mod study;
mod suite_outputs;
mod test;

use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::diag;

/// How a command ended.
///
/// In the order of their weight: of two, the later one tells more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Supported,
    Unsupported,
    WrongProgram,
    RunBroke,
    /// The user asked to stop.
    Interrupted,
}

impl Status {
    /// Of a run that ended with this diagnosis.
    fn of_broken(diagnostic: &diag::Diagnostic) -> Status {
        match diagnostic.code {
            diag::Code::Interrupted => Status::Interrupted,
            diag::Code::Overwrites | diag::Code::NothingToCompare => Status::WrongProgram,
            _ => Status::RunBroke,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(match status {
            Status::Supported => 0,
            Status::Unsupported => 1,
            Status::WrongProgram => 2,
            Status::RunBroke => 3,
            // As shells have it of a program that Ctrl-C has ended.
            Status::Interrupted => 130,
        })
    }
}

/// In silico experiments on trained sequence-to-function networks.
#[derive(Parser)]
#[command(
    name = "gia",
    version,
    long_version = concat!(
        env!("CARGO_PKG_VERSION"),
        "\ngia-lang: the language for in silico experiments on genomic networks"
    ),
    after_help = "Exit status: 0 every claim supported; 1 some claim refuted or undecided; 2 the program or the command \
                  line is wrong; 3 the run broke (model, data, device, disk); 130 it was stopped by Ctrl-C."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check a script: names, types, units, shapes, at every grid point. Runs nothing.
    Check(check::Arguments),
    /// Show what a script would predict, and what is shared. Runs nothing.
    Plan(plan::Arguments),
    /// Run a script and report its experiments.
    Run(run::Arguments),
    /// Run many scripts and hold their claims.
    Test(test::Arguments),
    /// Compare the effects of two studies.
    Diff(diff::Arguments),
    /// Try things out at a prompt: declarations stay, experiments run, values are shown.
    Repl(repl::Arguments),
    /// Put the parts of a run together that `gia run --part` made, and report its experiments.
    Merge(merge::Arguments),
    /// Write the page, figures and tables of a study that was kept as JSON. Runs nothing.
    Report(report::Arguments),
    /// Predict the sequences of a FASTA file with a model, without an experiment.
    Predict(predict::Arguments),
    /// Write how a model's output changes with each base of the sequences of a FASTA file.
    Gradients(gradients::Arguments),
    /// Look at a model file, or declare what its graph cannot tell.
    Model(model::Arguments),
    /// Explain the code of a diagnostic, for example E0301.
    Explain(explain::Arguments),
    /// Put scripts into the one style of the language.
    Fmt(fmt::Arguments),
    /// Print what a shell needs to complete this command line.
    Completions(completions::CompletionsArguments),
    /// Print the manual page of this program, or write those of all commands.
    Man(completions::ManArguments),
    /// Show what is known of a function or a word of the language; or write the reference pages.
    Doc(doc::Arguments),
}

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// With the place underlined.
    Human,
    /// One line each: FILE:LINE:COLUMN: error[CODE]: message.
    Short,
    /// One JSON object a line.
    Json,
}

impl From<ErrorFormat> for diag::Format {
    fn from(format: ErrorFormat) -> Self {
        match format {
            ErrorFormat::Human => diag::Format::Human,
            ErrorFormat::Short => diag::Format::Short,
            ErrorFormat::Json => diag::Format::Json,
        }
    }
}

/// What every command that reads a script takes.
#[derive(Debug, Clone, Args)]
pub struct ScriptArguments {
    /// The script.
    #[arg(value_name = "FILE")]
    pub file: std::path::PathBuf,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value = "human")]
    pub error_format: ErrorFormat,
}

/// What belongs to the machine and not to the hypothesis.
#[derive(Debug, Clone, Args)]
pub struct MachineArguments {
    /// Where networks run: auto, cpu or cuda:N. Several with commas between them share the backgrounds.
    #[arg(
        long,
        default_value = "auto",
        value_delimiter = ',',
        value_name = "DEVICE"
    )]
    pub device: Vec<crate::engine::DeviceChoice>,
    /// What networks compute in: float32, tf32 (on NVIDIA GPUs) or bfloat16. The largest difference from float32 on a sample
    /// is reported.
    #[arg(long, default_value = "float32", value_name = "DTYPE")]
    pub dtype: crate::engine::Precision,
    /// Put every sequence through the whole network, also where computing what an edit reaches would do.
    #[arg(long)]
    pub exact: bool,
    /// Sequences in one forward pass; found from the network unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: Option<u32>,
    /// CPU threads; all that this process may use unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
}

/// An earlier run to compare effects with.
#[derive(Debug, Clone, Args)]
pub struct AgainstArguments {
    /// Compare effects with an earlier study, or with a folder of studies named by their scripts.
    #[arg(long, value_name = "PATH")]
    pub against: Option<std::path::PathBuf>,
    /// Differences that are as good as none: as a share of the earlier run's sd between backgrounds, 0.2sd, or in the outcome's
    /// unit, 0.5.
    #[arg(
        long,
        default_value = "0.2sd",
        value_name = "SIZE",
        requires = "against"
    )]
    pub margin: crate::stats::Margin,
}

impl AgainstArguments {
    /// Notes the studies that are read for these scripts.
    fn note<'s>(
        &self,
        files: &mut clashes::Files,
        scripts: impl IntoIterator<Item = &'s std::path::Path>,
    ) {
        let Some(path) = &self.against else {
            return;
        };
        if !path.is_dir() {
            return files.reads("the earlier study", path);
        }
        for script in scripts {
            files.reads("an earlier study", &crate::suite::study_path(path, script));
        }
    }

    /// Fails where there is nothing to compare with for any of these scripts.
    fn expect_any(
        &self,
        baseline: &crate::suite::Baseline,
        scripts: &[&std::path::Path],
    ) -> crate::diag::Outcome<()> {
        let alone = scripts.len() == 1;
        if scripts.iter().any(|script| baseline.holds(script, alone)) {
            return Ok(());
        }
        let path = self.against.as_deref().unwrap_or(std::path::Path::new(""));
        let shown = path.display();
        let first = scripts
            .first()
            .copied()
            .unwrap_or(std::path::Path::new("a.gia"));
        let (message, help) = match baseline {
            crate::suite::Baseline::Folder(folder) => (
                format!("`{shown}` holds no earlier study of any script that is run"),
                format!(
                    "the study of `{}` would be `{}`; `gia test --studies {shown}` writes it",
                    first.display(),
                    crate::suite::study_path(folder, first).display()
                ),
            ),
            crate::suite::Baseline::Study(study) => (
                format!(
                    "`{shown}` is a study of `{}`, which is not among the scripts that are run",
                    study.provenance.script.path
                ),
                "run that script alone, or name a folder of studies".to_string(),
            ),
        };
        let diagnostic = diag::Diagnostic::error(diag::Code::NothingToCompare, message);
        Err(Box::new(diagnostic.help(help)))
    }

    /// Reads what is there, before anything runs.
    fn open(&self) -> crate::diag::Outcome<Option<crate::suite::Baseline>> {
        let path = self.against.as_deref();
        path.map(crate::suite::Baseline::open).transpose()
    }
}

impl MachineArguments {
    fn options(&self) -> crate::engine::Options {
        crate::engine::Options {
            device: self.device.first().copied().unwrap_or_default(),
            others: self.device.iter().skip(1).copied().collect(),
            precision: self.dtype,
            passes: match self.exact {
                true => crate::engine::Passes::Whole,
                false => crate::engine::Passes::WhereItPays,
            },
            batch: self.batch.map(|n| n as usize),
            threads: self.threads.map(|n| n as usize),
            overseer: overseer(),
            ..crate::engine::Options::default()
        }
    }
}

/// Prints what is to be told of workers, and gives up on them when the user asks to stop.
fn overseer() -> crate::engine::Overseer {
    crate::engine::Overseer::hearing(|warning| print::print_plain(&[warning]))
        .until(interrupt::is_asked)
}

/// The command line with all its commands and options.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command that the arguments of this process name.
pub fn main() -> ExitCode {
    diag::before_out_of_memory(interrupt::clean_up);
    let status = print::finish(run_command());
    if status > Status::Unsupported {
        crate::file::remove_unfinished();
    }
    status.into()
}

fn run_command() -> Status {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no mistake.
            let status = if error.use_stderr() {
                Status::WrongProgram
            } else {
                Status::Supported
            };
            if let Some(hint) = script_alone(&error) {
                print::tell(&hint);
            } else if let Err(error) = error.print()
                && status == Status::Supported
            {
                print::note_failure(error);
            }
            return status;
        }
    };
    print::set_format(cli.command.error_format());
    match cli.command {
        Command::Check(arguments) => check::main(&arguments),
        Command::Plan(arguments) => plan::main(&arguments),
        Command::Run(arguments) => run::main(&arguments),
        Command::Test(arguments) => test::main(&arguments),
        Command::Diff(arguments) => diff::main(&arguments),
        Command::Repl(arguments) => repl::main(&arguments),
        Command::Merge(arguments) => merge::main(&arguments),
        Command::Report(arguments) => report::main(&arguments),
        Command::Predict(arguments) => predict::main(&arguments),
        Command::Gradients(arguments) => gradients::main(&arguments),
        Command::Model(arguments) => model::main(&arguments),
        Command::Explain(arguments) => explain::main(&arguments),
        Command::Fmt(arguments) => fmt::main(&arguments),
        Command::Completions(arguments) => completions::completions(&arguments),
        Command::Man(arguments) => completions::man(&arguments),
        Command::Doc(arguments) => doc::main(&arguments),
    }
}

/// What is said where a script stands in the place of a command: `gia first.gia`.
fn script_alone(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let ErrorKind::InvalidSubcommand = error.kind() else {
        return None;
    };
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let path = std::path::Path::new(word);
    let is_script = path.extension().is_some_and(|extension| extension == "gia");
    is_script.then(|| {
        let run = format!("gia run {}", study::quoted(word));
        format!("error: `{word}` is a script and no command of `gia`\n\n  tip: `{run}` runs it, `gia check` checks it")
    })
}

impl Command {
    /// How the diagnostics of the command are written.
    fn error_format(&self) -> ErrorFormat {
        match self {
            Command::Check(arguments) => arguments.error_format,
            Command::Plan(arguments) => arguments.script.error_format,
            Command::Run(arguments) => arguments.script.error_format,
            Command::Test(arguments) => arguments.error_format,
            Command::Diff(arguments) => arguments.error_format,
            Command::Merge(arguments) => arguments.script.error_format,
            Command::Report(arguments) => arguments.error_format,
            Command::Predict(arguments) => arguments.error_format,
            Command::Gradients(arguments) => arguments.error_format,
            Command::Model(arguments) => arguments.error_format,
            Command::Fmt(arguments) => arguments.error_format,
            Command::Repl(_)
            | Command::Explain(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Doc(_) => ErrorFormat::Human,
        }
    }
}
