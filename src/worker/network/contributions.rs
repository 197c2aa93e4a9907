//! Contributions of each position to the difference of an output between a sequence and references, by DeepLIFT.

use std::collections::BTreeSet;
use std::ops::Range;

use gia_base::diag::{Code, Diagnostic, Outcome};
use tch::{Device, Kind, TchError, Tensor};

use super::comparison::Comparison;
use super::weighted_sum::WeightedSum;
use super::{InputSource, Network, Runner};
use crate::attribution::{Outputs, Task};
use crate::errors::failed;
use crate::program::Program;

/// Contributions for all pairs of a sequence and one of its references.
#[derive(Debug, Default)]
pub struct Contributions {
    /// For each pair: (4, length) contributions that each base would have at each position (hypothetical contributions), in the order of
    /// the bases' codes; then the difference of the outputs, and by how much the sum of the contributions of the bases that are there
    /// exceeds it.
    pub values: Vec<f32>,
    /// The nodes whose rules are not exact, with what they compute.
    pub inexact: BTreeSet<String>,
}

/// Consecutive pairs that are computed together: sequences, and a range of the references of each.
struct Chunk {
    sequences: Range<usize>,
    references: Range<usize>,
}

impl Network {
    /// Contributions to the weighted sum, for each pair in order.
    ///
    /// # Errors
    /// If the network is TorchScript, whose graph is not known, if there are too few weights, and as for predictions.
    pub fn contributions(&mut self, of: &Comparison) -> Outcome<Contributions> {
        let (sequences, per_sequence) = (of.sequences, of.per_sequence);
        self.check(&of.rows, &of.columns)?;
        self.check_independence(&of.rows)?;
        let target = WeightedSum::new(self, &of.columns, &of.weights, of.pairs())?;
        let per_pair = 4 * self.length + 2;
        let mut all = Contributions {
            values: vec![0.0; of.pairs() * per_pair],
            inexact: BTreeSet::new(),
        };
        let (mut sequence, mut reference) = (0, 0);
        while sequence < sequences {
            let chunk = self.chunk(sequence..sequences, reference..per_sequence);
            match self.contributions_of(of, &chunk, &target) {
                Ok(made) => {
                    let mut pairs = made.values.chunks_exact(per_pair);
                    for sequence in chunk.sequences.clone() {
                        for reference in chunk.references.clone() {
                            let at = (sequence * per_sequence + reference) * per_pair;
                            if let Some(pair) = pairs.next() {
                                all.values[at..at + per_pair].copy_from_slice(pair);
                            }
                        }
                    }
                    all.inexact.extend(made.inexact);
                    reference = chunk.references.end % per_sequence;
                    if reference == 0 {
                        sequence = chunk.sequences.end;
                    }
                }
                Err(diagnostic)
                    if diagnostic.code == Code::OutOfMemory
                        && self.batch > 1
                        && !self.is_fixed_batch =>
                {
                    self.batch = self.batch.div_ceil(2);
                }
                Err(diagnostic) => return Err(diagnostic),
            }
        }
        Ok(all)
    }

    /// The next pairs that fit a batch: several sequences with all their references, or some references of one.
    fn chunk(&self, sequences: Range<usize>, references: Range<usize>) -> Chunk {
        let whole = self.batch / references.end;
        if references.start > 0 || whole == 0 {
            // Parts of about equal size, since each computes the sequence again.
            let parts = references.len().div_ceil(self.batch);
            let end = references.start + references.len().div_ceil(parts);
            return Chunk {
                sequences: sequences.start..sequences.start + 1,
                references: references.start..end,
            };
        }
        Chunk {
            sequences: sequences.start..sequences.end.min(sequences.start + whole),
            references,
        }
    }

    fn contributions_of(
        &self,
        of: &Comparison,
        chunk: &Chunk,
        target: &WeightedSum,
    ) -> Outcome<Contributions> {
        let (sequences, per_sequence) = (of.sequences, of.per_sequence);
        let at = |error: TchError| failed("the attributions", &error);
        let program = self.graph()?;
        let count = chunk.references.len();
        let mut inputs: Vec<usize> = chunk.sequences.clone().collect();
        let mut references: Vec<usize> = chunk
            .sequences
            .clone()
            .flat_map(|sequence| {
                let first = sequences + sequence * per_sequence;
                chunk
                    .references
                    .clone()
                    .map(move |reference| first + reference)
            })
            .collect();
        let pairs = references.len();
        let mut own: Vec<usize> = references.iter().map(|row| row - sequences).collect();
        let mut per_row = count;
        if self.is_fixed_batch {
            // As many rows as the network takes; pairs are repeated to fill it.
            let row = |pair: usize| inputs[(pair % pairs) / count];
            let (rows, others) = (0..self.batch)
                .map(|pair| (row(pair), references[pair % pairs]))
                .unzip();
            own = (0..self.batch).map(|pair| own[pair % pairs]).collect();
            (inputs, references, per_row) = (rows, others, 1);
        }
        let encode = |indices: &[usize]| self.encode_chosen(&of.rows, indices.iter().copied());
        let (encoded, encoded_references) = (encode(&inputs)?, encode(&references)?);
        let copies = |tensors: &[Tensor]| tensors.iter().map(Tensor::shallow_clone).collect();
        let tape = program.record(Task {
            inputs: copies(&encoded),
            references: copies(&encoded_references),
            per_row: per_row as i64,
        })?;
        let outputs = tape.outputs()?;
        let target = target.of_rows(own.into_iter()).map_err(at)?;
        let (start, difference) =
            starting_multipliers(&target, &outputs, references.len()).map_err(at)?;
        let multipliers = tape.multipliers(start)?;
        let mut values = self
            .hypothetical(
                &encoded,
                &encoded_references,
                &multipliers.inputs,
                per_row as i64,
            )
            .and_then(|(hypothetical, sum)| joined(&hypothetical, &difference, &sum))
            .map_err(at)?;
        values.truncate(pairs * (4 * self.length + 2));
        Ok(Contributions {
            values,
            inexact: multipliers.inexact,
        })
    }

