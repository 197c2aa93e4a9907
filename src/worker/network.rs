//! A loaded network that predicts rows.

use std::path::Path;

use gia::diag::{Code, Diagnostic, Outcome};
use gia::model::Graph;
use gia::wire::{Open, Rows};
use tch::{Device, Kind, TchError, Tensor};

use super::onehot::OneHot;
use super::program::Program;

/// Numbers in the widest activation of one batch that the CPU's caches and the kernels' threads like best; measured,
/// see `docs/decisions/0002-batch-size.md`.
const WIDEST_ON_CPU: usize = 1 << 21;
/// A GPU wants as much at once as is cheap to hold.
const WIDEST_ON_GPU: usize = 1 << 27;
const LARGEST_BATCH: usize = 4096;

pub struct Network {
    program: Program,
    onehot: OneHot,
    length: usize,
    columns: usize,
    /// Sequences in one forward pass.
    batch: usize,
    /// The graph takes batches of this size and no other.
    fixed: bool,
}

impl Network {
    pub fn open(open: &Open, device: Device) -> Outcome<Network> {
        let path = Path::new(&open.path);
        let graph = Graph::read(path)?;
        let program = Program::compile(&graph, path, device)?;
        let onehot = OneHot::new(open.channels, open.layout, open.unknown, device)
            .map_err(|error| failed("the input", &error))?;
        let fixed = graph.fixed_batch();
        let given = open.batch.map(|n| n as usize);
        let batch = fixed
            .or(given)
            .unwrap_or_else(|| batch_for(&graph, device))
            .max(1);
        let mut network = Network {
            program,
            onehot,
            length: open.length as usize,
            columns: 0,
            batch,
            fixed: fixed.is_some(),
        };
        // One pass over nothing in particular tells how many numbers come out, and that the network runs at all.
        let probe = Rows {
            backgrounds: vec![0; network.length],
            ..Rows::new(network.length)
        };
        let mut probe = probe;
        probe.push(0, []);
        network.columns = network
            .pass(&probe, 0, 1)?
            .size()
            .last()
            .copied()
            .unwrap_or(0) as usize;
        Ok(network)
    }

    /// Numbers that come out for one sequence, over all outputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The chosen columns of every row, row-major.
    pub fn predict(&mut self, rows: &Rows, columns: &[u32]) -> Outcome<Vec<f32>> {
        if rows.length != self.length {
            let message = format!(
                "rows of {} bp for a network of {} bp",
                rows.length, self.length
            );
            return Err(Box::new(Diagnostic::error(Code::WorkerFailed, message)));
        }
        if let Some(column) = columns.iter().find(|&&c| c as usize >= self.columns) {
            let message = format!("column {column} of a network with {} outputs", self.columns);
            return Err(Box::new(Diagnostic::error(Code::WorkerFailed, message)));
        }
        let mut values = Vec::with_capacity(rows.len() * columns.len());
        let mut row = 0;
        while row < rows.len() {
            let count = self.batch.min(rows.len() - row);
            match self.pass(rows, row, count) {
                Ok(outputs) => {
                    let kept = count * self.columns;
                    let mut all = vec![0f32; kept];
                    outputs
                        .f_copy_data(&mut all, kept)
                        .map_err(|error| failed("the outputs", &error))?;
                    for line in all.chunks_exact(self.columns.max(1)) {
                        values.extend(columns.iter().map(|&column| line[column as usize]));
                    }
                    row += count;
                }
                // Less at once needs less memory; nothing that is done is lost.
                Err(diagnostic)
                    if diagnostic.code == Code::OutOfMemory && self.batch > 1 && !self.fixed =>
                {
                    self.batch = self.batch.div_ceil(2);
                }
                Err(diagnostic) => return Err(diagnostic),
            }
        }
        Ok(values)
    }

    /// One forward pass over `count` rows: (count, columns), on the CPU.
    fn pass(&self, rows: &Rows, first: usize, count: usize) -> Outcome<Tensor> {
        // A graph with a batch of its own is filled up with repeats, which are dropped again.
        let size = if self.fixed { self.batch } else { count };
        let mut bases = vec![0u8; size * self.length];
        for (i, out) in bases.chunks_exact_mut(self.length).enumerate() {
            rows.write_row(first + i.min(count - 1), out);
        }
        let input = self
            .onehot
            .encode(&bases, self.length)
            .map_err(|error| failed("the input", &error))?;
        let outputs = self.program.run(input)?;
        gather(&outputs, size as i64, count as i64).map_err(|error| failed("the outputs", &error))
    }
}

/// All outputs flattened and side by side, the first `count` rows of them.
fn gather(outputs: &[Tensor], size: i64, count: i64) -> Result<Tensor, TchError> {
    let flat: Vec<Tensor> = outputs
        .iter()
        .map(|output| output.f_reshape([size, -1]))
        .collect::<Result<_, _>>()?;
    let all = if flat.len() == 1 {
        flat[0].shallow_clone()
    } else {
        Tensor::f_cat(&flat, 1)?
    };
    all.f_narrow(0, 0, count)?
        .f_to_kind(Kind::Float)?
        .f_to_device(Device::Cpu)?
        .f_contiguous()
}

/// A batch whose widest activation is about as large as suits the device. The same network gets the same batch
/// everywhere, so that two runs give the same last digits.
fn batch_for(graph: &Graph, device: Device) -> usize {
    let widest = graph.widest_activation().max(1);
    let target = if device == Device::Cpu {
        WIDEST_ON_CPU
    } else {
        WIDEST_ON_GPU
    };
    let batch = (target / widest).clamp(1, LARGEST_BATCH);
    // A power of two, so that pieces of work divide evenly.
    1 << batch.ilog2()
}

/// libtorch's word on what went wrong, without its stack trace.
pub fn failed(at: &str, error: &TchError) -> Box<Diagnostic> {
    let text = error.to_string();
    let first = text
        .lines()
        .next()
        .unwrap_or("an error without a text")
        .trim();
    let memory = [
        "out of memory",
        "can't allocate memory",
        "not enough memory",
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
