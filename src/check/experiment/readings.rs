//! What the name of an arm means in a formula.
//!
//! The rule: the name of an arm is the arm, in a `contrast` and in an `expect`; alone on a side of a claim it is the
//! contrast that is named after it. Where reading it so would give another number than the effect does, and no
//! `control` beside it shows that arms are meant, it is an error that tells how to write either. `arm(NAME)` is
//! always the arm.

use std::rc::Rc;

use super::{Checker, EvalResult};
use crate::free_vars;
use crate::scope::Scope;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::{Arithmetic, Contrast, Formula};
use gia_syntax::tree::{Expr, ExprKind};

/// Sums of weights below this are rounding.
const ROUNDING: f64 = 1e-9;

/// How a formula weighs the arms.
#[derive(Clone, Copy)]
struct Balance {
    /// How much the value rises when the outcome under every arm rises by one.
    sum: f64,
    /// Whether some arm is added, and whether some is subtracted.
    adds: bool,
    subtracts: bool,
}

impl Balance {
    fn scaled(self, by: f64) -> Balance {
        let turned = by < 0.0;
        Balance {
            sum: self.sum * by,
            adds: if turned { self.subtracts } else { self.adds },
            subtracts: if turned { self.adds } else { self.subtracts },
        }
    }

    fn is_zero(self) -> bool {
        self.sum.abs() < ROUNDING
    }
}

/// The weights of a formula, where it is a sum over arms or made of differences between arms.
fn balance(formula: &Formula<usize>) -> Option<Balance> {
    let of_differences = |parts: &[&Formula<usize>]| {
        let all = parts
            .iter()
            .all(|part| balance(part).is_some_and(Balance::is_zero));
        all.then_some(Balance {
            sum: 0.0,
            adds: true,
            subtracts: true,
        })
    };
    match formula {
        Formula::Leaf(_) => Some(Balance {
            sum: 1.0,
            adds: true,
            subtracts: false,
        }),
        Formula::Constant(_) => Some(Balance {
            sum: 0.0,
            adds: false,
            subtracts: false,
        }),
        Formula::Negate(a) => Some(balance(a)?.scaled(-1.0)),
        Formula::Overall(a) => balance(a),
        Formula::Binary(op @ (Arithmetic::Add | Arithmetic::Subtract), a, b) => {
            let sign = if *op == Arithmetic::Add { 1.0 } else { -1.0 };
            let (a, b) = (balance(a)?, balance(b)?.scaled(sign));
            Some(Balance {
                sum: a.sum + b.sum,
                adds: a.adds || b.adds,
                subtracts: a.subtracts || b.subtracts,
            })
        }
        Formula::Binary(Arithmetic::Multiply, a, b) => match (a.constant(), b.constant()) {
            (Some(factor), _) => Some(balance(b)?.scaled(factor)),
            (_, Some(factor)) => Some(balance(a)?.scaled(factor)),
            _ => of_differences(&[a, b]),
        },
        Formula::Binary(Arithmetic::Divide, a, b) => match b.constant() {
            Some(divisor) => Some(balance(a)?.scaled(1.0 / divisor)),
            None => of_differences(&[a, b]),
        },
        Formula::Binary(Arithmetic::Power | Arithmetic::Max | Arithmetic::Min, a, b) => {
            of_differences(&[a, b])
        }
        Formula::Call(_, a) => of_differences(&[a]),
        // Of tracks, which no formula over arms holds.
        Formula::Fold(_) => None,
        Formula::Reduce(_, of) => of_differences(&of.iter().collect::<Vec<_>>()),
    }
}

/// Whether a formula depends on differences between arms alone, so that a level common to all is no part of it.
fn is_balanced(formula: &Formula<usize>) -> bool {
    balance(formula).is_some_and(Balance::is_zero)
}

/// The arms that a formula looks at, each once.
fn arms_of(formula: &Formula<usize>) -> Vec<usize> {
    let mut arms = Vec::new();
    formula.leaves(&mut |arm| {
        if !arms.contains(&arm) {
            arms.push(arm);
        }
    });
    arms
}

