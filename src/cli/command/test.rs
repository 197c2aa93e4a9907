//! `gia test [PATH]...`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::Args;

use super::overwrites::CommandFiles;
use super::print::{self, eprint_line, print_diagnostics, print_out};
use super::study::shell_quoted;
use super::suite_outputs::SuiteOutputArguments;
use super::{
    AgainstArguments, ErrorFormat, Execute, MachineArguments, RegisteredArguments, Status,
    interrupt,
};
use crate::pipeline::Attempt;
use crate::suite::{self, Filter, SuiteOptions, study_path};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::source::Sources;
use gia_report::SuiteBar;
use gia_study::SuiteResults;

/// Maximum size of a step summary on GitHub, in bytes.
const MAX_SUMMARY_BYTES: usize = 1_000_000;

#[derive(Args)]
pub struct Arguments {
    /// Scripts to run, or folders to search for them.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Check only the claims whose `FILE: EXPERIMENT: CLAIM` contains this text or matches this regular expression.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Number of scripts to run in parallel. They share the CPU threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Stop after the first script with a failure or an error.
    #[arg(long)]
    fail_fast: bool,
    /// Do not count undecided claims as failures.
    #[arg(long)]
    allow_undecided: bool,
    #[command(flatten)]
    machine: MachineArguments,
    #[command(flatten)]
    against: AgainstArguments,
    #[command(flatten)]
    registered: RegisteredArguments,
    /// Run each script under this many seeds, and show how its verdicts hold. Claims pass or fail by the first seed, that of the script.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: u32,
    /// Write the study of each script to this folder, for `--against`.
    #[arg(long, value_name = "DIR")]
    studies: Option<PathBuf>,
    #[command(flatten)]
    outputs: SuiteOutputArguments,
    /// Print annotations for GitHub Actions; the default on GitHub Actions.
    #[arg(long)]
    github: bool,
    /// Print only failures, errors and the summary.
    #[arg(long, short)]
    quiet: bool,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let told = |diagnostic| {
            print::print_as(&[diagnostic], &Sources::default(), self.error_format);
        };
        let scripts = match suite::scripts(&self.paths) {
            Ok(scripts) if scripts.is_empty() => {
                eprint_line("error: no `.gia` file found");
                return Status::InvalidProgram;
            }
            Ok(scripts) => scripts,
            Err(diagnostic) => {
                told(*diagnostic);
                return Status::InvalidProgram;
            }
        };
        match test(self, &scripts) {
            Ok(status) => status,
            Err(diagnostic) => {
                let status = Status::of_error(&diagnostic);
                told(*diagnostic);
                status
            }
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// Registers the files that the suite itself writes.
fn register_outputs(arguments: &Arguments, scripts: &[PathBuf], files: &mut CommandFiles) {
    arguments.outputs.register(files);
    if let Some(folder) = &arguments.studies {
        for script in scripts {
            files.add_option_output("studies", &study_path(folder, script));
        }
    }
}

fn test(arguments: &Arguments, scripts: &[PathBuf]) -> Outcome<Status> {
    let stop = interrupt::listen();
    let paths: Vec<&Path> = scripts.iter().map(PathBuf::as_path).collect();
    let mut files = CommandFiles::default();
    paths
        .iter()
        .for_each(|path| files.add_input("a script", path));
    arguments
        .against
        .register(&mut files, paths.iter().copied());
    arguments
        .registered
        .add_inputs(&mut files, paths.iter().copied());
    require_registrations(arguments, &paths)?;
    register_outputs(arguments, scripts, &mut files);
    files.check()?;
    let against = arguments.against.open()?;
    if let Some(baseline) = &against {
        arguments.against.require_any(baseline, &paths)?;
    }
    // The files that a script reads are known only once it is checked. Outputs that it reads are not written.
    let protected: Mutex<Vec<PathBuf>> = Mutex::default();
    let guard = |path: &Path, attempt: &Attempt| {
        let mut files = CommandFiles::default();
        files.add_script_inputs(path, attempt);
        register_outputs(arguments, scripts, &mut files);
        let (paths, mut diagnostics): (Vec<_>, Vec<_>) = files.conflicts().into_iter().unzip();
        let mut protected = protected.lock().unwrap_or_else(PoisonError::into_inner);
        protected.extend(paths);
        match diagnostics.is_empty() {
            true => Ok(()),
            false => Err(diagnostics.swap_remove(0)),
        }
    };
    let outputs = arguments.outputs.open()?;
    let command = |path: &Path, case: Option<&str>| repeating_command(arguments, path, case);
    let suite_command = |path: &Path, case: &str| suite_command(arguments, path, case);
    let options = SuiteOptions {
        options: arguments.machine.options(),
        filter: arguments.filter.as_deref().map(Filter::new),
        jobs: arguments.jobs as usize,
        fail_fast: arguments.fail_fast,
        undecided_allowed: arguments.allow_undecided,
        against,
        margin: arguments.against.margin,
        registered: arguments.registered.registered.clone(),
        seeds: arguments.seeds as usize,
        studies: arguments.studies.clone(),
        command: &command,
        suite_command: &suite_command,
        guard: &guard,
        is_stopped: &interrupt::is_requested,
    };
    let bar = SuiteBar::new(!arguments.quiet, scripts.len(), stop);
    let style = print::stdout_style();
    let suite = suite::run(
        scripts,
        &options,
        &|| bar.start_next_script(),
        |suite, finished| {
            bar.while_hidden(|| {
                print::print_as(
                    &finished.diagnostics,
                    &finished.sources,
                    arguments.error_format,
                );
                print_out(&gia_report::suite_file(
                    suite,
                    &finished.file,
                    arguments.quiet,
                    style,
                ));
            });
        },
    );
    drop(bar);
    if matches_nothing(&suite) {
        eprint_line("error: no claim matches the filter");
        return Ok(Status::InvalidProgram);
    }
    if let Some(note) = gia_report::suite_family_note(&suite, style) {
        print_out(&note);
    }
    print_out(&format!(
        "{}\n",
        style.bold(&gia_report::suite_summary(&suite))
    ));
    let protected = protected
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let mut failed = outputs.write(&suite, &protected);
    let on_github = std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
    if arguments.github || on_github {
        print_out(&gia_report::annotations(&suite));
    }
    if on_github {
        failed.collect(append_summary(&gia_report::markdown(&suite)));
    }
    print_diagnostics(&failed.0);
    Ok(match failed.0.is_empty() {
        true => status(&suite),
        false => status(&suite).max(Status::RunFailed),
    })
}

/// Checks that `--registered` names a folder, or the registration of the only script.
fn require_registrations(arguments: &Arguments, scripts: &[&Path]) -> Outcome<()> {
    let Some(path) = &arguments.registered.registered else {
        return Ok(());
    };
    if path.is_dir() || scripts.len() == 1 {
        return Ok(());
    }
    let message = format!("`--registered {}` is not a folder", path.display());
    let help =
        "name the folder in which `gia check --register` wrote the registrations of these scripts";
    Err(Box::new(
        Diagnostic::error(Code::MissingFile, message).help(help),
    ))
}

/// Whether the filter matches no claim, which is probably a mistake.
fn matches_nothing(suite: &SuiteResults) -> bool {
    use gia_study::ScriptStatus;
    let aside = |ended| matches!(ended, ScriptStatus::FilteredOut | ScriptStatus::Library);
    let mut files = suite.files.iter();
    files.any(|file| file.ended == ScriptStatus::FilteredOut)
        && suite.files.iter().all(|file| aside(file.ended))
}

/// Appends to the summary of this step, a file whose path GitHub Actions gives in an environment variable.
fn append_summary(text: &str) -> Outcome<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let mut text = text.to_string();
    if text.len() > MAX_SUMMARY_BYTES {
        let end = text.floor_char_boundary(MAX_SUMMARY_BYTES);
        text.truncate(text[..end].rfind('\n').unwrap_or(end));
        text += "\n\nThe rest was cut because the summary is too long.\n";
    }
    let mut options = std::fs::File::options();
    let file = options.append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            let path = Path::new(&path).display();
            let message = format!("cannot write the summary `{path}`: {error}");
            Box::new(Diagnostic::error(Code::WriteFailed, message))
        })
}

