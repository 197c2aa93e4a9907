//! The command line: arguments to exit status, one file a subcommand, here their list. The only part of the library that prints.
//!
//! Exit status: 0 every claim supported; 1 some claim refuted or undecided; 2 the program or the command line is
//! wrong; 3 the run broke (model, data, device, disk); 130 it was stopped by Ctrl-C.

mod against;
mod asked;
mod check;
mod clashes;
mod completions;
mod diff;
mod difference;
mod doc;
mod error_format;
mod explain;
mod fmt;
mod gradients;
mod interrupt;
mod machine;
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
mod status;
mod study;
mod suite_outputs;
mod test;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use against::AgainstArguments;
pub use error_format::ErrorFormat;
pub use machine::MachineArguments;
use machine::overseer;
pub use script::ScriptArguments;
pub use status::Status;

use gia_base::diag;

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
            Command::Model(arguments) => arguments,
            Command::Explain(arguments) => arguments,
            Command::Fmt(arguments) => arguments,
            Command::Completions(arguments) => arguments,
            Command::Man(arguments) => arguments,
            Command::Doc(arguments) => arguments,
        }
    }
}

/// A command with its arguments. A new one is a file that implements this, and a variant of [`Command`].
trait Execute {
    fn execute(&self) -> Status;

    /// How its diagnostics are written, where that can be chosen.
    fn error_format(&self) -> ErrorFormat {
        ErrorFormat::Human
    }
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
        gia_base::file::remove_unfinished();
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
    let command = cli.command.arguments();
    print::set_format(command.error_format());
    command.execute()
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
