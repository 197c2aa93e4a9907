//! Formatting of numbers, with digits chosen by their uncertainty and aligned on the decimal point.

use super::display::distinct;

pub use gia_base::diag::{count, percent};

/// Whether every row is the number of one sequence, without replication.
pub fn is_single(rows: &[gia_study::Row]) -> bool {
    !rows.is_empty() && rows.iter().all(|row| row.n == 1)
}

/// Placeholder for a missing number.
pub const MISSING: &str = "-";

/// Maximum number of decimals; a number that needs more is written with an exponent.
const MAX_DECIMALS: i32 = 6;
/// Numbers of at least this size are written with an exponent.
const MIN_EXPONENT_MAGNITUDE: f64 = 1e9;
/// Relative width below which an interval is rounding, not uncertainty.
const MAX_RELATIVE_ROUNDING: f64 = 1e-7;
/// Significant digits of a number without an uncertainty.
const DEFAULT_SIGNIFICANT_DIGITS: i32 = 4;

/// A number of sequences with that of their sources if several have one: `60 sequences of 30 independent sources`.
pub fn sequences_of_sources(n: usize, sources: Option<usize>) -> String {
    let counted = |n: usize, what: &str| match n {
        1 => format!("1 {what}"),
        n => format!("{} {what}s", count(n)),
    };
    let sequences = counted(n, "sequence");
    match sources {
        Some(sources) => format!("{sequences} of {}", counted(sources, "independent source")),
        None => sequences,
    }
}

/// Decimals that show two significant digits of an interval's half-width.
fn decimals(mean: f64, half_width: Option<f64>) -> Option<i32> {
    let half = half_width?;
    (half.is_finite() && half > mean.abs() * MAX_RELATIVE_ROUNDING && half > 0.0)
        .then(|| 1 - decimal_exponent(half))
}

/// Decimals that show the uncertainty of each number, harmonised within an outcome.
pub fn harmonised_by_uncertainty(wanted: &[(&str, f64, Option<f64>)]) -> Vec<i32> {
    let mut digits = vec![0; wanted.len()];
    for outcome in distinct(wanted.iter().map(|w| w.0)) {
        let members: Vec<usize> = (0..wanted.len())
            .filter(|i| wanted[*i].0 == outcome)
            .collect();
        let own: Vec<(f64, Option<i32>)> = members
            .iter()
            .map(|i| (wanted[*i].1, decimals(wanted[*i].1, wanted[*i].2)))
            .collect();
        for (i, decimals) in members.iter().zip(harmonised(&own)) {
            digits[*i] = decimals;
        }
    }
    digits
}

/// Harmonises the decimals of numbers in a column.
///
/// If they differ by one digit only, all get the greater; else each keeps its own. Numbers without an uncertainty get the
/// decimals of the others, or four significant digits.
fn harmonised(wanted: &[(f64, Option<i32>)]) -> Vec<i32> {
    let known = || wanted.iter().filter_map(|(_, d)| *d);
    let most = known().max();
    // The greatest mean has the fewest decimals, and all may be as short.
    let fallback = wanted
        .iter()
        .filter(|(mean, _)| *mean != 0.0 && mean.is_finite())
        .map(|(mean, _)| DEFAULT_SIGNIFICANT_DIGITS - 1 - decimal_exponent(*mean))
        .min();
    let alike = known().min().zip(most).is_some_and(|(a, b)| b - a <= 1);
    wanted
        .iter()
        .map(|&(_, own)| match (own, most) {
            (_, Some(most)) if alike => most,
            (Some(own), _) => own,
            (None, Some(most)) => most,
            (None, None) => fallback.unwrap_or(0),
        })
        .collect()
}

/// The number with this many decimals, or with an exponent if that is shorter.
pub fn with_decimals(x: f64, decimals: i32) -> String {
    if !x.is_finite() {
        return x.to_string();
    }
    let text = if x != 0.0 && (decimals > MAX_DECIMALS || x.abs() >= MIN_EXPONENT_MAGNITUDE) {
        let digits = (decimals + decimal_exponent(x)).clamp(0, 15);
        format!("{x:.*e}", digits as usize)
    } else {
        format!("{x:.*}", decimals.clamp(0, MAX_DECIMALS) as usize)
    };
    // `-0.00` says nothing that `0.00` does not.
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_string(),
        _ => text,
    }
}

/// A p or q value to two digits: `0.043`, `3.2e-12`, `< 1e-300`.
pub fn probability(p: f64) -> String {
    if !p.is_finite() {
        MISSING.to_string()
    } else if p < 1e-300 {
        "< 1e-300".to_string()
    } else if p < 0.00095 {
        format!("{p:.1e}")
    } else {
        // Rounding may carry into another decade: 0.0996 is 0.10.
        let rounded: f64 = format!("{p:.1e}").parse().unwrap_or(p);
        format!(
            "{rounded:.*}",
            (1 - decimal_exponent(rounded)).max(1) as usize
        )
    }
}

/// The number with four significant digits.
pub fn four_digits(x: f64) -> String {
    let digits = if x == 0.0 {
        0
    } else {
        x.abs().log10().floor() as i32
    };
    with_decimals(x, (3 - digits).clamp(0, 12))
}

