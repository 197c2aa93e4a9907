//! What the rows of a study take, and what they are worked out from.

use gia_plan::{Experiment, Plan, block};
use gia_study::{ArmSummary, At, MemberMean, Members, Row, Summary};

/// Mean, squares and count of an arm or a contrast.
const MOMENTS: usize = 3 * size_of::<f64>();
/// An estimate with its p and q.
const ESTIMATE: u64 = (12 * size_of::<f64>()) as u64;
/// Of a summary: what it is called and how it was made.
const WORDS: u64 = 96;
/// A row as the table on the terminal has it.
const LINE: u64 = 72;

/// Bytes of the study's rows at the time when they take most.
pub fn held(plan: &Plan) -> u64 {
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
    let at = size_of::<At>() as u64 + block(16 + 4 * experiment.design.axes.len());
    let members = experiment.points.first().map_or(0, |point| {
        let each = point.members.iter().filter(|members| !members.is_empty());
        let each = each.map(|members| {
            let means = block(members.len() * size_of::<MemberMean>());
            block(size_of::<Members>()) + means + members.len() as u64 * block(8)
        });
        each.sum::<u64>() * contrasts as u64
    });
    let summaries = experiment.design.summaries.len();
    let summaries = block(summaries * size_of::<Summary>()) + summaries as u64 * WORDS;
    let row = size_of::<Row>() as u64 + summaries;
    let kept = at + rows * row + members + of_arms * size_of::<ArmSummary>() as u64;
    let measured = 2 * size_of::<Vec<u8>>() as u64
        + block(outcomes * arms * MOMENTS)
        + block(outcomes * contrasts * MOMENTS)
        + ESTIMATE;
    let shown = (rows + of_arms) * LINE;
    points * (kept + measured.max(shown))
}
