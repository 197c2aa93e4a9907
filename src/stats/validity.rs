//! Few and sharp warnings about what was measured, each with its number.

use rayon::prelude::*;

use super::outputs::Outputs;
use super::point::{Measured, Trial};
use super::summaries::trimmed_mean;
use super::{place, words};
use gia_plan::Experiment;
use gia_study::{Validity, Warning};

/// An edit that leaves more of the backgrounds as they are is worth a word.
const UNCHANGED: f64 = 0.05;
/// Nearer to 0 or 1 than this an outcome has no room.
const EDGE: f64 = 0.02;
/// What is cut from either end of the differences.
const CUT: f64 = 0.05;
/// The cut mean is another number if it differs by so many standard errors.
const FAR: f64 = 2.0;
/// So many families are worth a word.
const MANY_FAMILIES: usize = 20;

/// What a reader of an experiment's numbers should know; of each kind one for a contrast or an arm.
pub fn warnings(
    experiment: &Experiment,
    trial: &Trial,
    outputs: &Outputs,
    measured: &[Measured],
) -> Vec<Warning> {
    let mut found = Vec::new();
    out_of_reach(experiment, &mut found);
    without_effect(experiment, measured, &mut found);
    below_precision(experiment, measured, &mut found);
    carried_by_few(experiment, trial, measured, &mut found);
    without_room(experiment, measured, &mut found);
    unchanged(experiment, outputs, &mut found);
    many_families(experiment, &mut found);
    found
}

/// `of `x`` where there are several outcomes.
fn of_outcome(experiment: &Experiment, outcome: usize) -> String {
    match experiment.design.outcomes.len() {
        1 => String::new(),
        _ => format!(" of `{}`", experiment.design.outcomes[outcome].name),
    }
}

/// At how many of the grid points, and at which first.
fn at(experiment: &Experiment, points: &[usize]) -> String {
    let all = experiment.points.len();
    let Some(&first) = points.first() else {
        return String::new();
    };
    let first = place::words(&experiment.design.axes, &experiment.points[first].at);
    match (all, points.len()) {
        (1, _) => String::new(),
        (all, count) if all == count => " at every grid point".to_string(),
        (_, 1) => format!(" at {first}"),
        (all, count) => format!(
            " at {} of {} grid points, the first {first}",
            words::count(count),
            words::count(all)
        ),
    }
}

/// An arm that cannot change an outcome, whatever the network has learned.
fn out_of_reach(experiment: &Experiment, found: &mut Vec<Warning>) {
    found.extend(experiment.design.out_of_reach.iter().map(|missed| Warning {
        warning: Validity::OutOfReach,
        message: format!(
            "arm `{}` cannot change `{}`{}: it writes at {}..{} bp, and `{1}` depends on {} alone; a difference of 0 there is no evidence",
            experiment.design.arms[missed.arm],
            experiment.design.outcomes[missed.outcome].name,
            at(experiment, &missed.points),
            missed.written.start,
            missed.written.end,
            missed.seen_in_words()
        ),
    }));
}

/// A contrast that is exactly zero for every background: most often an edit where the model does not look.
fn without_effect(experiment: &Experiment, measured: &[Measured], found: &mut Vec<Warning>) {
    for outcome in 0..experiment.design.outcomes.len() {
        for (c, contrast) in experiment.design.contrasts.iter().enumerate() {
            let index = outcome * experiment.design.contrasts.len() + c;
            let zero: Vec<usize> = (0..measured.len())
                .filter(|&point| {
                    let moments = measured[point].contrasts[index];
                    let is_exact = measured[point].precisions[index].is_none();
                    is_exact && moments.n >= 2 && moments.mean == 0.0 && moments.squares == 0.0
                })
                .collect();
            if zero.is_empty() {
                continue;
            }
            found.push(Warning {
                warning: Validity::ZeroVariance,
                message: format!(
                    "`{}`{} is exactly 0 for every background{}: the model gives the same for both sides",
                    contrast.name,
                    of_outcome(experiment, outcome),
                    at(experiment, &zero)
                ),
            });
        }
    }
}

/// A contrast that rounding alone can make out of no effect.
fn below_precision(experiment: &Experiment, measured: &[Measured], found: &mut Vec<Warning>) {
    for outcome in 0..experiment.design.outcomes.len() {
        for (c, contrast) in experiment.design.contrasts.iter().enumerate() {
            let index = outcome * experiment.design.contrasts.len() + c;
            let precisions: Vec<(usize, f64)> = measured
                .iter()
                .enumerate()
                .filter_map(|(point, measured)| Some((point, measured.precisions[index]?)))
                .collect();
            let points: Vec<usize> = precisions.iter().map(|(point, _)| *point).collect();
            let largest = precisions.iter().map(|(_, most)| *most).fold(0.0, f64::max);
            if points.is_empty() {
                continue;
            }
            found.push(Warning {
                warning: Validity::BelowPrecision,
                message: format!(
                    "`{}`{} is below the precision of float32{}: every difference is within {} of 0, as far as rounding \
                     of the outcomes goes; it counts as 0 and has no p",
                    contrast.name,
                    of_outcome(experiment, outcome),
                    at(experiment, &points),
                    words::number(largest, 2)
                ),
            });
        }
    }
}

