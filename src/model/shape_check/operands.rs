//! Shape requirements of each node kind.

use super::layers::{convolution, invalid_steps, recurrent, too_wide};
use crate::graph::{
    Dataflow, Kernel, MixedDimensions, Padding, PaddingValue, Reorder, Reshape, Slices, Window,
    resolve_dim,
};

/// Describes why libtorch will reject operands of these shapes; none if it may accept them.
pub fn conflict(dataflow: Dataflow, operands: &[Option<&[i64]>]) -> Option<String> {
    let shape = |index: usize| operands.get(index).copied().flatten();
    let x = shape(0);
    match dataflow {
        Dataflow::Window(window) => windows(&window, x, shape(1), shape(2)),
        Dataflow::TransposedWindow(window) => {
            convolution(x?, shape(1)?, shape(2), window.groups, true)
                .or_else(|| invalid_steps(window.stride))
                .or_else(|| invalid_steps(window.dilation))
        }
        Dataflow::Linear => {
            let (given, wanted) = (*x?.last()?, *shape(1)?.last()?);
            (given != wanted).then(|| format!("expects {wanted} input features, but gets {given}"))
        }
        Dataflow::MatrixProduct { bias: false } => product(x?, shape(1)?),
        Dataflow::MatrixProduct { bias: true } => product(shape(1)?, shape(2)?),
        Dataflow::Broadcast { .. } => broadcast(operands),
        Dataflow::PerChannel => {
            let channels = *x?.get(1)?;
            if let Some(&[wanted]) = shape(3)
                && wanted != channels
            {
                return Some(format!(
                    "has statistics of {wanted} channels, but its input has {channels}"
                ));
            }
            scaled(&[shape(1), shape(2), shape(3), shape(4)], &[channels])
        }
        Dataflow::AlongDimensions { over, .. } => along(over, x?, [shape(1), shape(2)]),
        Dataflow::Recurrence {
            cell,
            bidirectional,
            ..
        } => recurrent(cell, bidirectional, operands),
        Dataflow::Attention { .. } => {
            let (q, k, v) = (x?, shape(1)?, shape(2)?);
            let lengths = (k.iter().rev().nth(1)?, v.iter().rev().nth(1)?);
            match () {
                () if q.last() != k.last() => Some(format!(
                    "has queries of size {}, but keys of size {}",
                    q.last()?,
                    k.last()?
                )),
                () if lengths.0 != lengths.1 => {
                    Some(format!("has {} keys, but {} values", lengths.0, lengths.1))
                }
                () => None,
            }
        }
        Dataflow::Contraction { equation } => einsum(equation, operands),
        Dataflow::Concatenation { dim } => concatenated(dim, operands),
        Dataflow::Reshape(reshape) => reshaped(x?, reshape),
        Dataflow::Reorder(Reorder::Swap(a, b)) => missing(x?, &[a, b]),
        Dataflow::Reorder(Reorder::Permute(dims)) => {
            let rank = x?.len();
            let mut places: Vec<usize> =
                dims.iter().filter_map(|d| resolve_dim(*d, rank)).collect();
            places.sort_unstable();
            (!places.into_iter().eq(0..rank))
                .then(|| format!("permutes dimensions {dims:?} of a tensor with {rank}"))
        }
        Dataflow::Slice { dim, .. } | Dataflow::Gather { dim } => missing(x?, &[dim]),
        Dataflow::GatherEach { dim } => missing(x?, &[dim]).or_else(|| {
            let (x, indices) = (x?, shape(1)?);
            (x.len() != indices.len()).then(|| {
                format!(
                    "gathers from {} dimensions with indices of {}",
                    x.len(),
                    indices.len()
                )
            })
        }),
        Dataflow::Reversal { dims } | Dataflow::Reduction { dims, .. } => {
            missing(x?, dims).or_else(|| repeated(x?.len(), dims))
        }
        Dataflow::Selection { dim, index } => missing(x?, &[dim]).or_else(|| {
            let extent = x?[resolve_dim(dim, x?.len())?];
            let there = (-extent..extent).contains(&index);
            (!there).then(|| format!("selects index {index} of a dimension of size {extent}"))
        }),
        Dataflow::Padding { pairs, filler } => padded(x?, pairs, filler),
        Dataflow::Expansion { shape: to } => {
            let x = x?;
            let Some(grown) = to.len().checked_sub(x.len()) else {
                return Some(format!("expands {} dimensions to {}", x.len(), to.len()));
            };
            let mut pairs = x.iter().zip(to.get(grown..)?);
            let wrong = pairs
                .find(|(from, to)| to.is_some_and(|to| to != -1 && to != **from && **from != 1));
            wrong.map(|(from, to)| {
                format!(
                    "expands a dimension of size {from} to {}",
                    to.unwrap_or_default()
                )
            })
        }
        Dataflow::Repetition { times } => (times.len() < x?.len()).then(|| {
            format!(
                "repeats {} of {} dimensions",
                times.len(),
                x.map_or(0, <[i64]>::len)
            )
        }),
        Dataflow::Indexing { dims } => missing(x?, dims),
        Dataflow::Slicewise(function) => {
            let rank = x?.len();
            match function.slices() {
                Slices::Kept(dims) | Slices::Reduced { dims, .. } => {
                    missing(x?, dims).or_else(|| repeated(rank, dims))
                }
                Slices::Resized { dim, .. } => missing(x?, &[dim]),
                Slices::Trailing { count, .. } => (count > rank)
                    .then(|| format!("needs {count} dimensions, but its input has {rank}")),
            }
        }
        Dataflow::Elementwise
        | Dataflow::Copy
        | Dataflow::Resampling { .. }
        | Dataflow::Constant { .. }
        | Dataflow::Range { .. } => None,
    }
}

