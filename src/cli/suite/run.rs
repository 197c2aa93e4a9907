//! Running the scripts of a suite concurrently.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use super::baseline::study_path;
use super::{Baseline, Filter, family};
use crate::pipeline::{self, Attempt, RunResult, Script, SideOutputs};
use crate::registration::{self, Registrations};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file;
use gia_base::source::Sources;
use gia_engine::{Options, Progress};
use gia_report::OutputFile;
use gia_stats::EquivalenceMargin;
use gia_study::{
    Case, FamilyScope, Problem, RegistrationCheck, ScriptResults, ScriptStatus, SeedReplication,
    SeedVerdicts, SourceRange, Study, SuiteResults, Verdict,
};

/// Settings of a suite.
pub struct SuiteOptions<'w> {
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
    pub margin: EquivalenceMargin,
    /// A registration of the only script, or a folder of registrations; none to compare with none.
    pub registered: Option<PathBuf>,
    /// Number of seeds under which each script runs; verdicts are those of the first.
    pub seeds: usize,
    /// Folder to write the study of each script to; none to keep no studies.
    pub studies: Option<PathBuf>,
    /// Formats the command that tests a script again or, given its name, one claim of it.
    pub command: &'w (dyn Fn(&Path, Option<&str>) -> String + Sync),
    /// Formats the command that judges one claim of a script, by their names, as a claim of the whole suite.
    pub suite_command: &'w (dyn Fn(&Path, &str) -> String + Sync),
    /// Returns an error for a script that reads a file which the suite would overwrite, given its path and the result of checking
    /// it.
    pub guard: &'w (dyn Fn(&Path, &Attempt) -> Outcome<()> + Sync),
    /// Whether the user asked to stop.
    pub is_stopped: &'w (dyn Fn() -> bool + Sync),
}

/// The results of one script, with what is needed to show its diagnostics.
pub struct ScriptResult {
    /// The results of the script.
    pub file: ScriptResults,
    /// Errors and warnings of the script, in the order in which they arose.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the diagnostics point into.
    pub sources: Sources,
    /// Experiment, claim and verdict of each claim of the earlier study; empty without one.
    pub earlier: Vec<(String, String, Verdict)>,
    /// Whether its study was written.
    pub is_kept: bool,
}

/// Runs scripts. `report` is called for each script, in order, once it and all before it are done, or once all are if their claims are
/// one family; `progress` makes the progress indicator of one script.
pub fn run<P: Progress>(
    scripts: &[PathBuf],
    settings: &SuiteOptions,
    progress: &(dyn Fn() -> P + Sync),
    mut report: impl FnMut(&SuiteResults, ScriptResult),
) -> SuiteResults {
    let started = Instant::now();
    let mut suite = SuiteResults {
        files: Vec::with_capacity(scripts.len()),
        undecided_allowed: settings.undecided_allowed,
        interrupted: false,
        seconds: 0.0,
    };
    let jobs = settings.jobs.clamp(1, scripts.len().max(1));
    let threads = (settings.options.all_threads() / jobs).max(1);
    let options = Options {
        threads: Some(threads),
        ..settings.options.clone()
    };
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let policy = SuiteResults {
        files: Vec::new(),
        ..suite.clone()
    };
    let run_script = |number: usize| {
        let path = &scripts[number];
        if (settings.is_stopped)() {
            return not_run(path, settings);
        }
        if failed.load(Ordering::Relaxed) {
            let mut left_out = not_run(path, settings);
            // It is not run, but its claims are part of the suite's family.
            let script = Script::read(path).script.ok();
            left_out.file.family =
                script.and_then(|script| gia_stats::claim_family(&script.program));
            return left_out;
        }
        let finished = ScriptTest {
            path,
            settings,
            options: &options,
            is_only_script: scripts.len() == 1,
        }
        .run(&progress());
        let is_wrong = matches!(
            finished.file.ended,
            ScriptStatus::CheckFailed | ScriptStatus::RunFailed
        );
        if settings.fail_fast && (is_wrong || policy.has_failure(&finished.file)) {
            failed.store(true, Ordering::Relaxed);
        }
        finished
    };
    // Scripts whose verdicts depend on those of others, and all behind them.
    let mut held: Vec<ScriptResult> = Vec::new();
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let sender = sender.clone();
            let (next, run_script) = (&next, &run_script);
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= scripts.len() || sender.send((number, run_script(number))).is_err()
                    {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        for (number, finished) in receiver {
            waiting.insert(number, finished);
            while let Some(finished) = waiting.remove(&suite.files.len()) {
                suite.files.push(finished.file.clone());
                if held.is_empty() && !family::spans_scripts(&finished.file) {
                    report(&suite, finished);
                } else {
                    held.push(finished);
                }
            }
        }
    });
    let written = family::judge_suite(&mut suite, &held, scripts, settings);
    let first = suite.files.len() - held.len();
    if let (Err(diagnostic), Some(last)) = (written, held.last_mut()) {
        last.diagnostics.push(*diagnostic);
        if let Some(file) = suite.files.last_mut() {
            file.ended = ScriptStatus::RunFailed;
            file.problems = last
                .diagnostics
                .iter()
                .map(|d| problem(d, &last.sources))
                .collect();
        }
    }
    for (i, mut finished) in held.into_iter().enumerate() {
        finished.file = suite.files[first + i].clone();
        report(&suite, finished);
    }
    suite.interrupted = (settings.is_stopped)();
    suite.seconds = started.elapsed().as_secs_f64();
    suite
}

