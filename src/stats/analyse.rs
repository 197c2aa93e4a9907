//! From a plan and what the models answered to the experiments of a study.
//!
//! Grid points are worked out side by side; each alone fixes its numbers, and they are put together in grid order.

mod band;

use std::collections::HashMap;

use rayon::prelude::*;

use super::bands::simultaneous;
use super::claim::{self, Claimed, Critical, Judged, judge};
use super::curves::Curves;
use super::estimate::{Estimate, Method};
use super::family::adjust;
use super::outputs::Outputs;
use super::point::{Measured, Trial};
use super::sequence::Sequence;
use super::{Moments, along, members, nulls, place, settled, student, summaries, validity, words};
use crate::check::hir::{self, Formula, Shape};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::engine::{Outcomes, Survey};
use crate::plan::{Experiment, Plan};
use crate::result::{self, At, LeftOut, Name};

/// What one of the n is.
const UNIT_OF_REPLICATION: &str = "background sequence, the same under every arm";

/// Summarises every experiment of a plan, in its order.
///
/// # Errors
///
/// A formula that is not finite for some background (`NonFinite`), a point without backgrounds (`TooFewBackgrounds`), a level
/// outside 0 to 1 or a claim about a number that is not finite (`ArithmeticError`), a claim without grid points
/// (`NoGridPoint`). Of several failing grid points the first is named.
///
/// # Panics
///
/// If `outcomes` does not answer `plan`.
pub fn analyse(plan: &Plan, outcomes: &Outcomes) -> Outcome<Vec<result::Experiment>> {
    analyse_each(plan, outcomes).into_iter().collect()
}

/// As [`analyse`], each experiment for itself.
pub fn analyse_each(plan: &Plan, outcomes: &Outcomes) -> Vec<Outcome<result::Experiment>> {
    let outputs = Outputs::new(plan, outcomes);
    let experiments = plan.experiments.iter().enumerate();
    experiments
        .map(|(number, experiment)| summarise(experiment, &outputs, outputs.survey(number)))
        .collect()
}

/// What one experiment found; with what its backgrounds are like, where that was looked at.
pub(super) fn summarise(
    experiment: &Experiment,
    outputs: &Outputs,
    survey: Option<&Survey>,
) -> Outcome<result::Experiment> {
    refuse_bad_numbers(experiment)?;
    let trial = Trial::new(experiment, outputs);
    let measured: Vec<Outcome<Measured>> = experiment
        .points
        .par_iter()
        .map(|point| trial.measure(point))
        .collect();
    let measured: Vec<Measured> = measured.into_iter().collect::<Outcome<_>>()?;
    let grid = place::grid(&experiment.axes);
    let places = experiment.points.iter();
    let places: Vec<At> = places
        .map(|point| grid.at(&point.at).unwrap_or_default())
        .collect();
    let criticals = criticals(experiment);

    let mut rows =
        Vec::with_capacity(measured.len() * experiment.outcomes.len() * experiment.contrasts.len());
    for outcome in 0..experiment.outcomes.len() {
        for contrast in 0..experiment.contrasts.len() {
            let series = Series {
                experiment,
                outcome,
                contrast,
            };
            rows.extend(series.rows(&trial, outputs.seed(), &measured, &places, &criticals));
        }
    }
    let claims = experiment.claims.iter();
    let claims = claims.map(|claim| {
        verdict(
            &trial,
            outputs.seed(),
            experiment,
            claim,
            &measured,
            &places,
        )
    });
    let claims: Vec<result::Claim> = claims.collect();
    let curves = along::describe(experiment, &trial, &places, outputs.seed());
    let null = match survey {
        Some(survey) => nulls::diagnose(experiment, &trial, outputs, survey)?,
        None => Vec::new(),
    };
    let mut warnings = validity::warnings(experiment, &trial, outputs, &measured);
    nulls::warnings(&null, &mut warnings);
    Ok(result::Experiment {
        name: experiment.name.clone(),
        doc: experiment.doc.clone(),
        unit_of_replication: UNIT_OF_REPLICATION.to_string(),
        fdr: experiment.fdr,
        left_out: experiment.intakes.iter().map(LeftOut::from).collect(),
        stopping: settled::stopping(experiment, &rows, &claims),
        axes: experiment.axes.iter().map(place::axis).collect(),
        // Where things stand is the plan's to say; see `pipeline`.
        layouts: Vec::new(),
        motifs: Vec::new(),
        arms: arms(experiment, &measured, &places),
        scales: scales(experiment),
        rows,
        curves,
        claims,
        null,
        warnings,
    })
}

