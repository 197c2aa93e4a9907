//! Counts and levels as people write them.

use std::fmt::Display;

/// A whole number, grouped in threes: `2,000`.
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

/// A level as people say it: `95 %`, `99.9 %`.
pub fn percent(level: f64) -> String {
    // To a millionth, lest 0.999 show as 99.90000000000001.
    format!("{} %", (level * 1e8).round() / 1e6)
}
