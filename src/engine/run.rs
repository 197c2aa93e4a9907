//! A plan run on a worker for each device, or on none where all its models are built in.

use std::time::Instant;

use super::crew::Crew;
use super::finite::{Broken, Faults};
use super::job::run_job;
use super::progress::{go_on, interrupted};
use super::watch::{Look, Watch};
use super::{JobOutcomes, Options, Outcomes, Progress};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_plan::{Plan, ResolvedPlan, Stopping};

/// Predicts everything that a plan asks for. Nothing is predicted before all model files are checked.
///
/// # Errors
/// If a model file is not the one that its declaration describes, if the worker or the device fails, if a model gives a
/// non-finite output, and if the run is cancelled.
pub fn run(plan: &ResolvedPlan, options: &Options, progress: &dyn Progress) -> Outcome<Outcomes> {
    let outcomes = run_while_wanted(plan, options, progress, None)?;
    if let Some(diagnostic) = Broken::of(plan, faults(&outcomes)).first() {
        return Err(Box::new(diagnostic));
    }
    go_on(progress)?;
    Ok(outcomes)
}

/// As [`run`]; if the run is cancelled, returns what has been predicted until then.
fn run_while_wanted(
    plan: &ResolvedPlan,
    options: &Options,
    progress: &dyn Progress,
    look: Option<Look>,
) -> Outcome<Outcomes> {
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

/// Predicts what a plan asks for, with no more backgrounds than its experiments need to satisfy their stopping rules.
/// Returns the plan with the backgrounds that were used, and their outputs.
///
/// `is_settled` decides whether an experiment may stop, from its outputs so far. It is called at the numbers of
/// backgrounds that [`Stopping::look_after`](gia_design::Stopping::look_after) states, whatever the batches are. For
/// plans without stopping rules it is called for the progress display only, and the result is ignored.
///
/// If the run is cancelled, the result holds the experiments that were finished until then, and names the others. If a
/// model gives a non-finite output, experiments that do not read it are finished, and the others are left out.
///
/// # Errors
/// As [`run`] and `is_settled`, and if the run is cancelled before any experiment is finished.
pub fn run_until(
    plan: ResolvedPlan,
    options: &Options,
    progress: &dyn Progress,
    is_settled: &dyn Fn(&Plan, &Outcomes, usize) -> Outcome<bool>,
) -> Outcome<(Plan, Outcomes)> {
    if plan.experiments.iter().all(|e| e.design.stopping.is_none()) {
        let outcomes = run_while_wanted(&plan, options, progress, Some(is_settled))?;
        return finished(plan.into_plan(), outcomes, progress, &|_| true);
    }
    let mut outcomes = Outcomes::default();
    let mut crew = Crew::open(&plan, &plan.jobs, options, progress)?;
    progress.phase("predicting");
    progress.total(plan.passes());
    let look = |stopping: &Stopping| stopping.look_after(0);
    let sizes = plan.experiments.iter();
    let mut sizes: Vec<usize> = sizes
        .map(|e| e.design.stopping.as_ref().map_or(usize::MAX, look))
        .collect();
    let mut is_done: Vec<bool> = plan
        .experiments
        .iter()
        .map(|e| e.design.stopping.is_none())
        .collect();
    loop {
        let known = |job: usize, variant: usize| {
            outcomes
                .jobs
                .get(job)
                .map_or(0, |known| known.known(variant))
        };
        let part = plan.with_at_most(&sizes).without(&known);
        extend(&part, &mut outcomes, &mut crew, progress, None)?;
        if progress.is_stopped() {
            crew.sign(&mut outcomes);
            return finished(
                plan.with_at_most(&sizes).into_plan(),
                outcomes,
                progress,
                &|i| is_done[i],
            );
        }
        for (number, experiment) in part.experiments.iter().enumerate() {
            let Some(stopping) = &experiment.design.stopping else {
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
            return finished(
                plan.with_at_most(&sizes).into_plan(),
                outcomes,
                progress,
                &|_| true,
            );
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

/// Predicts what is missing and adds it to the outcomes; if the run is cancelled, as much as was predicted until then.
fn extend(
    plan: &ResolvedPlan,
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
