//! A weighted sum of means of samples that may share backgrounds or sources: a difference between experiments.
//!
//! The model is a regression with one constant for each sample. Backgrounds that two samples share, or that come from one source, are one
//! cluster; the variance is the bias-reduced CR2 (Bell and McCaffrey, Survey Methodology 28:169, 2002) with Satterthwaite degrees of
//! freedom (Pustejovsky and Tipton, Journal of Business & Economic Statistics 36:672, 2018), where the working model has a variance of
//! its own for each sample. The hat matrix of a cluster is a block for each sample that has the one eigenvalue m / n, with m of the
//! sample's n numbers in the cluster, so both have closed forms. Two samples without a common cluster give Welch's test; two of the same
//! backgrounds give the paired t; one sample gives [`crate::clustered_error()`].

use super::Moments;

/// One sample of a weighted sum.
pub struct WeightedSample {
    /// Factor of its mean.
    pub weight: f64,
    /// Its numbers, one for each background.
    pub values: Vec<f64>,
    /// The cluster of each number, from 0; clusters are numbered over all samples.
    pub clusters: Vec<u32>,
}

/// A weighted sum of means with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedMeans {
    /// The sum of the weighted means.
    pub mean: f64,
    /// Its standard error.
    pub se: f64,
    /// Satterthwaite degrees of freedom of `se`; infinite if nothing varies.
    pub freedom: f64,
    /// Skewness of what clusters add to the sum, with which Hall's transformation for a mean of so many numbers is that of two samples
    /// (Zhou and Dinh, Biostatistics 6:187, 2005); 0 if nothing varies.
    pub skewness: f64,
    /// Number of clusters.
    pub clusters: usize,
}

/// The sum and its uncertainty; none if a sample has fewer than two clusters, and so no spread between them.
pub fn weighted_means(samples: &[WeightedSample]) -> Option<WeightedMeans> {
    let ids = samples.iter().flat_map(|sample| &sample.clusters);
    let count = ids.max().map_or(0, |last| *last as usize + 1);
    // By cluster, what it adds to the sum, and the diagonal of the covariance of that under the working model.
    let mut added = vec![0.0; count];
    let mut diagonal = vec![0.0; count];
    let mut seen = vec![false; count];
    // By sample, the variance over its number, and by cluster the adjusted number of its numbers in it: w_k / n_k and q_gk.
    let mut scales = Vec::with_capacity(samples.len());
    let mut sizes: Vec<Vec<f64>> = Vec::with_capacity(samples.len());
    let mut mean = 0.0;
    for sample in samples {
        let moments = Moments::of(&sample.values);
        let n = moments.n as f64;
        let variance = moments.sd()?.powi(2);
        mean += sample.weight * moments.mean;
        let mut sums = vec![0.0; count];
        let mut within = vec![0.0; count];
        for (&id, value) in sample.clusters.iter().zip(&sample.values) {
            sums[id as usize] += value - moments.mean;
            within[id as usize] += 1.0;
        }
        for cluster in 0..count {
            let m = within[cluster];
            if m == 0.0 {
                continue;
            }
            if m == n {
                return None;
            }
            seen[cluster] = true;
            let left = 1.0 - m / n;
            let factor = sample.weight / n / left.sqrt();
            added[cluster] += factor * sums[cluster];
            diagonal[cluster] += variance * factor * factor * m * left;
            within[cluster] = factor * m;
        }
        scales.push(variance / n);
        sizes.push(within);
    }
    let variance: f64 = added.iter().map(|u| u * u).sum();
    let cubes: f64 = added.iter().map(|u| u * u * u).sum();
    let clusters = seen.iter().filter(|seen| **seen).count();
    let trace: f64 = diagonal.iter().sum();
    let mut squares: f64 = diagonal.iter().map(|p| p * p).sum();
    for (a, of_a) in scales.iter().zip(&sizes) {
        for (b, of_b) in scales.iter().zip(&sizes) {
            let products = of_a.iter().zip(of_b).map(|(p, q)| p * q);
            let (mut sum, mut sum_of_squares) = (0.0, 0.0);
            for product in products {
                sum += product;
                sum_of_squares += product * product;
            }
            squares += a * b * (sum * sum - sum_of_squares);
        }
    }
    Some(WeightedMeans {
        mean,
        se: variance.sqrt(),
        freedom: match trace > 0.0 {
            true => trace * trace / squares,
            false => f64::INFINITY,
        },
        skewness: match variance > 0.0 {
            true => cubes / variance.powf(1.5) * (clusters as f64).sqrt(),
            false => 0.0,
        },
        clusters,
    })
}
