//! Maps of contributions: intervals over references, reliability, and comparison with the maps of shuffles.

use std::collections::VecDeque;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{AttributionMap, EvaluatedQuery, Formula, GroundTruth};
use gia_domain::{Population, Sampler};
use gia_engine::Outcomes;
use gia_plan::{Evaluation, Plan};
use gia_study::{ExcludedRecords, MappedSequence};

use super::contrast_evaluator::values_of_unedited;
use super::each::unit;
use super::evaluate::pearson_r;
use super::mutation_map::map_origin;
use super::outputs::OutputIndex;
use super::student;

/// The map of each `show` of an attribution of a plan, in order.
///
/// # Errors
/// A contribution that is not finite (`NonFinite`).
///
/// # Panics
/// If `outcomes` belongs to another plan.
pub fn attribution_maps(
    plan: &Plan,
    outcomes: &Outcomes,
) -> Outcome<Vec<gia_study::AttributionMap>> {
    let outputs = OutputIndex::new(plan, outcomes);
    let maps = plan.evaluations.iter().filter_map(|evaluation| {
        let EvaluatedQuery::Map(map) = &evaluation.design.query else {
            return None;
        };
        Some(attribution_map(evaluation, map, &outputs))
    });
    maps.collect()
}

fn attribution_map(
    evaluation: &Evaluation,
    map: &AttributionMap,
    outputs: &OutputIndex,
) -> Outcome<gia_study::AttributionMap> {
    let length = map.contributions.track.len();
    let (number, count) = evaluation.sets[0];
    let population = outputs.population(number);
    let sampler = population.sampler(outputs.seed());
    let tracks = lists_by_sequence(evaluation, &evaluation.queries, length, outputs)?;
    let of_bases = lists_by_sequence(evaluation, &evaluation.hypothetical, length, outputs)?;
    let shuffles = match &evaluation.design.ground_truth {
        GroundTruth::Unknown { shuffles, .. } => shuffles.as_ref(),
        GroundTruth::Classes { .. } | GroundTruth::Measured { .. } => None,
    };
    let window = shuffles.map_or(1, |of| of.window);
    let largest = match (shuffles, evaluation.sets.get(1)) {
        (Some(_), Some(&set)) => {
            let contributions = &evaluation.queries[..length];
            largest_of_shuffles(evaluation, (contributions, window), outputs, set, count)?
        }
        _ => vec![Vec::new(); count],
    };
    let references = map.over_references.as_ref().map(|over| over.count);
    let level = evaluation.design.level;
    let sequences = (0..count).map(|index| {
        let of = |track: usize| tracks.get(track).map_or(&[][..], |found| &found[index]);
        let statistics = Statistics {
            values: of(0),
            sd: of(1),
            first_half: of(2),
            references,
            level,
            window,
        };
        MappedSequence {
            hypothetical: of_bases.iter().flat_map(|of| &of[index]).copied().collect(),
            ..statistics.mapped(population, &sampler, index, &largest[index])
        }
    });
    Ok(gia_study::AttributionMap {
        map: evaluation.design.text.clone(),
        outcome: evaluation.design.outcome.clone(),
        unit: evaluation.design.unit.clone(),
        method: map.method.clone(),
        references,
        shuffles: shuffles.map(|of| of.per_sequence),
        window,
        level,
        on: population.describe(),
        left_out: evaluation
            .intakes
            .iter()
            .map(ExcludedRecords::from)
            .collect(),
        sequences: sequences.collect(),
    })
}

/// The numbers of queries that follow each other in lists of this length: for each list, one for each sequence of the first set.
pub(super) fn lists_by_sequence(
    evaluation: &Evaluation,
    queries: &[Formula<usize>],
    length: usize,
    outputs: &OutputIndex,
) -> Outcome<Vec<Vec<Vec<f64>>>> {
    let set = evaluation.sets[0];
    let sampler = outputs.population(set.0).sampler(outputs.seed());
    let named = |index: usize| sampler.name(index);
    let lists = queries.chunks(length.max(1));
    lists
        .map(|list| by_sequence(evaluation, list, outputs, set, &named))
        .collect()
}

/// The numbers of a track, a list for each sequence.
fn by_sequence(
    evaluation: &Evaluation,
    track: &[Formula<usize>],
    outputs: &OutputIndex,
    (population, count): (usize, usize),
    named: &dyn Fn(usize) -> String,
) -> Outcome<Vec<Vec<f64>>> {
    let mut found = vec![Vec::with_capacity(track.len()); count];
    for (position, query) in track.iter().enumerate() {
        let values = values_of_unedited(outputs, population, count, query);
        for (index, (found, value)) in found.iter_mut().zip(values).enumerate() {
            if !value.is_finite() {
                let message = format!(
                    "the contribution at position {position} of `{}` is {value}, in `{}`",
                    named(index),
                    evaluation.design.text
                );
                return Err(Box::new(Diagnostic::error(Code::NonFinite, message)));
            }
            found.push(value);
        }
    }
    Ok(found)
}

