//! The checked program: experiments with every name resolved, every unit checked and every grid point evaluated. Sharing
//! equal work and ordering it is left to the plan.

pub mod formula;

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use gia_base::source::Span;
use gia_domain::{Edit, Motif, Part, Population};
use gia_model::{Declaration, Truth};

pub use crate::formula::{Arithmetic, Formula, Function, Reduction};

/// A checked program.
#[derive(Debug, Clone)]
pub struct Program {
    /// What the script sets with `set`, with defaults for the rest.
    pub settings: Settings,
    /// Every model of the script. The members of a composite model come before it.
    pub models: Vec<Model>,
    /// Every population that is conditioned on the answers of a model, each once.
    pub selections: Vec<Selection>,
    /// The experiments to run, in the order of the script.
    pub experiments: Vec<Arc<Experiment>>,
    /// The rows of contrasts that the script shows once more, in its order.
    pub shows: Vec<Show>,
    /// The evaluations of models that the script shows, in its order.
    pub evaluations: Vec<Evaluation>,
}

/// Backgrounds that depend on the answers of a model, so that only a run can resolve them.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The key of the [`gia_domain::Conditioned`] population that it resolves.
    pub key: [u8; 32],
    /// The population whose backgrounds are filtered, or from which the walks start.
    pub of: Arc<Population>,
    /// What the models are asked: one number for each sequence.
    pub query: Arc<Formula<Read>>,
    /// How the answers decide what the backgrounds are.
    pub by: By,
    /// The condition in words, for plans and reports: `with net["CTCF"] between 0 and 1`.
    pub words: String,
}

/// How the answers of a model decide what the backgrounds are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum By {
    /// `filtered(NULL, QUERY between LOW and HIGH)`: rejection sampling, which keeps answers in an interval.
    Between {
        /// Lower end of the interval, included.
        low: Bound,
        /// Upper end of the interval, included.
        high: Bound,
    },
    /// `maxent(QUERY, from: NULL, steps: N)`: the ends of Metropolis walks that favour high answers.
    Walk {
        /// Proposals of each walk, at least one.
        steps: usize,
    },
}

/// An end of the interval of [`By::Between`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// An answer of the query, on its own scale.
    Value(f64),
    /// `quantile(10%)`: the answer below which this fraction of the backgrounds' answers lies.
    Share(f64),
}

/// How well a model predicts what is known of sequences: `show evaluate(net["CTCF"], peaks, shuffles)`.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The evaluation as the author wrote it, without `show`.
    pub text: String,
    /// The query as the author wrote it, or `query`.
    pub outcome: String,
    /// The scale of the query's numbers, for example `logit`; none if it is unknown.
    pub unit: Option<String>,
    /// Whether the query lies between 0 and 1, as a probability does.
    pub bounded: bool,
    /// The prediction: one number for each sequence.
    pub query: Arc<Formula<Read>>,
    /// The sequences, and what the prediction is compared with.
    pub known: Known,
    /// Confidence level of its intervals.
    pub level: f64,
}

/// Sequences with known labels or measurements.
#[derive(Debug, Clone)]
pub enum Known {
    /// Two classes, for `evaluate`.
    Classes {
        /// Sequences for which a good model predicts high numbers.
        positives: Arc<Population>,
        /// Sequences for which a good model predicts low numbers.
        negatives: Arc<Population>,
    },
    /// Measured numbers, for `agreement`.
    Measured {
        /// The sequences that were measured.
        on: Arc<Population>,
        /// The measurements, one for each sequence in their order.
        numbers: Arc<[f64]>,
        /// The column of the table that the measurements come from.
        column: String,
    },
}

impl Known {
    /// The sets of sequences, each of which is predicted as a whole.
    pub fn sets(&self) -> Vec<&Arc<Population>> {
        match self {
            Known::Classes {
                positives,
                negatives,
            } => vec![positives, negatives],
            Known::Measured { on, .. } => vec![on],
        }
    }
}

