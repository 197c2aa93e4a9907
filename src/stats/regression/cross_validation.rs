//! Cross-validated share of explained variance: prediction of backgrounds that the fit has not seen.

use rand_chacha::rand_core::Rng;

use super::basis::{Basis, Fit};
use super::symmetric::Eigen;
use crate::ClusterDesign;
use crate::rng::random_generator;

/// Number of folds if there are at least as many independent backgrounds.
pub const MAX_FOLDS: usize = 10;

/// A fold that holds a larger share than this of a direction of the features leaves the other folds without it.
const MAX_HELD_SHARE: f64 = 1.0 - 1e-8;

/// A random division of backgrounds into folds of nearly equal numbers of sources; backgrounds of one source are in one fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    /// The fold of each background.
    of: Vec<usize>,
    count: usize,
}

impl Folds {
    /// Divides `n` backgrounds; the division depends on the seed and on the sources alone.
    pub fn new(n: usize, design: Option<&ClusterDesign>, seed: u64) -> Folds {
        let units = design.map_or(n, ClusterDesign::count);
        let count = units.min(MAX_FOLDS);
        let mut order: Vec<usize> = (0..units).collect();
        let mut generator = random_generator(seed, b"folds\0\0\0", 0);
        for last in (1..units).rev() {
            let chosen = (u64::from(generator.next_u32()) * (last as u64 + 1)) >> 32;
            order.swap(last, chosen as usize);
        }
        let mut fold_of_unit = vec![0; units];
        for (place, &unit) in order.iter().enumerate() {
            fold_of_unit[unit] = place % count.max(1);
        }
        let of = (0..n).map(|i| match design {
            Some(design) => fold_of_unit[design.ids()[i] as usize],
            None => fold_of_unit[i],
        });
        Folds {
            of: of.collect(),
            count,
        }
    }

    /// The folds with these numbers, from 0 without gaps: one for each background.
    pub fn from_numbers(of: Vec<usize>) -> Folds {
        let count = of.iter().max().map_or(0, |last| last + 1);
        Folds { of, count }
    }

    /// Number of folds.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The fold of each background.
    pub fn of(&self) -> &[usize] {
        &self.of
    }
}

impl Basis {
    /// `1 - sum (y - prediction)^2 / sum (y - mean)^2`, where prediction and mean are those of the other folds. Zero is no better than
    /// their mean, and below zero is worse. None with fewer than two folds, or if some fold leaves the others without a feature.
    ///
    /// The errors of a fold that is left out are `e_g + Q_g (I - Q_g' Q_g)^-1 Q_g' e_g`, from the residuals e of the fit to all
    /// backgrounds, so nothing is fitted again.
    pub fn cross_validated_r2(&self, fit: &Fit, response: &[f64], folds: &Folds) -> Option<f64> {
        if folds.count() < 2 {
            return None;
        }
        let groups = self.groups(&fit.residuals, folds.count(), |i| folds.of[i]);
        let corrections = groups.iter().map(|group| {
            let eigen = Eigen::of(group.products.clone());
            (eigen.max() <= MAX_HELD_SHARE)
                .then(|| eigen.apply(&group.scores, |share| 1.0 / (1.0 - share)))
        });
        let corrections: Vec<Vec<f64>> = corrections.collect::<Option<_>>()?;
        let mean = crate::Moments::of(response).mean;
        let mut sums = vec![0.0; folds.count()];
        for (y, &fold) in response.iter().zip(&folds.of) {
            sums[fold] += y - mean;
        }
        // The deviations of the mean of the other folds from the mean of all.
        let others = sums.iter().zip(&groups);
        let others: Vec<f64> = others
            .map(|(sum, group)| -sum / (self.n() - group.n) as f64)
            .collect();
        let (mut error, mut total) = (0.0, 0.0);
        for (i, (&fold, residual)) in folds.of.iter().zip(&fit.residuals).enumerate() {
            let correction = self.row(i).zip(&corrections[fold]);
            let missed = residual + correction.map(|(q, c)| q * c).sum::<f64>();
            error += missed * missed;
            total += (response[i] - mean - others[fold]).powi(2);
        }
        (total > 0.0).then(|| 1.0 - error / total)
    }
}
