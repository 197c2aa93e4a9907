//! Figures of evaluations: ROC and precision-recall curves, and calibration.

use plotters::prelude::*;

use super::canvas::{
    DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, RULE_COLOUR, SERIES_COLOURS, TEXT_HEIGHT_PX,
    draw_series_mark, draw_svg, text_style, tick_label, to_units, write_upwards,
};
use super::{Figure, file_name};
use crate::display;
use crate::number::{four_digits, percent};
use gia_study::{CalibrationBin, Evaluation};

const SIZE: (f64, f64) = (360.0, 340.0);
/// Number of columns of a curve, each narrower than a pixel. In each the first, last, lowest and highest point are drawn, so that
/// the line looks the same as with all points.
const COLUMNS: f64 = 800.0;

/// The figures of an evaluation, one for each curve that it has.
pub fn draw(evaluation: &Evaluation) -> Result<Vec<Figure>, DrawingError> {
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
        let curve = UnitSquareFigure {
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
        let curve = UnitSquareFigure {
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
        let bins = UnitSquareFigure {
            evaluation,
            what: "calibration",
            x: "mean predicted probability",
            y: "fraction of positives",
            measure: "calibration_slope",
            chance: vec![(0.0, 0.0), (1.0, 1.0)],
        };
        figures.push(bins.bins(&evaluation.calibration)?);
    }
    Ok(figures)
}

/// A figure over the unit square.
struct UnitSquareFigure<'a> {
    evaluation: &'a Evaluation,
    what: &'a str,
    x: &'a str,
    y: &'a str,
    /// The measure that summarises the curve.
    measure: &'a str,
    chance: Vec<(f64, f64)>,
}

impl UnitSquareFigure<'_> {
    fn curve(&self, points: &[[f64; 2]]) -> Result<Figure, DrawingError> {
        let kept = visible_points(points);
        let body = self.on_square(|chart, _| {
            let line = SERIES_COLOURS[0].stroke_width(to_units(2.0) as u32);
            chart
                .draw_series(LineSeries::new(kept.iter().copied(), line))
                .map(drop)
        })?;
        Ok(self.figure(body, "The grey line is chance.".to_string()))
    }

    fn bins(&self, bins: &[CalibrationBin]) -> Result<Figure, DrawingError> {
        let body = self.on_square(|chart, area| {
            for bin in bins {
                if let (Some(low), Some(high)) = (bin.low, bin.high) {
                    let bar = SERIES_COLOURS[0].stroke_width(to_units(1.75) as u32);
                    let ends = vec![(bin.predicted, low), (bin.predicted, high)];
                    chart.draw_series([PathElement::new(ends, bar)])?;
                }
                let at = chart.backend_coord(&(bin.predicted, bin.observed));
                area.draw(&Polygon::new(
                    draw_series_mark(0, at, to_units(3.6)),
                    SERIES_COLOURS[0].filled(),
                ))?;
            }
            Ok(())
        })?;
        let level = percent(self.evaluation.level);
        Ok(self.figure(
            body,
            format!("Deciles of predicted probability with Wilson's {level} interval; the grey line is perfect calibration."),
        ))
    }

    fn on_square(
        &self,
        draw: impl FnOnce(&mut UnitChart, &super::canvas::Area) -> Result<(), DrawingError>,
    ) -> Result<String, DrawingError> {
        draw_svg(SIZE, |area| {
            let range = 0.0..1.0;
            let mut chart = ChartBuilder::on(area)
                .margin_top(to_units(12.0))
                .margin_right(to_units(18.0))
                .set_label_area_size(LabelAreaPosition::Left, to_units(56.0))
                .set_label_area_size(LabelAreaPosition::Bottom, to_units(38.0))
                .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
            chart
                .configure_mesh()
                .x_labels(6)
                .y_labels(6)
                .x_label_formatter(&|v| tick_label(*v, &range))
                .y_label_formatter(&|v| tick_label(*v, &range))
                .label_style(text_style(TEXT_HEIGHT_PX - 1.0, &MUTED_COLOUR))
                .axis_desc_style(text_style(TEXT_HEIGHT_PX, &FOREGROUND_COLOUR))
                .x_desc(self.x)
                .axis_style(MUTED_COLOUR.stroke_width(to_units(1.0) as u32))
                .bold_line_style(RULE_COLOUR.stroke_width(to_units(1.0) as u32))
                .light_line_style(TRANSPARENT)
                .draw()?;
            let chance = MUTED_COLOUR.stroke_width(to_units(1.25) as u32);
            chart.draw_series([PathElement::new(self.chance.clone(), chance)])?;
            draw(&mut chart, area)?;
            let middle = 12.0 + (SIZE.1 - 50.0) / 2.0;
            write_upwards(
                area,
                self.y,
                (10.0, middle),
                TEXT_HEIGHT_PX,
                &FOREGROUND_COLOUR,
            )
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
            let name = display::measure_name(&m.measure);
            Some(format!(
                "{name} {} [{}, {}] ({level} interval). ",
                four_digits(value),
                four_digits(low),
                four_digits(high)
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

/// The visible points of a curve: the first, lowest, highest and last of each run within one column.
fn visible_points(points: &[[f64; 2]]) -> Vec<(f64, f64)> {
    let column = |point: &[f64; 2]| (point[0] * COLUMNS).floor();
    let mut kept = Vec::new();
    for stretch in points.chunk_by(|a, b| column(a) == column(b)) {
        let by_height = |a: &usize, b: &usize| stretch[*a][1].total_cmp(&stretch[*b][1]);
        let places = || 0..stretch.len();
        let ends = [places().next(), places().next_back()];
        let extremes = [places().min_by(by_height), places().max_by(by_height)];
        let mut shown: Vec<usize> = ends.into_iter().chain(extremes).flatten().collect();
        shown.sort_unstable();
        shown.dedup();
        kept.extend(shown.into_iter().map(|i| (stretch[i][0], stretch[i][1])));
    }
    kept
}

type Unit = plotters::coord::types::RangedCoordf64;
type UnitChart<'a, 'b> =
    ChartContext<'a, plotters::backend::SVGBackend<'b>, Cartesian2d<Unit, Unit>>;

#[cfg(test)]
mod tests {
    use super::visible_points;

    #[test]
    fn a_curve_of_many_points_keeps_every_spike() {
        let mut points: Vec<[f64; 2]> = (0..100_000).map(|i| [f64::from(i) / 1e5, 0.5]).collect();
        points[33_333][1] = 1.0;
        points[66_667][1] = 0.0;
        let kept = visible_points(&points);
        assert!(kept.len() < 4_000, "{}", kept.len());
        assert!(kept.contains(&(points[33_333][0], 1.0)));
        assert!(kept.contains(&(points[66_667][0], 0.0)));
        assert_eq!(kept.first().copied(), Some((0.0, 0.5)));
        assert_eq!(kept.last().copied(), Some((0.99999, 0.5)));
    }

    #[test]
    fn a_curve_of_few_points_is_drawn_whole() {
        let points = [[0.0, 0.0], [0.0, 0.5], [0.5, 0.5], [1.0, 1.0]];
        assert_eq!(visible_points(&points).len(), 4);
    }
}
