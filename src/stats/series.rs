//! One contrast of one outcome over all grid points: its estimates, their family of tests, and the rows of the study.

mod band;

use std::collections::HashMap;

use rayon::prelude::*;

use super::critical::confidence_sequence;
use super::estimate::{Estimate, Method};
use super::multiple_testing::adjust;
use super::point::{Measured, Trial};
use super::{display, members, summaries};
use gia_plan::Experiment;
use gia_study::{GridPoint, SharedStr};

/// One contrast of one outcome over all grid points: the family of its tests.
pub struct Series<'a> {
    pub experiment: &'a Experiment,
    pub outcome: usize,
    pub contrast: usize,
}

impl Series<'_> {
    /// The contrast's mean at each grid point, with what it is uncertain by.
    pub fn estimates(&self, measured: &[Measured]) -> Vec<Estimate> {
        let index = self.outcome * self.experiment.design.contrasts.len() + self.contrast;
        measured
            .iter()
            .map(|point| Estimate {
                precision: point.precisions[index],
                ..point.contrasts[index].into()
            })
            .collect()
    }

    /// A row of the study for each grid point.
    pub fn rows(
        &self,
        trial: &Trial,
        seed: u64,
        measured: &[Measured],
        places: &[GridPoint],
        criticals: &HashMap<usize, f64>,
    ) -> Vec<gia_study::Row> {
        let estimates = self.estimates(measured);
        let outcome = &self.experiment.design.outcomes[self.outcome];
        let contrast = &self.experiment.design.contrasts[self.contrast];
        let paired = self.is_paired();
        let sequence = confidence_sequence(self.experiment);
        let has_zero = trial.has_zero(self.contrast);
        let p = estimates.par_iter().map(|estimate| match sequence {
            // A ratio of means is never far from 1, which says nothing about 0.
            _ if !has_zero => None,
            Some(sequence) => estimate.p_at_every_look(sequence),
            None => estimate.p(),
        });
        let p: Vec<Option<f64>> = p.collect();
        let tested: Vec<f64> = p.iter().copied().flatten().collect();
        let adjustment = self.experiment.design.correction;
        let mut adjusted = adjust(adjustment, &tested).into_iter();
        let q: Vec<Option<f64>> = p.iter().map(|p| p.and_then(|_| adjusted.next())).collect();
        let family = gia_study::Family {
            method: adjustment.name().into(),
            size: tested.len(),
            of: self.family(estimates.len() - tested.len()).into(),
        };
        let bands = self.bands(trial, seed, &estimates, paired);
        let (name, of) = (
            SharedStr::from(&contrast.name),
            SharedStr::from(&outcome.name),
        );
        let unit = outcome.unit.as_ref().map(SharedStr::from);
        let methods = Method::ALL.map(|method| {
            let words = self.method(method, sequence.is_some(), paired);
            (method, SharedStr::from(words))
        });
        let method = |method: Method| {
            let known = methods.iter().find(|(known, _)| *known == method);
            known.map_or_else(|| SharedStr::from(""), |(_, words)| words.clone())
        };
        (0..estimates.len())
            .into_par_iter()
            .map(|i| {
                let estimate = &estimates[i];
                let interval =
                    estimate.interval(criticals.get(&estimate.n).copied().unwrap_or(f64::NAN));
                gia_study::Row {
                    at: places[i].clone(),
                    contrast: name.clone(),
                    outcome: of.clone(),
                    unit: unit.clone(),
                    n: estimate.n,
                    mean: estimate.mean,
                    sd: estimate.sd,
                    se: estimate.se,
                    low: interval.map(|(low, _)| low),
                    high: interval.map(|(_, high)| high),
                    level: self.experiment.design.level,
                    method: method(estimate.method()),
                    p: p[i],
                    q: q[i],
                    significant: q[i].map(|q| q <= self.experiment.design.fdr),
                    family: family.clone(),
                    band: bands.get(i).cloned().flatten(),
                    members: self.members(trial, i).map(Box::new),
                    summaries: self.summaries(trial, seed, i),
                }
            })
            .collect()
    }

    /// Whether the contrast compares arms, rather than looking at one.
    pub fn is_paired(&self) -> bool {
        let formula = &self.experiment.design.contrasts[self.contrast].formula;
        let mut arms = Vec::new();
        formula.leaves(&mut |arm| arms.push(arm));
        arms.iter().any(|arm| *arm != arms[0])
    }

    fn method(&self, method: Method, at_every_look: bool, paired: bool) -> String {
        let words = match method {
            Method::Constant => "no test, since every background gives the same value",
            Method::BelowPrecision => {
                "no test, since every difference is below the precision of float32"
            }
            Method::Single => "no interval, since there is one background",
            Method::Student if at_every_look && paired => "paired confidence sequence",
            Method::Student if at_every_look => "one-sample confidence sequence",
            Method::Student if paired => "paired Student t",
            Method::Student => "one-sample Student t",
        };
        let formula = &self.experiment.design.contrasts[self.contrast].formula;
        if method == Method::Student && !formula.overall().is_empty() {
            format!("{words}, delta method")
        } else {
            words.to_string()
        }
    }

    /// What the experiment's `report` asks for at a grid point.
    fn summaries(&self, trial: &Trial, seed: u64, point: usize) -> Vec<gia_study::Summary> {
        let experiment = self.experiment;
        if experiment.design.summaries.is_empty() {
            return Vec::new();
        }
        let at = &experiment.points[point];
        if let Some(of_means) = trial.of_means(at, &at.outcomes[self.outcome], self.contrast) {
            // The check lets no other pass.
            return vec![summaries::summarise_means(
                &of_means,
                experiment.design.level,
                seed,
            )];
        }
        let values = trial.values(at, self.outcome, self.contrast);
        experiment
            .design
            .summaries
            .iter()
            .map(|&summary| summaries::summarise(summary, &values, experiment.design.level, seed))
            .collect()
    }

    /// The contrast under each member of the outcome's ensembles.
    fn members(&self, trial: &Trial, point: usize) -> Option<gia_study::Members> {
        let point = &self.experiment.points[point];
        let members = point.members.get(self.outcome)?;
        let values = members.iter().map(|member| {
            let values = trial.values_by(point, &member.outcome, self.contrast);
            (member.name.as_str(), values)
        });
        members::compare(values.collect(), self.experiment.design.level)
    }

    /// `grid points of synergy`, and what it leaves out.
    fn family(&self, untested: usize) -> String {
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
            of += &format!(", without {} that have no p", display::count(untested));
        }
        of
    }
}
