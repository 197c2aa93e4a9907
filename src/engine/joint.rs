//! Readings that need several predictions of a background: folds of tracks of several models, strands or variants.
//!
//! The jobs that such a reading needs hold its columns for a range of backgrounds; when all have run, it is computed for the
//! range, and the columns are dropped.

use std::collections::HashMap;

use super::JobOutcomes;
use super::row_extractor::{DistinctTracks, apply_fold};
use gia_design::FoldKind;
use gia_plan::{Job, Plan, SourceColumn};
use rayon::prelude::*;

/// Columns of one job for a range of backgrounds.
#[derive(Debug, Clone, Default)]
pub struct HeldColumns {
    /// Number of columns.
    pub width: usize,
    /// By variant: a row-major matrix (background, column), from the first background of the range on.
    pub values: HashMap<usize, Vec<f32>>,
}

impl HeldColumns {
    /// The held columns of rows of predicted ones, as those of the variant without edits.
    pub fn of_rows(job: &Job, answers: &[f32]) -> HeldColumns {
        let places = job
            .held
            .iter()
            .filter_map(|column| job.columns.binary_search(column).ok());
        let places: Vec<usize> = places.collect();
        let rows = answers.chunks_exact(job.columns.len().max(1));
        let held = rows.flat_map(|row| places.iter().map(|&place| row[place]));
        HeldColumns {
            width: places.len(),
            values: HashMap::from([(0, held.collect())]),
        }
    }

    /// Number of leading backgrounds of the range that are predicted for a variant.
    fn num_backgrounds(&self, variant: usize) -> usize {
        let numbers = self.values.get(&variant).map_or(0, Vec::len);
        numbers / self.width.max(1)
    }

    fn row(&self, variant: usize, background: usize) -> &[f32] {
        let start = background * self.width;
        let values = self.values.get(&variant);
        values
            .and_then(|values| values.get(start..start + self.width))
            .unwrap_or(&[])
    }
}

/// A held column: of which job, at which place, and whether of the background without edits.
#[derive(Debug, Clone, Copy)]
struct HeldPlace {
    job: usize,
    place: usize,
    unedited: bool,
}

/// The joint readings of one job.
struct JointReadings {
    /// The place of each among the readings of the job, with its kind and the indices of its tracks.
    readings: Vec<(usize, FoldKind, Vec<usize>)>,
    tracks: DistinctTracks<HeldPlace>,
    /// The jobs that are read.
    jobs: Vec<usize>,
    /// Whether backgrounds without edits are read.
    unedited: bool,
}

impl JointReadings {
    fn of(plan: &Plan, jobs: &[Job], number: usize) -> JointReadings {
        let job = &jobs[number];
        let mut found = JointReadings {
            readings: Vec::new(),
            tracks: DistinctTracks::new(),
            jobs: Vec::new(),
            unedited: false,
        };
        for (place, &reading) in job.readings.iter().enumerate() {
            let Some(fold) = plan.joint_fold(reading) else {
                continue;
            };
            let tracks = found.tracks.of_fold(fold, |of: SourceColumn| {
                let is_source = |other: &Job| {
                    other.population == job.population
                        && (other.model, other.strand) == (of.model, of.strand)
                };
                let source = jobs.iter().position(is_source);
                let source = source.expect("a plan has the jobs of its folds");
                if !found.jobs.contains(&source) {
                    found.jobs.push(source);
                }
                found.unedited |= of.unedited;
                let place = jobs[source].held.binary_search(&of.column);
                HeldPlace {
                    job: source,
                    place: place.expect("a job holds the columns of joint folds"),
                    unedited: of.unedited,
                }
            });
            found.readings.push((place, fold.fold.kind, tracks));
        }
        found
    }
}

/// Computes the joint readings of all jobs for the last rows of their outcomes, those that `held` has the columns of. Rows of
/// which a column is missing, because the run was stopped, are dropped. All three are parallel.
pub fn fill(plan: &Plan, jobs: &[Job], held: &[HeldColumns], outcomes: &mut [JobOutcomes]) {
    for (number, outcomes) in outcomes.iter_mut().enumerate() {
        if jobs[number].held.is_empty() {
            continue;
        }
        let joint = JointReadings::of(plan, jobs, number);
        if joint.readings.is_empty() {
            continue;
        }
        let width = outcomes.readings.len();
        for (&variant, values) in &mut outcomes.values {
            let rows = held[number].num_backgrounds(variant);
            let complete = joint.jobs.iter().map(|&job| {
                let own = held[job].num_backgrounds(variant);
                match joint.unedited {
                    true => own.min(held[job].num_backgrounds(0)),
                    false => own,
                }
            });
            let complete = complete.min().unwrap_or(rows).min(rows);
            let before = values.len() / width.max(1) - rows;
            values.truncate((before + complete) * width);
            let new = values[before * width..].par_chunks_exact_mut(width.max(1));
            new.enumerate().for_each(|(row, readings)| {
                let tracks = joint.tracks.tracks.iter().map(|track| {
                    track.evaluate(&mut |at: HeldPlace| {
                        let variant = if at.unedited { 0 } else { variant };
                        let row = held[at.job].row(variant, row);
                        row.get(at.place).map_or(f64::NAN, |x| f64::from(*x))
                    })
                });
                let tracks: Vec<Vec<f64>> = tracks.collect();
                for (place, kind, of) in &joint.readings {
                    readings[*place] = apply_fold(*kind, of, &tracks);
                }
            });
        }
    }
}