fn untested(path: &Path, settings: &SuiteOptions) -> ScriptResults {
    ScriptResults {
        path: path.display().to_string(),
        ended: ScriptStatus::NotRun,
        seconds: 0.0,
        cases: Vec::new(),
        family: None,
        problems: Vec::new(),
        comparison: None,
        registration: None,
        seeds: None,
        command: (settings.command)(path, None),
    }
}

fn not_run(path: &Path, settings: &SuiteOptions) -> ScriptResult {
    ScriptResult {
        file: untested(path, settings),
        diagnostics: Vec::new(),
        sources: Sources::default(),
        earlier: Vec::new(),
        is_kept: false,
    }
}

/// The test of one script.
struct ScriptTest<'t> {
    path: &'t Path,
    settings: &'t SuiteOptions<'t>,
    options: &'t Options,
    is_only_script: bool,
}

impl ScriptTest<'_> {
    fn run(&self, progress: &dyn Progress) -> ScriptResult {
        let started = Instant::now();
        let attempt = Script::read(self.path);
        let refused = (self.settings.guard)(self.path, &attempt).err();
        let mut diagnostics = attempt.diagnostics;
        let mut earlier = Vec::new();
        let mut file = untested(self.path, self.settings);
        let sources = match (attempt.script, refused) {
            (Err(sources), refused) => {
                diagnostics.extend(refused.map(|diagnostic| *diagnostic));
                file.ended = ScriptStatus::CheckFailed;
                sources
            }
            (Ok(script), Some(refused)) => {
                diagnostics.push(*refused);
                file.ended = ScriptStatus::CheckFailed;
                script.sources
            }
            (Ok(mut script), None) => {
                let is_empty = |script: &Script| {
                    let program = &script.program;
                    program.experiments.is_empty() && program.evaluations.is_empty()
                };
                let is_library = is_empty(&script);
                // Claims that a filter leaves out stay in their family.
                file.family = gia_stats::claim_family(&script.program);
                // Before the filter takes claims away.
                let registration = match is_library {
                    true => Ok(None),
                    false => self.registration(&script, &mut diagnostics),
                };
                if let Some(filter) = &self.settings.filter {
                    filter.apply(&file.path, &mut script.program);
                }
                if is_library {
                    file.ended = ScriptStatus::Library;
                } else if is_empty(&script) {
                    file.ended = ScriptStatus::FilteredOut;
                } else if let Err(diagnostic) = registration.and_then(|registration| {
                    file.registration = registration;
                    self.run_script(&script, progress, &mut file, &mut diagnostics, &mut earlier)
                }) && diagnostic.code != Code::Interrupted
                {
                    file.ended = ScriptStatus::RunFailed;
                    diagnostics.push(*diagnostic);
                }
                script.sources
            }
        };
        file.problems = diagnostics.iter().map(|d| problem(d, &sources)).collect();
        file.seconds = started.elapsed().as_secs_f64();
        ScriptResult {
            is_kept: file.ended == ScriptStatus::Completed && self.settings.studies.is_some(),
            file,
            diagnostics,
            sources,
            earlier,
        }
    }

    /// Runs a script that checks, and records its results.
    fn run_script(
        &self,
        script: &Script,
        progress: &dyn Progress,
        file: &mut ScriptResults,
        broken: &mut Vec<Diagnostic>,
        earlier: &mut Vec<(String, String, Verdict)>,
    ) -> Outcome<()> {
        let kept = self
            .settings
            .studies
            .as_ref()
            .map(|folder| self.open_study(folder));
        let kept = kept.transpose()?;
        // Read before the run, so that no long run ends at a file that is not a study.
        let baseline = match &self.settings.against {
            Some(baseline) => {
                let found = baseline.of(self.path, self.is_only_script)?;
                if found.is_none() {
                    broken.push(not_compared(self.path));
                }
                found
            }
            None => None,
        };
        let RunResult {
            mut study,
            problems,
        } = pipeline::run_under_seeds(
            script,
            self.settings.seeds,
            self.options,
            progress,
            SideOutputs::default(),
            file.command.clone(),
        )?;
        file.seeds = self.selected_seeds(study.seeds.clone(), &file.path);
        study.registration = file.registration.clone();
        let is_broken = !problems.is_empty();
        broken.extend(problems);
        let is_wanted = |case: &Case| {
            let filter = self.settings.filter.as_ref();
            filter.is_none_or(|f| f.selects(&file.path, &case.experiment, &case.claim.claim))
        };
        file.family = study.family;
        file.cases = self.cases(&study).into_iter().filter(is_wanted).collect();
        file.comparison = baseline.map(|mut before| {
            // Experiments that were not run do not count as gone.
            if self.settings.filter.is_some() || study.interrupted.is_some() {
                let has = |name: &str| study.experiments.iter().any(|e| e.name == name);
                before
                    .experiments
                    .retain(|experiment| has(&experiment.name));
            }
            earlier.extend(before.all_claims().map(|(experiment, claim)| {
                let experiment = experiment.unwrap_or_default().to_string();
                (experiment, claim.claim.clone(), claim.verdict)
            }));
            gia_stats::compare_studies(&before, &study, self.settings.margin)
        });
        if study.interrupted.is_some() && !is_broken {
            return Ok(());
        }
        file.ended = match is_broken {
            true => ScriptStatus::RunFailed,
            false => ScriptStatus::Completed,
        };
        match kept {
            Some(kept) => gia_report::write_json(&study, kept),
            None => Ok(()),
        }
    }

    /// Compares a script with its registration; warns if the folder of registrations has none.
    fn registration(
        &self,
        script: &Script,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Outcome<Option<RegistrationCheck>> {
        let Some(registered) = &self.settings.registered else {
            return Ok(None);
        };
        let Some(registered) = Registrations(registered).of(self.path)? else {
            let message = format!("`{}` is not registered", self.path.display());
            diagnostics.push(Diagnostic::warning(Code::NotRegistered, message));
            return Ok(None);
        };
        let now = registration::describe(script)?;
        Ok(Some(registration::compare(&registered, &now)))
    }

    /// The verdicts under several seeds, of the claims that the filter selects.
    fn selected_seeds(
        &self,
        seeds: Option<SeedReplication>,
        path: &str,
    ) -> Option<SeedReplication> {
        let mut seeds = seeds?;
        if let Some(filter) = &self.settings.filter {
            let is_selected = |of: &SeedVerdicts| filter.selects(path, &of.experiment, &of.claim);
            seeds.claims.retain(is_selected);
        }
        Some(seeds)
    }

    fn open_study(&self, folder: &Path) -> Outcome<OutputFile> {
        let path = study_path(folder, self.path);
        if let Some(parent) = path.parent() {
            file::make_folder(parent).map_err(|error| {
                let message = format!("cannot create the folder `{}`: {error}", parent.display());
                Box::new(Diagnostic::error(Code::WriteFailed, message))
            })?;
        }
        OutputFile::open(path)
    }

    fn cases(&self, study: &Study) -> Vec<Case> {
        study
            .all_claims()
            .map(|(experiment, claim)| {
                let mut case = Case {
                    experiment: experiment.unwrap_or_default().to_string(),
                    claim: claim.clone(),
                    command: String::new(),
                };
                let spans_scripts = study
                    .family
                    .is_some_and(|family| family.scope == FamilyScope::Suite);
                case.command = match spans_scripts {
                    true => (self.settings.suite_command)(self.path, &case.name()),
                    false => (self.settings.command)(self.path, Some(&case.name())),
                };
                case
            })
            .collect()
    }
}

/// The warning for a script without an earlier study to compare with.
fn not_compared(script: &Path) -> Diagnostic {
    let message = format!("no earlier study of `{}` to compare with", script.display());
    Diagnostic::warning(Code::NotCompared, message)
}

fn problem(diagnostic: &Diagnostic, sources: &Sources) -> Problem {
    Problem {
        code: diagnostic.code.number().to_string(),
        is_error: diagnostic.is_error(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
        place: diagnostic
            .span()
            .and_then(|span| SourceRange::of(span, sources)),
    }
}
