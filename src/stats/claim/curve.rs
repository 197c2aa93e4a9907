//! Helpers for claims about the curve of a contrast along an axis.

use super::ClaimContext;
use crate::curve_summary::{self, ContrastCurve};
use crate::grid_point;

impl ClaimContext<'_> {
    /// The claim's grid points as curves along an axis, one for each choice of the other axes.
    pub(super) fn curves(&self, axis: usize) -> Vec<Vec<usize>> {
        curve_summary::group_into_curves(self.experiment, &self.claim.points, axis)
    }

    /// Grid points in ascending order of an axis.
    pub(super) fn sort_along_axis(&self, points: &[usize], axis: usize) -> Vec<usize> {
        curve_summary::sort_along_axis(self.experiment, points, axis)
    }

    /// Whether the difference of the contrast between two grid points says too little about its mean.
    pub(super) fn is_weak_difference(&self, from: usize, to: usize) -> bool {
        let pair = [from, to].map(|point| &self.experiment.points[point]);
        curve_summary::is_weak_difference(self.trial, pair, self.claim.outcome, self.claim.contrast)
    }

    /// The contrast along an axis at grid points that are sorted along it.
    pub(super) fn contrast_curve(&self, points: &[usize], axis: usize) -> ContrastCurve {
        let claim = self.claim;
        curve_summary::contrast_curve(
            self.experiment,
            self.trial,
            points,
            axis,
            claim.outcome,
            claim.contrast,
        )
    }

    /// The contrast of each background at a grid point.
    pub(super) fn contrast_values(&self, point: usize) -> Vec<f64> {
        let point = &self.experiment.points[point];
        self.trial
            .contrast_values(point, self.claim.outcome, self.claim.contrast)
    }

    /// A grid point in words.
    pub(super) fn describe_point(&self, point: usize) -> String {
        grid_point::describe(
            &self.experiment.design.axes,
            &self.experiment.points[point].at,
        )
    }

    /// A deciding point without an interval: the grid point, with mean and threshold 0.
    pub(super) fn point_without_numbers(&self, point: usize) -> gia_study::DecidingPoint {
        gia_study::DecidingPoint {
            at: self.grid_points[point].clone(),
            mean: 0.0,
            low: None,
            high: None,
            threshold: 0.0,
        }
    }
}
