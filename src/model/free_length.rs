//! Reads networks that leave the length of the sequence free, for the length that is declared.

use std::path::Path;

use super::declaration::Declaration;
use super::declaration_file::TomlInput;
use super::encoding::Layout;
use super::graph::{Dim, Graph};
use super::input::Input;
use super::load_arguments::LoadArguments;
use gia_base::diag::Outcome;

impl Graph {
    /// Reads a model file for sequences of `length` positions, which its inputs encode as declared; the graph reads one-hot sequences.
    ///
    /// # Errors
    /// As [`Graph::read`], and if the file was exported for other lengths.
    pub fn read_for(
        path: &Path,
        inputs: &[Input],
        layout: Layout,
        length: usize,
    ) -> Outcome<Graph> {
        let graph = Graph::read_at_length(path, inputs, length)?;
        Ok(graph.with_one_hot_inputs(inputs, layout, length))
    }

    /// As [`Graph::read_for`], with the inputs that the file has.
    pub(super) fn read_at_length(path: &Path, inputs: &[Input], length: usize) -> Outcome<Graph> {
        let sizes: Vec<Option<i64>> = inputs.iter().map(|input| input.size(length)).collect();
        Graph::read_sized(path, &sizes)
    }
}

impl Input {
    /// Its size along the sequence of `length` positions; none for a constant.
    fn size(&self, length: usize) -> Option<i64> {
        let input = self.sequence()?;
        let positions = input.part.map_or(length, |part| part.length);
        input.encoding.size(positions)
    }
}

impl Declaration {
    /// Reads the graph of a model file that is to be declared. Where it leaves the length free and the length is stated, sizes follow from it.
    ///
    /// # Errors
    /// As [`Graph::read`]. If the length is free and not stated, the error is that, and not one about nodes whose sizes depend on it.
    pub fn read_graph(path: &Path, given: &LoadArguments, inputs: &[TomlInput]) -> Outcome<Graph> {
        let read = Graph::read(path);
        let shapes: Vec<Option<Vec<Dim>>> = match &read {
            Ok(graph) => {
                let shapes = graph.input_shapes().into_iter();
                shapes.map(|shape| shape.map(<[Dim]>::to_vec)).collect()
            }
            Err(_) => Graph::input_shapes_of_file(path).unwrap_or_default(),
        };
        let is_free = |shape: &Option<Vec<Dim>>| {
            let after = shape.iter().flat_map(|shape| shape.iter().skip(1));
            after.into_iter().any(|dim| *dim == Dim::Free)
        };
        if !shapes.iter().any(is_free) {
            return read;
        }
        match given.length {
            Some(length) => {
                let sizes = Declaration::stated_sizes(path, given, inputs, length)?;
                Graph::read_sized(path, &sizes)
            }
            None => read.map_err(|_| Declaration::no_length(path)),
        }
    }
}
