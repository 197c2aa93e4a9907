//! Axes, and the trial at each grid point.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::arms::{Arms, ArmsAtPoint};
use super::{Checker, Context, Parts, Stop, Try};
use crate::check::hir::{Axis, AxisValue, Formula, Point, Read};
use crate::check::names;
use crate::check::scope::Scope;
use crate::check::types::Type;
use crate::check::value::{Anchor, Query, Value};
use crate::diag::{Code, Diagnostic, counted};
use crate::domain::{Construct, Order, Piece, Population};
use crate::source::Span;
use crate::syntax::tree::{Expr, ExprKind};

/// Grid points that one experiment may have.
const LARGEST_GRID: usize = 1_000_000;

/// An axis with the values that the statements see and those that are reported.
pub struct LaidAxis {
    pub reported: Axis,
    pub values: Vec<Value>,
}

/// All grid points, and the unit of each outcome.
pub struct Grid {
    pub points: Vec<Point>,
    pub units: Vec<Option<String>>,
}

/// Where the backgrounds of a point come from.
#[derive(Clone)]
struct Trial {
    population: Arc<Population>,
    count: usize,
}

impl Checker<'_> {
    pub(super) fn axes(
        &mut self,
        parts: &Parts,
        scope: &Rc<Scope>,
        varying: &HashSet<String>,
    ) -> Try<Vec<LaidAxis>> {
        let mut axes: Vec<LaidAxis> = Vec::new();
        let mut failed = false;
        for (name, values) in &parts.axes {
            let first = parts.axes.iter().find(|(known, _)| known.text == name.text);
            if let Some((first, _)) = first.filter(|(first, _)| first.span != name.span) {
                self.declared_twice(name, first.span);
                failed = true;
                continue;
            }
            if names::mentions(values, varying) {
                self.sink.push(
                    Diagnostic::error(
                        Code::NotPortable,
                        format!("the values of `{}` depend on an axis", name.text),
                    )
                    .at(values.span, "not the same at every grid point")
                    .help("a grid is a full one; a `let` may compute one value from several axes"),
                );
                failed = true;
                continue;
            }
            match self.axis(&name.text, values, scope) {
                Ok(axis) => axes.push(axis),
                Err(Stop) => failed = true,
            }
        }
        let points = axes
            .iter()
            .try_fold(1usize, |n, axis| n.checked_mul(axis.values.len()));
        if points.is_none_or(|n| n > LARGEST_GRID) {
            let span = parts.axes[parts.axes.len() - 1].0.span;
            return self
                .fail(Diagnostic::error(Code::BadValue, grid_size(&axes)).at(span, "these axes"));
        }
        if failed { Err(Stop) } else { Ok(axes) }
    }

    fn axis(&mut self, name: &str, expr: &Expr, scope: &Rc<Scope>) -> Try<LaidAxis> {
        let value = self.eval(expr, scope)?;
        let Value::List(values) = value else {
            return self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    format!("an axis runs over a list, found {}", value.kind()),
                )
                .at(expr.span, "here")
                .help("write a range `a to b step s` or a list `[a, b, c]`"),
            );
        };
        if values.is_empty() {
            return self.fail(
                Diagnostic::error(Code::BadValue, "the axis has no values").at(expr.span, "empty"),
            );
        }
        let mut values = values.to_vec();
        for value in &mut values {
            if holds_motif(value) {
                let fitted = self.coerce(value.clone(), &Type::Construct);
                let row = self.place(fitted, expr.span, "here")?;
                *value = row.as_construct().map_or(row, Value::Construct);
            }
        }
        if let Some(other) = values.iter().find(|v| !alike(v, &values[0])) {
            let mut diagnostic = Diagnostic::error(
                Code::TypeMismatch,
                format!(
                    "the values of an axis are of one kind; found {} and {}",
                    values[0].kind(),
                    other.kind()
                ),
            )
            .at(expr.span, "here");
            if let [Value::Text(text), Value::Motif(_) | Value::Construct(_)]
            | [Value::Motif(_) | Value::Construct(_), Value::Text(text)] = [&values[0], other]
            {
                diagnostic = diagnostic.help(format!(
                    "in a list a text stays a text; the motif that its letters spell is `iupac(\"{text}\")`"
                ));
            }
            return self.fail(diagnostic);
        }
        let mut reported = Vec::with_capacity(values.len());
        for (i, value) in values.iter().enumerate() {
            match written_name(expr, i, value).or_else(|| self.axis_value(value)) {
                Some(value) => reported.push(value),
                None => {
                    return self.fail(
                        Diagnostic::error(
                            Code::TypeMismatch,
                            format!("{} cannot stand on an axis", value.kind()),
                        )
                        .at(expr.span, "here"),
                    );
                }
            }
        }
        // Places from several ends stand side by side only by name.
        if reported
            .iter()
            .any(|value| matches!(value, AxisValue::Name(_)))
        {
            for value in &mut reported {
                if let AxisValue::Position(offset) = value {
                    *value = AxisValue::Name(place_words("start", *offset));
                }
            }
        }
        if let Some(twice) = first_repeated(&reported) {
            return self.fail(
                Diagnostic::error(
                    Code::DuplicateName,
                    format!("the axis holds `{twice}` twice"),
                )
                .at(expr.span, "here"),
            );
        }
        Ok(LaidAxis {
            reported: Axis {
                name: name.to_string(),
                values: reported,
            },
            values,
        })
    }

    fn axis_value(&self, value: &Value) -> Option<AxisValue> {
        Some(match value {
            Value::Number(n) => AxisValue::Number(*n),
            Value::Length(n) => AxisValue::Length(*n),
            Value::Bool(b) => AxisValue::Bool(*b),
            Value::Text(text) => AxisValue::Name(text.to_string()),
            Value::Motif(motif) => AxisValue::Name(motif.name.clone()),
            Value::Construct(construct) => AxisValue::Name(describe(construct)),
            Value::Model(model) => AxisValue::Name(self.models[*model].name.clone()),
            Value::Population(population) => AxisValue::Name(population.describe()),
            Value::Position(p) => match p.anchor {
                Anchor::Start => AxisValue::Position(p.offset),
                Anchor::Center => AxisValue::Name(place_words("center", p.offset)),
                Anchor::End => AxisValue::Name(place_words("end", p.offset)),
                Anchor::Share(share) => AxisValue::Name(place_words(
                    &format!("{}%", (share * 1e8).round() / 1e6),
                    p.offset,
                )),
            },
            _ => return None,
        })
    }

    pub(super) fn points(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        arms: &Arms,
    ) -> Try<Grid> {
        let total = axes.iter().map(|axis| axis.values.len()).product();
        let mut points = Vec::with_capacity(total);
        let mut units = Vec::new();
        let mut steady = Steady::default();
        let mut at_point = ArmsAtPoint::new(arms);
        for index in 0..total {
            let at = unravel(index, axes);
            let first = self.sink.len();
            let point = self.point(
                context,
                axes,
                arms,
                &at,
                &mut steady,
                &mut at_point,
                &mut units,
            );
            self.name_grid_point(first, context, axes, &at);
            match point {
                Ok(point) => points.push(point),
                Err(Stop) if steady.arms_failed && steady.outcomes_failed => return Err(Stop),
                Err(Stop) => {}
            }
        }
        if steady.arms_failed || steady.outcomes_failed {
            return Err(Stop);
        }
        self.refuse_identical_arms(context, arms, &points)?;
        Ok(Grid { points, units })
    }

    /// Tells at which grid point a mistake shows, where what is underlined depends on the grid.
    fn name_grid_point(
        &mut self,
        first: usize,
        context: &Context,
        axes: &[LaidAxis],
        at: &[usize],
    ) {
        if axes.is_empty() || self.sink.len() == first {
            return;
        }
        let words = self.at_words(axes, at);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for i in first..self.sink.len() {
            let Some(diagnostic) = self.sink.since_mut(i).first() else {
                continue;
            };
            let varies = diagnostic.labels.iter().any(|label| {
                let text = self.sources.slice(label.span);
                text.split(|c| !is_word(c))
                    .any(|word| context.varying.contains(word))
            });
            if varies && diagnostic.is_error() && !diagnostic.message.contains(words.trim_start()) {
                self.sink.since_mut(i)[0].message.push_str(&words);
            }
        }
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one call; the last three are what points share"
    )]
    fn point(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        arms: &Arms,
        at: &[usize],
        steady: &mut Steady,
        at_point: &mut ArmsAtPoint,
        units: &mut Vec<Option<String>>,
    ) -> Try<Point> {
        // What gives up on the way leaves nothing that a later point could do better.
        let failed = (steady.arms_failed, steady.outcomes_failed);
        (steady.arms_failed, steady.outcomes_failed) = (true, true);
        let scope = self.point_scope(context, axes, at)?;
        let trial = self.trial(context, &scope, steady)?;
        (steady.arms_failed, steady.outcomes_failed) = failed;
        let length = trial.population.length();
        self.sequence_length = Some(length as i64);
        let words = self.at_words(axes, at);
        // A mistake at one grid point is most often a mistake at many; one is told of each kind.
        let mut edits = Err(Stop);
        if !steady.arms_failed {
            edits = self.arms_at(context, arms, &scope, &trial.population, &words, at_point);
            steady.arms_failed = edits.is_err();
        }
        let mut outcomes = Err(Stop);
        if !steady.outcomes_failed {
            outcomes = self.outcomes_at(context, &scope, &trial.population, steady, units);
            steady.outcomes_failed = outcomes.is_err();
        }
        Ok(Point {
            at: at.to_vec(),
            population: trial.population,
            count: trial.count,
            arms: edits?,
            outcomes: outcomes?,
        })
    }

    /// Names at a grid point: the axes' values there and the lets that depend on them.
    pub(super) fn point_scope(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        at: &[usize],
    ) -> Try<Rc<Scope>> {
        if axes.is_empty() {
            return Ok(context.scope.clone());
        }
        let scope = Scope::inside(&context.scope);
        for ((axis, (name, _)), &i) in axes.iter().zip(&context.parts.axes).zip(at) {
            scope.bind(&axis.reported.name, axis.values[i].clone(), Some(name.span));
        }
        for binding in &context.parts.lets {
            if context.varying.contains(&binding.name.text) {
                let value = self.binding(binding, &scope)?;
                scope.bind(&binding.name.text, value, Some(binding.name.span));
            }
        }
        Ok(scope)
    }

    fn trial(&mut self, context: &Context, scope: &Rc<Scope>, steady: &mut Steady) -> Try<Trial> {
        if let Some(trial) = &steady.trial {
            return Ok(trial.clone());
        }
        let Some((source, first)) = context.parts.background else {
            return Err(Stop);
        };
        let value = self.eval_as(source, &Type::Null, scope)?;
        let Value::Population(population) = value else {
            return Err(Stop);
        };
        let first_count = first
            .map(|expr| self.count(expr, "`first`", scope))
            .transpose()?;
        let sample_count = context
            .parts
            .sample
            .map(|expr| self.count(expr, "`sample`", scope))
            .transpose()?;
        let trial = self.choose(context, source.span, population, first_count, sample_count)?;
        if trial.count < 2 {
            return self.fail(
                Diagnostic::error(
                    Code::TooFewBackgrounds,
                    format!(
                        "an interval needs at least two backgrounds, not {}",
                        trial.count
                    ),
                )
                .at(
                    first.or(context.parts.sample).unwrap_or(source).span,
                    "here",
                ),
            );
        }
        let varies = names::mentions(source, &context.varying)
            || [first, context.parts.sample]
                .into_iter()
                .flatten()
                .any(|e| names::mentions(e, &context.varying));
        if !varies {
            steady.trial = Some(trial.clone());
        }
        Ok(trial)
    }

    /// How many backgrounds, and for a finite set which: all, the first few, or a random part.
    fn choose(
        &mut self,
        context: &Context,
        span: Span,
        population: Arc<Population>,
        first: Option<usize>,
        sample: Option<usize>,
    ) -> Try<Trial> {
        let sample_span = context.parts.sample.map_or(span, |expr| expr.span);
        match (population.size(), first, sample) {
            (None, Some(_), _) => self.fail(
                Diagnostic::error(
                    Code::NotPortable,
                    "`first` takes the first of a finite set; a null model has no order",
                )
                .at(span, "a null model")
                .help("write `sample N` to say how many to draw"),
            ),
            (None, None, None) => self.fail(
                Diagnostic::error(
                    Code::MissingPart,
                    "a null model has no end: say how many backgrounds to draw",
                )
                .at(span, "a null model")
                .help("add `sample 1000`"),
            ),
            (None, None, Some(count)) => Ok(Trial { population, count }),
            (Some(_), Some(_), Some(_)) => self.fail(
                Diagnostic::error(
                    Code::NotPortable,
                    "`first` takes the head of the set and `sample` draws from it; use one",
                )
                .at(sample_span, "here"),
            ),
            (Some(size), None, None) => Ok(Trial {
                population,
                count: size,
            }),
            (Some(size), Some(count), None) | (Some(size), None, Some(count)) if count > size => {
                self.fail(
                    Diagnostic::error(
                        Code::TooFewBackgrounds,
                        format!("the set holds {}, not {count}", counted(size, "sequence")),
                    )
                    .at(if first.is_some() { span } else { sample_span }, "here")
                    .help("each sequence is used once; leave the number out to use all"),
                )
            }
            (Some(_), Some(count), None) => Ok(Trial { population, count }),
            (Some(_), None, Some(count)) => {
                let population = match &*population {
                    Population::Sequences { set, .. } => Arc::new(Population::Sequences {
                        set: set.clone(),
                        order: Order::Drawn,
                    }),
                    Population::Null(_) => population,
                };
                Ok(Trial { population, count })
            }
        }
    }

    fn outcomes_at(
        &mut self,
        context: &Context,
        scope: &Rc<Scope>,
        population: &Population,
        steady: &mut Steady,
        units: &mut Vec<Option<String>>,
    ) -> Try<Vec<Arc<Formula<Read>>>> {
        let Some((source, _)) = context.parts.background else {
            return Err(Stop);
        };
        let source = source.span;
        let mut formulas = Vec::new();
        let mut failed = false;
        for (i, outcome) in context.parts.outcomes.iter().enumerate() {
            if let Some(formula) = steady.outcomes.get(&i) {
                formulas.push(formula.clone());
                continue;
            }
            match self.eval_as(&outcome.value, &Type::Query, scope) {
                Ok(Value::Query(query)) => {
                    failed |= self
                        .fit_models(&query, population, outcome.value.span, source)
                        .is_err();
                    if units.len() == i {
                        units.push(query.unit.clone());
                    }
                    if !names::mentions(&outcome.value, &context.varying) && steady.trial.is_some()
                    {
                        steady.outcomes.insert(i, query.formula.clone());
                    }
                    formulas.push(query.formula.clone());
                }
                _ => failed = true,
            }
        }
        if failed { Err(Stop) } else { Ok(formulas) }
    }

    /// Every model that a query reads takes sequences like these backgrounds.
    fn fit_models(
        &mut self,
        query: &Query,
        population: &Population,
        span: Span,
        source: Span,
    ) -> Try<()> {
        let mut models = Vec::new();
        query.formula.leaves(&mut |read: Read| {
            if !models.contains(&read.model) {
                models.push(read.model);
            }
        });
        if models.is_empty() {
            return self.fail(
                Diagnostic::error(Code::TypeMismatch, "the outcome reads no model")
                    .at(span, "a constant"),
            );
        }
        for index in models {
            let model = &self.models[index];
            let (name, declaration) = (model.name.clone(), model.declaration.clone());
            let (wanted, given) = (declaration.length, population.length());
            if wanted != given {
                let diagnostic = Diagnostic::error(
                    Code::LengthMismatch,
                    format!(
                        "`{name}` takes sequences of {wanted} bp, the backgrounds are {given} bp"
                    ),
                )
                .at(span, format!("{wanted} bp"))
                .at(source, format!("{given} bp"));
                let diagnostic = match population {
                    Population::Sequences { .. } if given > wanted => diagnostic.help(format!(
                        "`width: {wanted}bp` takes the central part of each sequence"
                    )),
                    Population::Null(_) => diagnostic.help(format!("write `length: {wanted}bp`")),
                    Population::Sequences { .. } => diagnostic,
                };
                return self.fail(diagnostic);
            }
            if declaration.alphabet_kind() != population.alphabet() {
                return self.fail(
                    Diagnostic::error(
                        Code::AlphabetMismatch,
                        format!(
                            "`{name}` takes {}, the backgrounds are {}",
                            declaration.alphabet_kind().name(),
                            population.alphabet().name()
                        ),
                    )
                    .at(span, declaration.alphabet_kind().name())
                    .at(source, population.alphabet().name()),
                );
            }
        }
        Ok(())
    }
}

