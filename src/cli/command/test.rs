//! `gia test [PATH]...`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use clap::Args;

use super::clashes::Files;
use super::print::{self, print_out, print_plain, tell};
use super::study::quoted;
use super::suite_outputs::SuiteOutputArguments;
use super::{AgainstArguments, ErrorFormat, Execute, MachineArguments, Status, interrupt};
use crate::pipeline::Attempt;
use crate::suite::{self, Filter, Wanted, study_path};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::source::Sources;
use gia_report::SuiteBar;
use gia_study::Suite;

/// GitHub shows no longer summary of a step.
const MOST_OF_A_SUMMARY: usize = 1_000_000;

#[derive(Args)]
pub struct Arguments {
    /// Scripts, and folders that are searched for them.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Only the claims whose `FILE: EXPERIMENT: CLAIM` holds this text or matches this regular expression.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Scripts that run at once; they share the CPU's threads.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: u32,
    /// Start no further script after the first with a failure or an error.
    #[arg(long)]
    fail_fast: bool,
    /// Let undecided claims through.
    #[arg(long)]
    allow_undecided: bool,
    #[command(flatten)]
    machine: MachineArguments,
    #[command(flatten)]
    against: AgainstArguments,
    /// Keep the study of each script in this folder, where `--against` finds it.
    #[arg(long, value_name = "DIR")]
    studies: Option<PathBuf>,
    #[command(flatten)]
    outputs: SuiteOutputArguments,
    /// Print annotations for GitHub Actions, as is done there by itself.
    #[arg(long)]
    github: bool,
    /// Print what is not as expected, and the count.
    #[arg(long, short)]
    quiet: bool,
    /// How diagnostics are written.
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
                tell("there is no `.gia` file here to test");
                return Status::WrongProgram;
            }
            Ok(scripts) => scripts,
            Err(diagnostic) => {
                told(*diagnostic);
                return Status::WrongProgram;
            }
        };
        match test(self, &scripts) {
            Ok(status) => status,
            Err(diagnostic) => {
                let status = Status::of_broken(&diagnostic);
                told(*diagnostic);
                status
            }
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}

/// Notes what the suite itself writes.
fn note_outputs(arguments: &Arguments, scripts: &[PathBuf], files: &mut Files) {
    arguments.outputs.note(files);
    if let Some(folder) = &arguments.studies {
        for script in scripts {
            files.writes("studies", &study_path(folder, script));
        }
    }
}

fn test(arguments: &Arguments, scripts: &[PathBuf]) -> Outcome<Status> {
    let stop = interrupt::listen();
    let paths: Vec<&Path> = scripts.iter().map(PathBuf::as_path).collect();
    let mut files = Files::default();
    paths.iter().for_each(|path| files.reads("a script", path));
    arguments.against.note(&mut files, paths.iter().copied());
    note_outputs(arguments, scripts, &mut files);
    files.check()?;
    let against = arguments.against.open()?;
    if let Some(baseline) = &against {
        arguments.against.expect_any(baseline, &paths)?;
    }
    // What a script reads is known when its turn comes; outputs that it reads are not written.
    let unwritten: Mutex<Vec<PathBuf>> = Mutex::default();
    let guard = |path: &Path, attempt: &Attempt| {
        let mut files = Files::default();
        files.reads_script(path, attempt);
        note_outputs(arguments, scripts, &mut files);
        let (paths, mut diagnostics): (Vec<_>, Vec<_>) = files.clashes().into_iter().unzip();
        let mut unwritten = unwritten.lock().unwrap_or_else(PoisonError::into_inner);
        unwritten.extend(paths);
        match diagnostics.is_empty() {
            true => Ok(()),
            false => Err(diagnostics.swap_remove(0)),
        }
    };
    let outputs = arguments.outputs.open()?;
    let command = |path: &Path, case: Option<&str>| command(arguments, path, case);
    let wanted = Wanted {
        options: arguments.machine.options(),
        filter: arguments.filter.as_deref().map(Filter::new),
        jobs: arguments.jobs as usize,
        fail_fast: arguments.fail_fast,
        undecided_allowed: arguments.allow_undecided,
        against,
        margin: arguments.against.margin,
        studies: arguments.studies.clone(),
        command: &command,
        guard: &guard,
        is_stopped: &interrupt::is_asked,
    };
    let bar = SuiteBar::new(!arguments.quiet, scripts.len(), stop);
    let style = print::stdout_style();
    let suite = suite::run(scripts, &wanted, &|| bar.of_next(), |suite, finished| {
        bar.aside(|| {
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
    });
    drop(bar);
    if nothing_is_named(&suite) {
        tell("no claim is named by this filter");
        return Ok(Status::WrongProgram);
    }
    print_out(&format!(
        "{}\n",
        style.bold(&gia_report::suite_summary(&suite))
    ));
    let unwritten = unwritten
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let mut failed = outputs.write(&suite, &unwritten);
    let on_github = std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
    if arguments.github || on_github {
        print_out(&gia_report::annotations(&suite));
    }
    if on_github {
        failed.take(append_summary(&gia_report::markdown(&suite)));
    }
    print_plain(&failed.0);
    Ok(match failed.0.is_empty() {
        true => status(&suite),
        false => status(&suite).max(Status::RunBroke),
    })
}

/// Whether a filter left nothing to do, which is more often a slip than wanted.
fn nothing_is_named(suite: &Suite) -> bool {
    use gia_study::Ended;
    let aside = |ended| matches!(ended, Ended::NotNamed | Ended::Library);
    let mut files = suite.files.iter();
    files.any(|file| file.ended == Ended::NotNamed)
        && suite.files.iter().all(|file| aside(file.ended))
}

/// Adds to the summary of this step, of whose file GitHub Actions gives the path.
fn append_summary(text: &str) -> Outcome<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let mut text = text.to_string();
    if text.len() > MOST_OF_A_SUMMARY {
        let end = text.floor_char_boundary(MOST_OF_A_SUMMARY);
        text.truncate(text[..end].rfind('\n').unwrap_or(end));
        text += "\n\nThe rest is too long to be shown here.\n";
    }
    let mut options = std::fs::File::options();
    let file = options.append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| {
            let path = Path::new(&path).display();
            let message = format!("cannot write the summary `{path}`: {error}");
            Box::new(Diagnostic::error(Code::Write, message))
        })
}

/// The gravest of what happened: an interruption, a run that broke, a script that is wrong, a finding.
fn status(suite: &Suite) -> Status {
    let counts = suite.counts();
    if suite.interrupted {
        Status::Interrupted
    } else if counts.broke > 0 {
        Status::RunBroke
    } else if counts.wrong > 0 {
        Status::WrongProgram
    } else if suite.files.iter().any(|file| suite.has_failure(file)) {
        Status::Unsupported
    } else {
        Status::Supported
    }
}

/// The command that judges one claim again, or that makes the study of a script.
fn command(arguments: &Arguments, path: &Path, case: Option<&str>) -> String {
    let path = quoted(&path.display().to_string());
    let mut words = match case {
        Some(name) => vec![format!("gia test {path} --filter {}", quoted(name))],
        None => vec![format!("gia run {path}")],
    };
    words.extend(arguments.machine.words());
    words.join(" ")
}
