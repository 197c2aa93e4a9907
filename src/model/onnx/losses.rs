//! Losses, as scores that a network computes of its own input.

use super::Reader;
use super::call::Call;
use crate::graph::{Activation, Comparison, Op, Operand, Reduction};
use gia_base::diag::Outcome;

/// The dimension of the classes.
const CLASS_DIM: i64 = 1;

impl Reader {
    /// `SoftmaxCrossEntropyLoss` and `NegativeLogLikelihoodLoss`: minus the logarithm of the probability of each label's class. The mean
    /// is weighted, and labels that are ignored have the weight 0.
    pub(super) fn log_likelihood_loss(&mut self, call: &Call) -> Outcome<()> {
        let mut log = Operand::Value(self.tensor(call, 0)?);
        if call.operator == "SoftmaxCrossEntropyLoss" {
            let (dim, is_log) = (CLASS_DIM, true);
            let op = Op::Softmax { dim, log: is_log };
            log = match call.outputs().get(1).filter(|name| !name.is_empty()) {
                Some(name) => Operand::Value(self.emit(call, op, vec![log], name)),
                None => Operand::Value(self.step(call, op, vec![log])),
            };
        }
        let mut labels = Operand::Value(self.tensor(call, 1)?);
        let mut weight = None;
        let ignored = call
            .has("ignore_index")
            .then(|| call.int("ignore_index", 0));
        if let Some(ignored) = ignored {
            let operands = vec![labels, Operand::Number(ignored as f64)];
            let counts = self.step(call, Op::Compare(Comparison::NotEqual), operands);
            weight = Some(Operand::Value(counts));
            // A label that is ignored may be no class, so another stands in its place.
            let operands = vec![Operand::Value(counts), labels, Operand::Number(0.0)];
            labels = Operand::Value(self.step(call, Op::Where, operands));
        }
        if call.has_input(2) {
            let of_classes = Operand::Value(self.tensor(call, 2)?);
            let op = Op::Take { dim: 0 };
            let own = Operand::Value(self.step(call, op, vec![of_classes, labels]));
            weight = Some(match weight {
                None => own,
                Some(counts) => Operand::Value(self.step(call, Op::Multiply, vec![own, counts])),
            });
        }
        let dim = CLASS_DIM;
        let index = Operand::Value(self.step(call, Op::Unsqueeze { dim }, vec![labels]));
        let picked = self.step(call, Op::TakeEach { dim }, vec![log, index]);
        let dims = vec![dim];
        let picked = self.step(call, Op::Squeeze { dims }, vec![Operand::Value(picked)]);
        let negate = Op::Activate(Activation::Negate);
        let mut loss = Operand::Value(self.step(call, negate, vec![Operand::Value(picked)]));
        if let Some(weight) = weight {
            loss = Operand::Value(self.step(call, Op::Multiply, vec![loss, weight]));
        }
        let over_all = |kind| Op::Reduce {
            kind,
            dims: Vec::new(),
            keep: false,
        };
        match (call.text("reduction", "mean").as_str(), weight) {
            ("none", _) => self.finish(call, Op::Identity, vec![loss]),
            ("sum", _) => self.finish(call, over_all(Reduction::Sum), vec![loss]),
            ("mean", None) => self.finish(call, over_all(Reduction::Mean), vec![loss]),
            ("mean", Some(weight)) => {
                let sums = [loss, weight]
                    .map(|x| Operand::Value(self.step(call, over_all(Reduction::Sum), vec![x])));
                self.finish(call, Op::Divide, sums.to_vec())
            }
            (other, _) => Err(call.wrong(&format!("has the unknown reduction \"{other}\""))),
        }
    }
}
