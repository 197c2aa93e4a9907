//! Multipliers of the leaves of a formula, by which a difference of its value is divided among them.
//!
//! The rules are those of DeepLIFT (Shrikumar, Greenside and Kundaje 2017) in the forms that are exact: the multipliers times the differences of the
//! leaves add up to the difference of the formula. Where both sides are equal, they are the partial derivatives.

use std::collections::HashMap;
use std::hash::Hash;

use crate::{Arithmetic, Fold, FoldKind, Formula, Function, Reduction, Track};

/// Differences of an operand, relative to its size, below which the slope of a function is its derivative.
const SMALLEST_DIFFERENCE: f64 = 1e-6;

/// A formula as a list of steps, operands before results.
#[derive(Debug, Clone)]
pub struct FormulaTape<Leaf> {
    leaves: Vec<Leaf>,
    steps: Vec<Step>,
}

/// What a formula holds that no rule is exact for, in the words of the language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithoutRule(pub &'static str);

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
    /// A function without an exact rule.
    pub fn new(formula: &Formula<Leaf>) -> Result<FormulaTape<Leaf>, WithoutRule> {
        let mut builder = Builder {
            tape: FormulaTape {
                leaves: Vec::new(),
                steps: Vec::new(),
            },
            known: HashMap::new(),
        };
        builder.formula(formula)?;
        Ok(builder.tape)
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
        Some(self.multipliers(&anywhere, &anywhere))
    }

    /// The value of the formula, given those of [`FormulaTape::leaves`].
    pub fn value(&self, leaves: &[f64]) -> f64 {
        let last = self.values(leaves).pop();
        last.and_then(|last| last.first().copied())
            .unwrap_or(f64::NAN)
    }

    /// The multiplier of each leaf between the values of an input and of a reference.
    pub fn multipliers(&self, input: &[f64], reference: &[f64]) -> Vec<f64> {
        let [inputs, references] = [input, reference].map(|leaves| self.values(leaves));
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
    fn values(&self, leaves: &[f64]) -> Vec<Vec<f64>> {
        let mut values: Vec<Vec<f64>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let operands: Vec<&[f64]> = step.operands.iter().map(|&at| &*values[at]).collect();
            let found = step.operation.apply(&operands, leaves);
            values.push(found);
        }
        values
    }
}

impl Operation {
    fn apply(&self, operands: &[&[f64]], leaves: &[f64]) -> Vec<f64> {
        let first = || operands.first().copied().unwrap_or_default();
        match self {
            Operation::Leaves(of) => of.iter().map(|&leaf| leaves[leaf]).collect(),
            Operation::Constants(numbers) => numbers.clone(),
            Operation::Negate => first().iter().map(|x| -x).collect(),
            Operation::Call(function) => first().iter().map(|x| function.apply(*x)).collect(),
            Operation::Binary(op) => {
                let second = operands.get(1).copied().unwrap_or_default();
                let pairs = first().iter().zip(second);
                pairs.map(|(a, b)| op.apply(*a, *b)).collect()
            }
            Operation::Collect => operands
                .iter()
                .filter_map(|of| of.first().copied())
                .collect(),
            Operation::Repeat(count) => first().iter().flat_map(|x| vec![*x; *count]).collect(),
            Operation::Softmax => {
                let mut numbers = first().to_vec();
                crate::track::softmax(&mut numbers);
                numbers
            }
            Operation::Mean => {
                let sum = |at: usize| operands.iter().map(|of| of[at]).sum::<f64>();
                let count = operands.len() as f64;
                (0..first().len()).map(|at| sum(at) / count).collect()
            }
            Operation::Part(start, count) => {
                let part = first().get(*start..start + count);
                part.unwrap_or_default().to_vec()
            }
            Operation::Reduce(reduction) => vec![reduction.apply(first().iter().copied())],
        }
    }

