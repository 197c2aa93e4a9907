//! Contributions of the bases of a sequence to a query.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Argument;
use super::evaluations::{fits, query};
use super::native::{Native, native};
use super::parameter_types::{Length, Sequences};
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::{NativeResult, refused};
use crate::value::{EvaluatedValue, EvaluationValue, MapValue, Places, Query, TrackValue, Value};
use gia_base::diag::{Code, Diagnostic, Outcome, count, pluralize};
use gia_design::{
    Attribution, AttributionMap, AttributionMethod, FormulaTape, GroundTruth, ModelKind,
    ModelSource, OutputRef, OverReferences, ReferenceSource, References, Shuffles, Track,
    WithoutRule,
};
use gia_domain::{Alphabet, MAX_SHUFFLE_K, Null, Population, UNKNOWN, with_own_stream};
use gia_model::{check_differentiable, is_opaque};

pub(super) const NATIVES: &[Native] = &[
    native!("saliency", Gradient, saliency),
    native!("gradient_times_input", Gradient, gradient_times_input),
    native!("deepshap", DeepShap, deepshap),
    native!("integrated_gradients", Integrated, integrated_gradients),
    native!("expected_gradients", DeepShap, expected_gradients),
    native!("smoothgrad", Smooth, smoothgrad),
];

/// Maximum number of references of a sequence.
const MAX_REFERENCES: usize = 100_000;

/// Addresses the draws of references from a null model.
const REFERENCE_STREAM: &str = "references";

/// Maximum number of points on a line.
const MAX_STEPS: usize = 10_000;

/// Maximum number of shuffles that a sequence is compared with.
const MAX_SHUFFLES: usize = 10_000;
/// Maximum number of contributions of maps, all of which are kept.
const MAX_MAP_VALUES: usize = 20_000_000;

/// Length of the k-mers that the shuffles of a map preserve.
const PRESERVED: usize = 2;

/// The unit of numbers between 0 and 1, between which their differences do not lie.
const PROBABILITY: &str = "probability";

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

fn number_of_references(n: &Argument<f64>) -> NativeResult<usize> {
    let count = n.whole_number()?;
    if !(1..=MAX_REFERENCES).contains(&count) {
        let message = format!("a sequence has 1 to {MAX_REFERENCES} references, not {count}");
        return n.refuse(Code::OutOfRange, message);
    }
    Ok(count)
}

/// The references that a call asks for, to a query.
fn references(
    checker: &Checker,
    of: &Argument<Rc<Query>>,
    (population, preserving, n): (&Argument<Arc<Population>>, &Argument<f64>, &Argument<f64>),
) -> NativeResult<References> {
    let count = number_of_references(n)?;
    let preserved = preserving.whole_number()?;
    if !(1..=MAX_SHUFFLE_K).contains(&preserved) {
        let message = format!(
            "a shuffle can preserve k-mers of 1 to {MAX_SHUFFLE_K} bases, not of {preserved}"
        );
        return preserving.refuse(Code::OutOfRange, message);
    }
    let source = match population.get() {
        None => ReferenceSource::Shuffles {
            preserving: preserved,
        },
        Some(_) if preserving.location().argument.is_some() => {
            let message = "`preserving` is of shuffles, and `references` names other sequences";
            return preserving.refuse(Code::Repeated, message);
        }
        Some(given) => {
            fits_as_references(checker, of, population, (given, count))?;
            ReferenceSource::Backgrounds(with_own_draws(given))
        }
    };
    Ok(References { source, count })
}

/// Length and alphabet of the sequences that the models of a query take.
fn read_sequences(checker: &Checker, of: &Argument<Rc<Query>>) -> NativeResult<(usize, Alphabet)> {
    let (mut length, mut alphabet) = (0, Alphabet::Dna);
    query(of)?.formula.leaves(&mut |read: OutputRef| {
        let declaration = &checker.models[read.model].declaration;
        length = length.max(declaration.length);
        alphabet = declaration.alphabet_kind();
    });
    Ok((length, alphabet))
}

