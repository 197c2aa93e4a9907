//! Reads the graph of an ONNX file: translates operators to node kinds, and infers the shapes that the file does not
//! state.
//!
//! Sizes that a graph computes from shapes are evaluated here, so that nodes have them as plain numbers. Only the batch
//! size stays free.

mod batches;
mod call;
mod element_types;
mod external;
mod functions;
mod images;
mod indexing;
mod known;
mod layers;
mod lists;
mod losses;
mod proto;
mod rearrange;
mod recurrent;
mod row_numbers;
mod sizes;
mod spectral;
mod subgraphs;
mod table;
mod tensors;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::graph::{Dim, Graph, Node, Op, Operand, Value, ValueId, Weight};
use super::unsupported_file::damaged;
use call::Call;
use element_types::integers_of;
pub use external::is_onnx;
use gia_base::diag::{Code, Diagnostic, Outcome};
use known::Known;
use sizes::Size;
pub use tensors::{TensorStore, external_files};

/// Minimum version of the operator set. From it on, most operators take their axes as inputs.
const MIN_OPSET_VERSION: i64 = 13;
/// Maximum number of elements of a constant that is also read as a list of sizes.
const MAX_SHAPE_ELEMENTS: usize = 64;

/// Shapes of the inputs, batch first.
pub fn input_shapes(path: &Path) -> Outcome<Vec<Option<Vec<Dim>>>> {
    let file = path.display().to_string();
    let graph = tensors::read(path)?
        .graph
        .ok_or_else(|| damaged(&file, "it holds no graph".to_string()))?;
    let is_weight = |name: &String| graph.initializer.iter().any(|tensor| tensor.name == *name);
    let inputs = graph.input.iter().filter(|input| !is_weight(&input.name));
    Ok(inputs.map(shape_of).collect())
}

/// Reads the structure of a network. `sizes` has for each input its size after the batch, where the file leaves it free and the caller knows it.
pub fn read(path: &Path, sizes: &[Option<i64>]) -> Outcome<Graph> {
    let file = path.display().to_string();
    let model = tensors::read(path)?;
    let opset = model.opset_import.iter().find(|o| o.domain.is_empty());
    match opset.map(|opset| opset.version) {
        Some(version) if version >= MIN_OPSET_VERSION => {}
        Some(version) => {
            return Err(Box::new(
                Diagnostic::error(
                    Code::BadModelFile,
                    format!("`{file}` uses version {version} of ONNX's operator set; versions from {MIN_OPSET_VERSION} on are supported"),
                )
                .help("export it again with `opset_version=17`"),
            ));
        }
        None => {
            return Err(damaged(
                &file,
                "it does not state its version of ONNX's operator set".to_string(),
            ));
        }
    }
    let graph = model
        .graph
        .ok_or_else(|| damaged(&file, "it holds no graph".to_string()))?;
    let mut reader = Reader {
        file,
        path: path.to_path_buf(),
        ..Reader::default()
    };
    for tensor in &graph.initializer {
        reader.constant(&tensor.name, tensor)?;
    }
    reader.inputs(&graph, sizes)?;
    for node in &graph.node {
        reader.node(node)?;
    }
    reader.outputs(&graph)?;
    Ok(reader.graph)
}

#[derive(Default)]
struct Reader {
    file: String,
    path: PathBuf,
    graph: Graph,
    /// What is known of each name of the file.
    known: HashMap<String, Known>,
    /// Number of nodes that were read from graphs inside nodes.
    inner_nodes: usize,
}

impl Reader {
    fn value(&mut self, name: &str, shape: Option<Vec<Dim>>) -> ValueId {
        let id = ValueId(self.graph.values.len());
        self.graph.values.push(Value {
            name: name.to_string(),
            shape,
        });
        self.known_mut(name).id = Some(id);
        id
    }

    fn shape(&self, id: ValueId) -> Option<&[Dim]> {
        self.graph.values[id.0].shape.as_deref()
    }

    /// Adds a constant tensor as a weight, and remembers its elements if they may serve as a number or as sizes.
    fn constant(&mut self, name: &str, tensor: &proto::Tensor) -> Outcome<()> {
        let dtype = tensors::dtype(tensor, name, &self.file)?;
        if external::is_stored_externally(tensor) {
            external::External::of(tensor, name, &self.path)?;
        }
        self.known_mut(name).integers = integers_of(tensor.data_type);
        if tensor.dims.iter().any(|extent| *extent < 0) {
            return Err(damaged(
                &self.file,
                format!("`{name}` has a negative dimension"),
            ));
        }
        let mut strides = vec![1i64; tensor.dims.len()];
        for i in (0..strides.len().saturating_sub(1)).rev() {
            strides[i] = strides[i + 1].saturating_mul(tensor.dims[i + 1].max(1));
        }
        let shape = tensor.dims.iter().map(|n| Dim::Fixed(*n)).collect();
        let value = self.value(name, Some(shape));
        let weight = Weight {
            value,
            dtype,
            shape: tensor.dims.clone(),
            strides,
            offset: 0,
            record: name.to_string(),
        };
        let elements = weight.elements();
        self.graph.weights.push(weight);
        if elements.is_some_and(|n| n <= MAX_SHAPE_ELEMENTS as u64) {
            self.remember_elements(name, tensor);
        }
        Ok(())
    }

