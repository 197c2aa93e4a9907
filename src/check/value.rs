//! The values that a program computes with before any model runs.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::experiment::UnplacedEdit;
use super::native_function::{ArgumentLocation, NativeFunction};
use super::scope::Scope;
use super::types::Type;
use gia_design::{AttributionMap, Bound, Formula, GroundTruth, InfluenceMap, OutputRef, Track};
use gia_domain::{BadRecords, Construct, Motif, Part, PartKind, Population};
use gia_syntax::tree;

#[derive(Debug, Clone)]
pub enum Value {
    /// An optional argument that was left out.
    None,
    /// The value of a wrong declaration. Evaluation that meets it stops without another diagnostic.
    Error,
    Bool(bool),
    Number(f64),
    /// A number written with a percent sign. It converts to a plain number, or to a position in a sequence.
    Share(f64),
    /// The quantile of a query's answers at this probability.
    Quantile(f64),
    Text(Rc<str>),
    /// Base pairs.
    Length(i64),
    Position(Position),
    Region {
        start: Position,
        end: Position,
    },
    /// A place that is drawn for each background, within a region or the whole sequence.
    Anywhere(Option<(Position, Position)>),
    Motif(Arc<Motif>),
    Construct(Arc<Construct>),
    Population(Arc<Population>),
    /// The first backgrounds of a population: `peaks first 50`.
    First {
        of: Arc<Population>,
        count: usize,
    },
    /// Index into the program's models.
    Model(usize),
    Head(ModelOutput),
    Query(Rc<Query>),
    Track(Rc<TrackValue>),
    Band(Rc<QueryBand>),
    Evaluation(Rc<EvaluationValue>),
    List(Rc<Vec<Value>>),
    /// Redundant motifs, the representative first, which the cluster stands for where one motif is needed.
    Cluster(Rc<Vec<Value>>),
    /// Keys with their values, in the order of the text.
    Map(Rc<Vec<(Value, Value)>>),
    Contrast(Rc<ContrastValue>),
    Function(Rc<FunctionValue>),
    Experiment(Rc<ExperimentValue>),
    Edit(Rc<EditValue>),
    /// Edits in the order in which they apply.
    Arm(Rc<[Rc<EditValue>]>),
    /// `variant`: the other allele that each background carries.
    Variant,
    /// One haplotype of a sample of a VCF file.
    Haplotype(Rc<HaplotypeValue>),
    /// A module of the standard library: `syntax.spacing` is its function.
    Module(Rc<Scope>),
}

/// An output of a model that is not yet narrowed down to one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelOutput {
    /// Index into the program's models.
    pub model: usize,
    /// Index into its outputs.
    pub output: usize,
    pub task: Option<usize>,
    /// Of an output with named axes, how far it is narrowed.
    pub chosen: ChosenEntries,
}

/// One entry on each of the first axes of an output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChosenEntries {
    /// Number of axes on which an entry is chosen.
    pub depth: usize,
    /// The combination of the entries as one index, the last axis fastest.
    pub index: usize,
}

/// A position in a sequence whose length may not be known yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    pub anchor: Anchor,
    /// Base pairs to the right of the anchor.
    pub offset: i64,
}

/// Reference point of a position: the start, the centre or the end of the sequence. A construct is aligned by the same point of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Anchor {
    Start,
    Center,
    End,
    /// This share of the length from the start, rounded down; aligns a construct's start.
    Share(f64),
}

impl Position {
    /// Start of a construct of `width` bp in a sequence of `length` bp, aligned at this anchor.
    pub fn start_of(self, width: i64, length: i64) -> i64 {
        let aligned = match self.anchor {
            Anchor::Start => 0,
            Anchor::Center => length.div_euclid(2) - width.div_euclid(2),
            Anchor::End => length - width,
            Anchor::Share(share) => (share * length as f64).floor() as i64,
        };
        aligned.saturating_add(self.offset)
    }
}

/// Where a construct is embedded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Placement {
    At(Position),
    /// At a place that is drawn for each background among all where the construct fits into the region, or into the sequence.
    Anywhere(Option<(Position, Position)>),
}

