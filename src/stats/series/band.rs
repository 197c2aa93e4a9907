//! Bands: intervals that hold at all grid points of a contrast at once, for who looks at a whole curve.
//!
//! Made as those of a claim about all grid points are; see [`crate::simultaneous`].

use super::Series;
use crate::critical::{FamilyMember, distinct_estimates, simultaneous_critical};
use crate::estimate::Estimate;
use crate::place;
use crate::point::Trial;
use gia_study::{Band, Name};

/// Numbers that one critical value of a band is worked out from, lest it take longer than all else.
const MOST_NUMBERS_OF_A_BAND: usize = 2_000_000;
/// Backgrounds that it is worked out from.
const MOST_OF_A_BAND: usize = 20_000;

impl Series<'_> {
    /// Intervals that hold at all grid points at once, where there is an axis of numbers to run along; else none at all.
    pub(super) fn bands(
        &self,
        trial: &Trial,
        seed: u64,
        estimates: &[Estimate],
        paired: bool,
    ) -> Vec<Option<Band>> {
        let experiment = self.experiment;
        if !experiment.design.axes.iter().any(place::is_ordered) {
            return Vec::new();
        }
        let all: Vec<usize> = (0..estimates.len()).collect();
        let different = distinct_estimates(experiment, self.contrast, self.outcome, &all);
        let most = different.iter().map(|&i| estimates[i].n).max().unwrap_or(0);
        let cheap = most <= MOST_OF_A_BAND && most * different.len() <= MOST_NUMBERS_OF_A_BAND;
        let critical = simultaneous_critical(
            experiment,
            experiment.design.level,
            seed,
            different.len(),
            || {
                // Bonferroni's interval is right as well, only wider.
                let few = different.iter().filter(|_| cheap);
                few.map(|&i| trial.values(&experiment.points[i], self.outcome, self.contrast))
                    .collect()
            },
        );
        let alpha = (1.0 - experiment.design.level) / different.len() as f64;
        let method = critical.method(
            estimates.len(),
            different.len(),
            paired,
            FamilyMember::GridPoint,
        );
        let method = Name::from(method);
        let band = |estimate: &Estimate| {
            let (low, high) = estimate.interval(critical.value(estimate, alpha))?;
            Some(Band {
                low,
                high,
                method: method.clone(),
            })
        };
        estimates.iter().map(band).collect()
    }
}
