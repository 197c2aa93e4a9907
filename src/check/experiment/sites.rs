//! The changes that each arm makes at a grid point.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::arms::{Arms, Content, MAX_STEPS, PlannedStep, identity};
use super::axes::LaidAxis;
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::free_vars;
use crate::scope::Scope;
use crate::value::{EditValue, Position, Value};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::Point;
use gia_domain::{Construct, Draw, Edit, Keyed, Motif, Part, PartKind, Population};
use gia_syntax::tree::Expr;

/// An edit whose positions are not worked out yet: the arguments of the function that made it.
pub trait UnplacedEdit: std::fmt::Debug {
    /// The changes that it makes to sequences of a known length, in the order in which they apply.
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>>;
}

/// One change, and the step that makes it.
#[derive(Clone)]
pub struct Site {
    pub edit: Edit,
    pub span: Span,
    /// For a change that embeds a part of a construct. Two embeddings do not write over each other; other edits do.
    pub embedded: Option<Embedded>,
}

/// The part of a construct that a change writes.
#[derive(Clone)]
pub struct Embedded {
    pub part: Part,
    /// Where the construct is written.
    pub construct: Span,
}

/// The context in which an edit is placed.
#[derive(Clone, Copy)]
pub struct StepContext<'p> {
    pub population: &'p Population,
    /// Where the experiment names its backgrounds.
    pub background: Option<Span>,
    /// The grid point in words.
    pub at: &'p str,
    /// The arm's name.
    pub arm: &'p str,
    /// Identity of the edit, for its random choices.
    pub id: u64,
    /// The step.
    pub span: Span,
    /// Whether the step depends on an axis.
    pub varies: bool,
}

/// The edits of steps that are evaluated already, and the changes that they make.
#[derive(Default)]
struct StepCache {
    /// By the identity of a step: its edits.
    steps: HashMap<u64, Rc<[PlacedEdit]>>,
    /// By the address of a value: the edit that it is. The value is kept, so that its address is not used again.
    values: HashMap<*const EditValue, PlacedEdit>,
}

/// A value and the changes that it makes at a grid point.
#[derive(Clone)]
struct PlacedEdit {
    value: Rc<EditValue>,
    sites: Rc<[Site]>,
}

/// What messages call the arms of a factorial together.
const FACTORIAL: &str = "the factorial";

/// Maximum number of edits that a step stands for; a step has an identity for each.
const MAX_EDITS_OF_A_STEP: usize = 1 << 10;

/// Distance between the identities of the edits of one step, which leaves room for the steps of an arm.
const EDIT_OF_A_STEP: u64 = identity(0, MAX_STEPS);

/// Changes that do not depend on the grid, evaluated once.
pub struct ArmsAtPoint {
    known: StepCache,
    factorial: Option<Vec<Site>>,
    /// Identities of the edits that stand on an axis, by the address of the value, so that each draws alike wherever it is
    /// held and two of them draw apart.
    of_axes: HashMap<*const EditValue, u64>,
}

impl ArmsAtPoint {
    /// The axes' values live as long as the experiment is laid out, so their addresses are not used again.
    pub fn new(axes: &[LaidAxis]) -> Self {
        let mut of_axes = HashMap::new();
        for (axis, values) in axes.iter().map(|axis| &axis.values).enumerate() {
            for (i, value) in values.iter().enumerate() {
                let edits: &[Rc<EditValue>] = match value {
                    Value::Edit(edit) => std::slice::from_ref(edit),
                    Value::Arm(edits) => edits,
                    _ => continue,
                };
                for (j, edit) in edits.iter().enumerate() {
                    let statement = FIRST_AXIS_STATEMENT + (axis << 10) + j;
                    let id = of_axes.entry(Rc::as_ptr(edit));
                    id.or_insert(identity(statement, i));
                }
            }
        }
        ArmsAtPoint {
            known: StepCache::default(),
            factorial: None,
            of_axes,
        }
    }
}

/// The number of the statement that edits on axes are counted as, above that of any step.
const FIRST_AXIS_STATEMENT: usize = 1 << 23;

