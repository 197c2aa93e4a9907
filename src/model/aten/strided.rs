//! Elements by their distances in memory (`as_strided`).
//!
//! Dimensions that do not overlap are rows of the ones before, so they are taken by slices and reshapes. A table of places would be as large
//! as the result, such as the shifted rows of relative positions in attention.

use super::build::Translation;
use crate::graph::{Op, Operand, PaddingValue};
use gia_base::diag::Outcome;

/// Translates a call of `as_strided`; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "as_strided" => as_strided(t),
        _ => Ok(false),
    }
}

/// Elements by their distance in memory, of a value in row-major order: of each sequence, the same elements.
fn as_strided(t: &mut Translation) -> Outcome<bool> {
    let is_contiguous = t
        .call
        .tensor("self")
        .is_some_and(|name| t.graph.is_contiguous(name));
    let x = t.input("self")?;
    let own = t.shape(x)?;
    let mut sizes = t.call.sizes("size")?.unwrap_or_default();
    let mut strides = t.call.ints("stride", &[])?;
    let offset = t.call.int("storage_offset", Some(0))?;
    let refused = || {
        t.call
            .wrong("addresses memory in a way that is not supported")
    };
    let is_free = own.first() == Some(&None);
    let each: Option<i64> = own
        .iter()
        .skip(usize::from(is_free))
        .try_fold(1i64, |all, size| all.checked_mul((*size)?));
    let Some(each) = each.filter(|_| is_contiguous && sizes.len() == strides.len()) else {
        return Err(refused());
    };
    if is_free {
        if sizes.first() != Some(&super::call::Size::Free) || strides.first() != Some(&each) {
            return Err(refused());
        }
        sizes.remove(0);
        strides.remove(0);
    }
    let sizes: Option<Vec<i64>> = sizes.into_iter().map(|size| size.fixed()).collect();
    let Some(sizes) = sizes.filter(|sizes| sizes.iter().all(|size| *size >= 0)) else {
        return Err(refused());
    };
    let last = sizes
        .iter()
        .zip(&strides)
        .try_fold(offset, |last, (size, stride)| {
            let way = size.saturating_sub(1).max(0).checked_mul(*stride)?;
            last.checked_add(way).filter(|_| *stride >= 0)
        });
    // All elements belong to one sequence.
    let is_inside = offset >= 0 && last.is_some_and(|last| last < each);
    if !is_inside || sizes.contains(&0) {
        return Err(refused());
    }
    let flat = match own.len() == usize::from(is_free) {
        true => t.step(Op::Unsqueeze { dim: -1 }, vec![x]),
        false => t.step(
            Op::Flatten {
                start: i64::from(is_free),
                end: -1,
            },
            vec![x],
        ),
    };
    let mut rows = Rows {
        x: flat,
        shape: if is_free { vec![-1] } else { Vec::new() },
        length: each,
        offset,
    };
    for at in 0..sizes.len() {
        if !rows.take_dimension(t, &sizes[at..], &strides[at..]) {
            rows.take_by_places(t, &sizes[at..], &strides[at..])?;
            break;
        }
    }
    if sizes.is_empty() {
        let index = rows.offset;
        return t.finish(Op::Select { dim: -1, index }, vec![rows.x]);
    }
    t.finish(Op::Identity, vec![rows.x])
}

/// A value whose last dimension is still to be divided.
struct Rows {
    x: Operand,
    /// Sizes before the last dimension; -1 for the batch.
    shape: Vec<i64>,
    /// Size of the last dimension.
    length: i64,
    /// Place of the first element in the last dimension.
    offset: i64,
}

impl Rows {
    /// Makes the first of the remaining dimensions, as slices of the last dimension; false if they overlap.
    fn take_dimension(&mut self, t: &mut Translation, sizes: &[i64], strides: &[i64]) -> bool {
        let (size, stride) = (sizes[0], strides[0]);
        let within: i64 = sizes[1..]
            .iter()
            .zip(&strides[1..])
            .map(|(size, stride)| (size - 1) * stride)
            .sum::<i64>()
            + 1;
        if sizes.len() == 1 {
            // The last dimension is what is left.
            if stride < 1 && size > 1 {
                return false;
            }
            let end = self.offset + (size - 1) * stride + 1;
            self.slice(t, -1, (self.offset, end, stride.max(1)));
            return true;
        }
        if size == 1 {
            self.x = t.step(Op::Unsqueeze { dim: -2 }, vec![self.x]);
            self.shape.push(1);
            return true;
        }
        if stride < within {
            return false;
        }
        // Rows of `stride` elements, from the start if each has its elements in one row, otherwise from the first element.
        let (first, inside) = (self.offset / stride, self.offset % stride);
        let (start, first, inside) = match inside + within <= stride {
            true => (0, first, inside),
            false => (self.offset, 0, 0),
        };
        let rows = first + size;
        let end = start + rows * stride;
        if start > 0 || end < self.length {
            self.slice(t, -1, (start, end.min(self.length), 1));
        }
        if end > self.length {
            let (pairs, filler) = (vec![0, end - self.length], PaddingValue::Constant(0.0));
            self.x = t.step(Op::Pad { pairs, filler }, vec![self.x]);
        }
        let shape = [self.shape.as_slice(), &[rows, stride]].concat();
        self.x = t.step(Op::Reshape { shape }, vec![self.x]);
        if first > 0 {
            self.slice(t, -2, (first, rows, 1));
        }
        self.shape.push(size);
        self.length = stride;
        self.offset = inside;
        true
    }

    fn slice(&mut self, t: &mut Translation, dim: i64, (start, end, step): (i64, i64, i64)) {
        let slice = Op::Slice {
            dim,
            start,
            end,
            step,
        };
        self.x = t.step(slice, vec![self.x]);
    }

    /// Makes all remaining dimensions by a table of places.
    fn take_by_places(
        &mut self,
        t: &mut Translation,
        sizes: &[i64],
        strides: &[i64],
    ) -> Outcome<()> {
        let place = |at: i64| {
            let (mut rest, mut place) = (at, self.offset);
            for (size, stride) in sizes.iter().zip(strides).rev() {
                place += rest % size * stride;
                rest /= size;
            }
            place as f64
        };
        let count = sizes
            .iter()
            .fold(1i64, |all, size| all.saturating_mul(*size));
        let places = t.literal(sizes, count, place)?;
        let dim = self.shape.len() as i64;
        self.x = t.step(Op::Take { dim }, vec![self.x, places]);
        Ok(())
    }
}
