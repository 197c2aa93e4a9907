//! Comparing numbers.

/// Relative difference, absolute below 1e-12.
pub fn difference(a: f64, b: f64) -> f64 {
    let size = a.abs().max(b.abs());
    if size < 1e-12 {
        (a - b).abs()
    } else {
        (a - b).abs() / size
    }
}
