//! The trial at each grid point.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use super::arms::Arms;
use super::axes::{GridPosition, LaidAxis};
use super::sites::Site;
use super::steps::ArmsAtPoint;
use super::trial::{GridInvariants, Measured};
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::free_vars;
use crate::scope::Scope;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::{Fold, FoldKind, Formula, Layout, Point};
use gia_domain::{Motif, PartKind, Population};
use gia_syntax::tree::Expr;

/// All grid points, and the unit of each outcome.
pub struct Grid {
    pub points: Vec<Point>,
    pub units: Vec<Option<String>>,
    /// Whether each outcome is a track; parallel to `units`.
    pub tracks: Vec<bool>,
    /// The edits at the first and at the last grid point.
    pub layouts: Vec<Layout>,
    /// Motifs that some arm embeds at some grid point, each once, at most `MAX_DRAWN_MATRICES` and `MAX_DRAWN_WORDS` of them.
    pub embedded: Vec<Arc<Motif>>,
    /// Motifs that some arm embeds at every grid point, each once, and where the construct is written.
    pub constant_motifs: Vec<(Arc<Motif>, Span)>,
}

/// Maximum number of embedded matrices that are kept for drawing: more than any collection of motifs has.
const MAX_DRAWN_MATRICES: usize = 4096;
/// The same of motifs that letters spell, which a reader can do without.
const MAX_DRAWN_WORDS: usize = 64;

/// Motifs that are kept for drawing, each once.
#[derive(Default)]
struct DrawnMotifs {
    motifs: Vec<Arc<Motif>>,
    /// Their names, by which a reader tells them.
    names: HashSet<String>,
    /// How many of them are spelled by letters.
    words: usize,
}

