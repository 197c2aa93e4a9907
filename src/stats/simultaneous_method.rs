//! Critical values of intervals, pointwise and simultaneous: how many standard errors they reach to either side.

use std::collections::HashMap;
use std::fmt;

use super::confidence_sequence::ConfidenceSequence;
use super::estimate::Estimate;
use super::simultaneous::{SimultaneousCritical, simultaneous_critical};
use super::{number_format, student};
use gia_design::{Formula, IntervalMethod};
use gia_plan::Experiment;

/// What each interval of a simultaneous family belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyMember {
    GridPoint,
    /// From one value of an axis to the next.
    Step,
    /// A place of a track.
    Place,
}

impl FamilyMember {
    pub fn singular(self) -> &'static str {
        match self {
            FamilyMember::GridPoint => "grid point",
            FamilyMember::Step => "step",
            FamilyMember::Place => "place",
        }
    }

    pub fn plural(self) -> &'static str {
        match self {
            FamilyMember::GridPoint => "grid points",
            FamilyMember::Step => "steps",
            FamilyMember::Place => "places",
        }
    }
}

/// The name of the interval and test of a mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestName {
    /// Whether a contrast compares arms, so that the arms of one background are paired.
    pub is_paired: bool,
    /// Whether intervals hold at every look.
    pub is_sequential: bool,
    /// Whether several backgrounds have one source.
    pub is_clustered: bool,
    pub interval: IntervalMethod,
}

impl TestName {
    /// The test of a contrast of an experiment, with an estimate of its mean.
    pub fn new(experiment: &Experiment, is_paired: bool, estimate: Option<&Estimate>) -> TestName {
        TestName {
            is_paired,
            is_sequential: experiment.design.stopping.is_some(),
            is_clustered: estimate.is_some_and(|estimate| estimate.sources < estimate.n),
            interval: experiment.design.interval,
        }
    }
}

impl fmt::Display for TestName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if self.is_paired {
            "paired "
        } else {
            "one-sample "
        })?;
        f.write_str(match (self.is_sequential, self.interval) {
            (true, IntervalMethod::Student) => "confidence sequence",
            (true, IntervalMethod::Hull) => "confidence sequence, widened for skew",
            (false, IntervalMethod::Student) => "Student t",
            (false, IntervalMethod::Hull) => "t, hull of Student's and Hall's intervals",
        })?;
        f.write_str(if self.is_clustered {
            ", by source (CR2)"
        } else {
            ""
        })
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
            SimultaneousMethod::Bonferroni => student::critical_value(alpha, estimate.freedom),
            SimultaneousMethod::Sequential(sequence) => {
                sequence.critical_value(estimate.sources, alpha)
            }
        }
    }
    /// The method in words, for a family of `points` members with `estimates` different estimates among them.
    pub fn describe(
        self,
        points: usize,
        estimates: usize,
        test: TestName,
        of: FamilyMember,
    ) -> String {
        let test = test.to_string();
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
            1 => test,
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

/// Critical values of single intervals, each of which holds on its own.
pub struct PointwiseCriticalValues(HashMap<(usize, u64), f64>);

impl PointwiseCriticalValues {
    /// The critical values of these estimates.
    pub fn of(experiment: &Experiment, estimates: &[Estimate]) -> PointwiseCriticalValues {
        let alpha = 1.0 - experiment.design.level;
        let sequence = confidence_sequence(experiment);
        let mut known = HashMap::new();
        for estimate in estimates.iter().filter(|estimate| estimate.sources >= 2) {
            known
                .entry(Self::key(estimate))
                .or_insert_with(|| match sequence {
                    Some(sequence) => sequence.critical_value(estimate.sources, alpha),
                    None => student::critical_value(alpha, estimate.freedom),
                });
        }
        PointwiseCriticalValues(known)
    }

    /// The critical value of one of the estimates, in standard errors; NaN if it has no interval.
    pub fn get(&self, estimate: &Estimate) -> f64 {
        self.0
            .get(&Self::key(estimate))
            .copied()
            .unwrap_or(f64::NAN)
    }

    fn key(estimate: &Estimate) -> (usize, u64) {
        (estimate.sources, estimate.freedom.to_bits())
    }
}

/// Chooses how the intervals of these estimates are made simultaneous. `samples` gives the values of each estimate, one for each
/// independent source; it is called only if the method needs them.
pub fn choose_simultaneous_method(
    experiment: &Experiment,
    level: f64,
    seed: u64,
    estimates: &[Estimate],
    samples: impl FnOnce() -> Vec<Vec<f64>>,
) -> SimultaneousMethod {
    if let Some(sequence) = confidence_sequence(experiment) {
        return SimultaneousMethod::Sequential(sequence);
    }
    fixed_sample_method(level, seed, estimates, samples)
}

/// Chooses how intervals of a fixed number of backgrounds are made simultaneous, for families without an experiment.
pub fn fixed_sample_method(
    level: f64,
    seed: u64,
    estimates: &[Estimate],
    samples: impl FnOnce() -> Vec<Vec<f64>>,
) -> SimultaneousMethod {
    if estimates.len() < 2 {
        return SimultaneousMethod::Bonferroni;
    }
    let Some(mut simultaneous) = simultaneous_critical(&samples(), level, seed) else {
        return SimultaneousMethod::Bonferroni;
    };
    // With clusters of different sizes a standard error has fewer degrees of freedom than there are clusters.
    for estimate in estimates {
        let by_count = (estimate.sources.saturating_sub(1)) as f64;
        if estimate.freedom < by_count {
            let of = |freedom| student::critical_value(1.0 - level, freedom);
            simultaneous.critical *= of(estimate.freedom) / of(by_count);
            break;
        }
    }
    SimultaneousMethod::MaxT(simultaneous)
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
