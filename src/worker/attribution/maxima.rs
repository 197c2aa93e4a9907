//! Multipliers of maxima over windows of the last dimension, or over all of it: those of the places of the maxima of input and reference.

use std::ops::{Add, Div, Mul, Sub};

use gia_model::{Op, PoolKind, Reduction};
use tch::kind::Element;
use tch::{Device, Kind, Tensor};

use super::line::Result;
use super::pairs::Pair;
use super::selection::{Extreme, shares};

/// What a maximum hands on to its operand. None for another operator.
pub fn call(op: &Op, multiplier: &Tensor, pair: &Pair) -> Result<Option<Tensor>> {
    if !pair.fits() {
        return Ok(None);
    }
    let Some(windows) = Windows::of(op, pair.reference, multiplier) else {
        return by_places(op, multiplier, pair);
    };
    let is_on_cpu = pair.reference.device() == Device::Cpu;
    match pair.reference.kind() {
        Kind::Float if is_on_cpu => windows.call::<f32>(multiplier, pair).map(Some),
        Kind::Double if is_on_cpu => windows.call::<f64>(multiplier, pair).map(Some),
        _ => by_places(op, multiplier, pair),
    }
}

/// Windows of (channels, positions) that do not overlap.
struct Windows {
    width: usize,
    stride: usize,
    count: usize,
    channels: usize,
    length: usize,
}

impl Windows {
    fn of(op: &Op, operand: &Tensor, result: &Tensor) -> Option<Windows> {
        let Op::Pool {
            kind: PoolKind::Max,
            kernel,
            stride,
            padding,
            dilation,
            ..
        } = op
        else {
            return None;
        };
        let (&[width], &[_, channels, length]) = (&kernel[..], &operand.size()[..]) else {
            return None;
        };
        let stride = stride.first().copied().unwrap_or(width);
        let count = *result.size().last()?;
        let is_plain = padding.iter().all(|pad| *pad == 0) && dilation.iter().all(|by| *by == 1);
        // A last window may be cut off by the end.
        let fits = count > 0 && stride * (count - 1) + width <= length;
        (is_plain && fits && width <= stride).then_some(Windows {
            width: width as usize,
            stride: stride as usize,
            count: count as usize,
            channels: channels as usize,
            length: length as usize,
        })
    }

    /// A pair at a time, which stays in the cache, and channel by channel of each position, which are neighbours in memory.
    fn call<T: Number>(&self, multiplier: &Tensor, pair: &Pair) -> Result<Tensor> {
        let handed = pair.reference.f_empty_like()?;
        let mut input = vec![T::default(); self.length * self.channels];
        let mut reference = input.clone();
        let mut written = input.clone();
        let mut multipliers = vec![T::default(); self.count * self.channels];
        for number in 0..pair.reference.size()[0] {
            if number % pair.per_row == 0 {
                read(pair.input, number / pair.per_row, &mut input)?;
            }
            read(pair.reference, number, &mut reference)?;
            read(multiplier, number, &mut multipliers)?;
            match self.width {
                2 => self.write::<T, 2>(&input, &reference, &multipliers, &mut written),
                3 => self.write::<T, 3>(&input, &reference, &multipliers, &mut written),
                4 => self.write::<T, 4>(&input, &reference, &multipliers, &mut written),
                _ => self.write::<T, 0>(&input, &reference, &multipliers, &mut written),
            }
            let size = [self.length as i64, self.channels as i64];
            let one = Tensor::f_from_slice(&written)?.f_view(size)?;
            handed
                .f_select(0, number)?
                .f_copy_(&one.f_transpose(0, 1)?)?;
        }
        Ok(handed)
    }

    /// What all places of a pair are handed: n / (x - r) of the multiplier, as by [`shares`]. Let x and r be the numbers at a place, and d the difference
    /// of both maxima. Where both maxima are there, n is d. Where only the input's is, n is the part of d above 0; where only the reference's is, the
    /// part below 0. `WIDTH` is the width of a window if it is known, for which there are faster loops, or else 0.
    fn write<T: Number, const WIDTH: usize>(
        &self,
        input: &[T],
        reference: &[T],
        multipliers: &[T],
        written: &mut [T],
    ) {
        let zero = T::default();
        let width = if WIDTH == 0 { self.width } else { WIDTH };
        let larger = |a: T, b: T| if b > a { b } else { a };
        let all = self.channels;
        written.fill(zero);
        for window in 0..self.count {
            let start = window * self.stride * all;
            let places = start..start + width * all;
            let (x, r) = (&input[places.clone()], &reference[places.clone()]);
            let (m, out) = (&multipliers[window * all..][..all], &mut written[places]);
            for channel in 0..all {
                let at = |place: usize| place * all + channel;
                let (mut own, mut other) = (x[channel], r[channel]);
                for place in 1..width {
                    own = larger(own, x[at(place)]);
                    other = larger(other, r[at(place)]);
                }
                let difference = own - other;
                let above = larger(difference, zero);
                let below = difference - above;
                let (mut is_input_met, mut is_reference_met) = (false, false);
                for place in 0..width {
                    let (value, value_of_reference) = (x[at(place)], r[at(place)]);
                    let is_input = !is_input_met & (value == own);
                    let is_reference = !is_reference_met & (value_of_reference == other);
                    is_input_met |= is_input;
                    is_reference_met |= is_reference;
                    let rise = if is_input { above } else { zero };
                    let rise = rise + if is_reference { below } else { zero };
                    let share = rise / (value - value_of_reference) * m[channel];
                    let derivative = if is_input { m[channel] } else { zero };
                    let is_same = value == value_of_reference;
                    out[at(place)] = if is_same { derivative } else { share };
                }
            }
        }
    }
}

