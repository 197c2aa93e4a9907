//! Whether an experiment that draws backgrounds until a rule holds has enough of them.

use super::analyse::summarise;
use super::outputs::Outputs;
use crate::check::hir::{Stopping, StoppingRule};
use crate::diag::Outcome;
use crate::engine::Outcomes;
use crate::plan::{Experiment, Plan};
use crate::result::{self, Claim, Row, Verdict};

/// A contrast that is the same for all of fewer backgrounds than this may yet differ for some: of so many, fewer than 0.3 %
/// do so unseen, at 95 % (Hanley and Lippman-Hand, JAMA 249:1743, 1983).
const ENOUGH_ALIKE: usize = 1000;

/// What a look at the numbers of an experiment so far shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// They satisfy the rule by which it stops.
    pub is_settled: bool,
    /// Width of the widest interval among its effects; none where one has no interval yet.
    pub width: Option<f64>,
}

/// Looks at the numbers of an experiment of a plan.
///
/// # Errors
/// As [`super::analyse`].
pub fn look(plan: &Plan, outcomes: &Outcomes, experiment: usize) -> Outcome<Look> {
    let outputs = Outputs::new(plan, outcomes);
    let found = summarise(&plan.experiments[experiment], &outputs, None)?;
    let width = |row: &Row| row.low.zip(row.high).map(|(low, high)| high - low);
    let widths = found.rows.iter().map(width).collect::<Option<Vec<f64>>>();
    Ok(Look {
        is_settled: found.stopping.is_none_or(|stopping| stopping.reached),
        width: widths.and_then(|widths| widths.into_iter().max_by(f64::total_cmp)),
    })
}

/// How an experiment came to its number of backgrounds.
pub(super) fn stopping(
    experiment: &Experiment,
    rows: &[Row],
    claims: &[Claim],
) -> Option<result::Stopping> {
    let stopping = experiment.stopping.as_ref()?;
    let n = experiment.points.first()?.count;
    let is_open = |row: &Row| match stopping.rule {
        StoppingRule::Narrow(width) => {
            let known = row.low.zip(row.high);
            known.is_none_or(|(low, high)| high - low >= width)
        }
        StoppingRule::Decided => false,
    };
    let seems_constant = |row: &Row| row.sd == Some(0.0) && n < ENOUGH_ALIKE;
    let undecided = stopping.rule == StoppingRule::Decided
        && claims.iter().any(|c| c.verdict == Verdict::Undecided);
    Some(result::Stopping {
        until: stopping.text.clone(),
        n,
        max: stopping.most,
        looks: looks(stopping, n),
        reached: !undecided && !rows.iter().any(|row| is_open(row) || seems_constant(row)),
    })
}

/// How often the numbers were looked at, where the last look was after n backgrounds.
fn looks(stopping: &Stopping, n: usize) -> usize {
    let mut seen = 0;
    let mut looks = 0;
    while seen < n {
        seen = stopping.look_after(seen);
        looks += 1;
    }
    looks
}
