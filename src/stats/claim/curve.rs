//! What claims about the curve of a contrast along an axis share.

use super::ClaimContext;
use crate::along::{self, Line};
use crate::grid_point;

impl ClaimContext<'_> {
    /// The claim's grid points as curves along an axis, one for each choice of the other axes.
    pub(super) fn series(&self, axis: usize) -> Vec<Vec<usize>> {
        along::series(self.experiment, &self.claim.points, axis)
    }

    /// The contrast along an axis at these grid points.
    pub(super) fn line(&self, points: &[usize], axis: usize) -> Line {
        let claim = self.claim;
        along::line(
            self.experiment,
            self.trial,
            points,
            axis,
            claim.outcome,
            claim.contrast,
        )
    }

    /// The contrast's number for each background at a grid point.
    pub(super) fn values(&self, point: usize) -> Vec<f64> {
        let point = &self.experiment.points[point];
        self.trial
            .values(point, self.claim.outcome, self.claim.contrast)
    }

    /// A grid point in words.
    pub(super) fn place(&self, point: usize) -> String {
        grid_point::describe(
            &self.experiment.design.axes,
            &self.experiment.points[point].at,
        )
    }

    /// Where a curve is, and nothing of its numbers.
    pub(super) fn nothing(&self, point: usize) -> gia_study::DecidingPoint {
        gia_study::DecidingPoint {
            at: self.places[point].clone(),
            mean: 0.0,
            low: None,
            high: None,
            threshold: 0.0,
        }
    }
}
