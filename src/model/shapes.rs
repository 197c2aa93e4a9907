//! Shape inference.

use super::graph::{
    Dataflow, Dim, Graph, Kernel, Op, Operand, Padding, RecurrentResult, Reorder, Reshape, Slices,
    TransposedWindow, Window, resolve_dim,
};

/// Maximum number of dimensions of a tensor in libtorch.
const MAX_DIMENSIONS: usize = 64;

impl Graph {
    /// Shape of the result of a node with these operands; none if it cannot be inferred.
    pub(super) fn result_shape(&self, op: &Op, operands: &[Operand]) -> Option<Vec<Dim>> {
        let shapes: Vec<Option<&[Dim]>> = operands
            .iter()
            .map(|operand| match operand {
                Operand::Value(id) => self.values[id.0].shape.as_deref(),
                Operand::Number(_) | Operand::Absent => None,
            })
            .collect();
        infer_result_shape(op, &shapes)
    }
}

/// Shape of a node's result, if it follows from the shapes of its operands. An operand that is a number or absent has
/// no shape. No size of the result is negative.
pub fn infer_result_shape(op: &Op, operands: &[Option<&[Dim]>]) -> Option<Vec<Dim>> {
    let is_sound = |dim: &Dim| !matches!(dim, Dim::Fixed(n) if *n < 0);
    shape_of_op(op, operands).filter(|shape| shape.iter().all(is_sound))
}

