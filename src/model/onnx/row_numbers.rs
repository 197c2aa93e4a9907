//! Indices that start from the number of each sequence in its batch, as an exporter writes a strided view: the tensor is flattened, the
//! batch included, and each sequence takes elements of its own part.
//!
//! Such a lookup is read as one in each sequence. Anything else that counts the sequences of a batch is refused.

use super::Reader;
use super::call::Call;
use super::sizes::Size;
use crate::graph::{Comparison, Dim, Op, Operand, ValueId, resolve_dim};
use gia_base::diag::{Diagnostic, Outcome};

/// A tensor of indices: the number of the sequence, which varies along the first dimension, times `stride`, plus `rest`.
#[derive(Clone, Copy)]
pub struct RowNumbers {
    stride: i64,
    /// Indices that are the same for each sequence; none for 0.
    rest: Option<ValueId>,
    rank: usize,
}

impl Reader {
    /// Reads a call that makes row numbers or uses them; false for any other.
    pub(super) fn follow_row_numbers(&mut self, call: &Call) -> Outcome<bool> {
        if call.operator == "Range" && self.counts_rows(call) {
            let numbers = RowNumbers {
                stride: 1,
                rest: None,
                rank: 1,
            };
            self.known_mut(call.output()?).row_numbers = Some(numbers);
            return Ok(true);
        }
        let numbers = |index| {
            let name = call.input(index).ok()?;
            self.known(name).row_numbers
        };
        let Some((index, numbers)) = (0..call.inputs()).find_map(|i| Some((i, numbers(i)?))) else {
            return Ok(false);
        };
        let made = match call.operator {
            "Identity" | "Cast" => numbers,
            "Unsqueeze" | "Reshape" if numbers.rest.is_none() => {
                self.with_more_dims(call, numbers)?
            }
            "Mul" if numbers.rest.is_none() => {
                let factor = match self.sizes_of(call, 1 - index.min(1)) {
                    Some(&[Size::Fixed(factor)]) => Some(factor),
                    _ => None,
                };
                let stride = factor.and_then(|factor| numbers.stride.checked_mul(factor));
                let stride = stride.ok_or_else(|| counts(call))?;
                RowNumbers { stride, ..numbers }
            }
            "Add" => self.with_addend(call, numbers, 1 - index.min(1))?,
            "Gather" if index == 1 && call.int("axis", 0) == 0 => {
                self.take_in_rows(call, numbers)?;
                return Ok(true);
            }
            _ => return Err(counts(call)),
        };
        self.known_mut(call.output()?).row_numbers = Some(made);
        Ok(true)
    }

    /// Whether a `Range` is 0, 1, ... up to the batch size.
    fn counts_rows(&self, call: &Call) -> bool {
        let bounds = [Size::Fixed(0), Size::BatchMultiple(1), Size::Fixed(1)];
        let is_bound = |(index, bound)| self.sizes_of(call, index) == Some(&[bound]);
        bounds.into_iter().enumerate().all(is_bound)
    }

    /// Row numbers with dimensions of size 1 behind the first.
    fn with_more_dims(&self, call: &Call, numbers: RowNumbers) -> Outcome<RowNumbers> {
        let list = self.known_integers(call, 1)?;
        let rank = match call.operator {
            "Reshape" => {
                let shape = list.split_first();
                let is_column = shape
                    .is_some_and(|(rows, others)| *rows == -1 && others.iter().all(|n| *n == 1));
                is_column.then_some(list.len())
            }
            _ => {
                let rank = numbers.rank + list.len();
                let behind = |axis: &i64| resolve_dim(*axis, rank).is_some_and(|axis| axis > 0);
                list.iter().all(behind).then_some(rank)
            }
        };
        let rank = rank.ok_or_else(|| counts(call))?;
        Ok(RowNumbers { rank, ..numbers })
    }

    /// Row numbers plus a tensor that is the same for each sequence.
    fn with_addend(
        &mut self,
        call: &Call,
        numbers: RowNumbers,
        addend: usize,
    ) -> Outcome<RowNumbers> {
        self.sizes_as_numbers(call);
        if self.known(call.input(addend)?).row_numbers.is_some() {
            return Err(counts(call));
        }
        let addend = self.tensor(call, addend)?;
        let is_same_for_each = self.shape(addend).is_some_and(|shape| {
            let first = (shape.len() == numbers.rank)
                .then(|| shape.first())
                .flatten();
            let fixed = shape.iter().all(|dim| dim.fixed().is_some());
            fixed && shape.len() <= numbers.rank && first.is_none_or(|dim| *dim == Dim::Fixed(1))
        });
        if !is_same_for_each {
            return Err(counts(call));
        }
        let rest = match numbers.rest {
            None => addend,
            Some(rest) => {
                let operands = vec![Operand::Value(rest), Operand::Value(addend)];
                self.step(call, Op::Add { factor: 1.0 }, operands)
            }
        };
        Ok(RowNumbers {
            rest: Some(rest),
            ..numbers
        })
    }

    /// `Gather` from a flattened tensor by row numbers: the same elements of each sequence.
    fn take_in_rows(&mut self, call: &Call, numbers: RowNumbers) -> Outcome<()> {
        let flat = self.tensor(call, 0)?;
        let of = self
            .graph
            .nodes
            .iter()
            .find(|node| node.outputs.contains(&flat));
        let whole = of.and_then(|node| match (&node.op, node.inputs.first()) {
            (Op::Reshape { .. } | Op::Flatten { .. }, Some(Operand::Value(id))) => Some(*id),
            _ => None,
        });
        let whole = whole.filter(|id| {
            let is_flat = self.shape(flat).is_some_and(|shape| shape.len() == 1);
            let parts = self.shape(*id).and_then(|shape| match shape {
                [Dim::Free, others @ ..] => others
                    .iter()
                    .try_fold(1i64, |n, dim| n.checked_mul(dim.fixed()?)),
                _ => None,
            });
            is_flat && parts == Some(numbers.stride)
        });
        let Some(whole) = whole else {
            return Err(counts(call));
        };
        let (start, end) = (1, -1);
        let rows = self.step(
            call,
            Op::Flatten { start, end },
            vec![Operand::Value(whole)],
        );
        let Some(rest) = numbers.rest else {
            return Err(counts(call));
        };
        let mut rest = rest;
        let own_rank = self.rank(call, rest)?;
        if own_rank == numbers.rank {
            let dims = vec![0];
            rest = self.step(call, Op::Squeeze { dims }, vec![Operand::Value(rest)]);
        }
        for _ in own_rank..numbers.rank - 1 {
            rest = self.step(call, Op::Unsqueeze { dim: 0 }, vec![Operand::Value(rest)]);
        }
        // An index below 0 would be an element of the sequence before, so it becomes one that no sequence has.
        let operands = vec![Operand::Value(rest), Operand::Number(0.0)];
        let is_below = self.step(call, Op::Compare(Comparison::Less), operands);
        let beyond = Operand::Number(numbers.stride as f64);
        let operands = vec![Operand::Value(is_below), beyond, Operand::Value(rest)];
        let table = self.step(call, Op::Where, operands);
        let operands = vec![Operand::Value(rows), Operand::Value(table)];
        self.finish(call, Op::Take { dim: 1 }, operands)
    }
}

/// Error: the call counts the sequences of a batch.
fn counts(call: &Call) -> Box<Diagnostic> {
    let refused = call.unknown("counts the sequences of a batch, which is not supported");
    Box::new(refused.help("save the network with `torch.export.save` as a `.pt2` file, where such a layer is one operator"))
}
