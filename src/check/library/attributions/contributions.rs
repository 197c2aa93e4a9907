//! Contributions to a query, as a model of the program.

use std::rc::Rc;
use std::sync::Arc;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{
    Attribution, AttributionMap, AttributionMethod, Computation, ContributionList, FormulaTape,
    ModelKind, ModelSource, OutputRef, OverReferences, Track, WithoutRule,
};
use gia_domain::Population;
use gia_model::{check_differentiable, is_opaque};

use crate::Checker;
use crate::library::arguments::Argument;
use crate::library::attributions::references::read_sequences;
use crate::library::evaluations::query;
use crate::native_function::{NativeResult, refused};
use crate::value::{Places, Query, TrackValue, Value};

/// The unit of numbers between 0 and 1, between which their differences do not lie.
const PROBABILITY: &str = "probability";

/// Contributions to a query, as a model of the program.
pub(in crate::library) struct Contributions {
    model: usize,
    pub(super) length: usize,
    pub(super) unit: Option<String>,
    method: AttributionMethod,
}

impl Contributions {
    /// The contributions as a track.
    pub(super) fn track(&self) -> NativeResult<Value> {
        let track = self.track_value(ContributionList::Observed);
        Ok(Value::Track(Rc::new(track)))
    }

    fn track_value(&self, list: ContributionList) -> TrackValue {
        let number = list.number();
        let columns = number * self.length..(number + 1) * self.length;
        let model = self.model;
        let leaves = columns.map(|column| OutputRef { model, column });
        TrackValue {
            track: Arc::new(Track::Leaves(leaves.collect())),
            unit: self.unit.clone(),
            places: Some(Places::Sequence { start: 0, bin: 1 }),
        }
    }

    pub(in crate::library) fn map(&self) -> Outcome<AttributionMap> {
        let measured = |list: ContributionList| self.track_value(list).measured().map(Arc::new);
        let over_references = match self.method.references() {
            None => None,
            Some(references) => Some(OverReferences {
                count: references.count,
                sd: measured(ContributionList::Sd)?,
                first_half: measured(ContributionList::FirstHalf)?,
            }),
        };
        Ok(AttributionMap {
            method: self.method.describe(),
            contributions: measured(ContributionList::Observed)?,
            hypothetical: match self.method.has_hypothetical() {
                true => (0..4)
                    .map(|base| measured(ContributionList::Hypothetical(base)))
                    .collect::<Outcome<_>>()?,
                false => Vec::new(),
            },
            over_references,
        })
    }
}

/// The contributions of all positions to a query.
pub(in crate::library) fn attribution(
    checker: &mut Checker,
    of: &Argument<Rc<Query>>,
    method: AttributionMethod,
    on: Option<&Population>,
) -> NativeResult<Contributions> {
    let query = query(of)?;
    let formula = &query.formula;
    let unit = query.unit.clone().filter(|unit| unit != PROBABILITY);
    let attribution = Attribution {
        method: method.clone(),
        query: formula.clone(),
    };
    let (declared, _) = read_sequences(checker, of)?;
    let length = match (declared, on) {
        (0, Some(on)) => on.length(),
        (declared, _) => declared,
    };
    // A sweep asks for the same at each grid point, and what is checked below reads the graphs of networks.
    if let Some(model) = checker.known_attribution(&attribution, length) {
        return Ok(Contributions {
            model,
            length,
            unit,
            method,
        });
    }
    let without_rule = match FormulaTape::new(formula) {
        Err(without_rule) => Some(without_rule),
        // Predictions of changed sequences need no slope.
        Ok(_) if method.computation() == Computation::Predictions => None,
        Ok(tape) => tape.without_rule(),
    };
    if let Some(WithoutRule(word)) = without_rule {
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
    // Formulas take sequences of every length.
    let mut lengths = lengths.filter(|length| *length != 0);
    let first_length = lengths.next();
    if let Some(first) = first_length
        && let Some(other) = lengths.find(|length| *length != first)
    {
        let message = format!(
            "the models of this query take {first} and {other} bp, and contributions are of one sequence"
        );
        return of.refuse(Code::LengthMismatch, message);
    }
    if length == 0 {
        return of.label_error(Err(Box::new(
            Diagnostic::error(
                Code::MissingArgument,
                "this formula takes sequences of every length, so the number of contributions is not known here",
            )
            .help("name the sequences: `on: ...`"),
        )));
    }
    let model = checker.attribution_model(attribution, (first.model, length), name, unit.clone());
    Ok(Contributions {
        model,
        length,
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
    let is_by_predictions = method.computation() == Computation::Predictions;
    match &of.kind {
        ModelKind::Single(_) if is_by_predictions => Ok(()),
        ModelKind::Single(ModelSource::Truth(_)) => Err(Box::new(
            Diagnostic::error(
                Code::NotDifferentiable,
                format!(
                    "`{}` is a formula of occurrences of motifs, which has no gradient",
                    of.name
                ),
            )
            .help("use `saturation_mutagenesis(of: ...)`, which asks for predictions alone"),
        )),
        ModelKind::Single(ModelSource::File { path, written }) => {
            if method.needs_graph() && is_opaque(path) {
                let message = format!(
                    "`{written}` has no graph of operators, so its output cannot be attributed by DeepLIFT"
                );
                let help = "export it with torch.export, as `.pt2`, or use `saturation_mutagenesis` or `gradient_times_input`";
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
