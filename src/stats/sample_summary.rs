//! What inference about the mean of a sample needs, collected in blocks of backgrounds.

use gia_design::IntervalMethod;

use super::rounding::rounding_tolerance;
use super::{ClusterDesign, Estimate, Moments, clustered_error, may_be_decided_by_few};

/// Moments of a sample, sums of its clusters, and how many values differ from the commonest one.
#[derive(Debug, Clone, Default)]
pub struct SampleSummary {
    /// Moments of all values so far.
    pub moments: Moments,
    /// The median of the first block, which is the value of most backgrounds where there is such a value.
    commonest: Option<f64>,
    /// Number of values unlike it.
    unlike: usize,
    /// By cluster, the sum of the differences from `commonest` and whether one is unlike it; empty if backgrounds are independent.
    clusters: Vec<ClusterSum>,
}

#[derive(Debug, Clone, Copy, Default)]
struct ClusterSum {
    differences: f64,
    differs: bool,
}

impl SampleSummary {
    /// The summary of a whole sample of exact values.
    pub fn of(values: &[f64], design: Option<&ClusterDesign>) -> SampleSummary {
        let mut summary = SampleSummary::default();
        summary.add(values, None, design);
        summary
    }

    /// Adds the values of the next block of backgrounds. Values that differ from the commonest by no more than rounding errors of values
    /// with these magnitudes count as equal to it. None if the mean or the variance is no longer finite.
    pub fn add(
        &mut self,
        values: &[f64],
        magnitudes: Option<&[f64]>,
        design: Option<&ClusterDesign>,
    ) -> Option<()> {
        let start = self.moments.n;
        self.moments.merge(Moments::of(values));
        if !self.moments.is_finite() {
            return None;
        }
        let commonest = *self.commonest.get_or_insert_with(|| median(values));
        let differs = |value: f64, i: usize| match magnitudes {
            Some(magnitudes) => (value - commonest).abs() > rounding_tolerance(magnitudes[i]),
            None => value != commonest,
        };
        let pairs = values.iter().enumerate();
        self.unlike += pairs.filter(|(i, value)| differs(**value, *i)).count();
        if let Some(design) = design {
            self.clusters.resize(design.count(), ClusterSum::default());
            let ids = &design.ids()[start..];
            for (i, (value, id)) in values.iter().zip(ids).enumerate() {
                let cluster = &mut self.clusters[*id as usize];
                cluster.differences += value - commonest;
                cluster.differs |= differs(*value, i);
            }
        }
        Some(())
    }

    /// The estimate of the mean.
    pub fn estimate(&self, design: Option<&ClusterDesign>) -> Estimate {
        let moments = self.moments;
        let n = moments.n;
        let sd = moments.sd();
        let independent = Estimate {
            n,
            sources: n,
            mean: moments.mean,
            sd,
            se: sd.map(|sd| sd / (n as f64).sqrt()),
            freedom: n.saturating_sub(1) as f64,
            skewness: moments.skewness(),
            few_may_decide: may_be_decided_by_few(&moments),
            unlike: self.unlike,
            interval_method: IntervalMethod::Hull,
            is_fixed: false,
            rounding_bound: None,
        };
        let Some(design) = design else {
            return independent;
        };
        let offset = moments.mean - self.commonest.unwrap_or(0.0);
        let sums = self.clusters.iter().zip(design.sizes());
        let deviations = sums.map(|(sum, &size)| sum.differences - offset * size as f64);
        let deviations: Vec<f64> = deviations.collect();
        let error = clustered_error(&deviations, design.sizes());
        Estimate {
            sources: design.count(),
            // To be looked at by source.
            few_may_decide: true,
            unlike: self
                .clusters
                .iter()
                .filter(|cluster| cluster.differs)
                .count(),
            se: error.map(|error| error.se),
            freedom: design.freedom,
            skewness: error.map_or(0.0, |error| error.skewness),
            ..independent
        }
    }
}

/// The upper median; 0 for no values.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    match values.is_empty() {
        true => 0.0,
        false => *values.select_nth_unstable_by(middle, f64::total_cmp).1,
    }
}
