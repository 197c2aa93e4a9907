//! Measured times of full and incremental passes, which refine the cost estimate.
//!
//! The minimum of several times counts, since whatever else the machine does only makes them longer.

use std::collections::BTreeMap;
use std::time::Duration;

/// Number of timed batches before a time is used.
const BATCHES: usize = 3;

/// Minimum seconds per sequence.
#[derive(Debug, Clone, Copy)]
struct Least {
    batches: usize,
    seconds: f64,
}

impl Default for Least {
    fn default() -> Least {
        Least {
            batches: 0,
            seconds: f64::INFINITY,
        }
    }
}

impl Least {
    fn note(&mut self, took: Duration, rows: usize) {
        self.batches += 1;
        self.seconds = self.seconds.min(took.as_secs_f64() / rows.max(1) as f64);
    }

    fn of(&self, whole: f64) -> Option<f64> {
        let known = self.batches >= BATCHES && whole.is_finite() && whole > 0.0;
        known.then_some(self.seconds / whole)
    }
}

/// Times of one network on its device.
#[derive(Debug, Default)]
pub struct Clock {
    /// Full passes of backgrounds whose values are kept.
    keeping: Least,
    /// Incremental passes, by the width of an edit in the input.
    changes: BTreeMap<i64, Least>,
}

impl Clock {
    pub fn kept(&mut self, took: Duration, backgrounds: usize) {
        self.keeping.note(took, backgrounds);
    }

    pub fn changed(&mut self, width: i64, took: Duration, rows: usize) {
        self.changes.entry(width).or_default().note(took, rows);
    }

    /// Cost of a background whose values are kept, relative to a full pass of `whole` seconds; 1 until measured.
    pub fn keeping(&self, whole: f64) -> f64 {
        self.keeping.of(whole).unwrap_or(1.0)
    }

    /// Cost of an edit of `width` positions relative to a full pass of `whole` seconds; none until measured.
    pub fn change(&self, width: i64, whole: f64) -> Option<f64> {
        self.changes.get(&width).and_then(|least| least.of(whole))
    }
}
