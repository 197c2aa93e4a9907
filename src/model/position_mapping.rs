//! Derives how the positions of a node's result depend on those of its operand.
//!
//! The *positions* of a value are its dimension along the sequence. A node is local if each position of its result depends on a bounded range of
//! positions, so that an edit of a few positions changes a few positions. Uses shapes only.

use super::graph::{
    Dataflow, Dim, Graph, Kernel, Node, Op, Operand, Padding, PaddingValue, PoolKind, Reduction,
    Reshape, ValueId, Window,
};
use super::shapes;

/// Padding value that a window reads beyond the ends of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundaryFill {
    /// Zero, for a sum or mean.
    Zero,
    /// Minus infinity, for a maximum.
    NegativeInfinity,
}

impl BoundaryFill {
    /// The padding value as a number.
    pub fn number(self) -> f64 {
        match self {
            BoundaryFill::Zero => 0.0,
            BoundaryFill::NegativeInfinity => f64::NEG_INFINITY,
        }
    }
}

/// How the positions of a node's result depend on those of its operand.
#[derive(Debug, Clone, PartialEq)]
pub enum PositionMapping {
    /// Position i depends on position i.
    Same {
        /// The dimension of the result that holds the positions.
        dim: usize,
    },
    /// Position i depends on `span` positions, starting at `i * stride - before`.
    Windows {
        /// Positions of the operand between windows.
        stride: i64,
        /// Width of a window, including the gaps of a dilation.
        span: i64,
        /// Padding before the first position of the operand.
        before: i64,
        /// Value of the padding.
        beyond: BoundaryFill,
        /// The same node without padding along the positions, which the caller adds.
        inner: Op,
    },
    /// Position i depends on position `i + start`.
    Cropped {
        /// First position that is kept.
        start: i64,
    },
    /// Position i depends on position `i - before`; positions of the padding are constant.
    Padded {
        /// Padding before the first position.
        before: i64,
        /// The same node without padding along the positions.
        inner: Op,
    },
    /// Position i depends on the position at the same distance from the opposite end.
    Flipped,
    /// The sum over all positions, times a factor.
    Summed {
        /// 1 for a sum; one over the number of positions for a mean.
        factor: f64,
        /// The sum without the factor.
        inner: Op,
    },
    /// All channels and positions are merged into one dimension, in row-major order.
    Flattened,
}

impl Graph {
    /// Whether an edit of a few positions of a node's first operand changes only part of its result. `from_end` is the
    /// dimension of the positions, counted from the last. Uses the shapes for a batch of one.
    pub fn changes_in_part(&self, node: &Node, from_end: usize) -> bool {
        let shape = |operand: Option<&Operand>| match operand {
            Some(Operand::Value(ValueId(id))) => self.values[*id].shape.clone(),
            _ => None,
        };
        let operands: Vec<_> = node
            .inputs
            .iter()
            .map(|operand| shape(Some(operand)))
            .collect();
        let known: Vec<_> = operands.iter().map(Option::as_deref).collect();
        let made = shapes::infer_result_shape(&node.op, &known);
        let (Some(Some(from)), Some(made)) = (operands.first(), made) else {
            return false;
        };
        let of_one = |shape: &[Dim]| -> Vec<i64> {
            shape.iter().map(|dim| dim.fixed().unwrap_or(1)).collect()
        };
        let weight = operands.get(1).cloned().flatten().unwrap_or_default();
        from.len().checked_sub(from_end + 1).is_some_and(|dim| {
            position_mapping(
                &node.op,
                dim,
                &of_one(from),
                &of_one(&made),
                &of_one(&weight),
            )
            .is_some()
        })
    }
}

