//! From a plan and the outputs of the models to the experiments of a study.
//!
//! Grid points are computed in parallel and collected in grid order; the numbers of one depend on no other.

use rayon::prelude::*;

use super::claim::ClaimContext;
use super::contrast_evaluator::{ContrastEvaluator, PointEstimates};
use super::each::report_each;
use super::haplotypes::applied_haplotypes;
use super::mutation_map::mutation_map;
use super::outputs::OutputIndex;
use super::series::ContrastSeries;
use super::{
    Moments, curve_summary, drivers, grid_point, measured_tracks, null_diagnosis, number_format,
    pooled_nulls, stopping_record, validity,
};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::{Origin, Population};
use gia_engine::{Outcomes, Survey};
use gia_plan::{Experiment, Plan, Point};
use gia_study::{ExcludedRecords, GridPoint, SharedStr};

/// Maximum number of populations that a study describes for an experiment.
const MAX_POPULATIONS: usize = 64;
/// Unit of replication, as reported beside n.
const UNIT_OF_REPLICATION: &str = "background sequence, the same under every arm";
/// The unit of replication if several backgrounds have one source.
const SOURCE_OF_REPLICATION: &str =
    "source sequence; intervals and tests are about sequences like these sources";

/// What n counts where every grid point has one sequence.
const ONE_SEQUENCE: &str = "one sequence: no replication";
/// The unit of replication of random variations of one sequence, such as shuffles.
const VARIATIONS_OF_ONE: &str =
    "random variation of one sequence; intervals and tests are about such variations of it";

/// Computes the results of every experiment of a plan, in its order.
///
/// # Errors
///
/// A formula that is not finite for some background (`NonFinite`), a point without backgrounds (`TooFewBackgrounds`), a level
/// outside 0 to 1 (`OutOfRange`), a claim about a number that is not finite (`ArithmeticError`), a claim without grid points
/// (`NoGridPoint`). The error names the first of several failing grid points.
///
/// # Panics
///
/// If `outcomes` belongs to another plan.
pub fn analyse(plan: &Plan, outcomes: &Outcomes) -> Outcome<Vec<gia_study::Experiment>> {
    analyse_each(plan, outcomes).into_iter().collect()
}

/// Computes the results of every experiment like [`analyse`], with a separate error for each.
pub fn analyse_each(plan: &Plan, outcomes: &Outcomes) -> Vec<Outcome<gia_study::Experiment>> {
    let outputs = OutputIndex::new(plan, outcomes);
    let experiments = plan.experiments.iter().enumerate();
    experiments
        .map(|(number, experiment)| {
            analyse_experiment(experiment, &outputs, outputs.survey(number))
        })
        .collect()
}

