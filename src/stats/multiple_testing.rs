//! Multiple testing: adjustment of the p values of a family.

use gia_design::Correction;

/// Adjusted p values in the order of `p`: rejecting those of at most `x` controls the error rate at `x`.
///
/// The error rate is the false-discovery rate for independent or positively dependent tests (Benjamini and Hochberg 1995,
/// *J. R. Statist. Soc. B* 57) or for any tests (Benjamini and Yekutieli 2001, *Ann. Statist.* 29), or the family-wise error
/// rate (Holm 1979, *Scand. J. Statist.* 6).
pub fn adjust_p_values(correction: Correction, p: &[f64]) -> Vec<f64> {
    let m = p.len() as f64;
    match correction {
        Correction::BenjaminiHochberg => step_up(p, |rank| m / rank),
        Correction::BenjaminiYekutieli => {
            let harmonic: f64 = (1..=p.len()).rev().map(|rank| 1.0 / rank as f64).sum();
            step_up(p, |rank| harmonic * m / rank)
        }
        Correction::Holm => step_down(p, |rank| m - rank + 1.0),
    }
}

/// Indices of p values from the smallest on.
fn ascending_order(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    order
}

/// Each p times the factor of its rank, then the smallest of that and of all greater p, at most 1.
fn step_up(p: &[f64], factor: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut least: f64 = 1.0;
    for (below, &i) in ascending_order(p).iter().enumerate().rev() {
        least = least.min(p[i] * factor((below + 1) as f64));
        adjusted[i] = least;
    }
    adjusted
}

/// Each p times the factor of its rank, then the largest of that and of all smaller p, at most 1.
fn step_down(p: &[f64], factor: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut most: f64 = 0.0;
    for (below, &i) in ascending_order(p).iter().enumerate() {
        most = most.max((p[i] * factor((below + 1) as f64)).min(1.0));
        adjusted[i] = most;
    }
    adjusted
}
