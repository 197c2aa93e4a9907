//! The mean of a response in the tenths of the backgrounds by a feature: what a straight line cannot show.

use gia_design::IntervalMethod;

use crate::student;
use crate::{ClusterDesign, Estimate};

/// Number of groups.
const GROUPS: usize = 10;

/// The backgrounds of one tenth.
#[derive(Debug, Clone, PartialEq)]
pub struct TenthMean {
    /// Number of backgrounds.
    pub n: usize,
    /// Smallest and greatest value of the feature.
    pub feature: (f64, f64),
    /// Mean of the response.
    pub mean: f64,
    /// Interval of the mean at the level asked for; none if the backgrounds give none.
    pub interval: Option<(f64, f64)>,
}

/// Means of the response in tenths of the backgrounds, from the lowest to the highest value of the feature.
///
/// Equal values are not divided: all of them are in the tenth of their middle rank, so there are fewer groups for a feature with few
/// values, such as a count.
pub fn means_by_tenths(
    feature: &[f64],
    response: &[f64],
    (level, interval_method): (f64, IntervalMethod),
    design: Option<&ClusterDesign>,
) -> Vec<TenthMean> {
    let n = feature.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| feature[i].total_cmp(&feature[j]));
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut start = 0;
    for run in order.chunk_by(|&i, &j| feature[i] == feature[j]) {
        // The middle of the ranks `start` to `start + run.len() - 1`, in halves, so that it is exact.
        let middle = 2 * start + run.len();
        let group = (GROUPS * middle / (2 * n)).min(GROUPS - 1);
        match groups.last_mut() {
            Some((last, members)) if *last == group => members.extend(run),
            _ => groups.push((group, run.to_vec())),
        }
        start += run.len();
    }
    groups
        .into_iter()
        .map(|(_, members)| {
            tenth(
                &members,
                feature,
                response,
                (level, interval_method),
                design,
            )
        })
        .collect()
}

/// The mean over some backgrounds, which are in the order of the feature.
fn tenth(
    members: &[usize],
    feature: &[f64],
    response: &[f64],
    (level, interval_method): (f64, IntervalMethod),
    design: Option<&ClusterDesign>,
) -> TenthMean {
    let values: Vec<f64> = members.iter().map(|&i| response[i]).collect();
    let within = design.and_then(|design| design.of_subset(members));
    let estimate = Estimate {
        interval_method,
        ..Estimate::of(&values, within.as_ref())
    };
    let critical = student::critical_value(1.0 - level, estimate.freedom);
    let at = |index: Option<&usize>| index.map_or(0.0, |&i| feature[i]);
    TenthMean {
        n: members.len(),
        feature: (at(members.first()), at(members.last())),
        mean: estimate.mean,
        interval: match estimate.freedom > 0.0 {
            true => estimate.interval(critical),
            false => None,
        },
    }
}
