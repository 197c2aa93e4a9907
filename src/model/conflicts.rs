//! Nodes whose operands do not fit each other, found before the network runs.
//!
//! Shapes are worked out for a batch of one sequence, which every network that is not made for another batch must be able
//! to run. Invariant: only what libtorch is sure to refuse is named; of a shape that is not known nothing is said.

use super::graph::place;
use super::graph::{Cell, Dim, Filler, Graph, Node, Op, Operand, Padding};
use super::shapes;

/// What does not fit in a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The node's name in the file, and its kind in words.
    pub node: String,
    pub kind: String,
    pub what: String,
}

/// Shapes of all values, as far as they can be worked out.
pub struct Shapes {
    known: Vec<Option<Vec<i64>>>,
    conflict: Option<Conflict>,
}

impl Shapes {
    /// Works out shapes for sequences of `length` positions, one at a time unless the graph is made for another batch.
    pub fn of(graph: &Graph, length: usize) -> Shapes {
        let batch = graph.fixed_batch().and_then(|n| i64::try_from(n).ok());
        let batch = batch.unwrap_or(1);
        let mut found = Shapes {
            known: vec![None; graph.values.len()],
            conflict: None,
        };
        for weight in &graph.weights {
            found.known[weight.value.0] = Some(weight.shape.clone());
        }
        for id in &graph.inputs {
            let stated = graph.values[id.0].shape.as_ref();
            found.known[id.0] = stated.map(|shape| {
                let extent = |dim: &Dim| dim.fixed().unwrap_or(length as i64);
                let after = shape.iter().skip(1).map(extent);
                std::iter::once(batch).chain(after).collect()
            });
        }
        let used = graph.used_nodes();
        for (_, node) in graph.nodes.iter().enumerate().filter(|(at, _)| used[*at]) {
            let operands: Vec<Option<&[i64]>> = node
                .inputs
                .iter()
                .map(|operand| match operand {
                    Operand::Value(id) => found.known[id.0].as_deref(),
                    Operand::Number(_) | Operand::Absent => None,
                })
                .collect();
            if let Some(what) = conflict(&node.op, &operands) {
                found.conflict = Some(Conflict {
                    node: node.name.clone(),
                    kind: node.op.words(),
                    what,
                });
                return found;
            }
            let made = made(node, &operands, batch);
            for output in &node.outputs {
                found.known[output.0] = made.clone();
            }
        }
        found
    }

    /// The first node whose operands do not fit.
    pub fn conflict(&self) -> Option<&Conflict> {
        self.conflict.as_ref()
    }

    /// Shapes of the outputs, batch first, where they could be worked out.
    pub fn outputs(&self, graph: &Graph) -> Vec<Option<&[i64]>> {
        let outputs = graph.outputs.iter();
        outputs.map(|id| self.known[id.0].as_deref()).collect()
    }
}

/// The shape that a node makes; sizes that are left open are the batch's.
fn made(node: &Node, operands: &[Option<&[i64]>], batch: i64) -> Option<Vec<i64>> {
    // A convolution by a weight that no layer has makes nothing that could be told.
    let is_layer = matches!(
        node.op,
        Op::Convolution { .. } | Op::TransposedConvolution { .. }
    );
    if is_layer {
        let weight = operands.get(1).copied().flatten()?;
        if !matches!(weight.len(), 3 | 4) || weight.contains(&0) {
            return None;
        }
    }
    let dims: Vec<Option<Vec<Dim>>> = operands
        .iter()
        .map(|shape| shape.map(|shape| shape.iter().map(|n| Dim::Fixed(*n)).collect()))
        .collect();
    let dims: Vec<Option<&[Dim]>> = dims.iter().map(Option::as_deref).collect();
    let made = shapes::made_by(&node.op, &dims)?;
    Some(
        made.iter()
            .map(|dim| dim.fixed().unwrap_or(batch))
            .collect(),
    )
}

