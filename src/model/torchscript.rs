//! TorchScript: a network as code that libtorch alone can run. Nothing here looks into it, so what it takes and gives must be
//! declared.

use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;

use super::archive::holds_torchscript;
use super::encoding::Layout;
use super::given::Given;
use super::graph::{Dim, Graph, Value, ValueId};
use super::toml_form::TomlForm;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{InputKind, open_input};

/// Whether a file holds TorchScript, judged by its records.
pub fn is_torchscript(path: &Path) -> bool {
    let Ok((file, _)) = open_input(path, InputKind::Model) else {
        return false;
    };
    let zip = ZipArchive::new(BufReader::new(file));
    zip.is_ok_and(|zip| holds_torchscript(zip.file_names()))
}

/// What is declared of a TorchScript network as a graph without nodes: its inputs and its outputs.
pub(super) fn surface(path: &Path, form: &TomlForm, given: &Given) -> Outcome<Graph> {
    let length = form.length.or(given.length);
    let layout = form.layout.or(given.layout);
    let tasks = form.tasks.as_ref().or(given.tasks.as_ref());
    let outputs: Option<Vec<Vec<usize>>> = match (form.output.as_slice(), tasks) {
        ([], Some(tasks)) => Some(vec![vec![tasks.len()]]),
        ([], None) => None,
        (outputs, _) => outputs.iter().map(|output| output.shape.clone()).collect(),
    };
    let (Some(length), Some(layout), Some(outputs)) = (length, layout, &outputs) else {
        let missing = [
            (length.is_none(), "the length of its input (`length`)"),
            (layout.is_none(), "the layout of its input (`layout`)"),
            (
                outputs.is_none() && form.output.is_empty(),
                "the shape of its output (`tasks`, or `shape` of an `[[output]]`)",
            ),
            (
                outputs.is_none() && !form.output.is_empty(),
                "the `shape` of an output",
            ),
        ];
        let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
        let missing: Vec<&str> = missing.map(|(_, what)| what).collect();
        let is = if missing.len() == 1 { "is" } else { "are" };
        let message = format!(
            "`{}` is TorchScript, which tells nothing of itself, and {} {is} not declared",
            path.display(),
            in_words(&missing)
        );
        return Err(Box::new(Diagnostic::error(Code::Incomplete, message).help(
            format!(
                "`gia model declare {} --length ...` runs it once and writes down what it finds; \
             better, export the network anew with torch.export",
                path.display()
            ),
        )));
    };
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    Ok(graph_of(form.input.len().max(1), layout, length, outputs))
}

/// `a`, `a and b`, `a, b and c`.
fn in_words(parts: &[&str]) -> String {
    match parts {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        parts => parts.concat(),
    }
}

/// A graph of inputs and outputs alone. Shapes of outputs are those after the batch.
pub(super) fn graph_of(
    inputs: usize,
    layout: Layout,
    length: i64,
    outputs: &[Vec<usize>],
) -> Graph {
    let sequence = match layout {
        Layout::ChannelsFirst => [4, length],
        Layout::ChannelsLast => [length, 4],
    };
    let value = |name: String, extents: &[i64]| {
        let extents = extents.iter().map(|extent| Dim::Fixed(*extent));
        Value {
            name,
            shape: Some(std::iter::once(Dim::Free).chain(extents).collect()),
        }
    };
    let taken = (0..inputs).map(|i| value(format!("input_{i}"), &sequence));
    let given = outputs.iter().enumerate().map(|(i, shape)| {
        let extents = shape.iter().map(|n| i64::try_from(*n).unwrap_or(i64::MAX));
        value(format!("output_{i}"), &extents.collect::<Vec<_>>())
    });
    Graph {
        values: taken.chain(given).collect(),
        inputs: (0..inputs).map(ValueId).collect(),
        outputs: (inputs..inputs + outputs.len()).map(ValueId).collect(),
        ..Graph::default()
    }
}
