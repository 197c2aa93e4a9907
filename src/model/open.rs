//! The graph of a model file, whether the file holds one or the declaration has to stand in for it.

use std::path::Path;

use super::declaration::Declaration;
use super::graph::Graph;
use super::torchscript::{graph_of, is_torchscript};
use gia_base::diag::Outcome;

impl Graph {
    /// As [`Graph::read`]; for TorchScript, a graph without nodes that has the declared inputs and outputs.
    ///
    /// # Errors
    /// As [`Graph::read`].
    pub fn of_file(path: &Path, declaration: Option<&Declaration>) -> Outcome<Graph> {
        if !is_torchscript(path) {
            return Graph::read(path);
        }
        Ok(declaration.map_or_else(Graph::default, |known| {
            let shapes = known.outputs.iter().map(|output| output.shape.clone());
            let length = i64::try_from(known.input_length()).unwrap_or(i64::MAX);
            let shapes: Vec<Vec<usize>> = shapes.collect();
            graph_of(known.inputs.len(), known.layout, length, &shapes)
        }))
    }
}
