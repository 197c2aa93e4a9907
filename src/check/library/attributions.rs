//! Contributions of the bases of a sequence to a query.

mod contributions;
mod references;

use std::rc::Rc;
use std::sync::Arc;

use self::contributions::attribution;
use self::references::{number_of_references, read_sequences, references, with_own_draws};
use super::arguments::Argument;
use super::evaluations::{fits, query};
use super::native::{Native, native};
use super::parameter_types::{Attribution as MapArgument, Length, Sequences};
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::NativeResult;
use crate::value::{
    EvaluatedValue, EvaluationValue, InfluenceValue, MapValue, Query, TrackValue, Value,
};
use gia_base::diag::{Code, count};
use gia_design::{
    AttributionMethod, GroundTruth, InfluenceMap, ReferenceSource, References, Shuffles,
};
use gia_domain::{Null, Population};

pub(super) const NATIVES: &[Native] = &[
    native!("saliency", Gradient, saliency),
    native!("gradient_times_input", Gradient, gradient_times_input),
    native!("deepshap", DeepShap, deepshap),
    native!("integrated_gradients", Integrated, integrated_gradients),
    native!("expected_gradients", DeepShap, expected_gradients),
    native!("smoothgrad", Smooth, smoothgrad),
    native!("saturation_mutagenesis", Gradient, saturation_mutagenesis),
    native!("occlusion", Occluded, occlusion),
    native!("pisa", Influence, pisa),
    native!("compare_maps", TwoMaps, compare_maps),
];

/// Maximum number of points on a line.
const MAX_STEPS: usize = 10_000;

/// Maximum number of shuffles that a sequence is compared with.
const MAX_SHUFFLES: usize = 10_000;
/// Maximum number of contributions of maps, all of which are kept.
const MAX_MAP_VALUES: usize = 20_000_000;

/// Length of the k-mers that the shuffles of a map preserve.
const PRESERVED: usize = 2;

parameters! {
    struct Gradient {
        of: Rc<Query>,
        on: Sequences,
        shuffles: f64,
        window: Length,
    }
}

parameters! {
    struct DeepShap {
        of: Rc<Query>,
        on: Sequences,
        references: Arc<Population>,
        preserving: f64,
        n: f64,
        shuffles: f64,
        window: Length,
    }
}

parameters! {
    struct Integrated {
        of: Rc<Query>,
        on: Sequences,
        references: Arc<Population>,
        preserving: f64,
        n: f64,
        steps: f64,
        shuffles: f64,
        window: Length,
    }
}

parameters! {
    struct Smooth {
        of: Rc<Query>,
        on: Sequences,
        n: f64,
        noise: f64,
        shuffles: f64,
        window: Length,
    }
}

parameters! {
    struct Occluded {
        of: Rc<Query>,
        width: Length,
        on: Sequences,
        references: Arc<Population>,
        preserving: f64,
        n: f64,
        shuffles: f64,
        window: Length,
    }
}

parameters! {
    struct Influence {
        of: Rc<TrackValue>,
        on: Sequences,
        references: Arc<Population>,
        preserving: f64,
        n: f64,
    }
}

parameters! {
    struct TwoMaps {
        a: MapArgument,
        b: MapArgument,
    }
}

/// How alike two maps of the same sequences are.
fn compare_maps(_: &mut Checker, given: TwoMaps) -> NativeResult<Value> {
    let (one, one_sequences) = map_of_sequences(&given.a)?;
    let (other, other_sequences) = map_of_sequences(&given.b)?;
    if one_sequences.identity() != other_sequences.identity() {
        let message = format!(
            "this is a map of {}, and the other one of {}: maps of the same sequences are compared",
            other_sequences.describe(),
            one_sequences.describe()
        );
        return given.b.refuse(Code::TypeMismatch, message);
    }
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        of: EvaluatedValue::MapComparison([one, other]),
        ground_truth: GroundTruth::Unknown {
            sequences: one_sequences.clone(),
            given: one_sequences,
            shuffles: None,
        },
    })))
}

