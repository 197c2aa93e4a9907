//! Rounding errors of float32: bounds on the error of a value, and differences that are no larger.
//!
//! Networks give float32 numbers. The relative error of each is a few units of [`UNIT_ROUNDOFF`], and a formula passes
//! these errors on by its partial derivatives: a sum over inputs x of |df/dx| |x| times the relative error, to first
//! order (Higham, *Accuracy and Stability of Numerical Algorithms*, 3.1). That sum is the *magnitude* of the value here.

use super::formula_vm::{BLOCK_BACKGROUNDS, FormulaProgram, Instruction};
use gia_design::Arithmetic;

/// Largest relative error of rounding a number to float32.
const UNIT_ROUNDOFF: f64 = 1.0 / (1 << 24) as f64;
/// Units of rounding error in an output of a network. The errors of a sum of n terms behave as a random walk of about
/// sqrt(n) / 2 units; 16 units are those of a thousand terms, the width of a typical layer. The worst case, n units, is
/// never met in practice and would hide effects.
const OUTPUT_ERROR_UNITS: f64 = 16.0;

/// Largest expected rounding error of a value of this magnitude.
pub fn rounding_tolerance(magnitude: f64) -> f64 {
    OUTPUT_ERROR_UNITS * UNIT_ROUNDOFF * magnitude
}

/// Fraction of the nonzero differences of a row above which those within rounding error are set to zero. Fewer lie near zero by chance,
/// and change no summary by as much as rounding does.
const MIN_ROUNDING_SHARE: f64 = 0.1;

/// Counts the differences of a row that rounding alone can explain.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoundingCount {
    /// Differences larger than rounding explains.
    effects: usize,
    /// Nonzero differences that rounding explains.
    roundings: usize,
    largest_tolerance: f64,
}

impl RoundingCount {
    /// Counts a block of values with their magnitudes; true if rounding explains at least one that is not zero.
    pub fn add(&mut self, values: &[f64], magnitudes: &[f64]) -> bool {
        let before = self.roundings;
        for (value, magnitude) in values.iter().zip(magnitudes) {
            if !is_below_precision(*value, *magnitude) {
                self.effects += 1;
                continue;
            }
            if *value != 0.0 {
                self.roundings += 1;
            }
            self.largest_tolerance = self.largest_tolerance.max(rounding_tolerance(*magnitude));
        }
        self.roundings > before
    }

    /// Whether rounding explains enough of the differences to set those to zero.
    pub fn is_frequent(self) -> bool {
        let nonzero = (self.effects + self.roundings) as f64;
        self.roundings as f64 > MIN_ROUNDING_SHARE * nonzero
    }

    /// The largest tolerance, if every value is within its tolerance and not all are exact zeros; else none.
    pub fn rounding_bound(self) -> Option<f64> {
        (self.roundings > 0 && self.effects == 0).then_some(self.largest_tolerance)
    }
}

/// Sets to zero the values that rounding explains.
pub fn zero_roundings(values: &mut [f64], magnitudes: &[f64]) {
    for (value, magnitude) in values.iter_mut().zip(magnitudes) {
        if is_below_precision(*value, *magnitude) {
            *value = 0.0;
        }
    }
}

/// Sets to zero the values of a row that rounding explains, if they are frequent; returns the row's
/// [bound](RoundingCount::rounding_bound).
pub fn zero_frequent_roundings(values: &mut [f64], magnitudes: &[f64]) -> Option<f64> {
    let mut count = RoundingCount::default();
    count.add(values, magnitudes);
    if count.is_frequent() {
        zero_roundings(values, magnitudes);
    }
    count.rounding_bound()
}

/// Raises the magnitudes of an outcome to their mean: an output near zero is a difference of numbers as large as those behind
/// other outputs, and has their rounding error.
pub fn raise_magnitudes_to_mean(magnitudes: &mut [f64]) {
    let mean = magnitudes.iter().sum::<f64>() / magnitudes.len().max(1) as f64;
    for magnitude in magnitudes {
        // NaN stays NaN.
        if *magnitude < mean {
            *magnitude = mean;
        }
    }
}

