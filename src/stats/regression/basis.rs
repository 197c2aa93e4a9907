//! Ordinary least squares on standardised, orthogonalised features.

use crate::{ClusterDesign, Moments};

/// Minimum number of independent backgrounds for each feature of a regression (Harrell, Regression Modeling Strategies, 2015,
/// section 4.4, advises 10 to 20).
pub const MIN_UNITS_PER_FEATURE: usize = 10;

/// A feature whose part that the features before it do not explain is below this fraction of its standard deviation is collinear.
/// Outputs of networks are float32, so a smaller remainder would be rounding.
const MIN_INDEPENDENT_FRACTION: f64 = 1e-6;

/// Standard deviation, as a fraction of the mean, below which values count as equal.
const MIN_RELATIVE_SD: f64 = 1e-12;

/// Why a feature takes no part in a regression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DroppedFeature {
    /// Every background has the same value.
    Constant,
    /// Fewer than [`MIN_UNITS_PER_FEATURE`] independent backgrounds differ from the commonest value.
    Rare {
        /// How many differ.
        units: usize,
    },
    /// A linear function of features before it.
    Collinear,
}

/// An orthonormal basis of the features of a sample of backgrounds, after removal of their means.
#[derive(Debug, Clone)]
pub struct Basis {
    n: usize,
    /// For each feature that takes part, its index among those given, in their order.
    kept: Vec<usize>,
    dropped: Vec<(usize, DroppedFeature)>,
    /// Standard deviation (n - 1) of each kept feature.
    sd: Vec<f64>,
    /// Orthonormal columns; all are orthogonal to the constant.
    q: Vec<Vec<f64>>,
    /// Inverse of the triangular factor R of the standardised features Z = Q R, by rows.
    inverse: Vec<Vec<f64>>,
}

/// A response fitted on a basis.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Change of the response per standard deviation of each kept feature, the others held fixed.
    pub per_sd: Vec<f64>,
    /// Change of the response per unit of each kept feature.
    pub per_unit: Vec<f64>,
    /// For each kept feature, the share of the variance that is lost when it alone is left out (squared semipartial correlation).
    pub unique: Vec<f64>,
    /// Share of the variance that all features explain in the sample.
    pub r2: f64,
    /// The same, adjusted for the number of features.
    pub adjusted_r2: f64,
    /// Response minus prediction, for each background.
    pub residuals: Vec<f64>,
}

impl Basis {
    /// Standardises and orthogonalises features, each a finite number for every background, in the order given: of collinear features
    /// the first is kept. `design` says which backgrounds have one source.
    pub fn new(features: &[&[f64]], design: Option<&ClusterDesign>) -> Basis {
        let n = features.first().map_or(0, |values| values.len());
        let mut basis = Basis {
            n,
            kept: Vec::new(),
            dropped: Vec::new(),
            sd: Vec::new(),
            q: Vec::new(),
            inverse: Vec::new(),
        };
        // Columns of R.
        let mut columns: Vec<Vec<f64>> = Vec::new();
        for (index, values) in features.iter().enumerate() {
            let Some(sd) = spread(values) else {
                basis.dropped.push((index, DroppedFeature::Constant));
                continue;
            };
            let units = unlike_units(values, design);
            if units < MIN_UNITS_PER_FEATURE {
                basis.dropped.push((index, DroppedFeature::Rare { units }));
                continue;
            }
            match basis.orthogonal_part(values, sd) {
                Some((column, part)) => {
                    basis.kept.push(index);
                    basis.sd.push(sd);
                    basis.q.push(part);
                    columns.push(column);
                }
                None => basis.dropped.push((index, DroppedFeature::Collinear)),
            }
        }
        basis.inverse = inverse_of_upper(&columns);
        basis
    }

    /// The column of R and the new column of Q that a feature adds; none if the columns before span it.
    fn orthogonal_part(&self, values: &[f64], sd: f64) -> Option<(Vec<f64>, Vec<f64>)> {
        let mean = Moments::of(values).mean;
        let mut part: Vec<f64> = values.iter().map(|x| (x - mean) / sd).collect();
        let whole = norm(&part);
        let mut column = vec![0.0; self.q.len()];
        // Twice is enough: the second pass removes what rounding left (Giraud, Langou and Rozložník, Computers & Mathematics with
        // Applications 50:1069, 2005).
        for _ in 0..2 {
            for (q, r) in self.q.iter().zip(&mut column) {
                let along = dot(q, &part);
                *r += along;
                for (x, q) in part.iter_mut().zip(q) {
                    *x -= along * q;
                }
            }
            let mean = Moments::of(&part).mean;
            part.iter_mut().for_each(|x| *x -= mean);
        }
        let length = norm(&part);
        if length <= MIN_INDEPENDENT_FRACTION * whole {
            return None;
        }
        part.iter_mut().for_each(|x| *x /= length);
        column.push(length);
        Some((column, part))
    }

    /// Number of backgrounds.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The features that take part, by index among those given.
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// The features that do not, and why.
    pub fn dropped(&self) -> &[(usize, DroppedFeature)] {
        &self.dropped
    }

    /// Standard deviation of each kept feature.
    pub fn sd(&self) -> &[f64] {
        &self.sd
    }

