//! `report drivers(...)`: the features of backgrounds that contrasts are regressed on.

use std::sync::Arc;

use super::grid::Grid;
use super::{Checker, Context, EvalResult, sites};
use crate::types::Type;
use crate::value::Value;
use crate::{ErrorReported, free_vars};
use gia_base::diag::{Code, Diagnostic, pluralize};
use gia_base::source::Span;
use gia_design::{AddedFeature, Contrast, Drivers};
use gia_domain::{Motif, Population, Scanner};
use gia_syntax::tree;

/// Maximum number of embedded motifs whose occurrences are features.
const MAX_MOTIFS: usize = 8;

/// The arguments of one `drivers(...)`.
struct Asked<'t> {
    summary: &'t tree::Summary,
    arguments: &'t [tree::Argument],
}

impl Checker<'_> {
    /// What `report drivers` asks for; none if nothing does.
    pub(super) fn drivers(
        &mut self,
        context: &Context,
        contrasts: &[Contrast],
        grid: &Grid,
    ) -> EvalResult<Option<Drivers>> {
        let mut asked = context.parts.summaries.iter().filter(|summary| {
            // With `over` it is refused as a statistic of a curve.
            summary.name.text == Drivers::WORD && summary.over.is_none()
        });
        let Some(summary) = asked.next() else {
            return Ok(None);
        };
        if let Some(again) = asked.next() {
            return self.reported_twice(again);
        }
        self.refuse_of_means(summary, contrasts)?;
        let asked = Asked {
            summary,
            arguments: summary.arguments.as_deref().unwrap_or_default(),
        };
        let mut populations: Vec<&Arc<Population>> = Vec::new();
        for point in &grid.points {
            if !populations
                .iter()
                .any(|of| Arc::ptr_eq(of, &point.population))
            {
                populations.push(&point.population);
            }
        }
        let mut added = Vec::new();
        let mut texts: Vec<(String, Span)> = Vec::new();
        for (index, argument) in asked.arguments.iter().enumerate() {
            let span = argument.value.span;
            let feature = self.added_feature(context, &asked, index, &populations)?;
            let text = match &feature {
                AddedFeature::Query { text, .. } => text.clone(),
                AddedFeature::Occurrences(motif) => motif.name.clone(),
            };
            if let Some((_, first)) = texts.iter().find(|(known, _)| *known == text) {
                let diagnostic =
                    Diagnostic::error(Code::DuplicateName, format!("`{text}` is given twice"))
                        .at(span, "again here")
                        .at(*first, "here first");
                return self.fail(asked.without(index, diagnostic));
            }
            texts.push((text, span));
            added.push(feature);
        }
        let motifs = grid.constant_motifs.iter().take(MAX_MOTIFS);
        let motifs = motifs.map(|(motif, _)| motif.clone()).collect();
        Ok(Some(Drivers { added, motifs }))
    }

    /// The feature that an argument stands for.
    fn added_feature(
        &mut self,
        context: &Context,
        asked: &Asked,
        index: usize,
        populations: &[&Arc<Population>],
    ) -> EvalResult<AddedFeature> {
        let argument = &asked.arguments[index];
        let (expr, span) = (&argument.value, argument.value.span);
        if let Some(name) = &argument.name {
            let removed = Span {
                end: span.start,
                ..name.span
            };
            return self.fail(
                Diagnostic::error(
                    Code::UnknownArgument,
                    format!("`drivers` has no argument `{}`", name.text),
                )
                .at(name.span, "its arguments have no names")
                .suggest("leave the name out", [(removed, String::new())]),
            );
        }
        if free_vars::mentions_any(expr, &context.varying) {
            let diagnostic = Diagnostic::error(
                Code::AxisDependence,
                "a driver is a feature of the background, which cannot depend on an axis",
            )
            .at(span, "changes along an axis");
            return self.fail(asked.without(index, diagnostic));
        }
        match self.eval(expr, &context.scope)? {
            value @ (Value::Query(_) | Value::Model(_) | Value::Head(_)) => {
                let query = self.coerce(value, &Type::Query);
                let Value::Query(query) = self.place(query, span, "here")? else {
                    return Err(ErrorReported);
                };
                for population in populations {
                    self.refuse_misfit(context, asked, index, &query.formula, population)?;
                }
                Ok(AddedFeature::Query {
                    text: self.text_of(span),
                    unit: query.unit.clone(),
                    formula: query.formula.clone(),
                })
            }
            Value::Text(text) => {
                let alphabets = populations.iter().map(|population| population.alphabet());
                let Some(alphabet) = alphabets.into_iter().next() else {
                    return Err(ErrorReported);
                };
                let letters = Motif::from_iupac(&text, alphabet).map_err(|diagnostic| {
                    Box::new(asked.without(index, diagnostic.at(span, "here")))
                });
                let motif = match letters {
                    Ok(motif) => motif,
                    Err(diagnostic) => return self.fail(*diagnostic),
                };
                self.occurrences(asked, index, Arc::new(motif), populations)
            }
            value @ (Value::Motif(_) | Value::Population(_) | Value::Construct(_)) => {
                let motif = self.coerce(value, &Type::Motif);
                let Value::Motif(motif) = self.place(motif, span, "here")? else {
                    return Err(ErrorReported);
                };
                self.occurrences(asked, index, motif, populations)
            }
            Value::Error => Err(ErrorReported),
            other => {
                let diagnostic = Diagnostic::error(
                    Code::TypeMismatch,
                    format!(
                        "a driver is a query, or the letters of a k-mer to count, found {}",
                        other.kind()
                    ),
                )
                .at(span, "neither")
                .help("for example `report drivers(net[\"DNase\"], \"TATA\")`");
                self.fail(asked.without(index, diagnostic))
            }
        }
    }

    /// Refuses a query whose networks do not take the backgrounds.
    fn refuse_misfit(
        &mut self,
        context: &Context,
        asked: &Asked,
        index: usize,
        formula: &gia_design::Formula<gia_design::OutputRef>,
        population: &Population,
    ) -> EvalResult<()> {
        let Some(misfit) = self.find_model_mismatch(formula, population, "the backgrounds") else {
            return Ok(());
        };
        let mut diagnostic = Diagnostic::error(misfit.code, misfit.message)
            .at(asked.arguments[index].value.span, misfit.wanted);
        if let Some(source) = context.parts.background {
            diagnostic = diagnostic.at(source.span, misfit.given);
        }
        self.fail(asked.without(index, diagnostic))
    }

    /// The count of a motif, which must be able to occur in the backgrounds.
    fn occurrences(
        &mut self,
        asked: &Asked,
        index: usize,
        motif: Arc<Motif>,
        populations: &[&Arc<Population>],
    ) -> EvalResult<AddedFeature> {
        let span = asked.arguments[index].value.span;
        for population in populations {
            if let Some(diagnostic) = sites::other_alphabet(&motif, population, span) {
                return self.fail(asked.without(index, diagnostic));
            }
            let (wanted, given) = (motif.width(), population.length());
            if wanted > given {
                let diagnostic = Diagnostic::error(
                    Code::DoesNotFit,
                    format!(
                        "`{}` has {}, and a background has {given} bp",
                        motif.name,
                        pluralize(wanted, "letter")
                    ),
                )
                .at(span, "occurs in no background");
                return self.fail(asked.without(index, diagnostic));
            }
        }
        if let Err(diagnostic) = Scanner::new(&motif) {
            return self.fail(asked.without(index, diagnostic.at(span, "here")));
        }
        Ok(AddedFeature::Occurrences(motif))
    }
}

impl Asked<'_> {
    /// Suggests to leave an argument out.
    fn without(&self, index: usize, diagnostic: Diagnostic) -> Diagnostic {
        let start = |argument: &tree::Argument| match &argument.name {
            Some(name) => name.span.start,
            None => argument.value.span.start,
        };
        let span = self.arguments[index].value.span;
        let removed = match (index, self.arguments.len()) {
            (0, 1) => self.summary.brackets,
            (0, _) => Span {
                start: start(&self.arguments[0]),
                end: start(&self.arguments[1]),
                ..span
            },
            _ => Span {
                start: self.arguments[index - 1].value.span.end,
                ..span
            },
        };
        diagnostic.suggest("leave it out", [(removed, String::new())])
    }
}
