//! A loaded network: encodes rows, runs full forward passes and collects the outputs.

mod along;
mod comparison;
mod contributions;
mod gradients;
mod independence;
mod input_source;
mod output_buffer;
mod weighted_sum;

pub(crate) use comparison::Comparison;
pub(crate) use contributions::Contributions;
pub(crate) use input_source::InputSource;
pub(crate) use output_buffer::OutputBuffer;

use std::path::Path;
use std::time::Instant;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::UNKNOWN;
use gia_model::{
    BatchFlow, Graph, INDEPENDENCE_CHECK_BATCH_SIZE, Input, SequenceInput, is_torchscript,
};
use gia_wire::{Open, Precision, Rows};
use output_buffer::flatten_outputs;
use tch::{Device, Kind, Tensor};

use super::batch_sizes;
use super::device::processor;
use super::errors::failed;
use super::onehot::OneHot;
use super::program::Program;
use super::script::Script;

/// A network on a device, with the encoding of its inputs.
pub struct Network {
    pub(crate) runner: Runner,
    pub(crate) onehot: OneHot,
    pub(crate) inputs: Vec<InputSource>,
    /// Length of a sequence in bp.
    length: usize,
    /// Number of elements of all outputs for one sequence.
    columns: usize,
    /// Shape of each output for one sequence, without the batch axis.
    shapes: Vec<Vec<u64>>,
    /// Batch size in sequences.
    batch: usize,
    /// Whether the graph has a fixed batch size.
    pub(crate) is_fixed_batch: bool,
    precision: Precision,
    /// Whether all inputs can encode an unknown base.
    takes_unknown: bool,
    /// Path of the model file, for messages.
    path: String,
    /// Whether the check that sequences of a batch do not affect each other has run.
    is_independence_checked: bool,
    /// Batch size of that check.
    independence_batch: usize,
    /// Whether a pass over one sequence is so large that every pass holds one, unless a larger batch is requested.
    runs_one_at_a_time: bool,
    /// Number of threads that run the network at the same time and share the memory.
    sharing_threads: usize,
    /// Minimum seconds per sequence of a full pass; infinite before the first.
    min_secs_per_seq: f64,
}

/// The implementation of the forward pass.
pub(crate) enum Runner {
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

impl Network {
    /// Loads a network, and runs one pass to learn its output shapes and to check that it runs.
    pub fn open(open: &Open, device: Device, precision: Precision) -> Outcome<Network> {
        let path = Path::new(&open.path);
        let onehot = OneHot::new(open.channels, open.layout, open.unknown, device)
            .map_err(|error| failed("the input", &error))?;
        let inputs = open
            .inputs
            .iter()
            .map(|input| InputSource::new(input, device))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed("the inputs", &error))?;
        let sequences = || open.inputs.iter().filter_map(Input::sequence);
        let requested = open.batch.map(|n| n as usize);
        let (runner, fixed, chosen, runs_one_at_a_time, stated) = if is_torchscript(path) {
            refuse_for_script(open, precision)?;
            if !sequences().all(SequenceInput::is_whole_one_hot) {
                return Err(script_refusal(
                    open,
                    "which takes one-hot sequences only, without further channels, tokens or parts",
                ));
            }
            let script = Script::load(path, device)?;
            (
                Runner::Script(script),
                None,
                processor(device).default_batch_size(),
                false,
                None,
            )
        } else {
            let graph = read_graph(open, path)?;
            let varying: Vec<bool> = open.inputs.iter().map(Input::follows_sequence).collect();
            let flow = BatchFlow::new(&graph, open.length as usize, &varying);
            let program = Program::compile(&graph, path, device, precision)?.with_batch(&flow);
            let chosen = graph.batch(processor(device));
            let alone = graph.runs_one_at_a_time(processor(device));
            let stated = output_shapes(&graph, &flow).filter(|_| alone && !device.is_cuda());
            let runner = Runner::Graph(program);
            (runner, graph.fixed_batch(), chosen, alone, stated)
        };
        let batch = fixed.or(requested).unwrap_or(chosen).max(1);
        let mut network = Network {
            runner,
            onehot,
            inputs,
            length: open.length as usize,
            columns: 0,
            shapes: Vec::new(),
            batch,
            is_fixed_batch: fixed.is_some(),
            precision,
            takes_unknown: sequences().all(SequenceInput::takes_unknown),
            path: open.path.clone(),
            is_independence_checked: false,
            runs_one_at_a_time,
            independence_batch: INDEPENDENCE_CHECK_BATCH_SIZE.min(chosen.max(2)),
            sharing_threads: 1,
            min_secs_per_seq: f64::INFINITY,
        };
        // A pass of a network that is too large for batches takes long, so its shapes are those that the graph states.
        network.shapes = match stated {
            Some(shapes) => shapes,
            None => network.probed_shapes()?,
        };
        let columns = network
            .shapes
            .iter()
            .map(|shape: &Vec<u64>| shape.iter().product::<u64>());
        network.columns = columns.sum::<u64>() as usize;
        Ok(network)
    }

