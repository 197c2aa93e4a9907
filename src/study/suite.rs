//! Results of `gia test`: many scripts and their claims, as plain data for all kinds of reports.
//!
//! Invariant: a failure (a claim that is refuted or undecided, an effect that changed) is not an error (a script that does not
//! check, a run that fails), and reports keep the two apart.

use serde::Serialize;

use super::{
    Claim, ClaimFamily, Comparison, FamilyScope, RegistrationCheck, SeedReplication, SourceRange,
    Verdict,
};

/// The results of `gia test`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SuiteResults {
    /// Results of the scripts, in the order of their paths.
    pub files: Vec<ScriptResults>,
    /// Whether undecided claims pass.
    pub undecided_allowed: bool,
    /// Whether the suite was stopped before its end, for example by Ctrl-C.
    pub interrupted: bool,
    /// Duration in seconds.
    pub seconds: f64,
}

/// The results of one script of a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScriptResults {
    /// Path of the script.
    pub path: String,
    /// How the script ended.
    pub ended: ScriptStatus,
    /// Duration in seconds, including checking.
    pub seconds: f64,
    /// Its claims in order; only those that the filter selects, if there is one.
    pub cases: Vec<Case>,
    /// How its claims are judged together; none without claims or before its run.
    pub family: Option<ClaimFamily>,
    /// Errors and warnings.
    pub problems: Vec<Problem>,
    /// Comparison with an earlier study; none without `--against` or when there is no earlier study of this script.
    pub comparison: Option<Comparison>,
    /// Comparison with a registration; none without `--registered` or when there is no registration of this script.
    pub registration: Option<RegistrationCheck>,
    /// The verdicts under several seeds; none without `--seeds`.
    pub seeds: Option<SeedReplication>,
    /// The command that tests this script again.
    pub command: String,
}

/// How a script of a suite ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptStatus {
    /// It ran to the end.
    #[serde(rename = "ran")]
    Completed,
    /// It has no experiment and no evaluation: a module for other scripts.
    Library,
    /// The filter selects none of its claims.
    #[serde(rename = "not_named")]
    FilteredOut,
    /// Checking it gave errors.
    #[serde(rename = "wrong")]
    CheckFailed,
    /// It checks, but its run failed.
    #[serde(rename = "broke")]
    RunFailed,
    /// The suite was stopped before the script ended.
    NotRun,
}

/// A claim of a script with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Case {
    /// Name of the experiment; empty for a claim about several.
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
    /// A suggestion how to fix it.
    pub help: Option<String>,
    /// Position in a script; none if the problem has none.
    pub place: Option<SourceRange>,
}

/// Totals of a suite.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SuiteTotals {
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
    /// Scripts that fail to check.
    pub wrong: usize,
    /// Scripts whose run failed.
    pub broke: usize,
    /// Scripts that were not run.
    pub not_run: usize,
    /// Effects that changed from earlier studies.
    pub changed_effects: usize,
    /// Scripts that differ from their registrations.
    pub changed_registrations: usize,
}

impl Case {
    /// `experiment: claim`, on one line.
    pub fn name(&self) -> String {
        case_name(&self.experiment, &self.claim.claim)
    }
}

/// Name of a claim in reports, on one line: `experiment: claim`, or the claim alone if it is about several experiments and `experiment`
/// is empty.
pub fn case_name(experiment: &str, claim: &str) -> String {
    let claim: Vec<&str> = claim.split_whitespace().collect();
    let claim = claim.join(" ");
    match experiment {
        "" => claim,
        _ => format!("{experiment}: {claim}"),
    }
}

impl ScriptResults {
    /// Whether an effect changed or is missing, compared with an earlier study.
    pub fn is_changed(&self) -> bool {
        self.comparison
            .as_ref()
            .is_some_and(|comparison| comparison.is_changed())
    }

    /// Whether the script differs from its registration.
    pub fn departs_from_registration(&self) -> bool {
        self.registration
            .as_ref()
            .is_some_and(|check| !check.unchanged)
    }

    /// The first error, of a script that does not check or whose run failed.
    pub fn error(&self) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.is_error)
    }
}

impl SuiteResults {
    /// Whether a claim with this verdict makes the suite fail.
    pub fn is_failing(&self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Supported => false,
            Verdict::Refuted => true,
            Verdict::Undecided => !self.undecided_allowed,
        }
    }

    /// Whether a script has a claim that fails, an effect that changed, or a change since its registration.
    pub fn has_failure(&self, file: &ScriptResults) -> bool {
        let mut cases = file.cases.iter();
        file.is_changed()
            || file.departs_from_registration()
            || cases.any(|case| self.is_failing(case.claim.verdict))
    }

    /// Number of claims of the family that spans the scripts, and how many claims chance supports, at most, if none of the suite
    /// is true. The first is none without such a family.
    pub fn family(&self) -> (Option<usize>, f64) {
        let files = self.files.iter();
        let families = files.filter_map(|file| Some((file.family?, file.cases.len())));
        let (of_suite, others): (Vec<_>, Vec<_>) =
            families.partition(|(family, _)| family.scope == FamilyScope::Suite);
        // Of claims that are judged alone, only those count that were judged.
        let others = others.iter().map(|(family, judged)| match family.scope {
            FamilyScope::Claim => {
                family.expected_false_supports * *judged as f64 / family.claims.max(1) as f64
            }
            FamilyScope::Script | FamilyScope::Suite if *judged == 0 => 0.0,
            FamilyScope::Script | FamilyScope::Suite => family.expected_false_supports,
        });
        let others: f64 = others.sum();
        // The claims of the suite's family share one bound.
        let expected = of_suite
            .iter()
            .map(|(family, _)| family.expected_false_supports);
        let shared = expected.fold(0.0, f64::max);
        let claims = of_suite.iter().map(|(family, _)| family.claims).sum();
        ((!of_suite.is_empty()).then_some(claims), others + shared)
    }

    /// Totals over all scripts.
    pub fn totals(&self) -> SuiteTotals {
        let mut counts = SuiteTotals::default();
        for file in &self.files {
            match file.ended {
                ScriptStatus::Library => {
                    counts.libraries += 1;
                    continue;
                }
                ScriptStatus::FilteredOut => continue,
                ScriptStatus::Completed => {}
                ScriptStatus::CheckFailed => counts.wrong += 1,
                ScriptStatus::RunFailed => counts.broke += 1,
                ScriptStatus::NotRun => counts.not_run += 1,
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
            counts.changed_registrations += usize::from(file.departs_from_registration());
            if let Some(comparison) = &file.comparison {
                counts.changed_effects += comparison.count(super::EffectVerdict::Changed);
            }
        }
        counts
    }
}