/// Rows of a contrast that the script shows once more: `show top 10 of hexamers.effect`.
#[derive(Debug, Clone)]
pub struct Show {
    /// The statement as the author wrote it.
    pub text: String,
    /// Index into `Program::experiments`.
    pub experiment: usize,
    /// Index into the experiment's contrasts.
    pub contrast: usize,
    /// Index into the experiment's outcomes; none for all of them.
    pub outcome: Option<usize>,
    /// The end of the ranking by mean and the number of grid points; none for all in the order of the grid.
    pub ranking: Option<(Ranking, usize)>,
}

/// The end of the ranking by mean from which grid points are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// The largest first.
    Top,
    /// The smallest first.
    Bottom,
}

/// What holds for the whole script: its `set` statements, or their defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Seed of every random choice, from 0 to 2^53; 0 unless set.
    pub seed: u64,
    /// Confidence level of intervals, 0.95 unless set.
    pub level: f64,
    /// Error rate, after the correction, at which grid points are called significant; 0.05 unless set.
    pub fdr: f64,
    /// Correction for multiple testing, Benjamini and Hochberg's unless set.
    pub correction: Correction,
}

/// A statistic that `report` adds to the mean of a contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// Median over backgrounds, with an interval from order statistics.
    Median,
    /// First quartile over backgrounds, with an interval from order statistics.
    LowerQuartile,
    /// Third quartile over backgrounds, with an interval from order statistics.
    UpperQuartile,
    /// Fraction of backgrounds above zero, with Wilson's score interval.
    Share,
    /// Effect size: mean over standard deviation, with Hedges' bias correction.
    Size,
    /// Hodges-Lehmann estimate of the centre, with Wilcoxon's signed-rank test.
    Wilcoxon,
    /// Mean, with the p value of a sign-flip permutation test.
    Permutation,
    /// Mean, with a bias-corrected and accelerated bootstrap interval.
    Bootstrap,
}

impl Summary {
    /// Every statistic, in the order of the manual.
    pub const ALL: &'static [Summary] = &[
        Summary::Median,
        Summary::LowerQuartile,
        Summary::UpperQuartile,
        Summary::Share,
        Summary::Size,
        Summary::Wilcoxon,
        Summary::Permutation,
        Summary::Bootstrap,
    ];

    /// As a script writes it.
    pub fn word(self) -> &'static str {
        match self {
            Summary::Median => "median",
            Summary::LowerQuartile => "lower_quartile",
            Summary::UpperQuartile => "upper_quartile",
            Summary::Share => "share",
            Summary::Size => "size",
            Summary::Wilcoxon => "wilcoxon",
            Summary::Permutation => "permutation",
            Summary::Bootstrap => "bootstrap",
        }
    }
}

/// One entry of `report STATISTIC over AXIS`, reported for each contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurveSummary {
    /// Which statistic of the curve.
    pub of: Along,
    /// Index into `Experiment::axes`; the axis takes numbers, lengths or positions.
    pub axis: usize,
}

/// A statistic of a contrast along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// The value of the axis at which the mean is greatest.
    Peak,
    /// The period of the strongest sinusoid, once a quadratic trend is removed.
    Period,
    /// The distance over which half of the change to a plateau is done.
    HalfDistance,
    /// The change for each unit of the axis, by a line fitted to each background.
    Slope,
}

impl Along {
    /// Every statistic of a curve, in the order of the manual.
    pub const ALL: &'static [Along] = &[
        Along::Peak,
        Along::Period,
        Along::HalfDistance,
        Along::Slope,
    ];

    /// As a script writes it.
    pub fn word(self) -> &'static str {
        match self {
            Along::Peak => "peak",
            Along::Period => "period",
            Along::HalfDistance => "half_distance",
            Along::Slope => "slope",
        }
    }

    /// Minimum number of values on the axis.
    pub fn fewest(self) -> usize {
        match self {
            Along::Peak => 3,
            Along::Period => Self::FEWEST_OF_A_PERIOD,
            Along::HalfDistance => 4,
            Along::Slope => 2,
        }
    }

    /// Minimum number of values on an axis for a period to be estimated.
    pub const FEWEST_OF_A_PERIOD: usize = 8;
}

