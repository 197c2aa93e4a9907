//! Delta method for contrasts between means over all backgrounds, such as a ratio of means.
//!
//! Let g be a function of means m_1, m_2, ... with partial derivatives g_j. A background with the numbers z_1, z_2, ... has the
//! linearised value g(m) + sum of g_j (z_j - m_j), called its *share* here. The mean of the shares is g(m), and their standard
//! error is that of the delta method (Cramér, *Mathematical Methods of Statistics*, 28.4). So every method for a mean of
//! differences applies to g(m), with shares in place of differences.

use super::Moments;
use super::formula_vm::Program;
use super::rounding::zero_row;
use gia_design::Formula;

/// How a contrast is computed.
pub enum Compared<'a> {
    /// For each background.
    Each(Program<usize>),
    /// From means over all backgrounds: the formula, and the numbers that each of its means averages.
    Means(&'a Formula<usize>, Vec<Program<usize>>),
}

impl<'a> Compared<'a> {
    pub fn new(formula: &'a Formula<usize>) -> Self {
        let parts = formula.overall();
        if parts.is_empty() {
            return Compared::Each(Program::new(formula));
        }
        Compared::Means(formula, parts.into_iter().map(Program::new).collect())
    }
}

/// A formula of means, with the numbers that each mean averages.
pub struct OfMeans<'a> {
    formula: &'a Formula<usize>,
    /// By mean, then background.
    numbers: Vec<Vec<f64>>,
    /// The [magnitudes](super::rounding) of the numbers in the same order; empty for exact numbers.
    magnitudes: Vec<Vec<f64>>,
}

impl<'a> OfMeans<'a> {
    /// A formula with the numbers that each of its means averages, by mean, then background. Numbers count as exact.
    pub fn new(formula: &'a Formula<usize>, numbers: Vec<Vec<f64>>) -> Self {
        OfMeans {
            formula,
            numbers,
            magnitudes: Vec::new(),
        }
    }

    /// The same with rounded numbers, given the magnitude of each.
    pub fn with_magnitudes(self, magnitudes: Vec<Vec<f64>>) -> Self {
        OfMeans { magnitudes, ..self }
    }

    /// Each mean of the formula.
    pub fn means(&self) -> Vec<f64> {
        let numbers = self.numbers.iter();
        numbers.map(|numbers| Moments::of(numbers).mean).collect()
    }

    /// The value of the formula at the means.
    pub fn value(&self) -> f64 {
        self.formula.tangent(&self.means(), 0).0
    }

    /// The value for a resample, given as indices of backgrounds.
    pub fn of_resample(&self, drawn: &[usize]) -> f64 {
        let mean = |numbers: &Vec<f64>| {
            drawn.iter().map(|&i| numbers[i]).sum::<f64>() / drawn.len() as f64
        };
        let means: Vec<f64> = self.numbers.iter().map(mean).collect();
        self.formula.tangent(&means, 0).0
    }

    /// The linearised value of each background.
    pub fn shares(&self) -> Vec<f64> {
        let means = self.means();
        let value = self.formula.tangent(&means, 0).0;
        let n = self.numbers.first().map_or(0, Vec::len);
        let mut shares = vec![value; n];
        for (along, (numbers, mean)) in self.numbers.iter().zip(&means).enumerate() {
            let (_, slope) = self.formula.tangent(&means, along);
            for (share, number) in shares.iter_mut().zip(numbers) {
                *share += slope * (number - mean);
            }
        }
        shares
    }

    /// The shares, set to zero if rounding alone explains them, and then the largest possible size of their mean.
    pub fn shares_above_precision(&self) -> (Vec<f64>, Option<f64>) {
        let mut shares = self.shares();
        let mut filtered = shares.clone();
        let precision = zero_row(&mut filtered, &self.share_magnitudes());
        // A few shares alone are not set to zero: their mean is the value of the formula.
        if precision.is_some() {
            shares = filtered;
        }
        (shares, precision)
    }

    /// The magnitude of each share.
    pub fn share_magnitudes(&self) -> Vec<f64> {
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
