//! One experiment: its statements sorted by kind, then laid out over its grid.

mod arms;
mod axes;
mod axis_names;
mod backgrounds;
mod beyond;
mod chance;
mod claims;
mod contrasts;
mod curves;
mod design;
mod drivers;
mod grid;
mod one_sequence;
mod quantities;
mod reach;
mod readings;
mod reference;
mod scope;
mod sites;
mod steps;
mod stopping;
mod streams;
mod summaries;
mod trial;

pub use claims::{flip, strip_abs};
pub use quantities::words_of_claims;
pub use scope::ExperimentScope;
pub use sites::{Site, other_alphabet, quoted, write};
pub use steps::{StepContext, UnplacedEdit};

use std::collections::HashSet;
use std::rc::Rc;

use super::scope::Scope;
use super::types::Type;
use super::value::{ExperimentValue, Value};
use super::{Checker, ErrorReported, EvalResult, free_vars};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::{OutcomeInfo, Settings, TrackInfo};
use gia_syntax::tree::{self, Expr, Name, StatementKind};
use gia_syntax::without_comments;

/// The statements of an experiment by kind; those that stand once, once.
#[derive(Default)]
struct Parts<'t> {
    axes: Vec<(&'t Name, axes::AxisValues<'t>)>,
    lets: Vec<&'t tree::Let>,
    background: Option<&'t Expr>,
    reference: Option<&'t Expr>,
    sample: Option<&'t tree::SampleSize>,
    /// Steps directly in the experiment, each with the ordinal of its statement.
    steps: Vec<(usize, &'t Expr)>,
    arms: Vec<(usize, &'t Name, &'t [Expr])>,
    factorial: Option<(usize, &'t Expr, &'t Expr)>,
    outcomes: Vec<&'t tree::NamedOutcome>,
    contrasts: Vec<(&'t Name, &'t Expr)>,
    expects: Vec<(&'t tree::Expect, Span)>,
    summaries: Vec<&'t tree::Summary>,
}

impl<'t> Parts<'t> {
    /// Every step, directly in the experiment or in an arm.
    fn all_steps(&self) -> impl Iterator<Item = &'t Expr> {
        let in_arms = self.arms.iter().flat_map(|(_, _, steps)| *steps);
        self.steps.iter().map(|(_, step)| *step).chain(in_arms)
    }

    /// Whether a statement declares a name that a step may mention: an axis, a binding or an arm.
    fn declare(&self, name: &str) -> bool {
        let axes = self.axes.iter().map(|(axis, _)| *axis);
        let lets = self.lets.iter().map(|binding| &binding.name);
        let arms = self.arms.iter().map(|(_, arm, _)| *arm);
        axes.chain(lets).chain(arms).any(|known| known.text == name)
    }
}

/// What laying out an experiment needs.
struct Context<'t> {
    span: Span,
    parts: Parts<'t>,
    /// Names bound outside the grid: the surroundings and the lets that depend on no axis.
    scope: Rc<Scope>,
    /// Axes and the lets that depend on them.
    varying: HashSet<String>,
    /// Where the experiment mentions these names.
    varying_places: Vec<Span>,
    /// Whether the background depends on an axis. Then so may the length in which places are measured.
    background_varies: bool,
    settings: &'t Settings,
}

