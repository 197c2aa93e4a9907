//! Interim analyses for `sample until`.

use super::analyse::analyse_experiment;
use super::outputs::OutputIndex;
use gia_base::diag::Outcome;
use gia_engine::Outcomes;
use gia_plan::Plan;
use gia_study::Row;

/// Result of an interim analysis of an experiment with `sample until`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InterimAnalysis {
    /// Whether more backgrounds are of no use: the numbers so far satisfy the stopping rule, or what is left of it does not change with
    /// more of them. True if the experiment has no rule.
    pub may_stop: bool,
    /// Width of the widest interval over all rows of the experiment; none if a row has no interval yet.
    pub max_interval_width: Option<f64>,
}

/// Analyses the backgrounds collected so far of one experiment, given by its index in the plan.
///
/// # Errors
/// Those of [`super::analyse()`].
pub fn interim_analysis(
    plan: &Plan,
    outcomes: &Outcomes,
    experiment: usize,
) -> Outcome<InterimAnalysis> {
    let outputs = OutputIndex::new(plan, outcomes);
    let found = analyse_experiment(&plan.experiments[experiment], &outputs, None)?;
    let width = |row: &Row| row.low.zip(row.high).map(|(low, high)| high - low);
    let widths = found.rows.iter().map(width).collect::<Option<Vec<f64>>>();
    Ok(InterimAnalysis {
        may_stop: found
            .stopping
            .is_none_or(|stopping| stopping.ended.is_some()),
        max_interval_width: widths.and_then(|widths| widths.into_iter().max_by(f64::total_cmp)),
    })
}
