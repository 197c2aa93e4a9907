//! The precision of float32: how far a number can be from what exact arithmetic would give, and differences that are no
//! larger than that.
//!
//! Networks give float32 numbers. The relative error of each is a few units of [`UNIT_ROUNDOFF`], and a formula passes
//! these errors on by its partial derivatives: a sum over inputs x of |df/dx| |x| times the relative error, to first
//! order (Higham, *Accuracy and Stability of Numerical Algorithms*, 3.1). That sum is the *magnitude* of the value here.

use super::formula_vm::{BLOCK, Program, Step};
use gia_design::Arithmetic;

/// Largest relative error of rounding a number to float32.
const UNIT_ROUNDOFF: f64 = 1.0 / (1 << 24) as f64;
/// Units of rounding error in an output of a network. The errors of a sum of n terms behave as a random walk of about
/// sqrt(n) / 2 units; 16 units are those of a thousand terms, the width of a typical layer. The worst case, n units, is
/// never met in practice and would hide effects.
const OUTPUT_ERROR_UNITS: f64 = 16.0;

/// How far a value of this magnitude can be from that of exact arithmetic.
pub fn tolerance(magnitude: f64) -> f64 {
    OUTPUT_ERROR_UNITS * UNIT_ROUNDOFF * magnitude
}

/// Share of the differences of a row above which those that are rounding are set to zero. Fewer lie near zero by chance,
/// and change no summary by as much as rounding does.
const MIN_ROUNDING_SHARE: f64 = 0.1;

/// How many differences of a row rounding alone can make.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoundingCount {
    /// Differences beyond rounding.
    effects: usize,
    /// Differences that are rounding, exact zeros aside.
    roundings: usize,
    largest_tolerance: f64,
}

impl RoundingCount {
    /// Counts values with their magnitudes; true where some is rounding.
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
            self.largest_tolerance = self.largest_tolerance.max(tolerance(*magnitude));
        }
        self.roundings > before
    }

    /// Whether so many are rounding that these are to be set to zero.
    pub fn is_material(self) -> bool {
        let nonzero = (self.effects + self.roundings) as f64;
        self.roundings as f64 > MIN_ROUNDING_SHARE * nonzero
    }

    /// Where every value was within its tolerance and not all were exact zeros: the largest tolerance.
    pub fn precision(self) -> Option<f64> {
        (self.roundings > 0 && self.effects == 0).then_some(self.largest_tolerance)
    }
}

/// Sets values that are rounding to zero.
pub fn zero_roundings(values: &mut [f64], magnitudes: &[f64]) {
    for (value, magnitude) in values.iter_mut().zip(magnitudes) {
        if is_below_precision(*value, *magnitude) {
            *value = 0.0;
        }
    }
}

/// The same for a whole row, where they are more than a few, and the [precision](RoundingCount::precision) of the row.
pub fn zero_row(values: &mut [f64], magnitudes: &[f64]) -> Option<f64> {
    let mut count = RoundingCount::default();
    count.add(values, magnitudes);
    if count.is_material() {
        zero_roundings(values, magnitudes);
    }
    count.precision()
}

/// Raises the magnitudes of an outcome to their mean: an output near zero is a difference of numbers as large as those behind
/// other outputs, and has their rounding error.
pub fn raise_to_mean(magnitudes: &mut [f64]) {
    let mean = magnitudes.iter().sum::<f64>() / magnitudes.len().max(1) as f64;
    for magnitude in magnitudes {
        // Not a number stays what it is.
        if *magnitude < mean {
            *magnitude = mean;
        }
    }
}

/// Whether rounding alone can make this value out of zero. False where the magnitude is not a number.
pub fn is_below_precision(value: f64, magnitude: f64) -> bool {
    value.abs() <= tolerance(magnitude)
}

/// Values of a block of backgrounds, each with its magnitude.
#[derive(Default)]
struct Block {
    values: Vec<f64>,
    magnitudes: Vec<f64>,
}

/// Blocks that are reused from one formula to the next.
#[derive(Default)]
pub struct MagnitudeStack {
    blocks: Vec<Block>,
}

impl<Leaf> Program<Leaf> {
    /// Fills `out` with the magnitude of the value of each background; `read(i, values, magnitudes)` fills those of leaf `i`.
    pub fn magnitudes(
        &self,
        stack: &mut MagnitudeStack,
        out: &mut [f64],
        mut read: impl FnMut(usize, &mut [f64], &mut [f64]),
    ) {
        let mut depth = 0;
        for step in &self.steps {
            match step {
                Step::Read(leaf) => {
                    let block = stack.push(&mut depth, out.len());
                    read(*leaf, &mut block.values, &mut block.magnitudes);
                }
                Step::Constant(constant) => {
                    let block = stack.push(&mut depth, out.len());
                    block.values.fill(*constant);
                    block.magnitudes.fill(0.0);
                }
                Step::Negate => {
                    for value in &mut stack.blocks[depth - 1].values {
                        *value = -*value;
                    }
                }
                Step::Call(function) => stack.blocks[depth - 1].update(|value, magnitude| {
                    (
                        function.apply(value),
                        scaled(function.slope(value), magnitude),
                    )
                }),
                Step::BinaryConstant(op, constant) => {
                    stack.blocks[depth - 1].update(|value, magnitude| {
                        combined(*op, (value, magnitude), (*constant, 0.0))
                    });
                }
                Step::Binary(op) => {
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
                        combined(*op, (value, magnitude), right)
                    });
                }
            }
        }
        out.copy_from_slice(&stack.blocks[0].magnitudes);
    }
}

impl MagnitudeStack {
    fn push(&mut self, depth: &mut usize, length: usize) -> &mut Block {
        if self.blocks.len() == *depth {
            self.blocks.push(Block {
                values: Vec::with_capacity(BLOCK),
                magnitudes: Vec::with_capacity(BLOCK),
            });
        }
        *depth += 1;
        let block = &mut self.blocks[*depth - 1];
        block.values.resize(length, 0.0);
        block.magnitudes.resize(length, 0.0);
        block
    }
}

impl Block {
    fn update(&mut self, mut f: impl FnMut(f64, f64) -> (f64, f64)) {
        for (value, magnitude) in self.values.iter_mut().zip(&mut self.magnitudes) {
            (*value, *magnitude) = f(*value, *magnitude);
        }
    }
}

/// |slope| times a magnitude, 0 where the magnitude is 0 whatever the slope.
fn scaled(slope: f64, magnitude: f64) -> f64 {
    if magnitude == 0.0 {
        0.0
    } else {
        slope.abs() * magnitude
    }
}

/// A value of two others and its magnitude.
fn combined(op: Arithmetic, a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let magnitude = match op {
        Arithmetic::Add | Arithmetic::Subtract => a.1 + b.1,
        Arithmetic::Multiply => scaled(b.0, a.1) + scaled(a.0, b.1),
        Arithmetic::Divide => scaled(1.0 / b.0, a.1) + scaled(a.0 / (b.0 * b.0), b.1),
        Arithmetic::Power => {
            scaled(b.0 * a.0.powf(b.0 - 1.0), a.1) + scaled(a.0.powf(b.0) * a.0.ln(), b.1)
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
        let program = Program::new(formula);
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
