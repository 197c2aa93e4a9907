//! Design figures: for each arm a line for the background with its edits drawn to scale.
//!
//! Drawn for the first grid point and, if it looks different, for the last.

use plotters::prelude::*;

use super::canvas::{
    DrawingError, FOREGROUND_COLOUR, MUTED_COLOUR, RULE_COLOUR, SEQUENCE_COLOUR, SERIES_COLOURS,
    Side, TEXT_HEIGHT_PX, draw_svg, fit_text, text_width, to_units, write_text,
};
use super::{Figure, file_name};
use crate::display::{distinct, grid_point_text};
use crate::number::count;
use gia_base::diag::replace_control;
use gia_study::{ArmLayout, Experiment, Layout, PlacedEdit};

const WIDTH: f64 = 760.0;
/// Pixels at which names of arms end, and sequences begin and end.
const NAMES_RIGHT: f64 = 136.0;
const LEFT: f64 = 148.0;
const RIGHT: f64 = WIDTH - 16.0;
const ROW_HEIGHT: f64 = 44.0;
const HEADER_HEIGHT: f64 = 26.0;
const AXIS_HEIGHT: f64 = 34.0;
/// Maximum number of arms that are drawn; further arms are named below.
const MAX_ARMS: usize = 12;
/// Minimum width of a box in pixels, so that it stays visible.
const MIN_BOX_WIDTH: f64 = 2.5;
const BOX_HEIGHT: f64 = 15.0;
const SMALL_TEXT: f64 = 10.5;

pub fn draw(experiment: &Experiment) -> Result<Option<Figure>, DrawingError> {
    let layouts = distinct_layouts(&experiment.layouts);
    let Some(first) = layouts.first().filter(|first| first.length > 0) else {
        return Ok(None);
    };
    let window = drawn_range(&layouts);
    let arms = |layout: &Layout| layout.arms.len().min(MAX_ARMS) as f64;
    let panels = layouts
        .iter()
        .map(|layout| HEADER_HEIGHT + ROW_HEIGHT * arms(layout) + AXIS_HEIGHT);
    let size = (WIDTH, panels.sum());
    let names = distinct(
        layouts
            .iter()
            .flat_map(|l| &l.arms)
            .flat_map(|arm| &arm.edits)
            .filter_map(|e| e.part.as_deref()),
    );
    let body = draw_svg(size, |area| {
        let mut top = 0.0;
        for layout in &layouts {
            let mut title = replace_control(&layout.background);
            let here = grid_point_text(&layout.at, &experiment.axes);
            if layouts.len() > 1 && !here.is_empty() {
                title = format!("{here} — {title}");
            }
            write_text(
                area,
                &fit_text(&replace_control(&title), TEXT_HEIGHT_PX, WIDTH - 8.0),
                (4.0, top + 12.0),
                Side::Left,
                TEXT_HEIGHT_PX,
                &MUTED_COLOUR,
            )?;
            for (i, arm) in layout.arms.iter().take(MAX_ARMS).enumerate() {
                let middle = top + HEADER_HEIGHT + ROW_HEIGHT * (i as f64 + 0.5) + 6.0;
                let lane = ArmLane {
                    window: window.clone(),
                    middle,
                    names: &names,
                };
                lane.arm(area, arm)?;
            }
            top += HEADER_HEIGHT + ROW_HEIGHT * arms(layout) + AXIS_HEIGHT;
            draw_ruler(area, &window, top - AXIS_HEIGHT + 8.0)?;
        }
        Ok(())
    })?;
    Ok(Some(Figure {
        name: file_name(&[&experiment.name, "design"]),
        title: format!("Design of {}", experiment.name),
        description: text_alternative(experiment, &layouts),
        caption: caption(&layouts, first, &window),
        size,
        body,
    }))
}

/// The layouts that differ in the positions of edits.
fn distinct_layouts(layouts: &[Layout]) -> Vec<&Layout> {
    let mut kept: Vec<&Layout> = Vec::new();
    for layout in layouts {
        if kept
            .iter()
            .all(|k| (k.length, &k.arms) != (layout.length, &layout.arms))
        {
            kept.push(layout);
        }
    }
    kept
}

