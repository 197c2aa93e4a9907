//! Checks before the first prediction that a network's output for a sequence depends on that sequence alone, by running a few
//! sequences alone and in a batch.
//!
//! `gia_model::BatchFlow` finds most violations in the graph. This check covers TorchScript and what the graph leaves open.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::INDEPENDENCE_CHECK_BATCH_SIZE;
use gia_wire::{Precision, Rows};
use tch::{Kind, Tensor};

use super::Network;
use crate::allocator;
use crate::errors::failed;

/// Factor on the tolerance if the two passes have different batch sizes, for which libtorch chooses different kernels: 1e-3 of an
/// output's magnitude for float32.
const BATCH_SIZE_TOLERANCE_FACTOR: f64 = 100.0;

/// Values of one sequence, by output.
type Row = Vec<Vec<f64>>;

/// The largest difference between two results for one sequence.
struct Difference {
    /// Relative to the largest magnitude in the output.
    relative: f64,
    output: usize,
    /// The two values that differ.
    values: (f64, f64),
}

impl Network {
    /// Runs the first of these rows alone and in a batch with others, once for each network.
    ///
    /// # Errors
    /// [`Code::BatchMixing`] if its output depends on the others, [`Code::NotRepeatable`] if its output differs between two
    /// identical passes.
    pub(crate) fn check_independence(&mut self, rows: &Rows) -> Outcome<()> {
        if self.is_independence_checked || rows.is_empty() || self.passes_hold_one() {
            return Ok(());
        }
        self.is_independence_checked = true;
        match self.find_dependence(rows) {
            Ok(None) => Ok(()),
            Ok(Some(diagnostic)) => Err(diagnostic),
            // With a batch size of 1 nothing can mix. If memory does not suffice for the check, it is skipped.
            Err(diagnostic) if self.batch == 1 || diagnostic.code == Code::OutOfMemory => Ok(()),
            Err(diagnostic) => Err(diagnostic),
        }
    }

    /// Whether the network is so large that every full pass holds one sequence: nothing can mix, and the check would take several
    /// times as long as the prediction. Never of TorchScript: only running it twice shows whether it repeats, while a graph that
    /// draws at random is refused when it is read.
    pub(crate) fn passes_hold_one(&self) -> bool {
        self.runs_one_at_a_time && self.batch == 1
    }

    fn find_dependence(&self, rows: &Rows) -> Outcome<Option<Box<Diagnostic>>> {
        let _no_gradients = tch::no_grad_guard();
        let mut one = vec![0u8; self.length];
        rows.write_row(0, &mut one);
        let shifted: Vec<u8> = one.iter().map(|code| next_base(*code)).collect();
        let reversed: Vec<u8> = one
            .iter()
            .rev()
            .map(|code| next_base(next_base(*code)))
            .collect();
        // Both passes have the same size if it is fixed, or if every new size costs autotuning.
        let same_size = self.is_fixed_batch || (self.device().is_cuda() && self.batch > 1);
        let (alone_batch, batch) = match same_size {
            true => (self.batch, self.batch),
            false => (1, self.independence_batch),
        };
        let tolerance = self.tolerance();
        let alone = self.first_rows(&vec![one.as_slice(); alone_batch])?;
        // The sequence is in row 1: not first or last, since networks compare rows with these, and not in the middle, which stays
        // in place if rows are reversed.
        let in_batch = |first: &Vec<u8>, last: &Vec<u8>| {
            let row = |at: usize| match at {
                1 => &one,
                at if at == 0 || at == 3 => first,
                _ => last,
            };
            let sequences: Vec<&[u8]> = (0..batch).map(|at| row(at).as_slice()).collect();
            self.first_rows(&sequences)
        };
        let differs = |a: &[Row], b: &[Row]| -> Option<Difference> {
            let pairs = [1].into_iter().filter_map(|row| {
                let (a, b) = (a.get(row).or(a.first())?, b.get(row)?);
                largest_difference(a, b)
            });
            pairs.max_by(|a, b| a.relative.total_cmp(&b.relative))
        };
        let exceeds = |difference: &Difference| difference.relative > tolerance;
        let together = match batch {
            0 | 1 => None,
            _ => Some(in_batch(&shifted, &reversed)?),
        };
        let difference = together
            .as_ref()
            .and_then(|together| differs(&alone, together));
        let difference = difference.filter(exceeds);
        // Batches of one or two sequences are always checked for repeatability.
        if difference.is_none() && batch > 2 {
            return Ok(None);
        }
        let again = self.first_rows(&vec![one.as_slice(); alone_batch])?;
        if let Some(noise) = largest_difference(&alone[0], &again[0]).filter(exceeds) {
            return Ok(Some(self.not_repeatable(&noise)));
        }
        let Some(together) = together else {
            return Ok(None);
        };
        // Passes of the same size use the same kernels, so rounding does not explain a difference.
        let rearranged = in_batch(&reversed, &shifted)?;
        if let Some(difference) = differs(&together, &rearranged).filter(exceeds) {
            return Ok(Some(self.batch_mixing(&difference)));
        }
        let difference = difference
            .filter(|difference| difference.relative > BATCH_SIZE_TOLERANCE_FACTOR * tolerance);
        Ok(difference.map(|difference| self.batch_mixing(&difference)))
    }

