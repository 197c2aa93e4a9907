//! Simultaneous confidence bands: intervals that hold at all grid points of a contrast at once.
//!
//! They are computed like the intervals of a claim over all grid points; see [`crate::simultaneous_critical()`].

use super::ContrastSeries;
use crate::contrast_evaluator::ContrastEvaluator;
use crate::estimate::Estimate;
use crate::grid_point;
use crate::simultaneous_method::{
    FamilyMember, TestName, choose_simultaneous_method, distinct_estimates,
};
use gia_study::{ConfidenceBand, SharedStr};

/// Maximum number of values for the bootstrap of a band; larger ones use Bonferroni, to bound the run time.
const MAX_BAND_VALUES: usize = 2_000_000;
/// Maximum number of backgrounds for the bootstrap of a band; larger ones use Bonferroni.
const MAX_BAND_BACKGROUNDS: usize = 20_000;

impl ContrastSeries<'_> {
    /// The band at each grid point; empty if no axis is ordered.
    pub(super) fn bands(
        &self,
        trial: &ContrastEvaluator,
        seed: u64,
        estimates: &[Estimate],
        paired: bool,
    ) -> Vec<Option<ConfidenceBand>> {
        let experiment = self.experiment;
        if !experiment.design.axes.iter().any(grid_point::is_ordered) {
            return Vec::new();
        }
        let all: Vec<usize> = (0..estimates.len()).collect();
        let different = distinct_estimates(experiment, self.contrast, self.outcome, &all);
        let most = different.iter().map(|&i| estimates[i].n).max().unwrap_or(0);
        let cheap = most <= MAX_BAND_BACKGROUNDS && most * different.len() <= MAX_BAND_VALUES;
        let critical = choose_simultaneous_method(
            experiment,
            experiment.design.level,
            seed,
            &different.iter().map(|&i| estimates[i]).collect::<Vec<_>>(),
            || {
                // Without samples the critical value is Bonferroni's: valid, but wider.
                let few = different.iter().filter(|_| cheap);
                few.map(|&i| {
                    trial.source_values(&experiment.points[i], self.outcome, self.contrast)
                })
                .collect()
            },
        );
        let alpha = (1.0 - experiment.design.level) / different.len() as f64;
        let method = critical.describe(
            estimates.len(),
            different.len(),
            TestName::new(experiment, paired, estimates.first()),
            FamilyMember::GridPoint,
        );
        let method = SharedStr::from(method);
        let band = |estimate: &Estimate| {
            let (low, high) = estimate.interval(critical.critical_value(estimate, alpha))?;
            Some(ConfidenceBand {
                low,
                high,
                method: method.clone(),
            })
        };
        estimates.iter().map(band).collect()
    }
}
