//! `report each`: the number of every background, and its rank among null effects.

use std::collections::HashMap;

use rayon::prelude::*;

use super::contrast_evaluator::ContrastEvaluator;
use super::multiple_testing::adjust_p_values;
use super::number_format;
use super::outputs::OutputIndex;
use super::ranks::NullDistribution;
use super::values::window;
use gia_domain::{Alphabet, Population, Sampler, Strand};
use gia_plan::{Experiment, Point};
use gia_study::{
    ArmValues, EachReport, EffectValues, GridPoint, NullOfEach, SharedStr, Unit, UnitVariant,
    UnitWindow,
};

/// The rows of single backgrounds; none unless `report each` asks for them.
pub fn report_each(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    outputs: &OutputIndex,
    places: &[GridPoint],
) -> Option<EachReport> {
    let design = &experiment.design;
    let asked = design.each?;
    let mut lists = Lists::default();
    let numbers: Vec<usize> = experiment
        .points
        .iter()
        .map(|point| lists.number(point, outputs))
        .collect();
    let outcomes: Vec<(SharedStr, Option<SharedStr>)> = design
        .outcomes
        .iter()
        .map(|of| {
            (
                SharedStr::from(&of.name),
                of.unit.as_ref().map(SharedStr::from),
            )
        })
        .collect();

    let mut arms = Vec::new();
    for (i, point) in experiment.points.iter().enumerate() {
        for (arm, name) in design.arms.iter().enumerate() {
            for (outcome, (outcome_name, _)) in outcomes.iter().enumerate() {
                arms.push(ArmValues {
                    at: places[i].clone(),
                    arm: name.into(),
                    outcome: outcome_name.clone(),
                    backgrounds: numbers[i],
                    values: trial.arm_values(point, outcome, arm),
                });
            }
        }
    }

    let mut effects = Vec::new();
    for (outcome, (name, unit)) in outcomes.iter().enumerate() {
        for (contrast, of) in design.contrasts.iter().enumerate() {
            let points = experiment.points.par_iter().enumerate();
            let mut series: Vec<EffectValues> = points
                .map(|(i, point)| {
                    let values = trial.contrast_values(point, outcome, contrast);
                    let nulls = asked.null.map(|null| &experiment.null_effects[null][i]);
                    let p = nulls.map_or_else(Vec::new, |nulls| {
                        let nulls = trial.contrast_values(nulls, outcome, contrast);
                        let nulls = NullDistribution::new(nulls);
                        values
                            .iter()
                            .map(|value| nulls.p_two_sided(*value))
                            .collect()
                    });
                    EffectValues {
                        at: places[i].clone(),
                        contrast: (&of.name).into(),
                        outcome: name.clone(),
                        unit: unit.clone(),
                        backgrounds: numbers[i],
                        values,
                        p,
                        q: Vec::new(),
                    }
                })
                .collect();
            let all: Vec<f64> = series.iter().flat_map(|one| &one.p).copied().collect();
            let mut adjusted = adjust_p_values(design.correction, &all).into_iter();
            for one in &mut series {
                one.q = adjusted.by_ref().take(one.p.len()).collect();
            }
            effects.extend(series);
        }
    }
    Some(EachReport {
        null: asked.null.map(|null| describe_null(experiment, null)),
        backgrounds: lists.units,
        arms,
        effects,
    })
}

fn describe_null(experiment: &Experiment, null: usize) -> NullOfEach {
    let counts = experiment.null_effects[null]
        .iter()
        .map(|point| point.count);
    let of = &experiment.design.null_effects[null].text;
    let count = counts.min().unwrap_or(0);
    let correction = experiment.design.correction;
    let adjusted = match correction {
        gia_design::Correction::BenjaminiHochberg => "Benjamini-Hochberg",
        gia_design::Correction::BenjaminiYekutieli => "Benjamini-Yekutieli",
        gia_design::Correction::Holm => "Holm",
    };
    NullOfEach {
        of: of.clone(),
        count,
        method: format!(
            "p: exact, two-sided, by rank among {} effects of the same edits in {of}; q: {adjusted}, over all rows of the contrast and outcome",
            number_format::count(count)
        ),
    }
}

/// The different lists of backgrounds of an experiment.
#[derive(Default)]
struct Lists {
    units: Vec<Vec<Unit>>,
    /// Index of the list of a population and a number of backgrounds.
    known: HashMap<(usize, usize), usize>,
}

impl Lists {
    fn number(&mut self, point: &Point, outputs: &OutputIndex) -> usize {
        let next = self.units.len();
        let number = *self
            .known
            .entry((point.population, point.count))
            .or_insert(next);
        if number == next {
            let population = outputs.population(point.population);
            let sampler = population.sampler(outputs.seed());
            let units = (0..point.count).map(|index| unit(population, &sampler, index));
            self.units.push(units.collect());
        }
        number
    }
}

/// What a background of a population is called, and where it lies.
pub(super) fn unit(population: &Population, sampler: &Sampler, index: usize) -> Unit {
    // A null model that is fitted to sequences draws backgrounds that lie nowhere.
    let source = match population.is_made_from_sequences() {
        true => sampler.source(index),
        false => None,
    };
    let window = source.and_then(window).map(|window| UnitWindow {
        chromosome: SharedStr::from(&*window.chromosome),
        start: window.start,
        end: window.end,
        strand: match window.strand {
            Strand::Forward => '+',
            Strand::Reverse => '-',
        },
    });
    let variant = variant_of(sampler, index, population.alphabet());
    Unit {
        name: sampler.name(index),
        window,
        variant,
    }
}

/// The variant that a background carries, as its file writes it.
pub(super) fn variant_of(
    sampler: &Sampler,
    index: usize,
    alphabet: Alphabet,
) -> Option<UnitVariant> {
    sampler.variant(index)?;
    let written = sampler.source(index)?.written_variant(alphabet)?;
    Some(UnitVariant {
        position: written.position,
        id: written.id.map(String::from),
        reference: written.reference,
        alternate: written.alternate,
    })
}
