//! A plan run on a worker for each device, or on none where all its models are built in.

use std::collections::HashMap;
use std::time::Instant;

use super::crew::Crew;
use super::filling::Filling;
use super::finite::{Broken, Fault, Faults};
use super::progress::{go_on, interrupted};
use super::watch::{Look, Watch};
use super::{JobOutcomes, Options, Outcomes, Progress};
use crate::check::hir::Reduction;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::plan::{Feature, Job, Plan, Stopping};

/// Predicts everything that a plan asks for.
///
/// Fails where a model file is not the one that its declaration describes, where the worker or the device fails, where
/// a model gives a number that is not finite, and where it is told to stop. Nothing is predicted before all models are found to be right.
///
/// # Panics
/// Where the plan has selections that [`super::settle`] has not been asked about.
pub fn run(plan: &Plan, options: &Options, progress: &dyn Progress) -> Outcome<Outcomes> {
    let outcomes = run_while_wanted(plan, options, progress, None)?;
    if let Some(diagnostic) = Broken::of(plan, faults(&outcomes)).first() {
        return Err(Box::new(diagnostic));
    }
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
/// Where it is told to stop, what is returned holds the experiments that were finished until then, and names the others. Where a
/// model gives a number that is not finite, experiments that do not read it are finished, and the others are left out.
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
            let broken = Broken::of(&part, faults(&outcomes));
            is_done[number] = is_done[number]
                || seen >= stopping.most
                || broken.experiment(experiment).is_some()
                || settled(is_settled(&part, &outcomes, number))?;
            if !is_done[number] {
                sizes[number] = stopping.look_after(seen);
            }
        }
        if is_done.iter().all(|done| *done) {
            crew.sign(&mut outcomes);
            return finished(plan.with_at_most(&sizes), outcomes, progress, &|_| true);
        }
    }
}

/// An experiment whose numbers are not finite needs no more of them; what is wrong is said at the end.
fn settled(found: Outcome<bool>) -> Outcome<bool> {
    match found {
        Err(diagnostic) if diagnostic.code == Code::NonFinite => Ok(true),
        found => found,
    }
}

fn faults(outcomes: &Outcomes) -> impl Iterator<Item = &Faults> {
    outcomes.jobs.iter().map(|job| &job.faults)
}

/// A plan with its outcomes; of a run that was told to stop or that broke, what is finished of it. `may_be` says of which experiments it is known
/// how many backgrounds they need.
fn finished(
    plan: Plan,
    mut outcomes: Outcomes,
    progress: &dyn Progress,
    may_be: &dyn Fn(usize) -> bool,
) -> Outcome<(Plan, Outcomes)> {
    let broken = Broken::of(&plan, faults(&outcomes));
    if !progress.is_stopped() && broken.is_none() {
        return Ok((plan, outcomes));
    }
    let of_experiments = plan.experiments.iter().map(|e| broken.experiment(e));
    let of_experiments: Vec<Option<Diagnostic>> = of_experiments.collect();
    let of_evaluations = plan.evaluations.iter().map(|e| broken.evaluation(e));
    let of_evaluations: Vec<Option<Diagnostic>> = of_evaluations.collect();
    let mut sound = plan.clone();
    let mut is_sound = of_evaluations.iter().map(Option::is_none);
    sound
        .evaluations
        .retain(|_| is_sound.next().unwrap_or(true));
    let may_be = |number: usize| may_be(number) && of_experiments[number].is_none();
    let known = |job: usize, variant: usize| outcomes.jobs[job].known(variant);
    let (whole, left_out) = sound.answered(&known, &may_be);
    let problems = of_experiments.iter().chain(&of_evaluations);
    outcomes.problems = problems.flatten().cloned().collect();
    if left_out.is_empty() && whole.evaluations.len() == plan.evaluations.len() {
        // It was told to stop when all was done.
        return Ok((plan, outcomes));
    }
    if whole.experiments.is_empty() && whole.evaluations.is_empty() {
        let problem = outcomes.problems.into_iter().next();
        return Err(problem.map_or_else(interrupted, Box::new));
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
        let broken = Broken::of(plan, faults(outcomes));
        let is_wanted = !progress.is_stopped() && (broken.is_none() || !broken.is_all());
        let found = match is_wanted {
            false => JobOutcomes::nothing(job.readings.clone()),
            true => {
                let is_over = |faults: &Faults| {
                    let before = outcomes.jobs.iter().take(number).map(|job| &job.faults);
                    Broken::of(plan, before.chain([faults])).is_all()
                };
                run_job(plan, job, crew, progress, &is_over, &mut |values| {
                    watch.see(plan, &outcomes.jobs, job, values);
                })?
            }
        };
        match outcomes.jobs.get_mut(number) {
            Some(known) => known.extend(found),
            None => outcomes.jobs.push(found),
        }
    }
    crew.timing.passes += predicting.elapsed().as_secs_f64();
    Ok(())
}

/// What is kept of a row of a job's columns.
pub(super) enum Kept {
    One(usize),
    Reduced(Reduction, Vec<usize>),
}

impl Kept {
    /// Places in a row of what is kept.
    fn places(&self) -> &[usize] {
        match self {
            Kept::One(place) => std::slice::from_ref(place),
            Kept::Reduced(_, places) => places,
        }
    }

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
///
/// Values that are not finite are noted; where `is_over` says that nobody wants the rest because of them, it stops as well.
pub(super) fn run_job(
    plan: &Plan,
    job: &Job,
    crew: &mut Crew,
    progress: &dyn Progress,
    is_over: &dyn Fn(&Faults) -> bool,
    watch: &mut dyn FnMut(&HashMap<usize, Filling>),
) -> Outcome<JobOutcomes> {
    let (width, kept) = (job.columns.len(), job.readings.len());
    let features = features(plan, job);
    let variants = &plan.populations[job.population].variants;
    let mut unchanged: HashMap<usize, Vec<u32>> = HashMap::new();
    let mut stopped = false;
    let mut faults = Faults::default();
    let mut next_look = 1;
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
            if answer.iter().any(|value| !value.is_finite()) {
                for (feature, &reading) in features.iter().zip(&job.readings) {
                    let mut places = feature.places().iter();
                    if let Some(&at) = places.find(|&&place| !answer[place].is_finite()) {
                        let fault = Fault {
                            background,
                            column: job.columns[at],
                            value: answer[at],
                        };
                        faults.note(variant, reading, fault);
                    }
                }
            }
            if let Some(filling) = values.get_mut(&variant) {
                let row = filling.row(background);
                for (number, feature) in row.iter_mut().zip(&features) {
                    *number = feature.of(answer);
                }
            }
        }
        progress.done(piece.rows.len() as u64);
        // Looking is not worth its time for each of many faults.
        if faults.len() >= next_look {
            next_look = 2 * faults.len();
            stopped |= is_over(&faults);
        }
        if faults.is_empty() {
            watch(&values);
        }
        stopped |= progress.is_stopped();
        match stopped {
            true => Err(interrupted()),
            false => Ok(()),
        }
    });
    match done {
        Err(_) if stopped || progress.is_stopped() => {
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
        faults,
    })
}
