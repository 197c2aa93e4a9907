//! From a row of predicted columns to the readings of a job.

use std::sync::Arc;

use gia_design::{FoldKind, Reduction, Track};
use gia_plan::{Feature, Job, Plan, PlannedFold, SourceColumn};
use rayon::prelude::*;

/// Computes the readings of a job from rows of its columns.
pub struct RowExtractor {
    /// One for each reading.
    features: Vec<FeatureExtractor>,
    /// The distinct tracks of the folds; leaves are indices into a row.
    tracks: Vec<Track<usize>>,
    /// Number of columns of a row.
    width: usize,
}

/// Computes a reading from the predicted columns of a row.
enum FeatureExtractor {
    Column(usize),
    Reduced(Reduction, Vec<usize>),
    /// Of tracks by their index.
    Fold(FoldKind, Vec<usize>),
    /// Computed later, from columns that several jobs hold.
    Joint,
}

/// The distinct tracks of folds, with their leaves replaced.
pub struct DistinctTracks<Place> {
    known: Vec<Arc<Track<SourceColumn>>>,
    pub tracks: Vec<Track<Place>>,
}

impl<Place> DistinctTracks<Place> {
    pub fn new() -> DistinctTracks<Place> {
        DistinctTracks {
            known: Vec::new(),
            tracks: Vec::new(),
        }
    }

    /// Indices of the tracks of a fold, which are added if they are new.
    pub fn of_fold(
        &mut self,
        fold: &PlannedFold,
        mut place: impl FnMut(SourceColumn) -> Place,
    ) -> Vec<usize> {
        let tracks = fold.fold.tracks.iter().map(|track| {
            // The places of one track follow each other.
            match self
                .known
                .iter()
                .rposition(|known| Arc::ptr_eq(known, track))
            {
                Some(index) => index,
                None => {
                    self.known.push(track.clone());
                    self.tracks.push(track.map(&mut place));
                    self.tracks.len() - 1
                }
            }
        });
        tracks.collect()
    }
}

impl RowExtractor {
    /// The extractor of the readings of a job.
    pub fn new(plan: &Plan, job: &Job) -> RowExtractor {
        let place = |column: &usize| {
            let found = job.columns.binary_search(column);
            found.expect("a job has the columns of its readings")
        };
        let mut distinct = DistinctTracks::new();
        let features = job.readings.iter();
        let features = features.map(|&reading| match &plan.readings[reading].feature {
            Feature::Column(column) => FeatureExtractor::Column(place(column)),
            Feature::Reduced(reduction, columns) => {
                FeatureExtractor::Reduced(*reduction, columns.iter().map(place).collect())
            }
            Feature::Fold(fold) => {
                let fold = &plan.folds[*fold];
                match fold.joint {
                    true => FeatureExtractor::Joint,
                    false => FeatureExtractor::Fold(
                        fold.fold.kind,
                        distinct.of_fold(fold, |of| place(&of.column)),
                    ),
                }
            }
        });
        RowExtractor {
            features: features.collect(),
            tracks: distinct.tracks,
            width: job.columns.len(),
        }
    }

    /// The readings of each row of columns, row-major; those of joint folds are NaN.
    pub fn extract_all(&self, answers: &[f32]) -> Vec<f32> {
        let rows = answers.len() / self.width.max(1);
        let mut readings = vec![f32::NAN; rows * self.features.len()];
        let answers = answers.par_chunks_exact(self.width.max(1));
        let readings_of_rows = readings.par_chunks_exact_mut(self.features.len().max(1));
        // Single outputs are copied faster than a task is started.
        let min_rows = if self.tracks.is_empty() { 4096 } else { 1 };
        answers
            .zip(readings_of_rows)
            .with_min_len(min_rows)
            .for_each(|(row, readings)| self.extract(row, readings));
        readings
    }

    fn extract(&self, row: &[f32], readings: &mut [f32]) {
        let tracks = self.tracks.iter();
        let tracks: Vec<Vec<f64>> = tracks
            .map(|track| track.evaluate(&mut |place| f64::from(row[place])))
            .collect();
        for (reading, feature) in readings.iter_mut().zip(&self.features) {
            *reading = match feature {
                FeatureExtractor::Column(place) => row[*place],
                FeatureExtractor::Reduced(reduction, places) => {
                    reduction.apply(places.iter().map(|&place| f64::from(row[place]))) as f32
                }
                FeatureExtractor::Fold(kind, of) => apply_fold(*kind, of, &tracks),
                FeatureExtractor::Joint => f32::NAN,
            };
        }
    }

    /// For each reading, by its index in the job, the place of the first column that is not finite, if it reads one.
    pub fn first_non_finite(&self, row: &[f32]) -> Vec<(usize, usize)> {
        let is_finite = |place: usize| row[place].is_finite();
        let of_tracks = self.tracks.iter().map(|track| {
            let mut first = None;
            track.leaves(&mut |place: usize| {
                if !is_finite(place) && first.is_none() {
                    first = Some(place);
                }
            });
            first
        });
        let of_tracks: Vec<Option<usize>> = of_tracks.collect();
        let features = self.features.iter().enumerate();
        let found = features.filter_map(|(i, feature)| {
            let place = match feature {
                FeatureExtractor::Column(place) => Some(*place).filter(|p| !is_finite(*p)),
                FeatureExtractor::Reduced(_, places) => {
                    places.iter().copied().find(|place| !is_finite(*place))
                }
                FeatureExtractor::Fold(_, of) => of.iter().find_map(|&track| of_tracks[track]),
                FeatureExtractor::Joint => None,
            };
            Some((i, place?))
        });
        found.collect()
    }
}

/// A fold of some tracks, given the values of all.
pub fn apply_fold(kind: FoldKind, of: &[usize], tracks: &[Vec<f64>]) -> f32 {
    let operands: Vec<&[f64]> = of.iter().map(|&track| tracks[track].as_slice()).collect();
    kind.apply(&operands) as f32
}
