//! How well models do where the answers are known.

use serde::{Deserialize, Serialize};

use super::{LeftOut, finite};

/// A query beside what is known of sequences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// As the author wrote it.
    pub evaluation: String,
    pub outcome: String,
    pub unit: Option<String>,
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    pub sets: Vec<EvaluatedSet>,
    /// Records of the files of its sets that were left out, for each such file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    pub measures: Vec<Measure>,
    /// False and true positive rate, from none to all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roc: Vec<[f64; 2]>,
    /// Recall and precision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub precision_recall: Vec<[f64; 2]>,
    /// Of probabilities and logits, tenths of the sequences by their probability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calibration: Vec<CalibrationBin>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluatedSet {
    /// `positives`, `negatives`, or the column of the measured numbers.
    pub role: String,
    pub sequences: String,
    pub n: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// `auroc`, `average_precision`, `brier`, `calibration_intercept`, `calibration_slope`, `pearson`, `spearman`, `r_squared`.
    pub measure: String,
    #[serde(serialize_with = "finite::optional")]
    pub value: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
    pub method: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    pub n: usize,
    /// Mean probability.
    #[serde(serialize_with = "finite::number")]
    pub predicted: f64,
    /// Share of positives, with Wilson's interval.
    #[serde(serialize_with = "finite::number")]
    pub observed: f64,
    #[serde(serialize_with = "finite::optional")]
    pub low: Option<f64>,
    #[serde(serialize_with = "finite::optional")]
    pub high: Option<f64>,
}