/// The range of the sequence that is drawn: all of it or, if all edits lie close together, their surroundings.
fn drawn_range(layouts: &[&Layout]) -> std::ops::Range<f64> {
    let length = layouts.iter().map(|l| l.length).max().unwrap_or(1) as f64;
    let edits = || {
        layouts
            .iter()
            .flat_map(|l| &l.arms)
            .flat_map(|arm| &arm.edits)
    };
    let start = edits().filter_map(|e| e.start).min().unwrap_or(0) as f64;
    let end = edits().filter_map(|e| e.end).max().unwrap_or(0) as f64;
    let span = end - start;
    if span <= 0.0 || span * 4.0 > length || length < 200.0 {
        return 0.0..length;
    }
    let around = (span * 0.5).max(30.0).round();
    (start - around).max(0.0)..(end + around).min(length)
}

/// One arm's line.
struct ArmLane<'a> {
    window: std::ops::Range<f64>,
    middle: f64,
    names: &'a [&'a str],
}

impl ArmLane<'_> {
    fn x(&self, bp: f64) -> f64 {
        let share = (bp - self.window.start) / (self.window.end - self.window.start);
        (LEFT + share * (RIGHT - LEFT)).clamp(LEFT, RIGHT)
    }

    fn arm(&self, area: &super::canvas::Area, arm: &ArmLayout) -> Result<(), DrawingError> {
        let y = self.middle;
        let name = fit_text(
            &replace_control(&arm.arm),
            TEXT_HEIGHT_PX,
            NAMES_RIGHT - 4.0,
        );
        write_text(
            area,
            &name,
            (NAMES_RIGHT, y),
            Side::Right,
            TEXT_HEIGHT_PX,
            &FOREGROUND_COLOUR,
        )?;
        let line = [
            (to_units(LEFT), to_units(y - 2.0)),
            (to_units(RIGHT), to_units(y + 2.0)),
        ];
        area.draw(&Rectangle::new(line, SEQUENCE_COLOUR.filled()))?;
        // Labels keep out of each other's way on two levels; one that finds no room is left to the table of words.
        let mut used = [f64::NEG_INFINITY; 2];
        for edit in &arm.edits {
            let (Some(start), Some(end)) = (edit.start, edit.end) else {
                continue;
            };
            let (from, to) = (self.x(start as f64), self.x(end as f64));
            let to = to.max(from + MIN_BOX_WIDTH);
            self.draw_edit(area, edit, (from, to))?;
            let label = match (&edit.part, edit.strand) {
                (Some(part), Some('-')) => format!("{} ‹", replace_control(part)),
                (Some(part), _) => replace_control(part),
                (None, _) => edit_verb(&edit.edit),
            };
            let label = fit_text(&label, SMALL_TEXT, 120.0);
            let wide = text_width(&label, SMALL_TEXT);
            let middle = ((from + to) / 2.0).clamp(LEFT + wide / 2.0, RIGHT - wide / 2.0);
            let level = used.iter().position(|end| middle - wide / 2.0 > end + 4.0);
            if let Some(level) = level {
                used[level] = middle + wide / 2.0;
                let above = y - BOX_HEIGHT / 2.0 - 6.0 - 11.0 * level as f64;
                write_text(
                    area,
                    &label,
                    (middle, above),
                    Side::Middle,
                    SMALL_TEXT,
                    &FOREGROUND_COLOUR,
                )?;
            }
        }
        Ok(())
    }

    /// An arrow along the strand for an embedded part, a frame for any other edit.
    fn draw_edit(
        &self,
        area: &super::canvas::Area,
        edit: &PlacedEdit,
        (from, to): (f64, f64),
    ) -> Result<(), DrawingError> {
        let (top, bottom) = (
            self.middle - BOX_HEIGHT / 2.0,
            self.middle + BOX_HEIGHT / 2.0,
        );
        let Some(part) = &edit.part else {
            let frame = [
                (from, top),
                (to, top),
                (to, bottom),
                (from, bottom),
                (from, top),
            ];
            let frame: Vec<(i32, i32)> = frame
                .iter()
                .map(|&(x, y)| (to_units(x), to_units(y)))
                .collect();
            return area.draw(&PathElement::new(
                frame,
                MUTED_COLOUR.stroke_width(to_units(1.5) as u32),
            ));
        };
        let colour = SERIES_COLOURS
            [self.names.iter().position(|n| n == part).unwrap_or(0) % SERIES_COLOURS.len()];
        let tip = ((to - from) * 0.3).min(6.0);
        let y = self.middle;
        let corners = match edit.strand {
            Some('-') => [
                (to, top),
                (from + tip, top),
                (from, y),
                (from + tip, bottom),
                (to, bottom),
            ],
            _ => [
                (from, top),
                (to - tip, top),
                (to, y),
                (to - tip, bottom),
                (from, bottom),
            ],
        };
        let corners: Vec<(i32, i32)> = corners
            .iter()
            .map(|&(x, y)| (to_units(x), to_units(y)))
            .collect();
        area.draw(&Polygon::new(corners, colour.filled()))
    }
}

