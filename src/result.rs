//! The study: what a run found, as plain data. No syntax tree, no tensors, nothing to compute.
//!
//! Its serialised form is the public JSON schema of `gia run --json`.

use serde::Serialize;

/// Version of the JSON form; changes when a reader of it would have to.
pub const SCHEMA: &str = "gia-study/1";

#[derive(Debug, Clone, Serialize)]
pub struct Study {
    pub schema: &'static str,
    pub provenance: Provenance,
    pub experiments: Vec<Experiment>,
}

/// Everything needed to run it again.
#[derive(Debug, Clone, Serialize)]
pub struct Provenance {
    pub script: Script,
    /// The command that reproduces the run.
    pub command: String,
    pub seed: u64,
    pub versions: Versions,
    /// `cpu`, or `cuda:0 (NAME)`.
    pub device: String,
    pub models: Vec<ModelRecord>,
    /// Files that backgrounds and motifs were read from.
    pub data: Vec<FileRecord>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Script {
    pub path: String,
    pub sha256: String,
    /// The commit of the git checkout that holds the script, if there is one.
    pub commit: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Versions {
    pub gia: String,
    pub libtorch: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ModelRecord {
    pub name: String,
    pub path: String,
    pub sha256: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct FileRecord {
    pub path: String,
    pub sha256: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Experiment {
    pub name: String,
    pub doc: Option<String>,
    /// What one of the n is.
    pub unit_of_replication: String,
    pub axes: Vec<Axis>,
    pub arms: Vec<ArmSummary>,
    pub rows: Vec<Row>,
    pub claims: Vec<Claim>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Axis {
    pub name: String,
    /// `bp` for lengths and positions.
    pub unit: Option<String>,
    pub values: Vec<serde_json::Value>,
}

/// A grid point: axis name to value, lengths as whole base pairs, motifs by name.
pub type At = serde_json::Map<String, serde_json::Value>;

/// The outcome under one arm, before any comparison.
#[derive(Debug, Clone, Serialize)]
pub struct ArmSummary {
    pub at: At,
    pub arm: String,
    pub outcome: String,
    pub unit: Option<String>,
    pub n: usize,
    pub mean: f64,
    /// Sample standard deviation between backgrounds (n - 1).
    pub sd: Option<f64>,
}

/// A contrast at one grid point: its estimate with its uncertainty.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub at: At,
    pub contrast: String,
    pub outcome: String,
    pub unit: Option<String>,
    pub n: usize,
    pub mean: f64,
    /// Sample standard deviation of the per-background differences (n - 1); none for n = 1.
    pub sd: Option<f64>,
    /// Standard error of the mean.
    pub se: Option<f64>,
    /// Interval for the mean at `level`.
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub level: f64,
    /// How the interval and p were made, for example `paired Student t`.
    pub method: String,
    /// Two-sided p of a mean of zero.
    pub p: Option<f64>,
    /// p adjusted over `family`.
    pub q: Option<f64>,
    pub family: Family,
}

/// What a q value was adjusted over.
#[derive(Debug, Clone, Serialize)]
pub struct Family {
    pub method: String,
    pub size: usize,
    pub of: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Supported,
    Refuted,
    Undecided,
}

#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    /// As the author wrote it.
    pub claim: String,
    pub verdict: Verdict,
    pub contrast: String,
    pub outcome: String,
    pub level: f64,
    /// How the intervals were made simultaneous.
    pub method: String,
    /// How many grid points the claim ranges over.
    pub points: usize,
    /// In words, why: the grid point that decides, its interval and the number it is compared with.
    pub reason: String,
    /// The interval that decides the verdict.
    pub deciding: Deciding,
}

#[derive(Debug, Clone, Serialize)]
pub struct Deciding {
    pub at: At,
    pub mean: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub threshold: f64,
}
