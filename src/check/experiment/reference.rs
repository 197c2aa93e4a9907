//! Real sequences that the backgrounds of an experiment are compared with.

use std::sync::Arc;

use super::{Checker, Context, EvalResult};
use crate::types::Type;
use crate::value::Value;
use crate::{ErrorReported, free_vars};
use gia_base::diag::{Code, Diagnostic};
use gia_design::{Point, Reference};
use gia_domain::Population;

impl Checker<'_> {
    pub(super) fn reference(
        &mut self,
        context: &Context,
        points: &[Point],
    ) -> EvalResult<Option<Reference>> {
        let Some(source) = context.parts.reference else {
            return Ok(None);
        };
        if free_vars::mentions_any(source, &context.varying) {
            return self.fail(
                Diagnostic::error(
                    Code::AxisDependence,
                    "an experiment has one reference, which cannot depend on an axis",
                )
                .at(source.span, "changes along an axis"),
            );
        }
        let (population, first) = match self.eval_as(source, &Type::Population, &context.scope)? {
            Value::Population(population) => (population, None),
            Value::First { of, count } => (of, Some(count)),
            _ => return Err(ErrorReported),
        };
        let Some(size) = population.size() else {
            return self.fail(
                Diagnostic::error(
                    Code::TypeMismatch,
                    "a reference is a set of real sequences, found a null model",
                )
                .at(source.span, "a null model")
                .help("for example `reference fasta(\"peaks.fa\", width: 600bp)`"),
            );
        };
        let count = first.unwrap_or(size);
        if count < 2 {
            let message = "a reference needs at least two sequences";
            return self
                .fail(Diagnostic::error(Code::TooFewBackgrounds, message).at(source.span, "here"));
        }
        self.refuse_unlike(context, points, &population)?;
        Ok(Some(Reference { population, count }))
    }

    /// Refuses a reference of another length or alphabet than the backgrounds.
    fn refuse_unlike(
        &mut self,
        context: &Context,
        points: &[Point],
        reference: &Arc<Population>,
    ) -> EvalResult<()> {
        let (Some(source), Some(background)) = (context.parts.reference, context.parts.background)
        else {
            return Ok(());
        };
        let unlike = points
            .iter()
            .map(|point| &point.population)
            .find(|of| of.length() != reference.length() || of.alphabet() != reference.alphabet());
        let Some(of) = unlike else {
            return Ok(());
        };
        if of.length() != reference.length() {
            let (wanted, given) = (of.length(), reference.length());
            let diagnostic = Diagnostic::error(
                Code::LengthMismatch,
                format!(
                    "the reference has sequences of {given} bp, the backgrounds are {wanted} bp"
                ),
            )
            .at(source.span, format!("{given} bp"))
            .at(background.span, format!("{wanted} bp"));
            let takes_a_part = format!(
                "add `width: {wanted}bp` to the call that reads the sequences, which takes the central part of each"
            );
            return self.fail(if given > wanted {
                diagnostic.help(takes_a_part)
            } else {
                diagnostic
            });
        }
        let (given, wanted) = (reference.alphabet().name(), of.alphabet().name());
        self.fail(
            Diagnostic::error(
                Code::AlphabetMismatch,
                format!("the reference is {given}, the backgrounds are {wanted}"),
            )
            .at(source.span, given)
            .at(background.span, wanted),
        )
    }
}
