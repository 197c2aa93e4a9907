//! Evaluates small values that depend on no input and on no weight but small buffers of integers, such as a mask of positions.
//!
//! The worker computes all other constants once, when it loads a network. Here only those are evaluated on which shapes
//! depend.

use std::collections::HashMap;

use super::graph::{Activation, Comparison, Dataflow, Graph, Node, Op, Operand, ValueId};
use super::shapes::infer_result_shape;

/// Maximum number of elements of a value that is evaluated.
const MAX_ELEMENTS: usize = 1 << 16;
/// Maximum number of nodes that are evaluated for one value.
const MAX_NODES: usize = 256;

/// A value with its shape.
#[derive(Clone)]
struct Constant {
    shape: Vec<i64>,
    values: Vec<f64>,
}

/// The elements of a value in row-major order; none if it depends on an input or on a weight that is not among the `stored` ones, or if it is not
/// supported.
pub fn evaluate(
    graph: &Graph,
    stored: &HashMap<ValueId, Vec<f64>>,
    id: ValueId,
) -> Option<Vec<f64>> {
    let mut evaluation = Evaluation {
        graph,
        stored,
        known: HashMap::new(),
        nodes_left: MAX_NODES,
    };
    evaluation.value(id).map(|constant| constant.values)
}

struct Evaluation<'g> {
    graph: &'g Graph,
    stored: &'g HashMap<ValueId, Vec<f64>>,
    known: HashMap<ValueId, Constant>,
    nodes_left: usize,
}

impl Evaluation<'_> {
    fn value(&mut self, id: ValueId) -> Option<Constant> {
        if let Some(constant) = self.known.get(&id) {
            return Some(constant.clone());
        }
        if let Some(values) = self.stored.get(&id) {
            let shape = self.graph.values[id.0].shape.as_ref()?.iter();
            let shape = shape.map(|dim| dim.fixed()).collect::<Option<_>>()?;
            return Some(Constant {
                shape,
                values: values.clone(),
            });
        }
        self.nodes_left = self.nodes_left.checked_sub(1)?;
        let mut nodes = self.graph.nodes.iter().rev();
        let node = nodes.find(|node| node.outputs.first() == Some(&id))?;
        let constant = self.node(node)?;
        self.known.insert(id, constant.clone());
        Some(constant)
    }

    fn operand(&mut self, operand: Operand) -> Option<Constant> {
        match operand {
            Operand::Value(id) => self.value(id),
            Operand::Number(number) => Some(Constant {
                shape: Vec::new(),
                values: vec![number],
            }),
            Operand::Absent => None,
        }
    }

    fn node(&mut self, node: &Node) -> Option<Constant> {
        let operands: Option<Vec<Constant>> = node
            .inputs
            .iter()
            .map(|operand| self.operand(*operand))
            .collect();
        let operands = operands?;
        let dims: Vec<Vec<_>> = operands
            .iter()
            .map(|operand| {
                operand
                    .shape
                    .iter()
                    .map(|n| super::graph::Dim::Fixed(*n))
                    .collect()
            })
            .collect();
        let dims: Vec<Option<&[_]>> = dims.iter().map(|dims| Some(dims.as_slice())).collect();
        let made = infer_result_shape(&node.op, &dims)?;
        let shape: Vec<i64> = made.iter().map(|dim| dim.fixed()).collect::<Option<_>>()?;
        let count = shape.iter().try_fold(1usize, |n, size| {
            n.checked_mul(usize::try_from(*size).ok()?)
        })?;
        if count > MAX_ELEMENTS {
            return None;
        }
        let values = match (&node.op, node.op.kind().dataflow) {
            (Op::Full { value, .. }, _) => vec![*value; count],
            (Op::Literal { values, .. }, _) => values.clone(),
            (Op::Range { start, step, .. }, _) => {
                (0..count).map(|i| start + step * i as f64).collect()
            }
            // Elements keep their order.
            (_, Dataflow::Copy | Dataflow::Reshape(_)) => operands.first()?.values.clone(),
            (Op::Activate(activation), _) => {
                let of = elementwise(*activation)?;
                operands.first()?.values.iter().map(|x| of(*x)).collect()
            }
            (op, Dataflow::Broadcast { .. }) => (0..count)
                .map(|at| {
                    let numbers: Vec<f64> = operands
                        .iter()
                        .map(|operand| operand.broadcast_at(at, &shape))
                        .collect::<Option<_>>()?;
                    combined(op, &numbers)
                })
                .collect::<Option<_>>()?,
            _ => return None,
        };
        (values.len() == count).then_some(Constant { shape, values })
    }
}

impl Constant {
    /// The element that broadcasts to index `at` of a result.
    fn broadcast_at(&self, at: usize, made: &[i64]) -> Option<f64> {
        let skipped = made.len().checked_sub(self.shape.len())?;
        let (mut rest, mut index, mut stride) = (at, 0usize, 1usize);
        for dim in (0..made.len()).rev() {
            let size = usize::try_from(made[dim]).ok()?.max(1);
            let place = rest % size;
            rest /= size;
            if let Some(own) = dim.checked_sub(skipped) {
                let own = usize::try_from(self.shape[own]).ok()?;
                index += stride * if own == 1 { 0 } else { place };
                stride *= own;
            }
        }
        self.values.get(index).copied()
    }
}

fn elementwise(activation: Activation) -> Option<fn(f64) -> f64> {
    Some(match activation {
        Activation::Floor => f64::floor,
        Activation::Ceil => f64::ceil,
        Activation::Trunc => f64::trunc,
        Activation::Abs => f64::abs,
        Activation::Negate => |x| -x,
        Activation::Relu => |x| x.max(0.0),
        Activation::Whole { .. } => |x| x,
        _ => return None,
    })
}

fn combined(op: &Op, numbers: &[f64]) -> Option<f64> {
    use super::graph::Binary;
    let truth = |holds: bool| f64::from(u8::from(holds));
    Some(match (op, numbers) {
        (Op::Add { factor }, [a, b]) => a + factor * b,
        (Op::Subtract { factor }, [a, b]) => a - factor * b,
        (Op::Multiply, [a, b]) => a * b,
        (Op::Divide, [a, b]) => a / b,
        (Op::Maximum, [a, b]) => a.max(*b),
        (Op::Minimum, [a, b]) => a.min(*b),
        (Op::Binary(Binary::Remainder), [a, b]) if *b != 0.0 => a - b * (a / b).floor(),
        (Op::Binary(Binary::TruncatedRemainder), [a, b]) if *b != 0.0 => a % b,
        (Op::Where, [holds, a, b]) => match *holds != 0.0 {
            true => *a,
            false => *b,
        },
        (Op::Compare(comparison), [a, b]) => truth(match comparison {
            Comparison::Greater => a > b,
            Comparison::GreaterOrEqual => a >= b,
            Comparison::Less => a < b,
            Comparison::LessOrEqual => a <= b,
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
        }),
        _ => return None,
    })
}