/// Arithmetic over model outputs, with the scale of its numbers if that is known.
#[derive(Debug, Clone)]
pub struct Query {
    pub formula: Arc<Formula<OutputRef>>,
    pub unit: Option<String>,
    /// Its source text where it was passed to a function; it names an outcome that the function measures.
    pub written: Option<String>,
}

/// Numbers at many places of each sequence.
#[derive(Debug, Clone)]
pub struct TrackValue {
    pub track: Arc<Track<OutputRef>>,
    /// The scale of its numbers; none if it is unknown.
    pub unit: Option<String>,
    /// Where its numbers lie; none for those of tracks with different places.
    pub places: Option<Places>,
}

/// Where the numbers of a track lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// Neighbouring bins of the sequence: the start of the first in bp, and the width of each.
    Sequence { start: i64, bin: usize },
    /// Bins by their number, from the first in steps.
    Numbered { first: i64, step: i64 },
    /// Chosen bins at uneven distances, which have no order along an axis.
    Uneven,
}

/// A query and the interval in which its answers must lie.
#[derive(Debug)]
pub struct QueryBand {
    pub formula: Arc<Formula<OutputRef>>,
    pub low: Bound,
    pub high: Bound,
    /// The source text, as the author wrote it.
    pub words: String,
}

/// What is predicted, and sequences with known labels or measurements, or to predict.
#[derive(Debug)]
pub struct EvaluationValue {
    pub of: EvaluatedValue,
    pub ground_truth: GroundTruth,
}

/// What is predicted for each sequence.
#[derive(Debug)]
pub enum EvaluatedValue {
    /// One query, or for predictions those of all tasks.
    Queries(Vec<Rc<Query>>),
    /// A track, and its source text.
    Track(Rc<TrackValue>, String),
    /// Contributions of the bases to a query.
    Map(Rc<MapValue>),
    /// Contributions of the bases to each place of a track.
    Influence(Rc<InfluenceValue>),
    /// Two maps of the same sequences, which are compared.
    MapComparison([Rc<MapValue>; 2]),
}

/// Contributions of the bases of sequences to a query.
#[derive(Debug)]
pub struct MapValue {
    pub map: Arc<AttributionMap>,
    /// The query in words.
    pub query: String,
    /// The scale of the query; none if it is unknown.
    pub unit: Option<String>,
}

/// Contributions of the bases of sequences to each place of a track.
#[derive(Debug)]
pub struct InfluenceValue {
    pub map: Arc<InfluenceMap>,
    /// The track in words.
    pub track: String,
    /// The scale of its numbers; none if it is unknown.
    pub unit: Option<String>,
}

/// Arithmetic over the arms of the experiment that is being checked.
#[derive(Debug, Clone)]
pub struct ContrastValue {
    pub formula: Formula<usize>,
    /// `effect.dnase` names the outcome.
    pub outcome: Option<usize>,
}

#[derive(Debug)]
pub struct FunctionValue {
    pub declaration: tree::Fn,
    /// The types of the parameters, in the order of the declaration.
    pub parameter_types: Box<[Type]>,
    /// The type behind `->`, if it is written.
    pub result_type: Option<Type>,
    /// The scope in which the function was declared.
    pub scope: Rc<Scope>,
    /// Set where the declaration has no body.
    pub native: Option<&'static dyn NativeFunction>,
}

/// An experiment that has not been laid out yet, with the scope that its names are resolved in.
#[derive(Debug)]
pub struct ExperimentValue {
    pub body: tree::Experiment,
    pub scope: Rc<Scope>,
}

/// One haplotype of a sample of a VCF file. What it changes is known once the windows are.
#[derive(Debug)]
pub struct HaplotypeValue {
    /// Number of the allele in the genotypes, from 1.
    pub number: usize,
    /// Name of the sample in the file.
    pub sample: String,
    /// The file as the script names it.
    pub named: Rc<str>,
    /// The path of the file.
    pub path: PathBuf,
    /// What to do with records that do not say what the haplotype is.
    pub bad: BadRecords,
    /// Where the call names the file.
    pub location: ArgumentLocation,
}

