//! Subsets of a plan: fewer backgrounds or fewer experiments.

use std::collections::HashMap;

use super::{Evaluation, Experiment, Job, Plan, Point, Task};
use gia_design::Formula;

impl Plan {
    /// The plan with a limited number of backgrounds at each grid point; `sizes` has the limit of each experiment.
    ///
    /// Tasks are shortened to what some grid point still needs.
    pub fn with_at_most(&self, sizes: &[usize]) -> Plan {
        let mut plan = self.clone();
        for (experiment, &size) in plan.experiments.iter_mut().zip(sizes) {
            for point in &mut experiment.points {
                point.count = point.count.min(size);
            }
        }
        let counts = Counts::of(&plan, &plan.experiments, &plan.evaluations);
        for (number, job) in plan.jobs.iter_mut().enumerate() {
            for task in &mut job.tasks {
                let needed = counts.needed.get(&(number, task.variant));
                task.count = needed.copied().unwrap_or(0);
            }
        }
        plan.job_groups().tie(&mut plan.jobs);
        plan
    }
}

impl Plan {
    /// The plan with the experiments and evaluations whose predictions are complete, and the names of the other experiments.
    /// The jobs are unchanged.
    ///
    /// `predicted(job, variant)` is the number of leading backgrounds that are predicted for a variant of a job;
    /// `is_complete(experiment)` is false for an experiment that needs more backgrounds than the plan has.
    pub fn completed_part(
        &self,
        predicted: &dyn Fn(usize, usize) -> usize,
        is_complete: &dyn Fn(usize) -> bool,
    ) -> (Plan, Vec<String>) {
        let is_known = |counts: Counts| {
            let mut needed = counts.needed.into_iter();
            needed.all(|((job, variant), count)| predicted(job, variant) >= count)
        };
        let of_experiment = |experiment| Counts::of(self, std::slice::from_ref(experiment), &[]);
        let mut plan = self.clone();
        let mut left_out = Vec::new();
        let mut kept = Vec::new();
        for (number, experiment) in self.experiments.iter().enumerate() {
            match is_complete(number) && is_known(of_experiment(experiment)) {
                true => kept.push(number),
                false => left_out.push(experiment.design.name.clone()),
            }
        }
        plan = plan.with_experiments(&kept);
        plan.evaluations
            .retain(|evaluation| is_known(Counts::of(self, &[], std::slice::from_ref(evaluation))));
        (plan, left_out)
    }

    /// The plan with some of its experiments, by index, their shows, and the claims about them alone. The jobs are unchanged.
    pub fn with_experiments(&self, kept: &[usize]) -> Plan {
        let mut plan = self.clone();
        plan.experiments = kept.iter().map(|&i| self.experiments[i].clone()).collect();
        let place = |experiment: usize| kept.iter().position(|&i| i == experiment);
        plan.claims.retain_mut(|claim| claim.renumber(place));
        plan.shows.retain_mut(|show| show.renumber(place));
        plan
    }

    /// Part `number`, counted from 0, of the plan split into `count` parts: a contiguous range of the backgrounds of each variant.
    ///
    /// The parts are disjoint and cover the plan.
    pub fn part(&self, number: usize, count: usize) -> Plan {
        let mut plan = self.clone();
        for task in plan.jobs.iter_mut().flat_map(|job| &mut job.tasks) {
            let total = task.count;
            task.done = total * number / count;
            task.count = total * (number + 1) / count;
        }
        plan
    }

    /// For each experiment, the number of leading backgrounds whose predictions are complete; `predicted(job, variant)` is that
    /// of a variant of a job.
    pub fn predicted_backgrounds(&self, predicted: &dyn Fn(usize, usize) -> usize) -> Vec<usize> {
        let of_one = |experiment| {
            let counts = Counts::of(self, std::slice::from_ref(experiment), &[]);
            let needed = counts.needed.into_keys();
            needed.map(|(job, variant)| predicted(job, variant)).min()
        };
        let each = self.experiments.iter().map(of_one);
        each.map(Option::unwrap_or_default).collect()
    }

