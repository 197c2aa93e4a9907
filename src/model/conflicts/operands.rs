//! What each node kind asks of the shapes of its operands.

use super::layers::{convolution, recurrent, standing_still, too_wide};
use crate::graph::{Dataflow, Extent, Filler, Kernel, Padding, Reorder, Reshape, Window, place};

/// Why libtorch is sure to refuse operands of these shapes.
pub fn conflict(dataflow: Dataflow, operands: &[Option<&[i64]>]) -> Option<String> {
    let shape = |index: usize| operands.get(index).copied().flatten();
    let x = shape(0);
    match dataflow {
        Dataflow::Window(window) => windows(&window, x, shape(1), shape(2)),
        Dataflow::TransposedWindow(window) => {
            convolution(x?, shape(1)?, shape(2), window.groups, true)
                .or_else(|| standing_still(window.stride))
                .or_else(|| standing_still(window.dilation))
        }
        Dataflow::Linear => {
            let (given, wanted) = (*x?.last()?, *shape(1)?.last()?);
            (given != wanted).then(|| format!("takes {wanted} numbers and is given {given}"))
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
                    "has statistics of {wanted} channels and is given {channels}"
                ));
            }
            scaled(&[shape(1), shape(2), shape(3), shape(4)], &[channels])
        }
        Dataflow::Along { over, .. } => along(over, x?, [shape(1), shape(2)]),
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
                    "has queries of {} numbers and keys of {}",
                    q.last()?,
                    k.last()?
                )),
                () if lengths.0 != lengths.1 => {
                    Some(format!("has {} keys and {} values", lengths.0, lengths.1))
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
            let mut places: Vec<usize> = dims.iter().filter_map(|d| place(*d, rank)).collect();
            places.sort_unstable();
            (!places.into_iter().eq(0..rank))
                .then(|| format!("orders dimensions {dims:?} of a value that has {rank}"))
        }
        Dataflow::Slice { dim, .. } | Dataflow::Gather { dim } => missing(x?, &[dim]),
        Dataflow::GatherEach { dim } => missing(x?, &[dim]).or_else(|| {
            let (x, indices) = (x?, shape(1)?);
            (x.len() != indices.len()).then(|| {
                format!(
                    "takes from {} dimensions by indices of {}",
                    x.len(),
                    indices.len()
                )
            })
        }),
        Dataflow::Reversal { dims } | Dataflow::Reduction { dims, .. } => {
            missing(x?, dims).or_else(|| repeated(x?.len(), dims))
        }
        Dataflow::Selection { dim, index } => missing(x?, &[dim]).or_else(|| {
            let extent = x?[place(dim, x?.len())?];
            let there = (-extent..extent).contains(&index);
            (!there).then(|| format!("takes place {index} of {extent}"))
        }),
        Dataflow::Padding { pairs, filler } => padded(x?, pairs, filler),
        Dataflow::Expansion { shape: to } => {
            let x = x?;
            let Some(grown) = to.len().checked_sub(x.len()) else {
                return Some(format!("grows {} dimensions to {}", x.len(), to.len()));
            };
            let mut pairs = x.iter().zip(to.get(grown..)?);
            let wrong = pairs
                .find(|(from, to)| to.is_some_and(|to| to != -1 && to != **from && **from != 1));
            wrong.map(|(from, to)| {
                format!("grows a dimension of {from} to {}", to.unwrap_or_default())
            })
        }
        Dataflow::Repetition { times } => (times.len() < x?.len()).then(|| {
            format!(
                "repeats {} of {} dimensions",
                times.len(),
                x.map_or(0, <[i64]>::len)
            )
        }),
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
    let still = || standing_still(window.stride).or_else(|| standing_still(window.dilation));
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

/// What mixes numbers along dimensions, with the weights of a norm where it is one.
fn along(over: Extent, x: &[i64], weights: [Option<&[i64]>; 2]) -> Option<String> {
    match over {
        Extent::Dimension(dim) => missing(x, &[dim]),
        Extent::Last(sizes) => {
            let own = x.get(x.len().checked_sub(sizes.len())?..)?;
            if own != sizes {
                return Some(format!("normalises {sizes:?} and is given {own:?}"));
            }
            scaled(&weights, sizes)
        }
        Extent::Sample { groups } => {
            let channels = *x.get(1)?;
            if groups < 1 || channels % groups != 0 {
                return Some(format!(
                    "cannot cut {channels} channels into {groups} groups"
                ));
            }
            scaled(&weights, &[channels])
        }
    }
}

fn missing(x: &[i64], dims: &[i64]) -> Option<String> {
    // A number has a dimension 0 for these.
    let rank = x.len().max(1);
    let gone = dims.iter().find(|dim| place(**dim, rank).is_none())?;
    Some(format!(
        "works along dimension {gone} of a value that has {rank}"
    ))
}

/// A dimension that is named twice.
fn repeated(rank: usize, dims: &[i64]) -> Option<String> {
    let places: Vec<Option<usize>> = dims.iter().map(|dim| place(*dim, rank)).collect();
    let twice = (1..dims.len()).find(|at| places[..*at].contains(&places[*at]))?;
    Some(format!("works along dimension {} twice", dims[twice]))
}

/// Weights of a norm that have another shape than what it normalises.
fn scaled(weights: &[Option<&[i64]>], wanted: &[i64]) -> Option<String> {
    let mut stored = weights.iter().flatten();
    let other = stored.find(|stored| **stored != wanted)?;
    Some(format!(
        "has weights of shape {other:?} where {wanted:?} is needed"
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
            return Some(format!("puts {together:?} and {shape:?} together"));
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
                "names {} dimensions of {}",
                letters.len(),
                shape.len()
            ));
        }
        for (letter, extent) in letters.into_iter().zip(shape) {
            match extents.iter().find(|(known, _)| *known == letter) {
                Some((_, known)) if known != extent && *known != 1 && *extent != 1 => {
                    return Some(format!("has {known} and {extent} for `{letter}`"));
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
    let along = place(dim, first.len())?;
    let differs = |part: &&&[i64]| {
        let others = |shape: &[i64]| -> Vec<i64> {
            let dims = shape.iter().enumerate();
            dims.filter(|(at, _)| *at != along)
                .map(|(_, n)| *n)
                .collect()
        };
        // libtorch leaves out an empty list.
        ***part != [0] && **first != [0] && others(part) != others(first)
    };
    let other = parts.find(differs)?;
    Some(format!(
        "puts {first:?} and {other:?} one after the other along dimension {dim}"
    ))
}

fn reshaped(x: &[i64], reshape: Reshape) -> Option<String> {
    match reshape {
        Reshape::Flatten { start, end } => missing(x, &[start, end]),
        Reshape::Squeeze(dims) => missing(x, dims),
        Reshape::Unsqueeze(dim) => {
            let rank = x.len() + 1;
            place(dim, rank)
                .is_none()
                .then(|| format!("adds dimension {dim} of {rank}"))
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

fn padded(x: &[i64], pairs: &[i64], filler: Filler) -> Option<String> {
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
            Filler::Constant(_) | Filler::Replicate => i64::MAX,
            Filler::Reflect => length - 1,
            Filler::Circular => *length,
        };
        let widest = *pair.iter().max()?;
        (widest > most).then(|| format!("pads {length} positions by {widest} of their own"))
    })
}
