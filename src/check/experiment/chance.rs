//! Chance occurrences of motifs in a null model.

use std::sync::Arc;

use super::{Checker, Context};
use crate::free_vars;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::Point;
use gia_domain::{Motif, Population, expected_occurrences};
use gia_syntax::tree::Expr;

/// Minimum expected number of occurrences in one background for a warning.
const MIN_EXPECTED_OCCURRENCES: f64 = 0.5;

/// Decimals of a number that an error of this size leaves, at most two.
fn decimals(error: f64) -> i32 {
    (-error.log10().floor() as i32).clamp(0, 2)
}

fn rounded(number: f64, places: i32) -> f64 {
    let unit = 10f64.powi(places);
    (number * unit).round() / unit
}

impl Checker<'_> {
    /// A warning for each motif that is embedded at every grid point and occurs often in the null model.
    pub(super) fn warn_of_chance(
        &mut self,
        context: &Context,
        points: &[Point],
        motifs: &[(Arc<Motif>, Span)],
    ) {
        let Some(Point { population, .. }) = points.first() else {
            return;
        };
        let varies = |expr: &Expr| free_vars::mentions_any(expr, &context.varying);
        let source = context.parts.background;
        if !matches!(**population, Population::Null(_)) || source.is_some_and(varies) {
            return;
        }
        for (motif, place) in motifs {
            let Some(expected) = expected_occurrences(population, motif) else {
                continue;
            };
            if expected.mean >= MIN_EXPECTED_OCCURRENCES {
                // Of an estimate the digits that its error leaves.
                let places = match expected.error {
                    None => 2,
                    Some(error) => decimals(error),
                };
                let about = if expected.error.is_some() {
                    "about "
                } else {
                    ""
                };
                let expected = rounded(expected.mean, places);
                self.sink.push(
                    Diagnostic::warning(
                        Code::MotifByChance,
                        format!(
                            "a background holds `{}` {about}{expected} times by chance, before it is written",
                            motif.name
                        ),
                    )
                    .at(*place, "embedded here")
                    .help("`without(NULL, MOTIF)` draws backgrounds that do not hold it"),
                );
            }
        }
    }
}
