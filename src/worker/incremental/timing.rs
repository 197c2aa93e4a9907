//! Measured times of full and incremental passes, which correct the cost estimate.
//!
//! Each time is the minimum over several measurements, since other load on the machine only makes them longer.

use std::collections::BTreeMap;
use std::time::Duration;

/// Number of timed batches before a measured time is used.
const MIN_TIMED_BATCHES: usize = 3;

/// Minimum seconds per sequence over the batches so far.
#[derive(Debug, Clone, Copy)]
struct MinTime {
    batches: usize,
    seconds: f64,
}

impl Default for MinTime {
    fn default() -> MinTime {
        MinTime {
            batches: 0,
            seconds: f64::INFINITY,
        }
    }
}

impl MinTime {
    fn record(&mut self, elapsed: Duration, rows: usize) {
        self.batches += 1;
        self.seconds = self.seconds.min(elapsed.as_secs_f64() / rows.max(1) as f64);
    }

    /// Time relative to a full pass of `full_secs`; none before enough batches were timed.
    fn relative_to(&self, full_secs: f64) -> Option<f64> {
        let is_known =
            self.batches >= MIN_TIMED_BATCHES && full_secs.is_finite() && full_secs > 0.0;
        is_known.then_some(self.seconds / full_secs)
    }
}

/// Measured times of one network on its device.
#[derive(Debug, Default)]
pub struct TimingModel {
    /// Full passes over backgrounds whose activations are cached.
    backgrounds: MinTime,
    /// Incremental passes, by the width of the edit in the input in bp.
    edits: BTreeMap<i64, MinTime>,
}

impl TimingModel {
    /// Records the time of caching the activations of `backgrounds` sequences.
    pub fn record_backgrounds(&mut self, elapsed: Duration, backgrounds: usize) {
        self.backgrounds.record(elapsed, backgrounds);
    }

    /// Records the time of an incremental pass over `rows` edits of `width` bp.
    pub fn record_edits(&mut self, width: i64, elapsed: Duration, rows: usize) {
        self.edits.entry(width).or_default().record(elapsed, rows);
    }

    /// Cost of a background with cached activations, relative to a full pass of `full_secs`; 1 until measured.
    pub fn background_cost(&self, full_secs: f64) -> f64 {
        self.backgrounds.relative_to(full_secs).unwrap_or(1.0)
    }

    /// Cost of an edit of `width` bp relative to a full pass of `full_secs`; none until measured.
    pub fn edit_cost(&self, width: i64, full_secs: f64) -> Option<f64> {
        let time = self.edits.get(&width)?;
        time.relative_to(full_secs)
    }
}
