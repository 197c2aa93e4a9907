//! Contributions of the bases of a sequence to a query.

pub(super) mod contributions;
pub(super) mod references;

use std::rc::Rc;
use std::sync::Arc;

use self::contributions::attribution;
use self::references::{number_of_references, read_sequences, references, with_own_draws};
use super::arguments::Argument;
use super::evaluations::{fits, query};
use super::native::{Native, native};
use super::parameter_types::{Length, Sequences};
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::NativeResult;
use crate::value::{EvaluatedValue, EvaluationValue, MapValue, Query, Value};
use gia_base::diag::{Code, count};
use gia_design::{AttributionMethod, GroundTruth, ReferenceSource, References, Shuffles};
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
];

/// Maximum number of points on a line.
const MAX_STEPS: usize = 10_000;

/// Maximum number of shuffles that a sequence is compared with.
const MAX_SHUFFLES: usize = 10_000;
/// Maximum number of contributions of maps, all of which are kept.
pub(super) const MAX_MAP_VALUES: usize = 20_000_000;

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
