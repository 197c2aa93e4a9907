//! Derives the receptive field of each value of a network.
//!
//! Positions of a value are `step` base pairs apart, and each depends on `width` base pairs: a window of k positions
//! with dilation d adds (k - 1) d steps, and a stride multiplies the step (Araujo, Norris and Sim, Distill 2019). Where
//! branches meet, the wider field counts. A value that is not along the sequence, such as a sum over positions or the
//! output of a dense layer, depends on the whole sequence.

use super::graph::{
    Dataflow, Dim, Graph, Kernel, Node, Operand, Padding, PaddingValue, Reshape, Slices, ValueId,
    Window, resolve_dim,
};

/// The receptive field of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceptiveField {
    /// The value does not depend on the sequence: weights, and values computed from them alone.
    Empty,
    /// Each position depends on a window of the sequence.
    Window {
        /// Width of the window in base pairs.
        width: i64,
        /// Base pairs from one position to the next.
        step: i64,
        /// The dimension of the positions, counted from the last one, which is 0.
        from_end: usize,
        /// Window of position 0, in base pairs from the start of the sequence; none if it cannot be derived.
        span: Option<(i64, i64)>,
    },
    /// Each element may depend on the whole sequence.
    Unbounded,
}

/// Receptive fields of all values, by [`ValueId`]. `positions` states for each input which dimension runs along the
/// sequence.
pub fn receptive_fields(graph: &Graph, positions: &[Option<usize>]) -> Vec<ReceptiveField> {
    let mut sees = vec![ReceptiveField::Empty; graph.values.len()];
    for (id, dim) in graph.inputs.iter().zip(positions) {
        let rank = graph.values[id.0].shape.as_ref().map_or(0, Vec::len);
        sees[id.0] = match dim.and_then(|dim| (rank.checked_sub(1)?).checked_sub(dim)) {
            Some(from_end) => ReceptiveField::Window {
                width: 1,
                step: 1,
                from_end,
                span: Some((0, 1)),
            },
            None => ReceptiveField::Empty,
        };
    }
    for node in &graph.nodes {
        let made = field_of_node(graph, node, &sees);
        for output in &node.outputs {
            sees[output.0] = made;
        }
    }
    sees
}

