//! Runs networks on tensors from files, so that operators can be checked against the conformance tests of ONNX.
//!
//! A request is a line of JSON, `{"model": "net.onnx", "inputs": ["a.npy"], "outputs": "made"}`; outputs go to `made_0.npy`,
//! `made_1.npy` and so on as float32. The reply is also a line: `{"made": 2}`, or `{"code": "E0503", "error": "..."}`.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::{Graph, Op, Operand, ValueId};
use gia_wire::Precision;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, TchError, Tensor};

use super::program::Program;

#[derive(Deserialize)]
struct Request {
    model: PathBuf,
    inputs: Vec<PathBuf>,
    outputs: PathBuf,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Reply {
    Made { made: usize },
    Refused { code: &'static str, error: String },
}

/// Answers requests until the input ends.
pub fn evaluate(requests: impl BufRead, mut answers: impl Write) -> std::io::Result<()> {
    for line in requests.lines() {
        let answer = match serde_json::from_str(&line?) {
            Ok(request) => answer(&request),
            Err(error) => Err(request_error(
                Code::BadModelFile,
                &format!("not a valid request: {error}"),
            )),
        };
        let answer = match answer {
            Ok(made) => Reply::Made { made },
            Err(diagnostic) => Reply::Refused {
                code: diagnostic.code.number(),
                error: diagnostic.message,
            },
        };
        serde_json::to_writer(&mut answers, &answer)?;
        writeln!(answers)?;
        answers.flush()?;
    }
    Ok(())
}

fn answer(request: &Request) -> Outcome<usize> {
    let graph = Graph::read(&request.model)?;
    let program = Program::compile(&graph, &request.model, Device::Cpu, Precision::Float32)?;
    let read = |path: &PathBuf| read_tensor(path).map_err(|error| file_error(path, &error));
    let inputs = request
        .inputs
        .iter()
        .map(read)
        .collect::<Outcome<Vec<_>>>()?;
    if inputs.len() != graph.inputs.len() {
        let (actual, expected) = (inputs.len(), graph.inputs.len());
        let message = format!("the request has {actual} inputs, but the network takes {expected}");
        return Err(request_error(Code::BadModelFile, &message));
    }
    let inputs = inputs.into_iter().zip(&graph.inputs);
    let inputs = inputs
        .map(|(tensor, id)| to_graph_shape(tensor, *id, &graph))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| request_error(Code::BadModelFile, &error.to_string()))?;
    let outputs = program.run(inputs)?;
    for (i, tensor) in outputs.iter().enumerate() {
        let mut path = request.outputs.clone().into_os_string();
        path.push(format!("_{i}.npy"));
        let path = PathBuf::from(path);
        let written = tensor
            .f_contiguous()
            .and_then(|tensor| tensor.write_npy(&path));
        written.map_err(|error| file_error(&path, &error))?;
    }
    Ok(outputs.len())
}

/// Removes the height of one from an image that is one row high, if the graph adds that dimension itself.
fn to_graph_shape(tensor: Tensor, id: ValueId, graph: &Graph) -> Result<Tensor, TchError> {
    let rank = graph.values[id.0].shape.as_ref().map(Vec::len);
    if rank.is_none_or(|rank| rank == tensor.dim()) {
        return Ok(tensor);
    }
    let added_dim = graph.nodes.iter().find_map(|node| match node.op {
        Op::Unsqueeze { dim } if node.inputs == [Operand::Value(id)] => Some(dim),
        _ => None,
    });
    match added_dim {
        Some(dim) => tensor.f_squeeze_dim(dim),
        None => Ok(tensor),
    }
}

fn read_tensor(path: &PathBuf) -> Result<Tensor, TchError> {
    Tensor::read_npy(path)?.f_to_kind(Kind::Float)
}

fn file_error(path: &Path, error: &TchError) -> Box<Diagnostic> {
    request_error(
        Code::BadModelFile,
        &format!("`{}`: {error}", path.display()),
    )
}

fn request_error(code: Code, message: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, message))
}
