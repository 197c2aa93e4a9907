//! Contributions to each place of a track.

use std::rc::Rc;
use std::sync::Arc;

use gia_base::diag::{Code, count};
use gia_design::{AttributionMethod, GroundTruth, InfluenceMap};
use gia_domain::Population;

use super::attributions::MAX_MAP_VALUES;
use super::attributions::contributions::attribution;
use super::attributions::references::references;
use super::native::{Native, native};
use crate::Checker;
use crate::library::arguments::Argument;
use crate::library::evaluations::fits;
use crate::library::parameter_types::Sequences;
use crate::library::parameters::parameters;
use crate::native_function::NativeResult;
use crate::value::{EvaluatedValue, EvaluationValue, InfluenceValue, Query, TrackValue, Value};

pub(super) const NATIVES: &[Native] = &[native!("pisa", Influence, pisa)];

parameters! {
    struct Influence {
        of: Rc<TrackValue>,
        on: Sequences,
        references: Arc<Population>,
        preserving: f64,
        n: f64,
    }
}

/// What each base contributes to each place of a track: an attribution for each place.
fn pisa(checker: &mut Checker, given: Influence) -> NativeResult<Value> {
    let track = given.of.required()?.clone();
    let Sequences(on) = given.on.required()?.clone();
    let mut places = track.queries().into_iter().filter_map(|place| match place {
        Value::Query(query) => Some(query),
        _ => None,
    });
    let Some(first) = places.next() else {
        return given.of.refuse(Code::Empty, "the track has no places");
    };
    let at = |query: &Rc<Query>| Argument::new("of", Some(query.clone()), given.of.location());
    let sources = (&given.references, &given.preserving, &given.n);
    let references = references(checker, &at(&first), sources)?;
    fits(checker, &first.formula, &given.on, &on)?;
    let sequences = on.with_both_alleles().map_or_else(|| on.clone(), Arc::new);
    let values = sequences
        .size()
        .unwrap_or(0)
        .saturating_mul(track.len())
        .saturating_mul(sequences.length());
    if values > MAX_MAP_VALUES {
        let message = format!(
            "these maps have {} contributions, and at most {} are kept: take fewer sequences, or a part of the track",
            count(values),
            count(MAX_MAP_VALUES)
        );
        return given.on.refuse(Code::OutOfRange, message);
    }
    let method = AttributionMethod::DeepShap(references);
    let mut contributions = Vec::with_capacity(track.len());
    for query in std::iter::once(first).chain(places) {
        let of_place = attribution(checker, &at(&query), method.clone(), Some(&sequences))?;
        contributions.push(of_place.map()?.contributions);
    }
    let map = InfluenceMap {
        method: method.describe(),
        track: Arc::new(given.of.label_error(track.measured())?),
        contributions,
    };
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        of: EvaluatedValue::Influence(Rc::new(InfluenceValue {
            map: Arc::new(map),
            track: checker.track_text(&track.track),
            unit: track.unit.clone(),
        })),
        ground_truth: GroundTruth::Unknown {
            sequences,
            given: on,
            shuffles: None,
        },
    })))
}