    /// The multipliers of each operand from those of the result.
    fn hand_on(&self, multipliers: &[f64], operands: &[&Sides], result: &Sides) -> Vec<Vec<f64>> {
        let each = |of: &dyn Fn(usize) -> f64| {
            let handed = multipliers.iter().enumerate();
            handed.map(|(at, m)| m * of(at)).collect::<Vec<f64>>()
        };
        match (self, operands) {
            (Operation::Leaves(_) | Operation::Constants(_), _) | (_, []) => Vec::new(),
            (Operation::Negate, _) => vec![each(&|_| -1.0)],
            (Operation::Call(function), [of, ..]) => {
                vec![each(&|at| {
                    slope(of, at, &|x| function.apply(x), &|x| function.slope(x))
                })]
            }
            (Operation::Binary(op), [a, b, ..]) => {
                let slopes = |at: usize| binary_slopes(*op, a.at(at), b.at(at));
                vec![each(&|at| slopes(at).0), each(&|at| slopes(at).1)]
            }
            (Operation::Binary(_), [_]) => Vec::new(),
            (Operation::Collect, _) => multipliers.iter().map(|m| vec![*m]).collect(),
            (Operation::Repeat(_), _) => vec![vec![multipliers.iter().sum()]],
            (Operation::Softmax, [of, ..]) => vec![softmax_multipliers(multipliers, of, result)],
            (Operation::Mean, _) => vec![each(&|_| 1.0 / operands.len() as f64); operands.len()],
            (Operation::Part(start, _), [of, ..]) => {
                let mut handed = vec![0.0; of.input.len()];
                let part = handed.iter_mut().skip(*start);
                part.zip(multipliers).for_each(|(place, m)| *place = *m);
                vec![handed]
            }
            (Operation::Reduce(reduction), [of, ..]) => {
                let m = multipliers.first().copied().unwrap_or(0.0);
                let count = of.input.len();
                vec![match reduction {
                    Reduction::Sum => vec![m; count],
                    Reduction::Mean => vec![m / count as f64; count],
                    Reduction::Max => extremum_shares(of, &|a, b| a > b, f64::max)
                        .map_or(vec![0.0; count], |shares| scaled(shares, m)),
                    Reduction::Min => extremum_shares(of, &|a, b| a < b, f64::min)
                        .map_or(vec![0.0; count], |shares| scaled(shares, m)),
                }]
            }
        }
    }
}

impl Sides {
    /// The number at an index on both sides.
    fn at(&self, index: usize) -> (f64, f64) {
        (self.input[index], self.reference[index])
    }
}

fn scaled(mut numbers: Vec<f64>, by: f64) -> Vec<f64> {
    numbers.iter_mut().for_each(|x| *x *= by);
    numbers
}

/// The difference of a function over that of its operand; its derivative where the operand hardly differs.
fn slope(
    of: &Sides,
    at: usize,
    value: &dyn Fn(f64) -> f64,
    derivative: &dyn Fn(f64) -> f64,
) -> f64 {
    secant(of.at(at), value, derivative)
}

fn secant(
    (x, reference): (f64, f64),
    value: &dyn Fn(f64) -> f64,
    derivative: &dyn Fn(f64) -> f64,
) -> f64 {
    let difference = x - reference;
    match difference.abs() > SMALLEST_DIFFERENCE * x.abs().max(reference.abs()) {
        true => (value(x) - value(reference)) / difference,
        false => derivative(0.5 * (x + reference)),
    }
}

/// The multipliers of both operands, each given on both sides.
fn binary_slopes(op: Arithmetic, a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let mean = |(x, reference): (f64, f64)| 0.5 * (x + reference);
    match op {
        Arithmetic::Add => (1.0, 1.0),
        Arithmetic::Subtract => (1.0, -1.0),
        Arithmetic::Multiply => (mean(b), mean(a)),
        Arithmetic::Divide => (mean((1.0 / b.0, 1.0 / b.1)), -mean(a) / (b.0 * b.1)),
        Arithmetic::Power if b.0 == b.1 => (
            secant(a, &|a| a.powf(b.0), &|a| b.0 * a.powf(b.0 - 1.0)),
            // Of a constant exponent nothing is asked; of one that varies, this is the derivative.
            mean(a).powf(b.0) * mean(a).ln(),
        ),
        Arithmetic::Power => {
            // a^b = exp(b ln a): the rules of exp, of the product and of ln.
            let log = (a.0.ln(), a.1.ln());
            let of_product = secant((b.0 * log.0, b.1 * log.1), &f64::exp, &f64::exp);
            let of_log = secant(a, &f64::ln, &|a| 1.0 / a);
            (of_product * mean(b) * of_log, of_product * mean(log))
        }
        Arithmetic::Max | Arithmetic::Min => {
            let both = Sides {
                input: vec![a.0, b.0],
                reference: vec![a.1, b.1],
            };
            let shares = match op {
                Arithmetic::Min => extremum_shares(&both, &|a, b| a < b, f64::min),
                _ => extremum_shares(&both, &|a, b| a > b, f64::max),
            };
            shares.map_or((0.0, 0.0), |shares| (shares[0], shares[1]))
        }
    }
}

