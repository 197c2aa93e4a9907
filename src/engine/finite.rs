//! What is said where a network gives no finite number.

use crate::check::hir::Axis;
use crate::diag::{Code, Diagnostic};
use crate::domain::Strand;
use crate::model::Declaration;
use crate::plan::{Job, Plan};

/// Where a number stands: which column of the network's output, for which background of which variant.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub variant: usize,
    pub background: usize,
    pub column: usize,
}

/// An output that is not a finite number: which output, of which sequence.
pub fn not_finite(plan: &Plan, job: &Job, place: Place, value: f32) -> Box<Diagnostic> {
    let Place {
        variant,
        background,
        column,
    } = place;
    let model = &plan.models[job.model];
    let planned = &plan.populations[job.population];
    let output = output_name(&model.name, &model.declaration, column);
    let name = planned.population.name(plan.settings.seed, background);
    let strand = match job.strand {
        Strand::Forward => "",
        Strand::Reverse => " on its other strand",
    };
    let mut message =
        format!("{output} is {value} for background `{name}`{strand} (index {background})");
    if let Some(asker) = asker(plan, job, place) {
        message.push_str(&format!(", {asker}"));
    }
    let edits: Vec<String> = planned.variants[variant]
        .iter()
        .map(|edit| edit.describe(planned.population.alphabet()))
        .collect();
    if !edits.is_empty() {
        message.push_str(&format!(", with {}", edits.join(", ")));
    }
    Box::new(
        Diagnostic::error(Code::NonFinite, message)
            .help("`--sequences DIR` writes the sequences that are scored, this one among them"),
    )
}

/// As a script writes it: by its task, else by its number.
pub fn output_name(model: &str, declaration: &Declaration, column: usize) -> String {
    format!("`{model}{}`", declaration.column_name(column))
}

/// The first arm of the first experiment that asks for the sequence.
fn asker(plan: &Plan, job: &Job, place: Place) -> Option<String> {
    for experiment in &plan.experiments {
        for point in &experiment.points {
            if point.population != job.population || place.background >= point.count {
                continue;
            }
            if let Some(arm) = point
                .arms
                .iter()
                .position(|&variant| variant == place.variant)
            {
                let arm = experiment.arms.get(arm)?;
                let at = place_name(&experiment.axes, &point.at);
                let at = if at.is_empty() {
                    at
                } else {
                    format!(" at {at}")
                };
                return Some(format!(
                    "arm `{arm}` of experiment `{}`{at}",
                    experiment.name
                ));
            }
        }
    }
    None
}

/// A grid point in words, for example `gap = 12 bp, n = 3`.
fn place_name(axes: &[Axis], at: &[usize]) -> String {
    let parts = axes.iter().zip(at).filter_map(|(axis, &index)| {
        let value = axis.values.get(index)?;
        Some(format!("{} = {value}", axis.name))
    });
    parts.collect::<Vec<_>>().join(", ")
}
