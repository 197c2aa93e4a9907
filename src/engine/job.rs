//! One job of a plan: its pieces answered by the crew, and what is kept of the answers.

use std::collections::HashMap;

use super::crew::Crew;
use super::filling::Filling;
use super::finite::{Fault, Faults};
use super::progress::interrupted;
use super::{JobOutcomes, Progress};
use gia_base::diag::Outcome;
use gia_design::Reduction;
use gia_plan::{Feature, Job, Plan};

/// What is kept of the outputs for a row.
pub enum Kept {
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

    pub fn of(&self, row: &[f32]) -> f32 {
        match self {
            Kept::One(place) => row[*place],
            Kept::Reduced(reduction, places) => {
                reduction.apply(places.iter().map(|&place| f64::from(row[place]))) as f32
            }
        }
    }
}

/// What is kept for each of a job's readings.
pub fn features(plan: &Plan, job: &Job) -> Vec<Kept> {
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

/// Predicts the remaining rows of a job. If the run is cancelled, returns the rows of each variant before the first
/// missing one. `watch` sees the outputs so far after each piece.
///
/// Values that are not finite are noted; where `is_over` says that nobody wants the rest because of them, it stops as well.
pub fn run_job(
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