/// For each of `count` sequences, the contribution, or sum over a window, that is farthest from 0 in the map of each of its shuffles.
fn largest_of_shuffles(
    evaluation: &Evaluation,
    (contributions, window): (&[Formula<usize>], usize),
    outputs: &OutputIndex,
    (population, shuffles): (usize, usize),
    count: usize,
) -> Outcome<Vec<Vec<f64>>> {
    let mut largest = vec![0.0f64; shuffles];
    let mut sums = vec![0.0f64; shuffles];
    let mut added: VecDeque<Vec<f64>> = VecDeque::new();
    for (position, query) in contributions.iter().enumerate() {
        let values = values_of_unedited(outputs, population, shuffles, query);
        for (index, value) in values.iter().enumerate() {
            if !value.is_finite() {
                let message = format!(
                    "a contribution of a shuffle of sequence {} is {value}, in `{}`",
                    index % count + 1,
                    evaluation.design.text
                );
                return Err(Box::new(Diagnostic::error(Code::NonFinite, message)));
            }
            sums[index] += value;
        }
        added.push_back(values);
        if added.len() > window
            && let Some(first) = added.pop_front()
        {
            sums.iter_mut()
                .zip(first)
                .for_each(|(sum, value)| *sum -= value);
        }
        if position + 1 >= window {
            for (largest, sum) in largest.iter_mut().zip(&sums) {
                *largest = largest.max(sum.abs());
            }
        }
    }
    let mut by_sequence = vec![Vec::new(); count];
    for (index, largest) in largest.into_iter().enumerate() {
        by_sequence[index % count.max(1)].push(largest);
    }
    Ok(by_sequence)
}

/// The numbers of one sequence.
struct Statistics<'t> {
    values: &'t [f64],
    sd: &'t [f64],
    first_half: &'t [f64],
    references: Option<usize>,
    level: f64,
    window: usize,
}

impl Statistics<'_> {
    fn mapped(
        &self,
        population: &Population,
        sampler: &Sampler,
        index: usize,
        largest_of_shuffles: &[f64],
    ) -> MappedSequence {
        let sums = window_sums(self.values, self.window);
        let p = sums
            .iter()
            .map(|sum| rank_p(sum.abs(), largest_of_shuffles));
        MappedSequence {
            sequence: unit(population, sampler, index),
            letters: population.alphabet().decode_all(&sampler.background(index)),
            cut: sampler.source(index).map_or(0, |source| source.cut),
            origin: map_origin(sampler.source(index)),
            values: self.values.to_vec(),
            half_widths: self.half_widths(),
            reliability: self.reliability(),
            p: match largest_of_shuffles {
                [] => Vec::new(),
                _ => p.collect(),
            },
            hypothetical: Vec::new(),
        }
    }

    /// Half the width of Student's interval over the references; empty with fewer than two.
    fn half_widths(&self) -> Vec<f64> {
        let Some(count) = self.references.filter(|count| *count > 1) else {
            return Vec::new();
        };
        let critical = student::critical_value(1.0 - self.level, (count - 1) as f64);
        let sd = self.sd.iter();
        sd.map(|sd| critical * sd / (count as f64).sqrt()).collect()
    }

    /// The correlation of the map with one from as many other references: that of both halves, by Spearman and Brown.
    fn reliability(&self) -> Option<f64> {
        let count = self.references.filter(|count| *count > 1)? as f64;
        let first = (count / 2.0).floor();
        let second: Vec<f64> = self
            .values
            .iter()
            .zip(self.first_half)
            .map(|(mean, half)| (count * mean - first * half) / (count - first))
            .collect();
        let r = pearson_r(self.first_half, &second)?;
        // Halves that go against each other say nothing of the whole beyond that it is not reliable.
        Some(if r <= 0.0 { r } else { 2.0 * r / (1.0 + r) })
    }
}

/// For each position the sum over the window of which it is the middle; near an end, over the window at the end.
fn window_sums(values: &[f64], window: usize) -> Vec<f64> {
    let last = values.len().saturating_sub(window);
    let sums: Vec<f64> = values
        .windows(window.max(1))
        .map(|of| of.iter().sum())
        .collect();
    let middle = |position: usize| position.saturating_sub(window / 2).min(last);
    (0..values.len())
        .map(|position| sums.get(middle(position)).copied().unwrap_or(f64::NAN))
        .collect()
}

/// The rank of a value among those of shuffles, itself included: exact if the sequence is one of its own shuffles (Phipson and Smyth 2010).
fn rank_p(value: f64, of_shuffles: &[f64]) -> f64 {
    let as_far = of_shuffles.iter().filter(|other| **other >= value).count();
    (1 + as_far) as f64 / (1 + of_shuffles.len()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_the_sequence_itself() {
        let shuffles = [0.5, 1.0, 2.0, 4.0];
        let p = [0.1, 1.0, 3.0, 5.0].map(|value| rank_p(value, &shuffles));
        assert_eq!(p, [1.0, 0.8, 0.4, 0.2]);
    }

    #[test]
    fn windows_are_centred_and_stay_inside() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!(window_sums(&values, 1), values);
        assert_eq!(window_sums(&values, 3), [7.0, 7.0, 14.0, 28.0, 28.0]);
        assert_eq!(window_sums(&values, 4), [15.0, 15.0, 15.0, 30.0, 30.0]);
        assert_eq!(window_sums(&values, 5), [31.0; 5]);
    }

    #[test]
    fn reliability_is_that_of_the_whole() {
        let statistics = |values: &[f64], first_half: &[f64], references| {
            let of = Statistics {
                values,
                sd: &[1.0, 2.0, 0.0],
                first_half,
                references,
                level: 0.95,
                window: 1,
            };
            (of.reliability(), of.half_widths())
        };
        let map = [1.0, -2.0, 0.5];
        let (reliability, half_widths) = statistics(&map, &map, Some(4));
        assert!((reliability.expect("a number") - 1.0).abs() < 1e-12);
        // Student's 0.975 quantile with 3 degrees of freedom, 3.182446, over the root of 4.
        assert!((half_widths[1] - 3.182_446_3).abs() < 1e-6);
        assert_eq!(half_widths[2], 0.0);
        assert_eq!(statistics(&map, &map, Some(1)), (None, Vec::new()));
        assert_eq!(statistics(&map, &[], None), (None, Vec::new()));
        let constant = [1.0; 3];
        assert_eq!(statistics(&constant, &constant, Some(4)).0, None);
    }
}
