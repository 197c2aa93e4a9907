//! ONNX files written from nodes, weights and attributes: networks that no framework has to be asked for.

use std::path::{Path, PathBuf};

use prost::Message;

const FLOAT: i32 = 1;
const INT64: i32 = 7;

/// A network under construction: one input, (batch, 4, length).
pub struct Network {
    graph: Graph,
    length: usize,
    names: usize,
}

pub enum Attribute<'a> {
    Number(f32),
    Whole(i64),
    Wholes(&'a [i64]),
    Text(&'a str),
}

impl Network {
    pub const INPUT: &'static str = "x";

    pub fn new(length: usize) -> Network {
        Network {
            graph: Graph::default(),
            length,
            names: 0,
        }
    }

    fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}{}", self.names)
    }

    pub fn weight(&mut self, dims: &[usize], numbers: Vec<f32>) -> String {
        let name = self.name("w");
        self.graph.initializer.push(Tensor {
            dims: dims.iter().map(|&n| n as i64).collect(),
            data_type: FLOAT,
            float_data: numbers,
            name: name.clone(),
            ..Tensor::default()
        });
        name
    }

    pub fn whole_numbers(&mut self, numbers: &[i64]) -> String {
        let name = self.name("n");
        self.graph.initializer.push(Tensor {
            dims: vec![numbers.len() as i64],
            data_type: INT64,
            int64_data: numbers.to_vec(),
            name: name.clone(),
            ..Tensor::default()
        });
        name
    }

    /// Adds a node; gives the name of what it makes.
    pub fn node(&mut self, op: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> String {
        let output = self.name("v");
        let written = attributes.iter().map(|(name, value)| {
            let mut written = NodeAttribute {
                name: name.to_string(),
                ..NodeAttribute::default()
            };
            match value {
                Attribute::Number(f) => (written.f, written.r#type) = (*f, 1),
                Attribute::Whole(i) => (written.i, written.r#type) = (*i, 2),
                Attribute::Text(text) => {
                    (written.s, written.r#type) = (text.as_bytes().to_vec(), 3)
                }
                Attribute::Wholes(all) => (written.ints, written.r#type) = (all.to_vec(), 7),
            }
            written
        });
        self.graph.node.push(Node {
            input: inputs.iter().map(|name| name.to_string()).collect(),
            output: vec![output.clone()],
            name: output.clone(),
            op_type: op.to_string(),
            attribute: written.collect(),
        });
        output
    }

    /// Writes the file and its declaration, for one output of these sizes after the batch.
    pub fn write(mut self, output: &str, shape: &[usize], folder: &Path) -> PathBuf {
        let batch = Dimension {
            dim_param: Some("batch".to_string()),
            ..Dimension::default()
        };
        let fixed = |n: &usize| Dimension {
            dim_value: Some(*n as i64),
            ..Dimension::default()
        };
        let value = |name: &str, sizes: &[usize]| {
            let dim = std::iter::once(batch.clone()).chain(sizes.iter().map(fixed));
            let shape = Shape { dim: dim.collect() };
            ValueInfo {
                name: name.to_string(),
                r#type: Some(Type {
                    tensor_type: Some(TensorType {
                        elem_type: FLOAT,
                        shape: Some(shape),
                    }),
                }),
            }
        };
        self.graph.name = "network".to_string();
        self.graph.input = vec![value(Network::INPUT, &[4, self.length])];
        self.graph.output = vec![value(output, shape)];
        let model = Model {
            ir_version: 8,
            graph: Some(self.graph),
            opset_import: vec![Opset {
                domain: String::new(),
                version: 17,
            }],
        };
        let path = folder.join("network.onnx");
        std::fs::write(&path, model.encode_to_vec()).expect("written");
        let tasks: Vec<String> = (0..shape.iter().product::<usize>())
            .map(|i| format!("\"task{i}\""))
            .collect();
        let declaration = format!(
            "length = {}\nalphabet = \"ACGT\"\nlayout = \"channels_first\"\nunknown = \"zeros\"\ntasks = [{}]\n",
            self.length,
            tasks.join(", ")
        );
        std::fs::write(path.with_extension("toml"), declaration).expect("written");
        path
    }
}

#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(int64, tag = "1")]
    ir_version: i64,
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    opset_import: Vec<Opset>,
}

#[derive(Clone, PartialEq, Message)]
struct Opset {
    #[prost(string, tag = "1")]
    domain: String,
    #[prost(int64, tag = "2")]
    version: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Graph {
    #[prost(message, repeated, tag = "1")]
    node: Vec<Node>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    output: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(string, repeated, tag = "1")]
    input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    output: Vec<String>,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, tag = "4")]
    op_type: String,
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<NodeAttribute>,
}

#[derive(Clone, PartialEq, Message)]
struct NodeAttribute {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(float, tag = "2")]
    f: f32,
    #[prost(int64, tag = "3")]
    i: i64,
    #[prost(bytes = "vec", tag = "4")]
    s: Vec<u8>,
    #[prost(int64, repeated, tag = "8")]
    ints: Vec<i64>,
    #[prost(int32, tag = "20")]
    r#type: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(float, repeated, tag = "4")]
    float_data: Vec<f32>,
    #[prost(int64, repeated, tag = "7")]
    int64_data: Vec<i64>,
    #[prost(string, tag = "8")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    r#type: Option<Type>,
}

#[derive(Clone, PartialEq, Message)]
struct Type {
    #[prost(message, optional, tag = "1")]
    tensor_type: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    elem_type: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, optional, tag = "1")]
    dim_value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    dim_param: Option<String>,
}
