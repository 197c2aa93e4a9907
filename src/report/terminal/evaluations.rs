//! The tables of evaluations.

use super::layout::{Column, Page, with_unit};
use super::number::{
    MISSING, align_on_point, count, four_digits, harmonised_by_uncertainty, percent,
    sequences_of_sources, with_decimals,
};
use crate::display::measure_name;
use gia_base::diag::replace_control;
use gia_study::Evaluation;

pub fn show(page: &mut Page, evaluation: &Evaluation) {
    page.gap();
    page.title(&evaluation.evaluation);
    page.gap();
    let mut facts = vec![format!(
        "outcome: {}",
        with_unit(&evaluation.outcome, &evaluation.unit)
    )];
    for set in &evaluation.sets {
        let n = match set.sources {
            Some(_) => sequences_of_sources(set.n, set.sources),
            None => count(set.n),
        };
        facts.push(format!("{}: {n} ({})", set.role, set.sequences));
    }
    if let (Some(sources), true) = (evaluation.sources, evaluation.sets.len() > 1) {
        let n = evaluation.sets.iter().map(|set| set.n).sum();
        facts.push(format!(
            "in all: {}",
            sequences_of_sources(n, Some(sources))
        ));
    }
    page.facts(&facts);
    for left_out in &evaluation.left_out {
        page.paragraph(&format!("{}: {left_out}", left_out.path));
    }
    page.gap();
    let cells = |cell: &dyn Fn(&gia_study::PerformanceMeasure) -> String| -> Vec<String> {
        evaluation.measures.iter().map(cell).collect()
    };
    let value = |x: Option<f64>| x.map_or(MISSING.to_string(), four_digits);
    page.table(
        &[
            Column::text("measure", cells(&|m| measure_name(&m.measure))),
            Column::text("value", cells(&|m| value(m.value))),
            Column::text(
                &format!("{} interval", percent(evaluation.level)),
                cells(&|m| match (m.low, m.high) {
                    (Some(low), Some(high)) => {
                        format!("[{}, {}]", four_digits(low), four_digits(high))
                    }
                    _ => MISSING.to_string(),
                }),
            ),
            Column::text("how", cells(&|m| m.method.clone())),
        ],
        &[],
    );
    if let [positives, negatives] = evaluation.sets.as_slice() {
        let share = positives.n as f64 / (positives.n + negatives.n) as f64;
        page.gap();
        page.note(&format!(
            "Chance level: area under the ROC curve 0.5, average precision {} (the fraction of positives here, on which calibration \
             and precision depend).",
            four_digits(share)
        ));
    }
}

/// Maximum number of sequences, and of tasks side by side, that are listed; the JSON has all.
const MAX_SEQUENCES: usize = 250;
const MAX_TASKS: usize = 8;

/// What the tasks of a model predict for each sequence.
pub fn show_predictions(page: &mut Page, tasks: &[Evaluation]) {
    let Some(first) = tasks.first() else {
        return;
    };
    page.gap();
    page.title(&first.evaluation);
    page.gap();
    for left_out in &first.left_out {
        page.paragraph(&format!("{}: {left_out}", left_out.path));
    }
    let sequences = &first.predictions[..first.predictions.len().min(MAX_SEQUENCES)];
    let names = sequences.iter().map(|p| replace_control(&p.sequence.name));
    let mut columns = vec![Column::text("sequence", names.collect())];
    let numbers = |task: &Evaluation| {
        let values = task.predictions.iter().take(sequences.len());
        let wanted: Vec<(&str, f64, Option<f64>)> =
            values.clone().map(|p| ("", p.value, None)).collect();
        let digits = harmonised_by_uncertainty(&wanted);
        let cells = values.zip(&digits);
        let cells: Vec<String> = cells
            .map(|(p, digits)| with_decimals(p.value, *digits))
            .collect();
        let heading = with_unit(&task.outcome, &task.unit);
        Column::numbers(&replace_control(&heading), align_on_point(&cells))
    };
    for (i, task) in tasks.iter().enumerate() {
        columns.push(numbers(task));
        if i >= MAX_TASKS || (i > 0 && !page.fits(&columns)) {
            columns.pop();
            break;
        }
    }
    page.table(&columns, &[]);
    let shown = columns.len() - 1;
    if shown < tasks.len() || sequences.len() < first.predictions.len() {
        page.gap();
        page.note(&format!(
            "{} of {} tasks and {} of {} sequences are shown; `--json` has all.",
            count(shown),
            count(tasks.len()),
            count(sequences.len()),
            count(first.predictions.len())
        ));
    }
}