    /// Remembers the elements of a small constant, which may serve as a number or as sizes.
    fn remember_elements(&mut self, name: &str, tensor: &proto::Tensor) {
        if let Some(sizes) = tensors::whole_numbers(tensor) {
            let sizes = sizes.into_iter().map(Size::Fixed).collect();
            self.known_mut(name).sizes = Some(sizes);
        }
        let list = tensors::numbers(tensor);
        if let (&[number], true) = (list.as_slice(), tensor.dims.len() <= 1) {
            self.known_mut(name).number = Some(number);
        }
        self.known_mut(name).elements = Some(list);
    }

    fn inputs(&mut self, graph: &proto::Graph, sizes: &[Option<i64>]) -> Outcome<()> {
        let is_input = |input: &&proto::ValueInfo| self.known(&input.name).id.is_none();
        let inputs = graph.input.iter().filter(is_input);
        let named = named_sizes(inputs, sizes);
        for input in &graph.input {
            // Older files also list their weights as inputs.
            if self.known(&input.name).id.is_some() {
                continue;
            }
            let kind = input
                .r#type
                .as_ref()
                .and_then(|kind| kind.tensor_type.as_ref());
            let integers = kind.and_then(|kind| integers_of(kind.elem_type));
            self.known_mut(&input.name).integers = integers;
            let size = sizes.get(self.graph.inputs.len()).copied().flatten();
            let mut shape = shape_of(input);
            let names = dim_names(input);
            for (at, dim) in shape.iter_mut().flatten().enumerate().skip(1) {
                let by_name = names.get(at).and_then(|name| named.get(name.as_deref()?));
                if let (Dim::Free, Some(size)) = (*dim, by_name.copied().or(size)) {
                    *dim = Dim::Fixed(size);
                }
            }
            let id = self.value(&input.name, shape);
            self.graph.inputs.push(id);
            if integers.is_some() {
                self.graph.integer_inputs.push(id);
            }
        }
        if self.graph.inputs.is_empty() {
            return Err(damaged(&self.file, "its graph has no input".to_string()));
        }
        Ok(())
    }

    fn node(&mut self, node: &proto::Node) -> Outcome<()> {
        let call = Call::new(&self.file.clone(), node)?;
        match call.operator {
            "If" => return self.choose_branch(&call),
            "SequenceMap" => return self.map_list(&call),
            _ => {}
        }
        self.record_integers(&call);
        if self.follow_row_numbers(&call)? {
            return Ok(());
        }
        let is_float = self.makes_floats(&call);
        let sizes = self.size_arithmetic(&call)?;
        if let Some(sizes) = sizes.filter(|made| !is_float || self.is_exact(&call, made)) {
            if is_float {
                self.known_mut(call.output()?).has_float_sizes = true;
            }
            self.known_mut(call.output()?).sizes = Some(sizes);
            // A node on sizes is also translated as a tensor operation, since its result may be used either way. Unused
            // nodes are dropped later.
            let is_tensor = |name: &String| name.is_empty() || self.known(name).id.is_some();
            // Integer division truncates, which tensor division does not.
            let also = !matches!(call.operator, "Shape" | "Div" | "Mod");
            if also && !node.input.is_empty() && node.input.iter().all(is_tensor) {
                let before = self.graph.nodes.len();
                if table::translate(self, &call).is_err() {
                    self.graph.nodes.truncate(before);
                }
            }
            return Ok(());
        }
        if self.records_repeated_size(&call) {
            return Ok(());
        }
        self.sizes_as_numbers(&call);
        self.record_precision(&call);
        table::translate(self, &call)?;
        self.bound_integers(&call);
        Ok(())
    }

    /// Marks a result as unsupported: an error only if something uses it.
    fn mark_unsupported(&mut self, call: &Call, index: usize, what: &str) {
        if let Some(name) = call.outputs().get(index).filter(|name| !name.is_empty()) {
            self.known_mut(name).unsupported = Some(what.to_string());
        }
    }

