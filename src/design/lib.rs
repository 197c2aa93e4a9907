//! What a checked program comes down to: experiments with every name resolved, every unit checked and every
//! grid point worked out, but nothing shared or ordered yet (that is the plan's work).

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
    pub settings: Settings,
    /// Every model of the script, those that others are made of before these.
    pub models: Vec<Model>,
    /// Every population that is made by asking a model.
    pub selections: Vec<Selection>,
    pub experiments: Vec<Arc<Experiment>>,
    pub shows: Vec<Show>,
    pub evaluations: Vec<Evaluation>,
}

/// Backgrounds that are made by asking a model, which only a run can.
#[derive(Debug, Clone)]
pub struct Selection {
    /// That of the [`gia_domain::Conditioned`] population.
    pub key: [u8; 32],
    pub of: Arc<Population>,
    pub query: Arc<Formula<Read>>,
    pub by: By,
    /// As the author wrote it.
    pub words: String,
}

/// How backgrounds are made by asking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum By {
    /// `filtered(NULL, QUERY between LOW and HIGH)`: those that lie between.
    Between { low: Bound, high: Bound },
    /// `maxent(QUERY, from: NULL)`: where a walk that favours a high query has come after so many proposals.
    Walk { steps: usize },
}

/// An end of [`By::Between`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    Value(f64),
    /// The number below which this share of the backgrounds lies.
    Share(f64),
}

/// `show evaluate(net["CTCF"], peaks, shuffles)`: how well a model tells what is known.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// As the author wrote it.
    pub text: String,
    /// The query as it is written, with its scale where that is known.
    pub outcome: String,
    pub unit: Option<String>,
    /// It lies between 0 and 1, as a probability does.
    pub bounded: bool,
    pub query: Arc<Formula<Read>>,
    pub known: Known,
    /// Level of its intervals.
    pub level: f64,
}

/// Sequences whose answers are known.
#[derive(Debug, Clone)]
pub enum Known {
    Classes {
        positives: Arc<Population>,
        negatives: Arc<Population>,
    },
    Measured {
        on: Arc<Population>,
        /// One for each sequence, in their order.
        numbers: Arc<[f64]>,
        /// What the column of the table is called.
        column: String,
    },
}

impl Known {
    /// The sets of sequences, all of each.
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

/// `show top 10 of hexamers.effect`.
#[derive(Debug, Clone)]
pub struct Show {
    /// As the author wrote it.
    pub text: String,
    /// Index into `Program::experiments`.
    pub experiment: usize,
    /// Index into the experiment's contrasts.
    pub contrast: usize,
    /// Index into the experiment's outcomes; none for all of them.
    pub outcome: Option<usize>,
    /// How many grid points from which end of the order of means; none for all in the order of the grid.
    pub ranking: Option<(Ranking, usize)>,
}

/// The end of the order of means from which grid points are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// The largest first.
    Top,
    /// The smallest first.
    Bottom,
}

/// `set` statements, or their defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    pub seed: u64,
    /// Confidence level of intervals, 0.95 unless set.
    pub level: f64,
    /// Rate of errors at which grid points are called significant, 0.05 unless set.
    pub fdr: f64,
    /// Benjamini and Hochberg's unless set.
    pub correction: Correction,
}

/// What `report` adds to the mean of a contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    Median,
    LowerQuartile,
    UpperQuartile,
    /// Share of backgrounds above zero.
    Share,
    /// Mean over standard deviation.
    Size,
    Wilcoxon,
    Permutation,
    Bootstrap,
}

impl Summary {
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

/// What `report ... over AXIS` tells of a contrast along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurveSummary {
    pub of: Along,
    /// Index into `Experiment::axes`.
    pub axis: usize,
}

/// How a contrast runs along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// Where it is greatest.
    Peak,
    /// How often it comes and goes.
    Period,
    /// Over what distance half of its way to a plateau is done.
    HalfDistance,
    /// How much it changes with each unit.
    Slope,
}

impl Along {
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

    /// Values of the axis that it takes.
    pub fn fewest(self) -> usize {
        match self {
            Along::Peak => 3,
            Along::Period => Self::FEWEST_OF_A_PERIOD,
            Along::HalfDistance => 4,
            Along::Slope => 2,
        }
    }

