//! How much of the sequence each value of a network sees.
//!
//! Positions of a value stand `step` base pairs apart, and each sees `width` of them: a window of k positions d apart adds
//! (k - 1) d steps, a stride multiplies the step (Araujo, Norris and Sim, Distill 2019). Where branches meet the wider one
//! counts. What is not along the sequence any more, such as a sum over it or what a dense layer makes of it, sees all.

use super::graph::{
    Dataflow, Dim, Filler, Graph, Kernel, Node, Operand, Padding, Reshape, ValueId, Window, place,
};

/// The receptive field of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// It does not depend on the sequence: weights, and values computed from them alone.
    Nothing,
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
    /// It may depend on all of the sequence.
    All,
}

/// Receptive fields of all values, by [`ValueId`]. `positions` states for each input which dimension runs along the
/// sequence.
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
    let field = Field {
        width,
        step,
        from_end,
        span: span.filter(|_| dim.is_some()),
    };
    let is_along = |other: i64| place(other, rank) == dim;
    let found = match node.op.kind().dataflow {
        Dataflow::Elementwise
        | Dataflow::Copy
        | Dataflow::Broadcast { .. }
        | Dataflow::PerChannel => Some(field),
        Dataflow::Along { over, .. } => (!over.includes(from_end, rank)).then_some(field),
        Dataflow::Window(window) => match Slide::of(&window, from_end, shape(1)) {
            Some(slide) => field.slid(slide),
            None => matches!(window.kernel, Kernel::Pool { .. }).then_some(field),
        },
        Dataflow::TransposedWindow(window) => {
            let is_last = from_end == 0 && window.stride.last() == Some(&1);
            let slide = is_last.then(|| Slide {
                kernel: shape(1).and_then(|shape| shape.last()?.fixed()),
                dilation: window.dilation.last().copied(),
                stride: Some(1),
                // Positions lie elsewhere, in a way that is not followed.
                before: None,
            });
            slide.and_then(|slide| field.slid(slide))
        }
        Dataflow::Linear => (from_end > 0).then_some(field),
        Dataflow::MatrixProduct { bias } => {
            let right = node.inputs.get(1).filter(|_| !bias);
            let by_weights = right.is_some_and(|right| is_made_of_weights(right, sees));
            (by_weights && from_end > 0).then_some(field)
        }
        Dataflow::Reduction { dims, keep, .. } => {
            let dims: Option<Vec<usize>> = dims.iter().map(|d| place(*d, rank)).collect();
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
            let moved = dim.and_then(|dim| order.place_of(dim, rank));
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
                Some(field.cut(start, length, every))
            }
            false => Some(field),
        },
        Dataflow::Selection { dim: along, .. } => match (place(along, rank), dim) {
            (Some(along), Some(dim)) if along < dim => Some(field),
            (Some(along), Some(dim)) if along > dim => Some(field.at(from_end - 1)),
            (None | Some(_), _) => None,
        },
        Dataflow::Concatenation { dim: along } => (!is_along(along)).then_some(field),
        Dataflow::Padding { pairs, filler } => match pairs.chunks_exact(2).nth(from_end) {
            None | Some([0, 0]) => Some(field),
            Some(pair) => match filler {
                Filler::Constant(_) => Some(match pair[0].checked_neg() {
                    Some(by) => field.shifted(by),
                    None => field.with_span(None),
                }),
                Filler::Reflect | Filler::Replicate => Some(field.with_span(None)),
                Filler::Circular => None,
            },
        },
        // Either each position of the result depends on all, or it is not known on which.
        Dataflow::Resampling { .. }
        | Dataflow::Contraction { .. }
        | Dataflow::Recurrence { .. }
        | Dataflow::Attention { .. }
        | Dataflow::Constant { .. }
        | Dataflow::Range { .. }
        | Dataflow::Gather { .. }
        | Dataflow::GatherEach { .. } => None,
    };
    found.map_or(Sees::All, Field::seen)
}

/// [`Sees::Window`] of a node's operands, and what becomes of it.
#[derive(Clone, Copy)]
struct Field {
    width: i64,
    step: i64,
    from_end: usize,
    span: Option<(i64, i64)>,
}

