//! Where the numbers of a model lie among the outcomes of a plan.

use std::collections::HashMap;

use gia_domain::{Population, Strand};
use gia_engine::{JobOutcomes, Outcomes, Survey};
use gia_plan::{Feature, Plan};

/// The outcomes of a plan, found by what they are of.
pub struct Outputs<'a> {
    plan: &'a Plan,
    /// Parallel to the plan's jobs.
    outcomes: &'a [JobOutcomes],
    /// Parallel to the plan's experiments, or empty.
    surveys: &'a [Survey],
    /// By population and reading, with the place of the reading in the job.
    jobs: HashMap<(usize, usize), (&'a JobOutcomes, usize)>,
}

/// One output number of every background of a variant.
#[derive(Clone, Copy)]
pub struct Column<'a> {
    /// From the first background's number on.
    values: &'a [f32],
    stride: usize,
}

impl<'a> Outputs<'a> {
    pub fn new(plan: &'a Plan, outcomes: &'a Outcomes) -> Self {
        let mut jobs = HashMap::new();
        for (job, answered) in plan.jobs.iter().zip(&outcomes.jobs) {
            for (place, &reading) in answered.readings.iter().enumerate() {
                jobs.insert((job.population, reading), (answered, place));
            }
        }
        Outputs {
            plan,
            outcomes: &outcomes.jobs,
            surveys: &outcomes.surveys,
            jobs,
        }
    }

    /// # Panics
    ///
    /// If the outcomes do not answer the plan, which holds a job for every reading of every point.
    pub fn column(&self, population: usize, variant: usize, reading: usize) -> Column<'a> {
        let found = self
            .jobs
            .get(&(population, reading))
            .and_then(|(job, place)| {
                let values = job.values.get(&variant)?;
                Some((values.get(*place..).unwrap_or(&[]), job.readings.len()))
            });
        let (values, stride) = found.expect("a plan holds a job for every reading of every point");
        Column { values, stride }
    }

    /// How many of the first `count` backgrounds an arm's edits leave as they are.
    pub fn unchanged(&self, population: usize, variant: usize, count: usize) -> usize {
        let mut jobs = self.plan.jobs.iter().zip(self.outcomes);
        let found = jobs.find_map(|(job, answered)| {
            let of_population = job.population == population;
            of_population.then(|| answered.unchanged.get(&variant))?
        });
        found.map_or(0, |indices| {
            let used = indices.iter().filter(|index| (**index as usize) < count);
            used.count()
        })
    }

    pub fn population(&self, index: usize) -> &'a Population {
        &self.plan.populations[index].population
    }

    /// What the experiment of this number starts from, where that was looked at.
    pub fn survey(&self, experiment: usize) -> Option<&'a Survey> {
        self.surveys.get(experiment)
    }

    pub fn seed(&self) -> u64 {
        self.plan.settings.seed
    }

    /// A reading as it would stand in a script: `k562["DNase"]`, else by its number.
    pub fn name(&self, reading: usize) -> String {
        let Some(of) = self.plan.readings.get(reading) else {
            return format!("reading {reading}");
        };
        let Some(model) = self.plan.models.get(of.model) else {
            return format!("reading {reading}");
        };
        let column =
            |column: usize| format!("{}{}", model.name, model.declaration.column_name(column));
        let name = match &of.feature {
            Feature::Column(one) => column(*one),
            Feature::Reduced(reduction, columns) => match columns.as_slice() {
                [first, .., last] => format!(
                    "{} of {} to {}",
                    reduction.word(),
                    column(*first),
                    column(*last)
                ),
                few => few.iter().map(|one| column(*one)).collect(),
            },
        };
        match of.strand {
            Strand::Forward => name,
            Strand::Reverse => format!("{name} on the other strand"),
        }
    }
}

impl Column<'_> {
    /// Fills `values` as [`Self::fill`] does, and `magnitudes` with their absolute values.
    pub fn fill_with_magnitudes(&self, start: usize, values: &mut [f64], magnitudes: &mut [f64]) {
        self.fill(start, values);
        for (magnitude, value) in magnitudes.iter_mut().zip(values) {
            *magnitude = value.abs();
        }
    }

    /// Fills `out` with the numbers of the backgrounds from `start` on.
    pub fn fill(&self, start: usize, out: &mut [f64]) {
        let values = &self.values[start * self.stride..];
        for (x, &value) in out.iter_mut().zip(values.iter().step_by(self.stride)) {
            *x = f64::from(value);
        }
    }
}