impl Checker<'_> {
    /// Lays an experiment out over its grid; none, with diagnostics, if there is an error.
    pub fn lay_out(
        &mut self,
        name: &str,
        doc: Option<String>,
        span: Span,
        value: &ExperimentValue,
        settings: &Settings,
    ) -> Option<gia_design::Experiment> {
        let errors = self.sink.errors();
        let first = self.sink.len();
        self.experiment = Some(ExperimentScope::default());
        let result = self.lay_out_inner(name, doc, span, value, settings);
        self.experiment = None;
        self.sink.note_place(first, span, "in this experiment");
        match result {
            Ok(experiment) if self.sink.errors() == errors => Some(experiment),
            _ => None,
        }
    }

    fn lay_out_inner(
        &mut self,
        name: &str,
        doc: Option<String>,
        span: Span,
        value: &ExperimentValue,
        settings: &Settings,
    ) -> EvalResult<gia_design::Experiment> {
        let parts = self.sort_statements(&value.body);
        self.refuse_unknown_verbs(&parts, &value.scope)?;
        let complete = self.require_parts(&parts, span);
        let scope = Scope::child(&value.scope);
        self.refuse_shared_names(&parts);
        self.refuse_hidden_value(&value.body, &value.scope);
        self.expect_length(&parts, &scope);
        let varying = self.bind_lets(&parts, &scope);
        let axes = self.axes(&parts, &scope, &varying);
        let varying_places = free_vars::spans_in_experiment(&value.body, &varying);
        let background_varies = parts
            .background
            .is_some_and(|source| free_vars::mentions_any(source, &varying));
        let context = Context {
            span,
            parts,
            background_varies,
            scope,
            varying,
            varying_places,
            settings,
        };
        let (axes, ()) = (axes?, complete?);
        let outcome_names = self.name_outcomes(&context)?;
        self.scope_mut().outcomes = outcome_names.clone();
        let arms = self.name_arms(&context, &axes)?;
        self.scope_mut().arms = arms.names();
        self.refuse_values_called_like_arms(&context, &arms);
        self.scope_mut().factor_arms = arms.of_factors();
        let mut grid = self.points(&context, &axes, &arms)?;
        let (tracks, outcome_names) = self.name_tracks(&context, outcome_names, &mut grid)?;
        let contrasts = self.contrasts(&context, &arms);
        let mut contrasts = contrasts?;
        let mut null_effects = Vec::new();
        let claims = self.claims(
            &context,
            &axes,
            &grid.points,
            &mut contrasts,
            &mut null_effects,
        )?;
        self.refuse_mixed(&contrasts)?;
        let summaries = self.summaries(&context, &contrasts)?;
        let each = self.each(&context, &axes, &grid.points, &contrasts, &mut null_effects)?;
        let curves = self.curve_summaries(&context, &axes, &grid.points)?;
        let drivers = self.drivers(&context, &contrasts, &grid)?;
        let stopping = self.stopping(&context, &grid.points, &claims)?;
        self.warn_of_unused_axes(&context);
        let reference = self.reference(&context, &grid.points)?;
        let varies = |construct: Span| {
            let mut mentions = context.varying_places.iter();
            mentions.any(|mention| grid::covers(construct, *mention))
        };
        grid.constant_motifs
            .retain(|(_, construct)| !varies(*construct));
        self.warn_of_chance(&context, &grid.points, &grid.constant_motifs);
        self.warn_of_design(&context, &grid.points, &contrasts, &claims);
        let out_of_reach = self.find_out_of_reach(&grid.points);
        let reported: Vec<gia_design::Axis> =
            axes.iter().map(|axis| axis.reported.clone()).collect();
        let stated = (contrasts.as_slice(), claims.as_slice());
        self.warn_of_reach(&context, &reported, &grid.points, stated, &out_of_reach);
        let outcomes = outcome_names
            .into_iter()
            .zip(grid.units)
            .enumerate()
            .map(|(i, (name, unit))| OutcomeInfo {
                name,
                scale: match grid.points.first() {
                    Some(point) => design::scale(&point.outcomes[i], unit.as_deref()),
                    None => gia_design::Scale::AsMeasured,
                },
                unit,
                bounded: grid
                    .points
                    .iter()
                    .all(|point| self.is_share(&point.outcomes[i])),
            })
            .collect();
        self.draw_independently(&context, name, &mut grid.points)?;
        Ok(gia_design::Experiment {
            name: name.to_string(),
            doc,
            span,
            axes: reported,
            arms: arms.names(),
            outcomes,
            tracks,
            points: grid.points,
            contrasts,
            claims,
            stopping,
            reference,
            factorial: context.parts.factorial.is_some(),
            motifs: grid
                .constant_motifs
                .into_iter()
                .map(|(motif, _)| motif)
                .collect(),
            embedded: grid.embedded,
            layouts: grid.layouts,
            out_of_reach,
            level: settings.level,
            fdr: settings.fdr,
            correction: settings.correction,
            interval: settings.interval,
            summaries,
            curves,
            null_effects,
            each,
            drivers,
        })
    }

    fn sort_statements<'t>(&mut self, body: &'t tree::Experiment) -> Parts<'t> {
        let mut parts = Parts::default();
        // Counts what may draw, so that no other statement changes what is drawn.
        let mut ordinal = 0;
        for statement in &body.statements {
            let mut twice = None;
            ordinal += usize::from(matches!(
                statement.kind,
                StatementKind::Step(_)
                    | StatementKind::Arm { .. }
                    | StatementKind::Factorial { .. }
            ));
            match &statement.kind {
                StatementKind::Vary {
                    axis,
                    values,
                    condition,
                } => parts.axes.push((
                    axis,
                    axes::AxisValues {
                        list: values,
                        condition: condition.as_ref(),
                    },
                )),
                StatementKind::Background(source) => {
                    twice = parts.background.replace(source).map(|_| "background");
                }
                StatementKind::Reference(source) => {
                    twice = parts.reference.replace(source).map(|_| "reference");
                }
                StatementKind::Sample { size } => {
                    twice = parts.sample.replace(size).map(|_| "sample")
                }
                StatementKind::Step(step) => parts.steps.push((ordinal, step)),
                StatementKind::Arm { name, steps } => parts.arms.push((ordinal, name, steps)),
                StatementKind::Factorial { parts: row, at } => {
                    twice = parts
                        .factorial
                        .replace((ordinal, row, at))
                        .map(|_| "factorial");
                }
                StatementKind::Measure { outcomes } => {
                    if !parts.outcomes.is_empty() {
                        twice = Some("measure");
                    }
                    parts.outcomes.extend(outcomes);
                }
                StatementKind::Contrast { name, value } => parts.contrasts.push((name, value)),
                StatementKind::Expect(expect) => parts.expects.push((expect, statement.span)),
                StatementKind::Report { summaries } => parts.summaries.extend(summaries),
                StatementKind::Let(binding) => parts.lets.push(binding),
            }
            if let Some(keyword) = twice {
                let mut diagnostic = Diagnostic::error(
                    Code::DuplicateName,
                    format!("an experiment has one `{keyword}`"),
                )
                .at(statement.span, "again here");
                if keyword == "measure" {
                    diagnostic = diagnostic
                        .help("several outcomes stand in one: `measure a = ..., b = ...`");
                }
                self.sink.push(diagnostic);
            }
        }
        parts
    }

    /// A misspelt statement is read as a phrase, and one that is cut short as a name. It is refused before anything is missed
    /// that it may have been meant for.
    fn refuse_unknown_verbs(&mut self, parts: &Parts, scope: &Rc<Scope>) -> EvalResult<()> {
        let mut failed = false;
        for step in parts.all_steps() {
            if let tree::ExprKind::Name(name) = &step.kind
                && !parts.declare(name)
                && scope.get(name).is_none()
                && let Some(diagnostic) = self.statement_cut_short(name, step.span)
            {
                self.sink.push(diagnostic);
                failed = true;
            }
            if let tree::ExprKind::Phrase { verb, .. } = &step.kind
                && !self.names_a_function(&verb.text, scope)
            {
                let diagnostic = self.unknown_verb(verb, scope);
                self.sink.push(diagnostic);
                failed = true;
            }
        }
        if failed { Err(ErrorReported) } else { Ok(()) }
    }

    fn require_parts(&mut self, parts: &Parts, span: Span) -> EvalResult<()> {
        let mut missing = Vec::new();
        let mut mends = Vec::new();
        if parts.background.is_none() {
            missing.push("a background");
            mends.push("`background` says what to start from");
        }
        if parts.steps.is_empty() && parts.arms.is_empty() && parts.factorial.is_none() {
            missing.push("an edit");
            mends.push("`embed`, `arm` or `factorial` what to write");
        }
        if parts.outcomes.is_empty() {
            missing.push("an outcome");
            mends.push("`measure` what to read");
        }
        let words = match missing.as_slice() {
            [] => return Ok(()),
            [one] => (*one).to_string(),
            [head @ .., last] => format!("{} and {last}", head.join(", ")),
        };
        self.fail(
            Diagnostic::error(Code::MissingPart, format!("the experiment lacks {words}"))
                .at(span, "in this experiment")
                .help(mends.join(", ")),
        )
    }

    /// A name that means two things to a reader: an axis or a `let` called like an arm or a contrast.
    fn refuse_shared_names(&mut self, parts: &Parts) {
        let lets = parts.lets.iter().map(|binding| &binding.name);
        let values: Vec<&Name> = parts
            .axes
            .iter()
            .map(|(name, _)| *name)
            .chain(lets)
            .collect();
        let arms = parts.arms.iter().map(|(_, name, _)| (*name, "an arm"));
        let contrasts = parts
            .contrasts
            .iter()
            .map(|(name, _)| (*name, "a contrast"));
        for (name, what) in arms.chain(contrasts) {
            if let Some(value) = values.iter().find(|value| value.text == name.text) {
                self.sink.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("`{}` is the name of a value and of {what}", name.text),
                    )
                    .at(name.span, what)
                    .at(value.span, "a value"),
                );
            }
        }
    }

    /// `control` is always an arm, so a value of this name that is declared outside of the experiment is out of reach in it.
    fn refuse_hidden_value(&mut self, body: &tree::Experiment, outside: &Scope) {
        let Some(declared) = outside.get("control").and_then(|binding| binding.span) else {
            return;
        };
        let names = HashSet::from(["control".to_string()]);
        if let Some(mention) = free_vars::spans_in_experiment(body, &names).first() {
            self.sink.push(
                Diagnostic::error(
                    Code::DuplicateName,
                    "`control` is the name of a value and of an arm",
                )
                .at(*mention, "the arm without an edit")
                .at(declared, "a value")
                .help("give the value another name"),
            );
        }
    }

    /// The same for arms that no statement names: `control`, `treated` and those of a factorial.
    fn refuse_values_called_like_arms(&mut self, context: &Context, arms: &arms::Arms) {
        let parts = &context.parts;
        let axes = parts.axes.iter().map(|(name, _)| *name);
        let values = axes.chain(parts.lets.iter().map(|binding| &binding.name));
        for value in values {
            let unnamed = |arm: &&arms::Arm| {
                arm.name == value.text
                    && parts.arms.iter().all(|(_, name, _)| name.span != arm.span)
            };
            if let Some(arm) = arms.list.iter().find(unnamed) {
                self.sink.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("`{}` is the name of a value and of an arm", value.text),
                    )
                    .at(value.span, "a value")
                    .at_if(arm.name != "control", arm.span, "makes the arm"),
                );
            }
        }
    }

    /// The length of the sequences, where it can be told before the grid is laid out; lets may ask for it.
    fn expect_length(&mut self, parts: &Parts, scope: &Rc<Scope>) {
        let Some(source) = parts.background else {
            return;
        };
        let axes = parts.axes.iter().map(|(name, _)| name.text.clone());
        let own: HashSet<String> = axes
            .chain(parts.lets.iter().map(|l| l.name.text.clone()))
            .collect();
        if free_vars::mentions_any(source, &own) {
            return;
        }
        if let Ok(Value::Population(population) | Value::First { of: population, .. }) =
            self.eval_as(source, &Type::Population, scope)
        {
            self.scope_mut().sequence_length = Some(population.length() as i64);
        }
    }

    /// Binds the lets that depend on no axis, and returns the names that do vary.
    fn bind_lets(&mut self, parts: &Parts, scope: &Rc<Scope>) -> HashSet<String> {
        let mut varying: HashSet<String> = parts
            .axes
            .iter()
            .map(|(name, _)| name.text.clone())
            .collect();
        let mut own: Vec<&Name> = parts.axes.iter().map(|(name, _)| *name).collect();
        for binding in &parts.lets {
            let name = &binding.name;
            if let Some(first) = own.iter().find(|known| known.text == name.text) {
                self.declared_twice(name, first.span);
            }
            own.push(name);
            if free_vars::mentions_any(&binding.value, &varying) {
                varying.insert(name.text.clone());
            } else {
                let value = self
                    .eval_binding(binding, scope)
                    .unwrap_or(super::value::Value::Error);
                scope.bind(&name.text, value, Some(name.span));
            }
        }
        varying
    }

    fn name_outcomes(&mut self, context: &Context) -> EvalResult<Vec<String>> {
        let mut names: Vec<String> = Vec::new();
        for outcome in &context.parts.outcomes {
            let (name, span) = match &outcome.name {
                Some(name) => (name.text.clone(), name.span),
                None => (
                    self.outcome_text(&outcome.value, context),
                    outcome.value.span,
                ),
            };
            if names.contains(&name) {
                return self.fail(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("two outcomes are called `{name}`"),
                    )
                    .at(span, "again here"),
                );
            }
            names.push(name);
        }
        Ok(names)
    }

    /// Splits the outcomes into tracks and numbers, by name; units of numbers stay.
    fn name_tracks(
        &mut self,
        context: &Context,
        names: Vec<String>,
        grid: &mut grid::Grid,
    ) -> EvalResult<(Vec<TrackInfo>, Vec<String>)> {
        let units = std::mem::take(&mut grid.units);
        let (mut tracks, mut numbers) = (Vec::new(), Vec::new());
        for ((name, unit), is_track) in names.into_iter().zip(units).zip(&grid.tracks) {
            match is_track {
                true => tracks.push(TrackInfo { name, unit }),
                false => {
                    numbers.push(name);
                    grid.units.push(unit);
                }
            }
        }
        self.scope_mut().outcomes = numbers.clone();
        self.scope_mut().units = grid.units.clone();
        self.scope_mut().tracks = tracks.iter().map(|track| track.name.clone()).collect();
        if let (Some(track), Some(tree::SampleSize::Until { rule, .. })) =
            (tracks.first(), context.parts.sample)
        {
            let span = match rule {
                tree::StoppingRule::Narrow(width) => width.span,
                tree::StoppingRule::Decided => context.span,
            };
            return self.fail(
                Diagnostic::error(
                    Code::VariableSampleSize,
                    format!(
                        "the band of the track `{}` is for a number of backgrounds that is fixed beforehand",
                        track.name
                    ),
                )
                .at(span, "stops by what it finds")
                .help("write `sample N`, or measure one number of the track"),
            );
        }
        Ok((tracks, numbers))
    }

    /// What an unnamed outcome is called: its source text, or, where a function measures a parameter, that of the
    /// argument.
    fn outcome_text(&self, outcome: &Expr, context: &Context) -> String {
        if let tree::ExprKind::Name(name) = &outcome.kind
            && let Some(binding) = context.scope.get(name)
            && let Value::Query(query) = &binding.value
            && let Some(written) = &query.written
        {
            return written.clone();
        }
        self.text_of(outcome.span)
    }

    /// The text of a span on one line, without comments.
    pub fn text_of(&self, span: Span) -> String {
        let code = without_comments(self.sources.slice(span));
        code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn warn_of_unused_axes(&mut self, context: &Context) {
        for (axis, _) in &context.parts.axes {
            let mut used = HashSet::from([axis.text.clone()]);
            for binding in &context.parts.lets {
                if free_vars::mentions_any(&binding.value, &used) {
                    used.insert(binding.name.text.clone());
                }
            }
            let parts = &context.parts;
            let mut expressions: Vec<&Expr> = parts.all_steps().collect();
            expressions.extend(parts.factorial.iter().flat_map(|(_, row, at)| [*row, *at]));
            expressions.extend(parts.background);
            expressions.extend(parts.sample.iter().flat_map(|size| size.expressions()));
            expressions.extend(parts.outcomes.iter().map(|outcome| &outcome.value));
            if !expressions
                .iter()
                .any(|e| free_vars::mentions_any(e, &used))
            {
                self.sink.push(
                    Diagnostic::warning(
                        Code::UnusedAxis,
                        format!("nothing depends on the axis `{}`", axis.text),
                    )
                    .at(axis.span, "every grid point along it is the same trial"),
                );
            }
        }
    }
}
