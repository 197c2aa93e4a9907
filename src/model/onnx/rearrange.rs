//! Operators that only rearrange elements: reshape, transpose, slice, split, pad, expand, tile.

use super::Reader;
use super::call::Call;
use super::sizes::Size;
use crate::graph::resolve_dim;
use crate::graph::{Dim, Op, Operand, PaddingValue, ValueId};
use crate::shapes::extent_of;
use gia_base::diag::Outcome;

impl Reader {
    pub(super) fn rank(&self, call: &Call, x: ValueId) -> Outcome<usize> {
        match self.shape(x) {
            Some(shape) => Ok(shape.len()),
            None => Err(call.unknown("rearranges a value whose shape is known only at run time")),
        }
    }

    pub(super) fn flatten(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let rank = self.rank(call, x)?;
        let axis = call.int("axis", 1);
        let axis = if axis < 0 { axis + rank as i64 } else { axis };
        let last = rank as i64 - 1;
        let x = Operand::Value(x);
        match axis {
            // Everything in one row, or in one column.
            axis if axis == 0 || axis == rank as i64 => {
                let whole = Op::Flatten {
                    start: 0,
                    end: last,
                };
                let flat = self.step(call, whole, vec![x]);
                let dim = i64::from(axis != 0);
                self.finish(call, Op::Unsqueeze { dim }, vec![Operand::Value(flat)])
            }
            1 => self.finish(
                call,
                Op::Flatten {
                    start: 1,
                    end: last,
                },
                vec![x],
            ),
            axis if axis > 1 && axis <= last => {
                let tail = self.step(
                    call,
                    Op::Flatten {
                        start: axis,
                        end: last,
                    },
                    vec![x],
                );
                let op = Op::Flatten {
                    start: 0,
                    end: axis - 1,
                };
                self.finish(call, op, vec![Operand::Value(tail)])
            }
            other => Err(call.wrong(&format!("flattens from dimension {other} of {rank}"))),
        }
    }

    pub(super) fn reshape(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let Some(wanted) = self.sizes_of(call, 1).map(<[Size]>::to_vec) else {
            return Err(call.unknown("has a shape that is known only at run time"));
        };
        let from = self.shape(x).map(<[Dim]>::to_vec);
        let keep_zero = call.int("allowzero", 0) != 0;
        let mut shape = Vec::with_capacity(wanted.len());
        for (i, size) in wanted.iter().enumerate() {
            shape.push(match size {
                Size::Fixed(0) if !keep_zero => match from.as_ref().and_then(|from| from.get(i)) {
                    Some(Dim::Fixed(n)) => Size::Fixed(*n),
                    Some(Dim::Free) => Size::BatchMultiple(1),
                    None => {
                        return Err(call.unknown("keeps a size that is known only at run time"));
                    }
                },
                size => *size,
            });
        }
        let open = shape.iter().position(|size| *size == Size::Fixed(-1));
        let batches = shape
            .iter()
            .filter(|size| matches!(size, Size::BatchMultiple(_)))
            .count();
        if let (Some(open), 1) = (open, batches) {
            // The batch size stays free, so the other size has to be inferred.
            let known = from.as_ref().and_then(|from| {
                let free = from.iter().filter(|dim| **dim == Dim::Free).count();
                let all = from.iter().try_fold(1i64, |n, dim| match dim {
                    Dim::Fixed(m) => n.checked_mul(*m),
                    Dim::Free => Some(n),
                });
                let others = shape.iter().try_fold(1i64, |n, size| match size {
                    Size::Fixed(-1) => Some(n),
                    Size::Fixed(m) | Size::BatchMultiple(m) => n.checked_mul(*m),
                });
                (free == 1).then_some(())?;
                all?.checked_div(others?)
            });
            let Some(known) = known else {
                return Err(call.unknown("has two free sizes"));
            };
            shape[open] = Size::Fixed(known);
        }
        if batches > 1 {
            return Err(call.unknown("has the batch in its shape twice"));
        }
        let shape = shape.into_iter().map(|size| match size {
            Size::Fixed(n) => n,
            Size::BatchMultiple(_) => -1,
        });
        let shape: Vec<i64> = shape.collect();
        if shape.iter().any(|n| *n < -1) || shape.iter().filter(|n| **n == -1).count() > 1 {
            return Err(call.wrong("has a shape with more than one free size"));
        }
        self.finish(call, Op::Reshape { shape }, vec![Operand::Value(x)])
    }