    /// Shape of each output for one sequence, by a pass.
    fn probed_shapes(&self) -> Outcome<Vec<Vec<u64>>> {
        let probe = Rows::dummy(self.length, 1);
        // On a GPU the pass has the batch size of later passes, so that cuDNN autotunes its kernels here.
        let size = match self.is_fixed_batch || self.device().is_cuda() {
            true => self.batch,
            false => 1,
        };
        let outputs = self.outputs(&probe, 0, size)?;
        let shape_per_sequence = |output: &Tensor| {
            let extents = output.size().into_iter().skip(1);
            extents.map(|extent| extent as u64).collect()
        };
        Ok(outputs.iter().map(shape_per_sequence).collect())
    }

    /// A handle on the same network for another thread, with shared weights; `None` for TorchScript.
    pub fn clone_shared(&self) -> Option<Network> {
        let Runner::Graph(program) = &self.runner else {
            return None;
        };
        Some(Network {
            runner: Runner::Graph(program.clone_shared()),
            onehot: self.onehot.clone_shared(),
            inputs: self.inputs.iter().map(InputSource::clone_shared).collect(),
            shapes: self.shapes.clone(),
            path: self.path.clone(),
            // The check by the first handle is enough.
            is_independence_checked: true,
            ..*self
        })
    }

    /// Number of threads that run the network at the same time.
    pub fn sharing_threads(&self) -> usize {
        self.sharing_threads
    }

    pub fn set_sharing_threads(&mut self, threads: usize) {
        self.sharing_threads = threads;
    }

    /// Number of columns: elements of all outputs for one sequence.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Shape of each output for one sequence, without the batch axis.
    pub fn shapes(&self) -> &[Vec<u64>] {
        &self.shapes
    }

    /// Batch size in sequences.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Sets the batch size.
    pub fn set_batch(&mut self, batch: usize) {
        self.batch = batch;
    }

    /// The type of the numbers that the network computes with.
    fn kind(&self) -> Kind {
        match self.precision {
            Precision::Float64 => Kind::Double,
            Precision::Float32 | Precision::Tf32 | Precision::BFloat16 => Kind::Float,
        }
    }

    /// Length of a sequence in bp.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Minimum seconds per sequence of a full pass; infinite before the first.
    pub fn min_secs_per_seq(&self) -> f64 {
        self.min_secs_per_seq
    }

    pub fn device(&self) -> Device {
        self.onehot.device()
    }

    /// Predicts the requested columns of every row with full passes: (rows, columns), row-major.
    pub fn predict_full(&mut self, rows: &Rows, columns: &[u32]) -> Outcome<Vec<f32>> {
        let mut output = OutputBuffer::new(self, rows.len(), columns)?;
        self.for_each_pass(rows.len(), |network, first, size| {
            let count = size.min(rows.len() - first);
            let started = Instant::now();
            let outputs = network.pass(rows, first, size)?;
            output.write_range(&outputs, first, count)?;
            let secs_per_seq = started.elapsed().as_secs_f64() / size as f64;
            network.min_secs_per_seq = network.min_secs_per_seq.min(secs_per_seq);
            Ok(())
        })?;
        Ok(output.into_values())
    }

    /// Returns an error unless the rows have the length of this network's input and the columns exist.
    pub(crate) fn check(&self, rows: &Rows, columns: &[u32]) -> Outcome<()> {
        let wrong = |message| Err(Box::new(Diagnostic::error(Code::WorkerFailed, message)));
        if rows.length != self.length {
            return wrong(format!(
                "the rows are {} bp long, but the network takes {} bp",
                rows.length, self.length
            ));
        }
        match columns.iter().find(|&&c| c as usize >= self.columns) {
            Some(column) => wrong(format!(
                "column {column} does not exist: the network has {} columns",
                self.columns
            )),
            None => Ok(()),
        }
    }

    /// Divides rows into passes: `pass` receives the first row and the batch size of each. Halves the batch size and tries again if
    /// memory runs out.
    fn for_each_pass(
        &mut self,
        rows: usize,
        mut pass: impl FnMut(&mut Network, usize, usize) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut row = 0;
        while row < rows {
            let size = if self.is_fixed_batch {
                self.batch
            } else {
                batch_sizes::rows_per_pass(rows, self.batch, processor(self.device()))
            };
            match pass(self, row, size) {
                Ok(()) => row += size.min(rows - row),
                Err(diagnostic)
                    if diagnostic.code == Code::OutOfMemory && size > 1 && !self.is_fixed_batch =>
                {
                    self.batch = size.div_ceil(2);
                }
                Err(diagnostic) => return Err(diagnostic),
            }
        }
        Ok(())
    }

    /// Encodes the inputs for `size` rows from `first` on. If there are fewer rows, the last one is repeated.
    fn encode_rows(&self, rows: &Rows, first: usize, size: usize) -> Outcome<Vec<Tensor>> {
        let last = rows.len() - 1;
        self.encode_chosen(rows, (first..first + size).map(|row| row.min(last)))
    }

