//! Multipliers of the leaves of a formula, by which a difference of its value is divided among them.
//!
//! The rules are those of DeepLIFT (Shrikumar, Greenside and Kundaje 2017) in the forms that are exact: the multipliers times the differences of the
//! leaves add up to the difference of the formula. Where both sides are equal, they are the partial derivatives.

mod builder;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::Hash;

use self::builder::Builder;
use crate::{Arithmetic, FoldKind, Formula, Function, Reduction};

/// A formula as a list of steps, operands before results.
#[derive(Debug, Clone)]
pub struct FormulaTape<Leaf> {
    leaves: Vec<Leaf>,
    steps: Vec<Step>,
}

/// What a formula holds that no rule is exact for, in the words of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithoutRule(pub &'static str);

/// The numbers of what is frozen, by step; empty where nothing is, or where all is computed anew.
#[derive(Debug, Clone, Default)]
pub struct FrozenValues(HashMap<usize, Vec<f64>>);

/// A step: what it computes, and the steps that it computes it from.
#[derive(Debug, Clone)]
struct Step {
    operation: Operation,
    operands: Vec<usize>,
}

/// Operations on lists of numbers.
#[derive(Debug, Clone)]
enum Operation {
    /// Leaves by their index.
    Leaves(Vec<usize>),
    Constants(Vec<f64>),
    Negate,
    Call(Function),
    /// The numbers of the operand for the sequence that is asked, whatever they are for a reference.
    Frozen,
    /// Of two lists of one length.
    Binary(Arithmetic),
    /// The first numbers of all operands, in their order.
    Collect,
    /// The only number of the operand, so often.
    Repeat(usize),
    Softmax,
    /// The mean of several lists, number by number.
    Mean,
    /// So many numbers from this one on.
    Part(usize, usize),
    Reduce(Reduction),
    /// Of lists, what has no slope that a rule could divide.
    WithoutRule(FoldKind),
}

/// The numbers of a step on both sides.
struct Sides {
    input: Vec<f64>,
    reference: Vec<f64>,
}

impl<Leaf: Copy + Eq + Hash> FormulaTape<Leaf> {
    /// The steps of a formula.
    ///
    /// # Errors
    /// What is not of one sequence: the control, and means over all backgrounds.
    pub fn new(formula: &Formula<Leaf>) -> Result<FormulaTape<Leaf>, WithoutRule> {
        Builder::new().tape(formula)
    }

    /// A function of the formula without an exact rule, whose operands have multipliers of 0; none if there is none.
    pub fn without_rule(&self) -> Option<WithoutRule> {
        self.steps.iter().find_map(|step| match step.operation {
            Operation::WithoutRule(kind) => Some(WithoutRule(kind.word())),
            _ => None,
        })
    }

    /// The distinct leaves, in the order of the formula.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The multipliers of the leaves, if they are the same wherever the formula is evaluated.
    pub fn constant_multipliers(&self) -> Option<Vec<f64>> {
        let mut is_constant = vec![false; self.steps.len()];
        for (at, step) in self.steps.iter().enumerate() {
            let constant = |operand: &usize| is_constant[*operand];
            let is_linear = match &step.operation {
                Operation::Leaves(_)
                | Operation::Constants(_)
                | Operation::Negate
                | Operation::Frozen
                | Operation::Collect
                | Operation::Repeat(_)
                | Operation::Mean
                | Operation::Part(..)
                | Operation::Binary(Arithmetic::Add | Arithmetic::Subtract)
                | Operation::Reduce(Reduction::Sum | Reduction::Mean) => true,
                Operation::Binary(Arithmetic::Multiply) => step.operands.iter().any(constant),
                Operation::Binary(Arithmetic::Divide) => step.operands[1..].iter().all(constant),
                Operation::Binary(Arithmetic::Power | Arithmetic::Max | Arithmetic::Min)
                | Operation::Call(_)
                | Operation::Softmax
                | Operation::WithoutRule(_)
                | Operation::Reduce(Reduction::Max | Reduction::Min) => {
                    step.operands.iter().all(constant)
                }
            };
            if !is_linear {
                return None;
            }
            is_constant[at] = match &step.operation {
                Operation::Leaves(_) => false,
                Operation::Constants(_) => true,
                _ => step.operands.iter().all(|operand| is_constant[*operand]),
            };
        }
        let anywhere = vec![1.0; self.leaves.len()];
        Some(self.multipliers(&anywhere, &anywhere, &FrozenValues::default()))
    }

    /// What is frozen, given the values of [`FormulaTape::leaves`] for the sequence that is asked.
    pub fn frozen(&self, leaves: &[f64]) -> FrozenValues {
        if !self.is_frozen_in_part() {
            return FrozenValues::default();
        }
        let values = self.values(leaves, &FrozenValues::default());
        let steps = values.into_iter().zip(&self.steps).enumerate();
        let frozen = steps.filter(|(_, (_, step))| matches!(step.operation, Operation::Frozen));
        FrozenValues(frozen.map(|(at, (values, _))| (at, values)).collect())
    }

    /// Whether the formula freezes anything.
    pub fn is_frozen_in_part(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| matches!(step.operation, Operation::Frozen))
    }

    /// The value of the formula, given those of [`FormulaTape::leaves`].
    pub fn value(&self, leaves: &[f64], frozen: &FrozenValues) -> f64 {
        let last = self.values(leaves, frozen).pop();
        last.and_then(|last| last.first().copied())
            .unwrap_or(f64::NAN)
    }

    /// The multiplier of each leaf between the values of an input and of a reference.
    pub fn multipliers(&self, input: &[f64], reference: &[f64], frozen: &FrozenValues) -> Vec<f64> {
        let [inputs, references] = [input, reference].map(|leaves| self.values(leaves, frozen));
        let sides = inputs.into_iter().zip(references);
        let sides: Vec<Sides> = sides
            .map(|(input, reference)| Sides { input, reference })
            .collect();
        let mut of_leaves = vec![0.0; self.leaves.len()];
        let mut found: Vec<Vec<f64>> = sides.iter().map(|s| vec![0.0; s.input.len()]).collect();
        if let Some(result) = found.last_mut() {
            result.fill(1.0);
        }
        for (at, step) in self.steps.iter().enumerate().rev() {
            let multipliers = std::mem::take(&mut found[at]);
            if let Operation::Leaves(leaves) = &step.operation {
                for (leaf, multiplier) in leaves.iter().zip(&multipliers) {
                    of_leaves[*leaf] += multiplier;
                }
            }
            let operands: Vec<&Sides> = step.operands.iter().map(|&at| &sides[at]).collect();
            let handed = step.operation.hand_on(&multipliers, &operands, &sides[at]);
            for (operand, handed) in step.operands.iter().zip(handed) {
                for (sum, more) in found[*operand].iter_mut().zip(handed) {
                    *sum += more;
                }
            }
        }
        of_leaves
    }

    /// The numbers of each step.
    fn values(&self, leaves: &[f64], frozen: &FrozenValues) -> Vec<Vec<f64>> {
        let mut values: Vec<Vec<f64>> = Vec::with_capacity(self.steps.len());
        for (at, step) in self.steps.iter().enumerate() {
            let operands: Vec<&[f64]> = step.operands.iter().map(|&at| &*values[at]).collect();
            let found = match frozen.0.get(&at) {
                Some(held) => held.clone(),
                None => step.operation.apply(&operands, leaves),
            };
            values.push(found);
        }
        values
    }
}
