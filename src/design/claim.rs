//! Contrasts between arms, and claims about them.

use gia_base::source::Span;

use crate::Formula;

/// A comparison of arms, computed for each background before averaging.
#[derive(Debug, Clone)]
pub struct Contrast {
    /// The name that reports use, or the source text of a contrast that only a claim states.
    pub name: String,
    /// Arithmetic over arms; a leaf is an index into `Experiment::arms`.
    pub formula: Formula<usize>,
    /// Position in the script, for diagnostics.
    pub span: Span,
}

/// A claim, which a run supports, refutes or leaves undecided: `expect CONTRAST OP NUMBER [where COND] [at LEVEL]`.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The claim as the author wrote it, without `expect`.
    pub text: String,
    /// Position of the whole statement.
    pub span: Span,
    /// Index into `Experiment::contrasts`.
    pub contrast: usize,
    /// Index into `Experiment::outcomes`.
    pub outcome: usize,
    /// How the contrast compares with the threshold; for [`ClaimKind::Steps`], how each step compares with zero.
    pub relation: Relation,
    /// Whether the claim is about an absolute value, of the mean or of a quantile: `abs(effect) < 0.1`.
    pub magnitude: bool,
    /// The feature of the contrast that the claim is about.
    pub kind: ClaimKind,
    /// Threshold at each of `points`: a share for [`ClaimKind::Share`], zero for a claim about a curve, else in the unit of the outcome.
    pub thresholds: Vec<f64>,
    /// Indices of the grid points where the condition holds, ascending; at least one.
    pub points: Vec<usize>,
    /// Confidence level at which the intervals of all of the claim's grid points hold at once.
    pub level: f64,
}

/// The feature of a contrast that a claim is about.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimKind {
    /// The mean at each grid point: `effect > 0`.
    Level,
    /// A quantile over backgrounds at each grid point: `median(effect) > 0`.
    Quantile(Quantile),
    /// The share of backgrounds in which the contrast is above zero, at each grid point: `share(effect) > 0.9`.
    Share,
    /// The mean at each grid point, over networks like the members of the outcome's ensemble: `effect > 0 across models`.
    AcrossModels,
    /// The number of one sequence at each grid point, without replication: `effect < -0.5`.
    SingleValue,
    /// The mean at each grid point, ranked among means of the same edits in other sequences: `effect < 0 beyond shuffled(on) first 200`.
    Beyond {
        /// Index into `Experiment::null_effects`.
        null: usize,
    },
    /// The change of the mean from each value of an axis to the next: `increasing(effect over gap)`.
    Steps {
        /// Index into `Experiment::axes`.
        axis: usize,
    },
    /// The value of an axis at which the mean is greatest: `peak(effect over gap) between 8bp and 12bp`.
    Peak {
        /// Index into `Experiment::axes`.
        axis: usize,
        /// For each value of the axis, whether the claim allows the peak there; true for some values and false for others.
        allowed: Vec<bool>,
    },
    /// The period of the strongest sinusoid along an axis: `periodic(effect over gap) between 10bp and 11bp`.
    Periodic {
        /// Index into `Experiment::axes`.
        axis: usize,
        /// Shortest and longest period that the claim allows, in the unit of the axis: bp for lengths and positions.
        period: (f64, f64),
    },
}

impl ClaimKind {
    /// Whether chance may decide the claim, so that it has a p.
    pub fn is_tested(&self) -> bool {
        match self {
            ClaimKind::SingleValue => false,
            ClaimKind::Level
            | ClaimKind::Quantile(_)
            | ClaimKind::Share
            | ClaimKind::AcrossModels
            | ClaimKind::Beyond { .. }
            | ClaimKind::Steps { .. }
            | ClaimKind::Peak { .. }
            | ClaimKind::Periodic { .. } => true,
        }
    }
}

/// A quantile that a claim or a `report` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantile {
    /// The value below which a quarter of the backgrounds lie.
    LowerQuartile,
    /// The value below which half of the backgrounds lie.
    Median,
    /// The value below which three quarters of the backgrounds lie.
    UpperQuartile,
}

impl Quantile {
    /// Every quantile.
    pub const ALL: [Quantile; 3] = [
        Quantile::LowerQuartile,
        Quantile::Median,
        Quantile::UpperQuartile,
    ];

    /// The share of the population below it.
    pub fn share(self) -> f64 {
        match self {
            Quantile::LowerQuartile => 0.25,
            Quantile::Median => 0.5,
            Quantile::UpperQuartile => 0.75,
        }
    }

    /// Keyword in scripts.
    pub fn word(self) -> &'static str {
        match self {
            Quantile::LowerQuartile => "lower_quartile",
            Quantile::Median => "median",
            Quantile::UpperQuartile => "upper_quartile",
        }
    }

    /// Its name in prose.
    pub fn name(self) -> &'static str {
        match self {
            Quantile::LowerQuartile => "lower quartile",
            Quantile::Median => "median",
            Quantile::UpperQuartile => "upper quartile",
        }
    }
}

/// How the left side of a claim compares with its right side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
}