/// A name without brackets, calls and arithmetic around it; `effect.dnase` is one too.
fn lone_name(side: &Expr) -> Option<Span> {
    match &side.kind {
        ExprKind::Name(_) => Some(side.span),
        ExprKind::Field { base, .. } => lone_name(base),
        _ => None,
    }
}

fn names_control(bare: &[(String, Span)]) -> bool {
    bare.iter().any(|(name, _)| name == "control")
}

impl Checker<'_> {
    /// Names of arms that stand in an expression outside of `arm(...)`, in the order of the text.
    fn bare_arms(&self, expr: &Expr) -> Vec<(String, Span)> {
        let mut found = Vec::new();
        free_vars::visit_names_outside_calls(&["arm", "interaction"], expr, &mut |name, span| {
            if self.arm_names().iter().any(|arm| arm == name) {
                found.push((name.to_string(), span));
            }
        });
        found
    }

    /// The names that a claim is to be worked out with: those of contrasts, and of arms where it compares arms.
    pub(super) fn names_of_claim(
        &mut self,
        claim: &Expr,
        sides: [&Expr; 2],
        contrasts: &[Contrast],
        around: &Rc<Scope>,
    ) -> EvalResult<Rc<Scope>> {
        let of_contrasts = Scope::child(around);
        for contrast in contrasts {
            let value = Value::of_arms(contrast.formula.clone());
            of_contrasts.bind(&contrast.name, value, Some(contrast.span));
        }
        let bare = self.bare_arms(claim);
        if bare.is_empty() {
            return Ok(of_contrasts);
        }
        let of_arms = Scope::child(&of_contrasts);
        for (i, arm) in self.arm_names().iter().enumerate() {
            of_arms.bind(arm, Value::of_arms(Formula::Leaf(i)), None);
        }
        let [left, right] = sides.map(|side| self.eval(side, &of_arms));
        let whole = match (left?, right?) {
            (Value::Contrast(a), Value::Contrast(b)) => Formula::Binary(
                Arithmetic::Subtract,
                Box::new(a.formula.clone()),
                Box::new(b.formula.clone()),
            ),
            (Value::Contrast(one), _) | (_, Value::Contrast(one)) => one.formula.clone(),
            // Not a claim, which is said elsewhere.
            _ => return Ok(of_arms),
        };
        if is_balanced(&whole) {
            return Ok(of_arms);
        }
        let is_contrast = |name: &str| contrasts.iter().any(|c| c.name == name);
        let mut ambiguous: Vec<(String, Span)> = bare
            .iter()
            .filter(|(name, _)| is_contrast(name))
            .cloned()
            .collect();
        let lone: Vec<Span> = sides.into_iter().filter_map(lone_name).collect();
        let stands_alone = |(_, span): &(String, Span)| lone.contains(span);
        // Whoever writes `control` beside a name computes with arms.
        if !ambiguous.iter().any(stands_alone) && (ambiguous.is_empty() || names_control(&bare)) {
            if arms_of(&whole).len() < 2 {
                return self.refuse_lone_arm(&bare[0], contrasts);
            }
            self.warn_of_unbalanced("this claim", &whole, claim.span);
            return Ok(of_arms);
        }
        if ambiguous.len() == bare.len() && bare.iter().all(stands_alone) {
            return Ok(of_contrasts);
        }
        if names_control(&bare) {
            ambiguous.retain(stands_alone);
        }
        self.refuse_ambiguous(&ambiguous, claim)
    }

    /// In a `contrast`, where the names of arms are arms: what is read otherwise in the claims of the experiment.
    pub(super) fn check_contrast(
        &mut self,
        name: &str,
        expr: &Expr,
        formula: &Formula<usize>,
        contrasts: &[Contrast],
    ) -> EvalResult<()> {
        if is_balanced(formula) {
            return Ok(());
        }
        let mut ambiguous = self.bare_arms(expr);
        let with_control = names_control(&ambiguous);
        ambiguous.retain(|(name, _)| contrasts.iter().any(|c| c.name == *name));
        if !ambiguous.is_empty() && !with_control {
            return self.refuse_ambiguous(&ambiguous, expr);
        }
        self.warn_of_unbalanced(&format!("`{name}`"), formula, expr.span);
        Ok(())
    }

    fn refuse_ambiguous<T>(&mut self, ambiguous: &[(String, Span)], expr: &Expr) -> EvalResult<T> {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in ambiguous {
            if !names.contains(&format!("`{name}`")) {
                names.push(format!("`{name}`"));
            }
        }
        let (subject, its) = match names.as_slice() {
            [head @ .., last] if !head.is_empty() => {
                (format!("{} and {last} may each", head.join(", ")), "their")
            }
            _ => (format!("{} may", names.concat()), "its"),
        };
        let its = if its == "its" {
            ("its effect", "the arm itself")
        } else {
            ("their effects", "the arms themselves")
        };
        let mut diagnostic = Diagnostic::error(
            Code::AmbiguousName,
            format!("{subject} mean the arm or its effect here, and the numbers differ"),
        );
        for (name, span) in ambiguous {
            diagnostic = diagnostic.at(*span, format!("the arm, or `{name} - control`?"));
        }
        let effects = self.rewritten(expr, ambiguous, &|name| format!("({name} - control)"));
        let arms = self.rewritten(expr, ambiguous, &|name| format!("arm({name})"));
        self.fail(
            diagnostic
                .suggest(
                    format!("for {} write `{effects}`", its.0),
                    [(expr.span, effects)],
                )
                .suggest(format!("for {} `{arms}`", its.1), [(expr.span, arms)]),
        )
    }

    /// The text of an expression with some of its names written differently.
    fn rewritten(
        &self,
        expr: &Expr,
        names: &[(String, Span)],
        write: &dyn Fn(&str) -> String,
    ) -> String {
        let text = self.sources.slice(expr.span);
        let mut out = String::new();
        let mut done = 0;
        for (name, span) in names {
            let start = (span.start - expr.span.start) as usize;
            out.push_str(text.get(done..start).unwrap_or_default());
            out.push_str(&write(name));
            done = start + name.len();
        }
        out.push_str(text.get(done..).unwrap_or_default());
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn refuse_lone_arm<T>(
        &mut self,
        (name, span): &(String, Span),
        contrasts: &[Contrast],
    ) -> EvalResult<T> {
        let arm = self.arm_names().iter().position(|arm| arm == name);
        let effect = contrasts.iter().find(|contrast| match &contrast.formula {
            Formula::Binary(Arithmetic::Subtract, a, b) => {
                **b == Formula::Leaf(0) && Some(&**a) == arm.map(Formula::Leaf).as_ref()
            }
            _ => false,
        });
        let diagnostic = Diagnostic::error(
            Code::TypeMismatch,
            format!("`{name}` is an arm, and a claim is about what is compared"),
        )
        .at(*span, "an arm");
        let level = format!("arm({name})");
        self.fail(match effect {
            Some(contrast) => diagnostic.suggest_here(
                format!("its effect is the contrast `{}`", contrast.name),
                contrast.name.clone(),
            ),
            None if arm == Some(0) => {
                diagnostic.suggest_here(format!("write `{level}` for its own level"), level)
            }
            None => diagnostic
                .suggest_here(
                    format!("write `{name} - control` for its effect"),
                    format!("{name} - control"),
                )
                .suggest_here(format!("or `{level}` for its own level"), level),
        })
    }

    /// Arms that are added and subtracted, but not as often the one as the other: most often a forgotten control.
    fn warn_of_unbalanced(&mut self, what: &str, formula: &Formula<usize>, place: Span) {
        let Some(balance) = balance(formula) else {
            return;
        };
        if balance.is_zero() || !balance.adds || !balance.subtracts {
            return;
        }
        let sum = (balance.sum * 1e6).round() / 1e6;
        let sign = if sum < 0.0 { "+" } else { "-" };
        let missing = if sum.abs() == 1.0 {
            format!("{sign} control")
        } else {
            format!("{sign} {} * control", sum.abs())
        };
        self.sink.push(
            Diagnostic::warning(
                Code::UnbalancedContrast,
                format!("the weights of the arms in {what} sum to {sum}, not to 0"),
            )
            .at(place, "holds a share of the control's own level")
            .help(format!("a comparison of arms would end with `{missing}`")),
        );
    }
}