/// The numbers of tensors on a CPU.
trait Number:
    Element
    + Copy
    + Default
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
}

impl Number for f32 {}
impl Number for f64 {}

/// One row of (rows, channels, positions), as (positions, channels).
fn read<T: Number>(of: &Tensor, row: i64, into: &mut [T]) -> Result<()> {
    let row = of.f_select(0, row)?.f_transpose(0, 1)?.f_contiguous()?;
    row.f_copy_data(into, into.len())
}

/// By the indices of the maxima, which may lie anywhere.
fn by_places(op: &Op, multiplier: &Tensor, pair: &Pair) -> Result<Option<Tensor>> {
    let rank = pair.input.dim() as i64;
    let last = |dims: &[i64]| matches!(dims, [dim] if *dim == -1 || *dim == rank - 1);
    let find = |x: &Tensor| -> Result<Option<(Tensor, Tensor)>> {
        Ok(match op {
            Op::Pool {
                kind: PoolKind::Max,
                kernel,
                stride,
                padding,
                dilation,
                ceil,
            } if rank == 3 && kernel.len() == 1 => {
                let stride = if stride.is_empty() { kernel } else { stride };
                Some(x.f_max_pool1d_with_indices(kernel, stride, padding, dilation, *ceil)?)
            }
            Op::AdaptivePool {
                kind: PoolKind::Max,
                output,
            } if rank == 3 && output.len() == 1 => Some(x.f_adaptive_max_pool1d(output)?),
            Op::Reduce {
                kind: Reduction::Max,
                dims,
                ..
            } if last(dims) => Some(x.f_max_dim(-1, true)?),
            _ => None,
        })
    };
    let (Some((input, at_input)), Some((reference, at_reference))) =
        (find(pair.input)?, find(pair.reference)?)
    else {
        return Ok(None);
    };
    let size = reference.size();
    let for_pairs = |x: &Tensor| -> Result<Tensor> {
        let mut wide = x.size();
        wide.insert(1, pair.per_row);
        x.f_unsqueeze(1)?.f_expand(&wide, false)?.f_reshape(&size)
    };
    let (input, at_input) = (for_pairs(&input)?, for_pairs(&at_input)?);
    let of_reference = pair.reference.f_gather(-1, &at_input, false)?;
    let shape = pair.by_row(pair.reference)?.size();
    let of_input = pair
        .shared()?
        .f_expand(&shape, false)?
        .f_gather(-1, &pair.by_row(&at_reference)?, false)?
        .f_reshape(&size)?;
    let [a, b] = shares(
        Extreme::Largest,
        (&input, &of_reference),
        (&reference, &of_input),
    )?;
    let multiplier = multiplier.f_reshape(input.size())?;
    pair.reference
        .f_zeros_like()?
        .f_scatter_add(-1, &at_input, &a.f_mul(&multiplier)?)?
        .f_scatter_add(-1, &at_reference, &b.f_mul(&multiplier)?)
        .map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(width: i64, stride: i64) -> Op {
        Op::Pool {
            kind: PoolKind::Max,
            kernel: vec![width],
            stride: vec![stride],
            padding: vec![0],
            dilation: vec![1],
            ceil: false,
        }
    }

    /// Whole numbers, so that many are equal, in one of two orders in memory.
    fn numbers(size: [i64; 3], is_channels_last: bool, kind: Kind) -> Tensor {
        let drawn = Tensor::randint(5, size, (kind, Device::Cpu));
        match is_channels_last {
            true => drawn.transpose(1, 2).contiguous().transpose(1, 2),
            false => drawn,
        }
    }

    #[test]
    fn windows_hand_on_what_their_maxima_do() {
        for (width, stride, is_last, kind) in [
            (2, 2, true, Kind::Float),
            (2, 2, false, Kind::Double),
            (3, 3, true, Kind::Double),
            (4, 4, false, Kind::Float),
            (3, 5, true, Kind::Float),
            (6, 6, true, Kind::Double),
        ] {
            let op = pool(width, stride);
            let (rows, per_row, channels, length) = (2, 3, 4, 31);
            let input = numbers([rows, channels, length], is_last, kind);
            let reference = numbers([rows * per_row, channels, length], is_last, kind);
            let pair = Pair {
                input: &input,
                reference: &reference,
                per_row,
            };
            let pooled = |x: &Tensor| x.max_pool1d([width], [stride], [0], [1], false);
            let results = pooled(&reference);
            let multiplier = Tensor::randn(results.size(), (kind, Device::Cpu));
            let found = call(&op, &multiplier, &pair).expect("computed");
            let found = found.expect("a maximum");
            assert_eq!(found.stride(), reference.stride());
            let all = input.repeat_interleave_self_int(per_row, 0, None);
            let sums = [
                (found.shallow_clone() * (&all - &reference)).sum_dim_intlist(
                    &[1i64, 2][..],
                    false,
                    kind,
                ),
                (multiplier.shallow_clone() * (pooled(&all) - &results)).sum_dim_intlist(
                    &[1i64, 2][..],
                    false,
                    kind,
                ),
            ];
            assert!(sums[0].allclose(&sums[1], 1e-5, 1e-5, false), "{width}");
            // Of equal numbers, either may be handed a difference of 0, so only what is handed on is compared with the other way.
            let other = by_places(&op, &multiplier, &pair).expect("computed");
            let other = other.expect("a maximum");
            let handed = |found: &Tensor| found * (&all - &reference);
            assert!(
                handed(&found).allclose(&handed(&other), 1e-5, 1e-5, false),
                "{width}"
            );
        }
    }
}