/// Derives how the positions of a node's result depend on those of its first operand, which are its dimension `dim`.
/// None if the node is not local, or if the batch does not stay the first dimension.
///
/// `shape`, `made` and `weight` are the shapes of the first operand, of the result and of the second operand.
pub fn position_mapping(
    op: &Op,
    dim: usize,
    shape: &[i64],
    made: &[i64],
    weight: &[i64],
) -> Option<PositionMapping> {
    let rank = shape.len();
    let at = |d: i64| if d < 0 { d + rank as i64 } else { d };
    let is_along = |d: i64| at(d) == dim as i64;
    let same = PositionMapping::Same { dim };
    match op.kind().dataflow {
        Dataflow::Elementwise | Dataflow::Copy | Dataflow::Broadcast { .. } => Some(same),
        Dataflow::PerChannel => (dim != 1).then_some(same),
        Dataflow::AlongDimensions { over, .. } => {
            let from_end = rank.checked_sub(dim + 1)?;
            (!over.includes(from_end, rank)).then_some(same)
        }
        Dataflow::Window(window) => windows(&window, dim, shape, made, weight),
        Dataflow::Resampling {
            kind: PoolKind::Average { .. },
            output,
        } if rank == 3 && dim == 2 && *output == [1] => summed(&[2], true, true, shape),
        Dataflow::Linear => (dim + 1 < rank).then_some(same),
        Dataflow::MatrixProduct { bias: false } => {
            (dim + 1 < rank && weight.len() == 2).then_some(same)
        }
        Dataflow::Reduction { kind, dims, keep } => reduced(kind, dims, keep, dim, shape),
        Dataflow::Reshape(Reshape::Flatten { start, end }) => flattened(at(start), at(end), dim),
        Dataflow::Reshape(Reshape::To(_)) => (made.len() == 2 && rank > 2 && made[0] == shape[0])
            .then_some(PositionMapping::Flattened),
        Dataflow::Reshape(Reshape::Squeeze(dims)) => {
            let gone = |d: &&i64| shape.get(at(**d) as usize) == Some(&1);
            let before = dims.iter().filter(gone).filter(|d| at(**d) < dim as i64);
            (shape[dim] > 1).then(|| PositionMapping::Same {
                dim: dim - before.count(),
            })
        }
        Dataflow::Reshape(Reshape::Unsqueeze(new)) => {
            let new = if new < 0 { new + rank as i64 + 1 } else { new };
            Some(PositionMapping::Same {
                dim: dim + usize::from(new <= dim as i64),
            })
        }
        Dataflow::Reorder(order) => {
            let batch_stays = order.index_of(0, rank) == Some(0);
            let dim = order.index_of(dim, rank).filter(|_| batch_stays)?;
            Some(PositionMapping::Same { dim })
        }
        Dataflow::Reversal { dims } => match dims.iter().any(|d| is_along(*d)) {
            true => Some(PositionMapping::Flipped),
            false => Some(same),
        },
        Dataflow::Slice {
            dim: over,
            start,
            step,
            ..
        } => match is_along(over) {
            false => Some(same),
            true => (step == 1).then(|| {
                let length = shape[dim];
                let start = if start < 0 { start + length } else { start };
                PositionMapping::Cropped {
                    start: start.clamp(0, length),
                }
            }),
        },
        Dataflow::Selection { dim: over, .. } => (!is_along(over)).then(|| PositionMapping::Same {
            dim: dim - usize::from(at(over) < dim as i64),
        }),
        Dataflow::Concatenation { dim: over } => (!is_along(over)).then_some(same),
        Dataflow::Padding { pairs, filler } => transposed_window_mapping(pairs, filler, dim, rank),
        Dataflow::Slicewise(function) => {
            let batch_stays = function.slices().index_of(0, rank) == Some(0);
            let dim = function.slices().index_of(dim, rank)?;
            (batch_stays && function.has_one_operand()).then_some(PositionMapping::Same { dim })
        }
        // Each position of the result depends on all positions, or the dependence is unknown.
        Dataflow::Indexing { .. }
        | Dataflow::TransposedWindow(_)
        | Dataflow::Resampling { .. }
        | Dataflow::MatrixProduct { bias: true }
        | Dataflow::Contraction { .. }
        | Dataflow::Recurrence { .. }
        | Dataflow::Attention { .. }
        | Dataflow::Constant { .. }
        | Dataflow::Range { .. }
        | Dataflow::Expansion { .. }
        | Dataflow::Repetition { .. }
        | Dataflow::Gather { .. }
        | Dataflow::GatherEach { .. } => None,
    }
}

