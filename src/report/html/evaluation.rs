//! Evaluations: performance of a model where the answers are known.

use maud::{Markup, html};

use super::experiment::figure;
use super::table::Table;
use crate::display::{measure_name, with_unit};
use crate::figure::{MapLayout, of_evaluation, of_influence, of_map};
use crate::letter_map::method_sentence;
use crate::number::{MISSING, count, four_digits, percent, sequences_of_sources};
use gia_base::diag::{Outcome, replace_control};
use gia_study::{AttributionMap, Evaluation, InfluenceMap};

/// Maximum number of sequences that are listed; the JSON has all.
const MAX_SEQUENCES: usize = 1000;

/// What the tasks of a model predict for each sequence.
pub fn predictions(tasks: &[Evaluation], id: &str) -> Markup {
    let Some(first) = tasks.first() else {
        return html! {};
    };
    let sequences = &first.predictions[..first.predictions.len().min(MAX_SEQUENCES)];
    let mut table = Table::new("Predictions", sequences.len());
    let names = sequences.iter().map(|p| replace_control(&p.sequence.name));
    table.text("sequence", names);
    for task in tasks {
        let values = task.predictions.iter().take(sequences.len());
        table.numbers(
            &replace_control(&with_unit(&task.outcome, &task.unit)),
            values.map(|p| four_digits(p.value)),
        );
    }
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (replace_control(&first.evaluation)) }
            (table.markup(&format!("{id}-predictions")))
            @if sequences.len() < first.predictions.len() {
                p.note { (count(sequences.len())) " of " (count(first.predictions.len())) " sequences are shown; the JSON has all." }
            }
        }
    }
}

/// The track that is predicted for each sequence.
pub fn tracks(
    evaluation: &Evaluation,
    id: &str,
    number: &mut dyn FnMut() -> String,
) -> Outcome<Markup> {
    let figures = of_evaluation(evaluation)?;
    let more = evaluation.tracks.len() - figures.len();
    Ok(html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (replace_control(&evaluation.evaluation)) }
            @for left_out in &evaluation.left_out {
                p.note { (replace_control(&left_out.path)) ": " (replace_control(&left_out.to_string())) }
            }
            @for one in &figures { (figure(one, &number())) }
            @if more > 0 {
                p.note { (count(more)) " of " (count(evaluation.tracks.len())) " tracks are not drawn; the JSON has all." }
            }
        }
    })
}

/// The contributions of the bases of each sequence.
pub fn map(map: &AttributionMap, id: &str, number: &mut dyn FnMut() -> String) -> Outcome<Markup> {
    let figures = of_map(map, MapLayout::Scrolling)?;
    let more = map.sequences.len() - figures.len();
    Ok(html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (replace_control(&map.map)) }
            p.note { (replace_control(&method_sentence(map))) " On " (replace_control(&map.on)) "." }
            @for left_out in &map.left_out {
                p.note { (replace_control(&left_out.path)) ": " (replace_control(&left_out.to_string())) }
            }
            @for one in &figures { (figure(one, &number())) }
            @if more > 0 {
                p.note { (count(more)) " of " (count(map.sequences.len())) " maps are not drawn; the JSON has all." }
            }
        }
    })
}

/// The contributions of the bases of each sequence to each place of a track.
pub fn influence(
    map: &InfluenceMap,
    id: &str,
    number: &mut dyn FnMut() -> String,
) -> Outcome<Markup> {
    let figures = of_influence(map)?;
    let more = map.sequences.len().saturating_sub(figures.len());
    Ok(html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (replace_control(&map.map)) }
            p.note { (replace_control(&map.method)) ". On " (replace_control(&map.on)) "." }
            @for left_out in &map.left_out {
                p.note { (replace_control(&left_out.path)) ": " (replace_control(&left_out.to_string())) }
            }
            @for one in &figures { (figure(one, &number())) }
            @if more > 0 {
                p.note { (count(more)) " of " (count(map.sequences.len())) " maps are not drawn; the JSON has all." }
            }
        }
    })
}

pub fn section(
    evaluation: &Evaluation,
    id: &str,
    number: &mut dyn FnMut() -> String,
) -> Outcome<Markup> {
    let figures = of_evaluation(evaluation)?;
    let measures = &evaluation.measures;
    let mut table = Table::new("Model performance", measures.len());
    table.text("measure", measures.iter().map(|m| measure_name(&m.measure)));
    table.numbers(
        "value",
        measures
            .iter()
            .map(|m| m.value.map_or(MISSING.to_string(), four_digits)),
    );
    table.numbers(
        &format!("{} interval", percent(evaluation.level)),
        measures.iter().map(|m| match (m.low, m.high) {
            (Some(low), Some(high)) => format!("[{}, {}]", four_digits(low), four_digits(high)),
            _ => MISSING.to_string(),
        }),
    );
    table.text("how", measures.iter().map(|m| replace_control(&m.method)));
    Ok(html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (replace_control(&evaluation.evaluation)) }
            dl.facts {
                dt { "outcome" } dd { (replace_control(&with_unit(&evaluation.outcome, &evaluation.unit))) }
                @for set in &evaluation.sets {
                    dt { (replace_control(&set.role)) } dd {
                        @if set.sources.is_some() { (sequences_of_sources(set.n, set.sources)) } @else { (count(set.n)) }
                        " — " (replace_control(&set.sequences))
                    }
                }
                @if let (Some(sources), true) = (evaluation.sources, evaluation.sets.len() > 1) {
                    dt { "in all" }
                    dd { (sequences_of_sources(evaluation.sets.iter().map(|set| set.n).sum(), Some(sources))) }
                }
                @for left_out in &evaluation.left_out {
                    dt { (replace_control(&left_out.path)) } dd { (replace_control(&left_out.to_string())) }
                }
            }
            (table.markup(&format!("{id}-measures")))
            @if !figures.is_empty() {
                h3 { "Curves" }
                div.row { @for one in &figures { (figure(one, &number())) } }
            }
        }
    })
}
