//! A loaded network that predicts rows.

mod gradients;
mod independence;

use std::path::Path;
use std::time::Instant;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::reverse_complement;
use gia_model::{BatchFlow, Graph, INDEPENDENCE_BATCH, Input, is_torchscript};
use gia_wire::{Open, Precision, Rows};
use tch::{Device, Kind, TchError, Tensor};

use super::device::processor;
use super::errors::failed;
use super::onehot::OneHot;
use super::program::Program;
use super::script::Script;
use super::sizes;

/// A network on a device, with the encoding of its inputs.
pub struct Network {
    pub(crate) runner: Runner,
    pub(crate) onehot: OneHot,
    pub(crate) inputs: Vec<Given>,
    length: usize,
    columns: usize,
    /// Shape of each output after the batch.
    shapes: Vec<Vec<u64>>,
    /// Batch size.
    batch: usize,
    /// Whether the graph has a fixed batch size.
    pub(crate) fixed: bool,
    precision: Precision,
    /// The model file, for messages.
    path: String,
    /// Whether the network was checked for sequences of a batch that affect each other.
    independent: bool,
    /// Batch size of that check.
    together: usize,
    /// How many threads hold the network at the same time, and share the memory.
    share: usize,
    /// Least seconds for one sequence of a whole pass so far.
    quickest: f64,
}

/// What runs a network.
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

/// What an input receives.
pub(crate) enum Given {
    Sequence,
    ReverseComplement,
    /// On the device, with a batch of one.
    Constant(Tensor),
}

