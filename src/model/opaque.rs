//! Networks whose graph cannot be read: TorchScript, and networks in Python. Their inputs and outputs must be declared.

use std::path::Path;

use super::declaration_file::{DeclarationFile, TomlInput};
use super::encoding::Layout;
use super::graph::{Dim, Graph, Value, ValueId};
use super::load_arguments::LoadArguments;
use super::python::is_python;
use super::torchscript::is_torchscript;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Whether the graph of a model cannot be read, so that every sequence takes a full pass: TorchScript, or a network in Python.
pub fn is_opaque(path: &Path) -> bool {
    is_python(path) || is_torchscript(path)
}

/// The declared inputs and outputs of a network, as a graph without nodes.
///
/// # Errors
/// If the length, the layout or the shape of an output is not declared.
pub(super) fn declared_graph(
    path: &Path,
    form: &DeclarationFile,
    given: &LoadArguments,
) -> Outcome<Graph> {
    let (length, layout, outputs) = declared_properties(path, form, given)?;
    Ok(graph_without_nodes(&form.input, layout, length, &outputs))
}

/// The declared length, layout and shapes of outputs after the batch, of a network without a graph.
fn declared_properties(
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

/// A graph with inputs and outputs and no nodes; without declared inputs, it has one. `outputs` are shapes after the batch.
pub(super) fn graph_without_nodes(
    inputs: &[TomlInput],
    layout: Layout,
    length: i64,
    outputs: &[Vec<usize>],
) -> Graph {
    let one_hot = [TomlInput::default()];
    let inputs = if inputs.is_empty() { &one_hot } else { inputs };
    let value = |name: String, sizes: Vec<Dim>| Value {
        name,
        shape: Some(std::iter::once(Dim::Free).chain(sizes).collect()),
    };
    let taken = inputs
        .iter()
        .enumerate()
        .map(|(i, input)| value(format!("input_{i}"), input_shape(input, layout, length)));
    let given = outputs.iter().enumerate().map(|(i, shape)| {
        value(
            format!("output_{i}"),
            shape.iter().copied().map(fixed).collect(),
        )
    });
    let count = inputs.len();
    Graph {
        values: taken.chain(given).collect(),
        inputs: (0..count).map(ValueId).collect(),
        outputs: (count..count + outputs.len()).map(ValueId).collect(),
        ..Graph::default()
    }
}

/// Sizes of a declared input after the batch.
fn input_shape(input: &TomlInput, layout: Layout, length: i64) -> Vec<Dim> {
    if input.is_constant() {
        let count = input.values.as_ref().map_or(1, Vec::len);
        let shape = input.shape.clone().unwrap_or_else(|| vec![count]);
        return shape.into_iter().map(fixed).collect();
    }
    if input.tokens.is_some() || input.vocabulary.is_some() {
        // Their number follows from the tokenizer.
        return vec![Dim::Free];
    }
    let channels = fixed(input.channels.as_ref().map_or(4, Vec::len));
    let positions = input.length.map_or(Dim::Fixed(length), fixed);
    match layout {
        Layout::ChannelsFirst => vec![channels, positions],
        Layout::ChannelsLast => vec![positions, channels],
    }
}

/// A size that is known.
fn fixed(size: usize) -> Dim {
    Dim::Fixed(i64::try_from(size).unwrap_or(i64::MAX))
}
