//! Bags of embeddings: the sum, mean or maximum of the vectors of several indices (`torch.nn.EmbeddingBag`).
//!
//! A matrix of indices, one bag for each sequence, is exported as one flat list with the offset at which each bag starts. Only such
//! offsets, evenly spaced, are read: others could give a sequence the indices of its neighbour.

use super::build::{GraphBuilder, Translation};
use crate::graph::{Comparison, Op, Operand, Reduction};
use gia_base::diag::{Code, Outcome};

/// Translates a call of one of these operators; false for any other.
pub fn compose(name: &str, t: &mut Translation) -> Outcome<bool> {
    match name {
        "embedding_bag"
        | "embedding_bag.padding_idx"
        | "_embedding_bag"
        | "_embedding_bag_forward_only" => embedding_bag(t),
        "arange" | "arange.start" | "arange.start_step"
            if t.call.has_free_size("end") && t.call.number("start", 0.0)? == 0.0 =>
        {
            count_sequences(t)
        }
        _ => Ok(false),
    }
}

/// Numbers from 0 on, as many as there are sequences, or a multiple: a running sum of the step, minus the step.
fn count_sequences(t: &mut Translation) -> Outcome<bool> {
    let step = t.call.int("step", Some(1))?;
    let multiple = t.call.batch_multiple("end").unwrap_or(0);
    if multiple < 1 || step < 1 || multiple % step != 0 {
        return Err(t.call.wrong(
            "counts the sequences of a batch in steps that do not divide their number, which is not supported",
        ));
    }
    let value = step as f64;
    let steps = match multiple / step {
        1 => {
            let shape = vec![None];
            t.step(Op::Full { shape, value }, Vec::new())
        }
        each => {
            let shape = vec![None, Some(each)];
            let steps = t.step(Op::Full { shape, value }, Vec::new());
            t.step(Op::Flatten { start: 0, end: 1 }, vec![steps])
        }
    };
    let counted = t.step(Op::CumulativeSum { dim: 0 }, vec![steps]);
    let operands = vec![counted, Operand::Number(-value)];
    t.finish(Op::Add { factor: 1.0 }, operands)
}

/// The distance between numbers 0, d, 2d, ..., of which there is one for each sequence, as [`count_sequences`] makes them; none for other
/// values.
fn distance_between_rows(x: Operand, graph: &dyn GraphBuilder) -> Option<i64> {
    let (Op::Add { factor: 1.0 }, [counted, Operand::Number(start)]) = graph.node(x)? else {
        return None;
    };
    let (Op::CumulativeSum { dim: 0 }, [steps, ..]) = graph.node(*counted)? else {
        return None;
    };
    match graph.node(*steps)?.0 {
        Op::Full { shape, value } if shape[..] == [None] && *value == -start => Some(*value as i64),
        _ => None,
    }
}

fn embedding_bag(t: &mut Translation) -> Outcome<bool> {
    let (table, indices) = (t.input("weight")?, t.input("indices")?);
    let each = distance_between_rows(t.input("offsets")?, t.graph);
    let each = each.filter(|each| *each > 0);
    let (Some(each), false) = (each, t.call.flag("include_last_offset", false)?) else {
        return Err(t.call.refused(
            Code::UnknownOperator,
            "has bags that are not one for each sequence, all of one size",
            "give `nn.EmbeddingBag` a matrix of indices without offsets, one row for each sequence, then export the network again",
        ));
    };
    let rows = Op::Reshape {
        shape: vec![-1, each],
    };
    let grid = t.step(rows.clone(), vec![indices]);
    let mut vectors = t.step(Op::Take { dim: 0 }, vec![table, grid]);
    if t.call.get("per_sample_weights").is_some() {
        let weights = t.input("per_sample_weights")?;
        let weights = t.step(rows, vec![weights]);
        let weights = t.step(Op::Unsqueeze { dim: -1 }, vec![weights]);
        vectors = t.step(Op::Multiply, vec![vectors, weights]);
    }
    // Indices that only fill up a bag; -1 stands for none.
    let padding = t.call.int("padding_idx", Some(-1))?;
    let counted = (padding >= 0).then(|| {
        let operands = vec![grid, Operand::Number(padding as f64)];
        let counted = t.step(Op::Compare(Comparison::NotEqual), operands);
        t.step(Op::Unsqueeze { dim: -1 }, vec![counted])
    });
    let over_bag = |kind| Op::Reduce {
        kind,
        dims: vec![1],
        keep: false,
    };
    let zero = Operand::Number(0.0);
    let mode = t.call.int("mode", Some(0))?;
    let Some(counted) = counted else {
        let kind = match mode {
            0 => Reduction::Sum,
            1 => Reduction::Mean,
            2 => Reduction::Max,
            _ => return Err(t.call.wrong("has an unknown mode")),
        };
        return t.finish(over_bag(kind), vec![vectors]);
    };
    let number = t.step(over_bag(Reduction::Sum), vec![counted]);
    match mode {
        0 | 1 => {
            let kept = t.step(Op::Where, vec![counted, vectors, zero]);
            if mode == 0 {
                return t.finish(over_bag(Reduction::Sum), vec![kept]);
            }
            let sum = t.step(over_bag(Reduction::Sum), vec![kept]);
            // The mean of an empty bag is 0.
            let number = t.step(Op::Maximum, vec![number, Operand::Number(1.0)]);
            t.finish(Op::Divide, vec![sum, number])
        }
        2 => {
            let lowest = Operand::Number(f64::NEG_INFINITY);
            let kept = t.step(Op::Where, vec![counted, vectors, lowest]);
            let largest = t.step(over_bag(Reduction::Max), vec![kept]);
            t.finish(Op::Where, vec![number, largest, zero])
        }
        _ => Err(t.call.wrong("has an unknown mode")),
    }
}
