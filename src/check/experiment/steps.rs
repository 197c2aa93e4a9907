//! The steps of arms at a grid point: evaluated, placed and put together.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::arms::{Arm, Arms, Content, MAX_STEPS, PlannedStep, identity};
use super::axes::{GridPosition, LaidAxis};
use super::sites::{Site, quoted};
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::scope::Scope;
use crate::value::{EditValue, FunctionValue, Value};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_domain::Population;
use gia_syntax::tree::{Expr, ExprKind};

/// An edit whose positions are not worked out yet: the arguments of the function that made it.
pub trait UnplacedEdit: std::fmt::Debug {
    /// The changes that it makes to sequences of a known length, in the order in which they apply.
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>>;
}

/// The context in which an edit is placed.
#[derive(Clone, Copy)]
pub struct StepContext<'p> {
    pub population: &'p Population,
    /// Where the experiment names its backgrounds.
    pub background: Option<Span>,
    pub at: GridPosition<'p>,
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
struct StepCache {
    /// By the index of a step: its edits.
    steps: Vec<Option<Rc<[PlacedEdit]>>>,
    /// By the address of a value: the edit that it is. The value is kept, so that its address is not used again.
    values: HashMap<*const EditValue, PlacedEdit>,
}

impl StepCache {
    fn new(steps: usize) -> Self {
        StepCache {
            steps: vec![None; steps],
            values: HashMap::new(),
        }
    }

    fn clear(&mut self) {
        self.steps.fill(None);
        self.values.clear();
    }
}

/// What is evaluated at one grid point, and what is the same over the grid.
struct StepCaches {
    constant: StepCache,
    here: StepCache,
}

impl StepCaches {
    fn edits(&self, step: &PlannedStep) -> Option<&Rc<[PlacedEdit]>> {
        let constant = self.constant.steps[step.index].as_ref();
        constant.or(self.here.steps[step.index].as_ref())
    }

    fn placed(&self, address: *const EditValue) -> Option<&PlacedEdit> {
        let constant = self.constant.values.get(&address);
        constant.or_else(|| self.here.values.get(&address))
    }
}

/// The call that a varying step is, with what is the same at every grid point.
#[derive(Clone)]
struct PreparedCall {
    function: Rc<FunctionValue>,
    /// By argument: its value, unless it depends on an axis.
    constants: Box<[Option<Value>]>,
}

/// A value and the changes that it makes at a grid point.
#[derive(Clone)]
struct PlacedEdit {
    value: Rc<EditValue>,
    sites: Rc<[Rc<Site>]>,
}

/// Maximum number of edits that a step stands for; a step has an identity for each.
const MAX_EDITS_OF_A_STEP: usize = 1 << 10;

/// Distance between the identities of the edits of one step, which leaves room for the steps of an arm.
const EDIT_OF_A_STEP: u64 = identity(0, MAX_STEPS);

/// What grid points share, evaluated once.
pub struct ArmsAtPoint {
    caches: StepCaches,
    pub(super) factorial: Option<Vec<Rc<Site>>>,
    /// By the index of a step: its call, once it has been evaluated; none for a step that is no call.
    calls: Vec<OnceCell<Option<PreparedCall>>>,
    /// Identities of the edits that stand on an axis, by the address of the value, so that each draws alike wherever it is
    /// held and two of them draw apart.
    of_axes: HashMap<*const EditValue, u64>,
}

impl ArmsAtPoint {
    /// The axes' values live as long as the experiment is laid out, so their addresses are not used again.
    pub fn new(axes: &[LaidAxis], arms: &Arms) -> Self {
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
            caches: StepCaches {
                constant: StepCache::new(arms.step_count),
                here: StepCache::new(arms.step_count),
            },
            factorial: None,
            calls: vec![OnceCell::new(); arms.step_count],
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
        at: GridPosition,
        known: &mut ArmsAtPoint,
    ) -> EvalResult<Vec<Vec<Rc<Site>>>> {
        let factorial = self.factorial_sites(context, scope, population, at, known)?;
        let background = context.parts.background.map(|source| source.span);
        let ArmsAtPoint {
            caches,
            of_axes,
            calls,
            ..
        } = known;
        caches.here.clear();
        let mut failed = false;
        // Steps that are the same over the grid come first, so that what their values draw does not depend on an axis.
        for varies in [false, true] {
            for (arm, step) in arms.steps().filter(|(_, step)| step.varies == varies) {
                if caches.edits(step).is_some() {
                    continue;
                }
                let of = StepContext {
                    population,
                    background,
                    at,
                    arm: &arm.name,
                    id: step.id,
                    span: step.expr.span,
                    varies,
                };
                let value = match varies && !context.background_varies {
                    true => self.varying_step(step, context, scope, &calls[step.index]),
                    false => self.eval(&step.expr, scope),
                };
                let edits =
                    value.and_then(|value| self.step_edits(value, &step.expr, of, caches, of_axes));
                let Ok(edits) = edits else {
                    failed = true;
                    continue;
                };
                let cache = match varies || context.background_varies {
                    true => &mut caches.here,
                    false => &mut caches.constant,
                };
                for edit in edits.iter() {
                    let address = Rc::as_ptr(&edit.value);
                    cache.values.entry(address).or_insert(edit.clone());
                }
                cache.steps[step.index] = Some(edits);
            }
        }
        let mut of_arms = Vec::with_capacity(arms.list.len());
        for arm in &arms.list {
            let mut sites: Vec<Rc<Site>> = Vec::new();
            match &arm.content {
                Content::Nothing => {}
                Content::Factors(bits) => {
                    let held = factorial.iter().enumerate();
                    let held = held.filter(|(i, _)| bits >> i & 1 == 1);
                    sites.extend(held.map(|(_, site)| site.clone()));
                }
                Content::Steps(steps) => {
                    failed |= self.put_together(arm, steps, caches, &mut sites).is_err();
                }
            }
            failed |= self.refuse_overlaps(&arm.name, at, &sites).is_err();
            of_arms.push(sites);
        }
        match failed {
            true => Err(ErrorReported),
            false => Ok(of_arms),
        }
    }

