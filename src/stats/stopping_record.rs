//! How an experiment with `sample until` reached its number of backgrounds.

use gia_design::{Stopping, StoppingRule};
use gia_plan::Experiment;
use gia_study::{Claim, Row, Verdict};

/// Number of identical backgrounds from which a contrast counts as constant: if none of 1,000 differs, fewer than 0.3 % do, at 95 %
/// confidence (Hanley and Lippman-Hand, JAMA 249:1743, 1983).
const IDENTICAL_BACKGROUNDS_TO_STOP: usize = 1000;

/// How an experiment reached its number of backgrounds; none if the number was fixed.
pub fn stopping_record(
    experiment: &Experiment,
    rows: &[Row],
    claims: &[Claim],
) -> Option<gia_study::Stopping> {
    let stopping = experiment.design.stopping.as_ref()?;
    let n = experiment.points.first()?.count;
    let has_enough_sources =
        |row: &Row| row.sources.unwrap_or(row.n) >= Stopping::FIRST_ANALYSIS_BACKGROUNDS.min(row.n);
    let is_open = |row: &Row| match (stopping.rule, row.sd) {
        (_, Some(0.0)) => n < IDENTICAL_BACKGROUNDS_TO_STOP,
        (StoppingRule::Width(width), _) => {
            let known = row.low.zip(row.high);
            known.is_none_or(|(low, high)| high - low >= width) || !has_enough_sources(row)
        }
        (StoppingRule::Decided, _) => !has_enough_sources(row),
    };
    let is_undecided = |claim: &Claim| {
        // More backgrounds that are all equal would decide nothing.
        let is_constant = claim.deciding.low.is_none() && n >= IDENTICAL_BACKGROUNDS_TO_STOP;
        claim.verdict == Verdict::Undecided && !is_constant
    };
    let undecided = stopping.rule == StoppingRule::Decided && claims.iter().any(is_undecided);
    Some(gia_study::Stopping {
        until: stopping.text.clone(),
        n,
        max: stopping.max,
        looks: count_looks(stopping, n),
        reached: !undecided && !rows.iter().any(is_open),
    })
}

/// Number of interim analyses, if the last one was after n backgrounds.
fn count_looks(stopping: &Stopping, n: usize) -> usize {
    let mut seen = 0;
    let mut looks = 0;
    while seen < n {
        seen = stopping.next_analysis(seen);
        looks += 1;
    }
    looks
}
