//! Standard errors of regression coefficients that hold under unequal variances, and for backgrounds that share sources.

use super::basis::{Basis, Fit};
use super::symmetric::Eigen;
use crate::ClusterDesign;

/// A background or a cluster whose leverage is nearer to 1 than this determines a direction of the features alone.
const MIN_FREE_SHARE: f64 = 1e-8;

/// The uncertainty of one coefficient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RobustError {
    /// Standard error of the change per standard deviation of the feature.
    pub se: f64,
    /// Degrees of freedom of the t distribution for intervals and tests.
    pub freedom: f64,
}

impl Basis {
    /// The uncertainty of each coefficient of a fit: none where one background or source alone determines it, or with a single source.
    ///
    /// For independent backgrounds it is HC3, with n - p - 1 degrees of freedom (MacKinnon and White, Journal of Econometrics 29:305,
    /// 1985; Long and Ervin, The American Statistician 54:217, 2000). For several backgrounds of one source it is the bias-reduced
    /// CR2 with Satterthwaite degrees of freedom (Pustejovsky and Tipton, Journal of Business & Economic Statistics 36:672, 2018).
    pub fn errors(&self, fit: &Fit, design: Option<&ClusterDesign>) -> Vec<Option<RobustError>> {
        match design {
            None => self.hc3(fit),
            Some(design) => self.cr2(fit, design),
        }
    }

    /// `var(b_j) = sum_i (k_j' q_i)^2 e_i^2 / (1 - h_i)^2`, where b_j is k_j' Q' y.
    fn hc3(&self, fit: &Fit) -> Vec<Option<RobustError>> {
        let weights: Vec<Vec<f64>> = self.weights().collect();
        let mut variances = vec![0.0; weights.len()];
        let mut row = Vec::with_capacity(self.width());
        for (i, residual) in fit.residuals.iter().enumerate() {
            row.clear();
            row.extend(self.row(i));
            let free = 1.0 - row.iter().map(|x| x * x).sum::<f64>();
            if free < MIN_FREE_SHARE {
                return vec![None; weights.len()];
            }
            let square = (residual / free).powi(2);
            for (variance, weights) in variances.iter_mut().zip(&weights) {
                let along: f64 = row.iter().zip(weights).map(|(x, w)| x * w).sum();
                *variance += along * along * square;
            }
        }
        let freedom = (self.n() - self.width()) as f64;
        let error = |variance: f64| RobustError {
            se: variance.sqrt(),
            freedom,
        };
        variances.into_iter().map(|v| Some(error(v))).collect()
    }

    /// CR2 under a working model of independent numbers of equal variance.
    ///
    /// The adjustment of cluster g is the symmetric inverse square root of `I - Q_g Q_g'`, a pseudoinverse where the cluster
    /// alone determines a direction. Its product with `Q_g` is `Q_g W_g` with `W_g = (I - Q_g' Q_g)^(-1/2)`, which is small. With
    /// `u_g = W_g k`, the vectors p_g of Pustejovsky and Tipton have the products
    /// `p_g' p_h = [g = h] u_g' B_g u_g - (B_g u_g)' (B_h u_h)`, where `B_g = Q_g' Q_g`; so the sum over all pairs of clusters of
    /// their squares needs one pass.
    fn cr2(&self, fit: &Fit, design: &ClusterDesign) -> Vec<Option<RobustError>> {
        let weights: Vec<Vec<f64>> = self.weights().collect();
        if design.count() < 2 {
            return vec![None; weights.len()];
        }
        let ids = design.ids();
        let groups = self.groups(&fit.residuals, design.count(), |i| ids[i] as usize);
        let width = self.width();
        let mut sums = vec![CoefficientSums::new(width); weights.len()];
        for group in groups {
            let eigen = Eigen::of(group.products.clone());
            for (sums, weights) in sums.iter_mut().zip(&weights) {
                let adjusted = eigen.apply(weights, |share| match 1.0 - share {
                    free if free < MIN_FREE_SHARE => 0.0,
                    free => 1.0 / free.sqrt(),
                });
                let reached: Vec<f64> = group
                    .products
                    .iter()
                    .map(|row| row.iter().zip(&adjusted).map(|(b, u)| b * u).sum())
                    .collect();
                let own: f64 = adjusted.iter().zip(&reached).map(|(u, w)| u * w).sum();
                let score: f64 = adjusted.iter().zip(&group.scores).map(|(u, s)| u * s).sum();
                sums.add(own, &reached, score);
            }
        }
        sums.into_iter().map(|sums| sums.error()).collect()
    }
}

/// Sums over clusters for the variance of one coefficient and its degrees of freedom.
#[derive(Debug, Clone)]
struct CoefficientSums {
    variance: f64,
    /// Sum of `p_g' p_g`.
    trace: f64,
    /// Sum of `(p_g' p_g)^2 - (w_g' w_g)^2`, with `w_g = B_g u_g`.
    own_squares: f64,
    /// Sum of `w_g w_g'`, whose squared Frobenius norm is the sum over all pairs of `(w_g' w_h)^2`.
    outer: Vec<Vec<f64>>,
}

impl CoefficientSums {
    fn new(width: usize) -> CoefficientSums {
        CoefficientSums {
            variance: 0.0,
            trace: 0.0,
            own_squares: 0.0,
            outer: vec![vec![0.0; width]; width],
        }
    }

    fn add(&mut self, own: f64, reached: &[f64], score: f64) {
        let shared: f64 = reached.iter().map(|w| w * w).sum();
        self.variance += score * score;
        self.trace += own - shared;
        self.own_squares += (own - shared).powi(2) - shared * shared;
        for (x, row) in reached.iter().zip(&mut self.outer) {
            for (y, sum) in reached.iter().zip(row) {
                *sum += x * y;
            }
        }
    }

    fn error(&self) -> Option<RobustError> {
        let pairs: f64 = self.outer.iter().flatten().map(|x| x * x).sum();
        let freedom = self.trace * self.trace / (self.own_squares + pairs);
        (freedom.is_finite() && freedom > 0.0).then(|| RobustError {
            se: self.variance.sqrt(),
            freedom,
        })
    }
}
