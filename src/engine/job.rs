//! Runs one job of a plan on the pool of workers, and collects its readings.

use std::collections::HashMap;

use super::joint::HeldColumns;
use super::non_finite::{NonFiniteOutput, NonFiniteOutputs};
use super::progress::cancelled;
use super::result_buffer::ResultBuffer;
use super::row_extractor::RowExtractor;
use super::worker_pool::WorkerPool;
use super::{JobOutcomes, Progress};
use gia_base::diag::Outcome;
use gia_plan::{Job, Plan};

/// Predicts the open tasks of a job. If the run is cancelled, returns the rows of each variant before the first missing one.
/// `on_progress` receives the outputs so far after each chunk. Readings of joint folds are NaN; the columns that they need are
/// returned beside the outcomes.
///
/// Non-finite outputs are recorded. `is_over` decides whether the job stops early because no result can be finished without them.
pub fn run_job(
    plan: &Plan,
    job: &Job,
    pool: &mut WorkerPool,
    progress: &dyn Progress,
    is_over: &dyn Fn(&NonFiniteOutputs) -> bool,
    on_progress: &mut dyn FnMut(&HashMap<usize, ResultBuffer>),
) -> Outcome<(JobOutcomes, HeldColumns)> {
    let (width, kept) = (job.columns.len(), job.readings.len());
    let extractor = RowExtractor::new(plan, job);
    let held = HeldReader::new(plan, job);
    let variants = &plan.populations[job.population].variants;
    let passes_per_row = plan.models[job.model].passes_per_row();
    let mut unchanged: HashMap<usize, Vec<u32>> = HashMap::new();
    let mut stopped = false;
    let mut non_finite = NonFiniteOutputs::default();
    let mut next_check = 1;
    let mut values: HashMap<usize, ResultBuffer> = job
        .tasks
        .iter()
        .map(|task| (task.variant, ResultBuffer::new(task, kept)))
        .collect();
    let mut held_values: HashMap<usize, ResultBuffer> = job
        .tasks
        .iter()
        .filter(|_| !job.held.is_empty())
        .map(|task| (task.variant, ResultBuffer::new(task, job.held.len())))
        .collect();
    let done = pool.predict_all(plan, job, |chunk, answers| {
        let readings = extractor.extract_all(&answers);
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
                let mut record = |reading: usize, at: usize| {
                    let fault = NonFiniteOutput {
                        background,
                        column: job.columns[at],
                        value: answer[at],
                    };
                    non_finite.record(variant, reading, fault);
                };
                for (place, at) in extractor.first_non_finite(answer) {
                    record(job.readings[place], at);
                }
                if let Some(at) = held.first_non_finite(answer) {
                    held.readings
                        .iter()
                        .for_each(|&reading| record(reading, at));
                }
            }
            if let Some(buffer) = values.get_mut(&variant) {
                let readings = &readings[row * kept..(row + 1) * kept];
                buffer.row(background).copy_from_slice(readings);
            }
            if let Some(buffer) = held_values.get_mut(&variant) {
                let columns = buffer.row(background).iter_mut();
                for (number, &place) in columns.zip(&held.places) {
                    *number = answer[place];
                }
            }
        }
        progress.advance(chunk.rows.len() as u64 * passes_per_row);
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
    let contiguous = |buffers: HashMap<usize, ResultBuffer>| {
        let buffers = buffers.into_iter();
        buffers
            .map(|(variant, buffer)| (variant, buffer.into_contiguous()))
            .collect()
    };
    let outcomes = JobOutcomes {
        readings: job.readings.clone(),
        values: contiguous(values),
        unchanged,
        non_finite,
    };
    let held = HeldColumns {
        width: job.held.len(),
        values: contiguous(held_values),
    };
    Ok((outcomes, held))
}

/// The columns that a job holds for joint folds.
struct HeldReader {
    /// Their places in a row.
    places: Vec<usize>,
    /// The readings that are computed from them.
    readings: Vec<usize>,
}

impl HeldReader {
    fn new(plan: &Plan, job: &Job) -> HeldReader {
        let is_read = |&reading: &usize| {
            let fold = plan.joint_fold(reading);
            fold.is_some_and(|fold| fold.sources.contains(&(job.model, job.strand)))
        };
        let places = job
            .held
            .iter()
            .filter_map(|column| job.columns.binary_search(column).ok());
        HeldReader {
            places: places.collect(),
            readings: match job.held.is_empty() {
                true => Vec::new(),
                false => (0..plan.readings.len()).filter(is_read).collect(),
            },
        }
    }

    fn first_non_finite(&self, row: &[f32]) -> Option<usize> {
        self.places
            .iter()
            .copied()
            .find(|&place| !row[place].is_finite())
    }
}