/// Whether rounding alone explains a value that differs from zero. False if the magnitude is NaN.
pub fn is_below_precision(value: f64, magnitude: f64) -> bool {
    value.abs() <= rounding_tolerance(magnitude)
}

/// Values of a block of backgrounds, each with its magnitude.
#[derive(Default)]
struct MagnitudeBlock {
    values: Vec<f64>,
    magnitudes: Vec<f64>,
}

/// Stack of blocks with magnitudes, whose memory is reused from one formula to the next.
#[derive(Default)]
pub struct MagnitudeStack {
    blocks: Vec<MagnitudeBlock>,
}

impl<Leaf> FormulaProgram<Leaf> {
    /// Fills `out` with the magnitude of the value of each background; `read(i, values, magnitudes)` fills those of leaf `i`.
    pub fn magnitudes(
        &self,
        stack: &mut MagnitudeStack,
        out: &mut [f64],
        mut read: impl FnMut(usize, &mut [f64], &mut [f64]),
    ) {
        let mut depth = 0;
        for step in &self.instructions {
            match step {
                Instruction::LoadLeaf(leaf) => {
                    let block = stack.push(&mut depth, out.len());
                    read(*leaf, &mut block.values, &mut block.magnitudes);
                }
                Instruction::Constant(constant) => {
                    let block = stack.push(&mut depth, out.len());
                    block.values.fill(*constant);
                    block.magnitudes.fill(0.0);
                }
                Instruction::Negate => {
                    for value in &mut stack.blocks[depth - 1].values {
                        *value = -*value;
                    }
                }
                Instruction::Call(function) => {
                    stack.blocks[depth - 1].update(|value, magnitude| {
                        (
                            function.apply(value),
                            scaled_magnitude(function.slope(value), magnitude),
                        )
                    })
                }
                Instruction::BinaryConstant(op, constant) => {
                    stack.blocks[depth - 1].update(|value, magnitude| {
                        combine_with_magnitude(*op, (value, magnitude), (*constant, 0.0))
                    });
                }
                Instruction::Binary(op) => {
                    depth -= 1;
                    let (below, above) = stack.blocks.split_at_mut(depth);
                    let right = &above[0];
                    // The two that nearly every contrast is made of, as loops that the compiler can vectorise.
                    let sign = match op {
                        Arithmetic::Add => Some(1.0),
                        Arithmetic::Subtract => Some(-1.0),
                        Arithmetic::Multiply
                        | Arithmetic::Divide
                        | Arithmetic::Power
                        | Arithmetic::Max
                        | Arithmetic::Min => None,
                    };
                    if let Some(sign) = sign {
                        let left = &mut below[depth - 1];
                        let values = left.values.iter_mut().zip(&right.values);
                        values.for_each(|(a, b)| *a += sign * b);
                        let magnitudes = left.magnitudes.iter_mut().zip(&right.magnitudes);
                        magnitudes.for_each(|(a, b)| *a += b);
                        continue;
                    }
                    let right = right.values.iter().zip(&right.magnitudes);
                    let mut right = right.map(|(value, magnitude)| (*value, *magnitude));
                    below[depth - 1].update(|value, magnitude| {
                        let right = right.next().unwrap_or((f64::NAN, f64::NAN));
                        combine_with_magnitude(*op, (value, magnitude), right)
                    });
                }
            }
        }
        out.copy_from_slice(&stack.blocks[0].magnitudes);
    }
}

impl MagnitudeStack {
    fn push(&mut self, depth: &mut usize, length: usize) -> &mut MagnitudeBlock {
        if self.blocks.len() == *depth {
            self.blocks.push(MagnitudeBlock {
                values: Vec::with_capacity(BLOCK_BACKGROUNDS),
                magnitudes: Vec::with_capacity(BLOCK_BACKGROUNDS),
            });
        }
        *depth += 1;
        let block = &mut self.blocks[*depth - 1];
        block.values.resize(length, 0.0);
        block.magnitudes.resize(length, 0.0);
        block
    }
}