fn windows(
    window: &Window,
    x: Option<&[i64]>,
    weight: Option<&[i64]>,
    bias: Option<&[i64]>,
) -> Option<String> {
    let still = || invalid_steps(window.stride).or_else(|| invalid_steps(window.dilation));
    match window.kernel {
        Kernel::Weight { groups, padding } => {
            let (x, weight) = (x?, weight?);
            let wrong = convolution(x, weight, bias, groups, false).or_else(still);
            wrong.or_else(|| match padding {
                Padding::Symmetric(_) if weight.contains(&0) => None,
                Padding::Symmetric(pads) => too_wide(x, weight.get(2..)?, pads, window.dilation),
                Padding::Same => None,
            })
        }
        Kernel::Pool { sizes, padding, .. } => {
            still().or_else(|| too_wide(x?, sizes, padding, window.dilation))
        }
    }
}

/// Normalisation or accumulation over dimensions; `weights` are the scale and bias of a norm.
fn along(over: MixedDimensions, x: &[i64], weights: [Option<&[i64]>; 2]) -> Option<String> {
    match over {
        MixedDimensions::Dimension(dim) => missing(x, &[dim]),
        MixedDimensions::Last(sizes) => {
            let own = x.get(x.len().checked_sub(sizes.len())?..)?;
            if own != sizes {
                return Some(format!(
                    "normalises over {sizes:?}, but its input ends in {own:?}"
                ));
            }
            scaled(&weights, sizes)
        }
        MixedDimensions::Sample { groups } => {
            let channels = *x.get(1)?;
            if groups < 1 || channels % groups != 0 {
                return Some(format!(
                    "cannot split {channels} channels into {groups} groups"
                ));
            }
            scaled(&weights, &[channels])
        }
    }
}

fn missing(x: &[i64], dims: &[i64]) -> Option<String> {
    // libtorch accepts dimension 0 of a scalar.
    let rank = x.len().max(1);
    let gone = dims.iter().find(|dim| resolve_dim(**dim, rank).is_none())?;
    Some(format!("uses dimension {gone} of a tensor with {rank}"))
}

/// A dimension that is named twice.
fn repeated(rank: usize, dims: &[i64]) -> Option<String> {
    let places: Vec<Option<usize>> = dims.iter().map(|dim| resolve_dim(*dim, rank)).collect();
    let twice = (1..dims.len()).find(|at| places[..*at].contains(&places[*at]))?;
    Some(format!("uses dimension {} twice", dims[twice]))
}

/// A norm whose weights do not have the shape that it normalises.
fn scaled(weights: &[Option<&[i64]>], wanted: &[i64]) -> Option<String> {
    let mut stored = weights.iter().flatten();
    let other = stored.find(|stored| **stored != wanted)?;
    Some(format!(
        "has weights of shape {other:?}, but needs {wanted:?}"
    ))
}

fn product(a: &[i64], b: &[i64]) -> Option<String> {
    let inner = match b.len() {
        1 => b.first(),
        rank => b.get(rank.checked_sub(2)?),
    };
    let (columns, rows) = (a.last()?, inner?);
    if columns != rows {
        return Some(format!("multiplies {a:?} by {b:?}"));
    }
    let (batch_a, batch_b) = (a.len().saturating_sub(2), b.len().saturating_sub(2));
    broadcast(&[Some(&a[..batch_a]), Some(&b[..batch_b])])
        .map(|_| format!("multiplies {a:?} by {b:?}"))
}