/// Computes the results of one experiment; with a diagnosis of its null model if the backgrounds were surveyed.
pub(super) fn analyse_experiment(
    experiment: &Experiment,
    outputs: &OutputIndex,
    survey: Option<&Survey>,
) -> Outcome<gia_study::Experiment> {
    validate_numbers(experiment)?;
    let trial = ContrastEvaluator::new(experiment, outputs);
    let measured: Vec<Outcome<PointEstimates>> = experiment
        .points
        .par_iter()
        .map(|point| trial.point_estimates(point))
        .collect();
    let measured: Vec<PointEstimates> = measured.into_iter().collect::<Outcome<_>>()?;
    let grid = grid_point::grid_axes(&experiment.design.axes);
    let places = experiment.points.iter();
    let places: Vec<GridPoint> = places
        .map(|point| grid.point(&point.at).unwrap_or_default())
        .collect();

    let mut rows = Vec::with_capacity(
        measured.len() * experiment.design.outcomes.len() * experiment.design.contrasts.len(),
    );
    for outcome in 0..experiment.design.outcomes.len() {
        for contrast in 0..experiment.design.contrasts.len() {
            let series = ContrastSeries {
                experiment,
                outcome,
                contrast,
            };
            rows.extend(series.rows(&trial, outputs.seed(), &measured, &places));
        }
    }
    let claims = experiment.design.claims.iter();
    let claims = claims.map(|claim| {
        let judging = ClaimContext {
            trial: &trial,
            experiment,
            claim,
            measured: &measured,
            grid_points: &places,
            seed: outputs.seed(),
        };
        judging.verdict()
    });
    let claims: Vec<gia_study::Claim> = claims.collect();
    let curves = curve_summary::estimate_curves(experiment, &trial, &places, outputs.seed());
    if let Some(survey) = survey {
        drivers::add_drivers(experiment, &trial, outputs, survey, &mut rows);
    }
    let null = match survey {
        Some(survey) => null_diagnosis::diagnose(experiment, &trial, outputs, survey)?,
        None => Vec::new(),
    };
    let mut warnings = validity::validity_warnings(experiment, &trial, outputs, &measured);
    null_diagnosis::warn_unlike_reference(&null, &mut warnings);
    let sources = describe_sources(experiment, &trial, outputs);
    let each = report_each(experiment, &trial, outputs, &places);
    let pooled = pooled_nulls::pooled_effects(experiment, &trial, outputs);
    let tracks = measured_tracks::measured_tracks(experiment, &trial, outputs, &places)?;
    Ok(gia_study::Experiment {
        name: experiment.design.name.clone(),
        doc: experiment.design.doc.clone(),
        unit_of_replication: unit_of_replication(experiment, outputs, sources.is_some())
            .to_string(),
        backgrounds: backgrounds(experiment, outputs),
        sources,
        fdr: experiment.design.fdr,
        left_out: experiment
            .intakes
            .iter()
            .map(ExcludedRecords::from)
            .collect(),
        haplotypes: applied_haplotypes(experiment, outputs),
        stopping: stopping_record::stopping_record(experiment, &rows, &claims),
        axes: experiment
            .design
            .axes
            .iter()
            .map(grid_point::axis_record)
            .collect(),
        // Layouts come from the plan; `pipeline` fills them in.
        layouts: Vec::new(),
        motifs: Vec::new(),
        arms: arm_summaries(experiment, &measured, &places),
        scales: outcome_scales(experiment),
        rows,
        each,
        mutation_map: mutation_map(experiment, &measured, outputs),
        tracks,
        pooled,
        curves,
        claims,
        null,
        warnings,
    })
}

fn validate_numbers(experiment: &Experiment) -> Outcome<()> {
    if let Some(point) = experiment.points.iter().find(|point| point.count == 0) {
        let place = grid_point::describe(&experiment.design.axes, &point.at);
        let at = if place.is_empty() {
            String::new()
        } else {
            format!(" at {place}")
        };
        let message = format!(
            "experiment `{}` has no background{at}",
            experiment.design.name
        );
        return Err(Box::new(Diagnostic::error(
            Code::TooFewBackgrounds,
            message,
        )));
    }
    let inside = |level: f64| level > 0.0 && level < 1.0;
    if !inside(experiment.design.level) {
        let message = format!(
            "the level of experiment `{}` is {}, and a level lies between 0 and 1",
            experiment.design.name, experiment.design.level
        );
        return Err(Box::new(Diagnostic::error(Code::OutOfRange, message)));
    }
    for claim in &experiment.design.claims {
        let (code, problem) = if !inside(claim.level) {
            let message = format!(
                "the level of this claim is {}, and a level lies between 0 and 1",
                claim.level
            );
            (Code::OutOfRange, message)
        } else if let Some(bad) = claim.thresholds.iter().find(|x| !x.is_finite()) {
            let message = format!("nothing can be compared with {bad}");
            (Code::ArithmeticError, message)
        } else if claim.points.is_empty() {
            let message = "the condition of this claim holds at no grid point";
            return Err(Box::new(
                Diagnostic::error(Code::NoGridPoint, message).at(claim.span, ""),
            ));
        } else {
            continue;
        };
        return Err(Box::new(
            Diagnostic::error(code, problem).at(claim.span, ""),
        ));
    }
    Ok(())
}

/// The scale of each outcome's interactions; empty unless the experiment is a factorial.
fn outcome_scales(experiment: &Experiment) -> Vec<gia_study::OutcomeScale> {
    let outcomes = experiment
        .design
        .outcomes
        .iter()
        .filter(|_| experiment.design.factorial);
    let scales = outcomes.map(|outcome| gia_study::OutcomeScale {
        outcome: outcome.name.clone(),
        scale: match outcome.scale {
            gia_design::Scale::AsMeasured => gia_study::Scale::Additive,
            gia_design::Scale::Logarithm => gia_study::Scale::Log,
            gia_design::Scale::Logit => gia_study::Scale::Logit,
        },
    });
    scales.collect()
}