/// A map of contributions to a query, with its sequences.
fn map_of_sequences(
    argument: &Argument<MapArgument>,
) -> NativeResult<(Rc<MapValue>, Arc<Population>)> {
    let MapArgument(evaluation) = argument.required()?;
    match (&evaluation.of, &evaluation.ground_truth) {
        (EvaluatedValue::Map(map), GroundTruth::Unknown { sequences, .. }) => {
            Ok((map.clone(), sequences.clone()))
        }
        _ => argument.refuse(
            Code::TypeMismatch,
            "maps of one number for each base are compared, such as those of `deepshap(on: ..., of: ...)`",
        ),
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

fn saturation_mutagenesis(checker: &mut Checker, given: Gradient) -> NativeResult<Value> {
    let compared = (&given.shuffles, &given.window);
    let method = AttributionMethod::SaturationMutagenesis;
    answer(checker, method, &given.of, &given.on, compared)
}

fn occlusion(checker: &mut Checker, given: Occluded) -> NativeResult<Value> {
    let (length, _) = read_sequences(checker, &given.of)?;
    let width = given.width.required_length()?;
    if !(1..=length.max(1)).contains(&width) {
        let message = format!("a window has 1 to {length} bp, not {width}");
        return given.width.refuse(Code::OutOfRange, message);
    }
    let compared = (&given.shuffles, &given.window);
    let sources = (&given.references, &given.preserving, &given.n);
    let references = references(checker, &given.of, sources)?;
    let method = AttributionMethod::Occlusion { references, width };
    answer(checker, method, &given.of, &given.on, compared)
}

fn saliency(checker: &mut Checker, given: Gradient) -> NativeResult<Value> {
    let compared = (&given.shuffles, &given.window);
    let method = AttributionMethod::Saliency;
    answer(checker, method, &given.of, &given.on, compared)
}

fn gradient_times_input(checker: &mut Checker, given: Gradient) -> NativeResult<Value> {
    let compared = (&given.shuffles, &given.window);
    let method = AttributionMethod::GradientTimesInput;
    answer(checker, method, &given.of, &given.on, compared)
}

fn deepshap(checker: &mut Checker, given: DeepShap) -> NativeResult<Value> {
    let compared = (&given.shuffles, &given.window);
    let sources = (&given.references, &given.preserving, &given.n);
    let method = AttributionMethod::DeepShap(references(checker, &given.of, sources)?);
    answer(checker, method, &given.of, &given.on, compared)
}

fn expected_gradients(checker: &mut Checker, given: DeepShap) -> NativeResult<Value> {
    let compared = (&given.shuffles, &given.window);
    let sources = (&given.references, &given.preserving, &given.n);
    let method = AttributionMethod::ExpectedGradients(references(checker, &given.of, sources)?);
    answer(checker, method, &given.of, &given.on, compared)
}

fn integrated_gradients(checker: &mut Checker, given: Integrated) -> NativeResult<Value> {
    let steps = given.steps.whole_number()?;
    if !(1..=MAX_STEPS).contains(&steps) {
        let message = format!("a line has 1 to {MAX_STEPS} points, not {steps}");
        return given.steps.refuse(Code::OutOfRange, message);
    }
    let compared = (&given.shuffles, &given.window);
    let sources = (&given.references, &given.preserving, &given.n);
    let references = references(checker, &given.of, sources)?;
    let method = AttributionMethod::IntegratedGradients { references, steps };
    answer(checker, method, &given.of, &given.on, compared)
}

fn smoothgrad(checker: &mut Checker, given: Smooth) -> NativeResult<Value> {
    let count = number_of_references(&given.n)?;
    let share = given.noise.get().copied().unwrap_or(f64::NAN);
    if !(share > 0.0 && share < 1.0) {
        let message = format!("noise has a share between 0 and 100 %, not {share}");
        return given.noise.refuse(Code::OutOfRange, message);
    }
    let (length, alphabet) = read_sequences(checker, &given.of)?;
    let random = given.of.label_error(Null::uniform(alphabet, length))?;
    let random = Arc::new(Population::Null(random));
    let noise = References {
        source: ReferenceSource::Backgrounds(with_own_draws(&random)),
        count,
    };
    let compared = (&given.shuffles, &given.window);
    let method = AttributionMethod::SmoothGrad { noise, share };
    answer(checker, method, &given.of, &given.on, compared)
}

/// The contributions to a query: with sequences, their map; without, a track.
fn answer(
    checker: &mut Checker,
    method: AttributionMethod,
    of: &Argument<Rc<Query>>,
    on: &Argument<Sequences>,
    (shuffles, window): (&Argument<f64>, &Argument<Length>),
) -> NativeResult<Value> {
    let sequences = on.get().map(|Sequences(given)| given.clone());
    let contributions = attribution(checker, of, method, sequences.as_deref())?;
    let per_sequence = shuffles.whole_number()?;
    let added = window.required_length()?;
    if !(1..=contributions.length).contains(&added) {
        let message = format!("a window has 1 to {} bp, not {added}", contributions.length);
        return window.refuse(Code::OutOfRange, message);
    }
    if added > 1 && per_sequence == 0 {
        let message = "windows are compared with those of shuffles, and `shuffles` asks for none";
        return window.refuse(Code::MissingArgument, message);
    }
    if per_sequence > MAX_SHUFFLES {
        let message = format!(
            "the maps of up to {MAX_SHUFFLES} shuffles are compared with that of a sequence, not of {per_sequence}"
        );
        return shuffles.refuse(Code::OutOfRange, message);
    }
    let Some(Sequences(given)) = on.get() else {
        if per_sequence > 0 {
            let message = "`shuffles` are of the sequences that `on` names, and it names none";
            return shuffles.refuse(Code::MissingArgument, message);
        }
        return contributions.track();
    };
    let query = query(of)?;
    fits(checker, &query.formula, on, given)?;
    let sequences = given
        .with_both_alleles()
        .map_or_else(|| given.clone(), Arc::new);
    let values = sequences
        .size()
        .unwrap_or(0)
        .saturating_mul(1 + per_sequence)
        .saturating_mul(contributions.length);
    if values > MAX_MAP_VALUES {
        let message = format!(
            "the maps of these sequences and their shuffles have {} contributions, and at most {} are kept",
            count(values),
            count(MAX_MAP_VALUES)
        );
        return on.refuse(Code::OutOfRange, message);
    }
    let shuffles = match per_sequence {
        0 => None,
        _ => {
            let null = on.label_error(Null::shuffled(sequences.clone(), PRESERVED))?;
            Some(Shuffles {
                population: Arc::new(Population::Null(null)),
                per_sequence,
                window: added,
            })
        }
    };
    let written = query.written.clone();
    let map = contributions.map()?;
    let text = written.unwrap_or_else(|| checker.formula_text(&query.formula));
    Ok(Value::Evaluation(Rc::new(EvaluationValue {
        of: EvaluatedValue::Map(Rc::new(MapValue {
            map: Arc::new(map),
            query: text,
            unit: contributions.unit,
        })),
        ground_truth: GroundTruth::Unknown {
            sequences,
            given: given.clone(),
            shuffles,
        },
    })))
}
