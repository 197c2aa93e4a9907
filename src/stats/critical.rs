//! Critical values of intervals, pointwise and simultaneous: how many standard errors they reach to either side.

use std::collections::HashMap;

use super::confidence_sequence::ConfidenceSequence;
use super::estimate::Estimate;
use super::simultaneous::{Simultaneous, simultaneous};
use super::{display, student};
use gia_design::Formula;
use gia_plan::Experiment;

/// What the members of a family of intervals are about.
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

/// How simultaneous intervals are made, with their critical value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Critical {
    /// Student's t, with the error divided by their number (Bonferroni).
    Bonferroni,
    /// The simultaneous critical value of [`crate::simultaneous()`].
    Together(Simultaneous),
    /// A confidence sequence, with the error divided by their number: intervals hold at every look as well.
    AtEveryLook(ConfidenceSequence),
}

impl Critical {
    /// The critical value for one estimate, in standard errors; `alpha` is its part of the total error.
    pub fn value(self, estimate: &Estimate, alpha: f64) -> f64 {
        match self {
            Critical::Together(simultaneous) => simultaneous.critical,
            Critical::Bonferroni => student::critical(alpha, estimate.freedom()),
            Critical::AtEveryLook(sequence) => sequence.critical(estimate.n, alpha),
        }
    }
    /// How the intervals are made: over `points` members of a family with `estimates` different estimates among them.
    pub fn method(self, points: usize, estimates: usize, paired: bool, of: FamilyMember) -> String {
        let test = match (self, paired) {
            (Critical::AtEveryLook(_), true) => "paired confidence sequence",
            (Critical::AtEveryLook(_), false) => "one-sample confidence sequence",
            (_, true) => "paired Student t",
            (_, false) => "one-sample Student t",
        };
        let points = display::count(points);
        let of = of.plural();
        let how = match self {
            Critical::Together(Simultaneous { draws, .. }) => {
                format!("max |t| of {} sign draws", display::count(draws))
            }
            Critical::Bonferroni | Critical::AtEveryLook(_) => "Bonferroni".to_string(),
        };
        match estimates {
            1 => test.to_string(),
            k if display::count(k) == points => {
                format!("{test}, simultaneous over {points} {of} ({how})")
            }
            k => format!(
                "{test}, simultaneous over {} different estimates at {points} {of} ({how})",
                display::count(k)
            ),
        }
    }
}

/// The confidence sequence of an experiment with `sample until`; none for a fixed number of backgrounds.
pub fn confidence_sequence(experiment: &Experiment) -> Option<ConfidenceSequence> {
    let stopping = experiment.design.stopping.as_ref()?;
    Some(ConfidenceSequence::of(stopping, experiment.design.level))
}

/// The critical value of a single interval, by the number of backgrounds.
pub fn pointwise_criticals(experiment: &Experiment) -> HashMap<usize, f64> {
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
                Some(sequence) => sequence.critical(n, alpha),
                None => student::critical(alpha, (n - 1) as f64),
            });
    }
    known
}

/// The critical value at which the intervals of `estimates` hold at once. `samples` gives their numbers, one list for each
/// estimate; it is called only where they are needed.
pub fn simultaneous_critical(
    experiment: &Experiment,
    level: f64,
    seed: u64,
    estimates: usize,
    samples: impl FnOnce() -> Vec<Vec<f64>>,
) -> Critical {
    if let Some(sequence) = confidence_sequence(experiment) {
        return Critical::AtEveryLook(sequence);
    }
    let together = (estimates > 1).then(|| simultaneous(&samples(), level, seed));
    match together.flatten() {
        Some(simultaneous) => Critical::Together(simultaneous),
        None => Critical::Bonferroni,
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
