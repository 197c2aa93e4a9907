//! Formatting of counts and levels.

use std::fmt::Display;

/// A whole number with its digits grouped in threes: `2,000`.
pub fn count(n: impl Display) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A fraction as a percentage: `95 %`, `99.9 %`.
pub fn percent(level: f64) -> String {
    // Rounded, so that 0.999 is not printed as 99.90000000000001.
    format!("{} %", (level * 1e8).round() / 1e6)
}