/// The unit that n counts, in words.
fn unit_of_replication(
    experiment: &Experiment,
    outputs: &OutputIndex,
    has_sources: bool,
) -> &'static str {
    let mut points = experiment.points.iter();
    if points.clone().all(|point| point.count == 1) {
        return ONE_SEQUENCE;
    }
    if has_sources {
        return SOURCE_OF_REPLICATION;
    }
    let is_of_one = |point: &Point| outputs.population(point.population).is_of_one_sequence();
    match points.all(is_of_one) {
        true => VARIATIONS_OF_ONE,
        false => UNIT_OF_REPLICATION,
    }
}

/// The populations of the grid in words, each once; the first [`MAX_POPULATIONS`].
fn backgrounds(experiment: &Experiment, outputs: &OutputIndex) -> Vec<String> {
    let mut numbers: Vec<usize> = Vec::new();
    for point in &experiment.points {
        if numbers.len() < MAX_POPULATIONS && numbers.last() != Some(&point.population) {
            numbers.push(point.population);
        }
    }
    let mut words = Vec::new();
    for number in numbers {
        let described = outputs.population(number).describe();
        if !words.contains(&described) {
            words.push(described);
        }
    }
    words
}

/// Of how many independent sources the backgrounds are, in words; none if all backgrounds are independent.
fn describe_sources(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    outputs: &OutputIndex,
) -> Option<String> {
    let clustered = |point: &&Point| trial.cluster_design(point).is_some();
    let point = experiment.points.iter().find(clustered)?;
    let key = |point: &Point| (point.population, point.count);
    if experiment
        .points
        .iter()
        .any(|other| key(other) != key(point))
    {
        let counts = experiment.points.iter().map(|point| {
            let design = trial.cluster_design(point);
            (
                point.count,
                design.map_or(point.count, |design| design.count()),
            )
        });
        let counts: Vec<(usize, usize)> = counts.collect();
        let range = |of: &dyn Fn(&(usize, usize)) -> usize| {
            let (least, most) = (counts.iter().map(of).min()?, counts.iter().map(of).max()?);
            let (least_text, most_text) = (number_format::count(least), number_format::count(most));
            Some(match least == most {
                true => least_text,
                false => format!("{least_text} to {most_text}"),
            })
        };
        let (backgrounds, sources) = (range(&|counts| counts.0)?, range(&|counts| counts.1)?);
        return Some(format!(
            "{backgrounds} backgrounds of {sources} independent sources, by grid point"
        ));
    }
    let n = number_format::count(point.count);
    let sources = number_format::count(trial.cluster_design(point)?.count());
    let population = outputs.population(point.population);
    Some(match population {
        Population::Sequences { .. } => {
            format!("{n} sequences, {sources} of them independent of each other")
        }
        Population::Null(null) => {
            let plural = match null.origin() {
                Origin::Derived(derived) => derived.plural(),
                Origin::Parameters | Origin::Fitted(_) | Origin::Conditioned(_) => None,
            };
            match plural {
                Some(plural) => format!("{n} {plural} of {sources} sequences"),
                None => format!("{n} backgrounds made from {sources} independent sequences"),
            }
        }
    })
}

fn arm_summaries(
    experiment: &Experiment,
    measured: &[PointEstimates],
    places: &[GridPoint],
) -> Vec<gia_study::ArmSummary> {
    let names: Vec<SharedStr> = experiment.design.arms.iter().map(SharedStr::from).collect();
    let outcomes = experiment.design.outcomes.iter();
    let outcomes: Vec<(SharedStr, Option<SharedStr>)> = outcomes
        .map(|outcome| {
            (
                (&outcome.name).into(),
                outcome.unit.as_ref().map(SharedStr::from),
            )
        })
        .collect();
    let summary = |at: &GridPoint, i: usize, arm: &Moments| {
        let (outcome, unit) = &outcomes[i % outcomes.len()];
        gia_study::ArmSummary {
            at: at.clone(),
            arm: names[i / outcomes.len()].clone(),
            outcome: outcome.clone(),
            unit: unit.clone(),
            n: arm.n,
            mean: arm.mean,
            sd: arm.sd(),
        }
    };
    let each = names.len() * outcomes.len();
    (0..measured.len() * each)
        .into_par_iter()
        .map(|i| {
            let (point, i) = (i / each, i % each);
            summary(&places[point], i, &measured[point].arms[i])
        })
        .collect()
}
