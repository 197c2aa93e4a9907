//! A loaded network that predicts rows.

mod gradients;

use std::path::Path;

use gia::diag::{Code, Diagnostic, Outcome};
use gia::domain::reverse_complement;
use gia::model::{Graph, Input, is_torchscript};
use gia::wire::{self, Open, Precision, Rows};
use tch::{Device, Kind, TchError, Tensor};

use super::batch;
use super::onehot::OneHot;
use super::program::Program;
use super::script::Script;

/// A network on a device, with what it takes to feed it.
pub struct Network {
    runner: Runner,
    onehot: OneHot,
    inputs: Vec<Given>,
    length: usize,
    columns: usize,
    /// Of each output, after the batch.
    shapes: Vec<Vec<u64>>,
    /// Sequences in one forward pass.
    batch: usize,
    /// The graph takes batches of this size and no other.
    fixed: bool,
}

/// How a network is run.
enum Runner {
    Graph(Program),
    Script(Script),
}

impl Runner {
    fn run(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Tensor>> {
        match self {
            Runner::Graph(program) => program.run(inputs),
            Runner::Script(script) => {
                let _no_gradients = tch::no_grad_guard();
                script.run(inputs)
            }
        }
    }

    fn run_for_gradients(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Tensor>> {
        match self {
            Runner::Graph(program) => program.run_for_gradients(inputs),
            Runner::Script(script) => script.run(inputs),
        }
    }
}

/// What an input is given.
enum Given {
    Sequence,
    ReverseComplement,
    /// On the device, with a batch of one.
    Constant(Tensor),
}

impl Given {
    fn new(input: &Input, device: Device) -> Result<Given, TchError> {
        Ok(match input {
            Input::Sequence => Given::Sequence,
            Input::ReverseComplement => Given::ReverseComplement,
            Input::Constant { shape, values } => {
                let shape: Vec<i64> = std::iter::once(1)
                    .chain(shape.iter().map(|&extent| extent as i64))
                    .collect();
                let values = Tensor::f_from_slice(values)?;
                let tensor = if values.numel() == 1 {
                    values.f_expand(&shape, false)?
                } else {
                    values.f_reshape(&shape)?
                };
                Given::Constant(tensor.f_contiguous()?.f_to_device(device)?)
            }
        })
    }
}

impl Network {
    pub fn open(open: &Open, device: Device, precision: Precision) -> Outcome<Network> {
        let path = Path::new(&open.path);
        let onehot = OneHot::new(open.channels, open.layout, open.unknown, device)
            .map_err(|error| failed("the input", &error))?;
        let inputs = open
            .inputs
            .iter()
            .map(|input| Given::new(input, device))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed("the inputs", &error))?;
        let given = open.batch.map(|n| n as usize);
        let (runner, fixed, chosen) = if is_torchscript(path) {
            refuse_for_script(open, precision)?;
            let script = Script::load(path, device)?;
            (Runner::Script(script), None, batch::without_graph(device))
        } else {
            let graph = graph(open, path)?;
            let program = Program::compile(&graph, path, device, precision)?;
            let chosen = batch::choose(&graph, device);
            (Runner::Graph(program), graph.fixed_batch(), chosen)
        };
        let batch = fixed.or(given).unwrap_or(chosen).max(1);
        let mut network = Network {
            runner,
            onehot,
            inputs,
            length: open.length as usize,
            columns: 0,
            shapes: Vec::new(),
            batch,
            fixed: fixed.is_some(),
        };
        // One pass over nothing in particular tells how many numbers come out, and that the network runs at all.
        let mut probe = Rows {
            backgrounds: vec![0; network.length],
            ..Rows::new(network.length)
        };
        probe.push(0, []);
        let size = if network.fixed { network.batch } else { 1 };
        let outputs = network.outputs(&probe, 0, size)?;
        let after_batch = |output: &Tensor| {
            let extents = output.size().into_iter().skip(1);
            extents.map(|extent| extent as u64).collect()
        };
        network.shapes = outputs.iter().map(after_batch).collect();
        let columns = network
            .shapes
            .iter()
            .map(|shape: &Vec<u64>| shape.iter().product::<u64>());
        network.columns = columns.sum::<u64>() as usize;
        Ok(network)
    }

    /// Numbers that come out for one sequence, over all outputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Shapes of the outputs after the batch.
    pub fn shapes(&self) -> &[Vec<u64>] {
        &self.shapes
    }

    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The chosen columns of every row, row-major.
    pub fn predict(&mut self, rows: &Rows, columns: &[u32]) -> Outcome<Vec<f32>> {
        self.check(rows, columns)?;
        let wanted = self
            .wanted(columns)
            .map_err(|error| failed("the outputs", &error))?;
        let each = columns.len();
        let mut values = vec![0f32; rows.len() * each];
        self.in_passes(rows, |network, first, size| {
            let count = size.min(rows.len() - first);
            let place = &mut values[first * each..(first + count) * each];
            let outputs = network.pass(rows, first, size)?;
            copy(&outputs, wanted.as_ref(), place)
        })?;
        Ok(values)
    }

    /// Rows and columns are of this network.
    fn check(&self, rows: &Rows, columns: &[u32]) -> Outcome<()> {
        let wrong = |message| Err(Box::new(Diagnostic::error(Code::WorkerFailed, message)));
        if rows.length != self.length {
            return wrong(format!(
                "rows of {} bp for a network of {} bp",
                rows.length, self.length
            ));
        }
        match columns.iter().find(|&&c| c as usize >= self.columns) {
            Some(column) => wrong(format!(
                "column {column} of a network with {} outputs",
                self.columns
            )),
            None => Ok(()),
        }
    }

    /// Goes through rows, so many a pass: `pass` is given the first of them and how many sequences the pass is to hold.
    fn in_passes(
        &mut self,
        rows: &Rows,
        mut pass: impl FnMut(&Network, usize, usize) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut row = 0;
        while row < rows.len() {
            let size = if self.fixed {
                self.batch
            } else {
                wire::rows_in_a_pass(rows.len(), self.batch)
            };
            match pass(self, row, size) {
                Ok(()) => row += size.min(rows.len() - row),
                // Less at once needs less memory; nothing that is done is lost.
                Err(diagnostic)
                    if diagnostic.code == Code::OutOfMemory && size > 1 && !self.fixed =>
                {
                    self.batch = size.div_ceil(2);
                }
                Err(diagnostic) => return Err(diagnostic),
            }
        }
        Ok(())
    }

    /// The chosen columns as an index on the device; None where they are all there are, in order.
    fn wanted(&self, columns: &[u32]) -> Result<Option<Tensor>, TchError> {
        if columns
            .iter()
            .map(|&column| column as usize)
            .eq(0..self.columns)
        {
            return Ok(None);
        }
        let index: Vec<i64> = columns.iter().map(|&column| i64::from(column)).collect();
        Tensor::f_from_slice(&index)?
            .f_to_device(self.onehot.device())
            .map(Some)
    }

    /// One input for `size` sequences, end to end.
    fn encode(&self, given: &Given, bases: &[u8], size: i64) -> Result<Tensor, TchError> {
        match given {
            Given::Sequence => self.onehot.encode(bases, self.length),
            Given::ReverseComplement => {
                let mut other = bases.to_vec();
                other
                    .chunks_exact_mut(self.length)
                    .for_each(reverse_complement);
                self.onehot.encode(&other, self.length)
            }
            Given::Constant(numbers) => {
                let mut shape = numbers.size();
                shape[0] = size;
                numbers.f_expand(&shape, false)?.f_contiguous()
            }
        }
    }

    /// The inputs for `size` rows from `first` on, the last one repeated where there are fewer.
    fn encode_all(&self, rows: &Rows, first: usize, size: usize) -> Outcome<Vec<Tensor>> {
        let count = size.min(rows.len() - first);
        let mut bases = vec![0u8; size * self.length];
        for (i, out) in bases.chunks_exact_mut(self.length).enumerate() {
            rows.write_row(first + i.min(count - 1), out);
        }
        self.inputs
            .iter()
            .map(|given| self.encode(given, &bases, size as i64))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed("the input", &error))
    }

