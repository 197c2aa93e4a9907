//! What the two ways take by the clock, which refines what counting says.
//!
//! The least of several times is taken, since whatever else the machine does only makes them longer.

use std::collections::BTreeMap;
use std::time::Duration;

/// Batches that are timed before a time is believed.
const BATCHES: usize = 3;

/// Least seconds for one sequence.
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
    /// A background through the whole network, its values kept.
    keeping: Least,
    /// By the width of a change in the input.
    changes: BTreeMap<i64, Least>,
}

impl Clock {
    pub fn kept(&mut self, took: Duration, backgrounds: usize) {
        self.keeping.note(took, backgrounds);
    }

    pub fn changed(&mut self, width: i64, took: Duration, rows: usize) {
        self.changes.entry(width).or_default().note(took, rows);
    }

    /// What a background takes whose values are kept, of a whole pass that takes `whole` seconds; 1 until it is known.
    pub fn keeping(&self, whole: f64) -> f64 {
        self.keeping.of(whole).unwrap_or(1.0)
    }

    /// What a change of so many positions takes of a whole pass, as far as it is known.
    pub fn change(&self, width: i64, whole: f64) -> Option<f64> {
        self.changes.get(&width).and_then(|least| least.of(whole))
    }
}
