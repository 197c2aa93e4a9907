//! Nodes and weights of Gauss and Legendre.

use std::f64::consts::PI;

/// Number of steps of Newton's method, which doubles the digits in each.
const NEWTON_STEPS: usize = 20;

/// The nodes on [0, 1], ascending, each with its weight; the weights sum to 1. Exact for polynomials of degree 2 `count` - 1.
///
/// Newton's method on Legendre's polynomial from the asymptotic positions of its roots: Abramowitz and Stegun (1964), 25.4.29 and 22.16.6.
pub fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    let node = |i: usize| {
        let mut x = (PI * (i as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..NEWTON_STEPS {
            let (value, derivative) = legendre(count, x);
            slope = derivative;
            x -= value / derivative;
        }
        (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..count).map(node).collect()
}

/// Legendre's polynomial of this degree and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    for k in 1..=degree {
        let k = k as f64;
        (before, value) = (
            value,
            ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k,
        );
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::gauss_legendre;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in [1, 2, 5, 50, 200] {
            let nodes = gauss_legendre(count);
            assert!(nodes.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for power in 0..(2 * count).min(40) {
                let found: f64 = nodes.iter().map(|(x, w)| w * x.powi(power as i32)).sum();
                let expected = 1.0 / (power as f64 + 1.0);
                assert!((found - expected).abs() < 1e-13, "{count} {power}: {found}");
            }
        }
        // Abramowitz and Stegun, table 25.4, for two points on [-1, 1].
        let [first, _] = gauss_legendre(2)[..] else {
            unreachable!()
        };
        assert!((2.0 * first.0 - 1.0 + 0.577_350_269_189_626).abs() < 1e-14);
    }
}
