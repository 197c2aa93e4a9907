//! Intervals for the mean of skewed numbers: Hall's transformation of Student's t.
//!
//! With skewness g the distribution of t = (mean - m) / se is itself skewed. The cubic transformation
//!
//! ```text
//! h(t) = t + g t^2 / (3 sqrt(n)) + g^2 t^3 / (27 n) + g / (6 sqrt(n))
//! ```
//!
//! takes the skewness out up to terms of 1 / n, and is monotone (Hall, Journal of the Royal Statistical Society B 54:221, 1992). Its
//! interval alone is too short where both tails are heavy, so `gia` reports the *hull*: from the lower of both lower ends to the
//! higher of both upper ends, Student's or Hall's. Simulations are in `docs/statistics.md`.

/// The transformation of the t of a mean of `n` numbers with a skewness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hall {
    /// `g / sqrt(n)`.
    skew: f64,
}

impl Hall {
    /// For the mean of `n` numbers, or of `n` clusters of numbers, of this skewness.
    pub fn new(skewness: f64, n: usize) -> Hall {
        Hall {
            skew: skewness / (n as f64).sqrt(),
        }
    }

    /// `h(t)`.
    pub fn transform(self, t: f64) -> f64 {
        let a = self.skew / 3.0;
        t + a * t * t + a * a * t * t * t / 3.0 + 0.5 * a
    }

    /// The t whose transform is `y`.
    pub fn invert(self, y: f64) -> f64 {
        let a = self.skew / 3.0;
        if a == 0.0 {
            return y;
        }
        // h(t) = ((1 + a t)^3 - 1) / (3 a) + a / 2, so 1 + a t is the cube root of 1 + u.
        let u = 3.0 * a * (y - 0.5 * a);
        // Near 1 the root loses the digits of a small skew.
        let root_less_one = match u > -0.5 {
            true => (u.ln_1p() / 3.0).exp_m1(),
            false => (1.0 + u).cbrt() - 1.0,
        };
        root_less_one / a
    }

    /// The ends of the hull of Student's and Hall's interval at a critical value, in standard errors from the mean.
    pub fn hull(self, critical: f64) -> (f64, f64) {
        (
            (-critical).min(-self.invert(critical)),
            critical.max(-self.invert(-critical)),
        )
    }

    /// The t at which the hull of an estimate at `t` standard errors from 0 ends just there: the nearer of Student's and Hall's; 0 if
    /// they lie on different sides.
    pub fn nearer(self, t: f64) -> f64 {
        let transformed = self.transform(t);
        match (t > 0.0, transformed > 0.0) {
            (true, true) => t.min(transformed),
            (false, false) => t.max(transformed),
            _ => 0.0,
        }
    }
}
