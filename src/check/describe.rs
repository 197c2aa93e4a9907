//! Descriptions of values for display: plain data, and source text for values that a script can write.
//!
//! Invariant: a description holds no reference to the checker that made it.

use std::sync::Arc;

use super::Checker;
use super::value::{
    Anchor, EditValue, EvaluatedValue, FunctionValue, ModelOutput, Position, Value,
};
use gia_base::diag::pluralize;
use gia_base::spelling::string_literal;
use gia_design::{Arithmetic, FoldKind, Formula, ModelKind, OutputRef, Track};
use gia_domain::{Construct, Motif, PartKind, Population};
use gia_model::Declaration;
use gia_syntax::tree::PLACE;

/// The description of a value.
#[derive(Debug, Clone)]
pub struct Description {
    /// The type as a script writes it, such as `List<Motif>`. `none`, `function` and `module` are not types of the language.
    pub ty: String,
    /// The part of the value that a display needs, by its kind.
    pub what: DescriptionTopic,
}

/// The content of a description, by the kind of the value.
#[derive(Debug, Clone)]
pub enum DescriptionTopic {
    /// A value with a short form, such as a number or a position: the whole of it, much as a script writes it.
    Written(String),
    /// A motif.
    Motif(Arc<Motif>),
    /// A construct: motifs in a row with gaps between them.
    Construct(Arc<Construct>),
    /// A null model or a set of sequences.
    Population(Arc<Population>),
    /// A model, whose weights are not read.
    Model {
        /// The path of its file, its formula or its members.
        source: String,
        /// Its input and outputs: alphabet, length, tasks and scales.
        declaration: Arc<Declaration>,
    },
    /// Arithmetic over outputs of models.
    Query {
        /// Its source text, or its formula written out where there is none.
        words: String,
        /// The scale of its numbers, for example `logit`; none if it is unknown.
        unit: Option<String>,
    },
    /// A list.
    List {
        /// Number of items.
        count: usize,
        /// The first items, at most 60.
        first: Vec<Description>,
    },
    /// A map, as keys with their values in the order of the text.
    Map(Vec<(Description, Description)>),
    /// A function.
    Function {
        /// Its declaration without `fn` and body: `rc(of: Construct) -> Construct`.
        signature: String,
        /// Name and type of each parameter, as its declaration writes them.
        parameters: Vec<(String, String)>,
        /// The type behind `->`, as its declaration writes it; none if it is left out.
        result: Option<String>,
    },
    /// An experiment, which is not laid out for this.
    Experiment,
    /// An evaluation of a model on sequences with known labels or measurements.
    Evaluation,
    /// A module of the standard library, as the names that it declares.
    Module(Vec<String>),
}

/// Maximum number of items that the description of a list holds.
const MAX_LIST_ITEMS: usize = 60;
/// Maximum number of terms of a reduction that are written out.
const MAX_REDUCTION_TERMS: usize = 4;

