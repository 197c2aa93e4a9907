//! Arms as lists of edits, not yet worked out.
//!
//! An embedding keeps its identity wherever its arm is composed, and with it its random choices, so a site that is
//! partly ambiguous is the same sequence in `gata` and in `both`.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::axes::LaidAxis;
use super::{Checker, Context, Stop, Try};
use crate::scope::Scope;
use crate::types::Type;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_domain::{Construct, Piece};
use gia_syntax::tree::{self, Expr, Name, Step};

/// Parts of a factorial: every subset is an arm.
const MOST_FACTORS: usize = 8;

/// The arms of an experiment, without their edits' places.
pub struct Arms {
    /// `control` is first.
    pub list: Vec<Arm>,
    /// Labels of the factorial's parts, in order.
    pub factors: Vec<String>,
}

pub struct Arm {
    pub name: String,
    pub span: Span,
    /// Embeddings in the order in which they apply, by index into the experiment's embeddings.
    pub(super) content: Content,
}

pub(super) enum Content {
    Nothing,
    /// Edits, each with the ordinal of its statement and of its step.
    Edits(Vec<(u64, tree::Edit)>),
    /// These parts of the factorial, as bits.
    Factors(u32),
}

impl Arms {
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
            Content::Nothing | Content::Edits(_) => None,
        })
        .collect()
    }

    /// The arm that holds just these parts of the factorial.
    pub fn with_factors(&self, bits: u32) -> Option<usize> {
        self.list.iter().position(|arm| match arm.content {
            Content::Factors(held) => held == bits,
            Content::Nothing => bits == 0,
            Content::Edits(_) => false,
        })
    }
}

impl Checker<'_> {
    /// The arms in the order of the report: `control`, direct edits, the factorial's, the named ones.
    pub(super) fn name_arms(&mut self, context: &Context, axes: &[LaidAxis]) -> Try<Arms> {
        let mut arms = Arms {
            list: vec![Arm {
                name: "control".into(),
                span: context.span,
                content: Content::Nothing,
            }],
            factors: Vec::new(),
        };
        if !context.parts.edits.is_empty() {
            let edits = context
                .parts
                .edits
                .iter()
                .map(|(ordinal, edit)| (identity(*ordinal, 0), (*edit).clone()));
            let span = context.parts.edits[0].1.span;
            arms.list.push(Arm {
                name: "treated".into(),
                span,
                content: Content::Edits(edits.collect()),
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
                arms.list.push(Arm {
                    name: labels.join("+"),
                    span: row.span,
                    content: Content::Factors(bits),
                });
            }
        }
        let mut declared: HashMap<&str, (usize, &Name, &[Step])> = HashMap::new();
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
            let mut edits = Vec::new();
            let mut path = Vec::new();
            if !in_cycles.contains(&name.text) {
                let collected =
                    self.collect_steps(&name.text, name.span, &declared, &mut path, &mut edits);
                failed |= collected.is_err();
                if collected.is_err() {
                    // What leads into a circle is told once for all arms on the way.
                    in_cycles.extend(path);
                }
            }
            arms.list.push(Arm {
                name: name.text.clone(),
                span: name.span,
                content: Content::Edits(edits),
            });
        }
        if failed { Err(Stop) } else { Ok(arms) }
    }

    /// All edits of an arm, those of the arms it is composed of included, each once.
    fn collect_steps(
        &mut self,
        arm: &str,
        place: Span,
        declared: &HashMap<&str, (usize, &Name, &[Step])>,
        path: &mut Vec<String>,
        edits: &mut Vec<(u64, tree::Edit)>,
    ) -> Try<()> {
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
            if arm == "control" {
                return Ok(());
            }
            let diagnostic =
                Diagnostic::error(Code::UnknownName, format!("there is no arm `{arm}`"))
                    .at(place, "unknown arm");
            return self.fail(
                match gia_base::diag::closest(arm, declared.keys().copied()) {
                    Some(close) => diagnostic.did_you_mean(close),
                    None => diagnostic,
                },
            );
        };
        path.push(arm.to_string());
        for (i, step) in steps.iter().enumerate() {
            match step {
                Step::Edit(edit) => {
                    let id = identity(*ordinal, i);
                    if edits.iter().all(|(known, _)| *known != id) {
                        edits.push((id, edit.clone()));
                    }
                }
                Step::Arm(name) => {
                    self.collect_steps(&name.text, name.span, declared, path, edits)?
                }
            }
        }
        path.pop();
        Ok(())
    }

    /// Labels of a factorial's parts; they are the same at every grid point, so the first one tells.
    fn factor_labels(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        row: &Expr,
    ) -> Try<Vec<String>> {
        let scope = self.point_scope(context, axes, &vec![0; axes.len()])?;
        let construct = self.construct(row, &scope)?;
        let mut labels: Vec<String> = Vec::new();
        for part in &construct.parts {
            let Piece::Motif(motif) = &part.piece else {
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
        if labels.len() < 2 || labels.len() > MOST_FACTORS {
            return self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!(
                        "a factorial has 2 to {MOST_FACTORS} motifs, not {}",
                        labels.len()
                    ),
                )
                .at(row.span, "here"),
            );
        }
        Ok(labels)
    }

    pub(super) fn construct(&mut self, expr: &Expr, scope: &Rc<Scope>) -> Try<Arc<Construct>> {
        let value = self.eval_as(expr, &Type::Construct, scope)?;
        value.as_construct().ok_or(Stop)
    }
}

/// Identity of an embedding within its experiment, with room for the parts of its construct.
pub(super) fn identity(statement: usize, step: usize) -> u64 {
    ((statement as u64) << 40) | ((step as u64) << 20)
}
