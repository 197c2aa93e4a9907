//! `report`: statistics beside the mean, and statistics of curves along an axis.

use super::axes::LaidAxis;
use super::{Checker, Context, EvalResult};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_design::{
    AxisValue, Contrast, CurveStatistic, CurveSummary, Drivers, EachReport, NullEffects, Point,
    Summary,
};
use gia_syntax::tree;

impl Checker<'_> {
    /// The statistics over backgrounds to report, each once.
    pub(super) fn summaries(
        &mut self,
        context: &Context,
        contrasts: &[Contrast],
    ) -> EvalResult<Vec<Summary>> {
        let mut found = Vec::new();
        for asked in &context.parts.summaries {
            let name = &asked.name;
            let is_other = [Drivers::WORD, EachReport::WORD].contains(&name.text.as_str());
            if asked.over.is_some() || is_other {
                continue;
            }
            let Some(summary) = Summary::ALL.iter().find(|s| s.word() == name.text) else {
                return self.refuse_unknown(asked);
            };
            if asked.arguments.is_some() {
                return self.refuse_arguments(asked);
            }
            if let Some(beyond) = &asked.beyond {
                return self.refuse_beyond(asked, beyond);
            }
            if found.contains(summary) {
                return self.reported_twice(asked);
            }
            if *summary != Summary::Bootstrap {
                self.refuse_of_means(asked, contrasts)?;
            }
            found.push(*summary);
        }
        Ok(found)
    }

    /// Refuses `beyond` behind a statistic over all backgrounds.
    fn refuse_beyond<T>(&mut self, asked: &tree::Summary, beyond: &tree::Expr) -> EvalResult<T> {
        let message = format!(
            "`{}` is one number of all backgrounds, which is not ranked",
            asked.name.text
        );
        self.fail(
            Diagnostic::error(Code::TypeMismatch, message)
                .at(beyond.span, "ranked among these")
                .help("`report each beyond POPULATION` ranks the effect of each background"),
        )
    }

    /// `report each`: rows of single backgrounds.
    pub(super) fn each(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
        contrasts: &[Contrast],
        nulls: &mut Vec<NullEffects>,
    ) -> EvalResult<Option<EachReport>> {
        let mut found = None;
        for asked in &context.parts.summaries {
            if asked.name.text != EachReport::WORD || asked.over.is_some() {
                continue;
            }
            if asked.arguments.is_some() {
                return self.refuse_arguments(asked);
            }
            if found.is_some() {
                return self.reported_twice(asked);
            }
            self.refuse_of_means(asked, contrasts)?;
            let outcomes = context.parts.outcomes.len();
            let columns = outcomes * (contrasts.len() + points.first().map_or(0, |p| p.arms.len()));
            let values: usize = points.iter().map(|point| point.count * columns).sum();
            if values > EachReport::MAX_VALUES {
                let values = gia_base::diag::count(values);
                let message = format!(
                    "`each` would put {values} numbers into the study, which holds {} at most",
                    gia_base::diag::count(EachReport::MAX_VALUES)
                );
                return self.fail(
                    Diagnostic::error(Code::BudgetExceeded, message)
                        .at(asked.name.span, "too many")
                        .help("`gia run --values PATH` writes a table with the number of every background, without a limit"),
                );
            }
            let null = match &asked.beyond {
                Some(beyond) => Some(self.null_effects(context, axes, points, beyond, nulls)?),
                None => None,
            };
            found = Some(EachReport { null });
        }
        Ok(found)
    }

    /// The statistics of curves to report, each once.
    pub(super) fn curve_summaries(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        points: &[Point],
    ) -> EvalResult<Vec<CurveSummary>> {
        let mut found = Vec::new();
        for asked in &context.parts.summaries {
            let Some(over) = &asked.over else {
                continue;
            };
            let name = &asked.name;
            let Some(of) = CurveStatistic::ALL.iter().find(|s| s.word() == name.text) else {
                return self.refuse_unknown(asked);
            };
            let axis = self.axis_called(axes, over)?;
            let values = &axes[axis].reported.values;
            let is_number = |value: &AxisValue| {
                matches!(
                    value,
                    AxisValue::Number(_) | AxisValue::Length(_) | AxisValue::Position(_)
                )
            };
            if !values.iter().all(is_number) {
                return self.fail(
                    Diagnostic::error(
                        Code::TypeMismatch,
                        format!("`{}` runs along numbers, lengths or positions", name.text),
                    )
                    .at(over.span, "an axis of other values"),
                );
            }
            if values.len() < of.min_axis_values() {
                return self.fail(
                    Diagnostic::error(
                        Code::UnfitAxis,
                        format!(
                            "`{}` needs an axis of at least {} values, not {}",
                            name.text,
                            of.min_axis_values(),
                            values.len()
                        ),
                    )
                    .at(over.span, "too few values"),
                );
            }
            let summary = CurveSummary {
                statistic: *of,
                axis,
            };
            if found.contains(&summary) {
                return self.reported_twice(asked);
            }
            let all: Vec<usize> = (0..points.len()).collect();
            self.refuse_other_backgrounds(axis, &all, points, name.span.to(over.span))?;
            found.push(summary);
        }
        Ok(found)
    }

    /// Refuses a contrast that mixes numbers of one background with means over all of them.
    pub(super) fn refuse_mixed(&mut self, contrasts: &[Contrast]) -> EvalResult<()> {
        let Some(mixed) = contrasts.iter().find(|c| c.formula.is_mixed()) else {
            return Ok(());
        };
        self.fail(
            Diagnostic::error(
                Code::TypeMismatch,
                "a mean over all backgrounds is compared with the number of a single one",
            )
            .at(mixed.span, "`overall` around some arms only")
            .help("put `overall(...)` around every arm, or around none"),
        )
    }

    /// Refuses a summary of the numbers of single backgrounds, where a contrast has none.
    pub(super) fn refuse_of_means(
        &mut self,
        asked: &tree::Summary,
        contrasts: &[Contrast],
    ) -> EvalResult<()> {
        let mut contrasts = contrasts.iter();
        let Some(contrast) = contrasts.find(|contrast| !contrast.formula.overall().is_empty())
        else {
            return Ok(());
        };
        let name = &asked.name;
        self.fail(
            Diagnostic::error(
                Code::ContrastOfMeans,
                format!(
                    "`{}` is of numbers that each background has, and `{}` compares means over all of them",
                    name.text, contrast.name
                ),
            )
            .at(name.span, "here")
            .at(contrast.span, "means over all backgrounds")
            .help("`report bootstrap` is what there is for both"),
        )
    }

    fn refuse_arguments<T>(&mut self, asked: &tree::Summary) -> EvalResult<T> {
        let name = &asked.name;
        self.fail(
            Diagnostic::error(
                Code::UnknownArgument,
                format!("`{}` takes no arguments", name.text),
            )
            .at(asked.brackets, "nothing belongs here")
            .suggest(
                format!("write `{}`", name.text),
                [(asked.brackets, String::new())],
            ),
        )
    }

    pub(super) fn reported_twice<T>(&mut self, asked: &tree::Summary) -> EvalResult<T> {
        let name = &asked.name;
        self.fail(
            Diagnostic::error(
                Code::DuplicateName,
                format!("`{}` is reported twice", name.text),
            )
            .at(name.span, "again here"),
        )
    }

    fn refuse_unknown<T>(&mut self, asked: &tree::Summary) -> EvalResult<T> {
        let name = &asked.name;
        let of_numbers = Summary::ALL.iter().map(|s| s.word());
        let of_numbers: Vec<&str> = of_numbers.chain([Drivers::WORD]).collect();
        let along: Vec<&str> = CurveStatistic::ALL.iter().map(|s| s.word()).collect();
        let (here, elsewhere) = match asked.over {
            Some(_) => (&along, &of_numbers),
            None => (&of_numbers, &along),
        };
        if elsewhere.contains(&name.text.as_str()) {
            let (message, help) = match asked.over {
                Some(_) => (
                    format!("`{}` does not run along an axis", name.text),
                    format!("write `report {}`", name.text),
                ),
                None => (
                    format!("`{}` runs along an axis", name.text),
                    format!("write `report {} over AXIS`", name.text),
                ),
            };
            return self.fail(
                Diagnostic::error(Code::TypeMismatch, message)
                    .at(name.span, "here")
                    .help(help),
            );
        }
        let diagnostic = Diagnostic::error(
            Code::UnknownName,
            format!("there is no summary `{}`", name.text),
        )
        .at(name.span, "unknown summary");
        let words = here.join("`, `");
        self.fail(match closest(&name.text, here.iter().copied()) {
            Some(close) => diagnostic.did_you_mean(close),
            None if name.text == "mean" => {
                diagnostic.help("the mean is always reported, with its interval")
            }
            None => diagnostic.help(format!("the summaries are `{words}`")),
        })
    }
}
