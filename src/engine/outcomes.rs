//! The outputs of models in a run.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Survey;
use super::finite::Faults;
use gia_base::diag::Diagnostic;
use gia_study::{PrecisionCheck, Recomputed};

/// Model outputs for every task of every job of a plan.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// Parallel to `Plan::jobs`.
    pub jobs: Vec<JobOutcomes>,
    /// Survey of each experiment's backgrounds, parallel to `Plan::experiments`; empty if none was made.
    pub surveys: Vec<Survey>,
    /// Names of the devices, separated by commas: `cpu`, or `cuda:N` with the model of the GPU.
    pub device: String,
    /// Version of libtorch; none if every model is a formula.
    pub libtorch: Option<String>,
    /// Comparison with float32, if the networks used a lower precision.
    pub precision: Option<PrecisionCheck>,
    /// Statistics of incremental recomputation, if any sequence was recomputed.
    pub recomputed: Option<Recomputed>,
    /// SHA-256 of each model file, parallel to `Plan::models`.
    pub model_sha256: Vec<String>,
    /// How long the run took, step by step.
    pub timing: Timing,
    /// Names of the unfinished experiments, if the run was stopped or a model gave a non-finite output.
    pub left_out: Option<Vec<String>>,
    /// Why experiments and evaluations are left out: for each, the first value that is not finite.
    pub problems: Vec<Diagnostic>,
}

/// Seconds that the steps of a run took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Starting the worker, libtorch included.
    pub start: f64,
    /// Hashing and loading models.
    pub load: f64,
    /// Sampling and forward passes.
    pub passes: f64,
}

/// Outputs of one job.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct JobOutcomes {
    /// The columns of `values`, as in the job: indices into `Plan::readings`.
    pub readings: Vec<usize>,
    /// By variant, a row-major matrix (background, reading).
    pub values: HashMap<usize, Vec<f32>>,
    /// By variant with edits, the backgrounds that the edits leave unchanged.
    pub unchanged: HashMap<usize, Vec<u32>>,
    /// By variant and reading, the first value that is not finite.
    #[serde(skip)]
    pub faults: Faults,
}

impl JobOutcomes {
    /// No answers to these readings.
    pub(super) fn nothing(readings: Vec<usize>) -> JobOutcomes {
        JobOutcomes {
            readings,
            ..JobOutcomes::default()
        }
    }

    /// Number of backgrounds of a variant that were predicted.
    pub fn known(&self, variant: usize) -> usize {
        let numbers = self.values.get(&variant).map_or(0, Vec::len);
        numbers / self.readings.len().max(1)
    }

    /// Appends outputs for the backgrounds after those that are known.
    pub(super) fn extend(&mut self, found: JobOutcomes) {
        for (variant, numbers) in found.values {
            self.values.entry(variant).or_default().extend(numbers);
        }
        for (variant, backgrounds) in found.unchanged {
            let known = self.unchanged.entry(variant).or_default();
            known.extend(backgrounds);
        }
        self.faults.extend(found.faults);
    }

    /// The value of a reading for one background of a variant.
    ///
    /// `reading` is an index into `readings`.
    pub fn get(&self, variant: usize, background: usize, reading: usize) -> f32 {
        self.values[&variant][background * self.readings.len() + reading]
    }
}
