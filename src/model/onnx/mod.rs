//! The graph of an ONNX file: ONNX's operators as node kinds, and shapes worked out where the file does not tell.
//!
//! Sizes that a graph computes from shapes are worked out here, so that nodes have them as plain numbers; the batch alone
//! stays open.

mod call;
mod external;
mod layers;
mod places;
mod proto;
mod rearrange;
mod recurrent;
mod sizes;
mod stored;
mod table;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::graph::{Dim, Graph, Node, Op, Operand, Value, ValueId, Weight};
use super::refused::damaged;
use call::Call;
pub use external::is_onnx;
use gia_base::diag::{Code, Diagnostic, Outcome};
use sizes::Size;
pub use stored::{Stored, external_files};

/// The oldest set of operators that is read, in which the axes of most are inputs.
const OLDEST: i64 = 13;
/// Elements of a constant that may be sizes.
const MOST_SIZES: usize = 64;

/// Reads the structure of a network.
pub fn read(path: &Path) -> Outcome<Graph> {
    let file = path.display().to_string();
    let model = stored::read(path)?;
    let opset = model.opset_import.iter().find(|o| o.domain.is_empty());
    match opset.map(|opset| opset.version) {
        Some(version) if version >= OLDEST => {}
        Some(version) => {
            return Err(Box::new(
                Diagnostic::error(
                    Code::BadModelFile,
                    format!("`{file}` uses version {version} of ONNX's operators, this reads version {OLDEST} and newer"),
                )
                .help("export it again with `opset_version=17`"),
            ));
        }
        None => {
            return Err(damaged(
                &file,
                "it does not say which version of ONNX's operators it uses".to_string(),
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
    reader.inputs(&graph)?;
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
    ids: HashMap<String, ValueId>,
    /// Values that are lists of sizes.
    sizes: HashMap<String, Vec<Size>>,
    /// Constants of a few elements that are no whole numbers.
    lists: HashMap<String, Vec<f64>>,
    /// Lists of sizes that are laid out as a table: rows and columns.
    tables: HashMap<String, (usize, usize)>,
    /// Inputs and constants whose elements are whole numbers.
    whole_numbers: HashSet<String>,
    /// Values that are not made here, each with what it is.
    withheld: HashMap<String, String>,
    /// Values that hold one whole number as often as there are sequences.
    everywhere: HashMap<String, i64>,
    /// Constants of one element.
    numbers: HashMap<String, f64>,
}

impl Reader {
    fn value(&mut self, name: &str, shape: Option<Vec<Dim>>) -> ValueId {
        let id = ValueId(self.graph.values.len());
        self.graph.values.push(Value {
            name: name.to_string(),
            shape,
        });
        self.ids.insert(name.to_string(), id);
        id
    }

    fn shape(&self, id: ValueId) -> Option<&[Dim]> {
        self.graph.values[id.0].shape.as_deref()
    }

    /// A constant tensor: a weight, and a number or sizes where it may be read as these.
    fn constant(&mut self, name: &str, tensor: &proto::Tensor) -> Outcome<()> {
        let dtype = stored::dtype(tensor, name, &self.file)?;
        if external::is_external(tensor) {
            external::External::of(tensor, name, &self.path)?;
        }
        if is_whole(tensor.data_type) {
            self.whole_numbers.insert(name.to_string());
        }
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
        if elements.is_some_and(|n| n <= MOST_SIZES as u64) {
            if let Some(sizes) = stored::whole_numbers(tensor) {
                let sizes = sizes.into_iter().map(Size::Fixed).collect();
                self.sizes.insert(name.to_string(), sizes);
            }
            let list = stored::numbers(tensor);
            if let (&[number], true) = (list.as_slice(), tensor.dims.len() <= 1) {
                self.numbers.insert(name.to_string(), number);
            }
            self.lists.insert(name.to_string(), list);
        }
        Ok(())
    }

    fn inputs(&mut self, graph: &proto::Graph) -> Outcome<()> {
        for input in &graph.input {
            // Files of old list their weights among the inputs.
            if self.ids.contains_key(&input.name) {
                continue;
            }
            let kind = input
                .r#type
                .as_ref()
                .and_then(|kind| kind.tensor_type.as_ref());
            if kind.is_some_and(|kind| is_whole(kind.elem_type)) {
                self.whole_numbers.insert(input.name.clone());
            }
            let shape = shape_of(input);
            let id = self.value(&input.name, shape);
            self.graph.inputs.push(id);
        }
        if self.graph.inputs.is_empty() {
            return Err(damaged(&self.file, "its graph has no input".to_string()));
        }
        Ok(())
    }

    fn node(&mut self, node: &proto::Node) -> Outcome<()> {
        let call = Call::new(&self.file.clone(), node)?;
        if let Some(sizes) = self.size_arithmetic(&call)? {
            self.sizes.insert(call.output()?.to_string(), sizes);
            // Numbers that are sizes as well may be computed with as either; what nothing uses is dropped later on.
            let is_tensor = |name: &String| name.is_empty() || self.ids.contains_key(name);
            // A quotient of whole numbers is cut off, which tensors here do not do.
            let also = !matches!(call.operator, "Shape" | "Div" | "Mod");
            if also && !node.input.is_empty() && node.input.iter().all(is_tensor) {
                let before = self.graph.nodes.len();
                if table::translate(self, &call).is_err() {
                    self.graph.nodes.truncate(before);
                }
            }
            return Ok(());
        }
        if self.repeats_a_size(&call) {
            return Ok(());
        }
        self.sizes_as_numbers(&call);
        table::translate(self, &call)
    }

    /// Leaves a result out, and says so where something uses it.
    fn withhold(&mut self, call: &Call, index: usize, what: &str) {
        if let Some(name) = call.outputs().get(index).filter(|name| !name.is_empty()) {
            self.withheld.insert(name.clone(), what.to_string());
        }
    }

    /// Adds a node, whose result is called `name`.
    fn emit(&mut self, call: &Call, op: Op, operands: Vec<Operand>, name: &str) -> ValueId {
        let shape = self.graph.shape_made(&op, &operands);
        let output = self.value(name, shape);
        self.graph.nodes.push(Node {
            name: call.name.clone(),
            op,
            inputs: operands,
            outputs: vec![output],
        });
        output
    }

    /// Adds a node on the way to a call's result.
    fn step(&mut self, call: &Call, op: Op, operands: Vec<Operand>) -> ValueId {
        let name = format!("{}/{}", call.name, self.graph.nodes.len());
        self.emit(call, op, operands, &name)
    }

    /// Adds the node that makes a call's result.
    fn finish(&mut self, call: &Call, op: Op, operands: Vec<Operand>) -> Outcome<()> {
        let name = call.output()?.to_string();
        self.emit(call, op, operands, &name);
        Ok(())
    }

    /// A call's input, which must be a tensor.
    fn tensor(&self, call: &Call, index: usize) -> Outcome<ValueId> {
        let name = call.input(index)?;
        self.ids.get(name).copied().ok_or_else(|| {
            if let Some(what) = self.withheld.get(name) {
                call.unknown(&format!("uses {what}, which is not known here"))
            } else if self.sizes.contains_key(name) {
                call.unknown("computes with sizes in a way that is not known here")
            } else {
                damaged(
                    &self.file,
                    format!("its graph uses `{name}` before anything makes it"),
                )
            }
        })
    }

    /// A call's input as an operand, which may be a number.
    fn operand(&self, call: &Call, index: usize) -> Outcome<Operand> {
        let name = call.input(index)?;
        match self.numbers.get(name) {
            Some(number) => Ok(Operand::Number(*number)),
            None => Ok(Operand::Value(self.tensor(call, index)?)),
        }
    }

    /// A call's input that may be left out.
    fn optional(&self, call: &Call, index: usize) -> Outcome<Operand> {
        match call.has_input(index) {
            true => Ok(Operand::Value(self.tensor(call, index)?)),
            false => Ok(Operand::Absent),
        }
    }

    /// Why an output of the graph is none of its values.
    fn no_output(&self, name: &str) -> Box<Diagnostic> {
        let what = match self.withheld.get(name) {
            Some(what) => what.as_str(),
            None if self.sizes.contains_key(name) => "sizes",
            None => return damaged(&self.file, format!("nothing makes its output `{name}`")),
        };
        let message = format!(
            "`{}`: its output `{name}` is {what}, which is not known here",
            self.file
        );
        Box::new(Diagnostic::error(Code::UnknownOperator, message))
    }

    fn outputs(&mut self, graph: &proto::Graph) -> Outcome<()> {
        for output in &graph.output {
            let id = self.ids.get(&output.name).copied();
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

/// Whether elements of one of ONNX's types (`onnx.TensorProto.DataType`) are whole numbers.
fn is_whole(kind: i32) -> bool {
    matches!(kind, 2..=7 | 12 | 13)
}

/// The shape that the file states of an input or output; a name for a size is a free one.
fn shape_of(info: &proto::ValueInfo) -> Option<Vec<Dim>> {
    let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let dims = shape.dim.iter().map(|dim| match dim.dim_value {
        Some(n) if n > 0 => Dim::Fixed(n),
        _ => Dim::Free,
    });
    Some(dims.collect())
}
