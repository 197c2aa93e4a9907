//! Tracks that an experiment measures: the mean of each place under each arm and in each contrast, with a band that holds at all
//! places at once.
//!
//! The band is that of a sweep, with places instead of grid points: see [`crate::simultaneous_critical()`]. Places share their
//! backgrounds, so the signs of a draw are the same at all of them; several backgrounds of one source share their sign.

use std::sync::Arc;

use rayon::prelude::*;

use super::contrast_evaluator::ContrastEvaluator;
use super::estimate::Estimate;
use super::outputs::OutputIndex;
use super::simultaneous_method::{FamilyMember, TestName, choose_simultaneous_method};
use gia_base::diag::Outcome;
use gia_design::{Contrast, Formula};
use gia_plan::{Experiment, Point, TrackMember};
use gia_study::{GridPoint, MeasuredTrack, MemberCurve, SharedStr, TrackCurve};

/// Maximum number of values for the bootstrap of a band; larger ones use Bonferroni, to bound the run time and the memory.
const MAX_BAND_VALUES: usize = 5_000_000;
/// Maximum number of backgrounds for the bootstrap of a band; larger ones use Bonferroni.
const MAX_BAND_BACKGROUNDS: usize = 20_000;

/// Summarises the tracks of an experiment, by track, then grid point.
///
/// # Errors
/// A value that is not finite (`NonFinite`).
pub fn measured_tracks(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    outputs: &OutputIndex,
    places: &[GridPoint],
) -> Outcome<Vec<MeasuredTrack>> {
    if experiment.design.tracks.is_empty() {
        return Ok(Vec::new());
    }
    // Under an arm, the level of the arm is what is summarised.
    let of_arms = with_arms_as_contrasts(experiment);
    let arms = ContrastEvaluator::new(&of_arms, outputs);
    let mut found = Vec::new();
    for (number, info) in experiment.design.tracks.iter().enumerate() {
        for (point, at) in experiment.points.iter().zip(places) {
            let measured = &point.tracks[number];
            let name = info.name.as_str();
            let curves = |experiment: &Experiment, trial: &ContrastEvaluator| {
                let track = TrackAtPoint {
                    experiment,
                    trial,
                    point,
                    name,
                    formulas: &measured.formulas,
                    members: &measured.members,
                    seed: outputs.seed(),
                };
                track.curves()
            };
            let contrasts = curves(experiment, trial)?;
            let clusters = trial.cluster_design(point);
            let positions = 0..measured.formulas.len() as i64;
            found.push(MeasuredTrack {
                at: at.clone(),
                outcome: name.into(),
                unit: info.unit.as_ref().map(SharedStr::from),
                places: positions
                    .map(|i| measured.first + i * measured.step)
                    .collect(),
                place_unit: measured.in_bp.then(|| "bp".to_string()),
                n: point.count,
                sources: clusters.map(|design| design.count()),
                level: experiment.design.level,
                arms: curves(&of_arms, &arms)?,
                contrasts,
            });
        }
    }
    Ok(found)
}

/// The experiment with the level of each arm as a contrast, and no other.
fn with_arms_as_contrasts(experiment: &Experiment) -> Experiment {
    let mut design = (*experiment.design).clone();
    let arms = design.arms.iter().enumerate();
    design.contrasts = arms
        .map(|(arm, name)| Contrast {
            name: name.clone(),
            formula: Formula::Leaf(arm),
            span: design.span,
        })
        .collect();
    Experiment {
        design: Arc::new(design),
        ..experiment.clone()
    }
}

/// A track at one grid point.
struct TrackAtPoint<'a> {
    experiment: &'a Experiment,
    trial: &'a ContrastEvaluator<'a>,
    point: &'a Point,
    name: &'a str,
    /// One for each place.
    formulas: &'a [Formula<usize>],
    members: &'a [TrackMember],
    seed: u64,
}

