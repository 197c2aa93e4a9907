//! The trial at a grid point, and what trials at several grid points share.

use std::collections::HashMap;
use std::sync::Arc;

use gia_design::{Formula, OutputRef};
use gia_domain::Population;

/// The backgrounds of a grid point.
#[derive(Clone)]
pub(super) struct Trial {
    pub population: Arc<Population>,
    /// How many of the population.
    pub count: usize,
}

/// What is the same at every grid point and evaluated once, and what has failed and is not tried again.
#[derive(Default)]
pub(super) struct GridInvariants {
    /// The backgrounds, where they depend on no axis.
    pub trial: Option<Trial>,
    /// The outcomes that depend on no axis, by their index.
    pub outcomes: HashMap<usize, Arc<Formula<OutputRef>>>,
    /// All outcomes of the previous point.
    previous: Arc<[Arc<Formula<OutputRef>>]>,
    /// The arms are wrong at some grid point.
    pub arms_failed: bool,
    /// The outcomes are wrong at some grid point.
    pub outcomes_failed: bool,
}

impl GridInvariants {
    /// Outcomes as one list: that of the previous point where they are the same.
    pub fn shared(
        &mut self,
        outcomes: Vec<Arc<Formula<OutputRef>>>,
    ) -> Arc<[Arc<Formula<OutputRef>>]> {
        let same = outcomes.len() == self.previous.len()
            && outcomes
                .iter()
                .zip(&*self.previous)
                .all(|(one, other)| Arc::ptr_eq(one, other));
        if !same {
            self.previous = outcomes.into();
        }
        self.previous.clone()
    }
}
