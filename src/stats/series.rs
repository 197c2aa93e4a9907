//! One contrast of one outcome over all grid points: its estimates, their family of tests, and the rows of the study.

mod band;

use std::sync::Arc;

use rayon::prelude::*;

use super::contrast_evaluator::{ContrastEvaluator, PointEstimates};
use super::estimate::{Estimate, EstimateMethod};
use super::multiple_testing::adjust_p_values;
use super::simultaneous_method::{PointwiseCriticalValues, TestName, confidence_sequence};
use super::{ensemble, number_format, summaries};
use gia_plan::Experiment;
use gia_study::{GridPoint, SharedStr};

/// The variant without edits.
const UNEDITED: usize = 0;

/// One contrast of one outcome over all grid points; its tests form one family.
pub struct ContrastSeries<'a> {
    pub experiment: &'a Experiment,
    pub outcome: usize,
    pub contrast: usize,
}

impl<'a> ContrastSeries<'a> {
    /// The contrast's mean at each grid point, with its uncertainty.
    pub fn estimates(&self, measured: &[PointEstimates]) -> Vec<Estimate> {
        let places = measured.iter().enumerate();
        places
            .map(|(place, point)| self.estimate(place, point))
            .collect()
    }

    /// The contrast's mean at the grid point of an index, from its estimates.
    pub fn estimate(&self, place: usize, measured: &PointEstimates) -> Estimate {
        let index = self.outcome * self.experiment.design.contrasts.len() + self.contrast;
        Estimate {
            is_fixed: self.is_fixed(place),
            interval_method: self.experiment.design.interval,
            ..measured.contrasts[index]
        }
    }

    /// Whether the contrast compares arms that have the same outcome for every background: they are the same sequences, or differ where
    /// the outcome does not depend on them.
    fn is_fixed(&self, place: usize) -> bool {
        let design = &self.experiment.design;
        let point = &self.experiment.points[place];
        let is_out_of_reach = |arm: usize| {
            design.out_of_reach.iter().any(|missed| {
                missed.arm == arm
                    && missed.outcome == self.outcome
                    && missed.points.binary_search(&place).is_ok()
            })
        };
        let variant = |arm: usize| match is_out_of_reach(arm) {
            true => UNEDITED,
            false => point.arms[arm],
        };
        let mut arms = Vec::new();
        design.contrasts[self.contrast]
            .formula
            .leaves(&mut |arm| arms.push(arm));
        self.is_paired() && arms.iter().all(|arm| variant(*arm) == variant(arms[0]))
    }

    /// A row of the study for each grid point.
    pub fn rows(
        &self,
        trial: &ContrastEvaluator,
        seed: u64,
        measured: &[PointEstimates],
        places: &[GridPoint],
    ) -> Vec<gia_study::Row> {
        let estimates = self.estimates(measured);
        let criticals = PointwiseCriticalValues::of(self.experiment, &estimates);
        let outcome = &self.experiment.design.outcomes[self.outcome];
        let contrast = &self.experiment.design.contrasts[self.contrast];
        let paired = self.is_paired();
        let sequence = confidence_sequence(self.experiment);
        let has_zero = trial.is_zero_for_equal_arms(self.contrast);
        let p = estimates.par_iter().map(|estimate| match sequence {
            // A ratio of means is 1 without an effect, so a test against 0 would be meaningless.
            _ if !has_zero => None,
            Some(sequence) => estimate.sequential_p_value(sequence),
            None => estimate.p_value(),
        });
        let p: Vec<Option<f64>> = p.collect();
        let tested: Vec<f64> = p.iter().copied().flatten().collect();
        let adjustment = self.experiment.design.correction;
        let mut adjusted = adjust_p_values(adjustment, &tested).into_iter();
        let q: Vec<Option<f64>> = p.iter().map(|p| p.and_then(|_| adjusted.next())).collect();
        let family = gia_study::TestFamily {
            method: adjustment.name().into(),
            size: tested.len(),
            of: self.family_text(estimates.len() - tested.len()).into(),
        };
        let bands = self.bands(trial, seed, &estimates, paired);
        let (name, of) = (
            SharedStr::from(&contrast.name),
            SharedStr::from(&outcome.name),
        );
        let unit = outcome.unit.as_ref().map(SharedStr::from);
        let mut methods: Vec<((EstimateMethod, TestName), SharedStr)> = Vec::new();
        let key = |estimate: &Estimate| {
            let name = TestName::new(self.experiment, paired, Some(estimate));
            (estimate.method(), name)
        };
        for estimate in &estimates {
            let (method, name) = key(estimate);
            if !methods.iter().any(|(known, _)| *known == (method, name)) {
                let words = self.method_text(method, name);
                methods.push(((method, name), SharedStr::from(words)));
            }
        }
        let method = |estimate: &Estimate| {
            let known = methods.iter().find(|(known, _)| *known == key(estimate));
            known.map_or_else(|| SharedStr::from(""), |(_, words)| words.clone())
        };
        (0..estimates.len())
            .into_par_iter()
            .map(|i| {
                let estimate = &estimates[i];
                let interval = estimate.interval(criticals.get(estimate));
                gia_study::Row {
                    at: places[i].clone(),
                    contrast: name.clone(),
                    outcome: of.clone(),
                    unit: unit.clone(),
                    n: estimate.n,
                    sources: (estimate.sources < estimate.n).then_some(estimate.sources),
                    freedom: (estimate.sources < estimate.n).then_some(estimate.freedom),
                    mean: estimate.mean,
                    sd: estimate.sd,
                    se: estimate.se,
                    low: interval.map(|(low, _)| low),
                    high: interval.map(|(_, high)| high),
                    level: self.experiment.design.level,
                    method: method(estimate),
                    p: p[i],
                    q: q[i],
                    significant: q[i].map(|q| q <= self.experiment.design.fdr),
                    family: family.clone(),
                    band: bands.get(i).cloned().flatten(),
                    members: self.ensemble_estimate(trial, i).map(Box::new),
                    summaries: self.summaries(trial, seed, i),
                    drivers: None,
                }
            })
            .collect()
    }

