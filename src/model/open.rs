//! Reads the graph of a model file, or builds one from the declaration if the file holds none.

use std::path::Path;

use super::declaration::Declaration;
use super::graph::Graph;
use super::load_arguments::LoadArguments;
use super::torchscript::{graph_without_nodes, is_torchscript};
use gia_base::diag::Outcome;

impl Graph {
    /// As [`Graph::read`], with one-hot sequences as inputs. For TorchScript, returns a graph without nodes that has the declared inputs and
    /// outputs.
    ///
    /// # Errors
    /// As [`Graph::read`].
    pub fn read_with_declaration(path: &Path, declaration: Option<&Declaration>) -> Outcome<Graph> {
        if !is_torchscript(path) {
            return match declaration {
                Some(known) => {
                    Graph::read_for(path, &known.inputs, known.layout, known.input_length())
                }
                None => Declaration::read_graph(path, &LoadArguments::default(), &[]),
            };
        }
        Ok(declaration.map_or_else(Graph::default, |known| {
            let shapes = known.outputs.iter().map(|output| output.shape.clone());
            let length = i64::try_from(known.input_length()).unwrap_or(i64::MAX);
            let shapes: Vec<Vec<usize>> = shapes.collect();
            graph_without_nodes(known.inputs.len(), known.layout, length, &shapes)
        }))
    }
}
