//! The command line, from arguments to exit status: the list of subcommands, each of which has a file of its own. The only module
//! that prints.
//!
//! [`Status`] lists the exit statuses.

mod against;
mod attribute;
mod check;
mod completions;
mod demo;
mod diff;
mod doc;
mod doctor;
mod error_format;
mod explain;
mod fmt;
mod gradients;
mod interrupt;
mod ism;
mod ism_source;
mod libtorch;
mod line_diff;
mod machine;
mod measure;
mod merge;
mod model;
mod model_input;
mod outputs;
mod overwrites;
mod path_option;
mod plan;
mod predict;
mod print;
mod registered;
mod repl;
mod report;
mod run;
mod script;
mod status;
mod study;
mod suite_outputs;
mod task;
mod test;
mod values_option;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use against::AgainstArguments;
pub use error_format::ErrorFormat;
pub use machine::MachineArguments;
use machine::overseer;
pub use registered::RegisteredArguments;
pub use script::ScriptArguments;
pub use status::Status;
pub use values_option::ValuesArguments;

use gia_base::diag;

/// Run in silico experiments on trained sequence-to-function networks.
#[derive(Parser)]
#[command(
    name = "gia",
    version,
    long_version = concat!(
        env!("CARGO_PKG_VERSION"),
        "\ngia-lang: the language for in silico experiments on genomic networks"
    ),
    after_help = "\
Exit status:
  0    every claim is supported
  1    a claim is refuted or undecided
  2    the script or the command line is wrong
  3    the run failed because of a model, a data file, a device or a disk
  130  Ctrl-C stopped the run

`gia COMMAND --help` explains a command and all of its options."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check scripts for errors without running them.
    ///
    /// Checks names, types, units and shapes at every grid point. Reads no weights. `--register` keeps what the script claims, to compare a
    /// later run with.
    Check(check::Arguments),
    /// Show what a script would predict, and its cost, without running it.
    ///
    /// Lists the sequences that each model would predict, the work that experiments share, and the memory needed. With `--power` it runs a
    /// pilot, and shows how many backgrounds the claims need.
    Plan(plan::Arguments),
    /// Run a script and print a table of its results.
    ///
    /// Results also go to files if you ask for them: `--report` writes a page with figures, `--json` keeps the study for
    /// `gia report`, `gia diff` and `--against`.
    Run(run::Arguments),
    /// Run scripts and check their claims.
    ///
    /// A claim passes if it is supported. Refuted and undecided claims fail, and so do scripts that do not run.
    Test(test::Arguments),
    /// Compare the effects of two studies.
    ///
    /// An effect has changed if the interval of its difference excludes zero and does not lie within the margin. The exit status is 1
    /// if an effect has changed or is gone.
    Diff(diff::Arguments),
    /// Start an interactive session.
    ///
    /// Declarations stay, experiments run, and expressions show their values. `:help` lists the commands of a session, `:save`
    /// writes its declarations to a script.
    Repl(repl::Arguments),
    /// Combine the parts of a run and print a table of its results.
    ///
    /// `gia run --part I/N --save PATH` computes one part, for example on another machine. All N parts must come from the same script,
    /// data, models and version of `gia`.
    Merge(merge::Arguments),
    /// Write a page, figures or tables from a saved study.
    ///
    /// The study is a file that `gia run --json` wrote. Without an output option, prints the table that the run printed.
    Report(report::Arguments),
    /// Predict the sequences of a FASTA file with a model.
    ///
    /// Prints a table with tabs: one row for each sequence, one column for each task.
    Predict(predict::Arguments),
    /// Compute the gradient of a model's output with respect to each base.
    ///
    /// Writes the gradients for the sequences of a FASTA file, as NumPy arrays.
    Gradients(gradients::Arguments),
    /// Map what each base contributes to a model's output: DeepSHAP, or from gradients.
    ///
    /// Compares each sequence of a FASTA file with shuffles of its own, and writes NumPy arrays. Contributions of DeepSHAP add up to the difference of the outputs;
    /// what they miss is printed.
    Attribute(attribute::Arguments),
    /// Map what every letter of a sequence changes: saturation mutagenesis (ISM).
    ///
    /// Takes a region of a genome, the records of a FASTA file, or bases. Prints the most important letters; `--figures` and `--report` draw the
    /// map. Writes and runs a script, which `--script` keeps.
    Ism(ism::Arguments),
    /// Inspect, declare or benchmark a model file.
    Model(model::Arguments),
    /// Write a demonstration to a folder and run it.
    ///
    /// What a network of 100 bp has learned about the sites of CTCF and PU.1: six experiments and 26 claims, in about a second.
    Demo(demo::Arguments),
    /// Show what gia finds on this machine to run networks with, and whether it works.
    Doctor(doctor::Arguments),
    /// Fetch libtorch, which runs networks, where no PyTorch is installed.
    Libtorch(libtorch::Arguments),
    /// Explain an error code, for example E0301.
    Explain(explain::Arguments),
    /// Format scripts.
    Fmt(fmt::Arguments),
    /// Print the completion script of a shell.
    ///
    /// For bash, add `source <(gia completions bash)` to ~/.bashrc.
    Completions(completions::CompletionsArguments),
    /// Print the manual page of gia, or write those of all commands.
    Man(completions::ManArguments),
    /// Show the documentation of a function or a keyword.
    Doc(doc::Arguments),
}

