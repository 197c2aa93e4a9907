//! `beyond POPULATION`: sequences in which the same edits give the effects that an effect is ranked among.

use super::axes::LaidAxis;
use super::{Checker, Context, EvalResult};
use crate::ErrorReported;
use crate::free_vars;
use crate::types::Type;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, pluralize};
use gia_base::source::Span;
use gia_design::{ClaimKind, Contrast, NullBackgrounds, NullEffects, Point};
use gia_domain::{Conditioning, Edit, Null, Origin, Population, with_own_stream};
use gia_syntax::tree::{Expect, Expr};
use std::collections::HashMap;
use std::sync::Arc;

/// Number of shuffles that a mended claim suggests.
pub(super) const SUGGESTED_NULLS: usize = 200;
/// Rounding error of a number of ranks.
const ROUNDING: f64 = 1e-6;

/// Label of the random stream that null effects draw from where the backgrounds of the experiment are drawn as well.
const STREAM: &str = "beyond";

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
    /// Whether the outcome is the answer of an ensemble at each of them.
    pub is_of_ensemble: bool,
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
        let mut others = OtherSequences::default();
        let varies = free_vars::mentions_any(beyond, &context.varying);
        let mut last = None;
        for point in points {
            let (population, asked) = match last.take().filter(|_| !varies) {
                Some(same) => same,
                None => {
                    let scope = self.point_scope(context, axes, &point.at)?;
                    match self.eval_as(beyond, &Type::Population, &scope)? {
                        Value::First { of, count } => (of, Some(count)),
                        Value::Population(population) => {
                            let size = population.size();
                            (population, size)
                        }
                        _ => return Err(ErrorReported),
                    }
                }
            };
            last = Some((population.clone(), asked));
            let Some(asked) = asked else {
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
            let Some(NullBackgrounds { population, count }) =
                others.of(self, point, population, asked, context.settings.seed)
            else {
                return self.refuse_own_sequences(&point.population, beyond.span);
            };
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

    fn refuse_own_sequences<T>(&mut self, own: &Population, span: Span) -> EvalResult<T> {
        let diagnostic = Diagnostic::error(
            Code::TooFewBackgrounds,
            "effects are ranked among those in other sequences, and these are the backgrounds themselves",
        )
        .at(span, "no other sequence");
        self.fail(match own {
            Population::Sequences { .. } => diagnostic.help(
                "rank them among shuffles: `beyond shuffled(SEQUENCES, preserving: 2) first 1000`",
            ),
            Population::Null(_) => {
                diagnostic.help("rank them among the backgrounds of another population")
            }
        })
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
        let edits = || point.arms.iter().flat_map(|edits| edits.iter());
        if edits().any(|edit| matches!(edit, Edit::Haplotype { .. })) {
            return self.fail(
                Diagnostic::error(
                    Code::NoWindow,
                    "a haplotype has alleles in the windows of the backgrounds, so there are no null effects of it in other sequences",
                )
                .at(span, "other sequences")
                .help("compare with a size, `expect effect < -0.5`, or claim it of the mean over several windows"),
            );
        }
        if edits().any(|edit| matches!(edit, Edit::Allele { .. })) && !null.carries_variants() {
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
            let needed = (1.0 / rate - ROUNDING).ceil() as usize - 1;
            if ranks < needed {
                let smallest = gia_base::diag::count(ranks);
                let message = format!(
                    "{smallest} null effects cannot support a claim at this level: {} or more can",
                    gia_base::diag::count(needed)
                );
                let wanted = SUGGESTED_NULLS.max(needed) * each;
                let help = match effects.points[held].population.size() {
                    Some(size) if size < wanted => {
                        "there are no more of these: compare with shuffles, `beyond shuffled(SEQUENCES, preserving: 2) first 200`".to_string()
                    }
                    Some(_) | None => format!("compare with more: `first {wanted}`"),
                };
                return self.fail(
                    Diagnostic::error(Code::TooFewBackgrounds, message)
                        .at(beyond.span, "too few")
                        .help(help),
                );
            }
        }
        Ok(ClaimKind::Beyond { null: index })
    }
}

/// Grid points share populations, by address; so do their null backgrounds.
#[derive(Default)]
struct OtherSequences {
    known: HashMap<(*const Population, *const Population, usize, usize), KnownNull>,
}

/// Null backgrounds with the populations that they were found for, which keeps the addresses of these taken.
struct KnownNull {
    _own: Arc<Population>,
    _asked: Arc<Population>,
    found: Option<NullBackgrounds>,
}

impl OtherSequences {
    /// [`Checker::other_sequences`], found once for the same populations and numbers.
    fn of(
        &mut self,
        checker: &mut Checker,
        point: &Point,
        asked: Arc<Population>,
        count: usize,
        seed: u64,
    ) -> Option<NullBackgrounds> {
        let own = &point.population;
        let key = (Arc::as_ptr(own), Arc::as_ptr(&asked), point.count, count);
        let known = self.known.entry(key).or_insert_with(|| KnownNull {
            _own: own.clone(),
            _asked: asked.clone(),
            found: checker.other_sequences(point, asked, count, seed),
        });
        known.found.clone()
    }
}

impl Checker<'_> {
    /// Null backgrounds that are none of the backgrounds of a grid point: of a null model, draws of a stream of their own; of a set, and of
    /// a set that a network selects from, the sequences that are not among the point's. None if there are none.
    fn other_sequences(
        &mut self,
        point: &Point,
        population: Arc<Population>,
        count: usize,
        seed: u64,
    ) -> Option<NullBackgrounds> {
        let own = &point.population;
        let (population, count) = match (&*population, &**own) {
            // Equal null models draw equal backgrounds.
            (Population::Null(null), Population::Null(_)) => match with_own_stream(null, STREAM) {
                Some(other) => (Arc::new(Population::Null(other)), count),
                None if population.identity() == own.identity() => return None,
                None => (population, count),
            },
            (Population::Null(null), Population::Sequences { .. }) => {
                let others = self.selected_from_others(null, point, seed)?;
                (others.unwrap_or(population), count)
            }
            (Population::Sequences { .. }, Population::Null(_)) => (population, count),
            (Population::Sequences { .. }, Population::Sequences { .. }) => {
                let others = population.head(count)?;
                let others = without_backgrounds(&others, point, seed)?;
                let count = others.size().unwrap_or(count);
                (Arc::new(others), count)
            }
        };
        Some(NullBackgrounds { population, count })
    }

    /// The sequences of a set that a network selects, other than the backgrounds of a grid point: `Some(None)` for a null model whose
    /// sequences are not those of a set, and None if no other sequence is there to select.
    fn selected_from_others(
        &mut self,
        null: &Null,
        point: &Point,
        seed: u64,
    ) -> Option<Option<Arc<Population>>> {
        let Origin::Conditioned(conditioned) = null.origin() else {
            return Some(None);
        };
        // What a walk makes of a sequence is another one.
        let is_selected = conditioned.method == Conditioning::Filtered;
        if !is_selected || !matches!(&*conditioned.source, Population::Sequences { .. }) {
            return Some(None);
        }
        let others = without_backgrounds(&conditioned.source, point, seed)?;
        Some(self.conditioned_from(conditioned, Arc::new(others)))
    }
}

/// The sequences of a set that are none of the backgrounds of a grid point; None if there are none.
fn without_backgrounds(set: &Population, point: &Point, seed: u64) -> Option<Population> {
    let sampler = point.population.sampler(seed);
    let backgrounds = (0..point.count).filter_map(|index| sampler.source(index));
    set.without_sequences(&backgrounds.collect::<Vec<_>>())
}
