//! Runs a plan: samples backgrounds, keeps workers busy, gathers numbers.

mod outcomes;

pub use outcomes::{JobOutcomes, Outcomes};
