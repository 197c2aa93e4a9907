//! Checks before the first predictions that a network's output for a sequence depends on that sequence alone, by
//! passing a few sequences alone and together.
//!
//! The graph shows most of it (`gia_model::BatchFlow`); TorchScript, and what the graph leaves open, are found here.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::INDEPENDENCE_BATCH;
use gia_wire::{Precision, Rows};
use tch::{Kind, Tensor};

use super::Network;
use crate::allocator;
use crate::errors::failed;

/// How many tolerances a difference must have where only the size of the batch differs, for which libtorch has other
/// kernels: 1e-3 of an output's size for float32.
const OTHER_SIZE: f64 = 100.0;

/// Numbers of one sequence, by output.
type Row = Vec<Vec<f64>>;

/// A difference between two rows of numbers for one sequence, as a part of the size of the output where it is largest.
struct Difference {
    relative: f64,
    output: usize,
    numbers: (f64, f64),
}

impl Network {
    /// Passes the first of these rows alone and together with others, once for each network.
    ///
    /// # Errors
    /// [`Code::BatchMixing`] where what is said of it depends on the others, [`Code::NotRepeatable`] where it is not the same
    /// twice.
    pub(crate) fn check_independence(&mut self, rows: &Rows) -> Outcome<()> {
        if self.independent || rows.is_empty() {
            return Ok(());
        }
        self.independent = true;
        match self.find_dependence(rows) {
            Ok(None) => Ok(()),
            Ok(Some(diagnostic)) => Err(diagnostic),
            // A network that takes one sequence at a time, as it was asked to, mixes none; nor do those that memory keeps apart.
            Err(diagnostic) if self.batch == 1 || diagnostic.code == Code::OutOfMemory => Ok(()),
            Err(diagnostic) => Err(diagnostic),
        }
    }

    fn find_dependence(&self, rows: &Rows) -> Outcome<Option<Box<Diagnostic>>> {
        let _no_gradients = tch::no_grad_guard();
        let mut one = vec![0u8; self.length];
        rows.write_row(0, &mut one);
        let shifted: Vec<u8> = one.iter().map(|code| next(*code)).collect();
        let turned: Vec<u8> = one.iter().rev().map(|code| next(next(*code))).collect();
        // Where every size costs a search for kernels, or one alone is possible, both passes are of that size.
        let of_one_size = self.fixed || (self.device().is_cuda() && self.batch > 1);
        let (few, many) = match of_one_size {
            true => (self.batch, self.batch),
            false => (1, self.together),
        };
        let tolerance = self.tolerance();
        let alone = self.first_rows(&vec![one.as_slice(); few])?;
        // The sequence itself is neither first nor last, since networks compare with these rows, and not in the middle, which
        // stays where it is when rows are reversed.
        let beside = |first: &Vec<u8>, last: &Vec<u8>| {
            let row = |at: usize| match at {
                1 => &one,
                at if at == 0 || at == 3 => first,
                _ => last,
            };
            let sequences: Vec<&[u8]> = (0..many).map(|at| row(at).as_slice()).collect();
            self.first_rows(&sequences)
        };
        let differs = |a: &[Row], b: &[Row]| -> Option<Difference> {
            let pairs = [1].into_iter().filter_map(|row| {
                let (a, b) = (a.get(row).or(a.first())?, b.get(row)?);
                largest_difference(a, b)
            });
            pairs.max_by(|a, b| a.relative.total_cmp(&b.relative))
        };
        let exceeds = |found: &Difference| found.relative > tolerance;
        let together = match many {
            0 | 1 => None,
            _ => Some(beside(&shifted, &turned)?),
        };
        let found = together
            .as_ref()
            .and_then(|together| differs(&alone, together));
        let found = found.filter(exceeds);
        // A network of one sequence a pass is asked twice in any case: noise is all that can be wrong.
        if found.is_none() && many > 2 {
            return Ok(None);
        }
        let again = self.first_rows(&vec![one.as_slice(); few])?;
        if let Some(noise) = largest_difference(&alone[0], &again[0]).filter(exceeds) {
            return Ok(Some(self.not_repeatable(&noise)));
        }
        let Some(together) = together else {
            return Ok(None);
        };
        // Passes of one size go through the same kernels, so rounding is no excuse.
        let otherwise = beside(&turned, &shifted)?;
        if let Some(found) = differs(&together, &otherwise).filter(exceeds) {
            return Ok(Some(self.mixes(&found)));
        }
        let found = found.filter(|found| found.relative > OTHER_SIZE * tolerance);
        Ok(found.map(|found| self.mixes(&found)))
    }