/// The share that each number has in the greatest (or smallest) one: of what the extremum gains, the place of the input's has one part and the place of
/// the reference's the other, neither beyond 1.
fn extremum_shares(
    of: &Sides,
    is_better: &dyn Fn(f64, f64) -> bool,
    better: fn(f64, f64) -> f64,
) -> Option<Vec<f64>> {
    let best = |numbers: &[f64]| {
        let indices = 0..numbers.len();
        indices.reduce(|best, at| match is_better(numbers[at], numbers[best]) {
            true => at,
            false => best,
        })
    };
    let (own, other) = (best(&of.input)?, best(&of.reference)?);
    let (value, reference) = (of.input[own], of.reference[other]);
    let bound = better(value, reference);
    let difference = |at: usize| of.input[at] - of.reference[at];
    let mut shares = vec![0.0; of.input.len()];
    shares[own] += match difference(own) {
        0.0 => 1.0,
        difference => (bound - reference) / difference,
    };
    shares[other] += match difference(other) {
        0.0 => 0.0,
        difference => (value - bound) / difference,
    };
    Some(shares)
}

/// The logarithmic mean (a - b) / (ln a - ln b) of numbers that are not negative.
fn logarithmic_mean(a: f64, b: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    let ratio = (high - low) / high;
    match ratio {
        _ if low <= 0.0 => 0.0,
        ratio if ratio > 0.5 => (high - low) / (high / low).ln(),
        // ln(high / low) = -ln(1 - ratio), which keeps the digits of a small difference.
        ratio if ratio > SMALLEST_DIFFERENCE => (high - low) / -(-ratio).ln_1p(),
        _ => 0.5 * (a + b),
    }
}

/// Multipliers of logits from those of their softmax: the rule of exp(x) / sum, with logarithmic means for both.
fn softmax_multipliers(multipliers: &[f64], of: &Sides, result: &Sides) -> Vec<f64> {
    let greatest = of.input.iter().chain(&of.reference).copied();
    let greatest = greatest.fold(f64::NEG_INFINITY, f64::max);
    let powers =
        |numbers: &[f64]| -> Vec<f64> { numbers.iter().map(|x| (x - greatest).exp()).collect() };
    let (input, reference) = (powers(&of.input), powers(&of.reference));
    let sum = logarithmic_mean(input.iter().sum(), reference.iter().sum());
    let shares = result.input.iter().zip(&result.reference);
    let own: Vec<f64> = shares
        .zip(multipliers)
        .map(|((y, reference), m)| m * logarithmic_mean(*y, *reference))
        .collect();
    let all: f64 = own.iter().sum();
    let powers = input.iter().zip(&reference);
    own.iter()
        .zip(powers)
        .map(|(own, (power, reference))| own - logarithmic_mean(*power, *reference) / sum * all)
        .collect()
}

/// Adds steps to a tape, equal leaves once.
struct Builder<Leaf> {
    tape: FormulaTape<Leaf>,
    known: HashMap<Leaf, usize>,
}

impl<Leaf: Copy + Eq + Hash> Builder<Leaf> {
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
        let tracks = fold.tracks.iter();
        match fold.kind {
            FoldKind::Argmax | FoldKind::JensenShannon { .. } => {
                return Err(WithoutRule(fold.kind.word()));
            }
            FoldKind::Reduce(_) | FoldKind::At(_) | FoldKind::WeightedMean => {}
        }
        let tracks = tracks
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
                return Err(WithoutRule(fold.kind.word()));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    type Leaves = Formula<usize>;

    fn leaf(index: usize) -> Box<Leaves> {
        Box::new(Formula::Leaf(index))
    }

    fn all(count: usize) -> Arc<Track<usize>> {
        Arc::new(Track::Leaves((0..count).collect()))
    }

    /// Formulas of four leaves that use every rule.
    fn formulas() -> Vec<Leaves> {
        let binary = |op, a, b| Formula::Binary(op, a, b);
        let ratio = binary(Arithmetic::Divide, leaf(0), leaf(1));
        let softmax = Arc::new(Track::Softmax(Box::new((*all(4)).clone())));
        let fold = |kind, tracks: Vec<Arc<Track<usize>>>| {
            let tracks = tracks.into_boxed_slice();
            Formula::Fold(Arc::new(Fold { kind, tracks }))
        };
        let scores = Track::Binary(
            Arithmetic::Subtract,
            Box::new(Track::Call(Function::Exp, Box::new((*all(4)).clone()))),
            Box::new(Track::Repeated(leaf(2), 4)),
        );
        let numbers = Track::Numbers(vec![*leaf(1), ratio.clone(), Formula::Constant(0.7)]);
        vec![
            Formula::Call(Function::Log2, Box::new(ratio.clone())),
            binary(Arithmetic::Multiply, Box::new(ratio.clone()), leaf(2)),
            binary(Arithmetic::Power, leaf(0), leaf(3)),
            binary(Arithmetic::Power, leaf(0), Box::new(Formula::Constant(2.5))),
            Formula::Negate(Box::new(binary(Arithmetic::Max, leaf(0), leaf(1)))),
            binary(Arithmetic::Min, leaf(2), leaf(1)),
            Formula::Reduce(Reduction::Max, (0..4).map(Formula::Leaf).collect()),
            Formula::Reduce(Reduction::Mean, vec![*leaf(0), ratio, *leaf(0)]),
            fold(FoldKind::At(2), vec![softmax.clone()]),
            fold(FoldKind::WeightedMean, vec![all(4), softmax.clone()]),
            fold(
                FoldKind::Reduce(Reduction::Min),
                vec![Arc::new(scores.clone())],
            ),
            fold(
                FoldKind::Reduce(Reduction::Sum),
                vec![Arc::new(Track::Part(Arc::new(scores), 1, 2))],
            ),
            fold(FoldKind::Reduce(Reduction::Max), vec![Arc::new(numbers)]),
            fold(
                FoldKind::At(1),
                vec![Arc::new(Track::Mean(vec![
                    (*all(4)).clone(),
                    (*softmax).clone(),
                ]))],
            ),
            Formula::Call(Function::Sigmoid, leaf(3)),
            Formula::Call(Function::Softplus, leaf(3)),
            Formula::Call(Function::Sqrt, leaf(3)),
        ]
    }

