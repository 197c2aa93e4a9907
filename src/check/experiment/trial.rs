//! The trial at a grid point, and what trials at several grid points share.

use std::collections::HashMap;
use std::sync::Arc;

use gia_design::{Formula, MeasuredTrack, OutputRef};
use gia_domain::Population;

/// The backgrounds of a grid point.
#[derive(Clone)]
pub(super) struct Trial {
    pub population: Arc<Population>,
    /// How many of the population.
    pub count: usize,
}

/// What an outcome is at a grid point: one number or a track.
#[derive(Clone)]
pub(super) enum Measured {
    Number(Arc<Formula<OutputRef>>),
    Track(Arc<MeasuredTrack>),
}

/// What is the same at every grid point and evaluated once, and what has failed and is not tried again.
#[derive(Default)]
pub(super) struct GridInvariants {
    /// The backgrounds, where they depend on no axis.
    pub trial: Option<Trial>,
    /// The outcomes that depend on no axis, by their index.
    pub outcomes: HashMap<usize, Measured>,
    /// Whether each outcome is a track, as at the first grid point; none of one that failed there.
    pub tracks: Vec<Option<bool>>,
    /// All outcomes of the previous point.
    previous: Arc<[Arc<Formula<OutputRef>>]>,
    /// All tracks of the previous point.
    previous_tracks: Arc<[Arc<MeasuredTrack>]>,
    /// The arms are wrong at some grid point.
    pub arms_failed: bool,
    /// The outcomes are wrong at some grid point.
    pub outcomes_failed: bool,
}

impl GridInvariants {
    /// Numbers and tracks, each as one list: that of the previous point where they are the same.
    pub fn shared(&mut self, measured: Vec<Measured>) -> SharedOutcomes {
        let (mut numbers, mut tracks) = (Vec::new(), Vec::new());
        for outcome in measured {
            match outcome {
                Measured::Number(formula) => numbers.push(formula),
                Measured::Track(track) => tracks.push(track),
            }
        }
        if !same_items(&numbers, &self.previous) {
            self.previous = numbers.into();
        }
        if !same_items(&tracks, &self.previous_tracks) {
            self.previous_tracks = tracks.into();
        }
        (self.previous.clone(), self.previous_tracks.clone())
    }
}

/// The numbers and the tracks of a grid point.
type SharedOutcomes = (Arc<[Arc<Formula<OutputRef>>]>, Arc<[Arc<MeasuredTrack>]>);

fn same_items<T>(ones: &[Arc<T>], others: &[Arc<T>]) -> bool {
    let mut pairs = ones.iter().zip(others);
    ones.len() == others.len() && pairs.all(|(one, other)| Arc::ptr_eq(one, other))
}
