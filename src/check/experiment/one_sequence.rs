//! Claims about one sequence: its number is compared with a size, or ranked among those of other sequences.

use super::beyond::{ClaimedPoints, SUGGESTED_NULLS};
use super::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic, pluralize};
use gia_design::{ClaimKind, Point};
use gia_domain::{Edit, Population};
use gia_syntax::tree::{Expect, Expr, ExprKind};
use std::collections::HashSet;
use std::sync::Arc;

impl Checker<'_> {
    /// Refuses a claim about several backgrounds that are all of one source, such as equal records.
    fn refuse_one_source(
        &mut self,
        of: &ClaimedPoints,
        background: Option<&Expr>,
        expect: &Expect,
    ) -> EvalResult<()> {
        let mut seen = HashSet::new();
        let populations = of.held.iter().map(|&held| &of.points[held].population);
        let mut different = populations.filter(|population| seen.insert(Arc::as_ptr(population)));
        let Some(found) = different.find(|population| population.is_one_source()) else {
            return Ok(());
        };
        let held = of.held.iter().map(|&held| &of.points[held]);
        let mut of_found = held.filter(|point| Arc::ptr_eq(&point.population, found));
        let count = of_found.next().map_or(0, |point| point.count);
        let message = format!(
            "{} of one source are no replication: they are equal, or overlap in the genome",
            pluralize(count, "background")
        );
        let mut diagnostic = Diagnostic::error(Code::NoReplication, message)
            .at(expect.claim.span, "of one source")
            .help("take one of them, `first 1`, and rank it among its shuffles or claim a size other than 0; or take sequences that are independent");
        if let Some(background) = background {
            diagnostic = diagnostic.at(background.span, "one source");
        }
        self.fail(diagnostic)
    }

    /// The kind of a claim about points with one sequence each: its value is compared with a number. Refuses one that would be about chance.
    pub(super) fn single_value(
        &mut self,
        kind: ClaimKind,
        of: &ClaimedPoints,
        background: Option<&Expr>,
        expect: &Expect,
    ) -> EvalResult<ClaimKind> {
        let is_single = |&point: &usize| of.points[point].count == 1;
        if !of.held.iter().any(is_single) {
            return self
                .refuse_one_source(of, background, expect)
                .map(|()| kind);
        }
        let is_level = kind == ClaimKind::Level;
        let has_margin = of.has_threshold && of.thresholds.iter().all(|x| *x != 0.0);
        if is_level && has_margin && of.held.iter().all(is_single) {
            return Ok(ClaimKind::SingleValue);
        }
        let message = match is_level {
            true => {
                "one sequence is no replication: which side of zero its effect lies on says nothing yet"
            }
            false => "one sequence is no replication, so nothing can be claimed of many",
        };
        let mut diagnostic = Diagnostic::error(Code::NoReplication, message)
            .at(expect.claim.span, "of one sequence");
        if let Some(background) = background {
            diagnostic = diagnostic.at(background.span, "one sequence");
        }
        if !is_level {
            return self
                .fail(diagnostic.help("take several sequences, or claim the effect itself"));
        }
        let claim = self.text_of(expect.claim.span);
        if of.is_of_ensemble {
            let mended = format!("{claim} across models");
            diagnostic = diagnostic.suggest_here(
                format!("take the members of the ensemble as the sample, `{mended}`"),
                mended,
            );
        }
        let population = of.held.first().map(|&held| &*of.points[held].population);
        if !of
            .held
            .iter()
            .all(|&held| can_be_shuffled(&of.points[held]))
        {
            return self.fail(diagnostic.help(
                "claim a size other than 0, such as `effect < -0.5`; or take many such sequences",
            ));
        }
        let beyond = |null: &str| format!("{claim} beyond {null} first {SUGGESTED_NULLS}");
        let shuffles = |of: &str| beyond(&format!("shuffled({of}, preserving: 2)"));
        self.fail(match (population, background) {
            (Some(Population::Null(_)), Some(background)) => {
                let null = match &background.kind {
                    ExprKind::First { of, .. } => self.text_of(of.span),
                    _ => self.text_of(background.span),
                };
                let mended = beyond(&null);
                diagnostic.suggest_here(
                    format!("rank it among other draws, `{mended}`; or claim a size other than 0"),
                    mended,
                )
            }
            // A sample of one: its shuffles are not those of the whole set.
            (Some(Population::Sequences { set, .. }), Some(_)) if set.sequences.len() > 1 => {
                diagnostic.help(format!(
                    "take one by its place, `background SET[0]`, and rank it among its shuffles, `{}`",
                    shuffles("SET[0]")
                ))
            }
            (_, Some(background)) if is_short(&self.text_of(background.span)) => {
                let mended = shuffles(&self.text_of(background.span));
                diagnostic.suggest_here(
                    format!(
                        "rank it among the same edits in shuffles, `{mended}`; or claim a size other than 0"
                    ),
                    mended,
                )
            }
            _ => diagnostic.help(format!(
                "give the sequence a name, `let one = …`, and rank it among the same edits in shuffles, `{}`; or claim a size other than 0",
                shuffles("one")
            )),
        })
    }
}

/// Whether shuffles of the background take the same edits: a haplotype belongs to one window of the genome, and unknown bases of a filled window
/// cannot be shuffled.
fn can_be_shuffled(point: &Point) -> bool {
    let mut edits = point.arms.iter().flat_map(|edits| edits.iter());
    let has_haplotype = edits.any(|edit| matches!(edit, Edit::Haplotype { .. }));
    let is_filled = match &*point.population {
        Population::Sequences { set, .. } => set.filled() > 0,
        Population::Null(_) => false,
    };
    !has_haplotype && !is_filled
}

/// Whether a background's text can stand in a message as it is: on one line, which no terminal breaks.
fn is_short(text: &str) -> bool {
    const MAX_LETTERS: usize = 50;
    text.len() <= MAX_LETTERS && !text.contains('\n')
}
