//! A mean with its uncertainty.

use super::confidence_sequence::ConfidenceSequence;
use super::{Moments, student};

/// The mean of one number per background, with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Number of backgrounds.
    pub n: usize,
    /// Mean over backgrounds.
    pub mean: f64,
    /// Sample standard deviation (n - 1); none for n = 1.
    pub sd: Option<f64>,
    /// Standard error of the mean, `sd / sqrt(n)`; none for n = 1.
    pub se: Option<f64>,
    /// Largest possible size of the mean if every value is below the precision of float32 and so counts as zero; else none.
    pub rounding_bound: Option<f64>,
}

/// How the interval and the p value of an estimate are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EstimateMethod {
    /// Numbers with a spread: Student's t interval and test.
    Student,
    /// Numbers that are zero within the precision of float32: the interval is that precision, and there is no test.
    BelowPrecision,
    /// Equal numbers: the interval is a point, and there is no spread to test the mean against.
    Constant,
    /// A single number, which has no spread, so neither interval nor p.
    SingleBackground,
}

impl EstimateMethod {
    /// All methods.
    pub const ALL: [EstimateMethod; 4] = [
        EstimateMethod::Student,
        EstimateMethod::BelowPrecision,
        EstimateMethod::Constant,
        EstimateMethod::SingleBackground,
    ];
}

impl From<Moments> for Estimate {
    fn from(moments: Moments) -> Self {
        let sd = moments.sd();
        Estimate {
            n: moments.n,
            mean: moments.mean,
            sd,
            se: sd.map(|sd| sd / (moments.n as f64).sqrt()),
            rounding_bound: None,
        }
    }
}

impl Estimate {
    /// The estimate from one number per background; there must be at least one.
    pub fn of(values: &[f64]) -> Estimate {
        Moments::of(values).into()
    }

    /// How the interval and p are made.
    pub fn method(&self) -> EstimateMethod {
        match (self.rounding_bound, self.sd) {
            (Some(_), _) => EstimateMethod::BelowPrecision,
            (None, None) => EstimateMethod::SingleBackground,
            (None, Some(0.0)) => EstimateMethod::Constant,
            (None, Some(_)) => EstimateMethod::Student,
        }
    }

    /// Degrees of freedom of the standard deviation, n - 1.
    pub fn degrees_of_freedom(&self) -> f64 {
        self.n.saturating_sub(1) as f64
    }

    /// The interval `mean ± critical * se`; Student's if `critical` is [`student::critical_value`] at [`Self::degrees_of_freedom`]. None for a
    /// single number.
    pub fn interval(&self, critical: f64) -> Option<(f64, f64)> {
        match self.method() {
            EstimateMethod::SingleBackground => None,
            EstimateMethod::BelowPrecision => self.rounding_bound.map(|most| (-most, most)),
            EstimateMethod::Constant => Some((self.mean, self.mean)),
            EstimateMethod::Student => {
                let half = critical * self.se?;
                Some((self.mean - half, self.mean + half))
            }
        }
    }

    /// Two-sided p value of Student's t test of a mean of zero; none unless the method is [`Method::Student`].
    pub fn p_value(&self) -> Option<f64> {
        match self.method() {
            EstimateMethod::Student => Some(student::two_sided_p(
                self.mean / self.se?,
                self.degrees_of_freedom(),
            )),
            EstimateMethod::SingleBackground
            | EstimateMethod::Constant
            | EstimateMethod::BelowPrecision => None,
        }
    }

    /// p value of a mean of zero that stays valid under repeated looks; none unless the method is [`Method::Student`].
    pub fn sequential_p_value(&self, sequence: ConfidenceSequence) -> Option<f64> {
        match self.method() {
            EstimateMethod::Student => Some(sequence.p_value(self.n, self.mean / self.se?)),
            EstimateMethod::SingleBackground
            | EstimateMethod::Constant
            | EstimateMethod::BelowPrecision => None,
        }
    }
}