    pub(super) fn transpose(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let dims = match call.ints("perm") {
            Some(dims) => dims.to_vec(),
            None => (0..self.rank(call, x)? as i64).rev().collect(),
        };
        self.finish(call, Op::Permute { dims }, vec![Operand::Value(x)])
    }

    pub(super) fn squeeze(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let dims = match call.has_input(1) {
            true => self.known_integers(call, 1)?,
            false => {
                let Some(shape) = self.shape(x) else {
                    return Err(
                        call.unknown("squeezes a value whose shape is known only at run time")
                    );
                };
                let ones = shape.iter().enumerate();
                let ones = ones.filter(|(_, dim)| **dim == Dim::Fixed(1));
                ones.map(|(i, _)| i as i64).collect()
            }
        };
        self.finish(call, Op::Squeeze { dims }, vec![Operand::Value(x)])
    }

    pub(super) fn unsqueeze(&mut self, call: &Call) -> Outcome<()> {
        let mut x = self.tensor(call, 0)?;
        let axes = self.known_integers(call, 1)?;
        let rank = match axes.iter().any(|axis| *axis < 0) {
            true => self.rank(call, x)? + axes.len(),
            false => 0,
        };
        let mut axes: Vec<i64> = axes
            .iter()
            .map(|axis| if *axis < 0 { axis + rank as i64 } else { *axis })
            .collect();
        axes.sort_unstable();
        for &dim in &axes {
            x = self.step(call, Op::Unsqueeze { dim }, vec![Operand::Value(x)]);
        }
        self.finish(call, Op::Identity, vec![Operand::Value(x)])
    }

