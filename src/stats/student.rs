//! Student's t distribution: tails and quantiles, to about thirteen digits at any degrees of freedom.
//!
//! The two-sided tail beyond `t` at `v` degrees of freedom is the incomplete beta function `I_x(a, 1/2)` with `a = v/2`
//! and `x = v / (v + t^2)` (NIST DLMF 8.17). `1 - x` is never taken from a rounded `x`, which is what keeps the digits
//! where `v` is large.

use std::cell::Cell;
use std::f64::consts::FRAC_2_SQRT_PI;

/// Largest t whose square is computed directly; larger squares would overflow.
const MAX_SQUARED_T: f64 = 1e150;

/// Two-sided p value: probability of a value at least as far from 0 as `t`, for `freedom > 0`.
///
/// It underflows to 0 below about 1e-308.
pub fn two_sided_p(t: f64, freedom: f64) -> f64 {
    let t = t.abs();
    if t.is_nan() || freedom.is_nan() || freedom <= 0.0 {
        return f64::NAN;
    }
    if t == 0.0 {
        return 1.0;
    }
    if t.is_infinite() {
        return 0.0;
    }
    let place = IncompleteBeta::new(t, freedom);
    // The continued fraction converges fast beyond this point, the series before it.
    if place.x < (place.a + 1.0) / (place.a + 2.5) {
        place.continued_fraction()
    } else {
        1.0 - place.complement_by_series()
    }
}

/// Two-sided critical value: both tails beyond it have total probability `alpha`, for `freedom > 0`.
///
/// For a 95 % interval `alpha` is 0.05. 0 for `alpha >= 1`, infinite for `alpha <= 0`.
pub fn critical_value(alpha: f64, freedom: f64) -> f64 {
    if alpha.is_nan() || freedom.is_nan() || freedom <= 0.0 {
        return f64::NAN;
    }
    if alpha >= 1.0 {
        return 0.0;
    }
    if alpha <= 0.0 {
        return f64::INFINITY;
    }
    RECENT.with(|recent| {
        let mut known = recent.get();
        let is_same = |one: &&CriticalValue| one.alpha == alpha && one.freedom == freedom;
        if let Some(found) = known.iter().find(is_same) {
            return found.value;
        }
        let value = solve(alpha, freedom);
        known.rotate_right(1);
        known[0] = CriticalValue {
            alpha,
            freedom,
            value,
        };
        recent.set(known);
        value
    })
}

/// A critical value that was computed.
#[derive(Clone, Copy)]
struct CriticalValue {
    alpha: f64,
    freedom: f64,
    value: f64,
}

thread_local! {
    /// The last critical values of a thread: the rows of a table have the same few degrees of freedom.
    static RECENT: Cell<[CriticalValue; 4]> = const {
        let none = CriticalValue { alpha: f64::NAN, freedom: f64::NAN, value: f64::NAN };
        Cell::new([none; 4])
    };
}

/// Solves the tail for `alpha`, which is between 0 and 1.
fn solve(alpha: f64, freedom: f64) -> f64 {
    let wanted = alpha.ln();
    // In the logarithms of both, the tail is nearly straight: for one degree of freedom in t, for many in t squared.
    let excess = |u: f64| two_sided_p(u.exp(), freedom).ln() - wanted;
    let (mut low, mut high) = (0.0, 0.0);
    let mut step = 1.0;
    if excess(0.0) > 0.0 {
        while excess(high) > 0.0 && high < 709.0 {
            low = high;
            high += step;
            step *= 2.0;
        }
    } else {
        while excess(low) <= 0.0 && low > -740.0 {
            high = low;
            low -= step;
            step *= 2.0;
        }
    }
    let mut u = 0.5 * (low + high);
    // Newton's rule, halving the bracket whenever it would leave it.
    let precision = 2.0 * f64::EPSILON;
    for _ in 0..100 {
        let t = u.exp();
        let p = two_sided_p(t, freedom);
        let above = p.ln() - wanted;
        if above > 0.0 {
            low = u;
        } else {
            high = u;
        }
        let slope = -2.0 * density(t, freedom) * t / p;
        let newton = u - above / slope;
        let next = if newton > low && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
        if (next - u).abs() <= precision * next.abs().max(1.0) || high <= low {
            return next.exp();
        }
        u = next;
    }
    u.exp()
}

/// Density of Student's t.
fn density(t: f64, freedom: f64) -> f64 {
    let a = 0.5 * freedom;
    let height = gamma_ratio(a) / (freedom.sqrt()) * 0.5 * FRAC_2_SQRT_PI;
    height * (-(a + 0.5) * log_one_plus_square(t, freedom)).exp()
}