/// The mapping of a convolution or pooling.
fn windows(
    window: &Window,
    dim: usize,
    shape: &[i64],
    made: &[i64],
    weight: &[i64],
) -> Option<PositionMapping> {
    let spatial = dim.checked_sub(2)?;
    let of = |list: &[i64], otherwise: i64| list.get(spatial).copied().unwrap_or(otherwise);
    let emptied = |list: &[i64]| {
        let mut list = list.to_vec();
        list.resize((spatial + 1).max(list.len()), 0);
        list[spatial] = 0;
        list
    };
    let span = |kernel: i64| (kernel - 1) * of(window.dilation, 1) + 1;
    let (stride, span, before, beyond, padding) = match window.kernel {
        Kernel::Weight { padding, .. } => {
            let kernel = if weight.len() == 4 && shape.len() == 3 {
                *weight.last()?
            } else {
                *weight.get(dim)?
            };
            let span = span(kernel);
            let (before, padding) = match padding {
                Padding::Symmetric(pad) => (of(pad, 0), emptied(pad)),
                // `Padding::Same` cannot be expressed for the other spatial dimension alone.
                Padding::Same if shape.len() > 3 => return None,
                Padding::Same => ((span - 1) / 2, vec![0]),
            };
            (
                of(window.stride, 1),
                span,
                before,
                BoundaryFill::Zero,
                padding,
            )
        }
        Kernel::Pool {
            kind,
            sizes,
            padding,
            ceil: _,
        } => {
            let span = span(of(sizes, 1));
            let step = if window.stride.is_empty() {
                of(sizes, 1)
            } else {
                of(window.stride, 1)
            };
            let before = of(padding, 0);
            let beyond = match kind {
                PoolKind::Max => BoundaryFill::NegativeInfinity,
                PoolKind::Average { count_include_pad } => {
                    let reaches = (made[dim] - 1) * step + span;
                    let past = reaches > shape[dim] + 2 * before;
                    if past || (before > 0 && !count_include_pad) {
                        return None;
                    }
                    BoundaryFill::Zero
                }
            };
            (step, span, before, beyond, emptied(padding))
        }
    };
    Some(PositionMapping::Windows {
        stride,
        span,
        before,
        beyond,
        // The full pass keeps incomplete windows of the other spatial dimension, so this one does too.
        inner: window.with_padding(padding, shape.len() > 3),
    })
}

fn reduced(
    kind: Reduction,
    dims: &[i64],
    keep: bool,
    dim: usize,
    shape: &[i64],
) -> Option<PositionMapping> {
    let rank = shape.len() as i64;
    let over: Vec<i64> = match dims {
        [] => (0..rank).collect(),
        dims => dims
            .iter()
            .map(|d| if *d < 0 { d + rank } else { *d })
            .collect(),
    };
    if over.contains(&0) {
        return None;
    }
    if over.contains(&(dim as i64)) {
        return match kind {
            Reduction::Sum => summed(&over, keep, false, shape),
            Reduction::Mean => summed(&over, keep, true, shape),
            _ => None,
        };
    }
    let before = over.iter().filter(|d| **d < dim as i64).count();
    Some(PositionMapping::Same {
        dim: if keep { dim } else { dim - before },
    })
}

fn summed(dims: &[i64], keep: bool, mean: bool, shape: &[i64]) -> Option<PositionMapping> {
    let count: i64 = dims.iter().map(|d| shape[*d as usize]).product();
    Some(PositionMapping::Summed {
        factor: if mean { 1.0 / count as f64 } else { 1.0 },
        inner: Op::Reduce {
            kind: Reduction::Sum,
            dims: dims.to_vec(),
            keep,
        },
    })
}

fn flattened(start: i64, end: i64, dim: usize) -> Option<PositionMapping> {
    let dim_at = dim as i64;
    if start == end || end < dim_at {
        return Some(PositionMapping::Same {
            dim: dim - usize::try_from(end - start).ok()?,
        });
    }
    if dim_at < start {
        return Some(PositionMapping::Same { dim });
    }
    (start == 1).then_some(PositionMapping::Flattened)
}

fn transposed_window_mapping(
    pairs: &[i64],
    filler: PaddingValue,
    dim: usize,
    rank: usize,
) -> Option<PositionMapping> {
    let pair = 2 * (rank - 1 - dim);
    let (before, after) = match pairs.get(pair..pair + 2) {
        Some(&[before, after]) => (before, after),
        _ => (0, 0),
    };
    match (before, after) {
        (0, 0) => Some(PositionMapping::Same { dim }),
        (before, after)
            if before >= 0 && after >= 0 && matches!(filler, PaddingValue::Constant(_)) =>
        {
            let mut pairs = pairs.to_vec();
            pairs[pair..pair + 2].fill(0);
            let inner = match pairs.iter().all(|n| *n == 0) {
                true => Op::Identity,
                false => Op::Pad { pairs, filler },
            };
            Some(PositionMapping::Padded { before, inner })
        }
        _ => None,
    }
}
