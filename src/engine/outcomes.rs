//! The outputs of models in a run.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::non_finite::NonFiniteOutputs;
use super::{Completeness, Survey};
use gia_base::diag::Diagnostic;
use gia_study::{IncrementalStats, PrecisionCheck, PythonNetwork};

/// Model outputs for every task of every job of a plan.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// Parallel to `Plan::jobs`.
    pub jobs: Vec<JobOutcomes>,
    /// Survey of the backgrounds of each experiment, parallel to `Plan::experiments`; empty before the survey.
    pub surveys: Vec<Survey>,
    /// Names of the devices, separated by commas: `cpu`, or `cuda:N` with the model of the GPU.
    pub device: String,
    /// Version of libtorch; none if every model is analytic.
    pub libtorch: Option<String>,
    /// Comparison with float32; none if the networks ran in float32.
    pub precision: Option<PrecisionCheck>,
    /// Statistics of incremental recomputation; none if every sequence took a full pass.
    pub recomputed: Option<IncrementalStats>,
    /// SHA-256 of each model file, or of the weights and code of a network in Python, parallel to `Plan::models`.
    pub model_sha256: Vec<String>,
    /// What ran of each network in Python, parallel to `Plan::models`; none for others.
    pub python: Vec<Option<PythonNetwork>>,
    /// What contributions miss of the differences that they should add up to, parallel to `Plan::models`; of no pairs for other models.
    pub completeness: Vec<Completeness>,
    /// Duration of each step.
    pub timing: Timing,
    /// Names of the unfinished experiments, if the run was stopped or a model gave a non-finite output.
    pub left_out: Option<Vec<String>>,
    /// Errors about experiments and evaluations that are left out: for each, the first non-finite output that it reads.
    pub problems: Vec<Diagnostic>,
}

/// Duration of each step of a run in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Starting the workers, including libtorch.
    pub start: f64,
    /// Hashing and loading models.
    pub load: f64,
    /// Sampling backgrounds and forward passes.
    pub passes: f64,
}

/// Outputs of one job.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct JobOutcomes {
    /// The columns of `values`, as in the job: indices into `Plan::readings`.
    pub readings: Vec<usize>,
    /// Outputs by variant: a row-major matrix (background, reading).
    pub values: HashMap<usize, Vec<f32>>,
    /// Backgrounds that the edits of a variant leave unchanged, by variant with edits; ascending.
    pub unchanged: HashMap<usize, Vec<u32>>,
    /// The first non-finite output of each variant and reading.
    #[serde(skip)]
    pub non_finite: NonFiniteOutputs,
}

impl JobOutcomes {
    /// No outputs, for these readings.
    pub(super) fn empty(readings: Vec<usize>) -> JobOutcomes {
        JobOutcomes {
            readings,
            ..JobOutcomes::default()
        }
    }

    /// Number of leading backgrounds that are predicted for a variant.
    pub fn num_backgrounds(&self, variant: usize) -> usize {
        let numbers = self.values.get(&variant).map_or(0, Vec::len);
        numbers / self.readings.len().max(1)
    }

    /// Appends the outputs for the next backgrounds.
    pub(super) fn extend(&mut self, found: JobOutcomes) {
        for (variant, numbers) in found.values {
            self.values.entry(variant).or_default().extend(numbers);
        }
        for (variant, backgrounds) in found.unchanged {
            let known = self.unchanged.entry(variant).or_default();
            known.extend(backgrounds);
        }
        self.non_finite.extend(found.non_finite);
    }

    /// The value of a reading for one background of a variant.
    ///
    /// `reading` is an index into `readings`.
    pub fn get(&self, variant: usize, background: usize, reading: usize) -> f32 {
        self.values[&variant][background * self.readings.len() + reading]
    }
}
