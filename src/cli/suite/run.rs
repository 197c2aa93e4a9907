//! Running the scripts of a suite concurrently.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use super::baseline::study_path;
use super::{Baseline, Filter};
use crate::pipeline::{self, Attempt, Ran, Script};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file;
use gia_base::source::Sources;
use gia_engine::{Options, Progress};
use gia_report::OutputFile;
use gia_stats::Margin;
use gia_study::{Case, Ended, Place, Problem, Study, Suite, TestedFile};

/// Settings of a suite.
pub struct Wanted<'w> {
    /// Device, precision and threads of the runs.
    pub options: Options,
    /// Selects claims; none for all.
    pub filter: Option<Filter>,
    /// Number of scripts that run at once; they share the threads.
    pub jobs: usize,
    /// Whether to start no further script after a failure or an error.
    pub fail_fast: bool,
    /// Whether undecided claims pass.
    pub undecided_allowed: bool,
    /// Earlier studies to compare with; none for no comparison.
    pub against: Option<Baseline>,
    /// Differences smaller than this count as equivalent.
    pub margin: Margin,
    /// Folder to write the study of each script to; none to keep no studies.
    pub studies: Option<PathBuf>,
    /// Formats the command that tests a script again or, given its name, one claim of it.
    pub command: &'w (dyn Fn(&Path, Option<&str>) -> String + Sync),
    /// Returns an error for a script that reads a file which the suite would overwrite, given its path and the result of checking
    /// it.
    pub guard: &'w (dyn Fn(&Path, &Attempt) -> Outcome<()> + Sync),
    /// Whether the user asked to stop.
    pub is_stopped: &'w (dyn Fn() -> bool + Sync),
}

/// The results of one script, with what is needed to show its diagnostics.
pub struct Finished {
    /// The results of the script.
    pub file: TestedFile,
    /// Errors and warnings of the script, in the order in which they arose.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
}

/// Runs scripts. `tell` is called for each in their order, once it and those before it are done; `progress` makes the progress
/// of one script.
pub fn run<P: Progress>(
    scripts: &[PathBuf],
    wanted: &Wanted,
    progress: &(dyn Fn() -> P + Sync),
    mut tell: impl FnMut(&Suite, Finished),
) -> Suite {
    let started = Instant::now();
    let mut suite = Suite {
        files: Vec::with_capacity(scripts.len()),
        undecided_allowed: wanted.undecided_allowed,
        interrupted: false,
        seconds: 0.0,
    };
    let jobs = wanted.jobs.clamp(1, scripts.len().max(1));
    let threads = (wanted.options.all_threads() / jobs).max(1);
    let options = Options {
        threads: Some(threads),
        ..wanted.options.clone()
    };
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let judge = Suite {
        files: Vec::new(),
        ..suite.clone()
    };
    let turn = |number: usize| {
        let path = &scripts[number];
        if (wanted.is_stopped)() || failed.load(Ordering::Relaxed) {
            return not_run(path, wanted);
        }
        let finished = Turn {
            path,
            wanted,
            options: &options,
            alone: scripts.len() == 1,
        }
        .run(&progress());
        let is_wrong = matches!(finished.file.ended, Ended::Wrong | Ended::Broke);
        if wanted.fail_fast && (is_wrong || judge.has_failure(&finished.file)) {
            failed.store(true, Ordering::Relaxed);
        }
        finished
    };
    let (give, take) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let give = give.clone();
            let (next, turn) = (&next, &turn);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= scripts.len() || give.send((number, turn(number))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(give);
        let mut waiting = BTreeMap::new();
        for (number, finished) in take {
            waiting.insert(number, finished);
            while let Some(finished) = waiting.remove(&suite.files.len()) {
                suite.files.push(finished.file.clone());
                tell(&suite, finished);
            }
        }
    });
    suite.interrupted = (wanted.is_stopped)();
    suite.seconds = started.elapsed().as_secs_f64();
    suite
}

fn empty(path: &Path, wanted: &Wanted) -> TestedFile {
    TestedFile {
        path: path.display().to_string(),
        ended: Ended::NotRun,
        seconds: 0.0,
        cases: Vec::new(),
        problems: Vec::new(),
        comparison: None,
        command: (wanted.command)(path, None),
    }
}

fn not_run(path: &Path, wanted: &Wanted) -> Finished {
    Finished {
        file: empty(path, wanted),
        diagnostics: Vec::new(),
        sources: Sources::default(),
    }
}

/// The test of one script.
struct Turn<'t> {
    path: &'t Path,
    wanted: &'t Wanted<'t>,
    options: &'t Options,
    alone: bool,
}