    /// Adds the changes of an arm's steps in their order. An embedding that comes by several ways is made once; any other edit
    /// that comes again is refused, whether its value or an arm that holds it is named again.
    fn put_together(
        &mut self,
        arm: &Arm,
        steps: &[PlannedStep],
        caches: &StepCaches,
        sites: &mut Vec<Rc<Site>>,
    ) -> EvalResult<()> {
        // By the address of a value: the index of the first change that it makes, and the step of this arm that brings it.
        let mut made: HashMap<*const EditValue, (usize, Span)> = HashMap::new();
        // All changes from this index on are embeddings.
        let mut embedded_from = 0;
        for step in steps {
            // A step that could not be evaluated has been reported.
            for edit in caches
                .edits(step)
                .into_iter()
                .flat_map(|edits| edits.iter())
            {
                let address = Rc::as_ptr(&edit.value);
                let Some(&(index, first)) = made.get(&address) else {
                    let index = sites.len();
                    made.insert(address, (index, step.via));
                    let other = edit.sites.iter().rposition(|site| site.embedded.is_none());
                    if let Some(last) = other {
                        embedded_from = index + last + 1;
                    }
                    sites.extend(edit.sites.iter().cloned());
                    continue;
                };
                if index >= embedded_from || edit.sites.is_empty() {
                    continue;
                }
                let text = self.edit_text(&Value::Edit(edit.value.clone()));
                let diagnostic = Diagnostic::error(
                    Code::DuplicateName,
                    format!("{} makes `{text}` twice", quoted(&arm.name)),
                )
                .at(step.via, "again here")
                .at_if(first != step.via, first, "first here")
                .help("a value, or a step of an arm, is one edit; a second call, or a second phrase, is a second edit");
                return self.fail(diagnostic);
            }
        }
        Ok(())
    }

    /// The value of a step that depends on an axis. What does not is evaluated at the first grid point alone.
    fn varying_step(
        &mut self,
        step: &PlannedStep,
        context: &Context,
        scope: &Rc<Scope>,
        call: &OnceCell<Option<PreparedCall>>,
    ) -> EvalResult<Value> {
        let span = step.expr.span;
        if let Some(Some(call)) = call.get()
            && let ExprKind::Phrase { arguments, .. } = &step.expr.kind
        {
            self.spend(1, span)?;
            let PreparedCall {
                function,
                constants,
            } = call;
            return self.call_with_constants(function, arguments, constants, span, scope);
        }
        let value = self.eval(&step.expr, scope)?;
        call.get_or_init(|| self.prepare_call(&step.expr, context, scope));
        Ok(value)
    }

    /// Prepares the call that an expression is. It has been evaluated without an error.
    fn prepare_call(
        &mut self,
        expr: &Expr,
        context: &Context,
        scope: &Rc<Scope>,
    ) -> Option<PreparedCall> {
        let ExprKind::Phrase { verb, arguments } = &expr.kind else {
            return None;
        };
        if context.varying.contains(&verb.text) {
            return None;
        }
        let function = self.verb(&verb.text, scope)?;
        let constants = self.constant_arguments(&function, arguments, &context.varying, scope);
        Some(PreparedCall {
            function,
            constants,
        })
    }

    /// Places the edits of a step. A value that an earlier step holds is the same edit, with the same random choices.
    fn step_edits(
        &mut self,
        value: Value,
        step: &Expr,
        of: StepContext,
        caches: &StepCaches,
        of_axes: &HashMap<*const EditValue, u64>,
    ) -> EvalResult<Rc<[PlacedEdit]>> {
        let mut values = Vec::new();
        self.edits_of(value, step, &mut values)?;
        if values.len() > MAX_EDITS_OF_A_STEP {
            return self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!(
                        "a step is at most {MAX_EDITS_OF_A_STEP} edits, not {}",
                        values.len()
                    ),
                )
                .at(step.span, "here"),
            );
        }
        let mut edits: Vec<PlacedEdit> = Vec::with_capacity(values.len());
        for (i, value) in values.into_iter().enumerate() {
            let address = Rc::as_ptr(&value);
            let own = || edits.iter().find(|edit| Rc::ptr_eq(&edit.value, &value));
            if let Some(placed) = caches.placed(address).or_else(own) {
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
            let sites = sites?.into_iter().map(Rc::new).collect();
            edits.push(PlacedEdit { value, sites });
        }
        Ok(edits.into())
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
            other @ (Value::Haplotype(_) | Value::Variant) => {
                let mended = format!("apply {}", self.text_of(step.span));
                return self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        format!("a step is an Edit or an Arm, found {}", other.kind()),
                    )
                    .at(step.span, "here")
                    .suggest_here(format!("write `{mended}`"), mended),
                );
            }
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
}