    /// Adds a node whose result is called `name`.
    fn emit(&mut self, call: &Call, op: Op, operands: Vec<Operand>, name: &str) -> ValueId {
        let shape = self.graph.result_shape(&op, &operands);
        let output = self.value(name, shape);
        self.graph.nodes.push(Node {
            name: call.name.clone(),
            op,
            inputs: operands,
            outputs: vec![output],
        });
        output
    }

    /// Adds a node for an intermediate result of a call.
    fn step(&mut self, call: &Call, op: Op, operands: Vec<Operand>) -> ValueId {
        let name = format!("{}/{}", call.name, self.graph.nodes.len());
        self.emit(call, op, operands, &name)
    }

    /// Adds the node for the final result of a call.
    fn finish(&mut self, call: &Call, op: Op, operands: Vec<Operand>) -> Outcome<()> {
        let name = call.output()?.to_string();
        self.emit(call, op, operands, &name);
        Ok(())
    }

    /// A required input of a call, as a tensor.
    fn tensor(&self, call: &Call, index: usize) -> Outcome<ValueId> {
        let name = call.input(index)?;
        let known = self.known(name);
        known.id.ok_or_else(|| {
            if let Some(what) = &known.unsupported {
                call.unknown(&format!("uses {what}, which is not supported"))
            } else if let Some(sizes) = &known.sizes {
                match sizes.iter().all(|size| size.fixed().is_some()) {
                    true => call.unknown("computes with sizes in an unsupported way"),
                    false => call.batch_size(),
                }
            } else {
                damaged(
                    &self.file,
                    format!("its graph uses `{name}` before it is defined"),
                )
            }
        })
    }

    /// An input of a call, as a tensor or a number.
    fn operand(&self, call: &Call, index: usize) -> Outcome<Operand> {
        let name = call.input(index)?;
        match self.known(name).number {
            Some(number) => Ok(Operand::Number(number)),
            None => Ok(Operand::Value(self.tensor(call, index)?)),
        }
    }

    /// An optional input of a call.
    fn optional(&self, call: &Call, index: usize) -> Outcome<Operand> {
        match call.has_input(index) {
            true => Ok(Operand::Value(self.tensor(call, index)?)),
            false => Ok(Operand::Absent),
        }
    }

    /// Error: an output of the graph is not one of its values.
    fn no_output(&self, name: &str) -> Box<Diagnostic> {
        let known = self.known(name);
        let what = match &known.unsupported {
            Some(what) => what.as_str(),
            None if known.sizes.is_some() => "sizes",
            None => return damaged(&self.file, format!("its output `{name}` is not defined")),
        };
        let message = format!(
            "`{}`: its output `{name}` is {what}, which is not supported",
            self.file
        );
        Box::new(Diagnostic::error(Code::UnknownOperator, message))
    }

    fn outputs(&mut self, graph: &proto::Graph) -> Outcome<()> {
        for output in &graph.output {
            let id = self.known(&output.name).id;
            let id = id.ok_or_else(|| self.no_output(&output.name))?;
            let value = &mut self.graph.values[id.0];
            if value.shape.is_none() {
                value.shape = shape_of(output);
            }
            self.graph.outputs.push(id);
        }
        if self.graph.outputs.is_empty() {
            return Err(damaged(&self.file, "its graph has no output".to_string()));
        }
        Ok(())
    }
}

/// Names of the free sizes of an input.
fn dim_names(info: &proto::ValueInfo) -> Vec<Option<String>> {
    let kind = info
        .r#type
        .as_ref()
        .and_then(|kind| kind.tensor_type.as_ref());
    let shape = kind.and_then(|kind| kind.shape.as_ref());
    let dims = shape.map_or(&[][..], |shape| &shape.dim);
    dims.iter().map(|dim| dim.dim_param.clone()).collect()
}

/// The known sizes after the batch, by the names that the file gives them: an input of unknown size may share its size with another.
fn named_sizes<'g>(
    inputs: impl Iterator<Item = &'g proto::ValueInfo>,
    sizes: &[Option<i64>],
) -> HashMap<String, i64> {
    let mut named = HashMap::new();
    for (input, size) in inputs.zip(sizes) {
        let names = dim_names(input).into_iter().skip(1).flatten();
        for name in names.filter(|name| !name.is_empty()) {
            if let Some(size) = size {
                named.insert(name, *size);
            }
        }
    }
    named
}

/// Shape that the file states for an input or output. A named size is free.
fn shape_of(info: &proto::ValueInfo) -> Option<Vec<Dim>> {
    let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let dims = shape.dim.iter().map(|dim| match dim.dim_value {
        Some(n) if n > 0 => Dim::Fixed(n),
        _ => Dim::Free,
    });
    Some(dims.collect())
}