/// How p values are adjusted for multiple testing, over the grid points of one contrast and outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Bounds the false discovery rate of tests that are independent or positively dependent.
    BenjaminiHochberg,
    /// Bounds the false discovery rate under any dependence.
    BenjaminiYekutieli,
    /// Bounds the family-wise error rate under any dependence.
    Holm,
}

impl Correction {
    /// The authors' names, as reports call it.
    pub fn name(self) -> &'static str {
        match self {
            Correction::BenjaminiHochberg => "Benjamini-Hochberg",
            Correction::BenjaminiYekutieli => "Benjamini-Yekutieli",
            Correction::Holm => "Holm",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            seed: 0,
            level: 0.95,
            fdr: 0.05,
            correction: Correction::BenjaminiHochberg,
        }
    }
}

/// Where the predictions of a model that is no composite come from.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A network in a `.pt2` or ONNX file.
    File {
        /// The file, resolved against the folder of the script.
        path: PathBuf,
        /// The path as the script writes it.
        written: String,
    },
    /// A built-in model with a known ground truth, which is evaluated without a worker.
    Truth(Arc<Truth>),
}

impl std::fmt::Display for ModelSource {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            ModelSource::File { written, .. } => f.write_str(written),
            ModelSource::Truth(truth) => f.write_str(&truth.describe()),
        }
    }
}

/// Whether a model is a single one or made of others.
#[derive(Debug, Clone)]
pub enum Makeup {
    /// A single model.
    One(ModelSource),
    /// The mean of several models that are no ensembles themselves, as indices into `Program::models`.
    Ensemble(Vec<usize>),
    /// The mean of a model's predictions for both strands of a sequence, as an index into `Program::models`.
    BothStrands(usize),
}

/// A model of the script: a network whose weights have not been read, a built-in model, or one made of others.
#[derive(Debug, Clone)]
pub struct Model {
    /// The name that it is bound to, or the stem of its file.
    pub name: String,
    /// What it is made of.
    pub makeup: Makeup,
    /// Its input and outputs: alphabet, length, tasks and scales.
    pub declaration: Arc<Declaration>,
    /// Where the script gives it its name; none if it is called by its file or by default.
    pub named: Option<Span>,
}

/// One experiment with its whole grid.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The name that it is declared with.
    pub name: String,
    /// Text of the `##` lines above its declaration; none if there are no such lines.
    pub doc: Option<String>,
    /// Where the script names it, for diagnostics.
    pub span: Span,
    /// The axes of the grid, in the order of the text.
    pub axes: Vec<Axis>,
    /// Names of the arms; the first is always `control`.
    pub arms: Vec<String>,
    /// The outcomes, in the order of `measure`.
    pub outcomes: Vec<OutcomeInfo>,
    /// Grid points in row-major order, the last axis fastest; a single one without axes.
    pub points: Vec<Point>,
    /// The contrasts to report: those of the factorial, those written or the default ones, and those that only a claim states.
    pub contrasts: Vec<Contrast>,
    /// The claims, in the order of the text.
    pub claims: Vec<Claim>,
    /// The rule that may end sampling early; none if every point uses all of its backgrounds.
    pub stopping: Option<Stopping>,
    /// Real sequences that its backgrounds are compared with; none without a `reference`.
    pub reference: Option<Reference>,
    /// Whether it has a `factorial`, whose interactions are among its contrasts.
    pub factorial: bool,
    /// Motifs that are embedded at every grid point, each once.
    pub motifs: Vec<Arc<Motif>>,
    /// Motifs that are embedded at some grid point, each once; long lists are cut short.
    pub embedded: Vec<Arc<Motif>>,
    /// The edits at the first and at the last grid point, to be drawn; a single entry for a single point.
    pub layouts: Vec<Layout>,
    /// Arms that cannot change an outcome at some grid point.
    pub out_of_reach: Vec<OutOfReach>,
    /// Confidence level of this experiment's intervals.
    pub level: f64,
    /// Error rate, after the correction, at which grid points are called significant.
    pub fdr: f64,
    /// Correction for multiple testing over the grid points of a contrast.
    pub correction: Correction,
    /// The statistics to report beside the mean, each once.
    pub summaries: Vec<Summary>,
    /// The statistics of curves to report, each once.
    pub curves: Vec<CurveSummary>,
}

