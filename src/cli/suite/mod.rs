//! Many scripts as one suite: found, run beside each other, and held against an earlier run.
//!
//! Invariant: what a claim comes to here is what `gia run` finds; a filter and the number of jobs change no number. Knows nothing
//! of how a suite is shown.

mod baseline;
mod filter;
mod find;
mod run;

pub use baseline::{Baseline, study_path};
pub use filter::Filter;
pub use find::{scripts, scripts_in};
pub use run::{Finished, Wanted, run};
