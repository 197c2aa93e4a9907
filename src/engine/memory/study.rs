//! Memory of the rows of a study and their intermediate results.

use gia_plan::{Experiment, Plan, heap_block_bytes};
use gia_study::{ArmSummary, EnsembleEstimate, GridPoint, MemberMean, Row, Summary};

/// Mean, sum of squares and count of an arm or a contrast.
const MOMENTS_BYTES: usize = 3 * size_of::<f64>();
/// An estimate with its p and q.
const ESTIMATE_BYTES: u64 = (12 * size_of::<f64>()) as u64;
/// Texts of a summary: its name and method.
const SUMMARY_TEXT_BYTES: u64 = 96;
/// A row of a table on the terminal.
const TABLE_LINE_BYTES: u64 = 72;

/// Peak bytes of the rows of a study.
pub fn memory_bytes(plan: &Plan) -> u64 {
    plan.experiments.iter().map(of_experiment).sum()
}

fn of_experiment(experiment: &Experiment) -> u64 {
    let points = experiment.points.len() as u64;
    let (outcomes, arms) = (
        experiment.design.outcomes.len(),
        experiment.design.arms.len(),
    );
    let contrasts = experiment.design.contrasts.len();
    let (rows, of_arms) = ((outcomes * contrasts) as u64, (outcomes * arms) as u64);
    let at =
        size_of::<GridPoint>() as u64 + heap_block_bytes(16 + 4 * experiment.design.axes.len());
    let members = experiment.points.first().map_or(0, |point| {
        let each = point.members.iter().filter(|members| !members.is_empty());
        let each = each.map(|members| {
            let means = heap_block_bytes(members.len() * size_of::<MemberMean>());
            heap_block_bytes(size_of::<EnsembleEstimate>())
                + means
                + members.len() as u64 * heap_block_bytes(8)
        });
        each.sum::<u64>() * contrasts as u64
    });
    let summaries = experiment.design.summaries.len();
    let summaries =
        heap_block_bytes(summaries * size_of::<Summary>()) + summaries as u64 * SUMMARY_TEXT_BYTES;
    let row = size_of::<Row>() as u64 + summaries;
    let kept = at + rows * row + members + of_arms * size_of::<ArmSummary>() as u64;
    let measured = 2 * size_of::<Vec<u8>>() as u64
        + heap_block_bytes(outcomes * arms * MOMENTS_BYTES)
        + heap_block_bytes(outcomes * contrasts * MOMENTS_BYTES)
        + ESTIMATE_BYTES;
    let shown = (rows + of_arms) * TABLE_LINE_BYTES;
    points * (kept + measured.max(shown))
}
