//! Experiments and their outcomes.

use std::sync::Arc;

use gia_base::source::Span;
use gia_domain::{Motif, Population};

use crate::{
    Axis, Claim, Contrast, Correction, CurveSummary, Drivers, EachReport, IntervalMethod, Layout,
    NullEffects, OutOfReach, OutputRef, Point, Stopping, Summary, Track,
};

/// An experiment with all of its grid points.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// Name in the script.
    pub name: String,
    /// Text of the `##` lines above its declaration; none if there are no such lines.
    pub doc: Option<String>,
    /// Position of the name in the script, for diagnostics.
    pub span: Span,
    /// The axes of the grid, in the order of the script.
    pub axes: Vec<Axis>,
    /// Names of the arms; the first is always `control`.
    pub arms: Vec<String>,
    /// The outcomes, in the order of `measure`.
    pub outcomes: Vec<OutcomeInfo>,
    /// The tracks that are measured, in the order of `measure`.
    pub tracks: Vec<TrackInfo>,
    /// Grid points in row-major order, the last axis fastest; a single one without axes.
    pub points: Vec<Point>,
    /// The contrasts to report: those of a factorial, those that the script states (or the default ones), and those that only claims state.
    pub contrasts: Vec<Contrast>,
    /// The claims, in the order of the script.
    pub claims: Vec<Claim>,
    /// Sequential sampling; none if the number of backgrounds is fixed.
    pub stopping: Option<Stopping>,
    /// Real sequences to compare the backgrounds with; none without a `reference`.
    pub reference: Option<Reference>,
    /// Whether it has a `factorial`; the interactions are then among the contrasts.
    pub factorial: bool,
    /// The distinct motifs that are embedded at every grid point.
    pub motifs: Vec<Arc<Motif>>,
    /// The distinct motifs that are embedded at some grid point; long lists are truncated.
    pub embedded: Vec<Arc<Motif>>,
    /// The edits at the first and at the last grid point, for drawings; one entry if there is one point.
    pub layouts: Vec<Layout>,
    /// Arms that cannot change an outcome at some grid point.
    pub out_of_reach: Vec<OutOfReach>,
    /// Confidence level of the intervals, for example 0.95.
    pub level: f64,
    /// False discovery rate at which grid points are called significant.
    pub fdr: f64,
    /// Correction for multiple testing over the grid points of a contrast.
    pub correction: Correction,
    /// How the interval of a mean is computed.
    pub interval: IntervalMethod,
    /// The distinct statistics to report beside the mean.
    pub summaries: Vec<Summary>,
    /// The distinct statistics of curves to report.
    pub curves: Vec<CurveSummary>,
    /// Populations whose effects under the same edits are compared with, each once.
    pub null_effects: Vec<NullEffects>,
    /// Rows for single backgrounds; none unless `report each` asks for them.
    pub each: Option<EachReport>,
    /// The regression on features of the backgrounds; none unless `report drivers` asks for it.
    pub drivers: Option<Drivers>,
}

/// Real sequences to compare the backgrounds with: `reference SEQS first N`.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The sequences; they have the length and alphabet of the backgrounds.
    pub population: Arc<Population>,
    /// Number of leading sequences to use; at least two.
    pub count: usize,
}

/// Name, unit and scale of an outcome.
#[derive(Debug, Clone)]
pub struct OutcomeInfo {
    /// Name in the script, or the source text of the query.
    pub name: String,
    /// Unit, for example `logit`; none if the model's declaration states none.
    pub unit: Option<String>,
    /// Whether the values lie between 0 and 1, as probabilities do.
    pub bounded: bool,
    /// How additive effects on the outcome combine on the scale below it.
    pub scale: Scale,
}

/// Name and unit of a track that an experiment measures: its mean at each place is reported, and nothing is claimed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackInfo {
    /// Name in the script, or its source text.
    pub name: String,
    /// Unit of its numbers, for example `logits`; none if the model's declaration states none.
    pub unit: Option<String>,
}

/// A track at a grid point, and where its numbers lie.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredTrack {
    /// The track over model outputs.
    pub track: Arc<Track<OutputRef>>,
    /// Place of the first number: the middle of its bin in bp from the first base, or its number.
    pub first: i64,
    /// Distance from one place to the next.
    pub step: i64,
    /// Whether places are positions in bp.
    pub in_bp: bool,
}

impl MeasuredTrack {
    /// The place of each number.
    pub fn places(&self) -> impl Iterator<Item = i64> {
        (0..self.track.len() as i64).map(|index| self.first + index * self.step)
    }
}

/// How additive effects on an outcome combine on the scale that it transforms, for reading interactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// No transformation: effects add.
    AsMeasured,
    /// The outcome is a logarithm: effects multiply.
    Logarithm,
    /// The outcome is a logit: effects multiply odds.
    Logit,
}