/// What is the same at every grid point and worked out once, and what has failed and is not tried again.
#[derive(Default)]
struct Steady {
    trial: Option<Trial>,
    outcomes: HashMap<usize, Arc<Formula<Read>>>,
    /// Something is wrong with the arms, or with the outcomes, at some grid point.
    arms_failed: bool,
    outcomes_failed: bool,
}

fn grid_size(axes: &[LaidAxis]) -> String {
    let sizes: Vec<String> = axes
        .iter()
        .map(|axis| axis.values.len().to_string())
        .collect();
    let product: f64 = axes.iter().map(|axis| axis.values.len() as f64).product();
    let sum = if sizes.len() > 1 {
        format!("{} = {product}", sizes.join(" x "))
    } else {
        product.to_string()
    };
    format!("the grid has {sum} points, more than {LARGEST_GRID}")
}

/// `center`, `end - 5 bp`.
fn place_words(anchor: &str, offset: i64) -> String {
    match offset {
        0 => anchor.to_string(),
        _ if offset < 0 => format!("{anchor} - {} bp", offset.unsigned_abs()),
        _ => format!("{anchor} + {offset} bp"),
    }
}

/// Whether two values can stand on one axis; a motif is a construct of one.
fn alike(a: &Value, b: &Value) -> bool {
    let is_construct = |value: &Value| matches!(value, Value::Motif(_) | Value::Construct(_));
    a.kind() == b.kind() || (is_construct(a) && is_construct(b))
}

