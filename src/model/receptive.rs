//! How much of the sequence each value of a network sees.
//!
//! Positions of a value stand `step` base pairs apart, and each sees `width` of them: a window of k positions d apart adds
//! (k - 1) d steps, a stride multiplies the step (Araujo, Norris and Sim, Distill 2019). Where branches meet the wider one
//! counts. What is not along the sequence any more, such as a sum over it or what a dense layer makes of it, sees all.

use super::graph::place;
use super::graph::{Dim, Filler, Graph, Node, Op, Operand, Padding, ValueId};

/// What a value sees of the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// It depends on no sequence: weights, and what is made of them alone.
    Nothing,
    Window {
        /// In base pairs.
        width: i64,
        /// Base pairs from one position to the next.
        step: i64,
        /// The dimension of the positions, counted from the last one, which is 0.
        from_end: usize,
        /// Where what position 0 sees starts and ends, in base pairs from the start of the sequence; none where that is
        /// not followed.
        span: Option<(i64, i64)>,
    },
    All,
}

/// What each value sees, by [`ValueId`]; `positions` tells for each input which dimension runs along the sequence.
pub fn receptive_fields(graph: &Graph, positions: &[Option<usize>]) -> Vec<Sees> {
    let mut sees = vec![Sees::Nothing; graph.values.len()];
    for (id, dim) in graph.inputs.iter().zip(positions) {
        let rank = graph.values[id.0].shape.as_ref().map_or(0, Vec::len);
        sees[id.0] = match dim.and_then(|dim| (rank.checked_sub(1)?).checked_sub(dim)) {
            Some(from_end) => Sees::Window {
                width: 1,
                step: 1,
                from_end,
                span: Some((0, 1)),
            },
            None => Sees::Nothing,
        };
    }
    for node in &graph.nodes {
        let made = seen_by(graph, node, &sees);
        for output in &node.outputs {
            sees[output.0] = made;
        }
    }
    sees
}