    /// The value of a leaf of a formula of leaves.
    fn values(tape: &FormulaTape<usize>, of: &[f64]) -> Vec<f64> {
        tape.leaves().iter().map(|&leaf| of[leaf]).collect()
    }

    #[test]
    fn multipliers_times_differences_add_up() {
        let cases = [
            ([0.9, 1.7, 0.4, 2.2], [1.4, 0.6, 0.8, 0.5]),
            ([0.9, 1.7, 0.4, 2.2], [0.9, 1.7, 0.4, 2.1]),
            ([5.0, 1.7, 30.0, 2.2], [1e-3, 1.7, 0.4, 9.0]),
        ];
        for formula in formulas() {
            let tape = FormulaTape::new(&formula).expect("a rule for each");
            for (input, reference) in &cases {
                let (x, r) = (values(&tape, input), values(&tape, reference));
                let expected = formula.evaluate(&mut |leaf| input[leaf])
                    - formula.evaluate(&mut |leaf| reference[leaf]);
                let multipliers = tape.multipliers(&x, &r);
                let sum: f64 = multipliers
                    .iter()
                    .zip(x.iter().zip(&r))
                    .map(|(m, (x, r))| m * (x - r))
                    .sum();
                assert!(
                    (sum - expected).abs() <= 1e-10 * expected.abs().max(1.0),
                    "{formula:?}: {sum} and {expected}"
                );
                assert_eq!(tape.value(&x), formula.evaluate(&mut |leaf| input[leaf]));
            }
        }
    }

    #[test]
    fn multipliers_of_equal_sides_are_derivatives() {
        let at = [0.9, 1.7, 0.4, 2.2];
        for formula in formulas() {
            let tape = FormulaTape::new(&formula).expect("a rule for each");
            let x = values(&tape, &at);
            let multipliers = tape.multipliers(&x, &x);
            for (number, multiplier) in multipliers.iter().enumerate() {
                let step = 1e-5;
                let moved = |by: f64| {
                    let mut moved = x.clone();
                    moved[number] += by;
                    tape.value(&moved)
                };
                let derivative = (moved(step) - moved(-step)) / (2.0 * step);
                assert!(
                    (derivative - multiplier).abs() < 1e-6 * derivative.abs().max(1.0),
                    "{formula:?}: {multiplier} and {derivative}"
                );
            }
        }
    }

    #[test]
    fn multipliers_are_constant_where_a_formula_is_linear() {
        let half = Box::new(Formula::Constant(2.0));
        let linear = Formula::Binary(
            Arithmetic::Subtract,
            Box::new(Formula::Binary(Arithmetic::Divide, leaf(7), half)),
            Box::new(Formula::Reduce(
                Reduction::Mean,
                vec![*leaf(3), *leaf(7), *leaf(3), *leaf(1)],
            )),
        );
        let tape = FormulaTape::new(&linear).expect("linear");
        assert_eq!(tape.leaves(), [7, 3, 1]);
        assert_eq!(tape.constant_multipliers(), Some(vec![0.25, -0.5, -0.25]));
        let is_constant = |formula: &Leaves| {
            let tape = FormulaTape::new(formula).expect("a rule for each");
            tape.constant_multipliers().is_some()
        };
        assert!(!formulas().iter().any(is_constant));
        let constant = Formula::Call(Function::Exp, Box::new(Formula::Constant(1.0)));
        let scaled = Formula::Binary(Arithmetic::Multiply, Box::new(constant), leaf(0));
        assert!(is_constant(&scaled));
    }

    #[test]
    fn what_has_no_rule_is_named() {
        let summit = Formula::Fold(Arc::new(Fold::of(FoldKind::Argmax, all(3))));
        assert_eq!(FormulaTape::new(&summit).err(), Some(WithoutRule("argmax")));
    }
}
