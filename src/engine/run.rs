//! A plan run on a worker for each device, or on none where all its models are built in.

use std::collections::HashMap;
use std::time::Instant;

use super::crew::Crew;
use super::finite::{Place, not_finite};
use super::{JobOutcomes, Options, Outcomes, Progress};
use crate::check::hir::Reduction;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::file;
use crate::plan::{Feature, Job, Model, ModelSource, Plan, Stopping};

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
    crew.answer_all(plan, job, |piece, answers| {
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
        if progress.is_stopped() {
            return Err(Box::new(Diagnostic::error(
                Code::Interrupted,
                "the run was stopped before its end",
            )));
        }
        Ok(())
    })?;
    // Pieces come back in any order.
    unchanged
        .values_mut()
        .for_each(|backgrounds| backgrounds.sort_unstable());
    Ok(JobOutcomes {
        readings: job.readings.clone(),
        values: values
            .into_iter()
            .map(|(variant, (_, numbers))| (variant, numbers))
            .collect(),
        unchanged,
    })
}