fn broadcast(operands: &[Option<&[i64]>]) -> Option<String> {
    let mut together: Vec<i64> = Vec::new();
    for shape in operands.iter().flatten() {
        let rank = together.len().max(shape.len());
        let from = |shape: &[i64], i: usize| match (i + shape.len()).checked_sub(rank) {
            Some(at) => shape[at],
            None => 1,
        };
        let dims: Option<Vec<i64>> = (0..rank)
            .map(|i| match (from(&together, i), from(shape, i)) {
                (1, other) | (other, 1) => Some(other),
                (one, other) => (one == other).then_some(one),
            })
            .collect();
        let Some(dims) = dims else {
            return Some(format!("cannot broadcast {together:?} with {shape:?}"));
        };
        together = dims;
    }
    None
}

fn einsum(equation: &str, operands: &[Option<&[i64]>]) -> Option<String> {
    let (terms, _) = equation.split_once("->")?;
    let mut extents: Vec<(char, i64)> = Vec::new();
    for (term, shape) in terms.split(',').zip(operands) {
        let letters: Vec<char> = term.trim().chars().collect();
        if !letters.iter().all(|letter| letter.is_alphabetic()) {
            return None;
        }
        let shape = (*shape)?;
        if letters.len() != shape.len() {
            return Some(format!(
                "names {} dimensions of an operand with {}",
                letters.len(),
                shape.len()
            ));
        }
        for (letter, extent) in letters.into_iter().zip(shape) {
            match extents.iter().find(|(known, _)| *known == letter) {
                Some((_, known)) if known != extent && *known != 1 && *extent != 1 => {
                    return Some(format!("has sizes {known} and {extent} for `{letter}`"));
                }
                Some(_) => {}
                None => extents.push((letter, *extent)),
            }
        }
    }
    None
}

fn concatenated(dim: i64, operands: &[Option<&[i64]>]) -> Option<String> {
    let mut parts = operands.iter().flatten();
    let first = parts.next()?;
    let along = resolve_dim(dim, first.len())?;
    let differs = |part: &&&[i64]| {
        let others = |shape: &[i64]| -> Vec<i64> {
            let dims = shape.iter().enumerate();
            dims.filter(|(at, _)| *at != along)
                .map(|(_, n)| *n)
                .collect()
        };
        // libtorch ignores an empty one-dimensional tensor.
        ***part != [0] && **first != [0] && others(part) != others(first)
    };
    let other = parts.find(differs)?;
    Some(format!(
        "concatenates {first:?} and {other:?} along dimension {dim}"
    ))
}

fn reshaped(x: &[i64], reshape: Reshape) -> Option<String> {
    match reshape {
        Reshape::Flatten { start, end } => missing(x, &[start, end]),
        Reshape::Squeeze(dims) => missing(x, dims),
        Reshape::Unsqueeze(dim) => {
            let rank = x.len() + 1;
            resolve_dim(dim, rank)
                .is_none()
                .then(|| format!("inserts dimension {dim} into a result with {rank}"))
        }
        Reshape::To(to) => {
            let all = x.iter().try_fold(1i64, |n, m| n.checked_mul(*m))?;
            let given = to.iter().filter(|n| **n != -1);
            let given = given.copied().try_fold(1i64, i64::checked_mul)?;
            let fits = match to.contains(&-1) {
                true => given != 0 && all % given == 0,
                false => all == given,
            };
            (!fits).then(|| format!("reshapes {x:?} to {to:?}"))
        }
    }
}

fn padded(x: &[i64], pairs: &[i64], filler: PaddingValue) -> Option<String> {
    if pairs.len() / 2 > x.len() {
        return Some(format!(
            "pads {} of {} dimensions",
            pairs.len() / 2,
            x.len()
        ));
    }
    let mut pairs = x.iter().rev().zip(pairs.chunks_exact(2));
    pairs.find_map(|(length, pair)| {
        let most = match filler {
            PaddingValue::Constant(_) | PaddingValue::Replicate => i64::MAX,
            PaddingValue::Reflect => length - 1,
            PaddingValue::Circular => *length,
        };
        let widest = *pair.iter().max()?;
        (widest > most).then(|| format!("pads {length} positions with {widest} of their own"))
    })
}
