//! Removes the last function of a network's outputs, such as the sigmoid that turns logits into probabilities.

use serde::{Deserialize, Serialize};

use super::graph::{
    Activation, AttributionRule, Dataflow, Graph, Node, Op, Operand, Value, ValueId,
};

/// A function that an output may end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastStep {
    /// The logistic function, which turns a logit into a probability.
    Sigmoid,
    /// Probabilities that sum to 1 over the classes.
    Softmax,
    /// The logarithm of a softmax.
    LogSoftmax,
    /// log(1 + exp(x)), which makes counts or rates positive.
    Softplus,
    /// The exponential, as of a logarithm of counts.
    Exp,
    /// The hyperbolic tangent.
    Tanh,
    /// The rectifier, max(x, 0).
    Relu,
}

impl LastStep {
    /// Every function, in the order in which messages list them.
    pub const ALL: [LastStep; 7] = [
        LastStep::Sigmoid,
        LastStep::Softmax,
        LastStep::LogSoftmax,
        LastStep::Softplus,
        LastStep::Exp,
        LastStep::Tanh,
        LastStep::Relu,
    ];

    /// The word for it in a declaration.
    pub fn word(self) -> &'static str {
        match self {
            LastStep::Sigmoid => "sigmoid",
            LastStep::Softmax => "softmax",
            LastStep::LogSoftmax => "log_softmax",
            LastStep::Softplus => "softplus",
            LastStep::Exp => "exp",
            LastStep::Tanh => "tanh",
            LastStep::Relu => "relu",
        }
    }

    /// Unit of the input of this function, if it has a name: `logit` before a sigmoid.
    pub fn unit_before(self) -> Option<&'static str> {
        match self {
            LastStep::Sigmoid | LastStep::Softmax | LastStep::LogSoftmax => Some("logit"),
            LastStep::Exp => Some("log"),
            LastStep::Softplus | LastStep::Tanh | LastStep::Relu => None,
        }
    }

    fn matches_op(self, op: &Op) -> bool {
        match self {
            LastStep::Sigmoid => matches!(op, Op::Activate(Activation::Sigmoid)),
            LastStep::Softmax => matches!(op, Op::Softmax { log: false, .. }),
            LastStep::LogSoftmax => matches!(op, Op::Softmax { log: true, .. }),
            LastStep::Softplus => matches!(op, Op::Activate(Activation::Softplus { .. })),
            LastStep::Exp => matches!(op, Op::Activate(Activation::Exp)),
            LastStep::Tanh => matches!(op, Op::Activate(Activation::Tanh)),
            LastStep::Relu => matches!(op, Op::Activate(Activation::Relu)),
        }
    }
}

impl Graph {
    /// The same network, with each output taken before the given function, if any. Only nodes that rearrange elements
    /// may follow that function.
    ///
    /// # Errors
    /// If an output does not end with its function: the index of the output, and the node kind that it ends with.
    pub fn without_last_step(
        mut self,
        steps: &[Option<LastStep>],
    ) -> Result<Graph, (usize, String)> {
        for (number, step) in steps.iter().enumerate() {
            if let (Some(step), Some(&output)) = (step, self.outputs.get(number)) {
                let before = self.value_before(output, *step);
                self.outputs[number] = before.map_err(|made_by| (number, made_by))?;
            }
        }
        Ok(self)
    }

    /// The last function of an output, if it is one of [`LastStep::ALL`].
    pub fn last_step(&self, output: usize) -> Option<LastStep> {
        LastStep::ALL.into_iter().find(|step| {
            let mut steps = vec![None; output];
            steps.push(Some(*step));
            output < self.outputs.len() && self.clone().without_last_step(&steps).is_ok()
        })
    }

    fn value_before(&mut self, value: ValueId, step: LastStep) -> Result<ValueId, String> {
        let made = self
            .nodes
            .iter()
            .find(|node| node.outputs.first() == Some(&value));
        let Some(node) = made.cloned() else {
            return Err("an input".to_string());
        };
        if step.matches_op(&node.op)
            && let Some(Operand::Value(before)) = node.inputs.first()
        {
            return Ok(*before);
        }
        let kind = node.op.kind();
        let rearranged = match kind.dataflow {
            Dataflow::Concatenation { .. } => node.inputs.len(),
            dataflow if dataflow.rearranges() && kind.attribution != AttributionRule::Stopped => 1,
            _ => return Err(node.op.describe()),
        };
        let mut inputs = node.inputs.clone();
        for operand in &mut inputs[..rearranged] {
            match operand {
                Operand::Value(id) => *id = self.value_before(*id, step)?,
                _ => return Err(node.op.describe()),
            }
        }
        let id = ValueId(self.values.len());
        let Value { name, shape } = self.values[value.0].clone();
        self.values.push(Value {
            name: format!("{name}_before_{}", step.word()),
            shape,
        });
        self.nodes.push(Node {
            inputs,
            outputs: vec![id],
            ..node
        });
        Ok(id)
    }
}