    /// Encodes the inputs for these rows.
    fn encode_chosen(
        &self,
        rows: &Rows,
        chosen: impl ExactSizeIterator<Item = usize>,
    ) -> Outcome<Vec<Tensor>> {
        let mut bases = vec![0u8; chosen.len() * self.length];
        for (row, out) in chosen.zip(bases.chunks_exact_mut(self.length)) {
            rows.write_row(row, out);
        }
        self.encode_bases(&bases)
    }

    /// Returns an error if a base is unknown and an input has no token for that.
    pub(crate) fn check_bases(&self, bases: &[u8]) -> Outcome<()> {
        if self.takes_unknown || !bases.contains(&UNKNOWN) {
            return Ok(());
        }
        let message = format!("a sequence holds N, for which `{}` has no token", self.path);
        let help = "leave such sequences out, as `fasta(\"x.fa\", unknown: \"drop\")` does, or declare a token for N if the network has one";
        Err(Box::new(
            Diagnostic::error(Code::UnknownBase, message).help(help),
        ))
    }

    /// Encodes the inputs for a batch, given the base codes of its sequences, concatenated.
    pub(crate) fn encode_bases(&self, bases: &[u8]) -> Outcome<Vec<Tensor>> {
        self.check_bases(bases)?;
        self.inputs
            .iter()
            .map(|source| source.encode(&self.onehot, bases, self.length))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed("the input", &error))
    }

    /// One forward pass over `size` rows from `first` on: (rows, all columns), on the device, without padding rows.
    fn pass(&self, rows: &Rows, first: usize, size: usize) -> Outcome<Tensor> {
        let count = size.min(rows.len() - first);
        let outputs = self.outputs(rows, first, size)?;
        flatten_outputs(&outputs, size as i64, count as i64)
            .map_err(|error| failed("the outputs", &error))
    }

    /// The outputs of one forward pass over `size` rows from `first` on, on the device.
    fn outputs(&self, rows: &Rows, first: usize, size: usize) -> Outcome<Vec<Tensor>> {
        self.outputs_of(self.encode_rows(rows, first, size)?, size)
    }

    /// The outputs for these inputs; an error unless each has a first extent of `size`.
    fn outputs_of(&self, inputs: Vec<Tensor>, size: usize) -> Outcome<Vec<Tensor>> {
        let outputs = self.runner.run(inputs)?;
        if let Some(other) = outputs
            .iter()
            .find(|output| output.size().first() != Some(&(size as i64)))
        {
            let message = format!(
                "the network returns an output of shape {:?} for {size} sequences; its first dimension must be the batch",
                other.size()
            );
            return Err(Box::new(Diagnostic::error(Code::ModelFailed, message)));
        }
        Ok(outputs)
    }
}

/// Shape of each output for one sequence, from the graph; none unless all are known and have the batch first.
fn output_shapes(graph: &Graph, flow: &BatchFlow) -> Option<Vec<Vec<u64>>> {
    let shapes = graph.outputs.iter().map(|&output| {
        let shape = flow.shape_of_one(output)?;
        let extents = shape.get(1..).filter(|_| flow.is_batch_first(output))?;
        extents.iter().map(|n| u64::try_from(*n).ok()).collect()
    });
    shapes.collect()
}

/// Reads the graph of a model file, without the final functions that the request omits.
fn read_graph(open: &Open, path: &Path) -> Outcome<Graph> {
    let graph = Graph::read_for(path, &open.inputs, open.layout, open.length as usize)?;
    let graph = graph.without_last_step(&open.before);
    let graph = graph.map_err(|(output, made_by)| {
        let message =
            format!("the last step of output {output} is `{made_by}`, not the one to omit");
        Diagnostic::error(Code::WorkerFailed, message)
    })?;
    if open.inputs.len() != graph.inputs.len() {
        let message = format!(
            "the request names {} inputs, but the network has {}",
            open.inputs.len(),
            graph.inputs.len()
        );
        return Err(Box::new(Diagnostic::error(Code::WorkerFailed, message)));
    }
    Ok(graph)
}

/// Refuses options that need a graph, which TorchScript does not have.
fn refuse_for_script(open: &Open, precision: Precision) -> Outcome<()> {
    let refused = |what: &str| Err(script_refusal(open, what));
    match (open.before.iter().any(Option::is_some), precision) {
        (true, _) => refused("whose last step cannot be split off"),
        (_, Precision::BFloat16 | Precision::Float64) => {
            refused("which runs only in the number format that it was saved in")
        }
        _ => Ok(()),
    }
}

fn script_refusal(open: &Open, what: &str) -> Box<Diagnostic> {
    let message = format!("`{}` is TorchScript, {what}", open.path);
    let diagnostic = Diagnostic::error(Code::RefusedModelFile, message);
    Box::new(diagnostic.help("export it again with torch.export, as `.pt2`"))
}
