//! Which part of what a node makes depends on a part of what it is given, along the sequence.
//!
//! A value lies along the sequence in one of its dimensions, its *positions*. A node is local where each position of its result
//! depends on a bounded stretch of positions; then a change in a few positions changes a few positions. Looks at
//! shapes alone.

use super::graph::{Dim, Filler, Graph, Node, Op, Operand, Padding, PoolKind, Reduction, ValueId};
use super::shapes;

/// What stands where a window of a layer reaches past the ends of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    Zero,
    /// Less than every number: it wins no maximum.
    Lowest,
}

impl Beyond {
    pub fn number(self) -> f64 {
        match self {
            Beyond::Zero => 0.0,
            Beyond::Lowest => f64::NEG_INFINITY,
        }
    }
}

/// How a node's result follows the positions of its operand.
#[derive(Debug, Clone, PartialEq)]
pub enum Local {
    /// Position i of position i, in this dimension of the result.
    Same { dim: usize },
    /// Position i of positions `i * stride - before` on, `span` of them.
    Windows {
        stride: i64,
        span: i64,
        before: i64,
        beyond: Beyond,
        /// The node without what it does at the ends, which the caller does.
        inner: Op,
    },
    /// Position i of position `i + start`.
    Cropped { start: i64 },
    /// Position i of position `i - before`, and a constant where there is none.
    Grown { before: i64, inner: Op },
    /// Position i of the position as far from the other end.
    Turned,
    /// The sum over all positions, times a factor; `inner` is the sum alone.
    Summed { factor: f64, inner: Op },
    /// All positions and channels in one dimension, in this order.
    Flattened,
}

