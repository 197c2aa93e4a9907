//! p values that were asked for together, adjusted together.

/// How the p values of a family are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adjustment {
    /// Controls the false-discovery rate of independent or positively dependent tests (Benjamini and Hochberg 1995,
    /// *J. R. Statist. Soc. B* 57; Benjamini and Yekutieli 2001 for the dependence).
    BenjaminiHochberg,
}

impl Adjustment {
    pub fn name(self) -> &'static str {
        match self {
            Adjustment::BenjaminiHochberg => "Benjamini-Hochberg",
        }
    }

    /// Adjusted values in the order of `p`: calling discoveries those of at most `x` keeps the error rate at `x`.
    pub fn adjust(self, p: &[f64]) -> Vec<f64> {
        match self {
            Adjustment::BenjaminiHochberg => step_up(p, |rank, m| m / rank),
        }
    }
}

/// Each p times the factor of its rank, then the smallest of that and of all greater p, at most 1.
fn step_up(p: &[f64], factor: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&i, &j| p[i].total_cmp(&p[j]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least: f64 = 1.0;
    for (below, &i) in order.iter().enumerate().rev() {
        least = least.min(p[i] * factor((below + 1) as f64, p.len() as f64));
        adjusted[i] = least;
    }
    adjusted
}
