//! How nearly contributions add up to the difference of the outputs.

use std::collections::BTreeSet;

use gia_base::diag::{Code, Diagnostic};
use gia_engine::Contributions;

/// Differences below this share of the outputs count as none: what is missed is then relative to the outputs.
const SMALLEST_DIFFERENCE: f64 = 1e-3;

/// The largest share of a difference that may be missed.
const TOLERANCE: f64 = 0.01;

/// What contributions miss of the differences, over all sequences and references.
pub struct Completeness {
    /// Shares of the differences that are missed, ascending.
    missed: Vec<f64>,
    /// The nodes without an exact rule, with what they compute.
    inexact: BTreeSet<String>,
}

impl Completeness {
    pub fn of(found: &Contributions) -> Completeness {
        let each = found.differences.len() / found.values.len().max(1);
        let pairs = found.differences.iter().zip(&found.excesses).enumerate();
        let shares = pairs.map(|(at, (difference, excess))| {
            let output = f64::from(found.values[at / each.max(1)]).abs();
            let scale = f64::from(*difference)
                .abs()
                .max(SMALLEST_DIFFERENCE * output);
            match f64::from(*excess).abs() {
                0.0 => 0.0,
                missed => missed / scale.max(f64::MIN_POSITIVE),
            }
        });
        let mut missed: Vec<f64> = shares.collect();
        missed.sort_by(f64::total_cmp);
        Completeness {
            missed,
            inexact: found.inexact.clone(),
        }
    }

    fn largest(&self) -> f64 {
        self.missed.last().copied().unwrap_or(0.0)
    }

    /// A line for the terminal.
    pub fn describe(&self) -> String {
        let median = self.missed.get(self.missed.len() / 2).copied();
        format!(
            "sums of contributions miss the differences of the outputs by {:.1e} at most, {:.1e} in the median (shares of the differences)\n",
            self.largest(),
            median.unwrap_or(0.0)
        )
    }

    /// The error for contributions that miss too much.
    pub fn incomplete(&self, model: &str) -> Option<Diagnostic> {
        if self.largest() <= TOLERANCE {
            return None;
        }
        let message = format!(
            "contributions to `{model}` miss up to {:.1} % of the difference of the outputs",
            100.0 * self.largest()
        );
        let named: Vec<&str> = self.inexact.iter().map(String::as_str).collect();
        let help = match named.is_empty() {
            true => "compare with `--dtype float64`: the differences may be small beside what float32 rounds; or use in silico mutagenesis, `gia ism`".to_string(),
            false => format!(
                "these nodes have no exact rule: {}; use in silico mutagenesis (`gia ism`) or gradients (`--method gradient-times-input`)",
                named.join(", ")
            ),
        };
        Some(Diagnostic::error(Code::IncompleteContributions, message).help(help))
    }
}
