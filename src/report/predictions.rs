//! Predictions of several tasks as one table.

use gia_study::Evaluation;

/// The evaluations of a study, with the predictions of the tasks that one statement asks for together.
pub fn grouped(evaluations: &[Evaluation]) -> impl Iterator<Item = &[Evaluation]> {
    evaluations.chunk_by(|a, b| {
        let are_predictions = !a.predictions.is_empty() && !b.predictions.is_empty();
        are_predictions && a.evaluation == b.evaluation && a.outcome != b.outcome
    })
}
