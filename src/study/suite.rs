//! What became of many scripts and their claims, as plain data that every form of report is made from.
//!
//! Invariant: a failure (a claim that is refuted or undecided, an effect that changed) is not an error (a script that does not
//! check, a run that broke), and neither is ever told as the other.

use serde::Serialize;

use super::{Claim, Comparison, Place, Verdict};

/// What `gia test` found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suite {
    /// In the order of their paths.
    pub files: Vec<TestedFile>,
    /// Whether undecided claims are let through.
    pub undecided_allowed: bool,
    /// The run was stopped before its end, as by Ctrl-C.
    pub interrupted: bool,
    pub seconds: f64,
}

/// One script of a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestedFile {
    pub path: String,
    pub ended: Ended,
    pub seconds: f64,
    /// Its claims, in their order; of a filter, those that it names.
    pub cases: Vec<Case>,
    /// Errors and warnings.
    pub problems: Vec<Problem>,
    /// Beside an earlier run, where there is one of this script.
    pub comparison: Option<Comparison>,
    /// The command that does this again.
    pub command: String,
}

/// How a script's turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// It ran to its end.
    Ran,
    /// It has no experiment: other scripts use it.
    Library,
    /// A filter names none of its claims.
    NotNamed,
    /// It does not check.
    Wrong,
    /// It checks, and its run broke.
    Broke,
    /// Its turn never came, or was cut short.
    NotRun,
}

/// A claim of a script with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    pub experiment: String,
    #[serde(flatten)]
    pub claim: Claim,
    /// The command that judges this claim alone.
    pub command: String,
}

/// An error or a warning, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub code: String,
    pub is_error: bool,
    pub message: String,
    pub help: Option<String>,
    pub place: Option<Place>,
}

/// How many of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Scripts with experiments, whatever became of them.
    pub files: usize,
    pub libraries: usize,
    pub claims: usize,
    pub supported: usize,
    pub refuted: usize,
    pub undecided: usize,
    /// Scripts that do not check, whose run broke, and that were not run.
    pub wrong: usize,
    pub broke: usize,
    pub not_run: usize,
    pub changed_effects: usize,
}

impl Case {
    /// `experiment: claim`, on one line.
    pub fn name(&self) -> String {
        case_name(&self.experiment, &self.claim.claim)
    }
}

/// How a claim of an experiment is called.
pub fn case_name(experiment: &str, claim: &str) -> String {
    let claim: Vec<&str> = claim.split_whitespace().collect();
    format!("{experiment}: {}", claim.join(" "))
}

impl TestedFile {
    /// Whether effects are not what they were.
    pub fn is_changed(&self) -> bool {
        self.comparison
            .as_ref()
            .is_some_and(|comparison| comparison.is_changed())
    }

    /// The first error, of a script that does not check or whose run broke.
    pub fn error(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.is_error)
    }
}

impl Suite {
    /// Whether a verdict makes the suite fail.
    pub fn fails(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Supported => false,
            Verdict::Refuted => true,
            Verdict::Undecided => !self.undecided_allowed,
        }
    }

    /// Whether a file has a claim that fails, or an effect that changed.
    pub fn has_failure(&self, file: &TestedFile) -> bool {
        let mut cases = file.cases.iter();
        file.is_changed() || cases.any(|case| self.fails(case.claim.verdict))
    }

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