    /// Whether the contrast compares at least two arms.
    pub fn is_paired(&self) -> bool {
        let formula = &self.experiment.design.contrasts[self.contrast].formula;
        let mut arms = Vec::new();
        formula.leaves(&mut |arm| arms.push(arm));
        arms.iter().any(|arm| *arm != arms[0])
    }

    fn method_text(&self, method: EstimateMethod, name: TestName) -> String {
        let words = match method {
            EstimateMethod::Fixed => "no test, since no background can give another value",
            EstimateMethod::Constant => {
                "no interval, since every background of the sample gives the same value"
            }
            EstimateMethod::SingleSource => {
                "no interval, since all backgrounds come from one sequence"
            }
            EstimateMethod::BelowPrecision => {
                "no test, since every difference is below the precision of float32"
            }
            EstimateMethod::SingleBackground => "one sequence: no replication, so no interval",
            EstimateMethod::Student => &name.to_string(),
        };
        let formula = &self.experiment.design.contrasts[self.contrast].formula;
        if method == EstimateMethod::Student && !formula.overall().is_empty() {
            format!("{words}, delta method")
        } else {
            words.to_string()
        }
    }

    /// The summaries that the experiment's `report` statement asks for, at a grid point.
    fn summaries(
        &self,
        trial: &ContrastEvaluator,
        seed: u64,
        point: usize,
    ) -> Vec<gia_study::Summary> {
        let experiment = self.experiment;
        if experiment.design.summaries.is_empty() {
            return Vec::new();
        }
        let at = &experiment.points[point];
        let design = trial.cluster_design(at).map(Arc::as_ref);
        if let Some(of_means) =
            trial.formula_of_means(at, &at.outcomes[self.outcome], self.contrast)
        {
            // The checker allows no other summary of such a contrast.
            return vec![summaries::summarise_means(
                &of_means,
                experiment.design.level,
                seed,
                design,
            )];
        }
        let values = trial.contrast_values(at, self.outcome, self.contrast);
        experiment
            .design
            .summaries
            .iter()
            .map(|&summary| {
                summaries::summarise(summary, &values, experiment.design.level, seed, design)
            })
            .collect()
    }

    /// The contrast under each member of the outcome's ensembles.
    fn ensemble_estimate(
        &self,
        trial: &ContrastEvaluator,
        point: usize,
    ) -> Option<gia_study::EnsembleEstimate> {
        let values = self.member_values(trial, point)?;
        let clusters = trial.cluster_design(&self.experiment.points[point]);
        let design_of = &self.experiment.design;
        ensemble::compare_members(
            values,
            design_of.level,
            design_of.interval,
            clusters.map(Arc::as_ref),
        )
    }

    /// The contrast of each background under each member of the outcome's ensembles, by name; none without an ensemble.
    pub fn member_values(
        &self,
        trial: &ContrastEvaluator,
        point: usize,
    ) -> Option<Vec<(&'a str, Vec<f64>)>> {
        let point = &self.experiment.points[point];
        let members = point.members.get(self.outcome)?.iter();
        let values = members.map(|member| {
            let values = trial.contrast_values_of(point, &member.outcome, self.contrast);
            (member.name.as_str(), values)
        });
        Some(values.collect())
    }

    /// The family of tests in words: `grid points of synergy`, with the number of rows that have no p value.
    fn family_text(&self, untested: usize) -> String {
        let mut of = format!(
            "grid points of {}",
            self.experiment.design.contrasts[self.contrast].name
        );
        if self.experiment.design.outcomes.len() > 1 {
            of += &format!(
                " for {}",
                self.experiment.design.outcomes[self.outcome].name
            );
        }
        if untested > 0 {
            of += &format!(
                ", without {} that have no p",
                number_format::count(untested)
            );
        }
        of
    }
}
