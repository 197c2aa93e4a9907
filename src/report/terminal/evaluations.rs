//! The tables of evaluations.

use super::layout::{Column, Page, with_unit};
use super::number::{MISSING, count, four_digits, percent, sequences_of_sources};
use crate::display::measure_name;
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