    pub(super) fn slice(&mut self, call: &Call) -> Outcome<()> {
        let mut x = self.tensor(call, 0)?;
        if let Some(made) = self.slice_of_batches(call, x)? {
            return self.finish(call, Op::Identity, vec![Operand::Value(made)]);
        }
        let (starts, ends) = (self.known_integers(call, 1)?, self.known_integers(call, 2)?);
        let axes = match call.has_input(3) {
            true => self.known_integers(call, 3)?,
            false => (0..starts.len() as i64).collect(),
        };
        let steps = match call.has_input(4) {
            true => self.known_integers(call, 4)?,
            false => vec![1; starts.len()],
        };
        if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
            return Err(call.wrong("has lists of different lengths"));
        }
        for i in 0..starts.len() {
            let (start, end, dim, step) = (starts[i], ends[i], axes[i], steps[i]);
            if step >= 1 {
                let op = Op::Slice {
                    dim,
                    start,
                    end,
                    step,
                };
                x = self.step(call, op, vec![Operand::Value(x)]);
                continue;
            }
            let length = self.shape(x).and_then(|shape| extent_of(shape, dim));
            let whole = length.is_some_and(|n| {
                let from_end = start >= n - 1 || start == -1;
                from_end && end < -n
            });
            if step != -1 || !whole {
                return Err(call.unknown("reverses part of a dimension"));
            }
            x = self.step(call, Op::Flip { dims: vec![dim] }, vec![Operand::Value(x)]);
        }
        self.finish(call, Op::Identity, vec![Operand::Value(x)])
    }

    pub(super) fn split(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let dim = call.int("axis", 0);
        let parts = call.outputs().len();
        let sizes = match call.has_input(1) {
            true => self.known_integers(call, 1)?,
            false => {
                let length = self.shape(x).and_then(|shape| extent_of(shape, dim));
                let Some(length) = length else {
                    return Err(
                        call.unknown("splits a dimension whose size is known only at run time")
                    );
                };
                // The last part is smaller if the size is not divisible.
                let parts = parts.max(1) as i64;
                let each = length.saturating_add(parts - 1) / parts;
                let whole = (0..parts).map(|i| {
                    each.min(length.saturating_sub(i.saturating_mul(each)))
                        .max(0)
                });
                whole.collect()
            }
        };
        if sizes.len() != parts {
            return Err(call.wrong("has different numbers of sizes and parts"));
        }
        for (name, piece) in call.outputs().iter().zip(Op::slices(dim, sizes)) {
            self.emit(call, piece, vec![Operand::Value(x)], name);
        }
        Ok(())
    }

    pub(super) fn pad(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let pads = self.known_integers(call, 1)?;
        let value = match call.has_input(2) {
            false => 0.0,
            true => match self.operand(call, 2)? {
                Operand::Number(value) => value,
                _ => return Err(call.unknown("pads with a number that is known only at run time")),
            },
        };
        let filler = match call.text("mode", "constant").as_str() {
            "constant" => PaddingValue::Constant(value),
            "reflect" => PaddingValue::Reflect,
            "edge" => PaddingValue::Replicate,
            "wrap" => PaddingValue::Circular,
            other => return Err(call.wrong(&format!("has the unknown padding mode \"{other}\""))),
        };
        let rank = self.rank(call, x)?;
        let axes: Vec<usize> = match call.has_input(3) {
            false => (0..rank).collect(),
            true => {
                let axes = self.known_integers(call, 3)?;
                let axes = axes.iter().map(|axis| resolve_dim(*axis, rank));
                let axes = axes.collect::<Option<_>>();
                axes.ok_or_else(|| call.wrong("pads a dimension that does not exist"))?
            }
        };
        if pads.len() != 2 * axes.len() {
            return Err(call.wrong("does not have two numbers for each dimension"));
        }
        let mut of = vec![(0, 0); rank];
        for (i, &axis) in axes.iter().enumerate() {
            of[axis] = (pads[i], pads[axes.len() + i]);
        }
        // Pairs from the last dimension to the first one that is padded.
        let first = of.iter().position(|pair| *pair != (0, 0)).unwrap_or(rank);
        let pairs = of[first..].iter().rev().flat_map(|(a, b)| [*a, *b]);
        let pairs: Vec<i64> = pairs.collect();
        match pairs.is_empty() {
            true => self.finish(call, Op::Identity, vec![Operand::Value(x)]),
            false => self.finish(call, Op::Pad { pairs, filler }, vec![Operand::Value(x)]),
        }
    }

    pub(super) fn expand(&mut self, call: &Call) -> Outcome<()> {
        let x = self.tensor(call, 0)?;
        let Some(sizes) = self.sizes_of(call, 1).map(<[Size]>::to_vec) else {
            return Err(call.unknown("expands to a shape that is known only at run time"));
        };
        // ONNX broadcasts both ways: a size of 1 in the target keeps the size of the input.
        let from = self.shape(x).map_or(0, <[Dim]>::len);
        let mut shape: Vec<Option<i64>> = sizes
            .iter()
            .map(|size| match size {
                Size::Fixed(1) => Some(-1),
                Size::Fixed(n) => Some(*n),
                Size::BatchMultiple(_) => None,
            })
            .collect();
        let is_multiple = |size: &Size| matches!(size, Size::BatchMultiple(n) if *n != 1);
        if sizes.iter().any(is_multiple) {
            return self.expand_to_multiple(call, x, &sizes);
        }
        let new = shape.len().saturating_sub(from);
        for size in shape.iter_mut().take(new) {
            // A new dimension has no size to keep.
            if *size == Some(-1) {
                *size = Some(1);
            }
        }
        while shape.len() < from {
            shape.insert(0, Some(-1));
        }
        let mut operands = vec![Operand::Value(x)];
        operands.extend(self.graph.batch_for(&shape));
        self.finish(call, Op::Expand { shape }, operands)
    }

    /// Expands one element to a shape with a multiple of the batch size: a dimension for each sequence and one for the
    /// rest, merged.
    fn expand_to_multiple(&mut self, call: &Call, x: ValueId, sizes: &[Size]) -> Outcome<()> {
        let shape = self.shape(x);
        let is_one = shape.is_some_and(|shape| shape.iter().all(|dim| *dim == Dim::Fixed(1)));
        let mut multiples = sizes
            .iter()
            .enumerate()
            .filter_map(|(dim, size)| match size {
                Size::BatchMultiple(n) if *n != 1 => Some((dim, *n)),
                _ => None,
            });
        let (Some((dim, multiple)), None, true) = (multiples.next(), multiples.next(), is_one)
        else {
            return Err(call.unknown("expands several elements to a multiple of the batch"));
        };
        let one = Op::Reshape { shape: Vec::new() };
        let one = self.step(call, one, vec![Operand::Value(x)]);
        let mut shape: Vec<Option<i64>> = sizes.iter().map(|size| size.fixed()).collect();
        shape.insert(dim + 1, Some(multiple));
        let mut operands = vec![Operand::Value(one)];
        operands.extend(self.graph.batch_for(&shape));
        let filled = self.step(call, Op::Expand { shape }, operands);
        let (start, end) = (dim as i64, dim as i64 + 1);
        self.finish(
            call,
            Op::Flatten { start, end },
            vec![Operand::Value(filled)],
        )
    }
}
