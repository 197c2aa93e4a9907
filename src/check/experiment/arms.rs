//! Arms as lists of steps, not yet evaluated.
//!
//! Invariant: an edit keeps its identity wherever its arm is composed, and with it its random choices, so a site that is
//! partly ambiguous is the same sequence in `gata` and in `both`.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::axes::LaidAxis;
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::free_vars;
use crate::scope::Scope;
use crate::types::Type;
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_domain::{Construct, PartKind};
use gia_syntax::tree::{Expr, ExprKind, Name};

/// Parts of a factorial: every subset is an arm.
const MAX_FACTORIAL_PARTS: usize = 8;

/// The arms of an experiment, without their edits' places.
pub struct Arms {
    /// `control` is first.
    pub list: Vec<Arm>,
    /// Labels of the factorial's parts, in order.
    pub factors: Vec<String>,
    /// Number of steps, each counted once, however many arms hold it.
    pub(super) step_count: usize,
}

pub struct Arm {
    pub name: String,
    pub span: Span,
    /// Embeddings in the order in which they apply, by index into the experiment's embeddings.
    pub(super) content: Content,
}

pub(super) enum Content {
    Nothing,
    /// Steps in the order in which they apply, those of other arms included.
    Steps(Vec<PlannedStep>),
    /// These parts of the factorial, as bits.
    Factors(u32),
}

/// A step that is evaluated at each grid point.
#[derive(Clone)]
pub(super) struct PlannedStep {
    /// Identity of its first edit: the ordinal of its statement and of the step.
    pub id: u64,
    /// Its index among the steps of all arms.
    pub index: usize,
    pub expr: Expr,
    /// The step of the arm itself that brings it: its own place, or that of the arm that holds it.
    pub via: Span,
    /// Whether it depends on an axis.
    pub varies: bool,
}

impl Arms {
    /// Every step of every arm, with its arm.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&Arm, &PlannedStep)> {
        self.list.iter().flat_map(|arm| {
            let steps = match &arm.content {
                Content::Steps(steps) => steps.as_slice(),
                Content::Nothing | Content::Factors(_) => &[],
            };
            steps.iter().map(move |step| (arm, step))
        })
    }

    fn number_steps(&mut self) {
        let mut numbers: HashMap<u64, usize> = HashMap::new();
        for arm in &mut self.list {
            let Content::Steps(steps) = &mut arm.content else {
                continue;
            };
            for step in steps {
                let next = numbers.len();
                step.index = *numbers.entry(step.id).or_insert(next);
            }
        }
        self.step_count = numbers.len();
    }

    pub fn names(&self) -> Vec<String> {
        self.list.iter().map(|arm| arm.name.clone()).collect()
    }

    /// Of every arm of the factorial: labels of the parts that it holds, and its index.
    pub fn of_factors(&self) -> Vec<(Vec<String>, usize)> {
        let labels = |bits: u32| {
            let held = self.factors.iter().enumerate();
            let held = held.filter(|(i, _)| bits >> i & 1 == 1);
            held.map(|(_, label)| label.clone()).collect()
        };
        let arms = self.list.iter().enumerate();
        arms.filter_map(|(i, arm)| match arm.content {
            Content::Factors(bits) => Some((labels(bits), i)),
            Content::Nothing | Content::Steps(_) => None,
        })
        .collect()
    }

    /// The arm that holds just these parts of the factorial.
    pub fn with_factors(&self, bits: u32) -> Option<usize> {
        self.list.iter().position(|arm| match arm.content {
            Content::Factors(held) => held == bits,
            Content::Nothing => bits == 0,
            Content::Steps(_) => false,
        })
    }
}

