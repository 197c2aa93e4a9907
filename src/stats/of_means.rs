//! Contrasts between means over all backgrounds, such as the ratio of two: the delta method.
//!
//! A function g of means m_1, m_2, ... changes by g_j for each bit by which m_j does, so that a background whose numbers are
//! z_1, z_2, ... adds g(m) + sum of g_j (z_j - m_j) to it. The mean of these shares is g(m), and their spread over the root of n is
//! the standard error that the delta method gives (Cramér, *Mathematical Methods of Statistics*, 28.4): with
//! shares in the place of differences, everything that is done with a mean of differences can be done with g(m).

use super::Moments;
use super::column::Program;
use super::rounding::zero_row;
use gia_design::Formula;

/// How a contrast is worked out.
pub enum Compared<'a> {
    /// For each background.
    Each(Program<usize>),
    /// From means over all backgrounds: the formula, and what each of its means is of.
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

/// A formula of means, and the numbers that each mean is of.
pub struct OfMeans<'a> {
    formula: &'a Formula<usize>,
    /// By mean, then background.
    numbers: Vec<Vec<f64>>,
    /// In the same way, the [magnitudes](super::rounding) of the numbers; none where they are exact.
    magnitudes: Vec<Vec<f64>>,
}

impl<'a> OfMeans<'a> {
    pub fn new(formula: &'a Formula<usize>, numbers: Vec<Vec<f64>>) -> Self {
        OfMeans {
            formula,
            numbers,
            magnitudes: Vec::new(),
        }
    }

    /// The same of numbers that are rounded, given the magnitude of each.
    pub fn with_magnitudes(self, magnitudes: Vec<Vec<f64>>) -> Self {
        OfMeans { magnitudes, ..self }
    }

    pub fn means(&self) -> Vec<f64> {
        let numbers = self.numbers.iter();
        numbers.map(|numbers| Moments::of(numbers).mean).collect()
    }

    pub fn value(&self) -> f64 {
        self.formula.tangent(&self.means(), 0).0
    }

    /// The formula of the means of a resample, given which backgrounds are in it.
    pub fn of_resample(&self, drawn: &[usize]) -> f64 {
        let mean = |numbers: &Vec<f64>| {
            drawn.iter().map(|&i| numbers[i]).sum::<f64>() / drawn.len() as f64
        };
        let means: Vec<f64> = self.numbers.iter().map(mean).collect();
        self.formula.tangent(&means, 0).0
    }

    /// What each background adds.
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

    /// The same, all zero where rounding alone can make them, and how far from zero their mean can then be.
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

    /// The magnitude of what each background adds.
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