    /// The first rows of each output of one pass over these sequences.
    fn first_rows(&self, sequences: &[&[u8]]) -> Outcome<Vec<Row>> {
        let bases: Vec<u8> = sequences
            .iter()
            .flat_map(|bases| bases.iter().copied())
            .collect();
        let size = sequences.len();
        let outputs = self.outputs_of(self.encode_bases(&bases, size)?, size)?;
        let row = |output: &Tensor, row: i64| -> Result<Vec<f64>, tch::TchError> {
            let row = output.f_select(0, row)?.f_reshape([-1])?;
            Vec::<f64>::try_from(row.f_to_kind(Kind::Double)?.f_to_device(tch::Device::Cpu)?)
        };
        let rows = (0..size.min(INDEPENDENCE_BATCH) as i64)
            .map(|at| outputs.iter().map(|output| row(output, at)).collect());
        let rows: Result<Vec<Row>, tch::TchError> = rows.collect();
        drop(outputs);
        // These passes are of other sizes than those of the run, so this thread's heap would keep what they took beside that.
        allocator::give_back();
        rows.map_err(|error| failed("the outputs", &error))
    }

    /// What libtorch's kernels may differ by for batches of other sizes, as a part of an output's size.
    fn tolerance(&self) -> f64 {
        match self.precision {
            Precision::Float32 => 1e-5,
            // 10 and 7 bits of a number are kept; both round in each layer.
            Precision::Tf32 => 2e-3,
            Precision::BFloat16 => 2e-2,
        }
    }

    fn mixes(&self, found: &Difference) -> Box<Diagnostic> {
        let (one, other) = found.numbers;
        let message = format!(
            "`{}` mixes the sequences of a batch: output {} gives {one:.6} for a sequence, and {other:.6} with others beside it",
            self.path, found.output
        );
        let help = "look for a layer built without `batch_first=True`, a sum, softmax or norm over `dim=0`, or a `view` where a `transpose` was meant; then export the network again";
        Box::new(Diagnostic::error(Code::BatchMixing, message).help(help))
    }

    fn not_repeatable(&self, found: &Difference) -> Box<Diagnostic> {
        let (one, other) = found.numbers;
        let message = format!(
            "`{}` gives other numbers for the same sequence each time: output {} was {one:.6}, and then {other:.6}",
            self.path, found.output
        );
        let help = "it draws random numbers, such as dropout in training mode; call `model.eval()` and export it again";
        Box::new(Diagnostic::error(Code::NotRepeatable, message).help(help))
    }
}

/// Another base; what is no base stays.
fn next(code: u8) -> u8 {
    if code < 4 { (code + 1) % 4 } else { code }
}

/// The largest difference between two rows. Numbers that are not finite agree with each other alone.
fn largest_difference(a: &Row, b: &Row) -> Option<Difference> {
    let of_output = |(output, (a, b)): (usize, (&Vec<f64>, &Vec<f64>))| {
        let finite = a.iter().chain(b).filter(|number| number.is_finite());
        let size = finite.fold(0.0f64, |size, number| size.max(number.abs()));
        let pairs = a.iter().zip(b).map(move |(a, b)| {
            let difference = match (a.is_finite(), b.is_finite()) {
                (true, true) if size > 0.0 => (a - b).abs() / size,
                (true, true) | (false, false) => 0.0,
                (true, false) | (false, true) => f64::INFINITY,
            };
            Difference {
                relative: difference,
                output,
                numbers: (*a, *b),
            }
        });
        pairs.max_by(|a, b| a.relative.total_cmp(&b.relative))
    };
    let outputs = a.iter().zip(b).enumerate().filter_map(of_output);
    outputs.max_by(|a, b| a.relative.total_cmp(&b.relative))
}
