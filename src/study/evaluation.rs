//! Performance of models on sequences whose answers are known.

use serde::{Deserialize, Serialize};

use super::{ExcludedRecords, Unit, finite};

/// The predictions of a query compared with known answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The evaluation as the author wrote it.
    pub evaluation: String,
    /// The query that predicts, as the author wrote it.
    pub outcome: String,
    /// Scale of the predictions, such as `logit`; none if the model's declaration states none.
    pub unit: Option<String>,
    /// Confidence level of the intervals, for example 0.95.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// Positives and negatives, or the one set with measured numbers.
    pub sets: Vec<EvaluatedSet>,
    /// Number of independent sources of all sets together; none if every sequence is independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
    /// Records that were left out, for each file of the sets that lost any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<ExcludedRecords>,
    /// The prediction for each sequence, of a model about which nothing else is asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predictions: Vec<Prediction>,
    /// Where the numbers of a predicted track lie: the middles of bins in bp from the first base, or the numbers of bins. Empty unless a
    /// track is predicted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<i64>,
    /// `bp`; none for numbers of bins, and if no track is predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_unit: Option<String>,
    /// The predicted track of each sequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<PredictedTrack>,
    /// How alike two maps of each sequence are, where maps are compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agreements: Vec<MapAgreement>,
    /// Performance measures; which ones depends on what is known and on the unit. Of compared maps, means over sequences.
    pub measures: Vec<PerformanceMeasure>,
    /// ROC curve: pairs of false and true positive rate, from (0, 0) to (1, 1), at most 1,000 points. Empty for measured
    /// numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roc: Vec<[f64; 2]>,
    /// Pairs of recall and precision, at most 1,000 points. Empty for measured numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precision_recall: Vec<[f64; 2]>,
    /// Calibration in tenths of the sequences by predicted probability; empty unless predictions are probabilities or logits of
    /// classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibration: Vec<CalibrationBin>,
}

impl Evaluation {
    /// Whether nothing is known of the sequences, and what is predicted for them is all that there is.
    pub fn is_prediction(&self) -> bool {
        !self.predictions.is_empty() || !self.tracks.is_empty()
    }
}

/// What a query predicts for one sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The sequence.
    #[serde(flatten)]
    pub sequence: Unit,
    /// The number.
    #[serde(serialize_with = "finite::number")]
    pub value: f64,
}

/// How alike two maps of one sequence are. Measures are none where a map is constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapAgreement {
    /// The sequence.
    #[serde(flatten)]
    pub sequence: Unit,
    /// Correlation over positions.
    #[serde(serialize_with = "finite::optional")]
    pub pearson: Option<f64>,
    /// Rank correlation over positions.
    #[serde(serialize_with = "finite::optional")]
    pub spearman: Option<f64>,
    /// Cosine of the angle between both.
    #[serde(serialize_with = "finite::optional")]
    pub cosine: Option<f64>,
    /// Of the absolute products of contributions, the share whose product is positive.
    #[serde(serialize_with = "finite::optional")]
    pub sign_agreement: Option<f64>,
    /// Of the tenth of positions that contribute most to either, the share that is in both (Jaccard index); of equal contributions, the first count.
    #[serde(serialize_with = "finite::optional")]
    pub top_overlap: Option<f64>,
}

/// The track that is predicted for one sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictedTrack {
    /// The sequence.
    #[serde(flatten)]
    pub sequence: Unit,
    /// A number for each place of the evaluation.
    #[serde(serialize_with = "finite::numbers")]
    pub values: Vec<f64>,
}

/// A set of sequences with known answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedSet {
    /// `positives`, `negatives`, or the column with the measured numbers.
    pub role: String,
    /// The sequences in words.
    pub sequences: String,
    /// Number of sequences.
    pub n: usize,
    /// Number of their independent sources; none if every sequence is independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
}

/// A performance measure with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerformanceMeasure {
    /// `auroc`, `average_precision`, `brier`, `calibration_intercept`, `calibration_slope`, `pearson`, `spearman` or
    /// `r_squared`.
    pub measure: String,
    /// The estimate; none where `method` says why.
    #[serde(serialize_with = "finite::optional")]
    pub value: Option<f64>,
    /// Lower end of the interval at the evaluation's level; none when there is no interval.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    /// How the value and its interval were made.
    pub method: String,
}

/// A bin of a calibration curve, with about a tenth of the sequences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Number of sequences in the bin.
    pub n: usize,
    /// Mean predicted probability.
    #[serde(serialize_with = "finite::number")]
    pub predicted: f64,
    /// Fraction of positives.
    #[serde(serialize_with = "finite::number")]
    pub observed: f64,
    /// Lower end of Wilson's interval of `observed` at the evaluation's level.
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    /// Upper end of the same interval.
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
}
