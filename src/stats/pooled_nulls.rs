//! An effect over several null models: how much of it depends on the choice of the null.
//!
//! Null models and backgrounds are both samples. With the mean m_k under each of K null models, the pooled effect is their mean, in which
//! every null model counts the same. Let s^2 be the variance between the m_k, S_kk the squared standard error of m_k, and S_kl the
//! covariance of two means that follows from sources which both null models are made from, as shuffles of the same records are. Then
//!
//! ```text
//! E s^2 = tau^2 + mean of S_kk - mean of S_kl,    Var(mean) = (tau^2 + mean of S_kk + (K - 1) mean of S_kl) / K
//! ```
//!
//! with tau^2 the variance between null models, so s^2 / K + mean of S_kl estimates the variance of the mean. Where no two null models have
//! a source in common this is s^2 / K with K - 1 degrees of freedom: the interval of Hartung, Knapp, Sidik and Jonkman with equal weights
//! (Sidik and Jonkman, Statistics in Medicine 21:3153, 2002). s^2 counts as no less than S_kk - S_kl, which is expected without any variance
//! between null models (the modification of Knapp and Hartung, Statistics in Medicine 22:2693, 2003): the interval is never narrower than
//! backgrounds alone allow. Where every null model has one background of each source it is the crossed
//! design of [`super::ensemble`]. Degrees of freedom are Satterthwaite's, of all mean squares that enter, as there.

use super::contrast_evaluator::ContrastEvaluator;
use super::outputs::OutputIndex;
use super::{ClusterDesign, Estimate, Moments, grid_point, student};
use gia_design::AxisValue;
use gia_domain::Clusters;
use gia_plan::Experiment;
use gia_study::{NullMean, PooledEffect};

/// The pooled mean over null models, with its uncertainty.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledMean {
    /// Mean under each null model.
    pub means: Vec<f64>,
    /// Their mean.
    pub mean: f64,
    /// Their sample standard deviation.
    pub sd: f64,
    /// Standard deviation between null models, without the errors of the means.
    pub between: f64,
    /// Standard error of the pooled mean; none if nothing varied, or if a null model has one background or source.
    pub se: Option<f64>,
    /// Degrees of freedom of the standard error.
    pub freedom: f64,
    /// Whether null models have sources in common.
    pub is_crossed: bool,
}

/// Pools the values of a contrast under several null models, each with the number of the source of each background; equal numbers, under
/// whatever null model, are one source. None for fewer than two null models.
pub fn pool_nulls(nulls: &[(Vec<f64>, &[u32])]) -> Option<PooledMean> {
    let k = nulls.len() as f64;
    if nulls.len() < 2 {
        return None;
    }
    let means = nulls.iter().map(|(values, _)| Moments::of(values).mean);
    let means: Vec<f64> = means.collect();
    let of_means = Moments::of(&means);
    let sd = of_means.sd()?;
    let squared = sd * sd;
    let errors = nulls.iter().map(|(values, sources)| {
        let design = Clusters::new(renumbered(sources)).map(ClusterDesign::new);
        Estimate::of(values, design.as_ref()).se
    });
    let errors: Option<Vec<f64>> = errors.collect();
    let sources = nulls.iter().flat_map(|(_, sources)| sources.iter());
    let count = sources.max().map_or(0, |last| *last as usize + 1);
    let sums: Vec<Vec<f64>> = nulls
        .iter()
        .zip(&means)
        .map(|((values, sources), mean)| {
            let mut sums = vec![0.0; count];
            for (value, source) in values.iter().zip(*sources) {
                sums[*source as usize] += (value - mean) / values.len() as f64;
            }
            sums
        })
        .collect();
    let (mut covariance, mut is_crossed) = (0.0, false);
    for (i, (a, (_, of_a))) in sums.iter().zip(nulls).enumerate() {
        for (b, (_, of_b)) in sums.iter().zip(nulls).skip(i + 1) {
            let shared = shared_sources(of_a, of_b, count);
            is_crossed |= shared > 0;
            if shared > 1 {
                let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                covariance += product * shared as f64 / (shared - 1) as f64;
            }
        }
    }
    let pairs = 0.5 * k * (k - 1.0);
    let covariance = covariance / pairs;
    let found = |between: f64, se: Option<f64>, freedom: f64| PooledMean {
        mean: of_means.mean,
        sd,
        between,
        se,
        freedom,
        is_crossed,
        means: means.clone(),
    };
    let Some(errors) = errors else {
        return Some(found(sd, None, 0.0));
    };
    let own = errors.iter().map(|se| se * se).sum::<f64>() / k;
    let rest = (own - covariance).max(0.0);
    let between = (squared - rest).max(0.0).sqrt();
    // Of the backgrounds alone: of the mean over these null models, and of what is specific to each.
    let of_backgrounds = (own + (k - 1.0) * covariance) / k;
    let of_rest = rest / k;
    let common = of_backgrounds - of_rest;
    // Null models that agree by chance do not say that backgrounds matter less.
    let among = squared.max(rest) / k;
    if among <= 0.0 && of_backgrounds <= 0.0 {
        return Some(found(between, None, 0.0));
    }
    let mut spread = among * among / (k - 1.0);
    let mut variance = among;
    if is_crossed && common > 0.0 {
        let sources = (count as f64 - 1.0).max(1.0);
        variance += common;
        spread +=
            of_backgrounds * of_backgrounds / sources + of_rest * of_rest / (sources * (k - 1.0));
    }
    let freedom = match spread > 0.0 {
        true => variance * variance / spread,
        false => k - 1.0,
    };
    Some(found(between, Some(variance.sqrt()), freedom))
}

