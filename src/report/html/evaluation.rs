//! Evaluations: performance of a model where the answers are known.

use maud::{Markup, html};

use super::experiment::figure;
use super::table::Table;
use crate::figure::of_evaluation;
use crate::number::{NONE, count, percent, short};
use crate::words::{measure, with_unit};
use gia_base::diag::{Outcome, visible};
use gia_study::Evaluation;

pub fn section(
    evaluation: &Evaluation,
    id: &str,
    number: &mut dyn FnMut() -> String,
) -> Outcome<Markup> {
    let figures = of_evaluation(evaluation)?;
    let measures = &evaluation.measures;
    let mut table = Table::new("How well the model does", measures.len());
    table.text("measure", measures.iter().map(|m| measure(&m.measure)));
    table.numbers(
        "value",
        measures
            .iter()
            .map(|m| m.value.map_or(NONE.to_string(), short)),
    );
    table.numbers(
        &format!("{} interval", percent(evaluation.level)),
        measures.iter().map(|m| match (m.low, m.high) {
            (Some(low), Some(high)) => format!("[{}, {}]", short(low), short(high)),
            _ => NONE.to_string(),
        }),
    );
    table.text("how", measures.iter().map(|m| visible(&m.method)));
    Ok(html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (visible(&evaluation.evaluation)) }
            dl.facts {
                dt { "outcome" } dd { (visible(&with_unit(&evaluation.outcome, &evaluation.unit))) }
                @for set in &evaluation.sets {
                    dt { (visible(&set.role)) } dd { (count(set.n)) " — " (visible(&set.sequences)) }
                }
                @for left_out in &evaluation.left_out {
                    dt { (visible(&left_out.path)) } dd { (visible(&left_out.to_string())) }
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