fn seen_by(graph: &Graph, node: &Node, sees: &[Sees]) -> Sees {
    let operands = node.inputs.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        Operand::Number(_) | Operand::Absent => None,
    });
    let together = operands.fold(Sees::Nothing, |seen, id| wider(seen, sees[id.0]));
    let Sees::Window {
        width,
        step,
        from_end,
        span,
    } = together
    else {
        return together;
    };
    let shape = |index: usize| match node.inputs.get(index) {
        Some(Operand::Value(ValueId(id))) => graph.values[*id].shape.as_deref(),
        _ => None,
    };
    let rank = shape(0).map_or(0, <[Dim]>::len);
    // The dimension of the positions by its number from the first.
    let dim = rank.checked_sub(from_end + 1);
    let at = |from_end: usize| Sees::Window {
        width,
        step,
        from_end,
        span,
    };
    let windows = |kernel: Option<i64>, dilation: Option<i64>, stride: Option<i64>| {
        let (Some(kernel), Some(dilation), Some(stride)) = (kernel, dilation, stride) else {
            return Sees::All;
        };
        Sees::Window {
            width: width.saturating_add(
                (kernel - 1)
                    .max(0)
                    .saturating_mul(dilation)
                    .saturating_mul(step),
            ),
            step: step.saturating_mul(stride),
            from_end,
            span: None,
        }
    };
    let found = match &node.op {
        Op::Activate(_)
        | Op::BatchNorm { .. }
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
        | Op::Minimum
        | Op::Flip { .. }
        | Op::Expand { .. } => Some(together),
        Op::Convolution {
            stride, dilation, ..
        } => {
            let from_last = |list: &[i64]| list.len().checked_sub(from_end + 1).map(|i| list[i]);
            let kernel = shape(1).and_then(|shape| {
                match shape.get(shape.len().checked_sub(from_end + 1)?) {
                    Some(Dim::Fixed(n)) => Some(*n),
                    _ => None,
                }
            });
            Some(windows(kernel, from_last(dilation), from_last(stride)))
        }
        Op::TransposedConvolution {
            stride, dilation, ..
        } if from_end == 0 && stride.last() == Some(&1) => {
            let kernel = shape(1).and_then(|shape| match shape.last() {
                Some(Dim::Fixed(n)) => Some(*n),
                _ => None,
            });
            Some(windows(kernel, dilation.last().copied(), Some(1)))
        }
        Op::Pool {
            kernel,
            stride,
            dilation,
            ..
        } => match kernel.len().checked_sub(from_end + 1) {
            Some(i) => {
                let dilation = dilation.get(i).copied().unwrap_or(1);
                Some(windows(
                    Some(kernel[i]),
                    Some(dilation),
                    stride.get(i).copied(),
                ))
            }
            None => Some(together),
        },
        Op::Softmax { dim: over, .. } | Op::CumulativeSum { dim: over } => {
            (place(*over, rank) != dim).then_some(together)
        }
        Op::LayerNorm { shape, .. } => (from_end >= shape.len()).then_some(together),
        Op::MatMul
            if node
                .inputs
                .get(1)
                .is_some_and(|right| is_made_of_weights(right, sees)) =>
        {
            (from_end > 0).then_some(together)
        }
        Op::Linear => (from_end > 0).then_some(together),
        Op::Concatenate { dim: along } => (place(*along, rank) != dim).then_some(together),
        Op::Pad { pairs, filler } => {
            let moved = pairs
                .chunks_exact(2)
                .nth(from_end)
                .is_some_and(|pair| pair != [0, 0]);
            (!(moved && *filler == Filler::Circular)).then_some(together)
        }
        Op::Repeat { times } => {
            let on = times
                .len()
                .checked_sub(from_end + 1)
                .map_or(1, |i| times[i]);
            (on == 1).then_some(together)
        }
        Op::Slice {
            dim: along,
            step: every,
            ..
        } => Some(match place(*along, rank) == dim {
            true => windows(Some(1), Some(1), Some(*every)),
            false => together,
        }),
        Op::Select { dim: along, .. } => match (place(*along, rank), dim) {
            (Some(along), Some(dim)) if along < dim => Some(together),
            (Some(along), Some(dim)) if along > dim => Some(at(from_end - 1)),
            _ => None,
        },
        Op::Reduce { dims, keep, .. } => {
            let dims: Option<Vec<usize>> = dims.iter().map(|d| place(*d, rank)).collect();
            dims.zip(dim).and_then(|(dims, dim)| {
                if dims.is_empty() || dims.contains(&dim) {
                    return None;
                }
                let after = dims.iter().filter(|d| **d > dim).count();
                Some(at(if *keep { from_end } else { from_end - after }))
            })
        }
        Op::Transpose { a, b } => {
            let (a, b) = (place(*a, rank), place(*b, rank));
            let moved = if dim == a {
                b
            } else if dim == b {
                a
            } else {
                dim
            };
            moved.map(|dim| at(rank - 1 - dim))
        }
        Op::Permute { dims } => {
            let mut dims = dims.iter().map(|d| place(*d, rank));
            dims.position(|d| d == dim).map(|i| at(rank - 1 - i))
        }
        Op::Unsqueeze { dim: new } => {
            place(*new, rank + 1)
                .zip(dim)
                .map(|(new, dim)| match new <= dim {
                    true => together,
                    false => at(from_end + 1),
                })
        }
        Op::Squeeze { dims } => {
            let gone = dims.iter().filter_map(|d| place(*d, rank));
            let gone: Vec<usize> = gone
                .filter(|d| shape(0).is_some_and(|shape| shape[*d] == Dim::Fixed(1)))
                .collect();
            dim.filter(|dim| !gone.contains(dim))
                .map(|dim| at(from_end - gone.iter().filter(|d| **d > dim).count()))
        }
        Op::Flatten { start, end } => {
            let ends = place(*start, rank).zip(place(*end, rank));
            ends.zip(dim).and_then(|((start, end), dim)| match () {
                () if dim < start => Some(at(from_end - (end - start))),
                () if dim > end || start == end => Some(together),
                () => None,
            })
        }
        _ => None,
    };
    match found.unwrap_or(Sees::All) {
        Sees::Window {
            width,
            step: made_step,
            from_end: made_from_end,
            ..
        } => Sees::Window {
            width,
            step: made_step,
            from_end: made_from_end,
            span: span.and_then(|span| moved(node, span, step, (from_end, shape(0), shape(1)))),
        },
        other => other,
    }
}

