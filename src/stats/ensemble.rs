//! Comparison of the members of an ensemble: how much of an effect is specific to one network.
//!
//! Every member sees every background: a crossed random-effects design of members by backgrounds with one number in each cell.
//! Both are samples, of trained networks and of sequences. The variance of the grand mean is
//! (MS_members + MS_backgrounds - MS_residual) / (number of cells), with the mean squares of a two-way analysis of variance.
//! Degrees of freedom follow Hillis (Statistics in Medicine 26:596, 2007), who has readers by cases; the difference of mean
//! squares is truncated at 0.

use super::{Estimate, Moments, student};
use gia_study::{EnsembleEstimate, MemberMean};

/// Compares members, given by name, by the numbers of a contrast under each, on the same backgrounds in the same order. None
/// for fewer than two members or backgrounds.
pub fn compare_members(members: Vec<(&str, Vec<f64>)>, level: f64) -> Option<EnsembleEstimate> {
    let m = members.len() as f64;
    let count = members.first()?.1.len();
    if members.len() < 2 || count < 2 {
        return None;
    }
    let n = count as f64;
    let estimates: Vec<Estimate> = members.iter().map(|(_, v)| Estimate::of(v)).collect();
    let means: Vec<f64> = estimates.iter().map(|estimate| estimate.mean).collect();
    let of_means = Moments::of(&means);
    let of_backgrounds: Vec<f64> = (0..count)
        .map(|i| members.iter().map(|(_, v)| v[i]).sum::<f64>() / m)
        .collect();
    let of_backgrounds = Moments::of(&of_backgrounds);
    let within: f64 = members
        .iter()
        .map(|(_, v)| Moments::of(v).squared_deviations)
        .sum();
    // Mean squares of the table.
    let models = n * of_means.squared_deviations / (m - 1.0);
    let backgrounds = m * of_backgrounds.squared_deviations / (n - 1.0);
    let rest = (within - m * of_backgrounds.squared_deviations).max(0.0) / ((m - 1.0) * (n - 1.0));

    let variance = models + (backgrounds - rest).max(0.0);
    let half = if models > 0.0 {
        let freedom = variance * variance / (models * models / (m - 1.0));
        student::critical_value(1.0 - level, freedom) * (variance / (n * m)).sqrt()
    } else {
        student::critical_value(1.0 - level, n - 1.0) * (backgrounds / (n * m)).sqrt()
    };
    let critical = student::critical_value(1.0 - level, n - 1.0);
    let named = members.iter().zip(&estimates);
    let agree = means.iter().filter(|mean| **mean * of_means.mean > 0.0);
    Some(EnsembleEstimate {
        sd: of_means.sd()?,
        between: ((models - rest) / n).max(0.0).sqrt(),
        within: (within / (m * (n - 1.0))).sqrt(),
        mean: of_means.mean,
        low: of_means.mean - half,
        high: of_means.mean + half,
        agree: agree.count(),
        means: named
            .map(|((name, _), estimate)| {
                let interval = estimate.interval(critical);
                MemberMean {
                    model: (*name).to_string(),
                    mean: estimate.mean,
                    low: interval.map(|(low, _)| low),
                    high: interval.map(|(_, high)| high),
                }
            })
            .collect(),
    })
}
