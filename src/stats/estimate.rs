//! A mean with its uncertainty.

use super::sequence::Sequence;
use super::{Moments, student};

/// Mean of one number per background, and what it is uncertain by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub n: usize,
    pub mean: f64,
    /// Sample standard deviation (n - 1); none for n = 1.
    pub sd: Option<f64>,
    /// Standard error of the mean, `sd / sqrt(n)`.
    pub se: Option<f64>,
    /// Where every number is below the precision of float32, and so taken as zero: how far from zero the mean can be.
    pub precision: Option<f64>,
}

/// How the interval and p of an estimate come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Student,
    /// Numbers that are zero to within the precision of float32: the interval is that precision, and there is no test.
    BelowPrecision,
    /// Numbers that are all equal: the interval is a point, and there is nothing to test the mean against.
    Constant,
    /// A single number has no spread, so no interval and no p.
    Single,
}

impl Method {
    pub const ALL: [Method; 4] = [
        Method::Student,
        Method::BelowPrecision,
        Method::Constant,
        Method::Single,
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
            precision: None,
        }
    }
}

impl Estimate {
    pub fn of(values: &[f64]) -> Estimate {
        Moments::of(values).into()
    }

    pub fn method(&self) -> Method {
        match (self.precision, self.sd) {
            (Some(_), _) => Method::BelowPrecision,
            (None, None) => Method::Single,
            (None, Some(0.0)) => Method::Constant,
            (None, Some(_)) => Method::Student,
        }
    }

    /// Degrees of freedom of its spread.
    pub fn freedom(&self) -> f64 {
        self.n.saturating_sub(1) as f64
    }

    /// The interval `mean ± critical * se`; Student's where `critical` is [`student::critical`] at [`Self::freedom`].
    pub fn interval(&self, critical: f64) -> Option<(f64, f64)> {
        match self.method() {
            Method::Single => None,
            Method::BelowPrecision => self.precision.map(|most| (-most, most)),
            Method::Constant => Some((self.mean, self.mean)),
            Method::Student => {
                let half = critical * self.se?;
                Some((self.mean - half, self.mean + half))
            }
        }
    }

    /// Two-sided p of the hypothesis that the true mean is zero; none where there is no spread to compare it with.
    pub fn p(&self) -> Option<f64> {
        match self.method() {
            Method::Student => Some(student::two_sided_p(self.mean / self.se?, self.freedom())),
            Method::Single | Method::Constant | Method::BelowPrecision => None,
        }
    }

    /// The same where the numbers are looked at again and again.
    pub fn p_at_every_look(&self, sequence: Sequence) -> Option<f64> {
        match self.method() {
            Method::Student => Some(sequence.p(self.n, self.mean / self.se?)),
            Method::Single | Method::Constant | Method::BelowPrecision => None,
        }
    }
}