impl Checker<'_> {
    /// Describes a value; none for one that has an error.
    pub(super) fn describe(&self, value: &Value) -> Option<Description> {
        let written = |ty: &str, words: String| Description {
            ty: ty.to_string(),
            what: DescriptionTopic::Written(words),
        };
        let described = |ty: &str, what: DescriptionTopic| Description {
            ty: ty.to_string(),
            what,
        };
        Some(match value {
            Value::Error => return None,
            Value::None => written("none", "none".to_string()),
            Value::Bool(truth) => written("Bool", truth.to_string()),
            Value::Number(number) => written("Number", number.to_string()),
            Value::Share(share) => written("Share", percent_text(*share)),
            Value::Quantile(share) => {
                written("Quantile", format!("quantile({})", percent_text(*share)))
            }
            Value::Text(text) => written("Text", string_literal(text)),
            Value::Length(length) => written("Length", format!("{length}bp")),
            Value::Position(position) => written("Position", position_text(*position)),
            Value::Region { start, end } => written("Region", region_text(*start, *end)),
            Value::Anywhere(within) => written("Placement", anywhere_text(*within)),
            Value::Motif(motif) => described("Motif", DescriptionTopic::Motif(motif.clone())),
            Value::Construct(construct) => {
                described("Construct", DescriptionTopic::Construct(construct.clone()))
            }
            Value::Population(population) => {
                let ty = match **population {
                    Population::Null(_) => "Population",
                    Population::Sequences { .. } => "Sequences",
                };
                described(ty, DescriptionTopic::Population(population.clone()))
            }
            Value::First { of, count } => {
                let written_head =
                    |ty: &str| written(ty, format!("the first {count} of {}", of.describe()));
                match &**of {
                    Population::Null(_) => written_head("Population"),
                    Population::Sequences { .. } => match of.head(*count) {
                        Some(head) => {
                            described("Sequences", DescriptionTopic::Population(Arc::new(head)))
                        }
                        None => written_head("Sequences"),
                    },
                }
            }
            Value::Model(index) => {
                let model = self.models.get(*index)?;
                described(
                    "Model",
                    DescriptionTopic::Model {
                        source: self.model_kind_text(&model.kind),
                        declaration: model.declaration.clone(),
                    },
                )
            }
            Value::Head(head) => written("Output", self.head_text(*head)),
            Value::Query(query) => {
                let words = query.written.clone();
                described(
                    "Query",
                    DescriptionTopic::Query {
                        words: words.unwrap_or_else(|| self.formula_text(&query.formula)),
                        unit: query.unit.clone(),
                    },
                )
            }
            Value::Track(track) => {
                let count = pluralize(track.len(), "number");
                written(
                    "Track",
                    format!("{}, {count}", self.track_text(&track.track)),
                )
            }
            Value::Band(band) => written("Band", band.words.clone()),
            Value::Evaluation(evaluation) => {
                let name = match evaluation.of {
                    EvaluatedValue::Map(_) | EvaluatedValue::Influence(_) => "Attribution",
                    EvaluatedValue::Queries(_)
                    | EvaluatedValue::Track(..)
                    | EvaluatedValue::MapComparison(_) => "Evaluation",
                };
                described(name, DescriptionTopic::Evaluation)
            }
            Value::List(items) | Value::Cluster(items) => {
                let first: Vec<Description> = items
                    .iter()
                    .take(MAX_LIST_ITEMS)
                    .filter_map(|item| self.describe(item))
                    .collect();
                let count = items.len();
                let ty = match value {
                    Value::Cluster(_) => "Cluster".to_string(),
                    _ => format!("List<{}>", common_type(first.iter())),
                };
                described(&ty, DescriptionTopic::List { count, first })
            }
            Value::Map(entries) => {
                let both = |(key, value): &(Value, Value)| {
                    Some((self.describe(key)?, self.describe(value)?))
                };
                let entries: Vec<(Description, Description)> =
                    entries.iter().filter_map(both).collect();
                let keys = common_type(entries.iter().map(|(key, _)| key));
                let values = common_type(entries.iter().map(|(_, value)| value));
                described(
                    &format!("Map<{keys}, {values}>"),
                    DescriptionTopic::Map(entries),
                )
            }
            Value::Contrast(_) => written("Contrast", "arithmetic over arms".to_string()),
            Value::Function(function) => described("function", self.function_text(function)),
            Value::Experiment(_) => described("Experiment", DescriptionTopic::Experiment),
            Value::Edit(_) => written("Edit", self.edit_text(value)),
            Value::Arm(_) => written("Arm", self.edit_text(value)),
            Value::Variant => written("Variant", "variant".to_string()),
            Value::Haplotype(haplotype) => written("Variant", haplotype.to_string()),
            Value::Module(scope) => {
                let names = scope.own_bindings().into_iter().map(|(name, _)| name);
                described("module", DescriptionTopic::Module(names.collect()))
            }
        })
    }

    fn function_text(&self, function: &FunctionValue) -> DescriptionTopic {
        let declaration = &function.declaration;
        let mut parameters = Vec::new();
        let mut written = Vec::new();
        for parameter in &declaration.parameters {
            let (name, ty) = (&parameter.name.text, self.text_of(parameter.ty.span));
            let default = parameter.default.as_ref();
            let default = default.map(|value| format!(" = {}", self.text_of(value.span)));
            written.push(format!("{name}: {ty}{}", default.unwrap_or_default()));
            parameters.push((name.clone(), ty));
        }
        let result = declaration.result.as_ref();
        let result = result.map(|ty| self.text_of(ty.span));
        let arrow = result.as_ref().map(|result| format!(" -> {result}"));
        DescriptionTopic::Function {
            signature: format!(
                "{}({}){}",
                declaration.name.text,
                written.join(", "),
                arrow.unwrap_or_default()
            ),
            result,
            parameters,
        }
    }

    /// An edit as the call that makes it, an arm as its edits: `arm { embed(CTCF, center); invert(0bp..10bp) }`.
    pub(super) fn edit_text(&self, value: &Value) -> String {
        match value {
            Value::Edit(edit) => self.call_text(edit),
            Value::Arm(edits) if edits.is_empty() => "arm {}".to_string(),
            Value::Arm(edits) => {
                let edits: Vec<String> = edits.iter().map(|edit| self.call_text(edit)).collect();
                format!("arm {{ {} }}", edits.join("; "))
            }
            other => other.kind().to_string(),
        }
    }

    fn call_text(&self, edit: &EditValue) -> String {
        let declared = match self.prelude.get(edit.function).map(|binding| binding.value) {
            Some(Value::Function(function)) => function.declaration.parameters.clone(),
            _ => Vec::new(),
        };
        let mut arguments = Vec::new();
        let mut by_name = false;
        for (i, value) in edit.arguments.iter().enumerate() {
            let Some(value) = value else {
                by_name = true;
                continue;
            };
            let text = self.argument_text(value);
            // What a phrase says with words, a call says by name.
            by_name |= i > 0 && declared.get(i).is_some_and(|p| p.name.text != PLACE);
            arguments.push(match declared.get(i) {
                Some(parameter) if by_name => format!("{}: {text}", parameter.name.text),
                _ => text,
            });
        }
        format!("{}({})", edit.function, arguments.join(", "))
    }

    /// An argument of an edit in a few words.
    fn argument_text(&self, value: &Value) -> String {
        if let Value::Position(Position {
            anchor: Anchor::Start,
            offset,
        }) = value
        {
            return format!("{offset}bp");
        }
        match self.describe(value).map(|seen| seen.what) {
            Some(DescriptionTopic::Written(text)) => text,
            Some(DescriptionTopic::Motif(motif)) => motif.name.clone(),
            Some(DescriptionTopic::Construct(construct)) => construct_text(&construct),
            Some(DescriptionTopic::Population(population)) => {
                let name = self.population_names.get(&population.identity()).cloned();
                name.unwrap_or_else(|| population.describe())
            }
            _ => value.kind().to_string(),
        }
    }

    fn model_kind_text(&self, kind: &ModelKind) -> String {
        let name = |index: &usize| self.models.get(*index).map(|model| model.name.as_str());
        match kind {
            ModelKind::Single(source) => source.to_string(),
            ModelKind::Ensemble(members) => {
                let names: Vec<&str> = members.iter().filter_map(name).collect();
                format!("the mean of {}", names.join(", "))
            }
            ModelKind::BothStrands(one) => {
                format!("{} on both strands", name(one).unwrap_or_default())
            }
            ModelKind::Attribution(attribution) => attribution.method.describe(),
        }
    }

    fn head_text(&self, head: ModelOutput) -> String {
        let Some(model) = self.models.get(head.model) else {
            return String::new();
        };
        let output = &model.declaration.outputs[head.output];
        let name = output.name.as_ref().map(|name| format!(".{name}"));
        let task = Some(match head.task {
            Some(task) => output.task_label(task),
            None => output.label_of_axes(head.chosen.index, head.chosen.depth),
        });
        let words = [Some(model.name.clone()), name, task];
        let words = words.into_iter().flatten().collect::<String>();
        match &output.track {
            Some(track) => format!("{words}, {} bins of {} bp", track.bins, track.bin),
            None => format!("{words}, {} numbers", output.size()),
        }
    }

    /// A track in a few words, with the ends of the outputs that it is of.
    pub(super) fn track_text(&self, track: &Track<OutputRef>) -> String {
        let inner = |of: &Track<OutputRef>| match of {
            Track::Binary(..) | Track::Negate(_) => format!("({})", self.track_text(of)),
            _ => self.track_text(of),
        };
        match track {
            Track::Leaves(leaves) => match &**leaves {
                [] => String::new(),
                [only] => self.formula_text(&Formula::Leaf(*only)),
                [first, .., last] => {
                    let [first, last] =
                        [first, last].map(|l| self.formula_text(&Formula::Leaf(*l)));
                    format!("{first} to {last}")
                }
            },
            Track::Constants(numbers) => {
                format!("{} numbers", numbers.len())
            }
            Track::Numbers(numbers) => format!("{} queries", numbers.len()),
            Track::Repeated(number, _) => self.formula_text(number),
            Track::Negate(of) => format!("-{}", inner(of)),
            Track::Call(function, of) => format!("{}({})", function.word(), self.track_text(of)),
            Track::Binary(op, left, right) => {
                let sign = match op {
                    Arithmetic::Add => "+",
                    Arithmetic::Subtract => "-",
                    Arithmetic::Multiply => "*",
                    Arithmetic::Divide => "/",
                    Arithmetic::Power => "^",
                    Arithmetic::Max => "max",
                    Arithmetic::Min => "min",
                };
                format!("{} {sign} {}", inner(left), inner(right))
            }
            Track::Softmax(of) => format!("softmax({})", self.track_text(of)),
            Track::Mean(of) => {
                let words: Vec<String> = of.iter().map(|track| self.track_text(track)).collect();
                format!("mean({})", words.join(", "))
            }
            Track::Part(of, start, count) => {
                format!("{}[{start} to {}]", inner(of), start + count - 1)
            }
            Track::UnderControl(of) => format!("{} under the control", self.track_text(of)),
        }
    }

    pub(super) fn formula_text(&self, formula: &Formula<OutputRef>) -> String {
        let inner = |part: &Formula<OutputRef>, tighter: u8| {
            let words = self.formula_text(part);
            match precedence(part) < tighter {
                true => format!("({words})"),
                false => words,
            }
        };
        let call = |name: &str, of: &[Formula<OutputRef>]| {
            let mut words: Vec<String> = of
                .iter()
                .take(MAX_REDUCTION_TERMS)
                .map(|part| self.formula_text(part))
                .collect();
            if of.len() > MAX_REDUCTION_TERMS {
                words.push(format!("... {} in all", of.len()));
            }
            format!("{name}({})", words.join(", "))
        };
        match formula {
            Formula::Leaf(read) => match self.models.get(read.model) {
                Some(model) => {
                    format!(
                        "{}{}",
                        model.name,
                        model.declaration.column_name(read.column)
                    )
                }
                None => String::new(),
            },
            Formula::Constant(number) => number.to_string(),
            Formula::Negate(of) => format!("-{}", inner(of, 3)),
            Formula::Binary(op, left, right) => {
                let tight = precedence(formula);
                let sign = match op {
                    Arithmetic::Add => "+",
                    Arithmetic::Subtract => "-",
                    Arithmetic::Multiply => "*",
                    Arithmetic::Divide => "/",
                    Arithmetic::Power => "^",
                    Arithmetic::Max => return call("max", &[(**left).clone(), (**right).clone()]),
                    Arithmetic::Min => return call("min", &[(**left).clone(), (**right).clone()]),
                };
                // A power groups from the right, everything else from the left.
                let (left_least, right_least) = match op {
                    Arithmetic::Power => (tight + 1, tight),
                    _ => (tight, tight + 1),
                };
                format!(
                    "{} {sign} {}",
                    inner(left, left_least),
                    inner(right, right_least)
                )
            }
            Formula::Call(function, of) => call(function.word(), std::slice::from_ref(of)),
            Formula::Reduce(reduction, of) => call(reduction.word(), of),
            Formula::Fold(fold) => {
                let tracks = fold.tracks.iter().map(|track| self.track_text(track));
                let tracks: Vec<String> = tracks.collect();
                match fold.kind {
                    FoldKind::At(index) => format!("{}[{index}]", tracks.concat()),
                    FoldKind::WeightedMean => format!("mean({})", tracks.join(", weights: ")),
                    kind => format!("{}({})", kind.word(), tracks.join(", ")),
                }
            }
            Formula::Overall(of) => call("overall", std::slice::from_ref(of)),
        }
    }
}