/// `shuffle` of `` `shuffle 10bp..20bp preserving 2` ``.
fn edit_verb(edit: &str) -> String {
    let word = edit
        .trim_matches('`')
        .split_whitespace()
        .next()
        .unwrap_or("edit");
    replace_control(word.trim_matches('`'))
}

/// Positions below the lines.
fn draw_ruler(
    area: &super::canvas::Area,
    window: &std::ops::Range<f64>,
    y: f64,
) -> Result<(), DrawingError> {
    let span = window.end - window.start;
    let rough = span / 6.0;
    let decade = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * decade);
    let step = step
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(rough)
        .max(1.0);
    let x = |bp: f64| LEFT + (bp - window.start) / span * (RIGHT - LEFT);
    let line = vec![
        (to_units(LEFT), to_units(y)),
        (to_units(RIGHT), to_units(y)),
    ];
    area.draw(&PathElement::new(
        line,
        RULE_COLOUR.stroke_width(to_units(1.0) as u32),
    ))?;
    let mut bp = (window.start / step).ceil() * step;
    while bp <= window.end {
        let mark = vec![
            (to_units(x(bp)), to_units(y)),
            (to_units(x(bp)), to_units(y + 4.0)),
        ];
        area.draw(&PathElement::new(
            mark,
            MUTED_COLOUR.stroke_width(to_units(1.0) as u32),
        ))?;
        let text = count(bp as usize);
        let half = text_width(&text, SMALL_TEXT) / 2.0;
        write_text(
            area,
            &text,
            (x(bp).min(RIGHT + 12.0 - half), y + 12.0),
            Side::Middle,
            SMALL_TEXT,
            &MUTED_COLOUR,
        )?;
        bp += step;
    }
    write_text(
        area,
        "bp",
        (NAMES_RIGHT, y + 12.0),
        Side::Right,
        SMALL_TEXT,
        &MUTED_COLOUR,
    )
}

fn caption(layouts: &[&Layout], first: &Layout, window: &std::ops::Range<f64>) -> String {
    let mut text = "To scale. Arrows are embedded parts and point along their strand; frames are other edits; along the grey line the background keeps its bases.".to_string();
    if window.end - window.start < first.length as f64 {
        text += &format!(
            " Shown are positions {} to {} of {} bp.",
            count(window.start as usize),
            count(window.end as usize),
            count(first.length)
        );
    }
    if layouts.len() > 1 {
        text += " First and last grid point.";
    }
    let hidden = first.arms.len().saturating_sub(MAX_ARMS);
    if hidden > 0 {
        text += &format!(" {hidden} more arms are not drawn.");
    }
    let unplaced = || {
        first
            .arms
            .iter()
            .flat_map(|arm| &arm.edits)
            .filter(|e| e.start.is_none())
    };
    if unplaced().next().is_some() {
        let edits = distinct(unplaced().map(|e| e.edit.clone()));
        text += &format!(
            " Not drawn, since the position differs between backgrounds: {}.",
            edits.join(", ")
        );
    }
    text
}

fn text_alternative(experiment: &Experiment, layouts: &[&Layout]) -> String {
    let mut sentences = Vec::new();
    for layout in layouts {
        let here = grid_point_text(&layout.at, &experiment.axes);
        let at = if here.is_empty() {
            String::new()
        } else {
            format!("At {here}: ")
        };
        let arms = layout.arms.iter().map(|arm| {
            let edits = arm
                .edits
                .iter()
                .map(|edit| match (edit.start, edit.end, &edit.part) {
                    (Some(start), Some(end), Some(part)) => {
                        let strand = if edit.strand == Some('-') {
                            ", other strand"
                        } else {
                            ""
                        };
                        format!("{part} at {start} to {end}{strand}")
                    }
                    _ => edit.edit.clone(),
                });
            let edits: Vec<String> = edits.collect();
            match edits.is_empty() {
                true => format!("{}: the unedited background", arm.arm),
                false => format!("{}: {}", arm.arm, edits.join(", ")),
            }
        });
        let arms: Vec<String> = arms.collect();
        sentences.push(format!(
            "{at}sequences of {} bp, {}. {}.",
            count(layout.length),
            layout.background,
            arms.join(". ")
        ));
    }
    sentences.join(" ")
}
