//! Formatting of numbers for messages.

pub use gia_base::diag::{count, percent};

/// Numbers of smaller magnitude are written with an exponent.
const MIN_PLAIN_MAGNITUDE: f64 = 1e-5;
/// Numbers of at least this magnitude are written with an exponent.
const MAX_PLAIN_MAGNITUDE: f64 = 1e9;

/// Formats with `digits` significant digits: `0.0123`, `-12.0`, `3.10e-12`.
pub fn significant_digits(x: f64, digits: i32) -> String {
    if x == 0.0 || !x.is_finite() {
        return format!("{x:.0}").replace("-0", "0");
    }
    fixed_decimals(x, digits - 1 - decimal_exponent(x))
}

/// Formats with as few digits as identify the number; for numbers written in a script.
pub fn shortest(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(MIN_PLAIN_MAGNITUDE..MAX_PLAIN_MAGNITUDE).contains(&size) {
        format!("{x:e}")
    } else {
        format!("{x}")
    }
}

/// Formats with this many decimals, or with an exponent and as many significant digits.
fn fixed_decimals(x: f64, decimals: i32) -> String {
    if x != 0.0 && !(MIN_PLAIN_MAGNITUDE..MAX_PLAIN_MAGNITUDE).contains(&x.abs()) {
        return format!(
            "{x:.*e}",
            (decimals + decimal_exponent(x)).clamp(0, 16) as usize
        );
    }
    let text = format!("{x:.*}", decimals.clamp(0, 20) as usize);
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_string(),
        _ => text,
    }
}

/// Formats an interval, such as `[-0.12, 0.08]`, with two significant digits of its half-width. Adds digits where rounding would
/// move an end onto or across `threshold`.
pub fn interval(low: f64, high: f64, threshold: f64) -> String {
    let half = 0.5 * (high - low);
    if half == 0.0 {
        // Adding zero turns -0 into 0.
        return format!("[{0}, {0}]", shortest(low + 0.0));
    }
    let mut digits = 1 - decimal_exponent(half);
    let faithful = |x: f64, text: &str| {
        let shown: f64 = text.parse().unwrap_or(x);
        shown.partial_cmp(&threshold) == x.partial_cmp(&threshold)
    };
    loop {
        let (a, b) = (fixed_decimals(low, digits), fixed_decimals(high, digits));
        if (faithful(low, &a) && faithful(high, &b)) || digits > 16 {
            return format!("[{a}, {b}]");
        }
        digits += 1;
    }
}

/// Decimal exponent of the first significant digit.
fn decimal_exponent(x: f64) -> i32 {
    x.abs().log10().floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_never_rounds_onto_the_threshold() {
        assert_eq!(interval(-0.1234, 0.0789, 0.0), "[-0.12, 0.08]");
        assert_eq!(interval(0.0004, 0.2, 0.0), "[0.0004, 0.2000]");
        assert_eq!(interval(0.4999, 0.7, 0.5), "[0.4999, 0.7000]");
        assert_eq!(interval(2.5, 2.5, 0.0), "[2.5, 2.5]");
        assert_eq!(interval(-3.2e-9, 4.1e-9, 0.0), "[-3.2e-9, 4.1e-9]");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(significant_digits(0.012345, 3), "0.0123");
        assert_eq!(significant_digits(-12.0, 3), "-12.0");
        assert_eq!(significant_digits(0.0, 3), "0");
        assert_eq!(significant_digits(3.1e-12, 3), "3.10e-12");
        assert_eq!(shortest(0.5), "0.5");
        assert_eq!(shortest(-1e-7), "-1e-7");
        assert_eq!(percent(0.999), "99.9 %");
        assert_eq!(count(1234567), "1,234,567");
        assert_eq!(count(12), "12");
    }
}