impl MagnitudeBlock {
    fn update(&mut self, mut f: impl FnMut(f64, f64) -> (f64, f64)) {
        for (value, magnitude) in self.values.iter_mut().zip(&mut self.magnitudes) {
            (*value, *magnitude) = f(*value, *magnitude);
        }
    }
}

/// |slope| times a magnitude, 0 where the magnitude is 0 whatever the slope.
fn scaled_magnitude(slope: f64, magnitude: f64) -> f64 {
    if magnitude == 0.0 {
        0.0
    } else {
        slope.abs() * magnitude
    }
}

/// Applies a binary operation to two values, each with its magnitude.
fn combine_with_magnitude(op: Arithmetic, a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let magnitude = match op {
        Arithmetic::Add | Arithmetic::Subtract => a.1 + b.1,
        Arithmetic::Multiply => scaled_magnitude(b.0, a.1) + scaled_magnitude(a.0, b.1),
        Arithmetic::Divide => {
            scaled_magnitude(1.0 / b.0, a.1) + scaled_magnitude(a.0 / (b.0 * b.0), b.1)
        }
        Arithmetic::Power => {
            scaled_magnitude(b.0 * a.0.powf(b.0 - 1.0), a.1)
                + scaled_magnitude(a.0.powf(b.0) * a.0.ln(), b.1)
        }
        Arithmetic::Max if a.0 >= b.0 => a.1,
        Arithmetic::Min if a.0 <= b.0 => a.1,
        Arithmetic::Max | Arithmetic::Min => b.1,
    };
    (op.apply(a.0, b.0), magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gia_design::{Formula, Function};

    fn magnitude(formula: &Formula<f64>) -> f64 {
        let program = FormulaProgram::new(formula);
        let mut out = [0.0];
        program.magnitudes(
            &mut MagnitudeStack::default(),
            &mut out,
            |i, values, magnitudes| {
                values.fill(program.leaves[i]);
                magnitudes.fill(program.leaves[i].abs());
            },
        );
        out[0]
    }

    fn leaf(x: f64) -> Box<Formula<f64>> {
        Box::new(Formula::Leaf(x))
    }

    #[test]
    fn a_difference_has_the_magnitude_of_both_sides() {
        let difference = Formula::Binary(Arithmetic::Subtract, leaf(0.47), leaf(-0.5));
        assert!((magnitude(&difference) - 0.97).abs() < 1e-15);
        let constant =
            Formula::Binary(Arithmetic::Add, leaf(2.0), Box::new(Formula::Constant(1e9)));
        assert_eq!(magnitude(&constant), 2.0);
    }

    #[test]
    fn a_logarithm_near_zero_keeps_the_error_of_what_it_is_of() {
        let log = Formula::Call(Function::Log, leaf(1.0 + 1e-9));
        assert!((magnitude(&log) - 1.0).abs() < 1e-12);
        let ratio = Formula::Binary(Arithmetic::Divide, leaf(3.0), leaf(-2.0));
        assert!((magnitude(&ratio) - 3.0).abs() < 1e-12);
        let square = Formula::Binary(
            Arithmetic::Power,
            leaf(-3.0),
            Box::new(Formula::Constant(2.0)),
        );
        assert!((magnitude(&square) - 18.0).abs() < 1e-12);
    }

    #[test]
    fn small_effects_are_kept() {
        assert!(is_below_precision(1.8e-8, 2.0 * 0.13));
        assert!(is_below_precision(1.6e-16, 4.0));
        assert!(!is_below_precision(1e-5, 2.0 * 0.47));
        assert!(!is_below_precision(1e-30, 0.0));
        assert!(!is_below_precision(0.0, f64::NAN));
    }
}
