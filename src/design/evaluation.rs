//! Evaluations: the predictions of a model compared with known labels or measurements.

use std::sync::Arc;

use gia_domain::Population;

use crate::{Formula, MeasuredTrack, OutputRef};

/// A model on sequences, with known labels or measurements or without: `show evaluate(net["CTCF"], peaks, shuffles)`,
/// `show predict(net, peaks)`.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// The evaluation as the author wrote it, without `show`.
    pub text: String,
    /// The query as the author wrote it, or `query`.
    pub outcome: String,
    /// Unit of the query, for example `logit`; none if it is unknown.
    pub unit: Option<String>,
    /// Whether the query lies between 0 and 1, as a probability does.
    pub bounded: bool,
    /// The prediction for each sequence.
    pub query: EvaluatedQuery,
    /// The sequences with the labels or measurements, if any, that the prediction is compared with.
    pub ground_truth: GroundTruth,
    /// Confidence level of the intervals, for example 0.95.
    pub level: f64,
}

/// What is predicted for each sequence.
#[derive(Debug, Clone)]
pub enum EvaluatedQuery {
    /// One number.
    Number(Arc<Formula<OutputRef>>),
    /// Numbers at many places, only where nothing is known of the sequences.
    Track(Arc<MeasuredTrack>),
    /// Contributions of the bases, only where nothing is known of the sequences.
    Map(Arc<AttributionMap>),
    /// Contributions of the bases to each place of a track, only where nothing is known of the sequences.
    Influence(Arc<InfluenceMap>),
    /// The contributions of two maps, which are compared, only where nothing is known of the sequences.
    MapComparison([Arc<MeasuredTrack>; 2]),
}

/// What each base of sequences contributes to each place of a track: pairwise influence by sequence attribution (PISA).
#[derive(Debug, Clone)]
pub struct InfluenceMap {
    /// How contributions are computed, in words.
    pub method: String,
    /// The track, for its places.
    pub track: Arc<MeasuredTrack>,
    /// What each base contributes to each place of the track.
    pub contributions: Vec<Arc<MeasuredTrack>>,
}

/// Contributions of the bases of sequences, with what is needed to say how far they can be trusted.
#[derive(Debug, Clone)]
pub struct AttributionMap {
    /// How they are computed, in words.
    pub method: String,
    /// What each base contributes.
    pub contributions: Arc<MeasuredTrack>,
    /// What each base would contribute, in the order of the codes of bases: A, C, G, T; empty of methods that say nothing of single bases.
    pub hypothetical: Vec<Arc<MeasuredTrack>>,
    /// Their variation over references; none for methods that do not compare.
    pub over_references: Option<OverReferences>,
}

/// How contributions vary between the references of a sequence.
#[derive(Debug, Clone)]
pub struct OverReferences {
    /// Number of references.
    pub count: usize,
    /// The standard deviation of what each base contributes.
    pub sd: Arc<MeasuredTrack>,
    /// The mean over the first half of the references, rounded down.
    pub first_half: Arc<MeasuredTrack>,
}

/// Sequences with known labels or measurements.
#[derive(Debug, Clone)]
pub enum GroundTruth {
    /// Two classes, for `evaluate`.
    Classes {
        /// Sequences for which a good model predicts high numbers.
        positives: Arc<Population>,
        /// Sequences for which a good model predicts low numbers.
        negatives: Arc<Population>,
    },
    /// Continuous measurements, for `agreement`.
    Measured {
        /// The sequences that were measured.
        sequences: Arc<Population>,
        /// One measurement for each sequence, in the same order.
        measurements: Arc<[f64]>,
        /// Name of the table column with the measurements.
        column: String,
    },
    /// Nothing is known: what the model predicts is shown, for `predict`.
    Unknown {
        /// The sequences to predict: of a window of variants one for each allele.
        sequences: Arc<Population>,
        /// The sequences as they were given, whose records are counted.
        given: Arc<Population>,
        /// Shuffles that the contributions of the sequences are compared with; none for other queries, and unless asked for.
        shuffles: Option<Shuffles>,
    },
}

/// Shuffles of sequences: with n sequences, shuffle r of sequence s is background s + r n.
#[derive(Debug, Clone)]
pub struct Shuffles {
    /// The null model that draws them.
    pub population: Arc<Population>,
    /// Number of shuffles of each sequence.
    pub per_sequence: usize,
    /// Number of neighbouring contributions that are added up before they are compared, at least one.
    pub window: usize,
}

impl GroundTruth {
    /// The sets of sequences: positives and negatives, the one that was measured, or the one that is predicted and its shuffles; each with the
    /// number of sequences.
    pub fn sets(&self) -> Vec<(&Arc<Population>, usize)> {
        fn whole(set: &Arc<Population>) -> (&Arc<Population>, usize) {
            (set, set.size().unwrap_or(0))
        }
        match self {
            GroundTruth::Classes {
                positives,
                negatives,
            } => vec![whole(positives), whole(negatives)],
            GroundTruth::Measured { sequences, .. } => vec![whole(sequences)],
            GroundTruth::Unknown {
                sequences,
                shuffles,
                ..
            } => {
                let (_, count) = whole(sequences);
                let shuffles = shuffles.as_ref();
                let shuffles = shuffles.map(|of| (&of.population, count * of.per_sequence));
                [whole(sequences)].into_iter().chain(shuffles).collect()
            }
        }
    }
}
