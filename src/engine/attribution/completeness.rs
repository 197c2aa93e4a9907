//! How nearly contributions add up to the difference of what is attributed.

use std::collections::BTreeSet;

use gia_base::diag::{Code, Diagnostic};
use serde::{Deserialize, Serialize};

/// Differences below this share of a value count as this share: what is missed is then relative to the value.
const SMALLEST_DIFFERENCE: f64 = 1e-3;

/// The largest share of a difference that may be missed.
const TOLERANCE: f64 = 0.01;

/// What contributions miss of the differences, over all pairs of a sequence and a reference.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// Number of pairs.
    pub pairs: u64,
    /// Largest share of a difference that is missed.
    pub largest: f64,
    /// Sums over all pairs: of the differences, and of what is missed.
    differences: f64,
    missed: f64,
    /// The nodes without an exact rule, with what they compute.
    pub inexact: BTreeSet<String>,
}

impl Completeness {
    /// Counts a pair: the value of the sequence, its difference to that of the reference, and what the sum of the contributions exceeds it by.
    pub fn add(&mut self, value: f64, difference: f64, excess: f64) {
        let (value, difference, missed) = (value.abs(), difference.abs(), excess.abs());
        let difference = difference.max(SMALLEST_DIFFERENCE * value);
        self.pairs += 1;
        self.differences += difference;
        self.missed += missed;
        // Where a network gives 0 for both, what rounding leaves is a share of nothing.
        if difference > 0.0 {
            self.largest = self.largest.max(missed / difference);
        }
    }

    /// Adds the pairs of another part.
    pub fn extend(&mut self, other: Completeness) {
        self.pairs += other.pairs;
        self.differences += other.differences;
        self.missed += other.missed;
        self.largest = self.largest.max(other.largest);
        self.inexact.extend(other.inexact);
    }

    /// The share of all differences that is missed.
    pub fn mean(&self) -> f64 {
        share(self.missed, self.differences)
    }

    /// The numbers of a report.
    pub fn summary(&self) -> gia_study::Completeness {
        gia_study::Completeness {
            pairs: self.pairs,
            mean: self.mean(),
            largest: self.largest,
        }
    }

    /// The error for contributions to `what` that miss too much: of one pair where a rule is not exact. Where all are, only rounding is missed,
    /// which can be large beside a small difference; then all pairs count together.
    pub fn incomplete(&self, what: &str) -> Option<Diagnostic> {
        let (missed, of) = match self.inexact.is_empty() {
            true => (self.mean(), "the differences"),
            false => (self.largest, "a difference"),
        };
        if missed <= TOLERANCE {
            return None;
        }
        let message = format!(
            "contributions to {what} miss {:.1} % of {of} that they should add up to",
            100.0 * missed
        );
        let named: Vec<&str> = self.inexact.iter().map(String::as_str).collect();
        let help = match named.is_empty() {
            true => "compare with `--dtype float64`: the differences may be small beside what float32 rounds; or use in silico mutagenesis (`ism`) or gradients (`gradient_times_input`)".to_string(),
            false => format!(
                "these nodes have no exact rule: {}; use in silico mutagenesis (`ism`) or gradients (`gradient_times_input`)",
                named.join(", ")
            ),
        };
        Some(Diagnostic::error(Code::IncompleteContributions, message).help(help))
    }
}

fn share(missed: f64, difference: f64) -> f64 {
    match difference {
        0.0 => 0.0,
        difference => missed / difference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_differences_are_held_against_the_value() {
        let mut found = Completeness::default();
        found.add(-10.0, 1e-6, -1e-5);
        assert!((found.largest - 1e-3).abs() < 1e-12);
        found.add(0.0, 0.0, 1e-17);
        assert_eq!((found.pairs, found.incomplete("net")), (2, None));
        assert!(found.largest < 2e-3);
        let mut other = Completeness::default();
        other.add(1.0, 0.5, 0.1);
        found.extend(other);
        assert!((found.largest - 0.2).abs() < 1e-12);
        assert!(found.incomplete("net").is_some());
        let mut mostly = Completeness::default();
        mostly.add(1.0, 0.001, 0.0001);
        mostly.add(1.0, 0.9, 0.0);
        assert!(mostly.incomplete("net").is_none());
        mostly.inexact.insert("`a` (sorts)".to_string());
        assert!(mostly.incomplete("net").is_some());
    }
}
