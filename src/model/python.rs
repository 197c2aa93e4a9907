//! Networks that run in Python, where they are: a declaration with `kind = "python"` names what to import. The graph of such a network
//! is not known, so its inputs and outputs must be declared.

use std::path::Path;

use serde::Deserialize;

use super::declaration_file::{DeclarationFile, TomlInput};
use super::encoding::Layout;
use super::graph::{Dim, Graph};
use super::load_arguments::LoadArguments;
use super::torchscript::{declared_properties, graph_without_nodes, is_torchscript};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// The kinds of networks that a declaration names by more than their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// Code that Python imports.
    Python,
}

/// Whether a model is a declaration by itself, of a network in Python.
pub fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// Whether the graph of a model cannot be read, so that every sequence takes a full pass: TorchScript, or a network in Python.
pub fn is_opaque(path: &Path) -> bool {
    is_python(path) || is_torchscript(path)
}

/// What Python imports for a model; none for a model file.
///
/// # Errors
/// If a `.toml` that is named as a model does not declare a network in Python, or if one beside a model file does.
pub(super) fn declared_entry(path: &Path, form: &DeclarationFile) -> Outcome<Option<String>> {
    let shown = path.display();
    let wrong = |message: String| Diagnostic::error(Code::BadDeclaration, message);
    let entry = match (is_python(path), form.kind, &form.entry) {
        (false, None, None) => return Ok(None),
        (false, ..) => {
            let toml = DeclarationFile::path_beside(path);
            let message = format!(
                "`{}` declares a network in Python, and `{shown}` is a model file",
                toml.display()
            );
            return Err(Box::new(wrong(message).help(format!(
                "name the declaration itself to run the network in Python, `{}`, or remove `kind` and `entry` from it",
                toml.display()
            ))));
        }
        (true, Some(NetworkKind::Python), Some(entry)) => entry,
        (true, Some(NetworkKind::Python), None) => {
            return Err(Box::new(
                wrong(format!(
                    "`{shown}` does not say what Python imports: `entry` is missing"
                ))
                .help("add `entry = \"package.module:function\"`"),
            ));
        }
        (true, None, _) => {
            return Err(Box::new(
                wrong(format!("`{shown}` is a declaration, not a model file")).help(
                    "name the model file beside it; for a network in Python, add `kind = \"python\"` and `entry = \"package.module:function\"`",
                ),
            ));
        }
    };
    match is_entry(entry) {
        true => Ok(Some(entry.clone())),
        false => Err(Box::new(
            wrong(format!("`entry` of `{shown}` is \"{entry}\""))
                .help("write what Python imports, as \"package.module:function\""),
        )),
    }
}

/// Whether a text is `package.module:attribute`, or the name of a live object.
fn is_entry(text: &str) -> bool {
    let is_name = |name: &str| {
        let mut letters = name.chars();
        letters
            .next()
            .is_some_and(|first| first.is_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    let is_path = |path: &str| path.split('.').all(is_name);
    match text.split_once(':') {
        Some((module, attribute)) => is_path(module) && is_path(attribute),
        None => is_name(text),
    }
}

/// The declared inputs and outputs of a network in Python, as a graph without nodes.
pub(super) fn declared_graph(
    path: &Path,
    form: &DeclarationFile,
    given: &LoadArguments,
) -> Outcome<Graph> {
    let (length, layout, outputs) = declared_properties(path, form, given)?;
    Ok(python_graph(&form.input, layout, length, &outputs))
}

/// A graph without nodes with these inputs; `shapes` are those of the outputs after the batch.
pub(super) fn python_graph(
    inputs: &[TomlInput],
    layout: Layout,
    length: i64,
    shapes: &[Vec<usize>],
) -> Graph {
    let mut graph = graph_without_nodes(inputs.len().max(1), layout, length, shapes);
    for (id, input) in graph.inputs.clone().into_iter().zip(inputs) {
        let sizes = input_shape(input, layout, length);
        graph.values[id.0].shape = Some(std::iter::once(Dim::Free).chain(sizes).collect());
    }
    graph
}

/// Sizes of a declared input after the batch.
fn input_shape(input: &TomlInput, layout: Layout, length: i64) -> Vec<Dim> {
    let fixed = |size: usize| Dim::Fixed(i64::try_from(size).unwrap_or(i64::MAX));
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

#[cfg(test)]
mod tests {
    use super::is_entry;

    #[test]
    fn entries_are_names_of_python() {
        for entry in ["nets:net", "a.b_1:Class.build", "_x:y", "live_net"] {
            assert!(is_entry(entry), "{entry}");
        }
        for entry in [
            "", ":", "a:", ":b", "a b:c", "a:b()", "a-b:c", "a..b:c", "1a:b", "a:b:c", "a.b",
        ] {
            assert!(!is_entry(entry), "{entry}");
        }
    }
}