/// Real sequences that the backgrounds stand for: `reference SEQS first N`.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The set of sequences, which have the length and alphabet of the backgrounds.
    pub population: Arc<Population>,
    /// Number of sequences to use, from the head of the set; at least two.
    pub count: usize,
}

/// A stopping rule, `sample until RULE max MOST`: backgrounds are drawn until their numbers satisfy it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopping {
    /// When sampling stops.
    pub rule: StoppingRule,
    /// The rule as the author wrote it, for example `width < 0.05`.
    pub text: String,
    /// Maximum number of backgrounds, which is the `count` of each point.
    pub most: usize,
}

/// The condition that is tested at each interim analysis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StoppingRule {
    /// Every interval of every contrast is narrower than this, in the unit of its outcome.
    Narrow(f64),
    /// No claim is undecided.
    Decided,
}

impl Stopping {
    /// Number of backgrounds at the first interim analysis. Confidence sequences are asymptotic, and unreliable with fewer.
    pub const FIRST_LOOK: usize = 100;
    /// Growth of the number of backgrounds from one interim analysis to the next.
    const GROWTH: f64 = 1.1;

    /// Number of backgrounds at the interim analysis that follows the one at `seen`; 0 asks for the first.
    ///
    /// It depends on the script alone, so that no machine and no batch size changes when a run ends.
    pub fn look_after(&self, seen: usize) -> usize {
        let next = match seen {
            0 => Self::FIRST_LOOK,
            seen => (seen as f64 * Self::GROWTH).ceil() as usize,
        };
        next.min(self.most)
    }
}

/// What is reported of an outcome beside its numbers.
#[derive(Debug, Clone)]
pub struct OutcomeInfo {
    /// The name that the script gives it, or the source text of its query.
    pub name: String,
    /// The scale of its numbers, for example `logit`; none if the declaration of the model states none.
    pub unit: Option<String>,
    /// Whether it lies between 0 and 1, as a probability does.
    pub bounded: bool,
    /// What a sum of effects on it means.
    pub scale: Scale,
}

/// What additive effects on an outcome mean on the scale below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// The outcome is reported as it is measured: additive effects add.
    AsMeasured,
    /// The outcome is a logarithm: additive effects multiply.
    Logarithm,
    /// The outcome is a logit: additive effects multiply odds.
    Logit,
}

/// One axis of the grid: `vary NAME in VALUES`.
#[derive(Debug, Clone)]
pub struct Axis {
    /// The name that the script gives it.
    pub name: String,
    /// Its values in the order of the script, all of one kind and each once.
    pub values: Vec<AxisValue>,
}

/// A value on an axis, as it is reported.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisValue {
    /// A number or a share.
    Number(f64),
    /// A length in bp.
    Length(i64),
    /// A position in bp from the start of the sequence, counted from 0.
    Position(i64),
    /// A truth value.
    Bool(bool),
    /// The name of a motif, construct, model or population, a position relative to another anchor, or a text.
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

/// The trial at one grid point. A grid may have a million points, so these share what is the same at several.
#[derive(Debug, Clone)]
pub struct Point {
    /// Index into the values of each axis; empty without axes.
    pub at: Arc<[usize]>,
    /// Where its backgrounds come from.
    pub population: Arc<Population>,
    /// Number of backgrounds, from the first of the population on.
    pub count: usize,
    /// The edits of each arm, in the order in which they apply; parallel to `Experiment::arms`.
    pub arms: Vec<Arc<[Edit]>>,
    /// What is measured; parallel to `Experiment::outcomes`.
    pub outcomes: Arc<[Arc<Formula<Read>>]>,
}