    /// Values of the axis that a period is told from.
    pub const FEWEST_OF_A_PERIOD: usize = 8;
}

/// How the p values of a family are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    BenjaminiHochberg,
    BenjaminiYekutieli,
    Holm,
}

impl Correction {
    /// Its authors.
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

/// Where a model's answers come from.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A network's file; `written` is its path as the script writes it.
    File { path: PathBuf, written: String },
    /// A formula.
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

/// What a model is.
#[derive(Debug, Clone)]
pub enum Makeup {
    One(ModelSource),
    /// The mean of several; indices into `Program::models`, of models that are no ensembles themselves.
    Ensemble(Vec<usize>),
    /// The mean of what another answers for a sequence and for its reverse complement.
    BothStrands(usize),
}

/// A model as `load` names it, whose weights have not been read, one that is built in, or one made of others.
#[derive(Debug, Clone)]
pub struct Model {
    /// The name that it is bound to, or its file's stem.
    pub name: String,
    pub makeup: Makeup,
    pub declaration: Arc<Declaration>,
    /// Where it was given its name; none while it has its file's.
    pub named: Option<Span>,
}

/// One experiment with its whole grid.
#[derive(Debug, Clone)]
pub struct Experiment {
    pub name: String,
    pub doc: Option<String>,
    pub span: Span,
    pub axes: Vec<Axis>,
    /// Names of the arms; the first is always `control`.
    pub arms: Vec<String>,
    /// Names of the outcomes; an unnamed one is named by its source text.
    pub outcomes: Vec<OutcomeInfo>,
    /// Grid points in row-major order, the last axis fastest; a single one without axes.
    pub points: Vec<Point>,
    pub contrasts: Vec<Contrast>,
    pub claims: Vec<Claim>,
    /// When fewer backgrounds than those of its points are enough.
    pub stopping: Option<Stopping>,
    /// Real sequences that its backgrounds are compared with.
    pub reference: Option<Reference>,
    /// It has a `factorial`, whose interactions are among its contrasts.
    pub factorial: bool,
    /// Motifs that are embedded at every grid point, each once.
    pub motifs: Vec<Arc<Motif>>,
    /// Motifs that are embedded at some grid point, each once, as far as there is room for them.
    pub embedded: Vec<Arc<Motif>>,
    /// What stands where at the first and at the last grid point.
    pub layouts: Vec<Layout>,
    /// Arms that equal the control by construction.
    pub out_of_reach: Vec<OutOfReach>,
    /// Level of this experiment's intervals.
    pub level: f64,
    pub fdr: f64,
    pub correction: Correction,
    pub summaries: Vec<Summary>,
    pub curves: Vec<CurveSummary>,
}

/// `reference SEQS first N`.
#[derive(Debug, Clone)]
pub struct Reference {
    pub population: Arc<Population>,
    /// How many of the set, from its head.
    pub count: usize,
}

/// `sample until RULE max MOST`: backgrounds are drawn until the numbers satisfy a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopping {
    pub rule: StoppingRule,
    /// The rule as the author wrote it.
    pub text: String,
    /// Backgrounds at most; as many as each point has.
    pub most: usize,
}

/// When a run looks and finds enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StoppingRule {
    /// Every interval of every contrast is narrower than this.
    Narrow(f64),
    /// No claim is undecided.
    Decided,
}

impl Stopping {
    /// Backgrounds at the first look: intervals that hold at every look are right in the limit of many, and nobody should rely
    /// on fewer.
    pub const FIRST_LOOK: usize = 100;
    /// Each look is at so many times the backgrounds of the one before.
    const GROWTH: f64 = 1.1;

    /// After how many backgrounds the numbers are looked at next, where they were last looked at after so many; fixed by the
    /// script alone, so that no machine and no batch changes when a run ends.
    pub fn look_after(&self, seen: usize) -> usize {
        let next = match seen {
            0 => Self::FIRST_LOOK,
            seen => (seen as f64 * Self::GROWTH).ceil() as usize,
        };
        next.min(self.most)
    }
}

#[derive(Debug, Clone)]
pub struct OutcomeInfo {
    pub name: String,
    /// The scale of the numbers if the declaration tells, for example `logit`.
    pub unit: Option<String>,
    /// It lies between 0 and 1, as a probability does.
    pub bounded: bool,
    pub scale: Scale,
}

