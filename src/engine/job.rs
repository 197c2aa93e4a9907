//! Runs one job of a plan on the pool of workers, and collects its readings.

use std::collections::HashMap;

use super::non_finite::{NonFiniteOutput, NonFiniteOutputs};
use super::progress::cancelled;
use super::result_buffer::ResultBuffer;
use super::worker_pool::WorkerPool;
use super::{JobOutcomes, Progress};
use gia_base::diag::Outcome;
use gia_design::Reduction;
use gia_plan::{Feature, Job, Plan};

/// Computes a reading from the predicted columns of a row.
pub enum FeatureExtractor {
    Column(usize),
    Reduced(Reduction, Vec<usize>),
}

impl FeatureExtractor {
    /// Indices into a row of predicted columns.
    fn indices(&self) -> &[usize] {
        match self {
            FeatureExtractor::Column(place) => std::slice::from_ref(place),
            FeatureExtractor::Reduced(_, places) => places,
        }
    }

    pub fn extract(&self, row: &[f32]) -> f32 {
        match self {
            FeatureExtractor::Column(place) => row[*place],
            FeatureExtractor::Reduced(reduction, places) => {
                reduction.apply(places.iter().map(|&place| f64::from(row[place]))) as f32
            }
        }
    }
}

/// The extractor of each reading of a job.
pub fn feature_extractors(plan: &Plan, job: &Job) -> Vec<FeatureExtractor> {
    let place = |column: &usize| {
        let found = job.columns.binary_search(column);
        found.expect("a job has the columns of its readings")
    };
    let readings = job.readings.iter().map(|&i| &plan.readings[i].feature);
    readings
        .map(|feature| match feature {
            Feature::Column(column) => FeatureExtractor::Column(place(column)),
            Feature::Reduced(reduction, columns) => {
                FeatureExtractor::Reduced(*reduction, columns.iter().map(place).collect())
            }
        })
        .collect()
}

/// Predicts the open tasks of a job. If the run is cancelled, returns the rows of each variant before the first missing one.
/// `on_progress` receives the outputs so far after each chunk.
///
/// Non-finite outputs are recorded. `is_over` decides whether the job stops early because no result can be finished without them.
pub fn run_job(
    plan: &Plan,
    job: &Job,
    pool: &mut WorkerPool,
    progress: &dyn Progress,
    is_over: &dyn Fn(&NonFiniteOutputs) -> bool,
    on_progress: &mut dyn FnMut(&HashMap<usize, ResultBuffer>),
) -> Outcome<JobOutcomes> {
    let (width, kept) = (job.columns.len(), job.readings.len());
    let features = feature_extractors(plan, job);
    let variants = &plan.populations[job.population].variants;
    let mut unchanged: HashMap<usize, Vec<u32>> = HashMap::new();
    let mut stopped = false;
    let mut non_finite = NonFiniteOutputs::default();
    let mut next_check = 1;
    let mut values: HashMap<usize, ResultBuffer> = job
        .tasks
        .iter()
        .map(|task| (task.variant, ResultBuffer::new(task, kept)))
        .collect();
    let done = pool.predict_all(plan, job, |chunk, answers| {
        for (row, (&(variant, background), answer)) in chunk
            .row_keys
            .iter()
            .zip(answers.chunks_exact(width))
            .enumerate()
        {
            if chunk.rows.is_unedited(row) && !variants[variant].is_empty() {
                unchanged
                    .entry(variant)
                    .or_default()
                    .push(background as u32);
            }
            if answer.iter().any(|value| !value.is_finite()) {
                for (feature, &reading) in features.iter().zip(&job.readings) {
                    let mut places = feature.indices().iter();
                    if let Some(&at) = places.find(|&&place| !answer[place].is_finite()) {
                        let fault = NonFiniteOutput {
                            background,
                            column: job.columns[at],
                            value: answer[at],
                        };
                        non_finite.record(variant, reading, fault);
                    }
                }
            }
            if let Some(buffer) = values.get_mut(&variant) {
                let row = buffer.row(background);
                for (number, feature) in row.iter_mut().zip(&features) {
                    *number = feature.extract(answer);
                }
            }
        }
        progress.advance(chunk.rows.len() as u64);
        // `is_over` is slow, so it is called only when the number of non-finite outputs has doubled.
        if non_finite.len() >= next_check {
            next_check = 2 * non_finite.len();
            stopped |= is_over(&non_finite);
        }
        if non_finite.is_empty() {
            on_progress(&values);
        }
        stopped |= progress.is_stopped();
        match stopped {
            true => Err(cancelled()),
            false => Ok(()),
        }
    });
    match done {
        Err(_) if stopped || progress.is_stopped() => {
            for (variant, backgrounds) in &mut unchanged {
                let end = values.get(variant).map_or(0, ResultBuffer::end);
                backgrounds.retain(|background| (*background as usize) < end);
            }
        }
        done => done?,
    }
    // Chunks arrive in any order.
    unchanged
        .values_mut()
        .for_each(|backgrounds| backgrounds.sort_unstable());
    Ok(JobOutcomes {
        readings: job.readings.clone(),
        values: values
            .into_iter()
            .map(|(variant, buffer)| (variant, buffer.into_contiguous()))
            .collect(),
        unchanged,
        non_finite,
    })
}