    /// Fits a response, one number for each background. None if the response has no variance.
    pub fn fit(&self, response: &[f64]) -> Option<Fit> {
        let moments = Moments::of(response);
        let total = moments.squared_deviations;
        if spread(response).is_none() || self.n != response.len() {
            return None;
        }
        let mut residuals: Vec<f64> = response.iter().map(|y| y - moments.mean).collect();
        let mut along = vec![0.0; self.q.len()];
        for _ in 0..2 {
            for (q, c) in self.q.iter().zip(&mut along) {
                let more = dot(q, &residuals);
                *c += more;
                for (e, q) in residuals.iter_mut().zip(q) {
                    *e -= more * q;
                }
            }
        }
        let per_sd: Vec<f64> = self.inverse.iter().map(|row| dot(row, &along)).collect();
        let unique = per_sd.iter().zip(&self.inverse);
        let unique = unique.map(|(b, row)| b * b / dot(row, row) / total);
        let explained = dot(&along, &along);
        let left = dot(&residuals, &residuals);
        // The larger of the two is the less rounded.
        let r2 = match explained > left {
            true => 1.0 - left / total,
            false => explained / total,
        };
        let (n, p) = (self.n as f64, self.q.len() as f64);
        Some(Fit {
            unique: unique.collect(),
            per_unit: per_sd.iter().zip(&self.sd).map(|(b, sd)| b / sd).collect(),
            per_sd,
            r2,
            adjusted_r2: 1.0 - (1.0 - r2) * (n - 1.0) / (n - p - 1.0),
            residuals,
        })
    }

    /// Row `i` of Q, with the constant column first.
    pub(super) fn row(&self, i: usize) -> impl Iterator<Item = f64> {
        let constant = 1.0 / (self.n as f64).sqrt();
        std::iter::once(constant).chain(self.q.iter().map(move |q| q[i]))
    }

    /// Weights of the columns of Q, the constant first, in each coefficient per standard deviation.
    pub(super) fn weights(&self) -> impl Iterator<Item = Vec<f64>> {
        let rows = self.inverse.iter();
        rows.map(|row| std::iter::once(0.0).chain(row.iter().copied()).collect())
    }

    /// Number of columns of Q, with the constant.
    pub(super) fn width(&self) -> usize {
        self.q.len() + 1
    }

    /// `Q_g' Q_g` and `Q_g' residuals_g` of each group of backgrounds; `group_of` gives the group of each background.
    pub(super) fn groups(
        &self,
        residuals: &[f64],
        count: usize,
        group_of: impl Fn(usize) -> usize,
    ) -> Vec<Group> {
        let width = self.width();
        let mut groups = vec![
            Group {
                n: 0,
                products: vec![vec![0.0; width]; width],
                scores: vec![0.0; width],
            };
            count
        ];
        let mut row = Vec::with_capacity(width);
        for (i, residual) in residuals.iter().enumerate() {
            row.clear();
            row.extend(self.row(i));
            let group = &mut groups[group_of(i)];
            group.n += 1;
            for (a, (x, products)) in row.iter().zip(&mut group.products).enumerate() {
                group.scores[a] += x * residual;
                for (y, product) in row.iter().zip(products) {
                    *product += x * y;
                }
            }
        }
        groups
    }
}

/// The part of a group of backgrounds, such as a cluster or a fold, in a regression.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Number of backgrounds.
    pub n: usize,
    /// `Q_g' Q_g`: its eigenvalues are those of the group's block of the hat matrix.
    pub products: Vec<Vec<f64>>,
    /// `Q_g' residuals_g`.
    pub scores: Vec<f64>,
}

/// Standard deviation; none for values that are equal within rounding.
fn spread(values: &[f64]) -> Option<f64> {
    let moments = Moments::of(values);
    let sd = moments.sd()?;
    (sd > MIN_RELATIVE_SD * moments.mean.abs()).then_some(sd)
}

/// Number of independent backgrounds with a value other than the commonest.
fn unlike_units(values: &[f64], design: Option<&ClusterDesign>) -> usize {
    let mut sorted = crate::summaries::sorted_ascending(values);
    let commonest = sorted
        .chunk_by(|a, b| a == b)
        .max_by_key(|run| run.len())
        .and_then(|run| run.first().copied());
    let unlike = |index: &usize| Some(values[*index]) != commonest;
    let indices = (0..values.len()).filter(unlike);
    match design {
        None => indices.count(),
        Some(design) => {
            sorted.clear();
            let mut units: Vec<u32> = indices.map(|i| design.ids()[i]).collect();
            units.sort_unstable();
            units.dedup();
            units.len()
        }
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (mut a8, mut b8) = (a.chunks_exact(8), b.chunks_exact(8));
    for (a, b) in (&mut a8).zip(&mut b8) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += x * y;
        }
    }
    let rest = a8.remainder().iter().zip(b8.remainder());
    lanes.iter().sum::<f64>() + rest.map(|(x, y)| x * y).sum::<f64>()
}

fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}

/// Inverse of an upper triangular matrix given by its columns, by rows.
fn inverse_of_upper(columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let size = columns.len();
    let mut inverse = vec![vec![0.0; size]; size];
    for j in 0..size {
        inverse[j][j] = 1.0 / columns[j][j];
        for i in (0..j).rev() {
            // Column j of R times row i of the inverse is zero.
            let sum: f64 = (i..j).map(|k| inverse[i][k] * columns[j][k]).sum();
            inverse[i][j] = -sum / columns[j][j];
        }
    }
    inverse
}
