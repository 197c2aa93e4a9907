//! A plan run on one worker: sampling on a thread of its own, one piece ahead of the passes.

use std::collections::HashMap;
use std::sync::mpsc;
use std::time::Instant;

use super::finite::{Place, not_finite};
use super::pieces::{self, Piece, Pieces};
use super::{JobOutcomes, Options, Outcomes, Progress, Timing, Worker};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::file;
use crate::plan::{Job, Model, Plan};

/// Pieces that wait for the worker.
const AHEAD: usize = 2;

/// Predicts everything that a plan asks for.
///
/// Fails where a model file is not the one that its declaration describes, where the worker or the device fails, and
/// where a model gives a number that is not finite. Nothing is predicted before all models are found to be right.
pub fn run(plan: &Plan, options: &Options, progress: &dyn Progress) -> Outcome<Outcomes> {
    if plan.jobs.is_empty() {
        return Ok(Outcomes {
            device: options.device.to_string(),
            ..Outcomes::default()
        });
    }
    progress.phase("loading");
    let started = Instant::now();
    let hashes = || plan.models.iter().map(check_hash).collect();
    let (mut worker, model_sha256): (Worker, Vec<String>) = Worker::start_during(*options, hashes)?;
    let start = started.elapsed().as_secs_f64();
    let loading = Instant::now();
    let mut opened = HashMap::new();
    for job in &plan.jobs {
        if let std::collections::hash_map::Entry::Vacant(entry) = opened.entry(job.model) {
            let model = &plan.models[job.model];
            let number = worker.open(&model.path, &model.declaration)?;
            worker.warm_up(number, pieces::first_rows(job))?;
            entry.insert(number);
        }
    }
    let load = loading.elapsed().as_secs_f64();
    progress.phase("predicting");
    progress.total(plan.passes());
    let predicting = Instant::now();
    let jobs = plan
        .jobs
        .iter()
        .map(|job| run_job(plan, job, opened[&job.model], &mut worker, progress))
        .collect::<Outcome<Vec<_>>>()?;
    let timing = Timing {
        start,
        load,
        passes: predicting.elapsed().as_secs_f64(),
    };
    Ok(Outcomes {
        jobs,
        device: worker.device.clone(),
        libtorch: Some(worker.libtorch.clone()),
        model_sha256,
        timing,
    })
}

/// The file's hash, which must be the declared one.
pub(super) fn check_hash(model: &Model) -> Outcome<String> {
    let found = file::sha256_of(&model.path)?;
    match &model.declaration.sha256 {
        Some(declared) if *declared != found => Err(Box::new(
            Diagnostic::error(
                Code::WrongHash,
                format!("`{}` is not the file that its declaration describes", model.written),
            )
            .help(format!(
                "declared is sha256 {declared}, the file has {found}; restore the file, or mend the declaration if it was replaced on purpose"
            )),
        )),
        _ => Ok(found),
    }
}

fn run_job(
    plan: &Plan,
    job: &Job,
    opened: usize,
    worker: &mut Worker,
    progress: &dyn Progress,
) -> Outcome<JobOutcomes> {
    let width = job.columns.len();
    let mut values: HashMap<usize, Vec<f32>> = job
        .tasks
        .iter()
        .map(|task| (task.variant, vec![0.0; task.count * width]))
        .collect();
    let (give, take) = mpsc::sync_channel::<Piece>(AHEAD);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for piece in Pieces::new(plan, job) {
                if give.send(piece).is_err() {
                    break;
                }
            }
        });
        // Dropped on any way out of here, which ends the thread that samples.
        let take = take;
        for piece in take.iter() {
            let answers = worker.run(opened, &piece.rows, &job.columns)?;
            for (&(variant, background), answer) in
                piece.places.iter().zip(answers.chunks_exact(width))
            {
                if let Some(at) = answer.iter().position(|value| !value.is_finite()) {
                    let column = job.columns[at];
                    let place = Place {
                        variant,
                        background,
                        column,
                    };
                    return Err(not_finite(plan, job, place, answer[at]));
                }
                if let Some(matrix) = values.get_mut(&variant) {
                    matrix[background * width..(background + 1) * width].copy_from_slice(answer);
                }
            }
            progress.done(piece.rows.len() as u64);
        }
        Ok(())
    })?;
    Ok(JobOutcomes {
        columns: job.columns.clone(),
        values,
    })
}