fn field_of_node(graph: &Graph, node: &Node, sees: &[ReceptiveField]) -> ReceptiveField {
    let operands = node.inputs.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        Operand::Number(_) | Operand::Absent => None,
    });
    let together = operands.fold(ReceptiveField::Empty, |seen, id| wider(seen, sees[id.0]));
    let ReceptiveField::Window {
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
    // The dimension of the positions, counted from the first.
    let dim = rank.checked_sub(from_end + 1);
    let field = PositionField {
        width,
        step,
        from_end,
        span: span.filter(|_| dim.is_some()),
    };
    let is_along = |other: i64| resolve_dim(other, rank) == dim;
    let found = match node.op.kind().dataflow {
        Dataflow::Elementwise
        | Dataflow::Copy
        | Dataflow::Broadcast { .. }
        | Dataflow::PerChannel => Some(field),
        Dataflow::AlongDimensions { over, .. } => (!over.includes(from_end, rank)).then_some(field),
        Dataflow::Window(window) => match SlidingWindow::of(&window, from_end, shape(1)) {
            Some(slide) => field.after_window(slide),
            None => matches!(window.kernel, Kernel::Pool { .. }).then_some(field),
        },
        Dataflow::TransposedWindow(window) => {
            let is_last = from_end == 0 && window.stride.last() == Some(&1);
            let slide = is_last.then(|| SlidingWindow {
                kernel: shape(1).and_then(|shape| shape.last()?.fixed()),
                dilation: window.dilation.last().copied(),
                stride: Some(1),
                // The offset of the positions cannot be derived.
                before: None,
            });
            slide.and_then(|slide| field.after_window(slide))
        }
        Dataflow::Linear => (from_end > 0).then_some(field),
        Dataflow::MatrixProduct { bias } => {
            let right = node.inputs.get(1).filter(|_| !bias);
            let by_weights = right.is_some_and(|right| is_made_of_weights(right, sees));
            (by_weights && from_end > 0).then_some(field)
        }
        Dataflow::Reduction { dims, keep, .. } => {
            let dims: Option<Vec<usize>> = dims.iter().map(|d| resolve_dim(*d, rank)).collect();
            dims.zip(dim).and_then(|(dims, dim)| {
                if dims.is_empty() || dims.contains(&dim) {
                    return None;
                }
                let after = dims.iter().filter(|d| **d > dim).count();
                Some(field.at(if keep { from_end } else { from_end - after }))
            })
        }
        Dataflow::Reshape(reshape) => field.reshaped(reshape, shape(0), dim),
        Dataflow::Reorder(order) => {
            let moved = dim.and_then(|dim| order.index_of(dim, rank));
            moved.map(|dim| field.at(rank - 1 - dim))
        }
        Dataflow::Reversal { dims } => Some(match dims.iter().any(|d| is_along(*d)) {
            true => field.with_span(None),
            false => field,
        }),
        Dataflow::Expansion { .. } => Some(field.with_span(None)),
        Dataflow::Repetition { times } => {
            let on = times
                .len()
                .checked_sub(from_end + 1)
                .map_or(1, |i| times[i]);
            (on == 1).then(|| field.with_span(None))
        }
        Dataflow::Slice {
            dim: along,
            start,
            step: every,
            ..
        } => match is_along(along) {
            true => {
                let length = dim.and_then(|dim| shape(0)?[dim].fixed());
                Some(field.after_slice(start, length, every))
            }
            false => Some(field),
        },
        Dataflow::Selection { dim: along, .. } => match (resolve_dim(along, rank), dim) {
            (Some(along), Some(dim)) if along < dim => Some(field),
            (Some(along), Some(dim)) if along > dim => Some(field.at(from_end - 1)),
            (None | Some(_), _) => None,
        },
        Dataflow::Concatenation { dim: along } => (!is_along(along)).then_some(field),
        Dataflow::Padding { pairs, filler } => match pairs.chunks_exact(2).nth(from_end) {
            None | Some([0, 0]) => Some(field),
            Some(pair) => match filler {
                PaddingValue::Constant(_) => Some(match pair[0].checked_neg() {
                    Some(by) => field.shifted(by),
                    None => field.with_span(None),
                }),
                PaddingValue::Reflect | PaddingValue::Replicate => Some(field.with_span(None)),
                PaddingValue::Circular => None,
            },
        },
        Dataflow::Slicewise(function) => {
            let slices = function.slices();
            let made = match slices {
                Slices::Kept(_) | Slices::Resized { .. } => Some(rank),
                Slices::Reduced { keep: true, .. } => Some(rank),
                Slices::Reduced { keep: false, .. } => slices
                    .mixed(rank)
                    .map(|mixed| rank.saturating_sub(mixed.len())),
                Slices::Trailing { count, sizes } => {
                    rank.checked_sub(count).map(|kept| kept + sizes.len())
                }
            };
            let moved = dim.and_then(|dim| slices.index_of(dim, rank));
            moved
                .zip(made)
                .and_then(|(dim, made)| Some(field.at(made.checked_sub(dim + 1)?)))
        }
        // Each position of the result depends on all positions, or the dependence is unknown.
        Dataflow::Indexing { .. }
        | Dataflow::Resampling { .. }
        | Dataflow::Contraction { .. }
        | Dataflow::Recurrence { .. }
        | Dataflow::Attention { .. }
        | Dataflow::Constant { .. }
        | Dataflow::Range { .. }
        | Dataflow::Gather { .. }
        | Dataflow::GatherEach { .. } => None,
    };
    found.map_or(ReceptiveField::Unbounded, PositionField::seen)
}

/// The [`ReceptiveField::Window`] of a node's operands, and how nodes transform it.
#[derive(Clone, Copy)]
struct PositionField {
    width: i64,
    step: i64,
    from_end: usize,
    span: Option<(i64, i64)>,
}

impl PositionField {
    fn seen(self) -> ReceptiveField {
        ReceptiveField::Window {
            width: self.width,
            step: self.step,
            from_end: self.from_end,
            span: self.span,
        }
    }

    /// The positions moved to another dimension.
    fn at(self, from_end: usize) -> PositionField {
        PositionField { from_end, ..self }
    }

    fn with_span(self, span: Option<(i64, i64)>) -> PositionField {
        PositionField { span, ..self }
    }

    /// The field with `position` as position 0.
    fn shifted(self, position: i64) -> PositionField {
        let shift = || {
            let ((start, end), by) = (self.span?, position.checked_mul(self.step)?);
            Some((start.checked_add(by)?, end.checked_add(by)?))
        };
        self.with_span(shift())
    }

    /// The field after a window slides over the positions.
    fn after_window(self, slide: SlidingWindow) -> Option<PositionField> {
        let (kernel, dilation, stride) = (slide.kernel?, slide.dilation?, slide.stride?);
        let reach = (kernel - 1).max(0).saturating_mul(dilation);
        let moved = || {
            let ((start, end), before) = (self.span?, slide.before?);
            let reach = kernel.checked_sub(1)?.checked_mul(dilation)?;
            let from = start.checked_sub(before.checked_mul(self.step)?)?;
            let to = reach.checked_sub(before)?.checked_mul(self.step)?;
            Some((from, end.checked_add(to)?))
        };
        Some(PositionField {
            width: self.width.saturating_add(reach.saturating_mul(self.step)),
            step: self.step.saturating_mul(stride),
            from_end: self.from_end,
            span: moved(),
        })
    }

