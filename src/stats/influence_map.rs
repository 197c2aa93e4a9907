//! Maps of what each base contributes to each place of a track.

use gia_base::diag::Outcome;
use gia_design::{EvaluatedQuery, InfluenceMap};
use gia_engine::Outcomes;
use gia_plan::{Evaluation, Plan};
use gia_study::{ExcludedRecords, InfluencedSequence};

use super::attribution_map::lists_by_sequence;
use super::each::unit;
use super::mutation_map::map_origin;
use super::outputs::OutputIndex;

/// The map of each `show pisa(...)` of a plan, in order.
///
/// # Errors
/// A contribution that is not finite (`NonFinite`).
///
/// # Panics
/// If `outcomes` belongs to another plan.
pub fn influence_maps(plan: &Plan, outcomes: &Outcomes) -> Outcome<Vec<gia_study::InfluenceMap>> {
    let outputs = OutputIndex::new(plan, outcomes);
    let maps = plan.evaluations.iter().filter_map(|evaluation| {
        let EvaluatedQuery::Influence(map) = &evaluation.design.query else {
            return None;
        };
        Some(influence_map(evaluation, map, &outputs))
    });
    maps.collect()
}

fn influence_map(
    evaluation: &Evaluation,
    map: &InfluenceMap,
    outputs: &OutputIndex,
) -> Outcome<gia_study::InfluenceMap> {
    let (number, count) = evaluation.sets[0];
    let population = outputs.population(number);
    let sampler = population.sampler(outputs.seed());
    let length = population.length();
    let places = lists_by_sequence(evaluation, &evaluation.queries, length, outputs)?;
    let sequences = (0..count).map(|index| InfluencedSequence {
        sequence: unit(population, &sampler, index),
        letters: population.alphabet().decode_all(&sampler.background(index)),
        cut: sampler.source(index).map_or(0, |source| source.cut),
        origin: map_origin(sampler.source(index)),
        values: places.iter().map(|place| place[index].clone()).collect(),
    });
    let left_out = evaluation.intakes.iter().map(ExcludedRecords::from);
    Ok(gia_study::InfluenceMap {
        map: evaluation.design.text.clone(),
        outcome: evaluation.design.outcome.clone(),
        unit: evaluation.design.unit.clone(),
        method: map.method.clone(),
        on: population.describe(),
        left_out: left_out.collect(),
        places: map.track.places().collect(),
        place_unit: map.track.in_bp.then(|| "bp".to_string()),
        sequences: sequences.collect(),
    })
}
