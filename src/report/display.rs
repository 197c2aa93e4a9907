//! Wording that all reports share: names with their units, grid points, lists, verdicts.

use super::number::{count, percent, probability};
use gia_study::{Axis, Claim, FamilyScope, GridPoint, Interrupted, Study, SuiteResults, Verdict};

/// Maximum number of haplotypes of an experiment that a report lists.
pub const MAX_HAPLOTYPES: usize = 8;

/// How the verdicts of claims were made, in a sentence or two: by intervals at a level, or without one.
pub fn methods_of_claims<'c>(claims: impl IntoIterator<Item = &'c Claim>) -> String {
    let (with, without): (Vec<&Claim>, Vec<&Claim>) =
        claims.into_iter().partition(|claim| has_interval(claim));
    let with = with
        .iter()
        .map(|claim| format!("{} {}", percent(claim.level), claim.method));
    let with = distinct(with).join("; ");
    let without = distinct(without.iter().map(|claim| claim.method.clone())).join("; ");
    let mut sentences = Vec::new();
    if !with.is_empty() {
        sentences.push(format!("Intervals of claims: {with}."));
    }
    if !without.is_empty() {
        sentences.push(format!("Claims without an interval: {without}."));
    }
    sentences.join(" ")
}

/// Whether a claim was judged by an interval; one by rank, or about the number of one sequence, is not.
pub fn has_interval(claim: &Claim) -> bool {
    claim.deciding.low.is_some() || claim.method.contains("interval")
}

/// The value that all items share; none if they differ.
pub fn common_value<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut values = values.into_iter();
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Values without repetition, in order of first appearance.
pub fn distinct<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

/// `k562["DNase"] (logit)`.
pub fn with_unit(name: &str, unit: &Option<impl AsRef<str>>) -> String {
    let unit = unit.as_ref().map(AsRef::as_ref);
    match unit {
        Some(unit) => format!("{name} ({unit})"),
        None => name.to_string(),
    }
}

/// Display name of a measure: `average precision` for `average_precision`.
pub fn measure_name(name: &str) -> String {
    name.replace('_', " ")
}

/// `a, b, c`.
pub fn comma_separated(parts: &[String]) -> String {
    parts.join(", ")
}

/// `gap = 24 bp, n = 3`; empty without axes.
pub fn grid_point_text(at: &GridPoint, axes: &[Axis]) -> String {
    let parts: Vec<String> = at
        .iter()
        .map(|(name, value)| {
            let axis = axes.iter().find(|axis| axis.name == *name);
            match axis.and_then(|axis| axis.unit.as_ref()) {
                Some(unit) => format!("{name} = {} {unit}", axis_value_text(value)),
                None => format!("{name} = {}", axis_value_text(value)),
            }
        })
        .collect();
    comma_separated(&parts)
}

/// The value of an axis, formatted.
pub fn axis_value_text(value: &serde_json::Value) -> String {
    match value.as_str() {
        Some(text) => text.to_string(),
        None => value.to_string(),
    }
}

/// Describes what an interrupted run left out, and why.
pub fn interruption_text(interrupted: &Interrupted) -> String {
    let names = comma_separated(&interrupted.left_out);
    let without = match names.is_empty() {
        true => String::new(),
        false => format!(", without {names}"),
    };
    match &interrupted.because {
        None => format!("the run was stopped before its end{without}"),
        Some(because) => format!("the run is incomplete{without}: {because}"),
    }
}

/// The word for a verdict.
pub fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Refuted => "refuted",
        Verdict::Undecided => "undecided",
    }
}

/// The reason for a verdict; with what the family of the claim makes of it, where that decides.
pub fn claim_reason(claim: &Claim) -> String {
    let (Some(alone), Some(p), Some(family_p)) = (claim.alone, claim.p, claim.family_p) else {
        return claim.reason.clone();
    };
    format!(
        "{} alone (p = {}), but not among all claims of its family (p = {}, Holm): {}",
        verdict_word(alone),
        probability(p),
        probability(family_p),
        claim.reason
    )
}

/// What chance does to claims, in a sentence; none for a single claim that is judged alone.
pub fn family_sentence(study: &Study) -> Option<String> {
    let family = study.family.as_ref()?;
    let claims = count(family.claims);
    // The study of a script alone, or one that a suite has judged.
    let is_of_suite = family.claims > study.all_claims().count();
    let expected = expected_count(family.expected_false_supports);
    match family.scope {
        FamilyScope::Claim if family.claims < 2 => None,
        FamilyScope::Claim => Some(format!(
            "Each claim is judged alone: if none of the {claims} were true, chance would support up to {expected} of them."
        )),
        FamilyScope::Script | FamilyScope::Suite => Some(format!(
            "The {claims} claims of the {} are judged as one family (Holm): if none were true, chance would support one with a \
             probability of at most {}.{}",
            match is_of_suite && family.scope == FamilyScope::Suite {
                true => "suite",
                false => "script",
            },
            percent(family.expected_false_supports),
            match !is_of_suite && family.scope == FamilyScope::Suite {
                true => " `gia test` judges them with those of the other scripts.",
                false => "",
            }
        )),
    }
}

/// What chance does to the claims of a suite, in a sentence; none for a single claim.
pub fn suite_family_sentence(suite: &SuiteResults) -> Option<String> {
    let claims = suite.totals().claims;
    if claims < 2 {
        return None;
    }
    let (of_suite, expected) = suite.family();
    let family = match of_suite {
        Some(claims) => format!(
            "The {} claims of the suite's family are judged together (Holm). ",
            count(claims)
        ),
        None => String::new(),
    };
    Some(format!(
        "{family}If no claim were true, chance would support up to {} of the {}.",
        expected_count(expected),
        count(claims)
    ))
}

/// An expected number of claims, with two digits.
pub fn expected_count(expected: f64) -> String {
    match expected >= 10.0 {
        true => count(expected.round() as usize),
        false => {
            let text = format!("{expected:.2}");
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        }
    }
}

/// `3 claims: 2 supported, 1 undecided`.
pub fn verdict_counts(study: &Study) -> Option<String> {
    let all: Vec<Verdict> = study.all_claims().map(|(_, claim)| claim.verdict).collect();
    let parts: Vec<String> = [Verdict::Supported, Verdict::Refuted, Verdict::Undecided]
        .into_iter()
        .filter_map(|verdict| {
            let n = all.iter().filter(|v| **v == verdict).count();
            (n > 0).then(|| format!("{n} {}", self::verdict_word(verdict)))
        })
        .collect();
    let plural = if all.len() == 1 { "" } else { "s" };
    (!all.is_empty()).then(|| format!("{} claim{plural}: {}", all.len(), comma_separated(&parts)))
}

/// Whether the value of a summary is the mean, which the table of means has.
pub fn is_of_mean(word: &str) -> bool {
    matches!(word, "permutation" | "bootstrap")
}