impl Given {
    fn another(&self) -> Given {
        match self {
            Given::Sequence => Given::Sequence,
            Given::ReverseComplement => Given::ReverseComplement,
            Given::Constant(numbers) => Given::Constant(numbers.shallow_clone()),
        }
    }

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
            (
                Runner::Script(script),
                None,
                processor(device).batch_unseen(),
            )
        } else {
            let graph = graph(open, path)?;
            let varying: Vec<bool> = open.inputs.iter().map(Input::follows_sequence).collect();
            let flow = BatchFlow::new(&graph, open.length as usize, &varying);
            let program = Program::compile(&graph, path, device, precision)?.with_batch(&flow);
            let chosen = graph.batch(processor(device));
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
            precision,
            path: open.path.clone(),
            independent: false,
            together: INDEPENDENCE_BATCH.min(chosen.max(2)),
            share: 1,
            quickest: f64::INFINITY,
        };
        // One pass over nothing in particular tells how many numbers come out, and that the network runs at all.
        let probe = Rows::blank(network.length, 1);
        // On a GPU it is of the size that passes will have, whose kernels are looked for here.
        let size = match network.fixed || device.is_cuda() {
            true => network.batch,
            false => 1,
        };
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

    /// A handle on the same network for another thread, with shared weights; none if the weights cannot be shared.
    pub fn another(&self) -> Option<Network> {
        let Runner::Graph(program) = &self.runner else {
            return None;
        };
        Some(Network {
            runner: Runner::Graph(program.another()),
            onehot: self.onehot.another(),
            inputs: self.inputs.iter().map(Given::another).collect(),
            shapes: self.shapes.clone(),
            path: self.path.clone(),
            // One of them is enough to tell.
            independent: true,
            ..*self
        })
    }

    /// How many threads hold the network at the same time.
    pub fn share(&self) -> usize {
        self.share
    }

    pub fn set_share(&mut self, share: usize) {
        self.share = share;
    }

    /// Number of columns: the numbers of all outputs for one sequence.
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

    /// Sets the batch size.
    pub fn set_batch(&mut self, batch: usize) {
        self.batch = batch;
    }

    /// Length of a sequence in base pairs.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Minimum seconds per sequence of a full pass; infinite before the first.
    pub fn quickest(&self) -> f64 {
        self.quickest
    }

    pub fn device(&self) -> Device {
        self.onehot.device()
    }

    /// The chosen columns of every row, each from a whole pass.
    pub fn predict_plainly(&mut self, rows: &Rows, columns: &[u32]) -> Outcome<Vec<f32>> {
        let mut place = Place::new(self, rows.len(), columns)?;
        self.in_passes(rows, |network, first, size| {
            let count = size.min(rows.len() - first);
            let started = Instant::now();
            let outputs = network.pass(rows, first, size)?;
            place.put_at(&outputs, first, count)?;
            let each = started.elapsed().as_secs_f64() / size as f64;
            network.quickest = network.quickest.min(each);
            Ok(())
        })?;
        Ok(place.values)
    }

    /// Rows and columns are of this network.
    pub(crate) fn check(&self, rows: &Rows, columns: &[u32]) -> Outcome<()> {
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

    /// Splits rows into passes: `pass` receives the first row of each and its batch size.
    fn in_passes(
        &mut self,
        rows: &Rows,
        mut pass: impl FnMut(&mut Network, usize, usize) -> Outcome<()>,
    ) -> Outcome<()> {
        let mut row = 0;
        while row < rows.len() {
            let size = if self.fixed {
                self.batch
            } else {
                sizes::in_a_pass(rows.len(), self.batch, processor(self.device()))
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
        self.encode_bases(&bases, size)
    }

    /// The inputs for `size` sequences, end to end.
    pub(crate) fn encode_bases(&self, bases: &[u8], size: usize) -> Outcome<Vec<Tensor>> {
        self.inputs
            .iter()
            .map(|given| self.encode(given, bases, size as i64))
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
        self.outputs_of(self.encode_all(rows, first, size)?, size)
    }

    /// The outputs for these inputs, a row for each of `size` sequences.
    fn outputs_of(&self, inputs: Vec<Tensor>, size: usize) -> Outcome<Vec<Tensor>> {
        let outputs = self.runner.run(inputs)?;
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

/// The error for what needs a graph, which TorchScript does not have.
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

/// The chosen columns of rows, as they come off the device.
pub(crate) struct Place {
    columns: Vec<u32>,
    /// The columns as an index on the device; none where they are all there are, in order.
    wanted: Option<Tensor>,
    values: Vec<f32>,
}

impl Place {
    pub fn new(network: &Network, rows: usize, columns: &[u32]) -> Outcome<Place> {
        let all = columns
            .iter()
            .map(|&column| column as usize)
            .eq(0..network.columns);
        let index: Vec<i64> = columns.iter().map(|&column| i64::from(column)).collect();
        let index = || Tensor::f_from_slice(&index)?.f_to_device(network.device());
        let wanted = match all {
            true => None,
            false => Some(index().map_err(|error| failed("the outputs", &error))?),
        };
        Ok(Place {
            columns: columns.to_vec(),
            wanted,
            values: vec![0.0; rows * columns.len()],
        })
    }

    pub fn columns(&self) -> &[u32] {
        &self.columns
    }

    /// Numbers of all rows, row-major.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// Numbers of a row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns.len()..(row + 1) * self.columns.len()]
    }

    /// The outputs of a batch, a row of each for each of these rows.
    pub fn put(&mut self, outputs: &[Tensor], rows: &[usize]) -> Outcome<()> {
        let mut found = vec![0.0; rows.len() * self.columns.len()];
        let count = rows.len() as i64;
        side_by_side(outputs, count, count)
            .and_then(|outputs| self.bring(&outputs, &mut found))
            .map_err(|error| failed("the outputs", &error))?;
        self.fill(rows, &found);
        Ok(())
    }

    /// The outputs of a pass, all columns side by side, for the rows from `first` on.
    fn put_at(&mut self, outputs: &Tensor, first: usize, count: usize) -> Outcome<()> {
        let each = self.columns.len();
        let mut values = std::mem::take(&mut self.values);
        let brought = self.bring(outputs, &mut values[first * each..(first + count) * each]);
        self.values = values;
        brought.map_err(|error| failed("the outputs", &error))
    }

    /// Numbers for rows, end to end.
    pub fn fill(&mut self, rows: &[usize], found: &[f32]) {
        let each = self.columns.len();
        for (row, found) in rows.iter().zip(found.chunks_exact(each.max(1))) {
            self.values[row * each..(row + 1) * each].copy_from_slice(found);
        }
    }

    fn bring(&self, outputs: &Tensor, to: &mut [f32]) -> Result<(), TchError> {
        let kept = match &self.wanted {
            Some(index) => outputs.f_index_select(1, index)?,
            None => outputs.shallow_clone(),
        };
        let kept = kept
            .f_to_kind(Kind::Float)?
            .f_to_device(Device::Cpu)?
            .f_contiguous()?;
        let size = to.len();
        kept.f_copy_data(to, size)
    }
}
