//! The table of effects over the null models of an axis.

use maud::{Markup, html};

use super::table::Table;
use crate::display::{distinct, grid_point_text, with_unit};
use crate::number::{MISSING, four_digits, percent};
use gia_base::diag::replace_control;
use gia_study::Experiment;

pub fn table(experiment: &Experiment, id: &str) -> Markup {
    let effects = &experiment.pooled;
    let Some(first) = effects.first() else {
        return html! {};
    };
    let axis = replace_control(&first.axis);
    let mut table = Table::new(format!("Effects over {axis}"), effects.len());
    let text = |cell: &dyn Fn(&gia_study::PooledEffect) -> String| -> Vec<String> {
        effects.iter().map(|e| replace_control(&cell(e))).collect()
    };
    table.text("contrast", text(&|e| e.contrast.to_string()));
    table.text("outcome", text(&|e| with_unit(&e.outcome, &e.unit)));
    if effects.iter().any(|effect| !effect.at.is_empty()) {
        table.text("at", text(&|e| grid_point_text(&e.at, &experiment.axes)));
    }
    table.numbers("mean effect", effects.iter().map(|e| four_digits(e.mean)));
    table.numbers(
        &format!("{} interval", percent(first.level)),
        effects.iter().map(|e| match e.low.zip(e.high) {
            Some((low, high)) => format!("[{}, {}]", four_digits(low), four_digits(high)),
            None => MISSING.to_string(),
        }),
    );
    table.numbers(
        "sd of nulls",
        effects.iter().map(|e| four_digits(e.between)),
    );
    table.text(
        "same sign",
        text(&|e| format!("{} of {}", e.agree, e.nulls.len())),
    );
    let methods = distinct(effects.iter().map(|effect| effect.method.to_string())).join("; ");
    html! {
        (table.markup(&format!("{id}-pooled")))
        p.note {
            "The mean effect over null models like these, each counting the same; sd of nulls: between null models, without the errors of \
             their means. Interval: " (replace_control(&methods)) "."
        }
    }
}
