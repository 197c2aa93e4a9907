//! The grid of an experiment: its axes, its points and what the arms write at them.

use std::ops::Range;
use std::sync::Arc;

use gia_domain::{Edit, Part, Population};

use crate::{Formula, MeasuredTrack, OutputRef};

/// One axis of the grid: `vary NAME in VALUES`.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Name in the script.
    pub name: String,
    /// The distinct values in the order of the script, all of one kind.
    pub values: Vec<AxisValue>,
}

/// A value on an axis, as reports show it.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisValue {
    /// A number or a fraction.
    Number(f64),
    /// A length in bp.
    Length(i64),
    /// A position in bp from the start of the sequence, counted from 0.
    Position(i64),
    /// A boolean.
    Bool(bool),
    /// The name of a motif, construct, model or population, a position relative to another anchor, or a string.
    Name(String),
}

impl std::fmt::Display for AxisValue {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            AxisValue::Number(n) => write!(f, "{n}"),
            AxisValue::Length(n) | AxisValue::Position(n) => write!(f, "{n} bp"),
            AxisValue::Bool(b) => write!(f, "{b}"),
            AxisValue::Name(name) => f.write_str(name),
        }
    }
}

/// A grid point: its backgrounds, the edits of each arm and what is measured.
///
/// A grid may have a million points, so points share equal parts.
#[derive(Debug, Clone)]
pub struct Point {
    /// For each axis, an index into its values; empty without axes.
    pub at: Arc<[usize]>,
    /// The population that backgrounds are drawn from.
    pub population: Arc<Population>,
    /// Number of backgrounds: the first ones of the population.
    pub count: usize,
    /// The edits of each arm, in the order in which they apply; parallel to `Experiment::arms`.
    pub arms: Vec<Arc<[Edit]>>,
    /// The formula of each outcome; parallel to `Experiment::outcomes`.
    pub outcomes: Arc<[Arc<Formula<OutputRef>>]>,
    /// The tracks that are measured; parallel to `Experiment::tracks`.
    pub tracks: Arc<[Arc<MeasuredTrack>]>,
}

/// An arm that writes outside the receptive field of an outcome, and therefore cannot change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    /// Index into [`crate::Experiment::arms`].
    pub arm: usize,
    /// Index into [`crate::Experiment::outcomes`].
    pub outcome: usize,
    /// Indices into [`crate::Experiment::points`], ascending.
    pub points: Vec<usize>,
    /// The range from the first to the last base that the arm writes, at the first of these points; half open, in bp.
    pub written: Range<usize>,
    /// Receptive field of the outcome at the first of these points, in bp: ascending ranges that neither overlap nor touch.
    pub receptive_field: Vec<Range<usize>>,
}

impl OutOfReach {
    /// The receptive field as text: `47..58 and 142..153 bp`.
    pub fn receptive_field_text(&self) -> String {
        let ranges: Vec<String> = self
            .receptive_field
            .iter()
            .map(|range| format!("{}..{}", range.start, range.end))
            .collect();
        format!("{} bp", ranges.join(" and "))
    }
}

/// The edits at one grid point, for a drawing of the arms.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Index into `Experiment::points`.
    pub point: usize,
    /// For each arm, its edits, each with the part of a construct that it embeds; none if it embeds nothing.
    pub arms: Vec<Vec<(Edit, Option<Part>)>>,
}