/// `ln(1 + t^2 / v)`.
fn log_one_plus_square(t: f64, freedom: f64) -> f64 {
    if t < MAX_SQUARED_T {
        (t * t / freedom).ln_1p()
    } else {
        2.0 * t.ln() - freedom.ln()
    }
}

/// Arguments of the incomplete beta function `I_x(a, 1/2)`, with the terms that both of its expansions share.
struct IncompleteBeta {
    a: f64,
    x: f64,
    /// `1 - x`, computed without subtracting x from 1.
    y: f64,
    /// `x^a y^(1/2) / B(a, 1/2)`.
    scale: f64,
}

impl IncompleteBeta {
    fn new(t: f64, freedom: f64) -> IncompleteBeta {
        let a = 0.5 * freedom;
        let (x, y) = if t < MAX_SQUARED_T {
            let square = t * t;
            (freedom / (freedom + square), square / (freedom + square))
        } else {
            (freedom / t / t, 1.0)
        };
        // B(a, 1/2) = sqrt(pi) Gamma(a) / Gamma(a + 1/2).
        let inverse_beta = gamma_ratio(a) * 0.5 * FRAC_2_SQRT_PI;
        IncompleteBeta {
            a,
            x,
            y,
            scale: (-a * log_one_plus_square(t, freedom)).exp() * y.sqrt() * inverse_beta,
        }
    }

    /// `I_x(a, b)` for b = 1/2 by the even part of the continued fraction of DLMF 8.17.22, evaluated by the modified method of
    /// Lentz. In its terms `x` near 1 does not lose the digits of `y`.
    fn continued_fraction(&self) -> f64 {
        const TINY: f64 = 1e-300;
        let IncompleteBeta { a, x, y, .. } = *self;
        let b = 0.5;
        let denominator = |m: f64| {
            // At m = 0 and a = 1 this is 0 / 0, and means 0.
            let first = if m == 0.0 {
                0.0
            } else {
                m * (b - m) * x / (a + 2.0 * m - 1.0)
            };
            let second = (a + m) * (a * y - b * x + 1.0 + m * (1.0 + y)) / (a + 2.0 * m + 1.0);
            m + first + second
        };
        let mut value = denominator(0.0);
        if value == 0.0 {
            value = TINY;
        }
        let mut c = value;
        let mut d = 0.0;
        for m in 1..100_000 {
            let m = f64::from(m);
            let width = a + 2.0 * m - 1.0;
            let numerator =
                (a + m - 1.0) / width * ((a + b + m - 1.0) / width) * m * (b - m) * x * x;
            let term = denominator(m);
            d = term + numerator * d;
            d = 1.0 / if d == 0.0 { TINY } else { d };
            c = term + numerator / c;
            if c == 0.0 {
                c = TINY;
            }
            let change = c * d;
            value *= change;
            if (change - 1.0).abs() <= f64::EPSILON {
                break;
            }
        }
        self.scale / value
    }

    /// `I_y(1/2, a) = 1 - I_x(a, 1/2)` by the series of DLMF 8.17.8, whose terms are all positive.
    fn complement_by_series(&self) -> f64 {
        let mut term = 1.0;
        let mut sum = 1.0;
        for k in 0..10_000 {
            let k = f64::from(k);
            term *= (self.a + 0.5 + k) / (1.5 + k) * self.y;
            sum += term;
            if term <= sum * f64::EPSILON * 0.25 {
                break;
            }
        }
        2.0 * self.scale * sum
    }
}

/// `Gamma(a + 1/2) / Gamma(a)`: from Stirling's series for large `a`, brought down by `Gamma(a + 1) = a Gamma(a)`.
///
/// The difference of two logarithms of gamma functions would lose a digit for each decade of `a`.
fn gamma_ratio(a: f64) -> f64 {
    let mut a = a;
    let mut down = 1.0;
    while a < 20.0 {
        down *= a / (a + 0.5);
        a += 1.0;
    }
    // ln Gamma(a + 1/2) - ln Gamma(a) - ln(a) / 2 = sum over odd k of -2 (1 - 2^-(k+1)) B(k+1) / (k (k+1) a^k), with
    // Bernoulli's numbers B.
    let inverse = 1.0 / a;
    let square = inverse * inverse;
    let series = [
        -1.0 / 8.0,
        1.0 / 192.0,
        -1.0 / 640.0,
        17.0 / 14336.0,
        -31.0 / 18432.0,
    ];
    let log: f64 = series.iter().rev().fold(0.0, |sum, c| sum * square + c) * inverse;
    down * a.sqrt() * log.exp()
}
