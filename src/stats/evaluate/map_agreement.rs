//! How alike two maps of contributions are, sequence by sequence and over all.

use gia_study::{MapAgreement, PerformanceMeasure, Unit};

use super::correlation::{pearson_r, ranks};
use super::performance_measure;
use crate::sample_summary::SampleSummary;
use crate::{ClusterDesign, student};

/// Share of the positions of a sequence that contribute most.
const TOP_SHARE: f64 = 0.1;

/// A measure of one sequence, with its bounds and what it is in words.
type Measure = (
    &'static str,
    fn(&MapAgreement) -> Option<f64>,
    (f64, f64),
    &'static str,
);

const MEASURES: [Measure; 5] = [
    (
        "pearson",
        |of| of.pearson,
        (-1.0, 1.0),
        "correlation over positions",
    ),
    (
        "spearman",
        |of| of.spearman,
        (-1.0, 1.0),
        "rank correlation over positions",
    ),
    ("cosine", |of| of.cosine, (-1.0, 1.0), "cosine"),
    (
        "sign_agreement",
        |of| of.sign_agreement,
        (0.0, 1.0),
        "share of products that agree in sign",
    ),
    (
        "top_overlap",
        |of| of.top_overlap,
        (0.0, 1.0),
        "Jaccard index of the tenth of positions that contribute most",
    ),
];

/// Compares two maps, given by position and then by sequence: the measures of each sequence, and their means over sequences with Student's intervals.
pub fn compare(
    maps: (&[Vec<f64>], &[Vec<f64>]),
    sequences: Vec<Unit>,
    (design, level): (Option<&ClusterDesign>, f64),
    found: &mut gia_study::Evaluation,
) {
    let of_sequence = |map: &[Vec<f64>], index: usize| -> Vec<f64> {
        map.iter().map(|values| values[index]).collect()
    };
    let agreements = sequences.into_iter().enumerate().map(|(index, sequence)| {
        agreement(
            sequence,
            &of_sequence(maps.0, index),
            &of_sequence(maps.1, index),
        )
    });
    found.agreements = agreements.collect();
    found.measures = MEASURES
        .iter()
        .map(|measure| mean_over_sequences(measure, &found.agreements, design, level))
        .collect();
}

fn agreement(sequence: Unit, a: &[f64], b: &[f64]) -> MapAgreement {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let size = dot(a, a).sqrt() * dot(b, b).sqrt();
    let products = || a.iter().zip(b).map(|(a, b)| a * b);
    let all: f64 = products().map(f64::abs).sum();
    let agreeing: f64 = products().filter(|product| *product > 0.0).sum();
    MapAgreement {
        sequence,
        pearson: pearson_r(a, b),
        spearman: pearson_r(&ranks(a), &ranks(b)),
        cosine: (size > 0.0).then(|| (dot(a, b) / size).clamp(-1.0, 1.0)),
        sign_agreement: (all > 0.0).then(|| agreeing / all),
        top_overlap: (size > 0.0).then(|| overlap(&top(a), &top(b))),
    }
}

/// The positions that contribute most, in order; of equal contributions the first.
fn top(values: &[f64]) -> Vec<usize> {
    let count = (values.len() as f64 * TOP_SHARE).ceil() as usize;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()));
    order.truncate(count);
    order
}

/// The Jaccard index of two sets of one size.
fn overlap(a: &[usize], b: &[usize]) -> f64 {
    let both = a.iter().filter(|position| b.contains(position)).count();
    both as f64 / (a.len() + b.len() - both).max(1) as f64
}

fn mean_over_sequences(
    (name, of, (lowest, highest), what): &Measure,
    agreements: &[MapAgreement],
    design: Option<&ClusterDesign>,
    level: f64,
) -> PerformanceMeasure {
    let values: Vec<f64> = agreements.iter().filter_map(of).collect();
    if values.is_empty() {
        return performance_measure(name, None, None, "none, since a map is constant");
    }
    let missing = agreements.len() - values.len();
    // Sources are known by sequence.
    let design = design.filter(|_| missing == 0);
    let estimate = SampleSummary::of(&values, design).estimate(design);
    let interval = estimate.se.map(|se| {
        let half = student::critical_value(1.0 - level, estimate.freedom) * se;
        (
            (estimate.mean - half).max(*lowest),
            (estimate.mean + half).min(*highest),
        )
    });
    let mut method = format!("{what}, mean over sequences");
    method += match interval {
        Some(_) => ", Student's t",
        None => "; no interval, since there is one sequence or source",
    };
    if missing > 0 {
        method += &format!("; without {missing} of which a map is constant");
    }
    performance_measure(name, Some(estimate.mean), interval, &method)
}
