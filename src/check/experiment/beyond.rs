//! `beyond POPULATION`: sequences in which the same edits give the effects that an effect is ranked among, and claims about one sequence.

use super::axes::LaidAxis;
use super::{Checker, Context, EvalResult};
use crate::ErrorReported;
use crate::types::Type;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, pluralize};
use gia_base::source::Span;
use gia_design::{ClaimKind, Contrast, NullBackgrounds, NullEffects, Point};
use gia_domain::{Edit, Population};
use gia_syntax::tree::{Expect, Expr};

/// Number of shuffles that a mended claim suggests.
const SUGGESTED_NULLS: usize = 200;

/// What a claim that stands `beyond` something, or is about one sequence, is said of.
pub(super) struct ClaimedPoints<'c> {
    pub points: &'c [Point],
    /// Indices of the points where it is claimed.
    pub held: &'c [usize],
    /// What it is compared with at each of them.
    pub thresholds: &'c [f64],
    /// Whether the author wrote a number that it is compared with.
    pub has_threshold: bool,
    pub contrast: &'c Contrast,
    pub level: f64,
}

impl Checker<'_> {
    /// The null effects that `beyond` asks for, as an index into those of the experiment.
    pub(super) fn null_effects(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        beyond: &Expr,
        known: &mut Vec<NullEffects>,
    ) -> EvalResult<usize> {
        if let Some(size) = context.parts.sample
            && let gia_syntax::tree::SampleSize::Until { most, .. } = size
        {
            return self.fail(
                Diagnostic::error(
                    Code::VariableSampleSize,
                    "effects are ranked among others once, at a number of backgrounds that is fixed beforehand",
                )
                .at(most.span, "depends on what is found")
                .at(beyond.span, "ranked among these")
                .help("draw a fixed number: `sample 1000`"),
            );
        }
        let mut found = Vec::with_capacity(points.len());
        for point in points {
            let scope = self.point_scope(context, axes, &point.at)?;
            let (population, count) = match self.eval_as(beyond, &Type::Population, &scope)? {
                Value::First { of, count } => (of, Some(count)),
                Value::Population(population) => {
                    let size = population.size();
                    (population, size)
                }
                _ => return Err(ErrorReported),
            };
            let Some(count) = count else {
                let written = self.text_of(beyond.span);
                let mended = format!("{written} first {SUGGESTED_NULLS}");
                return self.fail(
                    Diagnostic::error(
                        Code::MissingPart,
                        "a null model has no end: say how many backgrounds to compare with",
                    )
                    .at(beyond.span, "a null model")
                    .suggest_here(format!("write `{mended}`"), mended),
                );
            };
            self.refuse_unlike_null(point, &population, beyond.span)?;
            if count < point.count {
                return self.fail(
                    Diagnostic::error(
                        Code::TooFewBackgrounds,
                        format!(
                            "{} cannot be compared with those of {}",
                            pluralize(count, "background"),
                            pluralize(point.count, "sequence"),
                        ),
                    )
                    .at(beyond.span, "fewer than the backgrounds"),
                );
            }
            found.push(NullBackgrounds { population, count });
        }
        let null = NullEffects {
            text: self.text_of(beyond.span),
            span: beyond.span,
            points: found,
        };
        if let Some(index) = known.iter().position(|other| other.is_same_as(&null)) {
            return Ok(index);
        }
        known.push(null);
        Ok(known.len() - 1)
    }

    /// Refuses null backgrounds in which the edits of a grid point cannot be made.
    fn refuse_unlike_null(
        &mut self,
        point: &Point,
        null: &Population,
        span: Span,
    ) -> EvalResult<()> {
        let of = &point.population;
        if null.length() != of.length() {
            let (given, wanted) = (null.length(), of.length());
            return self.fail(
                Diagnostic::error(
                    Code::LengthMismatch,
                    format!("these sequences have {given} bp, the backgrounds {wanted} bp"),
                )
                .at(span, format!("{given} bp")),
            );
        }
        if null.alphabet() != of.alphabet() {
            let (given, wanted) = (null.alphabet().name(), of.alphabet().name());
            return self.fail(
                Diagnostic::error(
                    Code::AlphabetMismatch,
                    format!("these sequences are {given}, the backgrounds {wanted}"),
                )
                .at(span, given),
            );
        }
        let mut edits = point.arms.iter().flat_map(|edits| edits.iter());
        if edits.any(|edit| matches!(edit, Edit::Allele)) && !null.carries_variants() {
            return self.fail(
                Diagnostic::error(Code::NoVariant, "these sequences carry no variant")
                    .at(span, "nothing to apply")
                    .help("shuffles of the windows carry their variants: `shuffled(WINDOWS, preserving: 2)`"),
            );
        }
        Ok(())
    }

    /// The kind of a claim `beyond` some null effects.
    pub(super) fn beyond(
        &mut self,
        kind: &ClaimKind,
        null: (usize, &NullEffects),
        of: &ClaimedPoints,
        expect: &Expect,
        beyond: &Expr,
    ) -> EvalResult<ClaimKind> {
        if *kind != ClaimKind::Level || expect.across_models {
            return self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "`beyond` is for claims about effects themselves, such as `effect > 0`",
                )
                .at(expect.claim.span, "about something else"),
            );
        }
        if !of.contrast.formula.overall().is_empty() {
            return self.fail(
                Diagnostic::error(
                    Code::ContrastOfMeans,
                    format!(
                        "`{}` compares means over all backgrounds, so there is no effect of each to rank it among",
                        of.contrast.name
                    ),
                )
                .at(expect.claim.span, "here"),
            );
        }
        let (index, effects) = null;
        let rate = (1.0 - of.level) / 2.0;
        for &held in of.held {
            let (count, each) = (effects.points[held].count, of.points[held].count);
            let ranks = count / each;
            // An exact p is at least 1 / (ranks + 1).
            let needed = (1.0 / rate).ceil() as usize - 1;
            if ranks < needed {
                let smallest = gia_base::diag::count(ranks);
                let message = format!(
                    "{smallest} null effects cannot support a claim at this level: {} or more can",
                    gia_base::diag::count(needed)
                );
                let help = format!(
                    "compare with more: `first {}`",
                    SUGGESTED_NULLS.max(needed) * each
                );
                return self.fail(
                    Diagnostic::error(Code::TooFewBackgrounds, message)
                        .at(beyond.span, "too few")
                        .help(help),
                );
            }
        }
        Ok(ClaimKind::Beyond { null: index })
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
            return Ok(kind);
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
        let claim = self.text_of(expect.claim.span);
        let source = background.map_or_else(String::new, |it| self.text_of(it.span));
        let is_short = !source.contains(['\n']) && source.len() <= 40 && !source.is_empty();
        let source = if is_short { source } else { "SEQUENCE".into() };
        let beyond =
            format!("{claim} beyond shuffled({source}, preserving: 2) first {SUGGESTED_NULLS}");
        self.fail(match (is_level, is_short) {
            (true, true) => diagnostic.suggest_here(
                format!("rank it among the same edits in shuffles, `{beyond}`; or claim a size other than 0"),
                beyond,
            ),
            (true, false) => diagnostic.help(format!(
                "rank it among the same edits in shuffles, `{beyond}`; or claim a size other than 0"
            )),
            (false, _) => diagnostic.help("take several sequences, or claim the effect itself"),
        })
    }
}
