//! A plan run on a worker for each device, or on none where all its models are built in.

use std::collections::HashMap;
use std::time::Instant;

use super::crew::Crew;
use super::filling::Filling;
use super::finite::{Place, not_finite};
use super::progress::{go_on, interrupted};
use super::watch::{Look, Watch};
use super::{JobOutcomes, Options, Outcomes, Progress};
use crate::check::hir::Reduction;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::file;
use crate::plan::{Feature, Job, Model, ModelSource, Plan, Stopping};

/// Predicts everything that a plan asks for.
///
/// Fails where a model file is not the one that its declaration describes, where the worker or the device fails, where
/// a model gives a number that is not finite, and where it is told to stop. Nothing is predicted before all models are found to be right.
///
/// # Panics
/// Where the plan has selections that [`super::settle`] has not been asked about.
pub fn run(plan: &Plan, options: &Options, progress: &dyn Progress) -> Outcome<Outcomes> {
    let outcomes = run_while_wanted(plan, options, progress, None)?;
    go_on(progress)?;
    Ok(outcomes)
}

/// The same; where it is told to stop, what has been predicted until then.
fn run_while_wanted(
    plan: &Plan,
    options: &Options,
    progress: &dyn Progress,
    look: Option<Look>,
) -> Outcome<Outcomes> {
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
    let look = look.filter(|_| progress.wants_width());
    extend(plan, &mut outcomes, &mut crew, progress, look)?;
    crew.sign(&mut outcomes);
    Ok(outcomes)
}

/// Predicts what a plan asks for, with no more backgrounds than its experiments need to satisfy the rules by which they stop.
/// Returns the plan with the backgrounds that were used, and what was predicted for it.
///
/// `is_settled` judges the numbers of an experiment so far. It is asked after the numbers of backgrounds that
/// [`Stopping::look_after`](crate::check::hir::Stopping::look_after) names, whatever the batches are. Of plans without such rules
/// it is asked now and then where the progress wants to know how wide intervals are, and what it answers is not heard.
///
/// Where it is told to stop, what is returned holds the experiments that were finished until then, and names the others.
///
/// Fails as [`run`] does, where `is_settled` does, and where it is told to stop before any experiment is finished.
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
        let outcomes = run_while_wanted(&plan, options, progress, Some(is_settled))?;
        return finished(plan, outcomes, progress, &|_| true);
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
    let mut is_done: Vec<bool> = plan
        .experiments
        .iter()
        .map(|e| e.stopping.is_none())
        .collect();
    loop {
        let mut part = plan.with_at_most(&sizes);
        for (job, known) in part.jobs.iter_mut().zip(&outcomes.jobs) {
            for task in &mut job.tasks {
                task.done = known.known(task.variant);
            }
        }
        extend(&part, &mut outcomes, &mut crew, progress, None)?;
        if progress.is_stopped() {
            crew.sign(&mut outcomes);
            return finished(plan.with_at_most(&sizes), outcomes, progress, &|i| {
                is_done[i]
            });
        }
        for (number, experiment) in part.experiments.iter().enumerate() {
            let Some(stopping) = &experiment.stopping else {
                continue;
            };
            let seen = sizes[number];
            is_done[number] =
                is_done[number] || seen >= stopping.most || is_settled(&part, &outcomes, number)?;
            if !is_done[number] {
                sizes[number] = stopping.look_after(seen);
            }
        }
        if is_done.iter().all(|done| *done) {
            crew.sign(&mut outcomes);
            return Ok((plan.with_at_most(&sizes), outcomes));
        }
    }
}

/// A plan with its outcomes; of a run that was told to stop, what is finished of it. `may_be` says of which experiments it is known
/// how many backgrounds they need.
fn finished(
    plan: Plan,
    mut outcomes: Outcomes,
    progress: &dyn Progress,
    may_be: &dyn Fn(usize) -> bool,
) -> Outcome<(Plan, Outcomes)> {
    if !progress.is_stopped() {
        return Ok((plan, outcomes));
    }
    let known = |job: usize, variant: usize| outcomes.jobs[job].known(variant);
    let (whole, left_out) = plan.answered(&known, may_be);
    if left_out.is_empty() && whole.evaluations.len() == plan.evaluations.len() {
        // It was told to stop when all was done.
        return Ok((plan, outcomes));
    }
    if whole.experiments.is_empty() && whole.evaluations.is_empty() {
        return Err(interrupted());
    }
    outcomes.left_out = Some(left_out);
    Ok((whole, outcomes))
}

/// Predicts what is not done yet, and adds it to what is; what is done of it where it is told to stop.
fn extend(
    plan: &Plan,
    outcomes: &mut Outcomes,
    crew: &mut Crew,
    progress: &dyn Progress,
    look: Option<Look>,
) -> Outcome<()> {
    let predicting = Instant::now();
    let mut watch = Watch::new(look);
    for (number, job) in plan.jobs.iter().enumerate() {
        progress.workers(&crew.pids());
        let found = match progress.is_stopped() {
            true => JobOutcomes::nothing(job.readings.clone()),
            false => run_job(plan, job, crew, progress, &mut |values| {
                watch.see(plan, &outcomes.jobs, job, values);
            })?,
        };
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

/// Predicts the rows of a job that are not done yet. Where it is told to stop, it gives those
/// of each variant before the first that is missing. `watch` is shown what is there after each piece.
pub(super) fn run_job(
    plan: &Plan,
    job: &Job,
    crew: &mut Crew,
    progress: &dyn Progress,
    watch: &mut dyn FnMut(&HashMap<usize, Filling>),
) -> Outcome<JobOutcomes> {
    let (width, kept) = (job.columns.len(), job.readings.len());
    let features = features(plan, job);
    let variants = &plan.populations[job.population].variants;
    let mut unchanged: HashMap<usize, Vec<u32>> = HashMap::new();
    let mut stopped = false;
    let mut values: HashMap<usize, Filling> = job
        .tasks
        .iter()
        .map(|task| (task.variant, Filling::new(task, kept)))
        .collect();
    let done = crew.answer_all(plan, job, |piece, answers| {
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
            if let Some(filling) = values.get_mut(&variant) {
                let row = filling.row(background);
                for (number, feature) in row.iter_mut().zip(&features) {
                    *number = feature.of(answer);
                }
            }
        }
        progress.done(piece.rows.len() as u64);
        watch(&values);
        stopped = progress.is_stopped();
        go_on(progress)
    });
    match done {
        Err(_) if stopped => {
            for (variant, backgrounds) in &mut unchanged {
                let end = values.get(variant).map_or(0, Filling::end);
                backgrounds.retain(|background| (*background as usize) < end);
            }
        }
        done => done?,
    }
    // Pieces come back in any order.
    unchanged
        .values_mut()
        .for_each(|backgrounds| backgrounds.sort_unstable());
    Ok(JobOutcomes {
        readings: job.readings.clone(),
        values: values
            .into_iter()
            .map(|(variant, filling)| (variant, filling.into_whole()))
            .collect(),
        unchanged,
    })
}