impl Checker<'_> {
    pub(super) fn points(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        arms: &Arms,
    ) -> EvalResult<Grid> {
        let total = axes.iter().map(|axis| axis.values.len()).product();
        let mut points = Vec::with_capacity(total);
        let mut units = Vec::new();
        let mut invariants = GridInvariants::default();
        let mut at_point = ArmsAtPoint::new(axes, arms);
        let mut layouts = Vec::new();
        let mut drawn_motifs = DrawnMotifs::default();
        let mut constant_motifs: Option<Vec<(Arc<Motif>, Span)>> = None;
        for index in 0..total {
            let at = unravel(index, axes);
            let first = self.sink.len();
            let point = self.point(
                context,
                axes,
                arms,
                &at,
                &mut invariants,
                &mut at_point,
                &mut units,
            );
            self.name_grid_point(first, context, axes, &at);
            match point {
                Ok((point, of_arms)) => {
                    drawn_motifs.add(&of_arms);
                    match &mut constant_motifs {
                        None => constant_motifs = Some(motifs_of(&of_arms)),
                        Some(constant) => constant.retain(|(motif, _)| embeds(motif, &of_arms)),
                    }
                    if index == 0 || index + 1 == total {
                        let drawn = |sites: Vec<Rc<Site>>| {
                            let sites = sites.into_iter().map(Rc::unwrap_or_clone);
                            sites
                                .map(|site| {
                                    (site.edit, site.embedded.map(|embedded| embedded.part))
                                })
                                .collect()
                        };
                        layouts.push(Layout {
                            point: points.len(),
                            arms: of_arms.into_iter().map(drawn).collect(),
                        });
                    }
                    points.push(point);
                }
                Err(ErrorReported) if invariants.arms_failed && invariants.outcomes_failed => {
                    return Err(ErrorReported);
                }
                Err(ErrorReported) => {}
            }
        }
        if invariants.arms_failed || invariants.outcomes_failed {
            return Err(ErrorReported);
        }
        self.refuse_identical_arms(context, arms, &points)?;
        Ok(Grid {
            points,
            units,
            tracks: invariants.tracks.into_iter().flatten().collect(),
            layouts,
            embedded: drawn_motifs.motifs,
            constant_motifs: constant_motifs.unwrap_or_default(),
        })
    }

    /// Adds the grid point to errors whose underlined text depends on the grid.
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
        let words = GridPosition { axes, indices: at }.to_string();
        let depends_on_grid = |place: Span| {
            let mut varying = context.varying_places.iter();
            varying.any(|mention| covers(place, *mention))
        };
        for i in first..self.sink.len() {
            let Some(diagnostic) = self.sink.since_mut(i).first() else {
                continue;
            };
            let mut labels = diagnostic.labels.iter();
            let varies = labels.any(|label| depends_on_grid(label.span));
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
        invariants: &mut GridInvariants,
        at_point: &mut ArmsAtPoint,
        units: &mut Vec<Option<String>>,
    ) -> EvalResult<(Point, Vec<Vec<Rc<Site>>>)> {
        // What gives up on the way leaves nothing that a later point could do better.
        let failed = (invariants.arms_failed, invariants.outcomes_failed);
        (invariants.arms_failed, invariants.outcomes_failed) = (true, true);
        let scope = self.point_scope(context, axes, at)?;
        let trial = self.trial(context, &scope, invariants)?;
        (invariants.arms_failed, invariants.outcomes_failed) = failed;
        let length = trial.population.length();
        self.scope_mut().sequence_length = Some(length as i64);
        let position = GridPosition { axes, indices: at };
        // A mistake at one grid point is most often a mistake at many; one is told of each kind.
        let mut of_arms = Err(ErrorReported);
        if !invariants.arms_failed {
            of_arms = self.arms_at(context, arms, &scope, &trial.population, position, at_point);
            invariants.arms_failed = of_arms.is_err();
        }
        let mut outcomes = Err(ErrorReported);
        if !invariants.outcomes_failed {
            outcomes = self.outcomes_at(context, &scope, &trial.population, invariants, units);
            invariants.outcomes_failed = outcomes.is_err();
        }
        let of_arms = of_arms?;
        let edits = |sites: &Vec<Rc<Site>>| match sites.is_empty() {
            true => Arc::default(),
            false => sites.iter().map(|site| site.edit.clone()).collect(),
        };
        let (outcomes, tracks) = invariants.shared(outcomes?);
        let point = Point {
            at: at.into(),
            population: trial.population,
            count: trial.count,
            arms: of_arms.iter().map(edits).collect(),
            outcomes,
            tracks,
        };
        Ok((point, of_arms))
    }

    /// Names at a grid point: the axes' values there and the lets that depend on them.
    pub(super) fn point_scope(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        at: &[usize],
    ) -> EvalResult<Rc<Scope>> {
        if axes.is_empty() {
            return Ok(context.scope.clone());
        }
        let scope = Scope::child(&context.scope);
        for ((axis, (name, _)), &i) in axes.iter().zip(&context.parts.axes).zip(at) {
            scope.bind(&axis.reported.name, axis.values[i].clone(), Some(name.span));
        }
        for binding in &context.parts.lets {
            if context.varying.contains(&binding.name.text) {
                let value = self.eval_binding(binding, &scope)?;
                scope.bind(&binding.name.text, value, Some(binding.name.span));
            }
        }
        Ok(scope)
    }

    fn outcomes_at(
        &mut self,
        context: &Context,
        scope: &Rc<Scope>,
        population: &Population,
        invariants: &mut GridInvariants,
        units: &mut Vec<Option<String>>,
    ) -> EvalResult<Vec<Measured>> {
        let Some(source) = context.parts.background else {
            return Err(ErrorReported);
        };
        let source = source.span;
        // `jsd(net.profile, control)` compares each arm with the control.
        let with_control = Scope::child(scope);
        with_control.bind("control", Value::of_arms(Formula::Leaf(0)), None);
        let scope = &with_control;
        let mut measured = Vec::new();
        let mut failed = false;
        for (i, outcome) in context.parts.outcomes.iter().enumerate() {
            if let Some(known) = invariants.outcomes.get(&i) {
                measured.push(known.clone());
                continue;
            }
            let Ok((found, unit)) = self.outcome_at(&outcome.value, scope) else {
                failed = true;
                // The places of the outcomes behind it stay theirs.
                if units.len() == i {
                    units.push(None);
                    invariants.tracks.push(None);
                }
                continue;
            };
            let formula = match &found {
                Measured::Number(formula) => formula.clone(),
                Measured::Track(of) => {
                    let whole = Fold::of(FoldKind::At(0), of.track.clone());
                    Arc::new(Formula::Fold(Arc::new(whole)))
                }
            };
            failed |= self
                .fit_models(&formula, population, outcome.value.span, source)
                .is_err();
            let is_track = matches!(found, Measured::Track(_));
            if units.len() == i {
                units.push(unit);
                invariants.tracks.push(Some(is_track));
            }
            let elsewhere = invariants.tracks.get(i).copied().flatten();
            if elsewhere.is_some_and(|track| track != is_track) {
                self.sink.push(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        "an outcome is a track at some grid points and one number at others",
                    )
                    .at(outcome.value.span, "here"),
                );
                failed = true;
            }
            if !free_vars::mentions_any(&outcome.value, &context.varying)
                && invariants.trial.is_some()
            {
                invariants.outcomes.insert(i, found.clone());
            }
            measured.push(found);
        }
        if failed {
            Err(ErrorReported)
        } else {
            Ok(measured)
        }
    }

    /// An outcome and its unit: a query, or a track along an output.
    fn outcome_at(
        &mut self,
        outcome: &Expr,
        scope: &Rc<Scope>,
    ) -> EvalResult<(Measured, Option<String>)> {
        match self.eval_outcome(outcome, scope)? {
            Value::Track(track) if track.track.reads_control() => self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "a track of differences to the control is no outcome: the contrasts of the track itself are these differences",
                )
                .at(outcome.span, "less the control")
                .help("measure the track, or one number of the differences: `max(TRACK - control)`"),
            ),
            Value::Track(track) => {
                let measured = self.place(track.measured(), outcome.span, "measured here")?;
                Ok((Measured::Track(measured.into()), track.unit.clone()))
            }
            Value::Query(query) => {
                Ok((Measured::Number(query.formula.clone()), query.unit.clone()))
            }
            _ => Err(ErrorReported),
        }
    }
}

