//! Intervals that hold at every look: asymptotic confidence sequences.
//!
//! Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, *Time-uniform central limit theory and asymptotic confidence
//! sequences*, Annals of Statistics 52:2613 (2024), theorem 2.2: with probability 1 - alpha, as the first look is late,
//! the mean lies at all n at once within
//!
//! ```text
//! mean_n ± sd_n sqrt( 2 (n r + 1) / (n^2 r) log( sqrt(n r + 1) / alpha ) )
//! ```
//!
//! The error rate stays at alpha however often one looks, and whenever one stops.

use gia_design::Stopping;

/// A confidence sequence, tuned to be narrowest at some number of backgrounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConfidenceSequence {
    /// Tuning parameter, the r of the formula above; rho squared in the paper.
    rho_squared: f64,
}

impl ConfidenceSequence {
    /// The sequence for a stopping rule, tuned to be narrowest at the geometric mean of the first and the last number of backgrounds.
    ///
    /// The formula is in appendix B.2 of the paper; `level` is the confidence level of a single interval.
    pub fn for_rule(stopping: &Stopping, level: f64) -> ConfidenceSequence {
        ConfidenceSequence::for_max_backgrounds(stopping.max, level)
    }

    /// The sequence for a rule that allows at most this many backgrounds, tuned as in [`Self::for_rule`].
    pub fn for_max_backgrounds(most: usize, level: f64) -> ConfidenceSequence {
        let middle = (Stopping::FIRST_ANALYSIS_BACKGROUNDS as f64 * most as f64).sqrt();
        let twice = -2.0 * (1.0 - level).ln();
        ConfidenceSequence {
            rho_squared: (twice + (twice + 1.0).ln()) / middle,
        }
    }

    /// Critical value: how many standard errors the interval of level `1 - alpha` reaches to either side after n backgrounds.
    pub fn critical_value(&self, n: usize, alpha: f64) -> f64 {
        let grown = n as f64 * self.rho_squared + 1.0;
        (2.0 * grown / (grown - 1.0) * (grown.sqrt() / alpha).ln()).sqrt()
    }

    /// p value that stays valid under repeated looks: the smallest alpha whose interval after n backgrounds excludes zero, for a
    /// mean that is `errors` standard errors away.
    pub fn p_value(&self, n: usize, errors: f64) -> f64 {
        let grown = n as f64 * self.rho_squared + 1.0;
        let evidence = 0.5 * errors * errors * (grown - 1.0) / grown;
        (grown.sqrt() * (-evidence).exp()).min(1.0)
    }
}
