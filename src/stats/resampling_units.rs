//! The units that resampling and random signs are drawn for: backgrounds, or the independent sources that they come from.

use std::borrow::Cow;

use super::ClusterDesign;

/// The sum of the values of each unit: of each background, or of all backgrounds of each cluster.
pub fn unit_sums<'a>(values: &'a [f64], design: Option<&ClusterDesign>) -> Cow<'a, [f64]> {
    let Some(design) = design else {
        return Cow::Borrowed(values);
    };
    let mut sums = vec![0.0; design.count()];
    for (id, value) in design.ids().iter().zip(values) {
        sums[*id as usize] += value;
    }
    Cow::Owned(sums)
}

/// For each unit a number such that their mean is that of all values, and their spread the one between units: the values themselves, or
/// the sum of a cluster's values over the mean size of a cluster. With clusters of one size these are cluster means.
pub fn unit_totals(values: Vec<f64>, design: Option<&ClusterDesign>) -> Vec<f64> {
    let Some(design) = design else {
        return values;
    };
    let mean = super::Moments::of(&values).mean;
    let scale = design.count() as f64 / values.len() as f64;
    let deviations = unit_deviations(&values, Some(design));
    deviations.iter().map(|sum| mean + scale * sum).collect()
}

/// Number of values of each unit, in a sample of `n` values.
pub fn unit_sizes(n: usize, design: Option<&ClusterDesign>) -> Vec<f64> {
    match design {
        Some(design) => design.sizes().iter().map(|size| *size as f64).collect(),
        None => vec![1.0; n],
    }
}

/// The sum of the deviations of each unit from the mean of all values.
pub fn unit_deviations(values: &[f64], design: Option<&ClusterDesign>) -> Vec<f64> {
    let mean = super::Moments::of(values).mean;
    let deviations: Vec<f64> = values.iter().map(|x| x - mean).collect();
    unit_sums(&deviations, design).into_owned()
}
