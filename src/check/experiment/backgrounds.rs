//! The backgrounds of a trial: where they come from, how many, and whether the models accept them.

use std::rc::Rc;
use std::sync::Arc;

use super::trial::{GridInvariants, Trial};
use super::{Checker, Context, ErrorReported, EvalResult};
use crate::expression::MAX_COUNT;
use crate::free_vars;
use crate::scope::Scope;
use crate::types::Type;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, pluralize};
use gia_base::source::Span;
use gia_design::{Formula, OutputRef, Selection};
use gia_domain::{Conditioned, Conditioning, Order, Origin, Population};
use gia_syntax::tree::SampleSize;

impl Checker<'_> {
    pub(super) fn trial(
        &mut self,
        context: &Context,
        scope: &Rc<Scope>,
        invariants: &mut GridInvariants,
    ) -> EvalResult<Trial> {
        if let Some(trial) = &invariants.trial {
            return Ok(trial.clone());
        }
        let Some(source) = context.parts.background else {
            return Err(ErrorReported);
        };
        let (population, first_count) = match self.eval_as(source, &Type::Population, scope)? {
            Value::Population(population) => (population, None),
            Value::First { of, count } => (of, Some(count)),
            _ => return Err(ErrorReported),
        };
        let sample = context.parts.sample.map(SampleSize::most);
        let sample_count = context
            .parts
            .sample
            .map(|size| self.sample_count(size, &population, source.span, scope))
            .transpose()?;
        let trial = self.choose(context, source.span, population, first_count, sample_count)?;
        if trial.count == 0 {
            let mut left_out = String::new();
            trial.population.visit_record_counts(&mut |intake| {
                left_out += &format!(
                    "; left out of `{}`: {}",
                    intake.path.display(),
                    intake.excluded.words()
                );
            });
            return self.fail(
                Diagnostic::error(
                    Code::TooFewBackgrounds,
                    format!("no background is left{left_out}"),
                )
                .at(sample.unwrap_or(source).span, "here"),
            );
        }
        let varies = free_vars::mentions_any(source, &context.varying)
            || sample.is_some_and(|e| free_vars::mentions_any(e, &context.varying));
        if !varies {
            invariants.trial = Some(trial.clone());
        }
        Ok(trial)
    }

    /// The number of backgrounds that `sample` asks for.
    fn sample_count(
        &mut self,
        size: &SampleSize,
        population: &Population,
        source: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<usize> {
        let count = self.count(size.most(), sample_word(size), scope)?;
        let SampleSize::PerSource(each) = size else {
            return Ok(count);
        };
        let round = match population {
            Population::Null(_) => population.round(),
            Population::Sequences { .. } => None,
        };
        match round {
            Some(sequences) => match count.checked_mul(sequences) {
                Some(all) if all <= MAX_COUNT => Ok(all),
                _ => self.fail(
                    Diagnostic::error(
                        Code::OutOfRange,
                        format!(
                            "{count} for each of {} are too many",
                            pluralize(sequences, "sequence")
                        ),
                    )
                    .at(each.span, "here"),
                ),
            },
            None => self.fail(
                Diagnostic::error(
                    Code::NoSources,
                    "these backgrounds are not made from the sequences of a file in turn",
                )
                .at(source, population.describe())
                .at(each.span, "for each source")
                .help(match population {
                    Population::Sequences { .. } => {
                        "each sequence is one background; `shuffled(SEQS, preserving: 2)` makes several from each"
                    }
                    Population::Null(_) => "leave `per source` out, and give the number of all backgrounds",
                }),
            ),
        }
    }

    /// How many backgrounds, and for a finite set which: all, the first few, or a random part.
    fn choose(
        &mut self,
        context: &Context,
        span: Span,
        population: Arc<Population>,
        first: Option<usize>,
        sample: Option<usize>,
    ) -> EvalResult<Trial> {
        let sample_span = context.parts.sample.map_or(span, |size| size.most().span);
        match (population.size(), first, sample) {
            (None, Some(head), None) => Ok(Trial {
                population,
                count: head,
            }),
            (_, Some(head), Some(count)) if count > head => self.fail(
                Diagnostic::error(
                    Code::TooFewBackgrounds,
                    format!("the first {head} are fewer than {count}"),
                )
                .at(sample_span, "here")
                .at(span, format!("{head} of them"))
                .help("each background is used once; leave the number out to use all"),
            ),
            (Some(_), Some(head), Some(count)) => Ok(Trial {
                population: match population.head(head) {
                    Some(Population::Sequences { set, .. }) => Arc::new(Population::Sequences {
                        set,
                        order: Order::Drawn,
                    }),
                    Some(Population::Null(_)) | None => population,
                },
                count,
            }),
            (None, None, None) if is_filtered(&population) => self.fail(
                Diagnostic::error(
                    Code::MissingPart,
                    "how many backgrounds a filter lets through is known only in a run",
                )
                .at(span, "filtered")
                .suggest(
                    "say how many to take: add `sample 200`",
                    [sample_behind(span, 200)],
                ),
            ),
            (None, None, None) => self.fail(
                Diagnostic::error(
                    Code::MissingPart,
                    "a null model has no end: say how many backgrounds to draw",
                )
                .at(span, "a null model")
                .suggest("add `sample 1000`", [sample_behind(span, 1000)]),
            ),
            (None, _, Some(count)) => {
                let ends_early = matches!(context.parts.sample, Some(SampleSize::Until { .. }));
                Ok(Trial {
                    population: self
                        .in_drawn_order(&population, count, ends_early)
                        .unwrap_or(population),
                    count,
                })
            }
            (Some(size), None, None) => Ok(Trial {
                population,
                count: size,
            }),
            (Some(size), None, Some(count)) if count > size => self.fail(
                Diagnostic::error(
                    Code::TooFewBackgrounds,
                    format!("the set holds {}, not {count}", pluralize(size, "sequence")),
                )
                .at(sample_span, "here")
                .help("each sequence is used once; leave the number out to use all"),
            ),
            (Some(_), Some(count), None) => Ok(Trial { population, count }),
            (Some(_), None, Some(count)) => {
                let population = match &*population {
                    Population::Sequences { set, .. } => Arc::new(Population::Sequences {
                        set: set.clone(),
                        order: Order::Drawn,
                    }),
                    Population::Null(_) => population,
                };
                Ok(Trial { population, count })
            }
        }
    }

    /// A null model with the sequences that it is made from in drawn order, so that backgrounds of only some of them are of a random
    /// part; None if it is made from all of them, or from none.
    ///
    /// Filters take an unknown part, and so does `sample until`. Elsewhere it is a part if there are fewer backgrounds than sequences.
    fn in_drawn_order(
        &mut self,
        population: &Population,
        count: usize,
        ends_early: bool,
    ) -> Option<Arc<Population>> {
        let takes_part =
            |round: Option<usize>| round.is_some_and(|round| ends_early || count < round);
        match population {
            Population::Sequences { set, order } => match order {
                Order::File => Some(Arc::new(Population::Sequences {
                    set: set.clone(),
                    order: Order::Drawn,
                })),
                Order::Drawn => None,
            },
            Population::Null(null) => match null.origin() {
                Origin::Parameters | Origin::Fitted(_) => None,
                Origin::Derived(derived) => {
                    if !takes_part(derived.round()) {
                        return None;
                    }
                    let null = derived.map_sources(&mut |source| {
                        self.in_drawn_order(source, count, ends_early)
                            .unwrap_or_else(|| source.clone())
                    });
                    Some(Arc::new(Population::Null(null)))
                }
                Origin::Conditioned(conditioned) => {
                    let takes_part = match conditioned.method {
                        Conditioning::Filtered => {
                            matches!(&*conditioned.source, Population::Sequences { .. })
                        }
                        Conditioning::MaxEnt => takes_part(conditioned.source.round()),
                    };
                    if !takes_part {
                        return None;
                    }
                    let source = self.in_drawn_order(&conditioned.source, count, ends_early)?;
                    self.conditioned_from(conditioned, source)
                }
            },
        }
    }

    /// A conditioned null model with the same condition on another source.
    pub(super) fn conditioned_from(
        &mut self,
        conditioned: &Conditioned,
        source: Arc<Population>,
    ) -> Option<Arc<Population>> {
        let mut known = self.selections.iter();
        let selection = known.find(|known| known.key == conditioned.key)?.clone();
        let condition = gia_design::condition_identity(&selection.query, selection.method);
        let drawn = Conditioned::new(
            conditioned.method,
            source.clone(),
            condition.as_bytes(),
            conditioned.description.clone(),
        );
        if self.selections.iter().all(|known| known.key != drawn.key) {
            self.selections.push(Selection {
                key: drawn.key,
                source,
                ..selection
            });
        }
        Some(Arc::new(Population::Null(drawn.into())))
    }

    /// Every model that a query reads takes sequences like these backgrounds.
    pub(super) fn fit_models(
        &mut self,
        formula: &Formula<OutputRef>,
        population: &Population,
        span: Span,
        source: Span,
    ) -> EvalResult<()> {
        let mut reads = 0;
        formula.leaves(&mut |_| reads += 1);
        if reads == 0 {
            return self.fail(
                Diagnostic::error(Code::TypeMismatch, "the outcome reads no model")
                    .at(span, "a constant"),
            );
        }
        let Some(misfit) = self.find_model_mismatch(formula, population, "the backgrounds") else {
            return Ok(());
        };
        let diagnostic = Diagnostic::error(misfit.code, misfit.message)
            .at(span, misfit.wanted)
            .at(source, misfit.given);
        self.fail(match (population, misfit.lengths) {
            (Population::Sequences { .. }, Some((wanted, given))) if given > wanted => diagnostic
                .help(format!(
                    "add `width: {wanted}bp` to the call that reads the sequences, which takes the central part of each"
                )),
            (Population::Null(_), Some((wanted, _))) => {
                diagnostic.help(format!("write `length: {wanted}bp`"))
            }
            _ => diagnostic,
        })
    }
}

/// Whether only a run can tell how many backgrounds there are.
fn is_filtered(population: &Population) -> bool {
    let Population::Null(null) = population else {
        return false;
    };
    match null.origin() {
        Origin::Conditioned(conditioned) => match conditioned.method {
            Conditioning::Filtered => true,
            Conditioning::MaxEnt => false,
        },
        Origin::Parameters | Origin::Fitted(_) | Origin::Derived(_) => false,
    }
}

/// What a number of backgrounds is called where it is none.
fn sample_word(size: &SampleSize) -> &'static str {
    match size {
        SampleSize::Fixed(_) | SampleSize::PerSource(_) => "`sample`",
        SampleSize::Until { .. } => "`max`",
    }
}

/// A statement behind that of the background, as a replacement.
fn sample_behind(background: Span, count: usize) -> (Span, String) {
    let behind = Span {
        start: background.end,
        ..background
    };
    (behind, format!("; sample {count}"))
}
