//! A plan run on one worker, or on none where all its models are built in: sampling on a thread of its own, one piece
//! ahead of the passes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::mpsc;
use std::time::Instant;

use rayon::prelude::*;

use super::finite::{Place, not_finite};
use super::pieces::{self, Piece, Pieces};
use super::{JobOutcomes, Options, Outcomes, Progress, Timing, Worker};
use crate::check::hir::Reduction;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::file;
use crate::model::Truth;
use crate::plan::{Feature, Job, Model, ModelSource, Plan, Stopping};
use crate::wire::Rows;

/// Pieces that wait for the worker.
const AHEAD: usize = 2;

/// Predicts everything that a plan asks for.
///
/// Fails where a model file is not the one that its declaration describes, where the worker or the device fails, and
/// where a model gives a number that is not finite. Nothing is predicted before all models are found to be right.
///
/// # Panics
/// Where the plan has selections that [`super::settle`] has not been asked about.
pub fn run(plan: &Plan, options: &Options, progress: &dyn Progress) -> Outcome<Outcomes> {
    assert!(plan.selections.is_empty(), "selections come before passes");
    let mut outcomes = Outcomes {
        device: options.device.to_string(),
        ..Outcomes::default()
    };
    if plan.jobs.is_empty() {
        return Ok(outcomes);
    }
    let mut crew = Crew::open(plan, &plan.jobs, options, progress)?;
    progress.phase("predicting");
    progress.total(plan.passes());
    extend(plan, &mut outcomes, &mut crew, progress)?;
    crew.sign(&mut outcomes);
    Ok(outcomes)
}

/// Predicts what a plan asks for, with no more backgrounds than its experiments need to satisfy the rules by which they stop.
/// Returns the plan with the backgrounds that were used, and what was predicted for it.
///
/// `is_settled` judges the numbers of an experiment so far. It is asked after the numbers of backgrounds that
/// [`Stopping::look_after`](crate::check::hir::Stopping::look_after) names, whatever the batches are.
///
/// Fails as [`run`] does, and where `is_settled` does.
///
/// # Panics
/// As [`run`] does.
pub fn run_until(
    plan: Plan,
    options: &Options,
    progress: &dyn Progress,
    is_settled: &dyn Fn(&Plan, &Outcomes, usize) -> Outcome<bool>,
) -> Outcome<(Plan, Outcomes)> {
    if plan.experiments.iter().all(|e| e.stopping.is_none()) {
        let outcomes = run(&plan, options, progress)?;
        return Ok((plan, outcomes));
    }
    assert!(plan.selections.is_empty(), "selections come before passes");
    let mut outcomes = Outcomes::default();
    let mut crew = Crew::open(&plan, &plan.jobs, options, progress)?;
    progress.phase("predicting");
    progress.total(plan.passes());
    let look = |stopping: &Stopping| stopping.look_after(0);
    let sizes = plan.experiments.iter();
    let mut sizes: Vec<usize> = sizes
        .map(|e| e.stopping.as_ref().map_or(usize::MAX, look))
        .collect();
    loop {
        let mut part = plan.with_at_most(&sizes);
        for (job, known) in part.jobs.iter_mut().zip(&outcomes.jobs) {
            for task in &mut job.tasks {
                task.done = known.known(task.variant);
            }
        }
        extend(&part, &mut outcomes, &mut crew, progress)?;
        let mut goes_on = false;
        for (number, experiment) in part.experiments.iter().enumerate() {
            let Some(stopping) = &experiment.stopping else {
                continue;
            };
            let seen = sizes[number];
            if seen < stopping.most && !is_settled(&part, &outcomes, number)? {
                sizes[number] = stopping.look_after(seen);
                goes_on = true;
            }
        }
        if !goes_on {
            crew.sign(&mut outcomes);
            return Ok((plan.with_at_most(&sizes), outcomes));
        }
    }
}

