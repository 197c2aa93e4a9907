//! Results of many scripts and their claims, as plain data from which every form of report is made.
//!
//! Invariant: a failure (a claim that is refuted or undecided, an effect that changed) is not an error (a script that does not
//! check, a run that broke), and no report confuses the two.

use serde::Serialize;

use super::{Claim, Comparison, Place, Verdict};

/// The results of `gia test`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suite {
    /// Scripts that are done, in the order of their paths.
    pub files: Vec<TestedFile>,
    /// Whether undecided claims pass.
    pub undecided_allowed: bool,
    /// Whether the run was stopped before its end, for example by Ctrl-C.
    pub interrupted: bool,
    /// Duration of the suite in seconds.
    pub seconds: f64,
}

/// The results of one script of a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestedFile {
    /// Path of the script.
    pub path: String,
    /// How the script ended.
    pub ended: Ended,
    /// Duration of the script in seconds, checking included.
    pub seconds: f64,
    /// Its claims in order; only those that the filter selects, if there is one.
    pub cases: Vec<Case>,
    /// Errors and warnings.
    pub problems: Vec<Problem>,
    /// Comparison with an earlier study; none without `--against` or when there is no earlier study of this script.
    pub comparison: Option<Comparison>,
    /// The command that tests this script again.
    pub command: String,
}

/// How a script of a suite ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It ran to its end.
    Ran,
    /// It has no experiment or evaluation: other scripts use it.
    Library,
    /// The filter selects none of its claims.
    NotNamed,
    /// It does not check.
    Wrong,
    /// It checks, and its run failed.
    Broke,
    /// The suite stopped before or while it ran.
    NotRun,
}

/// A claim of a script with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// Name of the experiment.
    pub experiment: String,
    /// The claim with its verdict.
    #[serde(flatten)]
    pub claim: Claim,
    /// The command that judges this claim alone.
    pub command: String,
}

/// An error or a warning with its position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code of the diagnostic.
    pub code: String,
    /// Whether it is an error; otherwise it is a warning.
    pub is_error: bool,
    /// The diagnostic in one sentence.
    pub message: String,
    /// How to mend it, if there is a suggestion.
    pub help: Option<String>,
    /// Position in the source; none if it concerns no place in a script.
    pub place: Option<Place>,
}

/// Totals of a suite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Scripts with experiments, however they ended.
    pub files: usize,
    /// Scripts without experiments.
    pub libraries: usize,
    /// Claims that were judged.
    pub claims: usize,
    /// Supported claims.
    pub supported: usize,
    /// Refuted claims.
    pub refuted: usize,
    /// Undecided claims.
    pub undecided: usize,
    /// Scripts that do not check.
    pub wrong: usize,
    /// Scripts whose run failed.
    pub broke: usize,
    /// Scripts that were not run.
    pub not_run: usize,
    /// Effects that changed from earlier studies.
    pub changed_effects: usize,
}

impl Case {
    /// `experiment: claim`, on one line.
    pub fn name(&self) -> String {
        case_name(&self.experiment, &self.claim.claim)
    }
}

/// Name of a claim of an experiment in reports: `experiment: claim`, on one line.
pub fn case_name(experiment: &str, claim: &str) -> String {
    let claim: Vec<&str> = claim.split_whitespace().collect();
    format!("{experiment}: {}", claim.join(" "))
}

impl TestedFile {
    /// Whether an effect changed or is gone, compared with an earlier study.
    pub fn is_changed(&self) -> bool {
        self.comparison
            .as_ref()
            .is_some_and(|comparison| comparison.is_changed())
    }

    /// The first error, of a script that does not check or whose run failed.
    pub fn error(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.is_error)
    }
}

impl Suite {
    /// Whether a claim with this verdict makes the suite fail.
    pub fn fails(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Supported => false,
            Verdict::Refuted => true,
            Verdict::Undecided => !self.undecided_allowed,
        }
    }

    /// Whether a script has a claim that fails or an effect that changed.
    pub fn has_failure(&self, file: &TestedFile) -> bool {
        let mut cases = file.cases.iter();
        file.is_changed() || cases.any(|case| self.fails(case.claim.verdict))
    }

    /// Totals over all scripts.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for file in &self.files {
            match file.ended {
                Ended::Library => {
                    counts.libraries += 1;
                    continue;
                }
                Ended::NotNamed => continue,
                Ended::Ran => {}
                Ended::Wrong => counts.wrong += 1,
                Ended::Broke => counts.broke += 1,
                Ended::NotRun => counts.not_run += 1,
            }
            counts.files += 1;
            counts.claims += file.cases.len();
            for case in &file.cases {
                match case.claim.verdict {
                    Verdict::Supported => counts.supported += 1,
                    Verdict::Refuted => counts.refuted += 1,
                    Verdict::Undecided => counts.undecided += 1,
                }
            }
            if let Some(comparison) = &file.comparison {
                counts.changed_effects += comparison.count(super::Change::Changed);
            }
        }
        counts
    }
}