impl Turn<'_> {
    fn run(&self, progress: &dyn Progress) -> Finished {
        let started = Instant::now();
        let attempt = Script::read(self.path);
        let refused = (self.wanted.guard)(self.path, &attempt).err();
        let mut diagnostics = attempt.diagnostics;
        let mut file = empty(self.path, self.wanted);
        let sources = match (attempt.script, refused) {
            (Err(sources), refused) => {
                diagnostics.extend(refused.map(|diagnostic| *diagnostic));
                file.ended = Ended::Wrong;
                sources
            }
            (Ok(script), Some(refused)) => {
                diagnostics.push(*refused);
                file.ended = Ended::Wrong;
                script.sources
            }
            (Ok(mut script), None) => {
                let is_empty = |script: &Script| {
                    let program = &script.program;
                    program.experiments.is_empty() && program.evaluations.is_empty()
                };
                let is_library = is_empty(&script);
                if let Some(filter) = &self.wanted.filter {
                    filter.apply(&file.path, &mut script.program);
                }
                if is_library {
                    file.ended = Ended::Library;
                } else if is_empty(&script) {
                    file.ended = Ended::NotNamed;
                } else if let Err(diagnostic) =
                    self.tried(&script, progress, &mut file, &mut diagnostics)
                    && diagnostic.code != Code::Interrupted
                {
                    file.ended = Ended::Broke;
                    diagnostics.push(*diagnostic);
                }
                script.sources
            }
        };
        file.problems = diagnostics.iter().map(|d| problem(d, &sources)).collect();
        file.seconds = started.elapsed().as_secs_f64();
        Finished {
            file,
            diagnostics,
            sources,
        }
    }

    /// Runs a script that checks, and records its results.
    fn tried(
        &self,
        script: &Script,
        progress: &dyn Progress,
        file: &mut TestedFile,
        broken: &mut Vec<Diagnostic>,
    ) -> Outcome<()> {
        let kept = self
            .wanted
            .studies
            .as_ref()
            .map(|folder| self.opened(folder));
        let kept = kept.transpose()?;
        // Read first: an hour of passes must not end at a file that holds no study.
        let baseline = match &self.wanted.against {
            Some(baseline) => {
                let found = baseline.of(self.path, self.alone)?;
                if found.is_none() {
                    broken.push(not_compared(self.path));
                }
                found
            }
            None => None,
        };
        let Ran { study, problems } =
            pipeline::run(script, self.options, progress, None, file.command.clone())?;
        let is_broken = !problems.is_empty();
        broken.extend(problems);
        let is_wanted = |case: &Case| {
            let filter = self.wanted.filter.as_ref();
            filter.is_none_or(|f| f.names(&file.path, &case.experiment, &case.claim.claim))
        };
        file.cases = self.cases(&study).into_iter().filter(is_wanted).collect();
        file.comparison = baseline.map(|mut before| {
            // What was left out on purpose is not gone.
            if self.wanted.filter.is_some() || study.interrupted.is_some() {
                let has = |name: &str| study.experiments.iter().any(|e| e.name == name);
                before
                    .experiments
                    .retain(|experiment| has(&experiment.name));
            }
            gia_stats::compare(&before, &study, self.wanted.margin)
        });
        if study.interrupted.is_some() && !is_broken {
            return Ok(());
        }
        file.ended = match is_broken {
            true => Ended::Broke,
            false => Ended::Ran,
        };
        match kept {
            Some(kept) => gia_report::write_json(&study, kept),
            None => Ok(()),
        }
    }

    fn opened(&self, folder: &Path) -> Outcome<OutputFile> {
        let path = study_path(folder, self.path);
        if let Some(parent) = path.parent() {
            file::make_folder(parent).map_err(|error| {
                let message = format!("cannot make the folder `{}`: {error}", parent.display());
                Box::new(Diagnostic::error(Code::Write, message))
            })?;
        }
        OutputFile::open(path)
    }

    fn cases(&self, study: &Study) -> Vec<Case> {
        let experiments = study.experiments.iter();
        let claims = experiments.flat_map(|e| e.claims.iter().map(|claim| (&e.name, claim)));
        claims
            .map(|(experiment, claim)| {
                let mut case = Case {
                    experiment: experiment.clone(),
                    claim: claim.clone(),
                    command: String::new(),
                };
                case.command = (self.wanted.command)(self.path, Some(&case.name()));
                case
            })
            .collect()
    }
}

/// The warning for a script without an earlier study to compare with.
fn not_compared(script: &Path) -> Diagnostic {
    let message = format!(
        "there is no earlier study of `{}` to compare with",
        script.display()
    );
    Diagnostic::warning(Code::NotCompared, message)
}

fn problem(diagnostic: &Diagnostic, sources: &Sources) -> Problem {
    Problem {
        code: diagnostic.code.number().to_string(),
        is_error: diagnostic.is_error(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        place: diagnostic.span().and_then(|span| Place::of(span, sources)),
    }
}