/// Whether a value is a bracketed row with a motif in it, and so a construct.
fn holds_motif(value: &Value) -> bool {
    let Value::List(items) = value else {
        return false;
    };
    let is_motif =
        |item: &Value| matches!(item, Value::Motif(_) | Value::Construct(_) | Value::Text(_));
    items.iter().any(|item| is_motif(item) || holds_motif(item))
}

/// What the author calls a value that has no name of its own.
fn written_name(axis: &Expr, index: usize, value: &Value) -> Option<AxisValue> {
    let ExprKind::List(items) = &axis.kind else {
        return None;
    };
    match (&items.get(index)?.value.kind, value) {
        (ExprKind::Name(name), Value::Population(_) | Value::Construct(_)) => {
            Some(AxisValue::Name(name.clone()))
        }
        _ => None,
    }
}

fn unravel(mut index: usize, axes: &[LaidAxis]) -> Vec<usize> {
    let mut at = vec![0; axes.len()];
    for (slot, axis) in at.iter_mut().zip(axes).rev() {
        *slot = index % axis.values.len();
        index /= axis.values.len();
    }
    at
}

/// A construct in a few words: `[GATA1, 10 bp, TAL1]`.
fn describe(construct: &Construct) -> String {
    let parts: Vec<String> = construct
        .parts
        .iter()
        .map(|part| match &part.piece {
            Piece::Motif(motif) => motif.name.clone(),
            Piece::Gap(gap) => format!("{gap} bp"),
        })
        .collect();
    format!("[{}]", parts.join(", "))
}

fn first_repeated(values: &[AxisValue]) -> Option<String> {
    let mut seen = std::collections::HashSet::new();
    values
        .iter()
        .map(AxisValue::to_string)
        .find(|text| !seen.insert(text.clone()))
}
