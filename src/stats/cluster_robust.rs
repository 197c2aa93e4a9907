//! Standard error of a mean whose numbers come in clusters: several backgrounds from one source.
//!
//! The bias-reduced variance CR2 of Bell and McCaffrey (Survey Methodology 28:169, 2002) with Satterthwaite degrees of freedom, as in
//! Pustejovsky and Tipton (Journal of Business & Economic Statistics 36:672, 2018), for a regression on a constant with a working
//! model of independent numbers. The hat matrix of a cluster of size n_g then has the one eigenvalue n_g / n, and both have closed
//! forms. With clusters of one they are the usual variance of a mean and n - 1.

use std::collections::HashMap;

use gia_domain::Clusters;

/// Which cluster each number of a sample belongs to, with the degrees of freedom that follow.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterDesign {
    clusters: Clusters,
    sizes: Vec<usize>,
    /// Satterthwaite degrees of freedom of the standard error of a mean; 0 for a single cluster.
    pub freedom: f64,
}

impl ClusterDesign {
    /// The design of a sample with these clusters.
    pub fn new(clusters: Clusters) -> ClusterDesign {
        let sizes = clusters.sizes();
        let error = clustered_error(&vec![0.0; sizes.len()], &sizes);
        ClusterDesign {
            freedom: error.map_or(0.0, |error| error.freedom),
            clusters,
            sizes,
        }
    }

    /// The design of some of the numbers, given by index; none if each of them is a cluster of its own.
    pub fn of_subset(&self, indices: &[usize]) -> Option<ClusterDesign> {
        let mut known = HashMap::new();
        let number = |&index: &usize| {
            let next = known.len() as u32;
            *known.entry(self.ids()[index]).or_insert(next)
        };
        let ids = indices.iter().map(number).collect();
        Clusters::new(ids).map(ClusterDesign::new)
    }

    /// Number of clusters.
    pub fn count(&self) -> usize {
        self.sizes.len()
    }

    /// The cluster of each number.
    pub fn ids(&self) -> &[u32] {
        self.clusters.ids()
    }

    /// Number of numbers in each cluster.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }
}

/// The uncertainty of a mean of clustered numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusteredError {
    /// Number of clusters.
    pub clusters: usize,
    /// Standard error of the mean.
    pub se: f64,
    /// Degrees of freedom of the standard error.
    pub freedom: f64,
    /// Skewness of the sums of deviations of the clusters; 0 if none deviates.
    pub skewness: f64,
}

/// The error of a mean, from the sum of the deviations from it in each cluster and the number of numbers in each. None for fewer
/// than two clusters.
pub fn clustered_error(deviations: &[f64], sizes: &[usize]) -> Option<ClusteredError> {
    let clusters = deviations.len();
    if clusters < 2 {
        return None;
    }
    let n: f64 = sizes.iter().map(|size| *size as f64).sum();
    let (mut variance, mut squares, mut cubes) = (0.0, 0.0, 0.0);
    // Sums over clusters of n_g^2, of (c_g n_g)^2 and of its square, with c_g^2 = 1 / (1 - n_g / n).
    let (mut sizes_squared, mut weighted, mut weighted_squared) = (0.0, 0.0, 0.0);
    for (&deviation, &size) in deviations.iter().zip(sizes) {
        let size = size as f64;
        let adjustment = 1.0 / (1.0 - size / n);
        let square = deviation * deviation;
        variance += adjustment * square;
        squares += square;
        cubes += square * deviation;
        sizes_squared += size * size;
        let weight = adjustment * size * size;
        weighted += weight;
        weighted_squared += weight * weight;
    }
    let spread = sizes_squared + (weighted * weighted - weighted_squared) / (n * n);
    let count = clusters as f64;
    let skewness = match squares > 0.0 {
        true => cubes / count / (squares / count).powf(1.5),
        false => 0.0,
    };
    Some(ClusteredError {
        clusters,
        se: variance.sqrt() / n,
        freedom: n * n / spread,
        skewness,
    })
}