/// A number with its standard error, which gets one digit, or two if it begins with 1: `60 ± 3`, `0.31 ± 0.04`. Without an error
/// it is formatted like [`four_digits`].
pub fn with_error(x: f64, error: Option<f64>) -> String {
    let Some(error) = error.filter(|error| error.is_finite() && *error > 0.0) else {
        return four_digits(x);
    };
    let first = decimal_exponent(error);
    let digits = match error / 10f64.powi(first) < 1.95 {
        true => 1 - first,
        false => -first,
    };
    let digits = digits.clamp(0, 12);
    format!(
        "{} ± {}",
        with_decimals(x, digits),
        with_decimals(error, digits)
    )
}

/// Pads numbers to equal width, aligned on the decimal point.
pub fn align_on_point(cells: &[String]) -> Vec<String> {
    let split = |cell: &String| {
        let point = cell.find(['.', 'e']).unwrap_or(cell.len());
        (point, cell.len() - point)
    };
    let left = cells.iter().map(|c| split(c).0).max().unwrap_or(0);
    let right = cells.iter().map(|c| split(c).1).max().unwrap_or(0);
    cells
        .iter()
        .map(|cell| {
            let (l, r) = split(cell);
            format!("{}{cell}{}", " ".repeat(left - l), " ".repeat(right - r))
        })
        .collect()
}

/// The decimal exponent of the first digit.
fn decimal_exponent(x: f64) -> i32 {
    if x == 0.0 {
        return 0;
    }
    x.abs().log10().floor() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_how_many_digits_count() {
        assert_eq!(with_error(60.0, Some(3.1)), "60 ± 3");
        assert_eq!(with_error(60.04, Some(1.23)), "60.0 ± 1.2");
        assert_eq!(with_error(0.3141, Some(0.042)), "0.31 ± 0.04");
        assert_eq!(
            with_error(1234.5, Some(56.0)),
            "1,234 ± 56".replace(',', "")
        );
        assert_eq!(with_error(0.0, Some(0.1)), "0.00 ± 0.10");
        assert_eq!(with_error(0.25, None), four_digits(0.25));
    }

    #[test]
    fn decimals_show_two_digits_of_the_half_width() {
        for (half, shown) in [
            (0.0123, "0.873"),
            (0.032, "0.873"),
            (0.12, "0.87"),
            (1.2, "0.9"),
            (12.0, "1"),
            (3400.0, "1"),
        ] {
            let d = decimals(0.8734, Some(half)).unwrap();
            assert_eq!(with_decimals(0.8734, d), shown, "half-width {half}");
        }
        assert_eq!(decimals(2.0, Some(0.0)), None);
        assert_eq!(decimals(2.0, Some(1e-15)), None);
        assert_eq!(decimals(2.0, None), None);
    }

    #[test]
    fn decimals_agree_where_they_nearly_do() {
        let nearly = [(1.0, Some(3)), (1.0, Some(2)), (1.0, None)];
        assert_eq!(harmonised(&nearly), [3, 3, 3]);
        let far = [(1.0, Some(5)), (1.0, Some(2)), (1.0, None)];
        assert_eq!(harmonised(&far), [5, 2, 5]);
        assert_eq!(
            harmonised(&[(2.0, None), (0.0, None), (312.6, None)]),
            [1, 1, 1]
        );
    }

    #[test]
    fn extremes_stay_short() {
        assert_eq!(with_decimals(1.234e-9, 10), "1.2e-9");
        assert_eq!(with_decimals(-2.5e12, -8), "-2.5000e12");
        assert_eq!(with_decimals(-0.0001, 2), "0.00");
        assert_eq!(with_decimals(0.0, 9), "0.000000");
        assert_eq!(with_decimals(f64::NAN, 2), "NaN");
        assert_eq!(with_decimals(f64::NEG_INFINITY, 2), "-inf");
        assert_eq!(with_decimals(1e300, 0), "1.000000000000000e300");
    }

    #[test]
    fn probabilities_have_two_digits() {
        for (p, shown) in [
            (1.0, "1.0"),
            (0.999, "1.0"),
            (0.43, "0.43"),
            (0.0996, "0.10"),
            (0.0432, "0.043"),
            (0.00123, "0.0012"),
            (0.00094, "9.4e-4"),
            (3.21e-12, "3.2e-12"),
            (1e-310, "< 1e-300"),
            (0.0, "< 1e-300"),
        ] {
            assert_eq!(probability(p), shown);
        }
    }

    #[test]
    fn points_stand_under_each_other() {
        let cells = ["0.043", "3.2e-12", "< 1e-300", "12"].map(String::from);
        assert_eq!(
            align_on_point(&cells),
            ["  0.043  ", "  3.2e-12", "< 1e-300 ", " 12      "]
        );
    }

    #[test]
    fn levels_and_counts_read_plainly() {
        assert_eq!(percent(0.95), "95 %");
        assert_eq!(percent(0.999), "99.9 %");
        assert_eq!(count(2000), "2,000");
        assert_eq!(count(100_000), "100,000");
    }
}
