//! A plan with fewer backgrounds, or with fewer experiments.

use std::collections::HashMap;

use super::{Evaluation, Experiment, Job, Plan, Point, Task};
use gia_design::Formula;

impl Plan {
    /// The plan with at most so many backgrounds at each grid point; `sizes` is parallel to its experiments.
    ///
    /// Each job keeps what some point still asks of it.
    pub fn with_at_most(&self, sizes: &[usize]) -> Plan {
        let mut plan = self.clone();
        for (experiment, &size) in plan.experiments.iter_mut().zip(sizes) {
            for point in &mut experiment.points {
                point.count = point.count.min(size);
            }
        }
        let counts = Counts::of(&plan.jobs, &plan.experiments, &plan.evaluations);
        for (number, job) in plan.jobs.iter_mut().enumerate() {
            for task in &mut job.tasks {
                let asked = counts.asked.get(&(number, task.variant));
                task.count = asked.copied().unwrap_or(0);
            }
        }
        plan
    }
}

impl Plan {
    /// The plan with the experiments and evaluations that are fully answered, and the names of the other experiments. Jobs stay
    /// as they are.
    ///
    /// `known` gives the number of leading backgrounds that a job has answered for a variant; `may_be` says whether an
    /// experiment needs no more backgrounds.
    pub fn answered(
        &self,
        known: &dyn Fn(usize, usize) -> usize,
        may_be: &dyn Fn(usize) -> bool,
    ) -> (Plan, Vec<String>) {
        let is_known = |counts: Counts| {
            let mut asked = counts.asked.into_iter();
            asked.all(|((job, variant), count)| known(job, variant) >= count)
        };
        let of_experiment =
            |experiment| Counts::of(&self.jobs, std::slice::from_ref(experiment), &[]);
        let mut plan = self.clone();
        let mut left_out = Vec::new();
        let mut kept = Vec::new();
        for (number, experiment) in self.experiments.iter().enumerate() {
            match may_be(number) && is_known(of_experiment(experiment)) {
                true => kept.push(number),
                false => left_out.push(experiment.design.name.clone()),
            }
        }
        plan = plan.with_experiments(&kept);
        plan.evaluations.retain(|evaluation| {
            is_known(Counts::of(
                &self.jobs,
                &[],
                std::slice::from_ref(evaluation),
            ))
        });
        (plan, left_out)
    }

    /// The plan with some of its experiments, by index, and their shows. Jobs stay as they are.
    pub fn with_experiments(&self, kept: &[usize]) -> Plan {
        let mut plan = self.clone();
        plan.experiments = kept.iter().map(|&i| self.experiments[i].clone()).collect();
        plan.shows.retain_mut(|show| {
            let place = kept.iter().position(|&i| i == show.experiment);
            show.experiment = place.unwrap_or(show.experiment);
            place.is_some()
        });
        plan
    }

    /// Part `number`, counted from 0, of the plan split into `of` parts: a contiguous share of the backgrounds of each variant.
    ///
    /// The parts cover the plan, and no two share a pass.
    pub fn part(&self, number: usize, of: usize) -> Plan {
        let mut plan = self.clone();
        for task in plan.jobs.iter_mut().flat_map(|job| &mut job.tasks) {
            let all = task.count;
            task.done = all * number / of;
            task.count = all * (number + 1) / of;
        }
        plan
    }

    /// For each experiment, the number of leading backgrounds that are fully answered; `known` gives it for a variant of a job.
    pub fn known(&self, known: &dyn Fn(usize, usize) -> usize) -> Vec<usize> {
        let of_one = |experiment| {
            let counts = Counts::of(&self.jobs, std::slice::from_ref(experiment), &[]);
            let asked = counts.asked.into_keys();
            asked.map(|(job, variant)| known(job, variant)).min()
        };
        let each = self.experiments.iter().map(of_one);
        each.map(Option::unwrap_or_default).collect()
    }

    /// Forward passes if experiments and evaluations shared nothing with each other.
    pub fn passes_alone(&self) -> u64 {
        let experiments = self.experiments.iter().map(std::slice::from_ref);
        let evaluations = self.evaluations.iter().map(std::slice::from_ref);
        let experiments = experiments.map(|one| Counts::of(&self.jobs, one, &[]));
        let evaluations = evaluations.map(|one| Counts::of(&self.jobs, &[], one));
        let all = experiments.chain(evaluations);
        all.flat_map(|counts| counts.asked.into_values())
            .map(|count| count as u64)
            .sum()
    }

    /// Bytes that the answers to a plan occupy until they are summarised.
    pub fn kept(&self) -> u64 {
        let jobs = self.jobs.iter();
        let kept = jobs.map(|job| {
            let passes: u64 = job.tasks.iter().map(Task::passes).sum();
            passes * job.readings.len() as u64 * size_of::<f32>() as u64
        });
        kept.sum()
    }
}

/// The number of backgrounds that each job is asked for, by job and variant.
struct Counts {
    asked: HashMap<(usize, usize), usize>,
}

impl Counts {
    /// Counts what these experiments and evaluations ask for.
    fn of(jobs: &[Job], experiments: &[Experiment], evaluations: &[Evaluation]) -> Counts {
        let mut jobs_of: HashMap<(usize, usize), usize> = HashMap::new();
        for (number, job) in jobs.iter().enumerate() {
            for &reading in &job.readings {
                jobs_of.insert((job.population, reading), number);
            }
        }
        let mut counts = Counts {
            asked: HashMap::new(),
        };
        // Most grid points share their outcomes.
        let mut known: HashMap<(usize, *const Formula<usize>), Vec<usize>> = HashMap::new();
        let mut ask = |formula: &Formula<usize>, population: usize, arms: &[usize], most: usize| {
            let key = (population, std::ptr::from_ref(formula));
            let jobs = known.entry(key).or_insert_with(|| {
                let mut jobs = Vec::new();
                formula.leaves(&mut |reading: usize| {
                    jobs.extend(jobs_of.get(&(population, reading)));
                });
                jobs.sort_unstable();
                jobs.dedup();
                jobs
            });
            for &job in jobs.iter() {
                for &variant in arms {
                    let count = counts.asked.entry((job, variant)).or_default();
                    *count = (*count).max(most);
                }
            }
        };
        for experiment in experiments {
            for point in &experiment.points {
                for formula in formulas(point) {
                    ask(formula, point.population, &point.arms, point.count);
                    if let Some(reference) = experiment.reference {
                        ask(formula, reference.population, &[0], reference.count);
                    }
                }
            }
        }
        for evaluation in evaluations {
            for &(population, count) in &evaluation.sets {
                ask(&evaluation.query, population, &[0], count);
            }
        }
        counts
    }
}

/// All formulas of a point: of whole models and of ensemble members.
fn formulas(point: &Point) -> impl Iterator<Item = &Formula<usize>> {
    let members = point.members.iter().flatten();
    let outcomes = point.outcomes.iter().map(|outcome| &**outcome);
    outcomes.chain(members.map(|member| &*member.outcome))
}
