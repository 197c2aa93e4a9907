//! What a claim is about, of a contrast: its mean, a quantile, the share of backgrounds above zero, or the mean over networks.

use std::rc::Rc;

use super::beyond::ClaimedPoints;
use super::claims::Sides;
use super::curves;
use super::{Checker, EvalResult};
use crate::scope::Scope;
use gia_base::diag::{Code, Diagnostic};
use gia_design::{ClaimKind, Contrast, Point, Quantile, Summary, count_members};
use gia_syntax::tree::{Expect, Expr, ExprKind};

/// The word for the share of backgrounds above zero, as in `report`.
const SHARE: &str = "share";

/// The words that are called in a claim, and are no functions: of curves and of quantities.
pub fn words_of_claims() -> impl Iterator<Item = &'static str> {
    let quantiles = Quantile::ALL.into_iter().map(Quantile::word);
    curves::WORDS.into_iter().chain(quantiles).chain([SHARE])
}

/// The quantity of a contrast that a claim compares with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Mean,
    Quantile(Quantile),
    /// The share of backgrounds in which the contrast is above zero.
    Share,
}

impl Quantity {
    pub(super) fn kind(self) -> ClaimKind {
        match self {
            Quantity::Mean => ClaimKind::Level,
            Quantity::Quantile(quantile) => ClaimKind::Quantile(quantile),
            Quantity::Share => ClaimKind::Share,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Quantity::Mean => "mean",
            Quantity::Quantile(quantile) => quantile.word(),
            Quantity::Share => SHARE,
        }
    }

    fn of_word(word: &str) -> Option<Quantity> {
        let quantile = Quantile::ALL.into_iter().find(|of| of.word() == word);
        let share = (word == SHARE).then_some(Quantity::Share);
        quantile.map(Quantity::Quantile).or(share)
    }
}