    /// Number of passes if experiments and evaluations shared none with each other.
    pub fn passes_unshared(&self) -> u64 {
        let experiments = self.experiments.iter().map(std::slice::from_ref);
        let evaluations = self.evaluations.iter().map(std::slice::from_ref);
        let experiments = experiments.map(|one| Counts::of(self, one, &[]));
        let evaluations = evaluations.map(|one| Counts::of(self, &[], one));
        let all = experiments.chain(evaluations);
        all.flat_map(|counts| counts.needed)
            .map(|((job, _), count)| {
                let model = &self.models[self.jobs[job].model];
                count as u64 * model.passes_per_row()
            })
            .sum()
    }

    /// Bytes of all predictions, which are stored until they are summarised.
    pub fn output_bytes(&self) -> u64 {
        let jobs = self.jobs.iter();
        let kept = jobs.map(|job| {
            let passes: u64 = job.tasks.iter().map(Task::passes).sum();
            passes * job.readings.len() as u64 * size_of::<f32>() as u64
        });
        kept.sum()
    }
}

/// The number of backgrounds that each job needs, by job and variant.
struct Counts {
    needed: HashMap<(usize, usize), usize>,
}

impl Counts {
    /// Counts what these experiments and evaluations need.
    fn of(plan: &Plan, experiments: &[Experiment], evaluations: &[Evaluation]) -> Counts {
        let mut jobs_of: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
        for (number, job) in plan.jobs.iter().enumerate() {
            for &reading in &job.readings {
                let jobs = jobs_of.entry((job.population, reading)).or_default();
                match plan.joint_fold(reading) {
                    None => jobs.push(number),
                    Some(fold) => {
                        let is_source = |other: &Job| {
                            other.population == job.population
                                && fold.sources.contains(&(other.model, other.strand))
                        };
                        let all = plan.jobs.iter().enumerate();
                        jobs.extend(all.filter(|(_, job)| is_source(job)).map(|(i, _)| i));
                    }
                }
            }
        }
        let mut counts = Counts {
            needed: HashMap::new(),
        };
        // Most grid points share their outcomes.
        let mut known: HashMap<(usize, *const Formula<usize>), Vec<usize>> = HashMap::new();
        let mut request =
            |formula: &Formula<usize>, population: usize, arms: &[usize], min_count: usize| {
                let key = (population, std::ptr::from_ref(formula));
                let jobs = known.entry(key).or_insert_with(|| {
                    let mut jobs = Vec::new();
                    formula.leaves(&mut |reading: usize| {
                        jobs.extend(jobs_of.get(&(population, reading)).into_iter().flatten());
                    });
                    jobs.sort_unstable();
                    jobs.dedup();
                    jobs
                });
                for &job in jobs.iter() {
                    for &variant in arms {
                        let count = counts.needed.entry((job, variant)).or_default();
                        *count = (*count).max(min_count);
                    }
                }
            };
        for experiment in experiments {
            for point in experiment.null_effects.iter().flatten() {
                for formula in formulas(point) {
                    request(formula, point.population, &point.arms, point.count);
                }
            }
            for point in &experiment.points {
                for formula in formulas(point) {
                    request(formula, point.population, &point.arms, point.count);
                    if let Some(reference) = experiment.reference {
                        request(formula, reference.population, &[0], reference.count);
                    }
                }
            }
        }
        for point in experiments.iter().flat_map(|experiment| &experiment.points) {
            for formula in point.tracks.iter().flat_map(|track| track.all_formulas()) {
                request(formula, point.population, &point.arms, point.count);
            }
        }
        for experiment in experiments {
            for query in experiment.driver_queries.iter().flatten() {
                for point in &experiment.points {
                    request(query, point.population, &[0], point.count);
                }
            }
        }
        for evaluation in evaluations {
            for &(population, count) in &evaluation.sets {
                for query in &evaluation.queries {
                    request(query, population, &[0], count);
                }
            }
        }
        counts
    }
}

/// All formulas of a point: of the outcomes, and of the outcomes under ensemble members.
fn formulas(point: &Point) -> impl Iterator<Item = &Formula<usize>> {
    let members = point.members.iter().flatten();
    let outcomes = point.outcomes.iter().map(|outcome| &**outcome);
    outcomes.chain(members.map(|member| &*member.outcome))
}