    fn graph(&self) -> Outcome<&Program> {
        match &self.runner {
            Runner::Graph(program) => Ok(program),
            Runner::Script(_) => {
                let message = format!(
                    "`{}` is TorchScript, whose operators are not known, so its output cannot be attributed by DeepLIFT",
                    self.path
                );
                let help = "export it again with torch.export, as `.pt2`, or use in silico mutagenesis or gradients";
                Err(Box::new(
                    Diagnostic::error(Code::RefusedModelFile, message).help(help),
                ))
            }
        }
    }

    /// Hypothetical contributions (pairs, 4, length), added over the inputs that read the sequence. Bases are in the order of their codes.
    /// Also returns, for each pair, the sum of the contributions of the bases that are there.
    ///
    /// What a base at a position would contribute is its multiplier less the mean of the multipliers by the reference's one-hot values
    /// (Shrikumar et al. 2020, TF-MoDISco).
    fn hypothetical(
        &self,
        inputs: &[Tensor],
        references: &[Tensor],
        multipliers: &[Option<Tensor>],
        per_row: i64,
    ) -> Result<(Tensor, Tensor), TchError> {
        let pairs = references.first().map_or(0, |first| first.size()[0]);
        let device = self.onehot.device();
        let shape = [pairs, 4, self.length as i64];
        let mut all = Tensor::f_zeros(shape, (Kind::Double, device))?;
        let mut sum = Tensor::f_zeros([pairs], (Kind::Double, device))?;
        for (at, source) in self.inputs.iter().enumerate() {
            let (InputSource::Sequence | InputSource::ReverseComplement, Some(multiplier)) =
                (source, &multipliers[at])
            else {
                continue;
            };
            let ordered = |x: &Tensor| self.onehot.in_code_order(x)?.f_to_kind(Kind::Double);
            let multiplier = ordered(multiplier)?;
            let reference = ordered(&references[at])?;
            let input = ordered(&inputs[at])?.f_repeat_interleave_self_int(per_row, 0, None)?;
            let difference = input.f_sub(&reference)?;
            let own = multiplier.f_mul(&difference)?;
            sum = sum.f_add(&own.f_sum_dim_intlist(&[1i64, 2][..], false, Kind::Double)?)?;
            let expected =
                multiplier
                    .f_mul(&reference)?
                    .f_sum_dim_intlist(1, true, Kind::Double)?;
            let each = multiplier.f_sub(&expected)?;
            all = match source {
                // The code of a base's complement is 3 minus its own.
                InputSource::ReverseComplement => all.f_add(&each.f_flip([1, 2])?)?,
                _ => all.f_add(&each)?,
            };
        }
        Ok((all, sum))
    }
}

/// The multipliers of the outputs, and the difference of the target between input and reference, for each pair.
fn starting_multipliers(
    target: &WeightedSum,
    outputs: &Outputs,
    pairs: usize,
) -> Result<(Vec<Option<Tensor>>, Tensor), TchError> {
    let pairs = pairs as i64;
    let leaves: Vec<Tensor> = outputs
        .input
        .iter()
        .map(|output| output.f_detach()?.f_contiguous()?.f_set_requires_grad(true))
        .collect::<Result<_, _>>()?;
    let input = target.of(&leaves, pairs, pairs)?;
    let reference = target.of(&outputs.reference, pairs, pairs)?;
    let difference = input.f_detach()?.f_sub(&reference)?;
    let found = Tensor::f_run_backward(&[input.f_sum(input.kind())?], &leaves, false, false)?;
    let start = found
        .into_iter()
        .map(|found| found.defined().then_some(found));
    Ok((start.collect(), difference))
}

/// For each pair its contributions, the difference and the sum, in host memory.
fn joined(contributions: &Tensor, difference: &Tensor, sum: &Tensor) -> Result<Vec<f32>, TchError> {
    let column = |x: &Tensor| x.f_to_kind(Kind::Double)?.f_unsqueeze(1);
    let parts = [
        contributions.f_flatten(1, -1)?,
        column(difference)?,
        column(&sum.f_sub(&difference.f_to_kind(Kind::Double)?)?)?,
    ];
    let all = Tensor::f_cat(&parts, 1)?.f_to_kind(Kind::Float)?;
    let all = all.f_to_device(Device::Cpu)?.f_contiguous()?;
    let mut values = vec![0.0; all.numel()];
    let count = values.len();
    all.f_copy_data(&mut values, count)?;
    Ok(values)
}