    /// The field after a slice that takes every `every`th of `length` positions, from `start` on.
    fn after_slice(self, start: i64, length: Option<i64>, every: i64) -> PositionField {
        let from = || {
            let length = length?;
            let start = match start < 0 {
                true => start.checked_add(length)?,
                false => start,
            };
            Some(start.clamp(0, length))
        };
        let cut = match from() {
            Some(from) => self.shifted(from),
            None => self.with_span(None),
        };
        PositionField {
            step: self.step.saturating_mul(every),
            ..cut
        }
    }

    /// The field after a reshape of a value whose positions are dimension `dim`.
    fn reshaped(
        self,
        reshape: Reshape,
        shape: Option<&[Dim]>,
        dim: Option<usize>,
    ) -> Option<PositionField> {
        let (rank, from_end) = (shape.map_or(0, <[Dim]>::len), self.from_end);
        match reshape {
            Reshape::Flatten { start, end } => {
                let ends = resolve_dim(start, rank).zip(resolve_dim(end, rank));
                ends.zip(dim).and_then(|((start, end), dim)| match () {
                    () if dim < start => Some(self.at(from_end - (end - start))),
                    () if dim > end || start == end => Some(self),
                    () => None,
                })
            }
            Reshape::To(_) => None,
            Reshape::Squeeze(dims) => {
                let gone = dims.iter().filter_map(|d| resolve_dim(*d, rank));
                let gone: Vec<usize> = gone
                    .filter(|d| shape.is_some_and(|shape| shape[*d] == Dim::Fixed(1)))
                    .collect();
                dim.filter(|dim| !gone.contains(dim))
                    .map(|dim| self.at(from_end - gone.iter().filter(|d| **d > dim).count()))
            }
            Reshape::Unsqueeze(new) => {
                let new = resolve_dim(new, rank + 1).zip(dim);
                new.map(|(new, dim)| match new <= dim {
                    true => self,
                    false => self.at(from_end + 1),
                })
            }
        }
    }
}

/// A window that slides along the positions; unknown parameters are none.
struct SlidingWindow {
    kernel: Option<i64>,
    dilation: Option<i64>,
    stride: Option<i64>,
    /// Padding before the first position.
    before: Option<i64>,
}

impl SlidingWindow {
    /// A node's window in the dimension `from_end`, counted from the last one; none if it has none there.
    fn of(window: &Window, from_end: usize, weight: Option<&[Dim]>) -> Option<SlidingWindow> {
        let of = |list: &[i64]| list.get(list.len().checked_sub(from_end + 1)?).copied();
        match window.kernel {
            Kernel::Weight { padding, .. } => {
                let dilation = of(window.dilation)?;
                let kernel = weight.and_then(|weight| {
                    let at = weight.len().checked_sub(from_end + 1)?;
                    weight.get(at)?.fixed()
                });
                let before = match padding {
                    Padding::Symmetric(pads) => of(pads),
                    Padding::Same => {
                        kernel.and_then(|kernel| Some((kernel - 1).checked_mul(dilation)? / 2))
                    }
                };
                Some(SlidingWindow {
                    kernel,
                    dilation: Some(dilation),
                    stride: of(window.stride),
                    before,
                })
            }
            Kernel::Pool { sizes, padding, .. } => Some(SlidingWindow {
                kernel: Some(of(sizes)?),
                dilation: Some(of(window.dilation).unwrap_or(1)),
                stride: of(window.stride),
                before: of(padding),
            }),
        }
    }
}

fn is_made_of_weights(operand: &Operand, sees: &[ReceptiveField]) -> bool {
    matches!(operand, Operand::Value(id) if sees[id.0] == ReceptiveField::Empty)
}

fn wider(a: ReceptiveField, b: ReceptiveField) -> ReceptiveField {
    match (a, b) {
        (ReceptiveField::Empty, other) | (other, ReceptiveField::Empty) => other,
        (
            ReceptiveField::Window {
                width: one,
                step,
                from_end,
                span,
            },
            ReceptiveField::Window {
                width: other,
                step: step_b,
                from_end: from_end_b,
                span: span_b,
            },
        ) if step == step_b && from_end == from_end_b => ReceptiveField::Window {
            width: one.max(other),
            step,
            from_end,
            span: span.zip(span_b).map(|(a, b)| (a.0.min(b.0), a.1.max(b.1))),
        },
        _ => ReceptiveField::Unbounded,
    }
}