impl Command {
    fn arguments(&self) -> &dyn Execute {
        match self {
            Command::Check(arguments) => arguments,
            Command::Plan(arguments) => arguments,
            Command::Run(arguments) => arguments,
            Command::Test(arguments) => arguments,
            Command::Diff(arguments) => arguments,
            Command::Repl(arguments) => arguments,
            Command::Merge(arguments) => arguments,
            Command::Report(arguments) => arguments,
            Command::Predict(arguments) => arguments,
            Command::Gradients(arguments) => arguments,
            Command::Attribute(arguments) => arguments,
            Command::Ism(arguments) => arguments,
            Command::Model(arguments) => arguments,
            Command::Demo(arguments) => arguments,
            Command::Doctor(arguments) => arguments,
            Command::Libtorch(arguments) => arguments,
            Command::Explain(arguments) => arguments,
            Command::Fmt(arguments) => arguments,
            Command::Completions(arguments) => arguments,
            Command::Man(arguments) => arguments,
            Command::Doc(arguments) => arguments,
        }
    }
}

/// A subcommand with its arguments. To add one, write a file that implements this trait, and a variant of [`Command`].
trait Execute {
    fn execute(&self) -> Status;

    /// The format of its diagnostics, for commands with `--error-format`.
    fn error_format(&self) -> ErrorFormat {
        ErrorFormat::Human
    }
}

/// The definition of the command line, with all commands and options.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Parses the arguments of this process and runs the command.
pub fn main() -> ExitCode {
    diag::before_out_of_memory(interrupt::clean_up);
    let status = print::finish(run_command());
    if status > Status::Failure {
        gia_base::file::remove_temporary_files();
    }
    status.into()
}

fn run_command() -> Status {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are not errors.
            let status = if error.use_stderr() {
                Status::InvalidProgram
            } else {
                Status::Success
            };
            if let Some(hint) = script_without_command(&error) {
                print::eprint_line(&hint);
            } else if let Err(error) = error.print()
                && status == Status::Success
            {
                print::record_failure(error);
            }
            return status;
        }
    };
    let command = cli.command.arguments();
    print::set_format(command.error_format());
    command.execute()
}

/// The error for a script in place of a command, as in `gia first.gia`.
fn script_without_command(error: &clap::Error) -> Option<String> {
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
        let script = study::shell_quoted(word);
        format!(
            "error: `{word}` is a script, not a command\n\n  tip: run it with `gia run {script}`, or check it with `gia check {script}`"
        )
    })
}
