//! The steps of a formula, from its tree.

use std::collections::HashMap;
use std::hash::Hash;

use super::{FormulaTape, Operation, Step, WithoutRule};
use crate::{Arithmetic, Fold, FoldKind, Formula, Function, Reduction, Track};

/// Adds steps to a tape, equal leaves once.
pub(super) struct Builder<Leaf> {
    tape: FormulaTape<Leaf>,
    known: HashMap<Leaf, usize>,
}

impl<Leaf: Copy + Eq + Hash> Builder<Leaf> {
    pub(super) fn new() -> Builder<Leaf> {
        let (leaves, steps) = (Vec::new(), Vec::new());
        Builder {
            tape: FormulaTape { leaves, steps },
            known: HashMap::new(),
        }
    }

    /// The steps of a formula, whose result is that of the last.
    pub(super) fn tape(
        mut self,
        formula: &Formula<Leaf>,
    ) -> Result<FormulaTape<Leaf>, WithoutRule> {
        self.formula(formula)?;
        Ok(self.tape)
    }

    fn push(&mut self, operation: Operation, operands: Vec<usize>) -> usize {
        self.tape.steps.push(Step {
            operation,
            operands,
        });
        self.tape.steps.len() - 1
    }

    fn leaf(&mut self, leaf: Leaf) -> usize {
        let leaves = &mut self.tape.leaves;
        *self.known.entry(leaf).or_insert_with(|| {
            leaves.push(leaf);
            leaves.len() - 1
        })
    }

    fn leaves(&mut self, leaves: &[Leaf]) -> usize {
        let indices = leaves.iter().map(|&leaf| self.leaf(leaf)).collect();
        self.push(Operation::Leaves(indices), Vec::new())
    }

    /// The step of a formula's number.
    fn formula(&mut self, of: &Formula<Leaf>) -> Result<usize, WithoutRule> {
        let (operation, operands) = match of {
            Formula::Leaf(leaf) => return Ok(self.leaves(&[*leaf])),
            Formula::Constant(number) => (Operation::Constants(vec![*number]), Vec::new()),
            Formula::Negate(a) => (Operation::Negate, vec![self.formula(a)?]),
            Formula::Call(Function::Frozen, a) => (Operation::Frozen, vec![self.formula(a)?]),
            Formula::Call(function, a) => (Operation::Call(*function), vec![self.formula(a)?]),
            Formula::Binary(op, a, b) => {
                let operands = vec![self.formula(a)?, self.formula(b)?];
                (Operation::Binary(*op), operands)
            }
            Formula::Reduce(reduction, of) => {
                let numbers = self.numbers(of)?;
                (Operation::Reduce(*reduction), vec![numbers])
            }
            Formula::Fold(fold) => return self.fold(fold),
            Formula::Overall(_) => return Err(WithoutRule("overall")),
        };
        Ok(self.push(operation, operands))
    }

    /// The step of several numbers as one list.
    fn numbers(&mut self, of: &[Formula<Leaf>]) -> Result<usize, WithoutRule> {
        let leaf = |part: &Formula<Leaf>| match part {
            Formula::Leaf(leaf) => Some(*leaf),
            _ => None,
        };
        if let Some(leaves) = of.iter().map(leaf).collect::<Option<Vec<Leaf>>>() {
            return Ok(self.leaves(&leaves));
        }
        let parts = of.iter().map(|part| self.formula(part));
        let parts = parts.collect::<Result<Vec<usize>, WithoutRule>>()?;
        Ok(self.push(Operation::Collect, parts))
    }

    fn fold(&mut self, fold: &Fold<Leaf>) -> Result<usize, WithoutRule> {
        let tracks = fold
            .tracks
            .iter()
            .map(|track| self.track(track))
            .collect::<Result<Vec<usize>, WithoutRule>>()?;
        Ok(match fold.kind {
            FoldKind::Reduce(reduction) => self.push(Operation::Reduce(reduction), tracks),
            FoldKind::At(index) => self.push(Operation::Part(index, 1), tracks),
            FoldKind::WeightedMean => {
                let weights = tracks[1..].to_vec();
                let products = self.push(Operation::Binary(Arithmetic::Multiply), tracks);
                let sums = [vec![products], weights]
                    .map(|of| self.push(Operation::Reduce(Reduction::Sum), of));
                self.push(Operation::Binary(Arithmetic::Divide), sums.to_vec())
            }
            FoldKind::Argmax | FoldKind::JensenShannon { .. } => {
                self.push(Operation::WithoutRule(fold.kind), tracks)
            }
        })
    }

    /// The step of a track's numbers.
    fn track(&mut self, of: &Track<Leaf>) -> Result<usize, WithoutRule> {
        let (operation, operands) = match of {
            Track::Leaves(leaves) => return Ok(self.leaves(leaves)),
            Track::Constants(numbers) => (Operation::Constants(numbers.to_vec()), Vec::new()),
            Track::Numbers(numbers) => return self.numbers(numbers),
            Track::Repeated(number, count) => {
                (Operation::Repeat(*count), vec![self.formula(number)?])
            }
            Track::Negate(of) => (Operation::Negate, vec![self.track(of)?]),
            Track::Call(Function::Frozen, of) => (Operation::Frozen, vec![self.track(of)?]),
            Track::Call(function, of) => (Operation::Call(*function), vec![self.track(of)?]),
            Track::Binary(op, left, right) => {
                let operands = vec![self.track(left)?, self.track(right)?];
                (Operation::Binary(*op), operands)
            }
            Track::Softmax(of) => (Operation::Softmax, vec![self.track(of)?]),
            Track::Mean(of) => {
                let parts = of.iter().map(|track| self.track(track));
                let parts = parts.collect::<Result<Vec<usize>, WithoutRule>>()?;
                (Operation::Mean, parts)
            }
            Track::Part(of, start, count) => {
                (Operation::Part(*start, *count), vec![self.track(of)?])
            }
            Track::UnderControl(_) => return Err(WithoutRule("control")),
        };
        Ok(self.push(operation, operands))
    }
}
