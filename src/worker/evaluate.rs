//! Runs networks on tensors that lie in files, so that an operator can be held against its own tests.
//!
//! A request is a line of JSON, `{"model": "net.onnx", "inputs": ["a.npy"], "outputs": "made"}`; outputs go to `made_0.npy`,
//! `made_1.npy` and so on as float32. The answer is a line too: `{"made": 2}`, or `{"code": "E0503", "error": "..."}`.

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
enum Answer {
    Made { made: usize },
    Refused { code: &'static str, error: String },
}

/// Answers requests until there are no more.
pub fn evaluate(requests: impl BufRead, mut answers: impl Write) -> std::io::Result<()> {
    for line in requests.lines() {
        let answer = match serde_json::from_str(&line?) {
            Ok(request) => answer(&request),
            Err(error) => Err(wrong(Code::BadModelFile, &format!("no request: {error}"))),
        };
        let answer = match answer {
            Ok(made) => Answer::Made { made },
            Err(diagnostic) => Answer::Refused {
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
    let read = |path: &PathBuf| tensor(path).map_err(|error| at(path, &error));
    let inputs = request
        .inputs
        .iter()
        .map(read)
        .collect::<Outcome<Vec<_>>>()?;
    if inputs.len() != graph.inputs.len() {
        let (given, wanted) = (inputs.len(), graph.inputs.len());
        let message = format!("{given} inputs are given, the network takes {wanted}");
        return Err(wrong(Code::BadModelFile, &message));
    }
    let inputs = inputs.into_iter().zip(&graph.inputs);
    let inputs = inputs
        .map(|(tensor, id)| as_graph_has_it(tensor, *id, &graph))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(Code::BadModelFile, &error.to_string()))?;
    let made = program.run(inputs)?;
    for (i, tensor) in made.iter().enumerate() {
        let mut path = request.outputs.clone().into_os_string();
        path.push(format!("_{i}.npy"));
        let path = PathBuf::from(path);
        let written = tensor
            .f_contiguous()
            .and_then(|tensor| tensor.write_npy(&path));
        written.map_err(|error| at(&path, &error))?;
    }
    Ok(made.len())
}

/// Without the dimension of one that a sequence has as an image, which the graph adds itself.
fn as_graph_has_it(tensor: Tensor, id: ValueId, graph: &Graph) -> Result<Tensor, TchError> {
    let rank = graph.values[id.0].shape.as_ref().map(Vec::len);
    if rank.is_none_or(|rank| rank == tensor.dim()) {
        return Ok(tensor);
    }
    let grown = graph.nodes.iter().find_map(|node| match node.op {
        Op::Unsqueeze { dim } if node.inputs == [Operand::Value(id)] => Some(dim),
        _ => None,
    });
    match grown {
        Some(dim) => tensor.f_squeeze_dim(dim),
        None => Ok(tensor),
    }
}

fn tensor(path: &PathBuf) -> Result<Tensor, TchError> {
    Tensor::read_npy(path)?.f_to_kind(Kind::Float)
}

fn at(path: &Path, error: &TchError) -> Box<Diagnostic> {
    wrong(
        Code::BadModelFile,
        &format!("`{}`: {error}", path.display()),
    )
}

fn wrong(code: Code, message: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, message))
}