impl Checker<'_> {
    /// `median(x)` as `x` and the median; any other expression as itself and the mean.
    pub(super) fn quantity<'t>(
        &mut self,
        scope: &Rc<Scope>,
        expr: &'t Expr,
    ) -> EvalResult<(&'t Expr, Quantity)> {
        let mean = Ok((expr, Quantity::Mean));
        let ExprKind::Call {
            function,
            arguments,
        } = &expr.kind
        else {
            return mean;
        };
        let ExprKind::Name(word) = &function.kind else {
            return mean;
        };
        // A function of the script goes before the word.
        let declared = scope.get(word).and_then(|binding| binding.span);
        if declared.is_some_and(|span| !self.sources.get(span.source).name.starts_with("<stdlib")) {
            return mean;
        }
        let only = match arguments.as_slice() {
            [argument] if argument.name.is_none() => Some(&argument.value),
            _ => None,
        };
        match (Quantity::of_word(word), only) {
            (Some(quantity), Some(of)) => Ok((of, quantity)),
            (Some(quantity), None) => {
                let word = quantity.word();
                self.fail(
                    Diagnostic::error(Code::TypeMismatch, format!("`{word}` is of one contrast"))
                        .at(expr.span, "here")
                        .help(format!("for example `expect {word}(effect) > 0.5`")),
                )
            }
            (None, Some(of)) if word == "mean" => {
                let plain = self.text_of(of.span);
                self.fail(
                    Diagnostic::error(Code::TypeMismatch, "a claim is about the mean as it is")
                        .at(expr.span, "here")
                        .suggest_here(format!("write `{plain}`"), plain),
                )
            }
            (None, Some(of)) if Summary::ALL.iter().any(|summary| summary.word() == word) => {
                let of = self.text_of(of.span);
                let words = Quantile::ALL.map(|quantile| format!("`{}({of})`", quantile.word()));
                self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        format!("`{word}` can be reported and not claimed"),
                    )
                    .at(expr.span, "no quantity of a claim")
                    .help(format!(
                        "a claim is about the mean `{of}`, {}, or `share({of})`, the share of backgrounds above zero",
                        words.join(", ")
                    )),
                )
            }
            (None, _) => mean,
        }
    }

    /// Whether an expression is a quantile or a share in a claim, as `median(effect)` is.
    pub(super) fn is_quantity(&self, scope: &Rc<Scope>, expr: &Expr) -> bool {
        let ExprKind::Call { function, .. } = &expr.kind else {
            return false;
        };
        let ExprKind::Name(word) = &function.kind else {
            return false;
        };
        Quantity::of_word(word).is_some() && scope.get(word).is_none()
    }

    /// Refuses thresholds that make no sense for what is claimed.
    pub(super) fn check_thresholds(&mut self, sides: &Sides, thresholds: &[f64]) -> EvalResult<()> {
        let Some(threshold) = sides.threshold else {
            return Ok(());
        };
        if sides.quantity == Quantity::Share
            && let Some(outside) = thresholds.iter().find(|t| !(0.0..=1.0).contains(*t))
        {
            let diagnostic = Diagnostic::error(
                Code::OutOfRange,
                format!("a share lies between 0 and 1, not at {outside}"),
            )
            .at(threshold.span, "here");
            return self.fail(match *outside > 1.0 && *outside <= 100.0 {
                true => {
                    diagnostic.suggest_here(format!("write `{outside}%`"), format!("{outside}%"))
                }
                false => diagnostic,
            });
        }
        if sides.magnitude
            && let Some(negative) = thresholds.iter().find(|t| **t <= 0.0)
        {
            return self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!("a size is compared with a positive number, not {negative}"),
                )
                .at(threshold.span, "here"),
            );
        }
        Ok(())
    }

    /// Refuses the comparison of two contrasts whose means are not what is compared.
    pub(super) fn refuse_two_quantities<T>(
        &mut self,
        claim: &Expr,
        [left, right]: [&Expr; 2],
        quantities: [Quantity; 2],
    ) -> EvalResult<T> {
        let quantity = quantities.into_iter().find(|q| *q != Quantity::Mean);
        let word = quantity.map_or("median", Quantity::word);
        let [a, b] = [left, right].map(|side| self.text_of(side.span));
        let number = if quantity == Some(Quantity::Share) {
            "0.5"
        } else {
            "0"
        };
        let instead = format!("{word}({a} - {b}) > {number}");
        self.fail(
            Diagnostic::error(
                Code::TypeMismatch,
                format!("`{word}` is compared with a number, and here with a contrast"),
            )
            .at(claim.span, "here")
            .help(format!(
                "a related claim is that of the differences of single backgrounds: `expect {instead}`"
            )),
        )
    }

    /// Refuses a quantile or a share of a contrast that no single background has.
    pub(super) fn refuse_quantity_of_means(
        &mut self,
        contrast: &Contrast,
        quantity: Quantity,
        expect: &Expect,
    ) -> EvalResult<()> {
        if contrast.formula.overall().is_empty() {
            return Ok(());
        }
        self.fail(
            Diagnostic::error(
                Code::ContrastOfMeans,
                format!(
                    "`{}` is of numbers that each background has, and `{}` compares means over all of them",
                    quantity.word(),
                    contrast.name
                ),
            )
            .at(expect.claim.span, "here")
            .help("claim it without `overall`, or claim the contrast of means itself"),
        )
    }

    /// The kind of a claim `across models`, whose outcome must be of an ensemble wherever it is claimed.
    pub(super) fn across_models(
        &mut self,
        kind: ClaimKind,
        of: &ClaimedPoints,
        outcome: usize,
        expect: &Expect,
    ) -> EvalResult<ClaimKind> {
        match kind {
            ClaimKind::Level => {}
            ClaimKind::Quantile(_)
            | ClaimKind::Share
            | ClaimKind::AcrossModels
            | ClaimKind::SingleValue
            | ClaimKind::Beyond { .. }
            | ClaimKind::Steps { .. }
            | ClaimKind::Peak { .. }
            | ClaimKind::Periodic { .. } => {
                return self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        "`across models` is for claims about means, such as `effect > 0`",
                    )
                    .at(expect.claim.span, "about something else"),
                );
            }
        }
        if of.is_of_ensemble {
            return Ok(ClaimKind::AcrossModels);
        }
        let name = self.outcome_names()[outcome].clone();
        self.fail(
            Diagnostic::error(
                Code::TypeMismatch,
                format!("`{name}` is the answer of one network, so there are no models to claim it across"),
            )
            .at(expect.claim.span, "claimed across models")
            .help("measure an ensemble: `model nets = ensemble(a, b, c)`"),
        )
    }
    /// Whether an outcome is the answer of an ensemble at these points.
    pub(super) fn is_of_ensemble(&self, points: &[Point], held: &[usize], outcome: usize) -> bool {
        held.iter()
            .all(|&point| count_members(&points[point].outcomes[outcome], &self.models).is_some())
    }
}
