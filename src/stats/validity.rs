//! Warnings about the validity of measured contrasts, each with the number that caused it.

mod short_intervals;

use rayon::prelude::*;

use super::contrast_evaluator::{ContrastEvaluator, PointEstimates};
use super::outputs::OutputIndex;
use super::summaries::trimmed_mean;
use super::{grid_point, number_format};
use gia_plan::Experiment;
use gia_study::{Warning, WarningKind};

/// Fraction of backgrounds left unchanged by an edit above which there is a warning.
const MAX_UNCHANGED_FRACTION: f64 = 0.05;
/// Distance of a mean from 0 or 1 below which an outcome counts as saturated.
const MIN_DISTANCE_FROM_BOUND: f64 = 0.02;
/// Fraction of the differences trimmed from either end.
const TRIMMED_FRACTION: f64 = 0.05;
/// Standard errors between mean and trimmed mean above which a few backgrounds dominate.
const MAX_TRIMMED_SHIFT_SE: f64 = 2.0;
/// Number of families of tests from which there is a warning.
const MIN_FAMILIES_TO_WARN: usize = 20;

/// All validity warnings of an experiment: at most one of each kind per contrast or arm.
pub fn validity_warnings(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    outputs: &OutputIndex,
    measured: &[PointEstimates],
) -> Vec<Warning> {
    let mut found = Vec::new();
    warn_out_of_reach(experiment, &mut found);
    warn_zero_variance(experiment, measured, &mut found);
    warn_below_precision(experiment, measured, &mut found);
    warn_carried_by_few(experiment, trial, measured, &mut found);
    short_intervals::warn_short_intervals(experiment, trial, measured, &mut found);
    warn_saturated(experiment, measured, &mut found);
    warn_unchanged(experiment, outputs, &mut found);
    warn_many_families(experiment, &mut found);
    found
}

/// The words that name an outcome after a contrast; empty for an experiment with one outcome.
fn outcome_suffix(experiment: &Experiment, outcome: usize) -> String {
    match experiment.design.outcomes.len() {
        1 => String::new(),
        _ => format!(" of `{}`", experiment.design.outcomes[outcome].name),
    }
}

/// The words that say at which grid points a warning holds; empty for an experiment with one grid point.
fn points_suffix(experiment: &Experiment, points: &[usize]) -> String {
    let all = experiment.points.len();
    let Some(&first) = points.first() else {
        return String::new();
    };
    let first = grid_point::describe(&experiment.design.axes, &experiment.points[first].at);
    match (all, points.len()) {
        (1, _) => String::new(),
        (all, count) if all == count => " at every grid point".to_string(),
        (_, 1) => format!(" at {first}"),
        (all, count) => format!(
            " at {} of {} grid points, the first {first}",
            number_format::count(count),
            number_format::count(all)
        ),
    }
}

/// Warns of arms that edit outside the receptive field of an outcome.
fn warn_out_of_reach(experiment: &Experiment, found: &mut Vec<Warning>) {
    found.extend(experiment.design.out_of_reach.iter().map(|missed| Warning {
        warning: WarningKind::OutOfReach,
        message: format!(
            "arm `{}` cannot change `{}`{}: it edits {}..{} bp, but `{1}` depends only on {}; a difference of 0 there is not evidence",
            experiment.design.arms[missed.arm],
            experiment.design.outcomes[missed.outcome].name,
            points_suffix(experiment, &missed.points),
            missed.written.start,
            missed.written.end,
            missed.receptive_field_text()
        ),
    }));
}

/// Warns of contrasts that are exactly zero for every background; most often the model ignores the edited positions.
fn warn_zero_variance(
    experiment: &Experiment,
    measured: &[PointEstimates],
    found: &mut Vec<Warning>,
) {
    for outcome in 0..experiment.design.outcomes.len() {
        for (c, contrast) in experiment.design.contrasts.iter().enumerate() {
            let index = outcome * experiment.design.contrasts.len() + c;
            let zero: Vec<usize> = (0..measured.len())
                .filter(|&point| {
                    let estimate = measured[point].contrasts[index];
                    let is_exact = estimate.rounding_bound.is_none();
                    is_exact && estimate.n >= 2 && estimate.mean == 0.0 && estimate.sd == Some(0.0)
                })
                .collect();
            if zero.is_empty() {
                continue;
            }
            found.push(Warning {
                warning: WarningKind::ZeroVariance,
                message: format!(
                    "`{}`{} is exactly 0 for every background{}: the model gives both sides the same value",
                    contrast.name,
                    outcome_suffix(experiment, outcome),
                    points_suffix(experiment, &zero)
                ),
            });
        }
    }
}

/// Warns of contrasts that rounding alone can explain.
fn warn_below_precision(
    experiment: &Experiment,
    measured: &[PointEstimates],
    found: &mut Vec<Warning>,
) {
    for outcome in 0..experiment.design.outcomes.len() {
        for (c, contrast) in experiment.design.contrasts.iter().enumerate() {
            let index = outcome * experiment.design.contrasts.len() + c;
            let precisions: Vec<(usize, f64)> = measured
                .iter()
                .enumerate()
                .filter_map(|(point, measured)| {
                    Some((point, measured.contrasts[index].rounding_bound?))
                })
                .collect();
            let points: Vec<usize> = precisions.iter().map(|(point, _)| *point).collect();
            let largest = precisions.iter().map(|(_, most)| *most).fold(0.0, f64::max);
            if points.is_empty() {
                continue;
            }
            found.push(Warning {
                warning: WarningKind::BelowPrecision,
                message: format!(
                    "`{}`{} is below the precision of float32{}: every difference is within {} of 0, which rounding \
                     of the outcomes explains; it counts as 0 and has no p",
                    contrast.name,
                    outcome_suffix(experiment, outcome),
                    points_suffix(experiment, &points),
                    number_format::significant_digits(largest, 2)
                ),
            });
        }
    }
}