impl Checker<'_> {
    /// The arms in the order of the report: `control`, direct edits, the factorial's, the named ones.
    pub(super) fn name_arms(&mut self, context: &Context, axes: &[LaidAxis]) -> EvalResult<Arms> {
        let mut arms = Arms {
            list: vec![Arm {
                name: "control".into(),
                span: context.span,
                content: Content::Nothing,
            }],
            factors: Vec::new(),
            step_count: 0,
        };
        if !context.parts.steps.is_empty() {
            let steps = context.parts.steps.iter();
            let steps = steps.map(|(ordinal, step)| PlannedStep::new(*ordinal, 0, step, context));
            let span = context.parts.steps[0].1.span;
            arms.list.push(Arm {
                name: "treated".into(),
                span,
                content: Content::Steps(steps.collect()),
            });
        }
        if let Some((_, row, _)) = context.parts.factorial {
            arms.factors = self.factor_labels(context, axes, row)?;
            let k = arms.factors.len();
            let mut subsets: Vec<u32> = (1..1u32 << k).collect();
            subsets.sort_by_key(|bits| (bits.count_ones(), bits.reverse_bits().wrapping_neg()));
            for bits in subsets {
                let labels: Vec<&str> = (0..k)
                    .filter(|i| bits >> i & 1 == 1)
                    .map(|i| arms.factors[i].as_str())
                    .collect();
                // As a formula writes it.
                let name = match labels.as_slice() {
                    [one] => (*one).to_string(),
                    several => format!("arm({})", several.join(", ")),
                };
                arms.list.push(Arm {
                    name,
                    span: row.span,
                    content: Content::Factors(bits),
                });
            }
        }
        let mut declared: HashMap<&str, (usize, &Name, &[Expr])> = HashMap::new();
        let mut failed = false;
        let direct = arms.list.iter().find(|arm| arm.name == "treated");
        let mut names = context.parts.arms.iter().map(|(_, name, _)| *name);
        let effect = names.find(|name| name.text == "effect");
        if let (Some(direct), Some(name)) = (direct, effect) {
            self.sink.push(
                Diagnostic::error(
                    Code::DuplicateName,
                    "`effect` is the contrast of the arm `treated`, and cannot be an arm beside it",
                )
                .at(name.span, "an arm")
                .at(direct.span, "this edit makes the arm `treated`"),
            );
            failed = true;
        }
        for (ordinal, name, steps) in &context.parts.arms {
            let known = arms
                .list
                .iter()
                .find(|arm| arm.name == name.text)
                .map(|arm| arm.span);
            if let Some(first) = declared
                .get(name.text.as_str())
                .map(|(_, first, _)| first.span)
                .or(known)
            {
                let mut diagnostic = Diagnostic::error(
                    Code::DuplicateName,
                    format!("two arms are called `{}`", name.text),
                )
                .at(name.span, "again here");
                diagnostic = match name.text.as_str() {
                    "control" => {
                        diagnostic.help("`control` is the arm without an edit, and always there")
                    }
                    "treated" => diagnostic
                        .at(first, "this edit")
                        .help("edits outside of arms make the arm `treated`"),
                    _ => diagnostic.at(first, "first here"),
                };
                self.sink.push(diagnostic);
                failed = true;
            }
            declared.insert(&name.text, (*ordinal, name, steps));
        }
        let mut in_cycles = HashSet::new();
        for (_, name, _) in &context.parts.arms {
            let mut steps = Vec::new();
            let mut path = Vec::new();
            if !in_cycles.contains(&name.text) {
                let collected = self.collect_steps(
                    context,
                    (&name.text, name.span),
                    &declared,
                    &mut path,
                    &mut steps,
                );
                failed |= collected.is_err();
                if collected.is_err() {
                    // What leads into a circle is told once for all arms on the way.
                    in_cycles.extend(path);
                }
            }
            arms.list.push(Arm {
                name: name.text.clone(),
                span: name.span,
                content: Content::Steps(steps),
            });
        }
        arms.number_steps();
        if failed { Err(ErrorReported) } else { Ok(arms) }
    }

    /// All steps of an arm, those of the arms it is composed of included, each as often as it is written.
    fn collect_steps(
        &mut self,
        context: &Context,
        (arm, place): (&str, Span),
        declared: &HashMap<&str, (usize, &Name, &[Expr])>,
        path: &mut Vec<String>,
        collected: &mut Vec<PlannedStep>,
    ) -> EvalResult<()> {
        if path.iter().any(|on_path| on_path == arm) {
            let from = path.iter().position(|on_path| on_path == arm).unwrap_or(0);
            let way: Vec<String> = path[from..]
                .iter()
                .map(|on_path| format!("`{on_path}`"))
                .collect();
            let way = if way.len() > 1 {
                format!(": {} and `{arm}` again", way.join(", "))
            } else {
                String::new()
            };
            return self.fail(
                Diagnostic::error(
                    Code::ArmCycle,
                    format!("the arm `{arm}` contains itself{way}"),
                )
                .at(place, "closes the circle"),
            );
        }
        let Some((ordinal, _, steps)) = declared.get(arm) else {
            // The arm without an edit adds none.
            return Ok(());
        };
        path.push(arm.to_string());
        for (i, step) in steps.iter().enumerate() {
            // Arms that each name another twice are short to write and take long to follow.
            self.spend(1, step.span)?;
            if i >= MAX_STEPS {
                return self.fail(
                    Diagnostic::error(
                        Code::OutOfRange,
                        format!("an arm has at most {MAX_STEPS} steps, not {}", steps.len()),
                    )
                    .at(step.span, "one too many"),
                );
            }
            if let ExprKind::Name(name) = &step.kind
                && self.is_arm(name, context, declared, path)
            {
                let first = collected.len();
                self.collect_steps(context, (name, step.span), declared, path, collected)?;
                collected[first..]
                    .iter_mut()
                    .for_each(|inner| inner.via = step.span);
                continue;
            }
            let step = PlannedStep::new(*ordinal, i, step, context);
            if let ExprKind::Name(name) = &step.expr.kind {
                self.refuse_unknown_arm(name, step.expr.span, context, declared)?;
            }
            collected.push(step);
            if collected.len() > MAX_STEPS_WITH_ARMS {
                return self.fail(
                    Diagnostic::error(
                        Code::OutOfRange,
                        format!(
                            "an arm has at most {MAX_STEPS_WITH_ARMS} steps with those of the arms in it"
                        ),
                    )
                    .at(place, "this arm adds more"),
                );
            }
        }
        path.pop();
        Ok(())
    }

    /// Whether a name in an arm is that of an arm of the experiment. An arm may be called like the value that it is made
    /// of: `arm site { site }`.
    fn is_arm(
        &self,
        name: &str,
        context: &Context,
        declared: &HashMap<&str, (usize, &Name, &[Expr])>,
        path: &[String],
    ) -> bool {
        if name == "control" {
            return true;
        }
        let is_own = path.last().is_some_and(|arm| arm == name);
        declared.contains_key(name) && !(is_own && context.scope.get(name).is_some())
    }

    fn refuse_unknown_arm(
        &mut self,
        name: &str,
        place: Span,
        context: &Context,
        declared: &HashMap<&str, (usize, &Name, &[Expr])>,
    ) -> EvalResult<()> {
        if context.scope.get(name).is_some() || context.varying.contains(name) {
            return Ok(());
        }
        let diagnostic = Diagnostic::error(
            Code::UnknownName,
            format!("there is no arm and no edit `{name}`"),
        )
        .at(place, "unknown name");
        let known = context.scope.visible();
        let known = known.iter().map(String::as_str);
        self.fail(
            match closest(name, declared.keys().copied()).or_else(|| closest(name, known)) {
                Some(close) => diagnostic.did_you_mean(close),
                None if declared.is_empty() => diagnostic,
                None => {
                    let mut arms: Vec<_> = declared.iter().collect();
                    arms.sort_by_key(|(_, (index, ..))| *index);
                    let arms: Vec<&str> = arms.iter().map(|(name, _)| **name).collect();
                    diagnostic.help(format!("the arms are `{}`", arms.join("`, `")))
                }
            },
        )
    }

    /// Labels of a factorial's parts; they are the same at every grid point, so the first one tells.
    fn factor_labels(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        row: &Expr,
    ) -> EvalResult<Vec<String>> {
        let scope = self.point_scope(context, axes, &vec![0; axes.len()])?;
        let construct = self.construct(row, &scope)?;
        let mut labels: Vec<String> = Vec::new();
        for part in &construct.parts {
            let PartKind::Motif(motif) = &part.kind else {
                continue;
            };
            let label = part.label.clone().unwrap_or_else(|| motif.name.clone());
            if labels.contains(&label) {
                return self.fail(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("two parts of the factorial are called `{label}`"),
                    )
                    .at(row.span, "here")
                    .help(format!("give each part a label: `{label} as a`")),
                );
            }
            labels.push(label);
        }
        if labels.len() < 2 || labels.len() > MAX_FACTORIAL_PARTS {
            return self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!(
                        "a factorial has 2 to {MAX_FACTORIAL_PARTS} motifs, not {}",
                        labels.len()
                    ),
                )
                .at(row.span, "here"),
            );
        }
        Ok(labels)
    }

    pub(super) fn construct(
        &mut self,
        expr: &Expr,
        scope: &Rc<Scope>,
    ) -> EvalResult<Arc<Construct>> {
        let value = self.eval_as(expr, &Type::Construct, scope)?;
        value.as_construct().ok_or(ErrorReported)
    }
}

impl PlannedStep {
    fn new(statement: usize, step: usize, expr: &Expr, context: &Context) -> Self {
        PlannedStep {
            id: identity(statement, step),
            index: 0,
            expr: expr.clone(),
            via: expr.span,
            varies: free_vars::mentions_any(expr, &context.varying),
        }
    }
}

/// Maximum number of steps that an arm writes out.
pub(super) const MAX_STEPS: usize = 1 << 10;

/// Maximum number of steps of an arm, those of the arms that it is composed of included.
const MAX_STEPS_WITH_ARMS: usize = 1 << 12;

/// Identity of an edit within its experiment, with room for the parts of its construct.
pub(super) const fn identity(statement: usize, step: usize) -> u64 {
    ((statement as u64) << 40) | ((step as u64) << 20)
}
