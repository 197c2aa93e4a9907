//! Recognises saturation mutagenesis of one sequence, and computes the importance of its positions.
//!
//! Importance is minus the mean change by the other letters. It equals the hypothetical attribution of in silico mutagenesis, centred over
//! letters, at the letter that is there, up to the factor (letters - 1) / letters.

use std::collections::HashMap;

use super::contrast_evaluator::PointEstimates;
use super::outputs::OutputIndex;
use super::values::window;
use gia_design::{Arithmetic, AxisValue, Formula};
use gia_domain::{Edit, Sequence, Strand};
use gia_plan::Experiment;
use gia_study::{MapOrigin, MutationMap, PositionImportance, SharedStr};

/// The map of an experiment that writes each of several letters at each of several positions of one sequence, one at a time; none for any
/// other experiment.
pub fn mutation_map(
    experiment: &Experiment,
    measured: &[PointEstimates],
    outputs: &OutputIndex,
) -> Option<MutationMap> {
    let design = &experiment.design;
    let [first, second] = design.axes.as_slice() else {
        return None;
    };
    let grid = Grid {
        rows: first.values.len(),
        columns: second.values.len(),
        letters_across: is_letters(&second.values),
    };
    let (positions_of, letters_of) = match grid.letters_across {
        true => (first, second),
        false => (second, first),
    };
    let is_place =
        |value: &AxisValue| matches!(value, AxisValue::Length(_) | AxisValue::Position(_));
    let is_grid = grid.rows * grid.columns == experiment.points.len();
    if !is_grid || !is_letters(&letters_of.values) || !positions_of.values.iter().all(is_place) {
        return None;
    }
    let point = experiment.points.first()?;
    let is_one = experiment
        .points
        .iter()
        .all(|other| other.count == 1 && other.population == point.population);
    if !is_one {
        return None;
    }
    let population = outputs.population(point.population);
    let sampler = population.sampler(outputs.seed());
    let bases = sampler.background(0);
    let alphabet = population.alphabet();
    let letters: Vec<u8> = letters_of
        .values
        .iter()
        .map(|value| match value {
            AxisValue::Name(letter) => alphabet.encode(letter.chars().next()?),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let arm = (1..design.arms.len()).find(|&arm| {
        (0..positions_of.values.len()).all(|position| {
            let place = grid.mutated(experiment, arm, position, &letters);
            place.is_some_and(|place| place < bases.len())
        })
    })?;
    let positions: Vec<usize> = (0..positions_of.values.len())
        .map(|position| grid.mutated(experiment, arm, position, &letters))
        .collect::<Option<_>>()?;
    let reference: Vec<u8> = positions.iter().map(|&position| bases[position]).collect();
    let against_control = Formula::Binary(
        Arithmetic::Subtract,
        Box::new(Formula::Leaf(arm)),
        Box::new(Formula::Leaf(0)),
    );
    let mut importance = Vec::new();
    for (o, outcome) in design.outcomes.iter().enumerate() {
        for (c, contrast) in design.contrasts.iter().enumerate() {
            if contrast.formula != against_control {
                continue;
            }
            let change = |position: usize, letter: usize| {
                let estimates = &measured[grid.point(position, letter)].contrasts;
                estimates[o * design.contrasts.len() + c].mean
            };
            let values = reference.iter().enumerate().map(|(position, there)| {
                let others = (0..letters.len()).filter(|&letter| letters[letter] != *there);
                let changes: Vec<f64> = others.map(|letter| change(position, letter)).collect();
                match changes.len() {
                    0 => 0.0,
                    n => -changes.iter().sum::<f64>() / n as f64,
                }
            });
            let changes = (0..positions.len())
                .flat_map(|position| (0..letters.len()).map(move |letter| (position, letter)));
            importance.push(PositionImportance {
                contrast: (&contrast.name).into(),
                outcome: (&outcome.name).into(),
                unit: outcome.unit.as_ref().map(SharedStr::from),
                values: values.collect(),
                changes: changes
                    .map(|(position, letter)| change(position, letter))
                    .collect(),
            });
        }
    }
    if importance.is_empty() {
        return None;
    }
    let source = sampler.source(0);
    Some(MutationMap {
        sequence: sampler.name(0),
        position_axis: positions_of.name.clone(),
        letter_axis: letters_of.name.clone(),
        positions: positions
            .into_iter()
            .map(|position| position as u64)
            .collect(),
        reference: alphabet.decode_all(&reference),
        letters: alphabet.decode_all(&letters),
        cut: source.map_or(0, |source| source.cut),
        origin: map_origin(source),
        importance,
    })
}

/// Where the first base of a sequence lies in a genome; none for a sequence of no window.
pub(super) fn map_origin(source: Option<&Sequence>) -> Option<MapOrigin> {
    let window = source.and_then(window)?;
    let locus = source.and_then(|source| source.locus.as_deref());
    // Positions of a window that is filled before its contig would be none of the contig.
    if locus.is_some_and(|locus| locus.past_end.filled() != (0, 0)) {
        return None;
    }
    Some(MapOrigin {
        chromosome: SharedStr::from(&*window.chromosome),
        start: match window.strand {
            Strand::Forward => window.start + 1,
            Strand::Reverse => window.end,
        },
        reverse: window.strand == Strand::Reverse,
    })
}

fn is_letters(values: &[AxisValue]) -> bool {
    let mut known = HashMap::new();
    values.iter().all(|value| match value {
        AxisValue::Name(name) => {
            let is_base = matches!(name.as_str(), "A" | "C" | "G" | "T" | "U");
            is_base && known.insert(name, ()).is_none()
        }
        _ => false,
    })
}

/// The grid of positions and letters.
struct Grid {
    rows: usize,
    columns: usize,
    letters_across: bool,
}

impl Grid {
    /// Index of the point of a position and a letter.
    fn point(&self, position: usize, letter: usize) -> usize {
        match self.letters_across {
            true => position * self.columns + letter,
            false => letter * self.columns + position,
        }
    }

    /// The place at which an arm writes each of the letters, and nothing else; none for any other arm.
    fn mutated(
        &self,
        experiment: &Experiment,
        arm: usize,
        position: usize,
        letters: &[u8],
    ) -> Option<usize> {
        let mut place = None;
        for (letter, wanted) in letters.iter().enumerate() {
            let point = self.point(position, letter);
            let edits = &experiment.design.points[point].arms[arm];
            let [Edit::Write { start, letters, .. }] = &**edits else {
                return None;
            };
            let [written] = letters.as_slice() else {
                return None;
            };
            if written.single() != Some(*wanted) || *place.get_or_insert(*start) != *start {
                return None;
            }
        }
        place
    }
}