    /// One forward pass over `size` rows from `first` on: (rows, all columns), on the device.
    fn pass(&self, rows: &Rows, first: usize, size: usize) -> Outcome<Tensor> {
        let count = size.min(rows.len() - first);
        let outputs = self.outputs(rows, first, size)?;
        side_by_side(&outputs, size as i64, count as i64)
            .map_err(|error| failed("the outputs", &error))
    }

    /// The outputs of one forward pass, a row for each of `size` sequences.
    fn outputs(&self, rows: &Rows, first: usize, size: usize) -> Outcome<Vec<Tensor>> {
        let outputs = self.runner.run(self.encode_all(rows, first, size)?)?;
        if let Some(other) = outputs
            .iter()
            .find(|output| output.size().first() != Some(&(size as i64)))
        {
            let message = format!(
                "the network makes {:?} of {size} sequences, and no row for each",
                other.size()
            );
            return Err(Box::new(Diagnostic::error(Code::ModelFailed, message)));
        }
        Ok(outputs)
    }
}

/// The graph of a model file, with its outputs as they are wanted.
fn graph(open: &Open, path: &Path) -> Outcome<Graph> {
    let graph = Graph::read(path)?.before(&open.before);
    let graph = graph.map_err(|(output, made_by)| {
        let message = format!("output {output} is made by `{made_by}`");
        Diagnostic::error(Code::WorkerFailed, message)
    })?;
    if open.inputs.len() != graph.inputs.len() {
        let message = format!(
            "{} inputs for a network of {}",
            open.inputs.len(),
            graph.inputs.len()
        );
        return Err(Box::new(Diagnostic::error(Code::WorkerFailed, message)));
    }
    Ok(graph)
}