    /// The first rows of each output of one pass over these sequences, in float64.
    fn first_rows(&self, sequences: &[&[u8]]) -> Outcome<Vec<Row>> {
        let bases: Vec<u8> = sequences
            .iter()
            .flat_map(|bases| bases.iter().copied())
            .collect();
        let size = sequences.len();
        let outputs = self.outputs_of(self.encode_bases(&bases)?, size)?;
        let row = |output: &Tensor, row: i64| -> Result<Vec<f64>, tch::TchError> {
            let row = output.f_select(0, row)?.f_reshape([-1])?;
            Vec::<f64>::try_from(row.f_to_kind(Kind::Double)?.f_to_device(tch::Device::Cpu)?)
        };
        let rows = (0..size.min(INDEPENDENCE_CHECK_BATCH_SIZE) as i64)
            .map(|at| outputs.iter().map(|output| row(output, at)).collect());
        let rows: Result<Vec<Row>, tch::TchError> = rows.collect();
        drop(outputs);
        // Later passes have other sizes and could not reuse this memory, so it is returned to the system.
        allocator::release_free_memory();
        rows.map_err(|error| failed("the outputs", &error))
    }

    /// Tolerated relative difference between passes of the same batch size.
    fn tolerance(&self) -> f64 {
        match self.precision {
            Precision::Float32 | Precision::Float64 => 1e-5,
            // These have mantissas of 10 and 7 bits, and round in each layer.
            Precision::Tf32 => 2e-3,
            Precision::BFloat16 => 2e-2,
        }
    }

    fn batch_mixing(&self, difference: &Difference) -> Box<Diagnostic> {
        let (one, other) = difference.values;
        let message = format!(
            "`{}` mixes the sequences of a batch: output {} of a sequence changes from {one:.6} to {other:.6} with different sequences in its batch",
            self.path, difference.output
        );
        let help = "look for a layer built without `batch_first=True`, a sum, softmax or norm over `dim=0`, or a `view` where a `transpose` was meant; then export the network again";
        Box::new(Diagnostic::error(Code::BatchMixing, message).help(help))
    }

    fn not_repeatable(&self, difference: &Difference) -> Box<Diagnostic> {
        let (one, other) = difference.values;
        let message = format!(
            "`{}` is not deterministic: for the same sequence, output {} was first {one:.6}, then {other:.6}",
            self.path, difference.output
        );
        let help = "it uses random numbers, such as dropout in training mode; call `model.eval()` and export it again";
        Box::new(Diagnostic::error(Code::NotRepeatable, message).help(help))
    }
}

/// A different base; an unknown base stays unknown.
fn next_base(code: u8) -> u8 {
    if code < 4 { (code + 1) % 4 } else { code }
}

/// The largest difference between two rows. Two values that are both not finite count as equal.
fn largest_difference(a: &Row, b: &Row) -> Option<Difference> {
    let of_output = |(output, (a, b)): (usize, (&Vec<f64>, &Vec<f64>))| {
        let finite = a.iter().chain(b).filter(|number| number.is_finite());
        let magnitude = finite.fold(0.0f64, |size, number| size.max(number.abs()));
        let pairs = a.iter().zip(b).map(move |(a, b)| {
            let difference = match (a.is_finite(), b.is_finite()) {
                (true, true) if magnitude > 0.0 => (a - b).abs() / magnitude,
                (true, true) | (false, false) => 0.0,
                (true, false) | (false, true) => f64::INFINITY,
            };
            Difference {
                relative: difference,
                output,
                values: (*a, *b),
            }
        });
        pairs.max_by(|a, b| a.relative.total_cmp(&b.relative))
    };
    let outputs = a.iter().zip(b).enumerate().filter_map(of_output);
    outputs.max_by(|a, b| a.relative.total_cmp(&b.relative))
}