fn shape_of_op(op: &Op, operands: &[Option<&[Dim]>]) -> Option<Vec<Dim>> {
    let operand = |index: usize| operands.get(index).copied().flatten();
    let first = || operand(0);
    let own = || first().map(<[Dim]>::to_vec);
    match op.kind().dataflow {
        Dataflow::Elementwise
        | Dataflow::Copy
        | Dataflow::PerChannel
        | Dataflow::AlongDimensions { .. }
        | Dataflow::Reversal { .. } => own(),
        Dataflow::Broadcast { .. } => {
            let mut known = operands.iter().flatten();
            let start = known.next()?.to_vec();
            known.try_fold(start, |made, shape| broadcast(&made, shape))
        }
        Dataflow::Window(window) => sliding_window_shape(&window, first()?, operand(1)),
        Dataflow::TransposedWindow(window) => {
            transposed_window_shape(&window, first()?, operand(1)?)
        }
        Dataflow::Resampling { output, .. } => {
            let mut shape = own()?;
            let kept = shape.len().checked_sub(output.len())?;
            shape.truncate(kept);
            shape.extend(output.iter().map(|n| Dim::Fixed(*n)));
            Some(shape)
        }
        Dataflow::Linear => {
            let mut shape = own()?;
            *shape.last_mut()? = *operand(1)?.first()?;
            Some(shape)
        }
        Dataflow::MatrixProduct { bias: false } => product(first()?, operand(1)?),
        Dataflow::MatrixProduct { bias: true } => product(operand(1)?, operand(2)?),
        Dataflow::Contraction { equation } => einsum_shape(equation, operands),
        Dataflow::Recurrence {
            bidirectional,
            batch_first,
            result: RecurrentResult::LastCell,
            ..
        } => {
            // An LSTM's weights of the state have as many rows for each of its four gates.
            let hidden = operand(4)?.first()?.fixed()? / 4;
            let batch = *first()?.get(usize::from(!batch_first))?;
            let directions = 1 + i64::from(bidirectional);
            Some(vec![Dim::Fixed(directions), batch, Dim::Fixed(hidden)])
        }
        Dataflow::Recurrence {
            bidirectional,
            result: RecurrentResult::States,
            ..
        } => {
            let mut shape = own()?;
            // The weights of the state have `hidden` columns, and `hidden` rows for each gate.
            let hidden = operand(4)?.get(1)?.fixed()?;
            let made = hidden.checked_mul(1 + i64::from(bidirectional))?;
            *shape.last_mut()? = Dim::Fixed(made);
            Some(shape)
        }
        Dataflow::Attention { .. } => {
            let mut shape = own()?;
            *shape.last_mut()? = *operand(2)?.last()?;
            Some(shape)
        }
        Dataflow::Reduction { dims, keep, .. } => reduced(first()?, dims, keep),
        Dataflow::Constant { shape } => {
            let sizes = shape.iter();
            Some(sizes.map(|n| n.map_or(Dim::Free, Dim::Fixed)).collect())
        }
        Dataflow::Range { count } => Some(vec![Dim::Fixed(count)]),
        Dataflow::Reshape(reshape) => reshaped(first()?, reshape),
        Dataflow::Reorder(Reorder::Swap(a, b)) => {
            let mut shape = own()?;
            let (a, b) = (resolve_dim(a, shape.len())?, resolve_dim(b, shape.len())?);
            shape.swap(a, b);
            Some(shape)
        }
        Dataflow::Reorder(Reorder::Permute(dims)) => {
            let shape = first()?;
            let dims = resolve_dims(dims, shape.len())?;
            Some(dims.into_iter().map(|i| shape[i]).collect())
        }
        Dataflow::Expansion { shape } => {
            let from = first()?;
            let skipped = shape.len().checked_sub(from.len())?;
            let grown = shape.iter().enumerate().map(|(i, size)| match size {
                None => Some(Dim::Free),
                Some(-1) => from.get(i.checked_sub(skipped)?).copied(),
                Some(size) => Some(Dim::Fixed(*size)),
            });
            grown.collect()
        }
        Dataflow::Repetition { times } => {
            let from = first()?;
            let skipped = times.len().checked_sub(from.len())?;
            let grown = times.iter().enumerate().map(|(i, times)| {
                let dim = match i.checked_sub(skipped) {
                    Some(at) => from[at],
                    None => Dim::Fixed(1),
                };
                match dim {
                    Dim::Fixed(n) => n.checked_mul(*times).map(Dim::Fixed),
                    Dim::Free => (*times == 1).then_some(Dim::Free),
                }
            });
            grown.collect()
        }
        Dataflow::Slice {
            dim,
            start,
            end,
            step,
        } => {
            let mut shape = own()?;
            let at = resolve_dim(dim, shape.len())?;
            if let Dim::Fixed(n) = shape[at] {
                let bound = |x: i64| if x < 0 { x.saturating_add(n) } else { x }.clamp(0, n);
                if step < 1 {
                    return None;
                }
                let taken = (bound(end) - bound(start)).max(0);
                shape[at] = Dim::Fixed(taken.checked_add(step - 1)? / step);
            }
            Some(shape)
        }
        Dataflow::Selection { dim, .. } => {
            let mut shape = own()?;
            let at = resolve_dim(dim, shape.len())?;
            shape.remove(at);
            Some(shape)
        }
        Dataflow::Gather { dim } => {
            let mut shape = own()?;
            let at = resolve_dim(dim, shape.len())?;
            let taken = operand(1)?;
            shape.splice(at..=at, taken.iter().copied());
            // Indexing a value by itself doubles its dimensions each time.
            (shape.len() <= MAX_DIMENSIONS).then_some(shape)
        }
        Dataflow::GatherEach { .. } => operand(1).map(<[Dim]>::to_vec),
        Dataflow::Indexing { dims } => indexed(first()?, dims, operands.get(1..)?),
        Dataflow::Slicewise(function) => slicewise(first()?, function.slices()),
        Dataflow::Concatenation { dim } => {
            let mut shape = own()?;
            let at = resolve_dim(dim, shape.len())?;
            let parts = operands.iter().map(|part| part.as_ref()?.get(at)?.fixed());
            let all = parts.collect::<Option<Vec<i64>>>();
            shape[at] = match all {
                Some(all) => Dim::Fixed(all.iter().try_fold(0i64, |n, part| n.checked_add(*part))?),
                None => Dim::Free,
            };
            Some(shape)
        }
        Dataflow::Padding { pairs, .. } => {
            let mut shape = own()?;
            for (dim, pair) in shape.iter_mut().rev().zip(pairs.chunks_exact(2)) {
                if let Dim::Fixed(n) = dim {
                    *n = n.checked_add(pair[0])?.checked_add(pair[1])?;
                }
            }
            Some(shape)
        }
    }
}

/// Shape of the result of a convolution or pooling.
fn sliding_window_shape(window: &Window, x: &[Dim], weight: Option<&[Dim]>) -> Option<Vec<Dim>> {
    let width =
        |kernel: i64, dilation: i64| kernel.checked_sub(1)?.checked_mul(dilation)?.checked_add(1);
    match window.kernel {
        Kernel::Weight { padding, .. } => {
            let weight = weight?;
            let mut shape = vec![*x.first()?, *weight.first()?];
            for (i, (&length, &kernel)) in x.get(2..)?.iter().zip(weight.get(2..)?).enumerate() {
                let pad = match padding {
                    Padding::Symmetric(pads) => *pads.get(i)?,
                    Padding::Same => {
                        shape.push(length);
                        continue;
                    }
                };
                let width = width(kernel.fixed()?, *window.dilation.get(i)?)?;
                let stride = *window.stride.get(i)?;
                shape.push(windows(length, width, pad, stride, false)?);
            }
            Some(shape)
        }
        Kernel::Pool {
            sizes,
            padding,
            ceil,
            ..
        } => {
            let mut shape = x.to_vec();
            let skipped = shape.len().checked_sub(sizes.len())?;
            for (i, length) in shape.iter_mut().skip(skipped).enumerate() {
                let dilation = window.dilation.get(i).copied().unwrap_or(1);
                let width = width(*sizes.get(i)?, dilation)?;
                let stride = *window.stride.get(i)?;
                *length = windows(*length, width, *padding.get(i)?, stride, ceil)?;
            }
            Some(shape)
        }
    }
}