impl Field {
    fn seen(self) -> Sees {
        Sees::Window {
            width: self.width,
            step: self.step,
            from_end: self.from_end,
            span: self.span,
        }
    }

    /// With the positions in another dimension.
    fn at(self, from_end: usize) -> Field {
        Field { from_end, ..self }
    }

    fn with_span(self, span: Option<(i64, i64)>) -> Field {
        Field { span, ..self }
    }

    /// With position 0 where that position was.
    fn shifted(self, position: i64) -> Field {
        let shift = || {
            let ((start, end), by) = (self.span?, position.checked_mul(self.step)?);
            Some((start.checked_add(by)?, end.checked_add(by)?))
        };
        self.with_span(shift())
    }

    /// After a window slid over the positions.
    fn slid(self, slide: Slide) -> Option<Field> {
        let (kernel, dilation, stride) = (slide.kernel?, slide.dilation?, slide.stride?);
        let reach = (kernel - 1).max(0).saturating_mul(dilation);
        let moved = || {
            let ((start, end), before) = (self.span?, slide.before?);
            let reach = kernel.checked_sub(1)?.checked_mul(dilation)?;
            let from = start.checked_sub(before.checked_mul(self.step)?)?;
            let to = reach.checked_sub(before)?.checked_mul(self.step)?;
            Some((from, end.checked_add(to)?))
        };
        Some(Field {
            width: self.width.saturating_add(reach.saturating_mul(self.step)),
            step: self.step.saturating_mul(stride),
            from_end: self.from_end,
            span: moved(),
        })
    }

    /// After every `every`th position from `start` on was taken, of `length`.
    fn cut(self, start: i64, length: Option<i64>, every: i64) -> Field {
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
        Field {
            step: self.step.saturating_mul(every),
            ..cut
        }
    }

    /// After a reshape of a value in which the positions are dimension `dim`.
    fn reshaped(
        self,
        reshape: Reshape,
        shape: Option<&[Dim]>,
        dim: Option<usize>,
    ) -> Option<Field> {
        let (rank, from_end) = (shape.map_or(0, <[Dim]>::len), self.from_end);
        match reshape {
            Reshape::Flatten { start, end } => {
                let ends = place(start, rank).zip(place(end, rank));
                ends.zip(dim).and_then(|((start, end), dim)| match () {
                    () if dim < start => Some(self.at(from_end - (end - start))),
                    () if dim > end || start == end => Some(self),
                    () => None,
                })
            }
            Reshape::To(_) => None,
            Reshape::Squeeze(dims) => {
                let gone = dims.iter().filter_map(|d| place(*d, rank));
                let gone: Vec<usize> = gone
                    .filter(|d| shape.is_some_and(|shape| shape[*d] == Dim::Fixed(1)))
                    .collect();
                dim.filter(|dim| !gone.contains(dim))
                    .map(|dim| self.at(from_end - gone.iter().filter(|d| **d > dim).count()))
            }
            Reshape::Unsqueeze(new) => {
                let new = place(new, rank + 1).zip(dim);
                new.map(|(new, dim)| match new <= dim {
                    true => self,
                    false => self.at(from_end + 1),
                })
            }
        }
    }
}

/// A window along the positions; what is not known is none.
struct Slide {
    kernel: Option<i64>,
    dilation: Option<i64>,
    stride: Option<i64>,
    /// Positions before the first that the first window starts at.
    before: Option<i64>,
}

impl Slide {
    /// A node's window in the dimension `from_end`, counted from the last one; none where it has none there.
    fn of(window: &Window, from_end: usize, weight: Option<&[Dim]>) -> Option<Slide> {
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
                Some(Slide {
                    kernel,
                    dilation: Some(dilation),
                    stride: of(window.stride),
                    before,
                })
            }
            Kernel::Pool { sizes, padding, .. } => Some(Slide {
                kernel: Some(of(sizes)?),
                dilation: Some(of(window.dilation).unwrap_or(1)),
                stride: of(window.stride),
                before: of(padding),
            }),
        }
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
