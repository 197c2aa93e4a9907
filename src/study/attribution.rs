//! Contributions that a study is made of, and maps of them.

use serde::{Deserialize, Serialize};

use super::{ExcludedRecords, MapOrigin, Unit, finite};

/// What each base of some sequences contributes to a query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributionMap {
    /// The map as the author wrote it.
    pub map: String,
    /// The query that is attributed, as the author wrote it.
    pub outcome: String,
    /// Scale of the query; none if the model's declaration states none, or for a probability, between whose ends contributions do not lie.
    pub unit: Option<String>,
    /// The method and its references, in words.
    pub method: String,
    /// Number of references of each sequence; none for methods that do not compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<usize>,
    /// Number of shuffles of each sequence whose maps its own is compared with; none unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shuffles: Option<usize>,
    /// Number of neighbouring contributions that are added up for a comparison with shuffles; 1 unless asked for.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub window: usize,
    /// Confidence level of the intervals, for example 0.95.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// The sequences in words.
    pub on: String,
    /// Records that were left out, for each file that lost any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ExcludedRecords>,
    /// The map of each sequence.
    pub sequences: Vec<MappedSequence>,
}

/// The contributions of the bases of one sequence. Lists have a number for each position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MappedSequence {
    /// The sequence.
    #[serde(flatten)]
    pub sequence: Unit,
    /// Its letters.
    pub letters: String,
    /// Position in its record of the first base, from 0: more than 0 for the middle of a longer record.
    #[serde(default, skip_serializing_if = "super::mutation_map::is_zero")]
    pub cut: u64,
    /// Where the sequence lies in a genome; none for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<MapOrigin>,
    /// What each base contributes: the mean over the references.
    #[serde(serialize_with = "finite::numbers")]
    pub values: Vec<f64>,
    /// Half the width of each interval over the references; empty where there is no interval.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "finite::numbers"
    )]
    pub half_widths: Vec<f64>,
    /// Correlation over positions of maps from as many other references, by that of both halves (Spearman 1910, Brown 1910); none with fewer than two
    /// references, and for a map that is constant.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "finite::optional"
    )]
    pub reliability: Option<f64>,
    /// For each position, the share of the sequence and its shuffles whose largest contribution, or sum over a window, is as far from 0; empty
    /// without shuffles.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "finite::numbers"
    )]
    pub p: Vec<f64>,
    /// What each base would contribute, by base (A, C, G, T) and position; empty unless a file needs it, and never in JSON.
    #[serde(skip)]
    pub hypothetical: Vec<f64>,
}

fn one() -> usize {
    1
}

fn is_one(number: &usize) -> bool {
    *number == 1
}

impl MappedSequence {
    /// Whether the contribution at a position is significant at this level, over all positions of the sequence.
    pub fn is_significant(&self, position: usize, alpha: f64) -> bool {
        self.p.get(position).is_some_and(|p| *p <= alpha)
    }
}

/// How contributions to a query were computed, and how nearly they add up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttributionRecord {
    /// The contributions as a script writes them: `deepshap(net["CTCF"])`.
    pub name: String,
    /// The method and its references.
    pub method: String,
    /// How nearly the contributions add up; none for gradients, which need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completeness: Option<Completeness>,
}

/// What sums of contributions miss of the differences between sequences and references, as a share of these. Differences below a thousandth of the
/// value count as a thousandth of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// Number of pairs of a sequence and a reference.
    pub pairs: u64,
    /// Of all pairs together.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
    /// Of the worst pair.
    #[serde(serialize_with = "finite::number")]
    pub largest: f64,
}

/// Maximum number of attributions by one method of which each has a line in reports.
const MAX_LISTED: usize = 3;

/// A line for each attribution; of many by one method, such as one for each place of a track, one line.
pub fn attribution_lines(records: &[AttributionRecord]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut by_method: Vec<Vec<&AttributionRecord>> = Vec::new();
    for record in records {
        match by_method
            .iter_mut()
            .find(|of| of[0].method == record.method)
        {
            Some(of) => of.push(record),
            None => by_method.push(vec![record]),
        }
    }
    for of in by_method {
        if of.len() <= MAX_LISTED {
            lines.extend(of.iter().map(|record| record.to_string()));
            continue;
        }
        let first = of[0];
        let all = AttributionRecord {
            name: format!("{} and {} more", first.name, of.len() - 1),
            method: first.method.clone(),
            completeness: Completeness::of_all(of.iter().filter_map(|of| of.completeness)),
        };
        lines.push(all.to_string());
    }
    lines
}

impl Completeness {
    /// Of several attributions; none of none.
    fn of_all(each: impl Iterator<Item = Completeness>) -> Option<Completeness> {
        each.reduce(|a, b| {
            let pairs = a.pairs + b.pairs;
            let weighted = a.mean * a.pairs as f64 + b.mean * b.pairs as f64;
            Completeness {
                pairs,
                mean: weighted / pairs.max(1) as f64,
                largest: a.largest.max(b.largest),
            }
        })
    }
}

impl std::fmt::Display for Completeness {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let share = |share: f64| match share {
            0.0 => "nothing".to_string(),
            share => format!("a share of {share:.0e}"),
        };
        write!(
            f,
            "sums miss {} of the differences, {} at most ({} pairs)",
            share(self.mean),
            share(self.largest),
            gia_base::diag::count(self.pairs as usize)
        )
    }
}

impl std::fmt::Display for AttributionRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}: {}", self.name, self.method)?;
        match &self.completeness {
            Some(completeness) => write!(f, "; {completeness}"),
            None => Ok(()),
        }
    }
}
