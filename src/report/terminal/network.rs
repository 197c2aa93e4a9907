//! The description of a model file on a terminal.

use std::path::Path;

use super::layout::{Column, Page};
use super::number::count;
use crate::network::{Layer, Named, NetworkDescription};
use gia_base::diag::Style;
use gia_model::is_python;

/// Maximum number of tasks that are named one by one.
const MAX_TASKS: usize = 8;

/// Formats the description of a model file for a terminal.
pub fn page(network: &NetworkDescription, style: Style) -> String {
    let mut page = Page::new(style);
    page.title(&network.model.path);
    let named = |all: &[Named]| {
        let all = all
            .iter()
            .map(|one| format!("{} {}", one.name, shape_text(one.shape.as_ref())));
        all.collect::<Vec<_>>().join(", ")
    };
    let nodes = network
        .nodes
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"));
    let nodes = nodes.collect::<Vec<_>>().join(", ");
    let parameters = count(usize::try_from(network.parameters).unwrap_or(usize::MAX));
    let (parameters, nodes) = match network.can.layers {
        true => (parameters, nodes),
        false => {
            let hidden = match is_python(Path::new(&network.model.path)) {
                true => "unknown: a network in Python cannot be inspected",
                false => "unknown: TorchScript cannot be inspected",
            };
            (hidden.to_string(), hidden.to_string())
        }
    };
    let facts = [
        ("inputs", named(&network.inputs)),
        ("outputs", named(&network.outputs)),
        ("parameters", parameters),
        ("nodes", nodes),
        ("supports", capability_lines(network)),
        ("declared", declared(network)),
        ("sha256", network.model.sha256.clone()),
    ];
    for (name, said) in facts {
        for line in page.wrapped(&said, &format!("  {name:<12}"), &" ".repeat(14)) {
            page.line(&line);
        }
    }
    if network.layers.is_empty() {
        return page.into_text();
    }
    page.gap();
    let column = |of: &dyn Fn(&Layer) -> String| network.layers.iter().map(of).collect::<Vec<_>>();
    let sees = |layer: &Layer| match layer.receptive_field {
        Some(width) => format!("{width} bp"),
        None => "all".to_string(),
    };
    let every = |layer: &Layer| {
        layer
            .step
            .map_or(String::new(), |step| format!("{step} bp"))
    };
    let parameters = |layer: &Layer| match usize::try_from(layer.parameters).unwrap_or(usize::MAX) {
        0 => String::new(),
        n => count(n),
    };
    let columns = [
        Column::text("layer", column(&|layer| layer.name.clone())),
        Column::text("kind", column(&|layer| layer.kind.clone())),
        Column::text("makes", column(&|layer| shape_text(layer.makes.as_ref()))),
        Column::numbers("sees", column(&sees)),
        Column::numbers("every", column(&every)),
        Column::numbers("parameters", column(&parameters)),
    ];
    page.table(&columns, &[]);
    page.into_text()
}

/// The capabilities of a network in words.
fn capability_lines(network: &NetworkDescription) -> String {
    let mut words = Vec::new();
    if network.can.gradients {
        let limit = match network.can.detach {
            true => "",
            false => " (ONNX keeps no `detach`)",
        };
        words.push(format!("gradients with respect to the sequence{limit}"));
    }
    if network.can.layers {
        words.push("layer inspection".to_string());
    }
    if network.can.layers_in_part > 0 {
        words.push(format!(
            "incremental recomputation (a change of one base: {} of {} layers)",
            network.can.layers_in_part,
            network.layers.len()
        ));
    }
    let mut steps: Vec<&str> = network.can.last_steps.iter().flatten().copied().collect();
    steps.dedup();
    if !steps.is_empty() {
        words.push(format!(
            "measuring before its last step ({})",
            steps.join(", ")
        ));
    }
    words.join(", ")
}

fn declared(network: &NetworkDescription) -> String {
    let Some(known) = &network.declaration else {
        return "incomplete; `gia model declare` shows what is missing".to_string();
    };
    let tasks: Vec<&str> = known.tasks.iter().flatten().map(String::as_str).collect();
    let named = match tasks.len() {
        0 => "outputs by number".to_string(),
        n if n > MAX_TASKS => format!("{n} tasks, the first {}", tasks[..3].join(", ")),
        _ => format!("tasks {}", tasks.join(", ")),
    };
    format!(
        "{} bp, {}, {}, {named}",
        known.length, known.alphabet, known.layout
    )
}

/// A shape; `n` is a size that is free.
fn shape_text(shape: Option<&Vec<Option<i64>>>) -> String {
    let Some(shape) = shape else {
        return "not stated".to_string();
    };
    let words = shape
        .iter()
        .map(|n| n.map_or("n".to_string(), |n| n.to_string()));
    format!("({})", words.collect::<Vec<_>>().join(", "))
}