/// Whether one span lies in another.
pub(super) fn covers(outer: Span, inner: Span) -> bool {
    outer.source == inner.source && outer.start <= inner.start && inner.end <= outer.end
}

/// The motifs that changes embed, with the places of their constructs.
fn embedded(of_arms: &[Vec<Rc<Site>>]) -> impl Iterator<Item = (&Arc<Motif>, Span)> {
    let embedded = of_arms
        .iter()
        .flatten()
        .filter_map(|site| site.embedded.as_ref());
    embedded.filter_map(|embedded| match &embedded.part.kind {
        PartKind::Motif(motif) => Some((motif, embedded.construct)),
        PartKind::Gap(_) => None,
    })
}

impl DrawnMotifs {
    /// Adds the motifs that arms embed.
    fn add(&mut self, of_arms: &[Vec<Rc<Site>>]) {
        for (motif, _) in embedded(of_arms) {
            if self.names.contains(&motif.name) {
                continue;
            }
            let is_word = motif.letters().is_some();
            let has_room = match is_word {
                true => self.words < MAX_DRAWN_WORDS,
                false => self.motifs.len() - self.words < MAX_DRAWN_MATRICES,
            };
            if has_room {
                self.names.insert(motif.name.clone());
                self.words += usize::from(is_word);
                self.motifs.push(motif.clone());
            }
        }
    }
}

/// The motifs that arms embed, each once.
fn motifs_of(of_arms: &[Vec<Rc<Site>>]) -> Vec<(Arc<Motif>, Span)> {
    let mut found: Vec<(Arc<Motif>, Span)> = Vec::new();
    for (motif, construct) in embedded(of_arms) {
        if !found.iter().any(|(known, _)| same_motif(known, motif)) {
            found.push((motif.clone(), construct));
        }
    }
    found
}

fn embeds(motif: &Arc<Motif>, of_arms: &[Vec<Rc<Site>>]) -> bool {
    embedded(of_arms).any(|(other, _)| same_motif(motif, other))
}

/// Whether two motifs are the same to a reader, who tells them by their names.
fn same_motif(one: &Arc<Motif>, other: &Arc<Motif>) -> bool {
    Arc::ptr_eq(one, other) || one.name == other.name
}

fn unravel(mut index: usize, axes: &[LaidAxis]) -> Vec<usize> {
    let mut at = vec![0; axes.len()];
    for (slot, axis) in at.iter_mut().zip(axes).rev() {
        *slot = index % axis.values.len();
        index /= axis.values.len();
    }
    at
}