/// Operator precedence of a formula's root; higher binds tighter.
fn precedence(formula: &Formula<OutputRef>) -> u8 {
    match formula {
        Formula::Binary(Arithmetic::Add | Arithmetic::Subtract, ..) => 1,
        Formula::Binary(Arithmetic::Multiply | Arithmetic::Divide, ..) => 2,
        Formula::Negate(_) => 3,
        // It is written as the negation of a number.
        Formula::Constant(number) if number.is_sign_negative() => 3,
        Formula::Binary(Arithmetic::Power, ..) => 4,
        Formula::Leaf(_)
        | Formula::Constant(_)
        | Formula::Binary(Arithmetic::Max | Arithmetic::Min, ..)
        | Formula::Call(..)
        | Formula::Reduce(..)
        | Formula::Fold(_)
        | Formula::Overall(_) => 5,
    }
}

/// The type that all have, or `Any`.
fn common_type<'s>(mut of: impl Iterator<Item = &'s Description>) -> String {
    match of.next() {
        Some(first) if of.all(|other| other.ty == first.ty) => first.ty.clone(),
        _ => "Any".to_string(),
    }
}

/// A construct in a few words: `[GATA1, 10bp, TAL1]`, or the motif of a construct of one.
fn construct_text(construct: &Construct) -> String {
    let parts = construct.parts.iter().map(|part| match &part.kind {
        PartKind::Motif(motif) => motif.name.clone(),
        PartKind::Gap(gap) => format!("{gap}bp"),
    });
    let parts: Vec<String> = parts.collect();
    match parts.as_slice() {
        [only] => only.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

fn region_text(start: Position, end: Position) -> String {
    let ends = [start, end].map(|end| match end.anchor {
        Anchor::Start => format!("{}bp", end.offset),
        Anchor::Center | Anchor::End | Anchor::Share(_) => position_text(end),
    });
    ends.join("..")
}

/// `anywhere`, or `anywhere(50bp..200bp)`.
pub(super) fn anywhere_text(within: Option<(Position, Position)>) -> String {
    match within {
        None => "anywhere".to_string(),
        Some((start, end)) => format!("anywhere({})", region_text(start, end)),
    }
}

fn position_text(position: Position) -> String {
    let anchor = match position.anchor {
        Anchor::Start => "start".to_string(),
        Anchor::Center => "center".to_string(),
        Anchor::End => "end".to_string(),
        Anchor::Share(share) => percent_text(share),
    };
    match position.offset {
        0 => anchor,
        offset if offset < 0 => format!("{anchor} - {}bp", offset.unsigned_abs()),
        offset => format!("{anchor} + {offset}bp"),
    }
}

/// A fraction written as a percentage: `12.5%`.
pub(super) fn percent_text(share: f64) -> String {
    // To a millionth, lest 0.29 show as 28.999999999999996%.
    format!("{}%", (share * 1e8).round() / 1e6)
}