/// An arm that writes outside the receptive field of an outcome, and therefore cannot change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    /// Index into [`Experiment::arms`].
    pub arm: usize,
    /// Index into [`Experiment::outcomes`].
    pub outcome: usize,
    /// Indices into [`Experiment::points`], ascending.
    pub points: Vec<usize>,
    /// The range from the first to the last base that the arm writes at the first of these points, half open, in bp.
    pub written: Range<usize>,
    /// What the outcome depends on there, in bp: ascending ranges that neither overlap nor touch.
    pub seen: Vec<Range<usize>>,
}

impl OutOfReach {
    /// The receptive field in words: `47..58 and 142..153 bp`.
    pub fn seen_in_words(&self) -> String {
        let stretches: Vec<String> = self
            .seen
            .iter()
            .map(|seen| format!("{}..{}", seen.start, seen.end))
            .collect();
        format!("{} bp", stretches.join(" and "))
    }
}

/// The edits at one grid point with what they write, for a drawing of the arms.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Index into `Experiment::points`.
    pub point: usize,
    /// The edits of each arm, each with the part of the construct that it writes; none for an edit that embeds nothing.
    pub arms: Vec<Vec<(Edit, Option<Part>)>>,
}

/// One number of a model's output for one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Read {
    /// Index into `Program::models`.
    pub model: usize,
    /// Index into the numbers of one sequence: all outputs flattened, one after another.
    pub column: usize,
}

/// A comparison of arms, evaluated for each background before anything is averaged.
#[derive(Debug, Clone)]
pub struct Contrast {
    /// The name that reports use, or the source text of a contrast that only a claim states.
    pub name: String,
    /// Arithmetic over arms; a leaf is an index into `Experiment::arms`.
    pub formula: Formula<usize>,
    /// Where the script states it, for diagnostics.
    pub span: Span,
}

/// What a hypothesis predicts: `expect CONTRAST OP NUMBER [where COND] [at LEVEL]`.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The claim as the author wrote it, without `expect`.
    pub text: String,
    /// The whole statement.
    pub span: Span,
    /// Index into `Experiment::contrasts`.
    pub contrast: usize,
    /// Index into `Experiment::outcomes`.
    pub outcome: usize,
    /// How the contrast compares with the threshold; for [`Shape::Steps`], how each step compares with zero.
    pub relation: Relation,
    /// Whether the claim is about the absolute value of the mean: `abs(effect) < 0.1`.
    pub magnitude: bool,
    /// Which feature of the contrast is claimed.
    pub shape: Shape,
    /// The number to compare with at each of `points`, in the unit of the outcome; zeros unless the shape is [`Shape::Level`].
    pub thresholds: Vec<f64>,
    /// Indices of the grid points where the condition holds, ascending; at least one.
    pub points: Vec<usize>,
    /// Confidence level of the claim, all of its grid points together.
    pub level: f64,
}

/// The feature of a contrast that a claim is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Its mean at each grid point: `effect > 0`.
    Level,
    /// Its change from each value of an axis to the next: `increasing(effect over gap)`.
    Steps {
        /// Index into `Experiment::axes`.
        axis: usize,
    },
    /// The value of an axis at which its mean is greatest: `peak(effect over gap) between 8bp and 12bp`.
    Peak {
        /// Index into `Experiment::axes`.
        axis: usize,
        /// Whether the claim allows the peak at each value of the axis; some are allowed and some are not.
        inside: Vec<bool>,
    },
    /// The period of its strongest wave along an axis: `periodic(effect over gap) between 10bp and 11bp`.
    Periodic {
        /// Index into `Experiment::axes`.
        axis: usize,
        /// Shortest and longest period that the claim allows, in the unit of the axis: bp for lengths and positions.
        bounds: (f64, f64),
    },
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