/// Sources numbered from 0 in the order of their first background.
fn renumbered(sources: &[u32]) -> Vec<u32> {
    let mut numbers = std::collections::HashMap::new();
    let number = |source: &u32| {
        let next = numbers.len() as u32;
        *numbers.entry(*source).or_insert(next)
    };
    sources.iter().map(number).collect()
}

/// Number of sources that two null models have in common.
fn shared_sources(a: &[u32], b: &[u32], count: usize) -> usize {
    let mut found = vec![0u8; count];
    a.iter().for_each(|source| found[*source as usize] |= 1);
    b.iter().for_each(|source| found[*source as usize] |= 2);
    found.iter().filter(|marks| **marks == 3).count()
}

/// Index of each population in the plan, with its number of backgrounds.
type Sets = Vec<(usize, usize)>;

/// Every contrast of an experiment pooled over its axis of null models: by outcome, contrast, and point of the other axes. Empty if the
/// experiment has no such axis, or samples sequentially: its looks are at the intervals of single null models.
pub fn pooled_effects(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    outputs: &OutputIndex,
) -> Vec<PooledEffect> {
    let design = &experiment.design;
    // Numbers of single sequences are no null models.
    if experiment.points.iter().all(|point| point.count == 1) {
        return Vec::new();
    }
    let sizes = design.axes.iter().map(|axis| axis.values.len());
    if sizes.product::<usize>() != experiment.points.len() {
        return Vec::new();
    }
    let axis = match null_axis(experiment) {
        Some(axis) if design.stopping.is_none() => axis,
        _ => return Vec::new(),
    };
    let groups = groups_along(experiment, axis);
    let mut joint: Option<(Sets, Vec<Vec<u32>>)> = None;
    let mut found = Vec::new();
    for (o, outcome) in design.outcomes.iter().enumerate() {
        for (c, contrast) in design.contrasts.iter().enumerate() {
            for group in &groups {
                let points = || group.iter().map(|&point| &experiment.points[point]);
                let key: Sets = points()
                    .map(|point| (point.population, point.count))
                    .collect();
                if joint.as_ref().is_none_or(|(known, _)| *known != key) {
                    let sources = joint_sources(&key, outputs);
                    joint = Some((key, sources));
                }
                let Some((_, sources)) = &joint else { continue };
                let values = points().zip(sources).map(|(point, sources)| {
                    (trial.contrast_values(point, o, c), sources.as_slice())
                });
                let Some(pooled) = pool_nulls(&values.collect::<Vec<_>>()) else {
                    continue;
                };
                let critical = student::critical_value(1.0 - design.level, pooled.freedom);
                let half = pooled.se.map(|se| critical * se);
                let first = &experiment.points[group[0]];
                let at = grid_point::grid_point_at(&design.axes, &first.at);
                let name = &design.axes[axis].name;
                let others = at.iter().filter(|(axis, _)| *axis != name);
                let named = design.axes[axis].values.iter().zip(&pooled.means);
                let agree = pooled
                    .means
                    .iter()
                    .filter(|mean| **mean * pooled.mean > 0.0);
                found.push(PooledEffect {
                    axis: name.clone(),
                    at: others
                        .map(|(axis, value)| (axis.clone(), value.clone()))
                        .collect(),
                    contrast: (&contrast.name).into(),
                    outcome: (&outcome.name).into(),
                    unit: outcome.unit.as_ref().map(Into::into),
                    nulls: named
                        .map(|(null, mean)| NullMean {
                            null: null.to_string(),
                            mean: *mean,
                        })
                        .collect(),
                    mean: pooled.mean,
                    low: half.map(|half| pooled.mean - half),
                    high: half.map(|half| pooled.mean + half),
                    level: design.level,
                    sd: pooled.sd,
                    between: pooled.between,
                    agree: agree.count(),
                    method: method(&pooled).into(),
                });
            }
        }
    }
    found
}

