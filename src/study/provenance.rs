//! Provenance of a study: what is needed to reproduce it.

use gia_base::file::FileRecord;
use serde::{Deserialize, Serialize};

use super::{AttributionRecord, IncrementalStats, PrecisionCheck};

/// Everything that is needed to run the study again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The script, with its hash.
    pub script: Script,
    /// The command that reproduces the run.
    pub command: String,
    /// Seed of all random choices.
    pub seed: u64,
    /// Versions of the programs that made the numbers.
    pub versions: Versions,
    /// `cpu`, or `cuda:0 (NAME)`; several are joined with commas.
    pub device: String,
    /// Deviation from float32; only with `--dtype` other than float32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<PrecisionCheck>,
    /// Check of incremental recomputation; only when sequences were recomputed in part from their backgrounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recomputed: Option<IncrementalStats>,
    /// Each model of the run, with its file and hash.
    pub models: Vec<ModelRecord>,
    /// Contributions to their outputs that were measured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributions: Vec<AttributionRecord>,
    /// Each file that backgrounds or motifs were read from, with its hash.
    pub data: Vec<FileRecord>,
    /// Duration of each step.
    pub timing: Timing,
}

/// Duration of each step in seconds. No other part of a study differs between two equal runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Reading, parsing and checking the script.
    pub check: f64,
    /// Lowering the script to a plan.
    pub plan: f64,
    /// Starting the workers, including libtorch.
    pub start: f64,
    /// Hashing and loading the models.
    pub load: f64,
    /// Sampling backgrounds and forward passes.
    pub passes: f64,
    /// Statistics, from the outcomes to the study.
    pub analyse: f64,
    /// The whole run by the clock. It is not the sum of the steps, which can overlap and leave some work out.
    pub total: f64,
}

/// The script of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// Path as the user named it.
    pub path: String,
    /// SHA-256 of its text, in lower-case hexadecimal.
    pub sha256: String,
    /// Commit of the git checkout that holds the script; none if git finds none.
    pub commit: Option<String>,
}

/// Versions of the programs that made a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// Version of `gia`.
    pub gia: String,
    /// Version of libtorch; none if no network ran.
    pub libtorch: Option<String>,
}

/// A model file of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Name that the script binds the model to.
    pub name: String,
    /// Path of the model file as the script writes it, or the formula of an analytic model.
    pub path: String,
    /// SHA-256 of the file, of the formula, or of the weights and code of a network in Python, in lower-case hexadecimal.
    pub sha256: String,
    /// What ran; only for a network in Python.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<PythonNetwork>,
}

/// A network that ran in Python.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonNetwork {
    /// Name of its class or function, with its module.
    pub class: String,
    /// Each library that it runs on with its version, Python first.
    pub libraries: Vec<String>,
}

impl std::fmt::Display for PythonNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} in {}", self.class, self.libraries.join(", "))
    }
}
