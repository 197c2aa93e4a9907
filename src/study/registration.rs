//! Registrations: what a script claims, hashed before its run, and how a study compares with that.

use serde::{Deserialize, Serialize};

use super::{FileRecord, ModelRecord};

/// Name and version of the file that `gia check --register` writes.
pub const REGISTRATION_SCHEMA: &str = "gia-registration/1";

/// Everything that decides the verdicts of a script, as it stood before any forward pass.
///
/// Hashes are SHA-256 in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Name and version of the form: `gia-registration/1`.
    pub schema: String,
    /// When the file was written, by the clock of the machine, as `2026-11-29T14:03:05Z`.
    pub registered: String,
    /// Version of `gia` that wrote the file.
    pub gia: String,
    /// The script, with the hash of its text.
    pub script: FileRecord,
    /// The modules that the script uses, with the hashes of their texts.
    pub modules: Vec<FileRecord>,
    /// The settings that verdicts depend on.
    pub settings: RegisteredSettings,
    /// The experiments of the script, in its order.
    pub experiments: Vec<RegisteredExperiment>,
    /// Claims about several experiments, in the order of the script.
    pub claims: Vec<RegisteredClaim>,
    /// Each model of the script.
    pub models: Vec<ModelRecord>,
    /// Each file that backgrounds or motifs are read from.
    pub data: Vec<FileRecord>,
}

/// The settings of a script that verdicts depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisteredSettings {
    /// Seed of all random choices.
    pub seed: u64,
    /// Confidence level of intervals.
    pub level: f64,
    /// False-discovery rate at which rows are called significant.
    pub fdr: f64,
    /// Correction for multiple testing.
    pub correction: String,
    /// How the interval of a mean is computed.
    pub interval: String,
    /// Which claims are judged together.
    pub family: String,
    /// Whether experiments with equal null models have equal backgrounds.
    pub streams: String,
}

/// An experiment before its run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisteredExperiment {
    /// Name of the experiment in the script.
    pub name: String,
    /// Hash of the axes and their values.
    pub grid: String,
    /// Hash of the populations of the grid points, the number of backgrounds at each, and the rule of `sample until`.
    pub backgrounds: String,
    /// Hash of the edits of each arm at each grid point.
    pub arms: String,
    /// Hash of the formula of each outcome at each grid point.
    pub outcomes: String,
    /// Its claims, in the order of the script.
    pub claims: Vec<RegisteredClaim>,
}

/// A claim before the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisteredClaim {
    /// The claim as the author wrote it, on one line.
    pub claim: String,
    /// What the claim is about: contrast, outcome and feature, without numbers.
    pub about: String,
    /// Distinct thresholds, ascending; empty for a claim about the place of a peak or a period, which `sha256` covers.
    pub thresholds: Vec<f64>,
    /// Number of grid points that the claim ranges over.
    pub points: usize,
    /// Confidence level of the claim.
    pub level: f64,
    /// Hash of the meaning of the claim: what it is about, its relation, its threshold at each grid point, and its level. Spelling,
    /// layout and comments do not count.
    pub sha256: String,
}

/// How a run compares with its registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationCheck {
    /// Path of the registration, as the user named it.
    pub path: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// When the file says that it was written.
    pub registered: String,
    /// The git commit that last changed the file, if the file is committed and unmodified.
    pub commit: Option<Commit>,
    /// Whether claims, settings, designs, models and data are those of the registration: `changes` is empty.
    pub unchanged: bool,
    /// What has changed since.
    pub changes: Vec<RegistrationChange>,
    /// Differences that change no claim, no number that decides one, and no input, such as another text of the script with the same meaning.
    pub notes: Vec<String>,
}

/// A commit of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Hash of the commit.
    pub hash: String,
    /// Date of the commit, as ISO 8601.
    pub date: String,
}

/// One change since the registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationChange {
    /// Kind of the change.
    pub change: RegistrationChangeKind,
    /// The change in words.
    pub message: String,
}

/// Kinds of [`RegistrationChange`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationChangeKind {
    /// A claim that was not registered.
    ClaimAdded,
    /// A registered claim that the script no longer makes.
    ClaimRemoved,
    /// A claim with another threshold, relation, level or set of grid points.
    ClaimChanged,
    /// An experiment that was not registered.
    ExperimentAdded,
    /// A registered experiment that the script no longer has.
    ExperimentRemoved,
    /// Another grid, other backgrounds or another number of them, other arms or outcomes.
    DesignChanged,
    /// Another seed, level or other setting.
    SettingChanged,
    /// Another model, or another file of one.
    ModelChanged,
    /// Another data file, or another content of one.
    DataChanged,
}

impl RegistrationCheck {
    /// The registration and the outcome of the comparison in one sentence, without the changes.
    pub fn summary(&self) -> String {
        let date = match &self.commit {
            Some(commit) => {
                let short: String = commit.hash.chars().take(12).collect();
                format!("committed {} in {short}", commit.date)
            }
            None => format!("dated {}, not committed", self.registered),
        };
        let outcome = match (self.unchanged, self.changes.len()) {
            (true, _) => "unchanged since".to_string(),
            (false, 1) => "1 change since".to_string(),
            (false, n) => format!("{n} changes since"),
        };
        format!("registered in {} ({date}): {outcome}", self.path)
    }
}