/// The contributions to a query: with sequences, their map; without, a track.
fn answer(
    checker: &mut Checker,
    method: AttributionMethod,
    of: &Argument<Rc<Query>>,
    on: &Argument<Sequences>,
    (shuffles, window): (&Argument<f64>, &Argument<Length>),
) -> NativeResult<Value> {
    let contributions = attribution(checker, of, method)?;
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
        return contributions.track(0);
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

/// Contributions to a query, as a model of the program.
struct Contributions {
    model: usize,
    length: usize,
    unit: Option<String>,
    method: AttributionMethod,
}

impl Contributions {
    /// One of the tracks that the model returns.
    fn track(&self, number: usize) -> NativeResult<Value> {
        Ok(Value::Track(Rc::new(self.track_value(number))))
    }

    fn track_value(&self, number: usize) -> TrackValue {
        let columns = number * self.length..(number + 1) * self.length;
        let model = self.model;
        let leaves = columns.map(|column| OutputRef { model, column });
        TrackValue {
            track: Arc::new(Track::Leaves(leaves.collect())),
            unit: self.unit.clone(),
            places: Some(Places::Sequence { start: 0, bin: 1 }),
        }
    }

    fn map(&self) -> Outcome<AttributionMap> {
        let measured = |number: usize| self.track_value(number).measured().map(Arc::new);
        let over_references = match self.method.references() {
            None => None,
            Some(references) => Some(OverReferences {
                count: references.count,
                sd: measured(1)?,
                first_half: measured(2)?,
            }),
        };
        Ok(AttributionMap {
            method: self.method.describe(),
            contributions: measured(0)?,
            over_references,
        })
    }
}

/// A null model draws others than for the backgrounds of an experiment, so that none of these is compared with itself.
fn with_own_draws(population: &Arc<Population>) -> Arc<Population> {
    let own = match &**population {
        Population::Null(null) => with_own_stream(null, REFERENCE_STREAM),
        Population::Sequences { .. } => None,
    };
    own.map_or_else(
        || population.clone(),
        |null| Arc::new(Population::Null(null)),
    )
}

/// Refuses a population that cannot be the references of every sequence.
fn fits_as_references(
    checker: &Checker,
    of: &Argument<Rc<Query>>,
    argument: &Argument<Arc<Population>>,
    (population, count): (&Arc<Population>, usize),
) -> NativeResult<()> {
    if population.depends_on_model() {
        let message = "references are drawn before any model runs, and these depend on predictions";
        return argument.refuse(Code::TypeMismatch, message);
    }
    if let Some(size) = population.size()
        && size < count
    {
        let message = format!(
            "{} are asked for, and these are {}",
            pluralize(count, "reference"),
            pluralize(size, "sequence")
        );
        return argument.refuse(Code::TooFewBackgrounds, message);
    }
    let (length, alphabet) = read_sequences(checker, of)?;
    if alphabet != population.alphabet() {
        let message = format!(
            "the model takes {}, and these references are {}",
            alphabet.name(),
            population.alphabet().name()
        );
        return argument.refuse(Code::AlphabetMismatch, message);
    }
    if let Population::Sequences { set, .. } = &**population
        && let Some(one) = set
            .sequences
            .iter()
            .take(count)
            .find(|one| one.bases.contains(&UNKNOWN))
    {
        let message = format!(
            "`{}` has an unknown base (N), and references have none",
            one.name
        );
        return argument.refuse(Code::UnknownBase, message);
    }
    if length != 0 && length != population.length() {
        let message = format!(
            "the model takes {length} bp, and these references have {} bp",
            population.length()
        );
        return argument.refuse(Code::LengthMismatch, message);
    }
    Ok(())
}

/// The contributions of all positions to a query.
fn attribution(
    checker: &mut Checker,
    of: &Argument<Rc<Query>>,
    method: AttributionMethod,
) -> NativeResult<Contributions> {
    let query = query(of)?;
    let formula = &query.formula;
    let unit = query.unit.clone().filter(|unit| unit != PROBABILITY);
    let attribution = Attribution {
        method: method.clone(),
        query: formula.clone(),
    };
    // A sweep asks for the same at each grid point, and what is checked below reads the graphs of networks.
    if let Some(model) = checker.known_attribution(&attribution) {
        return Ok(Contributions {
            model,
            length: checker.models[model].declaration.length,
            unit,
            method,
        });
    }
    if let Err(WithoutRule(word)) = FormulaTape::new(formula) {
        let message = match word {
            "control" => {
                "what is compared with the control has no contributions: they are of one sequence"
                    .to_string()
            }
            word => format!(
                "`{word}` cannot be attributed: it has no slope that could be divided among the bases"
            ),
        };
        return of.refuse(Code::NotDifferentiable, message);
    }
    let mut reads: Vec<OutputRef> = Vec::new();
    formula.leaves(&mut |read| reads.push(read));
    let Some(first) = reads.first().copied() else {
        return of.refuse(Code::TypeMismatch, "this is no prediction of a model");
    };
    reads.sort_unstable();
    reads.dedup();
    let count = method.references().map(|references| references.count);
    let count = count.map_or(String::new(), |count| format!(", n: {count}"));
    let name = format!(
        "{}({}{count})",
        method.word(),
        checker.formula_text(formula)
    );
    for model in models_of(&reads) {
        let columns = reads.iter().filter(|read| read.model == model);
        let columns: Vec<usize> = columns.map(|read| read.column).collect();
        of.label_error(attributable(checker, model, &columns, &method))?;
    }
    let lengths = models_of(&reads).into_iter();
    let lengths = lengths.map(|model| checker.models[model].declaration.length);
    let lengths: Vec<usize> = lengths.collect();
    if let Some(other) = lengths.iter().find(|length| **length != lengths[0]) {
        let message = format!(
            "the models of this query take {} and {other} bp, and contributions are of one sequence",
            lengths[0]
        );
        return of.refuse(Code::LengthMismatch, message);
    }
    let model = checker.attribution_model(attribution, first.model, name, unit.clone());
    Ok(Contributions {
        model,
        length: checker.models[model].declaration.length,
        unit,
        method,
    })
}

fn models_of(reads: &[OutputRef]) -> Vec<usize> {
    let mut models: Vec<usize> = reads.iter().map(|read| read.model).collect();
    models.dedup();
    models
}

/// Refuses columns of a model whose contributions cannot be computed.
fn attributable(
    checker: &Checker,
    model: usize,
    columns: &[usize],
    method: &AttributionMethod,
) -> Outcome<()> {
    let of = &checker.models[model];
    let declaration = &of.declaration;
    match &of.kind {
        ModelKind::Single(ModelSource::Truth(_)) => Err(Box::new(
            Diagnostic::error(
                Code::NotDifferentiable,
                format!(
                    "`{}` is a formula of occurrences of motifs, which has no gradient",
                    of.name
                ),
            )
            .help("use in silico mutagenesis: `ism(on: ..., of: ...)`"),
        )),
        ModelKind::Single(ModelSource::File { path, written }) => {
            if method.needs_graph() && is_opaque(path) {
                let message = format!(
                    "`{written}` has no graph of operators, so its output cannot be attributed by DeepLIFT"
                );
                let help = "export it with torch.export, as `.pt2`, or use `ism` or `gradient_times_input`";
                return Err(Box::new(
                    Diagnostic::error(Code::RefusedModelFile, message).help(help),
                ));
            }
            check_differentiable(path, written, declaration, columns)
        }
        ModelKind::Ensemble(members) => members
            .iter()
            .try_for_each(|&member| attributable(checker, member, columns, method)),
        ModelKind::BothStrands(one) => {
            let mirrored: Vec<usize> = columns.iter().map(|&c| declaration.mirrored(c)).collect();
            attributable(checker, *one, columns, method)?;
            attributable(checker, *one, &mirrored, method)
        }
        ModelKind::Attribution(_) => refused_twice(),
    }
}

fn refused_twice() -> Outcome<()> {
    refused(
        Code::NotDifferentiable,
        "these are contributions already, which have none themselves",
    )
}