/// Predicts what is not done yet, and adds it to what is.
fn extend(
    plan: &Plan,
    outcomes: &mut Outcomes,
    crew: &mut Crew,
    progress: &dyn Progress,
) -> Outcome<()> {
    let predicting = Instant::now();
    for (number, job) in plan.jobs.iter().enumerate() {
        let found = run_job(plan, job, crew, progress)?;
        match outcomes.jobs.get_mut(number) {
            Some(known) => known.extend(found),
            None => outcomes.jobs.push(found),
        }
    }
    crew.timing.passes += predicting.elapsed().as_secs_f64();
    Ok(())
}

/// Who answers: a worker with the networks of a plan, where it has any, and the models that are built in.
pub(super) struct Crew {
    worker: Option<Worker>,
    /// The worker's number of each model that is a network.
    opened: HashMap<usize, usize>,
    /// Parallel to `Plan::models`.
    hashes: Vec<String>,
    timing: Timing,
}

impl Crew {
    /// Opens the models that these jobs ask.
    pub(super) fn open<'j>(
        plan: &Plan,
        jobs: impl IntoIterator<Item = &'j Job>,
        options: &Options,
        progress: &dyn Progress,
    ) -> Outcome<Crew> {
        let is_network = |model: &Model| matches!(model.source, ModelSource::File { .. });
        let hashes = || plan.models.iter().map(check_hash).collect();
        let mut crew = Crew {
            worker: None,
            opened: HashMap::new(),
            hashes: Vec::new(),
            timing: Timing::default(),
        };
        if !plan.models.iter().any(is_network) {
            crew.hashes = hashes()?;
            return Ok(crew);
        }
        progress.phase("loading");
        let started = Instant::now();
        let (mut worker, hashes): (Worker, Vec<String>) = Worker::start_during(*options, hashes)?;
        crew.timing.start = started.elapsed().as_secs_f64();
        crew.hashes = hashes;
        let loading = Instant::now();
        for job in jobs {
            let model = &plan.models[job.model];
            if let ModelSource::File { path, .. } = &model.source
                && let Entry::Vacant(entry) = crew.opened.entry(job.model)
            {
                let number = worker.open(path, &model.declaration)?;
                worker.warm_up(number, pieces::first_rows(job))?;
                entry.insert(number);
            }
        }
        crew.timing.load = loading.elapsed().as_secs_f64();
        crew.worker = Some(worker);
        Ok(crew)
    }

    /// Notes who answered, and how long it took.
    fn sign(self, outcomes: &mut Outcomes) {
        let worker = self.worker.as_ref();
        outcomes.device = worker.map_or("cpu".into(), |worker| worker.device.clone());
        outcomes.libtorch = worker.map(|worker| worker.libtorch.clone());
        outcomes.model_sha256 = self.hashes;
        outcomes.timing = self.timing;
    }

    /// The job's columns for each row of a piece.
    pub(super) fn answer(&mut self, plan: &Plan, job: &Job, rows: &Rows) -> Outcome<Vec<f32>> {
        if let ModelSource::Truth(truth) = &plan.models[job.model].source {
            return Ok(predict_truth(truth, rows, &job.columns));
        }
        match (&mut self.worker, self.opened.get(&job.model)) {
            (Some(worker), Some(&number)) => worker.run(number, rows, &job.columns),
            _ => Err(Box::new(Diagnostic::error(
                Code::WorkerFailed,
                format!("`{}` was never opened", plan.models[job.model].name),
            ))),
        }
    }
}