/// Shape of the result of a transposed convolution.
fn transposed_window_shape(
    window: &TransposedWindow,
    x: &[Dim],
    weight: &[Dim],
) -> Option<Vec<Dim>> {
    let channels = weight.get(1)?.fixed()?.checked_mul(window.groups)?;
    let mut shape = vec![*x.first()?, Dim::Fixed(channels)];
    for (i, (&length, &kernel)) in x.get(2..)?.iter().zip(weight.get(2..)?).enumerate() {
        let Dim::Fixed(length) = length else {
            shape.push(Dim::Free);
            continue;
        };
        let width = kernel
            .fixed()?
            .checked_sub(1)?
            .checked_mul(*window.dilation.get(i)?)?
            .checked_add(1)?;
        let starts = length.checked_sub(1)?.checked_mul(*window.stride.get(i)?)?;
        let all = starts
            .checked_add(width)?
            .checked_add(*window.output_padding.get(i)?)?;
        let cut = window.padding.get(i)?.checked_mul(2)?;
        shape.push(Dim::Fixed(all.checked_sub(cut)?));
    }
    Some(shape)
}

fn reduced(shape: &[Dim], dims: &[i64], keep: bool) -> Option<Vec<Dim>> {
    let dims = match dims.is_empty() {
        true => (0..shape.len()).collect(),
        false => resolve_dims(dims, shape.len())?,
    };
    let kept = shape
        .iter()
        .enumerate()
        .filter_map(|(i, dim)| match (dims.contains(&i), keep) {
            (true, true) => Some(Dim::Fixed(1)),
            (true, false) => None,
            (false, _) => Some(*dim),
        });
    Some(kept.collect())
}

/// Shape of the result of a function along some dimensions.
fn slicewise(shape: &[Dim], slices: Slices) -> Option<Vec<Dim>> {
    match slices {
        Slices::Kept(dims) => resolve_dims(dims, shape.len()).map(|_| shape.to_vec()),
        Slices::Reduced { dims, keep } => reduced(shape, dims, keep),
        Slices::Resized { dim, size } => {
            let mut made = shape.to_vec();
            *made.get_mut(resolve_dim(dim, shape.len())?)? = Dim::Fixed(size);
            Some(made)
        }
        Slices::Trailing { count, sizes } => {
            let mut made = shape.get(..shape.len().checked_sub(count)?)?.to_vec();
            made.extend(sizes.iter().map(|size| Dim::Fixed(*size)));
            (made.len() <= MAX_DIMENSIONS).then_some(made)
        }
    }
}

/// Shape of the elements that indices of several dimensions select together.
fn indexed(shape: &[Dim], dims: &[i64], indices: &[Option<&[Dim]>]) -> Option<Vec<Dim>> {
    let places = resolve_dims(dims, shape.len())?;
    let mut taken: Vec<Dim> = Vec::new();
    for index in indices {
        taken = broadcast(&taken, (*index)?)?;
    }
    let neighbours = places.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let at = places.first().copied().filter(|_| neighbours).unwrap_or(0);
    let kept = shape.iter().enumerate();
    let mut made: Vec<Dim> = kept
        .filter(|(dim, _)| !places.contains(dim))
        .map(|(_, size)| *size)
        .collect();
    made.splice(at..at, taken);
    (made.len() <= MAX_DIMENSIONS).then_some(made)
}