/// A mean that the most extreme differences make.
fn carried_by_few(
    experiment: &Experiment,
    trial: &Trial,
    measured: &[Measured],
    found: &mut Vec<Warning>,
) {
    for outcome in 0..experiment.design.outcomes.len() {
        for (c, contrast) in experiment.design.contrasts.iter().enumerate() {
            let index = outcome * experiment.design.contrasts.len() + c;
            let carried: Vec<(usize, f64, f64, usize)> = measured
                .par_iter()
                .enumerate()
                .filter_map(|(point, measured)| {
                    let moments = measured.contrasts[index];
                    let se = moments.sd()? / (moments.n as f64).sqrt();
                    if moments.mean.abs() < FAR * se || se == 0.0 {
                        return None;
                    }
                    let values = trial.values(&experiment.points[point], outcome, c);
                    let cut = (CUT * values.len() as f64).ceil() as usize;
                    let trimmed = trimmed_mean(&values, cut)?;
                    let far = (moments.mean - trimmed).abs() > FAR * se;
                    let other = trimmed * moments.mean.signum() < 0.5 * moments.mean.abs();
                    (far && other).then_some((point, moments.mean, trimmed, cut))
                })
                .collect();
            let Some(&(_, mean, trimmed, cut)) = carried.first() else {
                continue;
            };
            let points: Vec<usize> = carried.iter().map(|(point, ..)| *point).collect();
            found.push(Warning {
                warning: Validity::CarriedByFew,
                message: format!(
                    "few backgrounds carry `{}`{}{}: its mean is {}, and {} without the {} most extreme on either side; \
                     `report median` tells of the typical one",
                    contrast.name,
                    of_outcome(experiment, outcome),
                    at(experiment, &points),
                    words::number(mean, 3),
                    words::number(trimmed, 3),
                    words::count(cut)
                ),
            });
        }
    }
}

/// An outcome between 0 and 1 that is at one of them under an arm.
fn without_room(experiment: &Experiment, measured: &[Measured], found: &mut Vec<Warning>) {
    for (o, outcome) in experiment.design.outcomes.iter().enumerate() {
        if !outcome.bounded {
            continue;
        }
        for (a, arm) in experiment.design.arms.iter().enumerate() {
            let mean = |point: &Measured| point.arms[a * experiment.design.outcomes.len() + o].mean;
            let full: Vec<usize> = (0..measured.len())
                .filter(|&point| {
                    let mean = mean(&measured[point]);
                    // That random sequences score near 0 is as it should be.
                    mean > 1.0 - EDGE || (a > 0 && mean < EDGE)
                })
                .collect();
            let Some(&first) = full.first() else {
                continue;
            };
            found.push(Warning {
                warning: Validity::Saturated,
                message: format!(
                    "`{}` under `{arm}` has a mean of {}{}, and lies between 0 and 1: there is no room left for a further effect; \
                     measure its logit",
                    outcome.name,
                    words::number(mean(&measured[first]), 3),
                    at(experiment, &full)
                ),
            });
        }
    }
}

/// An arm whose edits leave backgrounds as they are.
fn unchanged(experiment: &Experiment, outputs: &Outputs, found: &mut Vec<Warning>) {
    for (a, arm) in experiment.design.arms.iter().enumerate() {
        let mut points = Vec::new();
        let mut most = (0, 1);
        for (i, point) in experiment.points.iter().enumerate() {
            let count = outputs.unchanged(point.population, point.arms[a], point.count);
            let share = |(count, n): (usize, usize)| count as f64 / n.max(1) as f64;
            if share((count, point.count)) > UNCHANGED {
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
            warning: Validity::Unchanged,
            message: format!(
                "the edits of `{arm}` leave {} of {} backgrounds as they are{}",
                words::count(most.0),
                words::count(most.1),
                at(experiment, &points)
            ),
        });
    }
}

/// Families of tests, one a contrast and outcome, each with a rate of false ones of its own.
fn many_families(experiment: &Experiment, found: &mut Vec<Warning>) {
    let (contrasts, outcomes) = (
        experiment.design.contrasts.len(),
        experiment.design.outcomes.len(),
    );
    let families = contrasts * outcomes;
    if families < MANY_FAMILIES || experiment.points.len() < 2 {
        return;
    }
    found.push(Warning {
        warning: Validity::ManyFamilies,
        message: format!(
            "there are {} families of tests ({contrasts} contrasts of {outcomes} outcomes), and {} is the rate of false ones within \
             each: where most families hold no effect, most that is called significant in them is false",
            words::count(families),
            words::percent(experiment.design.fdr)
        ),
    });
}