impl Checker<'_> {
    /// The changes of every arm at a grid point, in the order in which they apply.
    pub(super) fn arms_at(
        &mut self,
        context: &Context,
        arms: &Arms,
        scope: &Rc<Scope>,
        population: &Population,
        at: &str,
        known: &mut ArmsAtPoint,
    ) -> EvalResult<Vec<Vec<Site>>> {
        let factorial = self.factorial_sites(context, scope, population, at, known)?;
        let mut of_arms = Vec::with_capacity(arms.list.len());
        let mut here = StepCache::default();
        let mut failed = false;
        let background = context.parts.background.map(|(source, _)| source.span);
        // Where the background varies, so may the length that a place is measured in.
        let background_varies = self.background_varies(context);
        // Steps that are the same over the grid come first, so that what their values draw does not depend on an axis.
        for arm in &arms.list {
            let Content::Steps(list) = &arm.content else {
                continue;
            };
            for step in list.iter().filter(|step| !step.varies) {
                let is_known = known.known.steps.contains_key(&step.id);
                if is_known || here.steps.contains_key(&step.id) {
                    continue;
                }
                let of = StepContext {
                    population,
                    background,
                    at,
                    arm: &arm.name,
                    id: step.id,
                    span: step.expr.span,
                    varies: false,
                };
                let ArmsAtPoint {
                    known: constant,
                    of_axes,
                    ..
                } = known;
                let none = StepCache::default();
                let (cache, others) = match background_varies {
                    true => (&mut here, &*constant),
                    false => (constant, &none),
                };
                failed |= self
                    .step_edits(step, scope, of, (cache, others), of_axes)
                    .is_err();
            }
        }
        if failed {
            return Err(ErrorReported);
        }
        for arm in &arms.list {
            let mut sites: Vec<Site> = Vec::new();
            match &arm.content {
                Content::Nothing => {}
                Content::Factors(bits) => {
                    sites.extend(
                        (0..factorial.len())
                            .filter(|i| bits >> i & 1 == 1)
                            .map(|i| factorial[i].clone()),
                    );
                }
                Content::Steps(list) => {
                    let mut made: Vec<(*const EditValue, usize)> = Vec::new();
                    for step in list {
                        let of = StepContext {
                            population,
                            background,
                            at,
                            arm: &arm.name,
                            id: step.id,
                            span: step.expr.span,
                            varies: step.varies,
                        };
                        let found = known.known.steps.get(&step.id);
                        let found = match found.or(here.steps.get(&step.id)) {
                            Some(edits) => Ok(edits.clone()),
                            None => {
                                let caches = (&mut here, &known.known);
                                self.step_edits(step, scope, of, caches, &known.of_axes)
                            }
                        };
                        let Ok(found) = found else {
                            failed = true;
                            continue;
                        };
                        for edit in found.iter() {
                            let address = Rc::as_ptr(&edit.value);
                            let made_at = made.iter().find(|(known, _)| *known == address);
                            let Some((_, first)) = made_at else {
                                made.push((address, sites.len()));
                                sites.extend(edit.sites.iter().cloned());
                                continue;
                            };
                            // An embedding that comes by several ways is made once.
                            if sites[*first..].iter().all(|site| site.embedded.is_some()) {
                                continue;
                            }
                            let text = self.edit_text(&Value::Edit(edit.value.clone()));
                            failed = true;
                            self.sink.push(
                                Diagnostic::error(
                                    Code::DuplicateName,
                                    format!("{} makes `{text}` twice", quoted(&arm.name)),
                                )
                                .at(step.expr.span, "again here")
                                .at_if(sites[*first].span != step.expr.span, sites[*first].span, "first here")
                                .help("a value is one edit; a second call, or a second phrase, is a second edit"),
                            );
                        }
                    }
                }
            }
            failed |= self.refuse_overlaps(&arm.name, at, &sites).is_err();
            of_arms.push(sites);
        }
        if failed {
            Err(ErrorReported)
        } else {
            Ok(of_arms)
        }
    }

    /// Evaluates a step, and places its edits. A value that an earlier step holds is the same edit, with the same random
    /// choices. What is found is added to `known`; `others` holds more steps.
    fn step_edits(
        &mut self,
        step: &PlannedStep,
        scope: &Rc<Scope>,
        of: StepContext,
        (known, others): (&mut StepCache, &StepCache),
        of_axes: &HashMap<*const EditValue, u64>,
    ) -> EvalResult<Rc<[PlacedEdit]>> {
        let value = self.eval(&step.expr, scope)?;
        let mut values = Vec::new();
        self.edits_of(value, &step.expr, &mut values)?;
        if values.len() > MAX_EDITS_OF_A_STEP {
            return self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!(
                        "a step is at most {MAX_EDITS_OF_A_STEP} edits, not {}",
                        values.len()
                    ),
                )
                .at(step.expr.span, "here"),
            );
        }
        let mut edits = Vec::with_capacity(values.len());
        for (i, value) in values.into_iter().enumerate() {
            let address = Rc::as_ptr(&value);
            let placed = known.values.get(&address);
            if let Some(placed) = placed.or(others.values.get(&address)) {
                edits.push(placed.clone());
                continue;
            }
            let in_step = of.id + i as u64 * EDIT_OF_A_STEP;
            let id = of_axes.get(&address).copied().unwrap_or(in_step);
            let errors = self.sink.errors();
            let sites = value.edit.place(self, StepContext { id, ..of });
            if sites.is_err() && self.sink.errors() > errors {
                self.sink.note_step(of.span);
            }
            let sites = sites?.into();
            let placed = PlacedEdit { value, sites };
            known.values.insert(address, placed.clone());
            edits.push(placed);
        }
        let edits: Rc<[PlacedEdit]> = edits.into();
        known.steps.insert(step.id, edits.clone());
        Ok(edits)
    }

    /// The edits that the value of a step stands for, in the order in which they apply.
    fn edits_of(
        &mut self,
        value: Value,
        step: &Expr,
        edits: &mut Vec<Rc<EditValue>>,
    ) -> EvalResult<()> {
        match value {
            Value::Edit(edit) => edits.push(edit),
            Value::Arm(arm) => edits.extend(arm.iter().cloned()),
            Value::List(items) => {
                for item in items.iter() {
                    self.edits_of(item.clone(), step, edits)?;
                }
            }
            Value::Function(function) => {
                let value = self.call_without_arguments(&function, step.span)?;
                return self.edits_of(value, step, edits);
            }
            Value::Error => return Err(ErrorReported),
            other => {
                return self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        format!("a step is an Edit or an Arm, found {}", other.kind()),
                    )
                    .at(step.span, "here")
                    .help("`embed CONSTRUCT at PLACE` is a step, as are the names of other arms; `gia doc embed` has the other edits"),
                );
            }
        }
        Ok(())
    }

    /// The value of `arm { ... }`.
    pub(crate) fn arm_value(&mut self, steps: &[Expr], scope: &Rc<Scope>) -> EvalResult<Value> {
        let mut edits = Vec::new();
        let mut failed = false;
        for step in steps {
            let found = self.eval(step, scope);
            failed |= found
                .and_then(|value| self.edits_of(value, step, &mut edits))
                .is_err();
        }
        match failed {
            true => Err(ErrorReported),
            false => Ok(Value::Arm(edits.into())),
        }
    }

    fn background_varies(&self, context: &Context) -> bool {
        context
            .parts
            .background
            .is_some_and(|(source, _)| free_vars::mentions(source, &context.varying))
    }

    fn factorial_sites(
        &mut self,
        context: &Context,
        scope: &Rc<Scope>,
        population: &Population,
        at: &str,
        known: &mut ArmsAtPoint,
    ) -> EvalResult<Vec<Site>> {
        let Some((ordinal, row, place)) = context.parts.factorial else {
            return Ok(Vec::new());
        };
        if let Some(sites) = &known.factorial {
            return Ok(sites.clone());
        }
        let varies = free_vars::mentions(row, &context.varying)
            || free_vars::mentions(place, &context.varying);
        let of = StepContext {
            population,
            background: context.parts.background.map(|(source, _)| source.span),
            at,
            arm: FACTORIAL,
            id: identity(ordinal, 0),
            span: row.span.to(place.span),
            varies,
        };
        let construct = self.construct(row, scope);
        let position = self.position(place, scope);
        let (construct, position) = (construct?, position?);
        let sites = self.embedding(&construct, position, (row.span, place.span), of)?;
        if !varies && !self.background_varies(context) {
            known.factorial = Some(sites.clone());
        }
        Ok(sites)
    }

    /// One site for each motif of the construct, at its place in the sequence. `spans` are those of construct and place.
    pub(crate) fn embedding(
        &mut self,
        row: &Construct,
        position: Position,
        (construct, place): (Span, Span),
        of: StepContext,
    ) -> EvalResult<Vec<Site>> {
        let StepContext {
            population,
            at,
            arm,
            ..
        } = of;
        let length = population.length() as i64;
        let width = row.width() as i64;
        if width == 0 {
            return self.fail(
                Diagnostic::error(Code::Empty, format!("the construct is empty{at}"))
                    .at(construct, "here"),
            );
        }
        let start = position.start_of(width, length);
        if start < 0 || start + width > length {
            let end = start + width;
            let beyond = if start < 0 {
                format!("{} bp before its start", -start)
            } else {
                format!("{} bp past its end", end - length)
            };
            return self.fail(
                Diagnostic::error(
                    Code::DoesNotFit,
                    format!(
                        "{} does not fit{at}: {start}..{end} reaches {beyond}",
                        quoted(arm)
                    ),
                )
                .at(construct, format!("{width} bp wide"))
                .at(
                    place,
                    format!("starts at {start} of a sequence of {length} bp"),
                ),
            );
        }
        self.written(row, start as usize, construct, of)
    }

    /// One site for each motif of a construct that starts at a position.
    pub(crate) fn written(
        &mut self,
        row: &Construct,
        start: usize,
        construct: Span,
        of: StepContext,
    ) -> EvalResult<Vec<Site>> {
        let StepContext {
            population,
            span,
            id,
            ..
        } = of;
        let mut sites = Vec::new();
        let mut cursor = start;
        for (i, part) in row.parts.iter().enumerate() {
            match &part.kind {
                PartKind::Gap(gap) => cursor += gap,
                PartKind::Motif(motif) => {
                    if motif.alphabet != population.alphabet() {
                        return self.fail(
                            Diagnostic::error(
                                Code::AlphabetMismatch,
                                format!(
                                    "the motif `{}` is {}, the backgrounds are {}",
                                    motif.name,
                                    motif.alphabet.name(),
                                    population.alphabet().name()
                                ),
                            )
                            .at(construct, motif.alphabet.name())
                            .at(of.background.unwrap_or(span), population.alphabet().name()),
                        );
                    }
                    let edit = write(motif, cursor, Draw(id + i as u64));
                    sites.push(Site {
                        edit,
                        span,
                        embedded: Some(Embedded {
                            part: part.clone(),
                            construct,
                        }),
                    });
                    cursor += motif.width();
                }
            }
        }
        Ok(sites)
    }

    /// Two embeddings may share positions only where they write the same bases, unless bases were moved in between.
    fn refuse_overlaps(&mut self, arm: &str, at: &str, sites: &[Site]) -> EvalResult<()> {
        for stretch in sites.split(|site| site.edit.written().is_none()) {
            let embedded = stretch.iter().filter(|site| site.embedded.is_some());
            let mut order: Vec<(Range<usize>, &Site)> = embedded
                .filter_map(|site| Some((site.edit.written()?, site)))
                .collect();
            order.sort_by_key(|(range, _)| range.start);
            for (i, (a_range, a)) in order.iter().enumerate() {
                let after = order[i + 1..]
                    .iter()
                    .take_while(|(b_range, _)| b_range.start < a_range.end);
                for (b_range, b) in after {
                    if a.edit.commutes_with(&b.edit) {
                        continue;
                    }
                    let position = a.edit.clash(&b.edit).unwrap_or(b_range.start);
                    let mut diagnostic = Diagnostic::error(
                        Code::Overlap,
                        format!(
                            "two embeddings of {} write different bases at position {position}{at}",
                            quoted(arm)
                        ),
                    )
                    .at(a.span, format!("{}..{}", a_range.start, a_range.end));
                    if b.span != a.span {
                        diagnostic =
                            diagnostic.at(b.span, format!("{}..{}", b_range.start, b_range.end));
                    }
                    return self.fail(diagnostic);
                }
            }
        }
        Ok(())
    }

    pub(super) fn refuse_identical_arms(
        &mut self,
        _: &Context,
        arms: &Arms,
        points: &[Point],
    ) -> EvalResult<()> {
        for (j, b) in arms.list.iter().enumerate() {
            for (i, a) in arms.list[..j].iter().enumerate() {
                let same = points.iter().all(|p| same_edits(&p.arms[i], &p.arms[j]));
                if same {
                    return self.fail(
                        Diagnostic::error(
                            Code::IdenticalArms,
                            format!(
                                "the arms `{}` and `{}` make the same sequences",
                                a.name, b.name
                            ),
                        )
                        .at(
                            b.span,
                            if i == 0 {
                                "writes nothing"
                            } else {
                                "the same edits"
                            },
                        )
                        .at_if(
                            i > 0 && a.span != b.span,
                            a.span,
                            "as these",
                        ),
                    );
                }
            }
        }
        Ok(())
    }
}

