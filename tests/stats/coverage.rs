//! What the word "95 %" promises, by simulation.

use gia_stats::{Estimate, student};

use super::trial::Normal;

const REPLICATES: usize = 2000;

/// Share of replicates whose interval holds the true mean, and the greatest Monte-Carlo error to allow for.
fn coverage(level: f64, n: usize, seed: u64) -> (f64, f64) {
    let mut normal = Normal::new(seed);
    let critical = student::critical_value(1.0 - level, (n - 1) as f64);
    let truth = 3.0;
    let held = (0..REPLICATES)
        .filter(|_| {
            let values: Vec<f64> = normal.take(n).iter().map(|z| truth + 2.0 * z).collect();
            let (low, high) = Estimate::of(&values, None).interval(critical).unwrap();
            low <= truth && truth <= high
        })
        .count();
    let error = (level * (1.0 - level) / REPLICATES as f64).sqrt();
    (held as f64 / REPLICATES as f64, 3.0 * error)
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    for (level, n) in [(0.95, 20), (0.95, 2), (0.95, 3), (0.5, 20), (0.99, 10)] {
        let (found, error) = coverage(level, n, 20 + n as u64);
        assert!(
            (found - level).abs() <= error,
            "{found} of intervals at {level}, n = {n}"
        );
    }
}

#[test]
fn p_is_uniform_where_nothing_is_there() {
    let mut normal = Normal::new(99);
    let mut p: Vec<f64> = (0..REPLICATES)
        .map(|_| Estimate::of(&normal.take(12), None).p_value().unwrap())
        .collect();
    p.sort_by(f64::total_cmp);
    let distance = p
        .iter()
        .enumerate()
        .map(|(i, p)| ((i as f64 + 0.5) / REPLICATES as f64 - p).abs())
        .fold(0.0, f64::max);
    // Kolmogorov's 1 % point.
    assert!(distance < 1.63 / (REPLICATES as f64).sqrt(), "{distance}");
}