fn reshaped(shape: &[Dim], reshape: Reshape) -> Option<Vec<Dim>> {
    match reshape {
        Reshape::Flatten { start, end } => {
            let (start, end) = (
                resolve_dim(start, shape.len())?,
                resolve_dim(end, shape.len())?,
            );
            let mut made = shape.get(..start)?.to_vec();
            made.push(product_of_sizes(shape.get(start..=end)?));
            made.extend(shape.get(end + 1..)?);
            Some(made)
        }
        Reshape::To(to) => infer_free_size(shape, to),
        Reshape::Squeeze(dims) => {
            let dims = resolve_dims(dims, shape.len())?;
            let kept = shape.iter().enumerate();
            let kept = kept.filter(|(i, dim)| !(dims.contains(i) && **dim == Dim::Fixed(1)));
            Some(kept.map(|(_, dim)| *dim).collect())
        }
        Reshape::Unsqueeze(dim) => {
            let mut made = shape.to_vec();
            let at = resolve_dim(dim, shape.len() + 1)?;
            made.insert(at, Dim::Fixed(1));
            Some(made)
        }
    }
}

/// Number of windows that fit into a dimension with padding on both sides.
fn windows(length: Dim, window: i64, pad: i64, stride: i64, ceil: bool) -> Option<Dim> {
    let Dim::Fixed(length) = length else {
        return Some(Dim::Free);
    };
    let room = length
        .checked_add(pad.checked_mul(2)?)?
        .checked_sub(window)?;
    if room < 0 || stride < 1 {
        return None;
    }
    let mut count = room / stride + 1;
    // An incomplete window counts only if it starts inside the input or its left padding.
    if ceil && room % stride != 0 && count.checked_mul(stride)? < length.checked_add(pad)? {
        count += 1;
    }
    Some(Dim::Fixed(count))
}

/// Size of a dimension, if it is fixed.
pub fn extent_of(shape: &[Dim], dim: i64) -> Option<i64> {
    shape[resolve_dim(dim, shape.len())?].fixed()
}

fn resolve_dims(dims: &[i64], rank: usize) -> Option<Vec<usize>> {
    dims.iter().map(|dim| resolve_dim(*dim, rank)).collect()
}

/// The product of sizes; free if one of them is.
fn product_of_sizes(dims: &[Dim]) -> Dim {
    let product = dims
        .iter()
        .try_fold(1i64, |n, dim| n.checked_mul(dim.fixed()?));
    product.map_or(Dim::Free, Dim::Fixed)
}

fn broadcast(a: &[Dim], b: &[Dim]) -> Option<Vec<Dim>> {
    let rank = a.len().max(b.len());
    let from = |shape: &[Dim], i: usize| match (i + shape.len()).checked_sub(rank) {
        Some(at) => shape[at],
        None => Dim::Fixed(1),
    };
    let dims = (0..rank).map(|i| match (from(a, i), from(b, i)) {
        (Dim::Fixed(1), other) | (other, Dim::Fixed(1)) => Some(other),
        (x, y) if x == y => Some(x),
        (Dim::Free, other) | (other, Dim::Free) => Some(other),
        _ => None,
    });
    dims.collect()
}

fn product(a: &[Dim], b: &[Dim]) -> Option<Vec<Dim>> {
    if a.len() < 2 || b.len() < 2 {
        return None;
    }
    let (batch_a, rows) = a.split_at(a.len() - 2);
    let (batch_b, columns) = b.split_at(b.len() - 2);
    let mut shape = broadcast(batch_a, batch_b)?;
    shape.extend([rows[0], columns[1]]);
    Some(shape)
}

/// Infers the entry that is -1 from the number of elements. If the batch is free and the first entry is -1, that entry
/// is the batch.
fn infer_free_size(from: &[Dim], to: &[i64]) -> Option<Vec<Dim>> {
    let mut given = to.iter().filter(|n| **n >= 0);
    let given = given.try_fold(1i64, |n, m| n.checked_mul(*m))?;
    let open = match product_of_sizes(from) {
        Dim::Fixed(all) => {
            let open = all.checked_div(given)?;
            (to.contains(&-1)).then_some(Dim::Fixed(open))
        }
        Dim::Free => Some(Dim::Free),
    };
    let dims = to.iter().map(|n| match n {
        -1 => open,
        n => Some(Dim::Fixed(*n)),
    });
    dims.collect()
}

/// Shape of the result of an `einsum`, written as `bij,bjk->bik`.
fn einsum_shape(equation: &str, operands: &[Option<&[Dim]>]) -> Option<Vec<Dim>> {
    let (terms, made) = equation.split_once("->")?;
    let mut extents = Vec::new();
    for (term, shape) in terms.split(',').zip(operands) {
        let (letters, shape) = (term.trim(), (*shape)?);
        if letters.chars().count() != shape.len() {
            return None;
        }
        extents.extend(letters.chars().zip(shape.iter().copied()));
    }
    let extent = |letter: char| extents.iter().find(|(known, _)| *known == letter);
    made.trim()
        .chars()
        .map(|letter| extent(letter).map(|(_, dim)| *dim))
        .collect()
}
