//! Suites: many scripts, found, run concurrently, and compared with an earlier run.
//!
//! Invariant: the verdict of a claim is the one that `gia run` finds; neither a filter nor the number of jobs changes a number.
//! This module does not display anything.

mod baseline;
mod filter;
mod find;
mod run;

pub use baseline::{Baseline, study_path};
pub use filter::Filter;
pub use find::{scripts, scripts_in};
pub use run::{ScriptResult, SuiteOptions, run};
