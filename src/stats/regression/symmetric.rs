//! Functions of small symmetric matrices, by their eigenvalues.

/// Maximum number of sweeps over all pairs; convergence is quadratic, and six to eight suffice for any size in use.
const MAX_SWEEPS: usize = 60;

/// Eigenvalues and orthonormal eigenvectors of a symmetric matrix.
pub struct Eigen {
    /// Eigenvalues in no particular order.
    pub values: Vec<f64>,
    /// `vectors[i][k]` is component i of eigenvector k.
    vectors: Vec<Vec<f64>>,
}

impl Eigen {
    /// Decomposes a symmetric matrix, given by its rows, with cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations,
    /// section 8.5).
    pub fn of(mut a: Vec<Vec<f64>>) -> Eigen {
        let size = a.len();
        let mut vectors = vec![vec![0.0; size]; size];
        for (i, row) in vectors.iter_mut().enumerate() {
            row[i] = 1.0;
        }
        // Eigenvalues are accurate to rounding of the largest one.
        let norm = a.iter().flatten().map(|x| x * x).sum::<f64>().sqrt();
        let negligible = norm * f64::EPSILON / (4 * size.max(1)) as f64;
        for _ in 0..MAX_SWEEPS {
            let mut rotated = false;
            for p in 0..size {
                for q in p + 1..size {
                    let off = a[p][q];
                    if off.abs() <= negligible {
                        continue;
                    }
                    rotated = true;
                    let theta = (a[q][q] - a[p][p]) / (2.0 * off);
                    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                    let t = if theta == 0.0 { 1.0 } else { t };
                    let c = 1.0 / t.hypot(1.0);
                    rotate(&mut a, &mut vectors, (p, q), (c, t * c));
                }
            }
            if !rotated {
                break;
            }
        }
        Eigen {
            values: (0..size).map(|i| a[i][i]).collect(),
            vectors,
        }
    }

    /// The product of a function of the matrix with a vector: `V f(values) V' x`.
    pub fn apply(&self, x: &[f64], function: impl Fn(f64) -> f64) -> Vec<f64> {
        let size = self.values.len();
        let mut product = vec![0.0; size];
        for (k, &value) in self.values.iter().enumerate() {
            let along: f64 = (0..size).map(|i| self.vectors[i][k] * x[i]).sum();
            let scaled = function(value) * along;
            for (i, out) in product.iter_mut().enumerate() {
                *out += self.vectors[i][k] * scaled;
            }
        }
        product
    }

    /// The greatest eigenvalue; 0 for an empty matrix.
    pub fn max(&self) -> f64 {
        self.values.iter().copied().fold(0.0, f64::max)
    }
}

/// Applies the rotation in the plane of axes p and q > p to both sides of `a`, and to the columns of `vectors`.
fn rotate(
    a: &mut [Vec<f64>],
    vectors: &mut [Vec<f64>],
    (p, q): (usize, usize),
    (c, s): (f64, f64),
) {
    for row in a.iter_mut().chain(vectors.iter_mut()) {
        let (x, y) = (row[p], row[q]);
        row[p] = c * x - s * y;
        row[q] = s * x + c * y;
    }
    let (upper, lower) = a.split_at_mut(q);
    for (x, y) in upper[p].iter_mut().zip(&mut lower[0]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_of_a_known_matrix() {
        // The second difference matrix of size n has the eigenvalues 2 - 2 cos(k pi / (n + 1)).
        let size = 7;
        let entry = |i: usize, j: usize| match i.abs_diff(j) {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        };
        let matrix: Vec<Vec<f64>> = (0..size)
            .map(|i| (0..size).map(|j| entry(i, j)).collect())
            .collect();
        let eigen = Eigen::of(matrix.clone());
        let mut found = eigen.values.clone();
        found.sort_by(f64::total_cmp);
        for (k, value) in found.iter().enumerate() {
            let angle = (k + 1) as f64 * std::f64::consts::PI / (size + 1) as f64;
            assert!((value - (2.0 - 2.0 * angle.cos())).abs() < 1e-14, "{value}");
        }
        let x: Vec<f64> = (0..size).map(|i| (i * i) as f64 - 3.0).collect();
        let inverse = eigen.apply(&x, |value| 1.0 / value);
        for (row, x) in matrix.iter().zip(&x) {
            let product: f64 = row.iter().zip(&inverse).map(|(a, b)| a * b).sum();
            assert!((product - x).abs() < 1e-12, "{product} and {x}");
        }
    }

    #[test]
    fn zeros_and_equal_eigenvalues() {
        let eigen = Eigen::of(vec![vec![0.0; 3]; 3]);
        assert_eq!(eigen.values, [0.0; 3]);
        let rank_one = Eigen::of(vec![vec![1.0; 4]; 4]);
        assert!((rank_one.max() - 4.0).abs() < 1e-14);
        assert_eq!(Eigen::of(Vec::new()).max(), 0.0);
    }
}
