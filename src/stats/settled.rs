//! Whether an experiment that draws backgrounds until a rule holds has enough of them.

use super::analyse::summarise;
use super::outputs::Outputs;
use gia_base::diag::Outcome;
use gia_engine::Outcomes;
use gia_plan::Plan;
use gia_study::Row;

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
/// As [`super::analyse()`].
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
