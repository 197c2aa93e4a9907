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
    /// The r of the formula; rho squared in the paper.
    rate: f64,
}

impl ConfidenceSequence {
    /// For the looks of a rule: narrowest, as a multiple of the standard error, half way between first and last look as one
    /// counts in multiples. Appendix B.2 of the paper has the formula, which needs a level: that of the single interval.
    pub fn of(stopping: &Stopping, level: f64) -> ConfidenceSequence {
        ConfidenceSequence::up_to(stopping.max, level)
    }

    /// The same, given the maximum number of backgrounds that the rule allows.
    pub fn up_to(most: usize, level: f64) -> ConfidenceSequence {
        let middle = (Stopping::FIRST_ANALYSIS_BACKGROUNDS as f64 * most as f64).sqrt();
        let twice = -2.0 * (1.0 - level).ln();
        ConfidenceSequence {
            rate: (twice + (twice + 1.0).ln()) / middle,
        }
    }

    /// Critical value: how many standard errors the interval of level `1 - alpha` reaches to either side after n backgrounds.
    pub fn critical(&self, n: usize, alpha: f64) -> f64 {
        let grown = n as f64 * self.rate + 1.0;
        (2.0 * grown / (grown - 1.0) * (grown.sqrt() / alpha).ln()).sqrt()
    }

    /// p value that stays valid under repeated looks: the smallest alpha whose interval after n backgrounds excludes zero, for a
    /// mean that is `errors` standard errors away.
    pub fn p(&self, n: usize, errors: f64) -> f64 {
        let grown = n as f64 * self.rate + 1.0;
        let evidence = 0.5 * errors * errors * (grown - 1.0) / grown;
        (grown.sqrt() * (-evidence).exp()).min(1.0)
    }
}