/// Whether two lists make the same sequences: the same edits, in the same order where any of them rearranges. Edits
/// that change nothing do not count.
fn same_edits(a: &[Edit], b: &[Edit]) -> bool {
    let changing = |edits| -> Vec<&Edit> {
        let edits: std::slice::Iter<Edit> = edits;
        edits.filter(|edit| !edit.is_idle()).collect()
    };
    let (a, b) = (changing(a.iter()), changing(b.iter()));
    if a.iter().chain(&b).all(|edit| edit.written().is_some()) {
        let set = |edits: Vec<&Edit>| -> HashSet<Edit> { edits.into_iter().cloned().collect() };
        return set(a) == set(b);
    }
    a == b
}

/// What embedding a motif writes: an instance of one that is to be drawn, else its most probable bases.
pub fn write(motif: &Arc<Motif>, start: usize, draw: Draw) -> Edit {
    if motif.drawn {
        return Edit::Instance {
            start,
            motif: Keyed::motif(motif.clone()),
            draw,
        };
    }
    let mut edit = Edit::Write {
        start,
        letters: motif.consensus(),
        draw,
    };
    if edit.is_fixed()
        && let Edit::Write { draw, .. } = &mut edit
    {
        // Equal edits are equal, wherever they are written.
        *draw = Draw(0);
    }
    edit
}

pub fn quoted(arm: &str) -> String {
    if arm == FACTORIAL {
        arm.to_string()
    } else {
        format!("`{arm}`")
    }
}