/// Why libtorch is sure to refuse operands of these shapes.
fn conflict(op: &Op, operands: &[Option<&[i64]>]) -> Option<String> {
    let shape = |index: usize| operands.get(index).copied().flatten();
    let x = shape(0);
    match op {
        Op::Convolution {
            stride,
            padding,
            dilation,
            groups,
        } => convolution(x?, shape(1)?, shape(2), *groups, false).or_else(|| {
            if let Some(wrong) = standing_still(stride).or_else(|| standing_still(dilation)) {
                return Some(wrong);
            }
            if shape(1)?.contains(&0) {
                return None;
            }
            let Padding::Symmetric(pads) = padding else {
                return None;
            };
            too_wide(x?, shape(1)?.get(2..)?, pads, dilation)
        }),
        Op::TransposedConvolution {
            stride,
            dilation,
            groups,
            ..
        } => convolution(x?, shape(1)?, shape(2), *groups, true)
            .or_else(|| standing_still(stride))
            .or_else(|| standing_still(dilation)),
        Op::Pool {
            kernel,
            stride,
            padding,
            dilation,
            ..
        } => standing_still(stride)
            .or_else(|| standing_still(dilation))
            .or_else(|| too_wide(x?, kernel, padding, dilation)),
        Op::Linear => {
            let (given, wanted) = (*x?.last()?, *shape(1)?.last()?);
            (given != wanted).then(|| format!("takes {wanted} numbers and is given {given}"))
        }
        Op::MatMul => product(x?, shape(1)?),
        Op::AddMatMul => product(shape(1)?, shape(2)?),
        Op::Add { .. }
        | Op::Subtract { .. }
        | Op::Multiply
        | Op::Divide
        | Op::Power
        | Op::Compare(_)
        | Op::Where
        | Op::Maximum
        | Op::Minimum => broadcast(operands),
        Op::BatchNorm { .. } => {
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
        Op::GroupNorm { groups, .. } => {
            let channels = *x?.get(1)?;
            if *groups < 1 || channels % groups != 0 {
                return Some(format!(
                    "cannot cut {channels} channels into {groups} groups"
                ));
            }
            scaled(&[shape(1), shape(2)], &[channels])
        }
        Op::LayerNorm { shape: over, .. } => {
            let x = x?;
            let own = x.get(x.len().checked_sub(over.len())?..)?;
            if own != over.as_slice() {
                return Some(format!("normalises {over:?} and is given {own:?}"));
            }
            scaled(&[shape(1), shape(2)], over)
        }
        Op::Recurrent {
            cell,
            bidirectional,
            ..
        } => recurrent(*cell, *bidirectional, operands),
        Op::Attention { .. } => {
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
        Op::Einsum { equation } => einsum(equation, operands),
        Op::Concatenate { dim } => concatenated(*dim, operands),
        Op::Reshape { shape: to } => reshaped(x?, to),
        Op::Permute { dims } => {
            let rank = x?.len();
            let mut places: Vec<usize> = dims.iter().filter_map(|d| place(*d, rank)).collect();
            places.sort_unstable();
            (!places.into_iter().eq(0..rank))
                .then(|| format!("orders dimensions {dims:?} of a value that has {rank}"))
        }
        Op::Softmax { dim, .. } | Op::CumulativeSum { dim } | Op::Slice { dim, .. } => {
            missing(x?, &[*dim])
        }
        Op::Take { dim } => missing(x?, &[*dim]),
        Op::TakeEach { dim } => missing(x?, &[*dim]).or_else(|| {
            let (x, indices) = (x?, shape(1)?);
            (x.len() != indices.len()).then(|| {
                format!(
                    "takes from {} dimensions by indices of {}",
                    x.len(),
                    indices.len()
                )
            })
        }),
        Op::Transpose { a, b } => missing(x?, &[*a, *b]),
        Op::Squeeze { dims } => missing(x?, dims),
        Op::Flip { dims } | Op::Reduce { dims, .. } => {
            missing(x?, dims).or_else(|| repeated(x?.len(), dims))
        }
        Op::Flatten { start, end } => missing(x?, &[*start, *end]),
        Op::Select { dim, index } => missing(x?, &[*dim]).or_else(|| {
            let extent = x?[place(*dim, x?.len())?];
            let there = (-extent..extent).contains(index);
            (!there).then(|| format!("takes place {index} of {extent}"))
        }),
        Op::Pad { pairs, filler } => padded(x?, pairs, *filler),
        Op::Expand { shape: to } => {
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
        Op::Repeat { times } => (times.len() < x?.len()).then(|| {
            format!(
                "repeats {} of {} dimensions",
                times.len(),
                x.map_or(0, <[i64]>::len)
            )
        }),
        Op::Unsqueeze { dim } => {
            let rank = x?.len() + 1;
            place(*dim, rank)
                .is_none()
                .then(|| format!("adds dimension {dim} of {rank}"))
        }
        Op::Activate(_)
        | Op::AdaptivePool { .. }
        | Op::Full { .. }
        | Op::Range { .. }
        | Op::Identity
        | Op::Detach => None,
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

/// Steps of a window that do not get on.
fn standing_still(steps: &[i64]) -> Option<String> {
    let step = steps.iter().find(|step| **step < 1)?;
    Some(format!(
        "moves its window, or spreads it, by {step} positions"
    ))
}

fn convolution(
    x: &[i64],
    weight: &[i64],
    bias: Option<&[i64]>,
    groups: i64,
    transposed: bool,
) -> Option<String> {
    // Weights of other ranks, or without elements, are refused when they are read.
    let spatial = weight.len().checked_sub(2)?;
    if !matches!(spatial, 1 | 2) || weight.contains(&0) {
        return None;
    }
    let at = x.len().checked_sub(spatial + 1);
    let Some(channels) = at.filter(|at| *at <= 1).map(|at| x[at]) else {
        return Some(format!(
            "slides over {spatial} dimensions of a value that has {}",
            x.len()
        ));
    };
    let wanted = match transposed {
        true => weight[0],
        false => weight[1].checked_mul(groups)?,
    };
    if channels != wanted {
        return Some(format!("takes {wanted} channels and is given {channels}"));
    }
    if groups < 1 || weight[0] % groups != 0 {
        return Some(format!(
            "cannot cut {} channels into {groups} groups",
            weight[0]
        ));
    }
    let made = match transposed {
        true => weight[1].checked_mul(groups)?,
        false => weight[0],
    };
    let bias = bias.filter(|bias| **bias != [made])?;
    Some(format!(
        "makes {made} channels and has a bias of shape {bias:?}"
    ))
}

/// A window that is wider than what it slides over.
fn too_wide(x: &[i64], kernel: &[i64], pads: &[i64], dilation: &[i64]) -> Option<String> {
    if kernel.len() != pads.len() || kernel.contains(&0) {
        return None;
    }
    let skipped = x.len().checked_sub(kernel.len())?;
    let windows = kernel.iter().zip(&x[skipped..]).enumerate();
    windows.into_iter().find_map(|(i, (kernel, length))| {
        let dilation = dilation.get(i).copied().unwrap_or(1);
        let width = kernel
            .checked_sub(1)?
            .checked_mul(dilation)?
            .checked_add(1)?;
        let room = pads.get(i)?.checked_mul(2)?.checked_add(*length)?;
        (width > room).then(|| format!("has a window of {width} positions for {room}"))
    })
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

/// Weights of each direction: of the input, of the state, and both biases.
fn recurrent(cell: Cell, bidirectional: bool, operands: &[Option<&[i64]>]) -> Option<String> {
    let gates = match cell {
        Cell::Lstm => 4,
        Cell::Gru | Cell::GruResetFirst => 3,
        Cell::Tanh | Cell::Relu => 1,
    };
    let features = *operands.first()?.as_deref()?.last()?;
    let of_input = operands.get(3).copied().flatten()?;
    let of_state = operands.get(4).copied().flatten()?;
    let &[rows, hidden] = of_state else {
        return None;
    };
    if rows != hidden.checked_mul(gates)? {
        return Some(format!(
            "has states of {hidden} numbers and gates of {}: a projection of the states, which is not known here",
            rows / gates
        ));
    }
    if of_input.get(1) != Some(&features) {
        return Some(format!(
            "takes {} numbers a step and is given {features}",
            of_input.get(1)?
        ));
    }
    if of_input.first() != Some(&rows) {
        return Some(format!(
            "has {} rows of weights for its input and {rows} for its state",
            of_input.first()?
        ));
    }
    let directions = 1 + i64::from(bidirectional);
    let states = operands.get(1..3)?.iter().flatten();
    let wrong = |state: &&&[i64]| {
        let fits = |(from, to): (&i64, Option<i64>)| *from == 1 || to.is_none_or(|to| to == *from);
        let wanted = [Some(directions), None, Some(hidden)];
        state.len() == 3 && !state.iter().zip(wanted).all(fits)
    };
    let wrong = states.clone().find(wrong)?;
    if let Some(other) = wrong.last().filter(|other| **other != hidden) {
        return Some(format!(
            "has a first state of {other} numbers and weights for {hidden}, as where it projects its states, which is not known here"
        ));
    }
    Some(format!(
        "has a first state of shape {wrong:?} for {directions} x {hidden}"
    ))
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

fn reshaped(x: &[i64], to: &[i64]) -> Option<String> {
    let all = x.iter().try_fold(1i64, |n, m| n.checked_mul(*m))?;
    let given = to.iter().filter(|n| **n != -1);
    let given = given.copied().try_fold(1i64, i64::checked_mul)?;
    let fits = match to.contains(&-1) {
        true => given != 0 && all % given == 0,
        false => all == given,
    };
    (!fits).then(|| format!("reshapes {x:?} to {to:?}"))
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
