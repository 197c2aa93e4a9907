//! Critical values of intervals, pointwise and simultaneous: how many standard errors they reach to either side.

use std::collections::HashMap;

use super::confidence_sequence::ConfidenceSequence;
use super::estimate::Estimate;
use super::simultaneous::{SimultaneousCritical, simultaneous_critical};
use super::{number_format, student};
use gia_design::Formula;
use gia_plan::Experiment;

/// What each interval of a simultaneous family belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyMember {
    GridPoint,
    /// From one value of an axis to the next.
    Step,
}

impl FamilyMember {
    pub fn singular(self) -> &'static str {
        match self {
            FamilyMember::GridPoint => "grid point",
            FamilyMember::Step => "step",
        }
    }

    pub fn plural(self) -> &'static str {
        match self {
            FamilyMember::GridPoint => "grid points",
            FamilyMember::Step => "steps",
        }
    }
}

/// Method by which intervals are made simultaneous.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SimultaneousMethod {
    /// Student's t, with the error rate divided by the number of intervals (Bonferroni).
    Bonferroni,
    /// The simultaneous critical value of [`crate::simultaneous_critical()`].
    MaxT(SimultaneousCritical),
    /// A confidence sequence, with the error rate divided by the number of intervals: they hold at every look as well.
    Sequential(ConfidenceSequence),
}

impl SimultaneousMethod {
    /// The critical value for one estimate, in standard errors; `alpha` is its share of the total error rate.
    pub fn critical_value(self, estimate: &Estimate, alpha: f64) -> f64 {
        match self {
            SimultaneousMethod::MaxT(simultaneous) => simultaneous.critical,
            SimultaneousMethod::Bonferroni => {
                student::critical_value(alpha, estimate.degrees_of_freedom())
            }
            SimultaneousMethod::Sequential(sequence) => sequence.critical_value(estimate.n, alpha),
        }
    }
    /// The method in words, for a family of `points` members with `estimates` different estimates among them.
    pub fn describe(
        self,
        points: usize,
        estimates: usize,
        paired: bool,
        of: FamilyMember,
    ) -> String {
        let test = match (self, paired) {
            (SimultaneousMethod::Sequential(_), true) => "paired confidence sequence",
            (SimultaneousMethod::Sequential(_), false) => "one-sample confidence sequence",
            (_, true) => "paired Student t",
            (_, false) => "one-sample Student t",
        };
        let points = number_format::count(points);
        let of = of.plural();
        let how = match self {
            SimultaneousMethod::MaxT(SimultaneousCritical { draws, .. }) => {
                format!("max |t| of {} sign draws", number_format::count(draws))
            }
            SimultaneousMethod::Bonferroni | SimultaneousMethod::Sequential(_) => {
                "Bonferroni".to_string()
            }
        };
        match estimates {
            1 => test.to_string(),
            k if number_format::count(k) == points => {
                format!("{test}, simultaneous over {points} {of} ({how})")
            }
            k => format!(
                "{test}, simultaneous over {} different estimates at {points} {of} ({how})",
                number_format::count(k)
            ),
        }
    }
}

/// The confidence sequence of an experiment with `sample until`; none for a fixed number of backgrounds.
pub fn confidence_sequence(experiment: &Experiment) -> Option<ConfidenceSequence> {
    let stopping = experiment.design.stopping.as_ref()?;
    Some(ConfidenceSequence::for_rule(
        stopping,
        experiment.design.level,
    ))
}

/// The critical value of a single interval, keyed by the number of backgrounds.
pub fn pointwise_critical_values(experiment: &Experiment) -> HashMap<usize, f64> {
    let mut known = HashMap::new();
    for n in experiment
        .points
        .iter()
        .map(|point| point.count)
        .filter(|n| *n >= 2)
    {
        let alpha = 1.0 - experiment.design.level;
        known
            .entry(n)
            .or_insert_with(|| match confidence_sequence(experiment) {
                Some(sequence) => sequence.critical_value(n, alpha),
                None => student::critical_value(alpha, (n - 1) as f64),
            });
    }
    known
}

/// Chooses how the intervals of this many estimates are made simultaneous. `samples` gives the values of each estimate, one for each
/// background; it is called only if the method needs them.
pub fn choose_simultaneous_method(
    experiment: &Experiment,
    level: f64,
    seed: u64,
    estimates: usize,
    samples: impl FnOnce() -> Vec<Vec<f64>>,
) -> SimultaneousMethod {
    if let Some(sequence) = confidence_sequence(experiment) {
        return SimultaneousMethod::Sequential(sequence);
    }
    let together = (estimates > 1).then(|| simultaneous_critical(&samples(), level, seed));
    match together.flatten() {
        Some(simultaneous) => SimultaneousMethod::MaxT(simultaneous),
        None => SimultaneousMethod::Bonferroni,
    }
}

/// The grid points among `places` whose estimates differ: in the sequences, the backgrounds or the outcome that the contrast
/// reads. Of equal ones, the first.
pub fn distinct_estimates(
    experiment: &Experiment,
    contrast: usize,
    outcome: usize,
    places: &[usize],
) -> Vec<usize> {
    let mut arms = Vec::new();
    let contrast = &experiment.design.contrasts[contrast];
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