fn refuse_bad_numbers(experiment: &Experiment) -> Outcome<()> {
    if let Some(point) = experiment.points.iter().find(|point| point.count == 0) {
        let place = place::words(&experiment.axes, &point.at);
        let at = if place.is_empty() {
            String::new()
        } else {
            format!(" at {place}")
        };
        let message = format!("experiment `{}` has no background{at}", experiment.name);
        return Err(Box::new(Diagnostic::error(
            Code::TooFewBackgrounds,
            message,
        )));
    }
    let inside = |level: f64| level > 0.0 && level < 1.0;
    if !inside(experiment.level) {
        let message = format!(
            "the level of experiment `{}` is {}, and a level lies between 0 and 1",
            experiment.name, experiment.level
        );
        return Err(Box::new(Diagnostic::error(Code::OutOfRange, message)));
    }
    for claim in &experiment.claims {
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

/// Of a factorial, on which scale its interactions are.
fn scales(experiment: &Experiment) -> Vec<result::OutcomeScale> {
    let outcomes = experiment.outcomes.iter().filter(|_| experiment.factorial);
    let scales = outcomes.map(|outcome| result::OutcomeScale {
        outcome: outcome.name.clone(),
        scale: match outcome.scale {
            hir::Scale::AsMeasured => result::Scale::Additive,
            hir::Scale::Logarithm => result::Scale::Log,
            hir::Scale::Logit => result::Scale::Logit,
        },
    });
    scales.collect()
}

/// The confidence sequence of an experiment that is looked at until it has enough backgrounds.
pub(super) fn looked_at(experiment: &Experiment) -> Option<Sequence> {
    let stopping = experiment.stopping.as_ref()?;
    Some(Sequence::of(stopping, experiment.level))
}

/// The critical value of a single interval for every number of backgrounds that occurs.
fn criticals(experiment: &Experiment) -> HashMap<usize, f64> {
    let mut known = HashMap::new();
    for n in experiment
        .points
        .iter()
        .map(|point| point.count)
        .filter(|n| *n >= 2)
    {
        let alpha = 1.0 - experiment.level;
        known
            .entry(n)
            .or_insert_with(|| match looked_at(experiment) {
                Some(sequence) => sequence.critical(n, alpha),
                None => student::critical(alpha, (n - 1) as f64),
            });
    }
    known
}

fn arms(experiment: &Experiment, measured: &[Measured], places: &[At]) -> Vec<result::ArmSummary> {
    let names: Vec<Name> = experiment.arms.iter().map(Name::from).collect();
    let outcomes = experiment.outcomes.iter();
    let outcomes: Vec<(Name, Option<Name>)> = outcomes
        .map(|outcome| {
            (
                (&outcome.name).into(),
                outcome.unit.as_ref().map(Name::from),
            )
        })
        .collect();
    let summary = |at: &At, i: usize, moments: &Moments| {
        let (outcome, unit) = &outcomes[i % outcomes.len()];
        result::ArmSummary {
            at: at.clone(),
            arm: names[i / outcomes.len()].clone(),
            outcome: outcome.clone(),
            unit: unit.clone(),
            n: moments.n,
            mean: moments.mean,
            sd: moments.sd(),
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

/// One contrast of one outcome over all grid points: the family of its tests.
struct Series<'a> {
    experiment: &'a Experiment,
    outcome: usize,
    contrast: usize,
}

impl Series<'_> {
    fn estimates(&self, measured: &[Measured]) -> Vec<Estimate> {
        let index = self.outcome * self.experiment.contrasts.len() + self.contrast;
        measured
            .iter()
            .map(|point| Estimate {
                precision: point.precisions[index],
                ..point.contrasts[index].into()
            })
            .collect()
    }

    fn rows(
        &self,
        trial: &Trial,
        seed: u64,
        measured: &[Measured],
        places: &[At],
        criticals: &HashMap<usize, f64>,
    ) -> Vec<result::Row> {
        let estimates = self.estimates(measured);
        let outcome = &self.experiment.outcomes[self.outcome];
        let contrast = &self.experiment.contrasts[self.contrast];
        let paired = is_paired(&contrast.formula);
        let sequence = looked_at(self.experiment);
        let has_zero = trial.has_zero(self.contrast);
        let p = estimates.par_iter().map(|estimate| match sequence {
            // A ratio of means is never far from 1, which says nothing about 0.
            _ if !has_zero => None,
            Some(sequence) => estimate.p_at_every_look(sequence),
            None => estimate.p(),
        });
        let p: Vec<Option<f64>> = p.collect();
        let tested: Vec<f64> = p.iter().copied().flatten().collect();
        let adjustment = self.experiment.correction;
        let mut adjusted = adjust(adjustment, &tested).into_iter();
        let q: Vec<Option<f64>> = p.iter().map(|p| p.and_then(|_| adjusted.next())).collect();
        let family = result::Family {
            method: adjustment.name().into(),
            size: tested.len(),
            of: self.family(estimates.len() - tested.len()).into(),
        };
        let bands = self.bands(trial, seed, &estimates, paired);
        let (name, of) = (Name::from(&contrast.name), Name::from(&outcome.name));
        let unit = outcome.unit.as_ref().map(Name::from);
        let methods = Method::ALL.map(|method| {
            let words = self.method(method, sequence.is_some(), paired);
            (method, Name::from(words))
        });
        let method = |method: Method| {
            let known = methods.iter().find(|(known, _)| *known == method);
            known.map_or_else(|| Name::from(""), |(_, words)| words.clone())
        };
        (0..estimates.len())
            .into_par_iter()
            .map(|i| {
                let estimate = &estimates[i];
                let interval =
                    estimate.interval(criticals.get(&estimate.n).copied().unwrap_or(f64::NAN));
                result::Row {
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
                    level: self.experiment.level,
                    method: method(estimate.method()),
                    p: p[i],
                    q: q[i],
                    significant: q[i].map(|q| q <= self.experiment.fdr),
                    family: family.clone(),
                    band: bands.get(i).cloned().flatten(),
                    members: self.members(trial, i).map(Box::new),
                    summaries: self.summaries(trial, seed, i),
                }
            })
            .collect()
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
        let formula = &self.experiment.contrasts[self.contrast].formula;
        if method == Method::Student && !formula.overall().is_empty() {
            format!("{words}, delta method")
        } else {
            words.to_string()
        }
    }

    /// What the experiment's `report` asks for at a grid point.
    fn summaries(&self, trial: &Trial, seed: u64, point: usize) -> Vec<result::Summary> {
        let experiment = self.experiment;
        if experiment.summaries.is_empty() {
            return Vec::new();
        }
        let at = &experiment.points[point];
        if let Some(of_means) = trial.of_means(at, &at.outcomes[self.outcome], self.contrast) {
            // The check lets no other pass.
            return vec![summaries::summarise_means(
                &of_means,
                experiment.level,
                seed,
            )];
        }
        let values = trial.values(at, self.outcome, self.contrast);
        experiment
            .summaries
            .iter()
            .map(|&summary| summaries::summarise(summary, &values, experiment.level, seed))
            .collect()
    }

    /// The contrast under each member of the outcome's ensembles.
    fn members(&self, trial: &Trial, point: usize) -> Option<result::Members> {
        let point = &self.experiment.points[point];
        let members = point.members.get(self.outcome)?;
        let values = members.iter().map(|member| {
            let values = trial.values_by(point, &member.outcome, self.contrast);
            (member.name.as_str(), values)
        });
        members::compare(values.collect(), self.experiment.level)
    }

    /// `grid points of synergy`, and what it leaves out.
    fn family(&self, untested: usize) -> String {
        let mut of = format!(
            "grid points of {}",
            self.experiment.contrasts[self.contrast].name
        );
        if self.experiment.outcomes.len() > 1 {
            of += &format!(" for {}", self.experiment.outcomes[self.outcome].name);
        }
        if untested > 0 {
            of += &format!(", without {} that have no p", words::count(untested));
        }
        of
    }
}

/// Whether a contrast compares arms, rather than looking at one.
fn is_paired(formula: &Formula<usize>) -> bool {
    let mut arms = Vec::new();
    formula.leaves(&mut |arm| arms.push(arm));
    arms.iter().any(|arm| *arm != arms[0])
}

/// Those of so many grid points that differ in the sequences, the backgrounds or the outcome that its contrast reads.
fn different_estimates(
    experiment: &Experiment,
    contrast: usize,
    outcome: usize,
    places: &[usize],
) -> Vec<usize> {
    let mut arms = Vec::new();
    let contrast = &experiment.contrasts[contrast];
    contrast.formula.leaves(&mut |arm| arms.push(arm));
    let mut seen: HashMap<_, Vec<&Formula<usize>>> = HashMap::new();
    let mut different = Vec::new();
    for &place in places {
        let point = &experiment.points[place];
        let variants: Vec<usize> = arms.iter().map(|&arm| point.arms[arm]).collect();
        let outcome = &*point.outcomes[outcome];
        let alike = seen
            .entry((point.population, point.count, variants))
            .or_default();
        if !alike.contains(&outcome) {
            alike.push(outcome);
            different.push(place);
        }
    }
    different
}

/// What makes the intervals of so many estimates hold at once, where `samples` are their numbers.
pub(super) fn critical(
    experiment: &Experiment,
    level: f64,
    seed: u64,
    estimates: usize,
    samples: impl FnOnce() -> Vec<Vec<f64>>,
) -> Critical {
    if let Some(sequence) = looked_at(experiment) {
        return Critical::AtEveryLook(sequence);
    }
    let together = (estimates > 1).then(|| simultaneous(&samples(), level, seed));
    match together.flatten() {
        Some(simultaneous) => Critical::Together(simultaneous),
        None => Critical::Bonferroni,
    }
}

fn verdict(
    trial: &Trial,
    seed: u64,
    experiment: &Experiment,
    claim: &hir::Claim,
    measured: &[Measured],
    places: &[At],
) -> result::Claim {
    let curves = Curves {
        trial,
        experiment,
        claim,
        places,
        seed,
    };
    let of_curve = match &claim.shape {
        Shape::Level => None,
        Shape::Steps { axis } => curves.steps(*axis),
        Shape::Peak { axis, inside } => curves.peak(*axis, inside),
        Shape::Periodic { axis, bounds } => curves.periodic(*axis, *bounds),
    };
    if let Some(judged) = of_curve {
        return judged;
    }
    let contrast = &experiment.contrasts[claim.contrast];
    let series = Series {
        experiment,
        outcome: claim.outcome,
        contrast: claim.contrast,
    };
    let estimates = series.estimates(measured);
    let points = claim.points.iter().zip(&claim.thresholds);
    let points: Vec<Judged> = points
        .map(|(&point, &threshold)| Judged {
            estimate: estimates[point],
            threshold,
        })
        .collect();
    let different = different_estimates(experiment, claim.contrast, claim.outcome, &claim.points);
    let claimed = Claimed {
        relation: claim.relation,
        magnitude: claim.magnitude,
        level: claim.level,
        estimates: different.len(),
        critical: critical(experiment, claim.level, seed, different.len(), || {
            different
                .par_iter()
                .map(|&i| trial.values(&experiment.points[i], claim.outcome, claim.contrast))
                .collect()
        }),
    };
    let judgement = judge(claimed, &points);
    let decided = &points[judgement.deciding];
    let point = claim.points[judgement.deciding];
    let place = place::words(&experiment.axes, &experiment.points[point].at);
    result::Claim {
        claim: claim.text.clone(),
        place: None,
        verdict: judgement.verdict,
        contrast: contrast.name.clone(),
        outcome: experiment.outcomes[claim.outcome].name.clone(),
        level: claim.level,
        method: claim::method(
            points.len(),
            claimed.estimates,
            claimed.critical,
            is_paired(&contrast.formula),
        ),
        points: points.len(),
        reason: judgement.reason(claimed, decided.threshold, &place)
            + &unreached(experiment, (claim.contrast, claim.outcome), point),
        deciding: result::Deciding {
            at: places[point].clone(),
            mean: judgement.mean,
            low: judgement.interval.map(|(low, _)| low),
            high: judgement.interval.map(|(_, high)| high),
            threshold: decided.threshold,
        },
    }
}

/// What a claim's reason adds where an arm that it compares cannot change its outcome at this grid point.
fn unreached(experiment: &Experiment, (contrast, outcome): (usize, usize), point: usize) -> String {
    let formula = &experiment.contrasts[contrast].formula;
    let is_compared = |arm: usize| {
        let mut uses = false;
        formula.leaves(&mut |leaf| uses |= leaf == arm);
        uses
    };
    let missed = experiment.out_of_reach.iter().find(|missed| {
        missed.outcome == outcome
            && missed.points.binary_search(&point).is_ok()
            && is_compared(missed.arm)
    });
    missed.map_or(String::new(), |missed| {
        format!(
            "; no evidence, since arm `{}` writes outside {}, all that `{}` depends on",
            experiment.arms[missed.arm],
            missed.seen_in_words(),
            experiment.outcomes[missed.outcome].name
        )
    })
}
