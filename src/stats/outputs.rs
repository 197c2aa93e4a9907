//! Where the numbers of a model lie among the outcomes of a plan.

use std::collections::HashMap;

use crate::check::hir::Read;
use crate::engine::{JobOutcomes, Outcomes};
use crate::plan::Plan;

/// The outcomes of a plan, found by what they are of.
pub struct Outputs<'a> {
    pub plan: &'a Plan,
    /// By model and population.
    jobs: HashMap<(usize, usize), Vec<&'a JobOutcomes>>,
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
        let mut jobs: HashMap<_, Vec<_>> = HashMap::new();
        for (job, answered) in plan.jobs.iter().zip(&outcomes.jobs) {
            jobs.entry((job.model, job.population))
                .or_default()
                .push(answered);
        }
        Outputs { plan, jobs }
    }

    /// # Panics
    ///
    /// If the outcomes do not answer the plan, which holds a job for every read of every point.
    pub fn column(&self, population: usize, variant: usize, read: Read) -> Column<'a> {
        let jobs = self.jobs.get(&(read.model, population));
        let found = jobs.into_iter().flatten().find_map(|job| {
            let column = job.columns.binary_search(&read.column).ok()?;
            Some((
                job.values.get(&variant)?.get(column..).unwrap_or(&[]),
                job.columns.len(),
            ))
        });
        let (values, stride) = found.expect("a plan holds a job for every read of every point");
        Column { values, stride }
    }

    /// A read as it would stand in a script: `k562["DNase"]`, else by its number.
    pub fn name(&self, read: Read) -> String {
        let Some(model) = self.plan.models.get(read.model) else {
            return format!("output {}", read.column);
        };
        let outputs = &model.declaration.outputs;
        let inside = outputs.iter().find_map(|output| {
            let index = read.column.checked_sub(output.offset)?;
            let size: usize = output.shape.iter().product();
            (index < size).then_some((output, index))
        });
        let task = inside.and_then(|(output, index)| {
            output
                .shape
                .get(1..)
                .is_none_or(<[_]>::is_empty)
                .then(|| output.tasks.get(index))?
        });
        match task {
            Some(task) => format!("{}[\"{task}\"]", model.name),
            None => format!("{}[{}]", model.name, read.column),
        }
    }
}

impl Column<'_> {
    /// Fills `out` with the numbers of the backgrounds from `start` on.
    pub fn fill(&self, start: usize, out: &mut [f64]) {
        let values = &self.values[start * self.stride..];
        for (x, &value) in out.iter_mut().zip(values.iter().step_by(self.stride)) {
            *x = f64::from(value);
        }
    }
}