/// What takes a look inside cannot be had of TorchScript.
fn refuse_for_script(open: &Open, precision: Precision) -> Outcome<()> {
    let refused = |what: &str| {
        let message = format!("`{}` is TorchScript, {what}", open.path);
        let diagnostic = Diagnostic::error(Code::RefusedModelFile, message);
        Err(Box::new(
            diagnostic.help("export it anew with torch.export, as `.pt2`"),
        ))
    };
    match (open.before.iter().any(Option::is_some), precision) {
        (true, _) => refused("whose last step cannot be split off"),
        (_, Precision::BFloat16) => refused("which runs in the type that it was saved in"),
        _ => Ok(()),
    }
}

/// All outputs flattened and side by side, the first `count` rows of them.
fn side_by_side(outputs: &[Tensor], size: i64, count: i64) -> Result<Tensor, TchError> {
    let flat: Vec<Tensor> = outputs
        .iter()
        .map(|output| output.f_reshape([size, -1]))
        .collect::<Result<_, _>>()?;
    let all = if let [one] = flat.as_slice() {
        one.shallow_clone()
    } else {
        Tensor::f_cat(&flat, 1)?
    };
    all.f_narrow(0, 0, count)
}

/// Brings the wanted columns off the device.
fn copy(outputs: &Tensor, wanted: Option<&Tensor>, place: &mut [f32]) -> Outcome<()> {
    let mut brought = || -> Result<(), TchError> {
        let kept = match wanted {
            Some(index) => outputs.f_index_select(1, index)?,
            None => outputs.shallow_clone(),
        };
        let kept = kept
            .f_to_kind(Kind::Float)?
            .f_to_device(Device::Cpu)?
            .f_contiguous()?;
        let size = place.len();
        kept.f_copy_data(place, size)
    };
    brought().map_err(|error| failed("the outputs", &error))
}

/// libtorch's word on what went wrong, without its stack trace.
pub fn failed(at: &str, error: &TchError) -> Box<Diagnostic> {
    let text = error.to_string();
    let first = text.strip_prefix("Internal torch error: ").unwrap_or(&text);
    let first = first
        .lines()
        .next()
        .unwrap_or("an error without a text")
        .trim();
    let memory = [
        "out of memory",
        "can't allocate memory",
        "not enough memory",
        "STATUS_ALLOC_FAILED",
        "bad_alloc",
    ]
    .iter()
    .any(|m| text.contains(m));
    let code = if memory {
        Code::OutOfMemory
    } else {
        Code::ModelFailed
    };
    Box::new(Diagnostic::error(
        code,
        format!("libtorch failed at {at}: {first}"),
    ))
}