/// What position 0 of a node's result sees, where position 0 of its operands sees `span` and the next one `step` further on.
/// `operand` says which dimension holds the positions, counted from the last, and the shapes of the operand and of a weight.
fn moved(
    node: &Node,
    (start, end): (i64, i64),
    step: i64,
    (from_end, shape, weight): (usize, Option<&[Dim]>, Option<&[Dim]>),
) -> Option<(i64, i64)> {
    let of = |list: &[i64]| list.get(list.len().checked_sub(from_end + 1)?).copied();
    let window = |kernel: i64, dilation: i64, before: i64| {
        let reach = kernel.checked_sub(1)?.checked_mul(dilation)?;
        let from = start.checked_sub(before.checked_mul(step)?)?;
        let to = reach.checked_sub(before)?.checked_mul(step)?;
        Some((from, end.checked_add(to)?))
    };
    let rank = shape?.len();
    let dim = rank.checked_sub(from_end + 1)?;
    match &node.op {
        Op::Convolution {
            padding, dilation, ..
        } => {
            let weight = weight?;
            let kernel = weight
                .get(weight.len().checked_sub(from_end + 1)?)?
                .fixed()?;
            let dilation = of(dilation)?;
            let before = match padding {
                Padding::Symmetric(pads) => of(pads)?,
                Padding::Same => (kernel - 1).checked_mul(dilation)? / 2,
            };
            window(kernel, dilation, before)
        }
        Op::Pool {
            kernel,
            padding,
            dilation,
            ..
        } => match of(kernel) {
            Some(kernel) => window(kernel, of(dilation).unwrap_or(1), of(padding)?),
            None => Some((start, end)),
        },
        Op::Slice {
            dim: along,
            start: from,
            ..
        } if place(*along, rank) == Some(dim) => {
            let length = shape?[dim].fixed()?;
            let from = if *from < 0 {
                from.checked_add(length)?
            } else {
                *from
            };
            let by = from.clamp(0, length).checked_mul(step)?;
            Some((start.checked_add(by)?, end.checked_add(by)?))
        }
        Op::Pad { pairs, filler } => match pairs.chunks_exact(2).nth(from_end) {
            None | Some([0, 0]) => Some((start, end)),
            Some(pair) if matches!(filler, Filler::Constant(_)) => {
                let by = pair[0].checked_mul(step)?;
                Some((start.checked_sub(by)?, end.checked_sub(by)?))
            }
            Some(_) => None,
        },
        Op::Flip { dims } if dims.iter().any(|d| place(*d, rank) == Some(dim)) => None,
        // Positions lie elsewhere, in a way that is not followed.
        Op::TransposedConvolution { .. } | Op::Expand { .. } | Op::Repeat { .. } => None,
        _ => Some((start, end)),
    }
}

fn is_made_of_weights(operand: &Operand, sees: &[Sees]) -> bool {
    matches!(operand, Operand::Value(id) if sees[id.0] == Sees::Nothing)
}

fn wider(a: Sees, b: Sees) -> Sees {
    match (a, b) {
        (Sees::Nothing, other) | (other, Sees::Nothing) => other,
        (
            Sees::Window {
                width: one,
                step,
                from_end,
                span,
            },
            Sees::Window {
                width: other,
                step: step_b,
                from_end: from_end_b,
                span: span_b,
            },
        ) if step == step_b && from_end == from_end_b => Sees::Window {
            width: one.max(other),
            step,
            from_end,
            span: span.zip(span_b).map(|(a, b)| (a.0.min(b.0), a.1.max(b.1))),
        },
        _ => Sees::All,
    }
}
