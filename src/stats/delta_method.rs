//! Delta method for contrasts between means over all backgrounds, such as a ratio of means.
//!
//! Let g be a function of means m_1, m_2, ... with partial derivatives g_j. A background with the numbers z_1, z_2, ... has the
//! *linearised value* g(m) + sum of g_j (z_j - m_j). The mean of the linearised values is g(m), and their standard error is that of
//! the delta method (Cramér, *Mathematical Methods of Statistics*, 28.4). So every method for a mean of differences applies to g(m),
//! with linearised values in place of differences.

use super::Moments;
use super::formula_vm::FormulaProgram;
use super::rounding::zero_frequent_roundings;
use gia_design::Formula;

/// A contrast compiled for evaluation: for each background, or from means over all backgrounds.
pub enum ContrastProgram<'a> {
    /// For each background.
    PerBackground(FormulaProgram<usize>),
    /// From means over all backgrounds: the formula, and the numbers that each of its means averages.
    OfMeans(&'a Formula<usize>, Vec<FormulaProgram<usize>>),
}

impl<'a> ContrastProgram<'a> {
    pub fn new(formula: &'a Formula<usize>) -> Self {
        let parts = formula.overall();
        if parts.is_empty() {
            return ContrastProgram::PerBackground(FormulaProgram::new(formula));
        }
        ContrastProgram::OfMeans(
            formula,
            parts.into_iter().map(FormulaProgram::new).collect(),
        )
    }
}

/// A formula over means, with the sample that each mean averages.
pub struct FormulaOfMeans<'a> {
    formula: &'a Formula<usize>,
    /// By mean, then background.
    samples: Vec<Vec<f64>>,
    /// The [magnitudes](super::rounding) of the numbers in the same order; empty for exact numbers.
    magnitudes: Vec<Vec<f64>>,
}

impl<'a> FormulaOfMeans<'a> {
    /// A formula with the sample that each of its means averages, by mean, then background. The values count as exact.
    pub fn new(formula: &'a Formula<usize>, numbers: Vec<Vec<f64>>) -> Self {
        FormulaOfMeans {
            formula,
            samples: numbers,
            magnitudes: Vec::new(),
        }
    }

    /// Adds the magnitude of each value, by which rounding errors are estimated.
    pub fn with_magnitudes(self, magnitudes: Vec<Vec<f64>>) -> Self {
        FormulaOfMeans { magnitudes, ..self }
    }

    /// Each mean of the formula.
    pub fn means(&self) -> Vec<f64> {
        let numbers = self.samples.iter();
        numbers.map(|numbers| Moments::of(numbers).mean).collect()
    }

    /// The value of the formula at the means.
    pub fn value(&self) -> f64 {
        self.formula.tangent(&self.means(), 0).0
    }

    /// The value for a resample, given as indices of backgrounds.
    pub fn value_of_resample(&self, drawn: &[usize]) -> f64 {
        let mean = |numbers: &Vec<f64>| {
            drawn.iter().map(|&i| numbers[i]).sum::<f64>() / drawn.len() as f64
        };
        let means: Vec<f64> = self.samples.iter().map(mean).collect();
        self.formula.tangent(&means, 0).0
    }

    /// The linearised value of each background.
    pub fn linearised_values(&self) -> Vec<f64> {
        let means = self.means();
        let value = self.formula.tangent(&means, 0).0;
        let n = self.samples.first().map_or(0, Vec::len);
        let mut shares = vec![value; n];
        for (along, (numbers, mean)) in self.samples.iter().zip(&means).enumerate() {
            let (_, slope) = self.formula.tangent(&means, along);
            for (share, number) in shares.iter_mut().zip(numbers) {
                *share += slope * (number - mean);
            }
        }
        shares
    }

    /// The linearised values, set to zero if rounding alone explains them; with the largest possible size of their mean if all are.
    pub fn linearised_above_precision(&self) -> (Vec<f64>, Option<f64>) {
        let mut shares = self.linearised_values();
        let mut filtered = shares.clone();
        let precision = zero_frequent_roundings(&mut filtered, &self.linearised_magnitudes());
        // They are set to zero all together or not at all: their mean is the value of the formula.
        if precision.is_some() {
            shares = filtered;
        }
        (shares, precision)
    }

    /// The magnitude of each linearised value.
    pub fn linearised_magnitudes(&self) -> Vec<f64> {
        let means = self.means();
        let n = self.magnitudes.first().map_or(0, Vec::len);
        let mut all = vec![0.0; n];
        for (along, magnitudes) in self.magnitudes.iter().enumerate() {
            let (_, slope) = self.formula.tangent(&means, along);
            let mean = Moments::of(magnitudes).mean;
            for (sum, magnitude) in all.iter_mut().zip(magnitudes) {
                *sum += slope.abs() * (magnitude + mean);
            }
        }
        all
    }
}
