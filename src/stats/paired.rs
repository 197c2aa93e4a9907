//! Differences between two runs, one for each background that both have.
//!
//! What a background does to an effect in both runs cancels in the difference, as it does between the arms of one run. So the interval is
//! that of a mean of differences: Student's and Hall's hull, by source (CR2) where several backgrounds have one source.

use std::collections::HashMap;
use std::fmt;

use super::estimate::{EstimateMethod, Weakness};
use super::{ClusterDesign, ConfidenceSequence, Estimate, number_format, student};
use gia_base::diag::Outcome;
use gia_domain::Clusters;
use gia_study::{PairedDifference, SeriesValues};

/// The values of single backgrounds that a run kept.
pub trait KeptValues {
    /// The values of a row of the study, by the name of its experiment and its index among the rows of that.
    ///
    /// # Errors
    /// A file that cannot be read, or does not hold the values of the study.
    fn series(&mut self, experiment: &str, row: usize) -> Outcome<SeriesValues>;
}

/// Why an effect cannot be paired by background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpaired {
    /// The runs have different numbers of backgrounds.
    Count {
        /// Number of backgrounds of the earlier run.
        before: usize,
        /// Number of backgrounds of the later run.
        after: usize,
    },
    /// The backgrounds of this index, the first such one, are different sequences.
    Sequence {
        /// Index of the background.
        index: usize,
    },
    /// The same backgrounds count as of other sources.
    Sources,
}

impl fmt::Display for Unpaired {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Unpaired::Count { before, after } => write!(
                f,
                "the runs have {} and {} backgrounds",
                number_format::count(*before),
                number_format::count(*after)
            ),
            Unpaired::Sequence { index } => write!(
                f,
                "the runs have other backgrounds from number {} on (counting from 0)",
                number_format::count(*index)
            ),
            Unpaired::Sources => {
                f.write_str("the runs group the backgrounds into other independent sources")
            }
        }
    }
}

/// The mean difference between two runs over the backgrounds that they share.
pub struct PairedEstimate(Estimate);

impl PairedEstimate {
    /// Pairs the values of two runs: `after` minus `before`.
    ///
    /// # Errors
    /// If the runs do not have the same backgrounds in the same order.
    pub fn new(before: &SeriesValues, after: &SeriesValues) -> Result<PairedEstimate, Unpaired> {
        if before.values.len() != after.values.len() {
            return Err(Unpaired::Count {
                before: before.values.len(),
                after: after.values.len(),
            });
        }
        let mut sequences = before.sequences.iter().zip(&after.sequences);
        if let Some(index) = sequences.position(|(before, after)| before != after) {
            return Err(Unpaired::Sequence { index });
        }
        let (sources, others) = (numbered(&before.sources), numbered(&after.sources));
        if sources != others {
            return Err(Unpaired::Sources);
        }
        let pairs = after.values.iter().zip(&before.values);
        let differences: Vec<f64> = pairs.map(|(after, before)| after - before).collect();
        let design = Clusters::new(sources).map(ClusterDesign::new);
        Ok(PairedEstimate(Estimate::of(&differences, design.as_ref())))
    }

    /// Mean of the differences.
    pub fn mean(&self) -> f64 {
        self.0.mean
    }

    /// The interval at an error rate; for runs with `sample until` that of a confidence sequence. None if the differences do not tell how
    /// far their mean may lie from that of other backgrounds.
    pub fn interval(&self, alpha: f64, sequence: Option<ConfidenceSequence>) -> Option<(f64, f64)> {
        if self.0.method() != EstimateMethod::Student {
            return None;
        }
        self.0.interval(match sequence {
            Some(sequence) => sequence.critical_value(self.0.sources, alpha),
            None => student::critical_value(alpha, self.0.freedom),
        })
    }

    /// Whether the differences of a few backgrounds make the interval, so that it decides nothing.
    pub fn is_weak(&self) -> bool {
        match self.0.weakness() {
            None => false,
            Some(
                Weakness::SingleBackground
                | Weakness::SingleSource
                | Weakness::AllEqual
                | Weakness::AllBelowPrecision
                | Weakness::FewDiffer
                | Weakness::TooFewForQuantile { .. },
            ) => true,
        }
    }

    /// The method in words, or why there is no interval.
    pub fn method(&self, sequence: Option<ConfidenceSequence>) -> String {
        let test = match self.0.method() {
            EstimateMethod::SingleBackground => {
                return "no interval, since there is one background".to_string();
            }
            EstimateMethod::SingleSource => {
                return "no interval, since all backgrounds come from one sequence".to_string();
            }
            EstimateMethod::Constant | EstimateMethod::Fixed | EstimateMethod::BelowPrecision => {
                return "no interval, since the difference is the same for every background"
                    .to_string();
            }
            EstimateMethod::Student => match sequence {
                Some(_) => "confidence sequence, widened for skew",
                None => "t, hull of Student's and Hall's intervals",
            },
        };
        let clustered = match self.0.sources < self.0.n {
            true => ", by source (CR2)",
            false => "",
        };
        let weak = match self.is_weak() {
            true => "; all but a few differences are equal, so it decides nothing",
            false => "",
        };
        format!("paired by background, {test}{clustered}{weak}")
    }

    /// The statistics of the differences.
    pub fn record(&self, sequence: Option<ConfidenceSequence>) -> PairedDifference {
        let estimate = &self.0;
        let is_clustered = estimate.sources < estimate.n;
        PairedDifference {
            n: estimate.n,
            sources: is_clustered.then_some(estimate.sources),
            freedom: is_clustered.then_some(estimate.freedom),
            sd: estimate.sd,
            se: estimate.se,
            p: match sequence {
                Some(sequence) => estimate.sequential_p_value(sequence),
                None => estimate.p_value(),
            },
        }
    }
}

/// Sources numbered from 0 in the order of their first background.
fn numbered(sources: &[usize]) -> Vec<u32> {
    let mut numbers = HashMap::new();
    let number = |source: &usize| {
        let next = numbers.len() as u32;
        *numbers.entry(*source).or_insert(next)
    };
    sources.iter().map(number).collect()
}