/// Warns of means that depend on a few extreme backgrounds.
fn warn_carried_by_few(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    measured: &[PointEstimates],
    found: &mut Vec<Warning>,
) {
    for outcome in 0..experiment.design.outcomes.len() {
        for (c, contrast) in experiment.design.contrasts.iter().enumerate() {
            let index = outcome * experiment.design.contrasts.len() + c;
            let carried: Vec<(usize, f64, f64, usize)> = measured
                .par_iter()
                .enumerate()
                .filter_map(|(point, measured)| {
                    let estimate = measured.contrasts[index];
                    let se = estimate.se?;
                    if estimate.mean.abs() < MAX_TRIMMED_SHIFT_SE * se || se == 0.0 {
                        return None;
                    }
                    let values = trial.contrast_values(&experiment.points[point], outcome, c);
                    let cut = (TRIMMED_FRACTION * values.len() as f64).ceil() as usize;
                    let trimmed = trimmed_mean(&values, cut)?;
                    let far = (estimate.mean - trimmed).abs() > MAX_TRIMMED_SHIFT_SE * se;
                    let other = trimmed * estimate.mean.signum() < 0.5 * estimate.mean.abs();
                    (far && other).then_some((point, estimate.mean, trimmed, cut))
                })
                .collect();
            let Some(&(_, mean, trimmed, cut)) = carried.first() else {
                continue;
            };
            let points: Vec<usize> = carried.iter().map(|(point, ..)| *point).collect();
            found.push(Warning {
                warning: WarningKind::CarriedByFew,
                message: format!(
                    "few backgrounds carry `{}`{}{}: its mean is {}, and {} without the {} most extreme on either side; \
                     `report median` describes a typical background",
                    contrast.name,
                    outcome_suffix(experiment, outcome),
                    points_suffix(experiment, &points),
                    number_format::significant_digits(mean, 3),
                    number_format::significant_digits(trimmed, 3),
                    number_format::count(cut)
                ),
            });
        }
    }
}

/// Warns of outcomes bounded by 0 and 1 that are close to a bound under an arm.
fn warn_saturated(experiment: &Experiment, measured: &[PointEstimates], found: &mut Vec<Warning>) {
    for (o, outcome) in experiment.design.outcomes.iter().enumerate() {
        if !outcome.bounded {
            continue;
        }
        for (a, arm) in experiment.design.arms.iter().enumerate() {
            let mean =
                |point: &PointEstimates| point.arms[a * experiment.design.outcomes.len() + o].mean;
            let full: Vec<usize> = (0..measured.len())
                .filter(|&point| {
                    let mean = mean(&measured[point]);
                    // That random sequences score near 0 is as it should be.
                    mean > 1.0 - MIN_DISTANCE_FROM_BOUND
                        || (a > 0 && mean < MIN_DISTANCE_FROM_BOUND)
                })
                .collect();
            let Some(&first) = full.first() else {
                continue;
            };
            found.push(Warning {
                warning: WarningKind::Saturated,
                message: format!(
                    "`{}` under `{arm}` is saturated: its mean is {}{} on a scale from 0 to 1, which leaves no room for a further effect; \
                     measure its logit",
                    outcome.name,
                    number_format::significant_digits(mean(&measured[first]), 3),
                    points_suffix(experiment, &full)
                ),
            });
        }
    }
}

/// Warns of arms whose edits leave backgrounds unchanged.
fn warn_unchanged(experiment: &Experiment, outputs: &OutputIndex, found: &mut Vec<Warning>) {
    for (a, arm) in experiment.design.arms.iter().enumerate() {
        let mut points = Vec::new();
        let mut most = (0, 1);
        for (i, point) in experiment.points.iter().enumerate() {
            let count = outputs.count_unchanged(point.population, point.arms[a], point.count);
            let share = |(count, n): (usize, usize)| count as f64 / n.max(1) as f64;
            if share((count, point.count)) > MAX_UNCHANGED_FRACTION {
                points.push(i);
                if share((count, point.count)) > share(most) {
                    most = (count, point.count);
                }
            }
        }
        if points.is_empty() {
            continue;
        }
        found.push(Warning {
            warning: WarningKind::Unchanged,
            message: format!(
                "the edits of `{arm}` leave {} of {} backgrounds unchanged{}",
                number_format::count(most.0),
                number_format::count(most.1),
                points_suffix(experiment, &points)
            ),
        });
    }
}

/// Warns of many families of tests (one per contrast and outcome), each with its own false-discovery rate.
fn warn_many_families(experiment: &Experiment, found: &mut Vec<Warning>) {
    let (contrasts, outcomes) = (
        experiment.design.contrasts.len(),
        experiment.design.outcomes.len(),
    );
    let families = contrasts * outcomes;
    if families < MIN_FAMILIES_TO_WARN || experiment.points.len() < 2 {
        return;
    }
    found.push(Warning {
        warning: WarningKind::ManyFamilies,
        message: format!(
            "each of {} families of tests ({contrasts} contrasts of {outcomes} outcomes) has a false-discovery rate of {} of its own: \
             if most families hold no effect, most of their significant results are false",
            number_format::count(families),
            number_format::percent(experiment.design.fdr)
        ),
    });
}
