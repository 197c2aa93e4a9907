//! TorchScript: a network as code that only libtorch can run. Its graph is not read, so its inputs and outputs must be declared.

use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;

use super::archive::holds_torchscript;
use super::declaration_file::DeclarationFile;
use super::encoding::Layout;
use super::graph::{Dim, Graph, Value, ValueId};
use super::load_arguments::LoadArguments;
use super::python::is_python;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{InputKind, open_input};

/// Whether a file holds TorchScript, judged by the names of its records.
pub fn is_torchscript(path: &Path) -> bool {
    let Ok((file, _)) = open_input(path, InputKind::Model) else {
        return false;
    };
    let zip = ZipArchive::new(BufReader::new(file));
    zip.is_ok_and(|zip| holds_torchscript(zip.file_names()))
}

/// The declared inputs and outputs of a TorchScript network, as a graph without nodes.
pub(super) fn declared_graph(
    path: &Path,
    form: &DeclarationFile,
    given: &LoadArguments,
) -> Outcome<Graph> {
    let (length, layout, outputs) = declared_properties(path, form, given)?;
    Ok(graph_without_nodes(
        form.input.len().max(1),
        layout,
        length,
        &outputs,
    ))
}

/// The declared length, layout and shapes of outputs after the batch, of a network without a graph.
pub(super) fn declared_properties(
    path: &Path,
    form: &DeclarationFile,
    given: &LoadArguments,
) -> Outcome<(i64, Layout, Vec<Vec<usize>>)> {
    let length = form.length.or(given.length);
    let layout = form.layout.or(given.layout);
    let tasks = form.tasks.as_ref().or(given.tasks.as_ref());
    let outputs: Option<Vec<Vec<usize>>> = match (form.output.as_slice(), tasks) {
        ([], Some(tasks)) => Some(vec![vec![tasks.len()]]),
        ([], None) => None,
        (outputs, _) => outputs.iter().map(|output| output.shape.clone()).collect(),
    };
    let (Some(length), Some(layout), Some(outputs)) = (length, layout, outputs.clone()) else {
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
        let (shown, missing) = (path.display(), join_with_and(&missing));
        let (message, help) = match is_python(path) {
            true => (
                format!(
                    "`{shown}` declares a network in Python, whose inputs and outputs only running it shows, and {missing} {is} not declared"
                ),
                format!(
                    "`gia model declare {shown} --entry ... --length ... --allow-python` runs it once and declares what it finds"
                ),
            ),
            false => (
                format!(
                    "`{shown}` is TorchScript, which does not describe its inputs and outputs, and {missing} {is} not declared"
                ),
                format!(
                    "`gia model declare {shown} --length ...` runs it once and declares what it finds; better, export the network again with torch.export"
                ),
            ),
        };
        return Err(Box::new(
            Diagnostic::error(Code::IncompleteDeclaration, message).help(help),
        ));
    };
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    Ok((length, layout, outputs))
}

/// Joins items as `a`, `a and b`, or `a, b and c`.
fn join_with_and(parts: &[&str]) -> String {
    match parts {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        parts => parts.concat(),
    }
}

/// A graph with inputs and outputs and no nodes. `shapes` are those of the outputs after the batch.
pub(super) fn graph_without_nodes(
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
