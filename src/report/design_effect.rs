//! How much less backgrounds with sources in common say than independent ones.

use gia_study::Row;

use crate::number::four_digits;

/// The greatest design effect among rows, that is how many times the variance of a mean is that of as many independent backgrounds, with
/// the words for it. None if all backgrounds are independent.
pub fn design_effect(rows: &[Row]) -> Option<(f64, String)> {
    let effects = rows.iter().filter_map(|row| {
        row.sources?;
        let independent = row.sd? / (row.n as f64).sqrt();
        (independent > 0.0).then_some((row.se? / independent).powi(2))
    });
    let greatest = effects.max_by(f64::total_cmp)?;
    Some((greatest, format!("design effect {}", four_digits(greatest))))
}