fn method(pooled: &PooledMean) -> &'static str {
    match (pooled.se, pooled.is_crossed) {
        (None, _) => "no interval, since nothing varied, or a null model has a single source",
        (Some(_), false) => "t over null models (Hartung-Knapp-Sidik-Jonkman with equal weights)",
        (Some(_), true) => "t over null models crossed with their common sources (Satterthwaite)",
    }
}

/// The axis along which nothing but the null model changes; none if there is none.
fn null_axis(experiment: &Experiment) -> Option<usize> {
    let axes = experiment.design.axes.iter().enumerate();
    let mut named = axes.filter(|(_, axis)| {
        let is_name = |value: &AxisValue| matches!(value, AxisValue::Name(_));
        axis.values.len() > 1 && axis.values.iter().all(is_name)
    });
    named.find_map(|(axis, _)| changes_null_alone(experiment, axis).then_some(axis))
}

fn changes_null_alone(experiment: &Experiment, axis: usize) -> bool {
    let groups = groups_along(experiment, axis);
    let populations = |group: &[usize]| -> Vec<usize> {
        let points = group.iter().map(|&point| &experiment.points[point]);
        points.map(|point| point.population).collect()
    };
    let Some(first) = groups.first().map(|group| populations(group)) else {
        return false;
    };
    let are_distinct = (1..first.len()).all(|i| !first[..i].contains(&first[i]));
    are_distinct
        && groups.iter().all(|group| {
            let design = |point: &usize| &experiment.design.points[*point];
            let of_first = design(&group[0]);
            populations(group) == first
                && group.iter().all(|point| {
                    design(point).arms == of_first.arms
                        && design(point).outcomes == of_first.outcomes
                })
        })
}

/// The grid points that differ on one axis alone, in the order of its values, for every point of the other axes.
fn groups_along(experiment: &Experiment, axis: usize) -> Vec<Vec<usize>> {
    let sizes: Vec<usize> = experiment
        .design
        .axes
        .iter()
        .map(|axis| axis.values.len())
        .collect();
    // The last axis runs fastest.
    let inner: usize = sizes[axis + 1..].iter().product();
    let along = sizes[axis];
    let outer = experiment.points.len() / (inner * along).max(1);
    let starts = (0..outer).flat_map(|o| (0..inner).map(move |i| o * along * inner + i));
    starts
        .map(|start| (0..along).map(|step| start + step * inner).collect())
        .collect()
}

/// The number of the source of each background of some populations, where backgrounds of different populations may have one source.
fn joint_sources(sets: &[(usize, usize)], outputs: &OutputIndex) -> Vec<Vec<u32>> {
    let of_sets: Vec<_> = sets
        .iter()
        .map(|&(population, count)| (outputs.population(population), count))
        .collect();
    let clusters = Clusters::of_sets(&of_sets, outputs.seed());
    let all: u32 = sets.iter().map(|(_, count)| *count as u32).sum();
    let ids: Vec<u32> = match &clusters {
        Some(clusters) => clusters.ids().to_vec(),
        None => (0..all).collect(),
    };
    let mut rest = ids.as_slice();
    let parts = sets.iter().map(|(_, count)| {
        let (part, after) = rest.split_at(*count);
        rest = after;
        part.to_vec()
    });
    parts.collect()
}
