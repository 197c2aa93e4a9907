//! What each operation computes, and how it divides a multiplier among its operands.

use super::{Operation, Sides};
use crate::{Arithmetic, Reduction};

/// Differences of an operand, relative to its size, below which the slope of a function is its derivative.
const SMALLEST_DIFFERENCE: f64 = 1e-6;

impl Operation {
    pub(super) fn apply(&self, operands: &[&[f64]], leaves: &[f64]) -> Vec<f64> {
        let first = || operands.first().copied().unwrap_or_default();
        match self {
            Operation::Leaves(of) => of.iter().map(|&leaf| leaves[leaf]).collect(),
            Operation::Constants(numbers) => numbers.clone(),
            Operation::Negate => first().iter().map(|x| -x).collect(),
            Operation::Frozen => first().to_vec(),
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
            Operation::WithoutRule(kind) => vec![kind.apply(operands)],
        }
    }

    /// The multipliers of each operand from those of the result.
    pub(super) fn hand_on(
        &self,
        multipliers: &[f64],
        operands: &[&Sides],
        result: &Sides,
    ) -> Vec<Vec<f64>> {
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
            (Operation::WithoutRule(_) | Operation::Frozen, _) => operands
                .iter()
                .map(|of| vec![0.0; of.input.len()])
                .collect(),
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