impl Graph {
    /// Whether a change at a few positions of a node's first operand, which are its dimension `from_end` counted from the last, changes
    /// a part of what the node makes: by shapes alone, for a batch of one.
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
        let made = shapes::made_by(&node.op, &known);
        let (Some(Some(from)), Some(made)) = (operands.first(), made) else {
            return false;
        };
        let of_one = |shape: &[Dim]| -> Vec<i64> {
            shape.iter().map(|dim| dim.fixed().unwrap_or(1)).collect()
        };
        let weight = operands.get(1).cloned().flatten().unwrap_or_default();
        from.len().checked_sub(from_end + 1).is_some_and(|dim| {
            local(
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

/// How a node follows the positions of its first operand, which are its dimension `dim`; none where it is not local. `weight` is
/// the shape of the second operand of a layer. None, too, where the batch does not stay the first dimension.
pub fn local(op: &Op, dim: usize, shape: &[i64], made: &[i64], weight: &[i64]) -> Option<Local> {
    let rank = shape.len();
    let at = |d: i64| if d < 0 { d + rank as i64 } else { d };
    let is_along = |d: i64| at(d) == dim as i64;
    let same = Some(Local::Same { dim });
    if moves_the_batch(op, rank) {
        return None;
    }
    match op {
        Op::Convolution { .. } | Op::Pool { .. } => windows(op, dim, shape, made, weight),
        Op::AdaptivePool {
            kind: PoolKind::Average { .. },
            output,
        } if rank == 3 && dim == 2 && *output == [1] => summed(&[2], true, true, shape),
        Op::Activate(_)
        | Op::Identity
        | Op::Detach
        | Op::Add { .. }
        | Op::Subtract { .. }
        | Op::Multiply
        | Op::Divide
        | Op::Power
        | Op::Compare(_)
        | Op::Where
        | Op::Maximum
        | Op::Minimum => same,
        Op::BatchNorm { .. } if dim != 1 => same,
        Op::LayerNorm { shape: over, .. } if dim + over.len() < rank => same,
        Op::Linear if dim + 1 < rank => same,
        Op::MatMul if dim + 1 < rank && weight.len() == 2 => same,
        Op::Softmax { dim: over, .. } | Op::CumulativeSum { dim: over } if !is_along(*over) => same,
        Op::Concatenate { dim: over } if !is_along(*over) => same,
        Op::Reduce { kind, dims, keep } => reduced(*kind, dims, *keep, dim, shape),
        Op::Flatten { start, end } => {
            let (start, end) = (at(*start), at(*end));
            flattened(start, end, dim)
        }
        Op::Reshape { .. } if made.len() == 2 && rank > 2 && made[0] == shape[0] => {
            Some(Local::Flattened)
        }
        Op::Transpose { a, b } => {
            let (a, b) = (at(*a) as usize, at(*b) as usize);
            Some(Local::Same {
                dim: match dim {
                    _ if dim == a => b,
                    _ if dim == b => a,
                    _ => dim,
                },
            })
        }
        Op::Permute { dims } => {
            let dim = dims.iter().position(|d| is_along(*d))?;
            Some(Local::Same { dim })
        }
        Op::Squeeze { dims } => {
            let gone = |d: &&i64| shape.get(at(**d) as usize) == Some(&1);
            let before = dims.iter().filter(gone).filter(|d| at(**d) < dim as i64);
            (shape[dim] > 1).then(|| Local::Same {
                dim: dim - before.count(),
            })
        }
        Op::Unsqueeze { dim: new } => {
            let new = if *new < 0 {
                new + rank as i64 + 1
            } else {
                *new
            };
            Some(Local::Same {
                dim: dim + usize::from(new <= dim as i64),
            })
        }
        Op::Slice {
            dim: over,
            start,
            step,
            ..
        } => match is_along(*over) {
            false => same,
            true if *step == 1 => {
                let length = shape[dim];
                let start = if *start < 0 { start + length } else { *start };
                Some(Local::Cropped {
                    start: start.clamp(0, length),
                })
            }
            true => None,
        },
        Op::Select { dim: over, .. } if !is_along(*over) => Some(Local::Same {
            dim: dim - usize::from(at(*over) < dim as i64),
        }),
        Op::Flip { dims } => match dims.iter().any(|d| is_along(*d)) {
            true => Some(Local::Turned),
            false => same,
        },
        Op::Pad { pairs, filler } => grown(pairs, *filler, dim, rank),
        _ => None,
    }
}

/// Whether what a node makes of an operand of that many dimensions has its batch elsewhere than in the first.
fn moves_the_batch(op: &Op, rank: usize) -> bool {
    let is_first = |d: i64| d == 0 || d + rank as i64 == 0;
    match op {
        Op::Transpose { a, b } => is_first(*a) != is_first(*b),
        Op::Permute { dims } => !dims.first().is_some_and(|d| is_first(*d)),
        _ => false,
    }
}

/// A convolution or pooling, without its padding along the positions.
fn windows(op: &Op, dim: usize, shape: &[i64], made: &[i64], weight: &[i64]) -> Option<Local> {
    let spatial = dim.checked_sub(2)?;
    let of = |list: &[i64], otherwise: i64| list.get(spatial).copied().unwrap_or(otherwise);
    let emptied = |list: &[i64]| {
        let mut list = list.to_vec();
        list.resize((spatial + 1).max(list.len()), 0);
        list[spatial] = 0;
        list
    };
    let (stride, span, before, beyond, inner) = match op {
        Op::Convolution {
            stride,
            padding,
            dilation,
            groups,
        } => {
            let kernel = if weight.len() == 4 && shape.len() == 3 {
                *weight.last()?
            } else {
                *weight.get(dim)?
            };
            let span = (kernel - 1) * of(dilation, 1) + 1;
            let (before, padding) = match padding {
                Padding::Symmetric(pad) => (of(pad, 0), emptied(pad)),
                // What keeps the length in the other dimension cannot be said apart from this one.
                Padding::Same if shape.len() > 3 => return None,
                Padding::Same => ((span - 1) / 2, vec![0]),
            };
            let inner = Op::Convolution {
                stride: stride.clone(),
                padding: Padding::Symmetric(padding),
                dilation: dilation.clone(),
                groups: *groups,
            };
            (of(stride, 1), span, before, Beyond::Zero, inner)
        }
        Op::Pool {
            kind,
            kernel,
            stride,
            padding,
            dilation,
            ceil,
        } => {
            let span = (of(kernel, 1) - 1) * of(dilation, 1) + 1;
            let step = if stride.is_empty() {
                of(kernel, 1)
            } else {
                of(stride, 1)
            };
            let before = of(padding, 0);
            let beyond = match kind {
                PoolKind::Max => Beyond::Lowest,
                PoolKind::Average { count_include_pad } => {
                    let reaches = (made[dim] - 1) * step + span;
                    let past = reaches > shape[dim] + 2 * before;
                    if past || (before > 0 && !count_include_pad) {
                        return None;
                    }
                    Beyond::Zero
                }
            };
            let inner = Op::Pool {
                kind: *kind,
                kernel: kernel.clone(),
                stride: stride.clone(),
                padding: emptied(padding),
                dilation: dilation.clone(),
                // In the other dimension it is what the whole has been made with.
                ceil: *ceil && shape.len() > 3,
            };
            (step, span, before, beyond, inner)
        }
        _ => return None,
    };
    Some(Local::Windows {
        stride,
        span,
        before,
        beyond,
        inner,
    })
}

fn reduced(kind: Reduction, dims: &[i64], keep: bool, dim: usize, shape: &[i64]) -> Option<Local> {
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
    Some(Local::Same {
        dim: if keep { dim } else { dim - before },
    })
}

fn summed(dims: &[i64], keep: bool, mean: bool, shape: &[i64]) -> Option<Local> {
    let count: i64 = dims.iter().map(|d| shape[*d as usize]).product();
    Some(Local::Summed {
        factor: if mean { 1.0 / count as f64 } else { 1.0 },
        inner: Op::Reduce {
            kind: Reduction::Sum,
            dims: dims.to_vec(),
            keep,
        },
    })
}

fn flattened(start: i64, end: i64, dim: usize) -> Option<Local> {
    let dim_at = dim as i64;
    if start == end || end < dim_at {
        return Some(Local::Same {
            dim: dim - usize::try_from(end - start).ok()?,
        });
    }
    if dim_at < start {
        return Some(Local::Same { dim });
    }
    (start == 1).then_some(Local::Flattened)
}

fn grown(pairs: &[i64], filler: Filler, dim: usize, rank: usize) -> Option<Local> {
    let pair = 2 * (rank - 1 - dim);
    let (before, after) = match pairs.get(pair..pair + 2) {
        Some(&[before, after]) => (before, after),
        _ => (0, 0),
    };
    match (before, after) {
        (0, 0) => Some(Local::Same { dim }),
        (before, after) if before >= 0 && after >= 0 && matches!(filler, Filler::Constant(_)) => {
            let mut pairs = pairs.to_vec();
            pairs[pair..pair + 2].fill(0);
            let inner = match pairs.iter().all(|n| *n == 0) {
                true => Op::Identity,
                false => Op::Pad { pairs, filler },
            };
            Some(Local::Grown { before, inner })
        }
        _ => None,
    }
}
