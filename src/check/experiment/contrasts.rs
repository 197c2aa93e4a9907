//! Contrasts: written ones, a factorial's effects and interactions, or each arm against the control.

use super::arms::Arms;
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::scope::Scope;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic};
use gia_design::{Arithmetic, Contrast, Formula};

impl Checker<'_> {
    pub(super) fn contrasts(
        &mut self,
        context: &Context,
        arms: &Arms,
    ) -> EvalResult<Vec<Contrast>> {
        let mut contrasts: Vec<Contrast> = Vec::new();
        self.factorial_contrasts(context, arms, &mut contrasts);
        let scope = Scope::child(&context.scope);
        for (i, arm) in arms.list.iter().enumerate() {
            scope.bind(&arm.name, Value::of_arms(Formula::Leaf(i)), Some(arm.span));
        }
        let mut failed = false;
        for (name, expr) in &context.parts.contrasts {
            if let Some(first) = contrasts.iter().find(|known| known.name == name.text) {
                self.sink.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("two contrasts are called `{}`", name.text),
                    )
                    .at(name.span, "again here")
                    .at(first.span, "first here"),
                );
                failed = true;
                continue;
            }
            if let Some(arm) = arms.list.iter().find(|arm| arm.name == name.text) {
                self.sink.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("`{}` is the name of an arm and of a contrast", name.text),
                    )
                    .at(name.span, "a contrast")
                    .at_if(name.text != "control", arm.span, "an arm")
                    .suggest_here(
                        format!("call the contrast `{}_effect`", name.text),
                        format!("{}_effect", name.text),
                    ),
                );
                failed = true;
                continue;
            }
            match self.eval(expr, &scope) {
                Ok(Value::Contrast(value)) if value.outcome.is_none() => {
                    failed |= self
                        .check_contrast(&name.text, expr, &value.formula, &contrasts)
                        .is_err();
                    let formula = Value::of_arms(value.formula.clone());
                    scope.bind(&name.text, formula, Some(name.span));
                    contrasts.push(Contrast {
                        name: name.text.clone(),
                        formula: value.formula.clone(),
                        span: name.span,
                    });
                }
                Ok(Value::Contrast(_)) => {
                    failed = true;
                    self.sink.push(
                        Diagnostic::error(
                            Code::OutcomeInContrast,
                            "a contrast is made for every outcome",
                        )
                        .at(expr.span, "names one outcome")
                        .help("name the outcome where it is claimed: `expect effect.NAME > 0`"),
                    );
                }
                Ok(other) => {
                    failed = true;
                    self.sink.push(
                        Diagnostic::error(
                            Code::TypeMismatch,
                            format!("a contrast compares arms, found {}", other.kind()),
                        )
                        .at(expr.span, "here"),
                    );
                }
                Err(ErrorReported) => failed = true,
            }
        }
        if failed {
            return Err(ErrorReported);
        }
        if contrasts.is_empty() {
            contrasts = default_contrasts(arms);
        }
        Ok(contrasts)
    }

    /// Every main effect and every interaction, against the arm with none of the parts.
    fn factorial_contrasts(
        &mut self,
        context: &Context,
        arms: &Arms,
        contrasts: &mut Vec<Contrast>,
    ) {
        let Some((_, row, _)) = context.parts.factorial else {
            return;
        };
        let k = arms.factors.len();
        let mut subsets: Vec<u32> = (1..1u32 << k).collect();
        subsets.sort_by_key(|bits| (bits.count_ones(), bits.reverse_bits().wrapping_neg()));
        for bits in subsets {
            let labels: Vec<String> = (0..k)
                .filter(|i| bits >> i & 1 == 1)
                .map(|i| arms.factors[i].clone())
                .collect();
            let formula = interaction(arms, bits);
            let name = if labels.len() == 1 {
                labels[0].clone()
            } else {
                let interactions = &mut self.scope_mut().interactions;
                interactions.push((labels.clone(), formula.clone()));
                format!("interaction({})", labels.join(", "))
            };
            contrasts.push(Contrast {
                name,
                formula,
                span: row.span,
            });
        }
    }
}

/// What the parts in `bits` do together beyond what all smaller groups of them do: the sum over their subsets S of
/// the arm with S, signed by how many parts S lacks (Möbius inversion over the subset lattice).
fn interaction(arms: &Arms, bits: u32) -> Formula<usize> {
    let mut terms: Vec<(bool, usize)> = Vec::new();
    let mut subset = bits;
    loop {
        if let Some(arm) = arms.with_factors(subset) {
            let missing = (bits & !subset).count_ones();
            terms.push((missing.is_multiple_of(2), arm));
        }
        if subset == 0 {
            break;
        }
        subset = (subset - 1) & bits;
    }
    // The largest subset comes first and is positive.
    let mut formula = Formula::Leaf(terms[0].1);
    for (positive, arm) in &terms[1..] {
        let op = if *positive {
            Arithmetic::Add
        } else {
            Arithmetic::Subtract
        };
        formula = Formula::Binary(op, Box::new(formula), Box::new(Formula::Leaf(*arm)));
    }
    formula
}

fn default_contrasts(arms: &Arms) -> Vec<Contrast> {
    arms.list
        .iter()
        .enumerate()
        .skip(1)
        .map(|(i, arm)| Contrast {
            name: if arm.name == "treated" {
                "effect".to_string()
            } else {
                arm.name.clone()
            },
            formula: Formula::Binary(
                Arithmetic::Subtract,
                Box::new(Formula::Leaf(i)),
                Box::new(Formula::Leaf(0)),
            ),
            span: arm.span,
        })
        .collect()
}