/// The most severe status of the scripts.
fn status(suite: &SuiteResults) -> Status {
    let counts = suite.totals();
    if suite.interrupted {
        Status::Interrupted
    } else if counts.broke > 0 {
        Status::RunFailed
    } else if counts.wrong > 0 {
        Status::InvalidProgram
    } else if suite.files.iter().any(|file| suite.has_failure(file)) {
        Status::Failure
    } else {
        Status::Success
    }
}

/// The command that repeats the run of a script or, given its name, the test of one claim.
/// The command that judges a claim among those of all scripts of the suite.
fn suite_command(arguments: &Arguments, path: &Path, case: &str) -> String {
    let paths = arguments.paths.iter();
    let paths: Vec<String> = paths
        .map(|path| shell_quoted(&path.display().to_string()))
        .collect();
    let filter = shell_quoted(&format!("{}: {case}", path.display()));
    let mut words = vec![format!("gia test {} --filter {filter}", paths.join(" "))];
    words.extend(arguments.machine.to_arguments());
    if arguments.seeds > 1 {
        words.push(format!("--seeds {}", arguments.seeds));
    }
    words.join(" ")
}

fn repeating_command(arguments: &Arguments, path: &Path, case: Option<&str>) -> String {
    let path = shell_quoted(&path.display().to_string());
    let mut words = match case {
        Some(name) => vec![format!("gia test {path} --filter {}", shell_quoted(name))],
        None => vec![format!("gia run {path}")],
    };
    words.extend(arguments.machine.to_arguments());
    if arguments.seeds > 1 {
        words.push(format!("--seeds {}", arguments.seeds));
    }
    words.join(" ")
}
