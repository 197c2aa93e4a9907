//! Comparison of the members of an ensemble: how much of an effect is specific to one network.
//!
//! Every member sees every background: a crossed random-effects design of members by backgrounds with one number in each cell.
//! Both are samples, of trained networks and of sequences. The variance of the grand mean is
//! (MS_members + MS_backgrounds - MS_residual) / (number of cells), with the mean squares of a two-way analysis of variance.
//! Degrees of freedom are Satterthwaite's, of all mean squares that enter; the difference of mean squares is truncated at 0. (Hillis,
//! Statistics in Medicine 26:596, 2007, whose readers by cases are this design, counts the readers alone, which is too sure where
//! there are few cases.)

use gia_design::IntervalMethod;

use super::resampling_units::unit_totals;
use super::{ClusterDesign, Estimate, Moments, student};
use gia_study::{EnsembleEstimate, MemberMean};

/// Compares members, given by name, by the numbers of a contrast under each, on the same backgrounds in the same order. None
/// for fewer than two members or backgrounds.
///
/// If several backgrounds have one source, sources take the place of backgrounds in the analysis of variance.
pub fn compare_members(
    members: Vec<(&str, Vec<f64>)>,
    level: f64,
    interval: IntervalMethod,
    design: Option<&ClusterDesign>,
) -> Option<EnsembleEstimate> {
    let m = members.len() as f64;
    let count = members.first()?.1.len();
    let units = design.map_or(count, ClusterDesign::count);
    if members.len() < 2 || units < 2 {
        return None;
    }
    let n = units as f64;
    let estimates = members.iter().map(|(_, values)| Estimate {
        interval_method: interval,
        ..Estimate::of(values, design)
    });
    let estimates: Vec<Estimate> = estimates.collect();
    let of_units = members.iter();
    let of_units = of_units.map(|(_, values)| unit_totals(values.clone(), design));
    let of_units: Vec<Vec<f64>> = of_units.collect();
    let means: Vec<f64> = estimates.iter().map(|estimate| estimate.mean).collect();
    let of_means = Moments::of(&means);
    let of_backgrounds: Vec<f64> = (0..units)
        .map(|i| of_units.iter().map(|v| v[i]).sum::<f64>() / m)
        .collect();
    let of_backgrounds = Moments::of(&of_backgrounds);
    let squares = |values: &Vec<f64>| Moments::of(values).squared_deviations;
    let within: f64 = of_units.iter().map(squares).sum();
    let within_members: f64 = members.iter().map(|(_, values)| squares(values)).sum();
    // Mean squares of the table.
    let models = n * of_means.squared_deviations / (m - 1.0);
    let backgrounds = m * of_backgrounds.squared_deviations / (n - 1.0);
    let rest = (within - m * of_backgrounds.squared_deviations).max(0.0) / ((m - 1.0) * (n - 1.0));

    if models <= 0.0 && backgrounds <= 0.0 {
        // In a sample in which nothing varied, nothing is known of other models and backgrounds.
        return None;
    }
    let variance = models + (backgrounds - rest).max(0.0);
    let half = if models > 0.0 {
        let mut spread = models * models / (m - 1.0);
        if backgrounds > rest {
            spread += backgrounds * backgrounds / (n - 1.0) + rest * rest / ((m - 1.0) * (n - 1.0));
        }
        let freedom = variance * variance / spread;
        student::critical_value(1.0 - level, freedom) * (variance / (n * m)).sqrt()
    } else {
        student::critical_value(1.0 - level, n - 1.0) * (backgrounds / (n * m)).sqrt()
    };
    let freedom = estimates.first()?.freedom;
    let critical = student::critical_value(1.0 - level, freedom);
    let named = members.iter().zip(&estimates);
    let agree = means.iter().filter(|mean| **mean * of_means.mean > 0.0);
    Some(EnsembleEstimate {
        sd: of_means.sd()?,
        between: ((models - rest) / n).max(0.0).sqrt(),
        within: (within_members / (m * (count - 1) as f64)).sqrt(),
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