/// What it means that effects on an outcome add.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// That they add.
    AsMeasured,
    /// The outcome is a logarithm: that they multiply.
    Logarithm,
    /// The outcome is a logit: that odds multiply.
    Logit,
}

/// `vary NAME in ...`.
#[derive(Debug, Clone)]
pub struct Axis {
    pub name: String,
    pub values: Vec<AxisValue>,
}

/// A value on an axis, as it is reported.
#[derive(Debug, Clone, PartialEq)]
pub enum AxisValue {
    Number(f64),
    /// Base pairs.
    Length(i64),
    /// Start of a position from the left end, base pairs.
    Position(i64),
    Bool(bool),
    /// A motif, a model, a null model, by name; or a text.
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

/// The trial at one grid point. There may be a million, so points share what is the same at several.
#[derive(Debug, Clone)]
pub struct Point {
    /// Index into each axis' values.
    pub at: Arc<[usize]>,
    pub population: Arc<Population>,
    /// How many backgrounds of the population.
    pub count: usize,
    /// The edits of each arm, in the order in which they apply; parallel to `Experiment::arms`.
    pub arms: Vec<Arc<[Edit]>>,
    /// Parallel to `Experiment::outcomes`; most grid points share them.
    pub outcomes: Arc<[Arc<Formula<Read>>]>,
}

/// An arm that writes outside the receptive field of an outcome, which it cannot change therefore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfReach {
    /// Index into [`Experiment::arms`].
    pub arm: usize,
    /// Index into [`Experiment::outcomes`].
    pub outcome: usize,
    /// Indices into [`Experiment::points`], ascending.
    pub points: Vec<usize>,
    /// What it writes at the first of these, in bp.
    pub written: Range<usize>,
    /// What the outcome depends on there, in bp: stretches in their order, none beside another.
    pub seen: Vec<Range<usize>>,
}

impl OutOfReach {
    /// `47..58 and 142..153 bp`.
    pub fn seen_in_words(&self) -> String {
        let stretches: Vec<String> = self
            .seen
            .iter()
            .map(|seen| format!("{}..{}", seen.start, seen.end))
            .collect();
        format!("{} bp", stretches.join(" and "))
    }
}

/// What stands where at a grid point.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Index into `Experiment::points`.
    pub point: usize,
    /// The edits of each arm, each with the part of a construct that it writes; none for one that embeds nothing.
    pub arms: Vec<Vec<(Edit, Option<Part>)>>,
}

/// One number of a model's output for one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Read {
    /// Index into `Program::models`.
    pub model: usize,
    /// Index into the model's output, flattened after the batch.
    pub column: usize,
}

/// Arithmetic over arms, per background; a leaf is an index into `Experiment::arms`.
#[derive(Debug, Clone)]
pub struct Contrast {
    pub name: String,
    pub formula: Formula<usize>,
    pub span: Span,
}

/// `expect CONTRAST OP NUMBER [where COND] [at LEVEL]`.
#[derive(Debug, Clone)]
pub struct Claim {
    /// As the author wrote it.
    pub text: String,
    pub span: Span,
    /// Index into `Experiment::contrasts`.
    pub contrast: usize,
    /// Index into `Experiment::outcomes`.
    pub outcome: usize,
    pub relation: Relation,
    /// The claim is about the absolute value of the mean: `abs(effect) < 0.1`.
    pub magnitude: bool,
    pub shape: Shape,
    /// The number compared with, at each of `points`.
    pub thresholds: Vec<f64>,
    /// Grid points that the condition holds at, ascending.
    pub points: Vec<usize>,
    pub level: f64,
}

/// What of a contrast a claim is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Its mean at each grid point.
    Level,
    /// Its change from each value of an axis to the next: `increasing(effect over gap)`.
    Steps { axis: usize },
    /// The value of an axis at which it is greatest, and which values the claim allows: `peak(effect over gap) between 8bp
    /// and 12bp`.
    Peak { axis: usize, inside: Vec<bool> },
    /// Along an axis it comes and goes most strongly with a period between two bounds, base pairs for an axis of lengths:
    /// `periodic(effect over gap) between 10bp and 11bp`.
    Periodic { axis: usize, bounds: (f64, f64) },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}
