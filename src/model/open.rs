//! Reads the graph of a model file, or builds one from the declaration if the file holds none.

use std::path::Path;

use super::declaration::Declaration;
use super::declaration_file::TomlInput;
use super::graph::Graph;
use super::load_arguments::LoadArguments;
use super::opaque::{graph_without_nodes, is_opaque};
use gia_base::diag::Outcome;

impl Graph {
    /// As [`Graph::read_as_stored`], with one-hot sequences as inputs.
    ///
    /// # Errors
    /// As [`Graph::read`].
    pub fn read_with_declaration(path: &Path, declaration: Option<&Declaration>) -> Outcome<Graph> {
        let graph = Graph::read_as_stored(path, declaration)?;
        Ok(match declaration {
            Some(known) => graph.with_declared_inputs(known),
            None => graph,
        })
    }

    /// The graph with one-hot sequences in the place of inputs that the declaration says to be computed from them.
    pub fn with_declared_inputs(self, known: &Declaration) -> Graph {
        self.with_one_hot_inputs(&known.inputs, known.layout, known.input_length())
    }

    /// As [`Graph::read`], with the inputs that the file has, of the declared length. For TorchScript and networks in Python, returns a graph without nodes that has the declared inputs and
    /// outputs.
    ///
    /// # Errors
    /// As [`Graph::read`].
    pub fn read_as_stored(path: &Path, declaration: Option<&Declaration>) -> Outcome<Graph> {
        if !is_opaque(path) {
            return match declaration {
                Some(known) => Graph::read_at_length(path, &known.inputs, known.input_length()),
                None => Declaration::read_graph(path, &LoadArguments::default(), &[]),
            };
        }
        Ok(declaration.map_or_else(Graph::default, |known| {
            let shapes = known.outputs.iter().map(|output| output.shape.clone());
            let length = i64::try_from(known.input_length()).unwrap_or(i64::MAX);
            let shapes: Vec<Vec<usize>> = shapes.collect();
            let inputs = vec![TomlInput::default(); known.inputs.len()];
            graph_without_nodes(&inputs, known.layout, length, &shapes)
        }))
    }
}