impl TrackAtPoint<'_> {
    /// The mean of each contrast at each place, with its band.
    fn curves(&self) -> Outcome<Vec<TrackCurve>> {
        let by_place = self.estimates_by_place(self.formulas)?;
        let by_member = self
            .members
            .iter()
            .map(|member| self.estimates_by_place(&member.formulas));
        let by_member: Vec<Vec<Vec<Estimate>>> = by_member.collect::<Outcome<_>>()?;
        let contrasts = self.experiment.design.contrasts.iter().enumerate();
        let curves = contrasts.map(|(number, contrast)| {
            let estimates = by_place.iter().map(|of| Estimate {
                is_fixed: self.compares_equal_sequences(contrast),
                interval_method: self.experiment.design.interval,
                ..of[number]
            });
            let estimates: Vec<Estimate> = estimates.collect();
            let members = self.members.iter().zip(&by_member);
            let members = members.map(|(member, by_place)| MemberCurve {
                model: SharedStr::from(&member.name),
                mean: by_place.iter().map(|of| of[number].mean).collect(),
            });
            TrackCurve {
                members: members.collect(),
                ..self.curve(number, contrast, &estimates)
            }
        });
        Ok(curves.collect())
    }

    /// The estimate of each contrast at each place.
    fn estimates_by_place(&self, places: &[Formula<usize>]) -> Outcome<Vec<Vec<Estimate>>> {
        let by_place = places.par_iter().map(|formula| {
            let found = self
                .trial
                .outcome_estimates(self.point, self.name, formula)?;
            Ok(found.contrasts)
        });
        let by_place: Vec<Outcome<Vec<Estimate>>> = by_place.collect();
        by_place.into_iter().collect()
    }

    /// Whether a contrast compares arms that make the same sequences at this grid point.
    fn compares_equal_sequences(&self, contrast: &Contrast) -> bool {
        let mut arms = Vec::new();
        contrast.formula.leaves(&mut |arm| arms.push(arm));
        let variant = |arm: &usize| self.point.arms[*arm];
        let is_paired = arms.iter().any(|arm| *arm != arms[0]);
        is_paired && arms.iter().all(|arm| variant(arm) == variant(&arms[0]))
    }

    fn curve(&self, number: usize, contrast: &Contrast, estimates: &[Estimate]) -> TrackCurve {
        let design = &self.experiment.design;
        let most = estimates
            .iter()
            .map(|estimate| estimate.n)
            .max()
            .unwrap_or(0);
        let cheap = most <= MAX_BAND_BACKGROUNDS && most * estimates.len() <= MAX_BAND_VALUES;
        let method =
            choose_simultaneous_method(self.experiment, design.level, self.seed, estimates, || {
                // Without samples the critical value is Bonferroni's: valid, but wider.
                let formulas = if cheap { self.formulas } else { &[] };
                let samples = formulas.par_iter();
                let values = |formula: &Formula<usize>| {
                    self.trial.source_values_of(self.point, formula, number)
                };
                samples.map(values).collect()
            });
        let alpha = (1.0 - design.level) / estimates.len().max(1) as f64;
        let ends = estimates.iter();
        let ends = ends.map(|estimate| estimate.interval(method.critical_value(estimate, alpha)));
        let ends: Vec<Option<(f64, f64)>> = ends.collect();
        let mut arms = Vec::new();
        contrast.formula.leaves(&mut |arm| arms.push(arm));
        let is_paired = arms.iter().any(|arm| *arm != arms[0]);
        let widest = estimates.iter().max_by_key(|estimate| estimate.n);
        let test = TestName::new(self.experiment, is_paired, widest);
        let count = estimates.len();
        TrackCurve {
            name: SharedStr::from(&contrast.name),
            mean: estimates.iter().map(|estimate| estimate.mean).collect(),
            sd: estimates.iter().map(|estimate| estimate.sd).collect(),
            low: ends.iter().map(|ends| ends.map(|(low, _)| low)).collect(),
            high: ends.iter().map(|ends| ends.map(|(_, high)| high)).collect(),
            method: match ends.iter().all(Option::is_none) {
                true => SharedStr::from("no band, since there is no spread between backgrounds"),
                false => method
                    .describe(count, count, test, FamilyMember::Place)
                    .into(),
            },
            members: Vec::new(),
        }
    }
}
