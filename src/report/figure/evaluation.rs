//! How well a model does where the answers are known: ROC and precision-recall curves, and calibration.

use plotters::prelude::*;

use super::canvas::{
    INK, MUTED, RULE, Refused, SERIES, TEXT, drawn, mark, px, tick, type_of, write_upwards,
};
use super::{Figure, file_name};
use crate::report::number::{percent, short};
use crate::result::{CalibrationBin, Evaluation};

const SIZE: (f64, f64) = (360.0, 340.0);
/// More points than these do not show.
const MOST_POINTS: usize = 400;

/// As many as there is something to draw of.
pub fn draw(evaluation: &Evaluation) -> Result<Vec<Figure>, Refused> {
    let mut figures = Vec::new();
    let n = |role: &str| {
        evaluation
            .sets
            .iter()
            .find(|s| s.role == role)
            .map_or(0, |s| s.n)
    };
    let (positives, negatives) = (n("positives"), n("negatives"));
    if !evaluation.roc.is_empty() {
        let curve = Square {
            evaluation,
            what: "ROC",
            x: "false positive rate",
            y: "true positive rate",
            measure: "auroc",
            chance: vec![(0.0, 0.0), (1.0, 1.0)],
        };
        figures.push(curve.curve(&evaluation.roc)?);
    }
    if !evaluation.precision_recall.is_empty() {
        let share = positives as f64 / (positives + negatives).max(1) as f64;
        let curve = Square {
            evaluation,
            what: "precision-recall",
            x: "recall",
            y: "precision",
            measure: "average_precision",
            chance: vec![(0.0, share), (1.0, share)],
        };
        figures.push(curve.curve(&evaluation.precision_recall)?);
    }
    if !evaluation.calibration.is_empty() {
        let bins = Square {
            evaluation,
            what: "calibration",
            x: "mean probability predicted",
            y: "share of positives",
            measure: "calibration_slope",
            chance: vec![(0.0, 0.0), (1.0, 1.0)],
        };
        figures.push(bins.bins(&evaluation.calibration)?);
    }
    Ok(figures)
}

/// A figure over the unit square.
struct Square<'a> {
    evaluation: &'a Evaluation,
    what: &'a str,
    x: &'a str,
    y: &'a str,
    /// The number that sums it up.
    measure: &'a str,
    chance: Vec<(f64, f64)>,
}

impl Square<'_> {
    fn curve(&self, points: &[[f64; 2]]) -> Result<Figure, Refused> {
        let step = points.len().div_ceil(MOST_POINTS).max(1);
        let last = points.len() - 1;
        let kept = points
            .iter()
            .enumerate()
            .filter(|(i, _)| i % step == 0 || *i == last);
        let kept: Vec<(f64, f64)> = kept.map(|(_, [x, y])| (*x, *y)).collect();
        let body = self.on_square(|chart, _| {
            let line = SERIES[0].stroke_width(px(2.0) as u32);
            chart
                .draw_series(LineSeries::new(kept.iter().copied(), line))
                .map(drop)
        })?;
        Ok(self.figure(body, "The grey line is chance.".to_string()))
    }

    fn bins(&self, bins: &[CalibrationBin]) -> Result<Figure, Refused> {
        let body = self.on_square(|chart, area| {
            for bin in bins {
                if let (Some(low), Some(high)) = (bin.low, bin.high) {
                    let bar = SERIES[0].stroke_width(px(1.75) as u32);
                    let ends = vec![(bin.predicted, low), (bin.predicted, high)];
                    chart.draw_series([PathElement::new(ends, bar)])?;
                }
                let at = chart.backend_coord(&(bin.predicted, bin.observed));
                area.draw(&Polygon::new(mark(0, at, px(3.6)), SERIES[0].filled()))?;
            }
            Ok(())
        })?;
        let level = percent(self.evaluation.level);
        Ok(self.figure(
            body,
            format!("Tenths of the sequences with Wilson's {level} interval; on the grey line what is predicted is what is found."),
        ))
    }

    fn on_square(
        &self,
        draw: impl FnOnce(&mut UnitChart, &super::canvas::Area) -> Result<(), Refused>,
    ) -> Result<String, Refused> {
        drawn(SIZE, |area| {
            let range = 0.0..1.0;
            let mut chart = ChartBuilder::on(area)
                .margin_top(px(12.0))
                .margin_right(px(18.0))
                .set_label_area_size(LabelAreaPosition::Left, px(56.0))
                .set_label_area_size(LabelAreaPosition::Bottom, px(38.0))
                .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
            chart
                .configure_mesh()
                .x_labels(6)
                .y_labels(6)
                .x_label_formatter(&|v| tick(*v, &range))
                .y_label_formatter(&|v| tick(*v, &range))
                .label_style(type_of(TEXT - 1.0, &MUTED))
                .axis_desc_style(type_of(TEXT, &INK))
                .x_desc(self.x)
                .axis_style(MUTED.stroke_width(px(1.0) as u32))
                .bold_line_style(RULE.stroke_width(px(1.0) as u32))
                .light_line_style(TRANSPARENT)
                .draw()?;
            let chance = MUTED.stroke_width(px(1.25) as u32);
            chart.draw_series([PathElement::new(self.chance.clone(), chance)])?;
            draw(&mut chart, area)?;
            let middle = 12.0 + (SIZE.1 - 50.0) / 2.0;
            write_upwards(area, self.y, (10.0, middle), TEXT, &INK)
        })
    }

    fn figure(&self, body: String, reading: String) -> Figure {
        let measure = self
            .evaluation
            .measures
            .iter()
            .find(|m| m.measure == self.measure);
        let summed = measure.and_then(|m| {
            let (value, low, high) = (m.value?, m.low?, m.high?);
            let level = percent(self.evaluation.level);
            let name = m.measure.replace('_', " ");
            Some(format!(
                "{name} {} [{}, {}] ({level} interval). ",
                short(value),
                short(low),
                short(high)
            ))
        });
        let summed = summed.unwrap_or_default();
        Figure {
            name: file_name(&["evaluation", &self.evaluation.outcome, self.what]),
            title: format!("{}: {}", self.evaluation.outcome, self.what),
            description: format!("{} against {}. {summed}", self.y, self.x),
            caption: format!("{summed}{reading}"),
            size: SIZE,
            body,
        }
    }
}

type Unit = plotters::coord::types::RangedCoordf64;
type UnitChart<'a, 'b> =
    ChartContext<'a, plotters::backend::SVGBackend<'b>, Cartesian2d<Unit, Unit>>;