/// What a formula answers for each row, on all processors.
pub(super) fn predict_truth(truth: &Truth, rows: &Rows, columns: &[usize]) -> Vec<f32> {
    (0..rows.len())
        .into_par_iter()
        .flat_map_iter(|row| {
            let mut bases = vec![0; rows.length];
            rows.write_row(row, &mut bases);
            let answers = truth.predict(&bases);
            columns
                .iter()
                .map(move |&column| answers[column] as f32)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The file's hash, which must be the declared one.
pub(super) fn check_hash(model: &Model) -> Outcome<String> {
    let (path, written) = match &model.source {
        ModelSource::File { path, written } => (path, written),
        ModelSource::Truth(truth) => return Ok(truth.identity()),
    };
    let found = file::sha256_of(path)?;
    match &model.declaration.sha256 {
        Some(declared) if *declared != found => Err(Box::new(
            Diagnostic::error(
                Code::WrongHash,
                format!("`{}` is not the file that its declaration describes", written),
            )
            .help(format!(
                "declared is sha256 {declared}, the file has {found}; restore the file, or mend the declaration if it was replaced on purpose"
            )),
        )),
        _ => Ok(found),
    }
}

/// What is kept of a row of a job's columns.
pub(super) enum Kept {
    One(usize),
    Reduced(Reduction, Vec<usize>),
}

impl Kept {
    pub(super) fn of(&self, row: &[f32]) -> f32 {
        match self {
            Kept::One(place) => row[*place],
            Kept::Reduced(reduction, places) => {
                reduction.apply(places.iter().map(|&place| f64::from(row[place]))) as f32
            }
        }
    }
}

/// What is kept for each of a job's readings.
pub(super) fn features(plan: &Plan, job: &Job) -> Vec<Kept> {
    let place = |column: &usize| {
        let found = job.columns.binary_search(column);
        found.expect("a job has the columns of its readings")
    };
    let readings = job.readings.iter().map(|&i| &plan.readings[i].feature);
    readings
        .map(|feature| match feature {
            Feature::Column(column) => Kept::One(place(column)),
            Feature::Reduced(reduction, columns) => {
                Kept::Reduced(*reduction, columns.iter().map(place).collect())
            }
        })
        .collect()
}

/// Predicts the rows of a job that are not done yet.
pub(super) fn run_job(
    plan: &Plan,
    job: &Job,
    crew: &mut Crew,
    progress: &dyn Progress,
) -> Outcome<JobOutcomes> {
    let (width, kept) = (job.columns.len(), job.readings.len());
    let features = features(plan, job);
    let variants = &plan.populations[job.population].variants;
    let mut unchanged: HashMap<usize, Vec<u32>> = HashMap::new();
    // Of each variant, the first background that is predicted here, and the numbers from it on.
    let mut values: HashMap<usize, (usize, Vec<f32>)> = job
        .tasks
        .iter()
        .map(|task| {
            let numbers = vec![0.0; task.passes() as usize * kept];
            (task.variant, (task.done, numbers))
        })
        .collect();
    let (give, take) = mpsc::sync_channel::<Outcome<Piece>>(AHEAD);
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
            let piece = piece?;
            let answers = crew.answer(plan, job, &piece.rows)?;
            for (row, (&(variant, background), answer)) in piece
                .places
                .iter()
                .zip(answers.chunks_exact(width))
                .enumerate()
            {
                if piece.rows.is_plain(row) && !variants[variant].is_empty() {
                    unchanged
                        .entry(variant)
                        .or_default()
                        .push(background as u32);
                }
                if let Some(at) = answer.iter().position(|value| !value.is_finite()) {
                    let column = job.columns[at];
                    let place = Place {
                        variant,
                        background,
                        column,
                    };
                    return Err(not_finite(plan, job, place, answer[at]));
                }
                if let Some((first, matrix)) = values.get_mut(&variant) {
                    let place = background - *first;
                    let row = &mut matrix[place * kept..(place + 1) * kept];
                    for (number, feature) in row.iter_mut().zip(&features) {
                        *number = feature.of(answer);
                    }
                }
            }
            progress.done(piece.rows.len() as u64);
        }
        Ok(())
    })?;
    Ok(JobOutcomes {
        readings: job.readings.clone(),
        values: values
            .into_iter()
            .map(|(variant, (_, numbers))| (variant, numbers))
            .collect(),
        unchanged,
    })
}