impl HaplotypeValue {
    /// Whether both are the same haplotype of the same sample of the same file.
    pub fn is_same_as(&self, other: &HaplotypeValue) -> bool {
        (self.number, &self.sample, &self.path, self.bad)
            == (other.number, &other.sample, &other.path, other.bad)
    }
}

/// An edit as a call made it. Where it lies is known once the length of the sequences is.
#[derive(Debug)]
pub struct EditValue {
    /// The function that made it, such as `embed`.
    pub function: &'static str,
    /// The arguments in the order of the function's parameters; none for those that the call leaves out.
    pub arguments: Box<[Option<Value>]>,
    pub edit: Box<dyn UnplacedEdit>,
}

impl Value {
    /// A formula over arms, made for every outcome.
    pub fn of_arms(formula: Formula<usize>) -> Value {
        Value::Contrast(Rc::new(ContrastValue {
            formula,
            outcome: None,
        }))
    }

    /// The kind of the value, as a diagnostic names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::None => "nothing",
            Value::Error => "an error",
            Value::Bool(_) => "a Bool",
            Value::Number(_) => "a Number",
            Value::Share(_) => "a Share",
            Value::Quantile(_) => "a Quantile",
            Value::Text(_) => "a Text",
            Value::Length(_) => "a Length",
            Value::Position(_) => "a Position",
            Value::Region { .. } => "a Region",
            Value::Anywhere(_) => "a Placement",
            Value::Motif(_) => "a Motif",
            Value::Construct(_) => "a Construct",
            Value::Population(p) => match **p {
                Population::Null(_) => "a null model",
                Population::Sequences { .. } => "Sequences",
            },
            Value::First { of, .. } => match **of {
                Population::Null(_) => "the first backgrounds of a null model",
                Population::Sequences { .. } => "Sequences",
            },
            Value::Model(_) => "a Model",
            Value::Head(_) => "an output of a model",
            Value::Query(_) => "a Query",
            Value::Track(_) => "a Track",
            Value::Band(_) => "a Band",
            Value::Evaluation(evaluation) => match evaluation.of {
                EvaluatedValue::Map(_) | EvaluatedValue::Influence(_) => "an Attribution",
                EvaluatedValue::Queries(_)
                | EvaluatedValue::Track(..)
                | EvaluatedValue::MapComparison(_) => "an Evaluation",
            },
            Value::List(_) => "a List",
            Value::Cluster(_) => "a Cluster",
            Value::Map(_) => "a Map",
            Value::Contrast(_) => "a contrast of arms",
            Value::Function(_) => "a function",
            Value::Experiment(_) => "an Experiment",
            Value::Edit(_) => "an Edit",
            Value::Arm(_) => "an Arm",
            Value::Variant => "the variant of each background",
            Value::Haplotype(_) => "a haplotype",
            Value::Module(_) => "a module",
        }
    }

    /// The construct that a motif, or a bracketed row of motifs and gaps, stands for.
    pub fn as_construct(&self) -> Option<Arc<Construct>> {
        match self {
            Value::Construct(construct) => Some(construct.clone()),
            Value::Motif(motif) => Some(Arc::new(single(motif.clone(), None))),
            Value::Cluster(motifs) => motifs.first()?.as_construct(),
            Value::List(items) => {
                let mut whole = Construct::default();
                for item in items.iter() {
                    match item {
                        Value::Length(gap) => whole.parts.push(Part {
                            kind: PartKind::Gap(usize::try_from(*gap).ok()?),
                            label: None,
                        }),
                        other => whole
                            .parts
                            .extend(other.as_construct()?.parts.iter().cloned()),
                    }
                }
                Some(Arc::new(whole))
            }
            _ => None,
        }
    }
}

/// A construct of one motif.
pub fn single(motif: Arc<Motif>, label: Option<String>) -> Construct {
    Construct {
        parts: vec![Part {
            kind: PartKind::Motif(motif),
            label,
        }],
    }
}
