//! Suites: many scripts, found, run concurrently, and compared with an earlier run.
//!
//! Invariant: the verdict of a claim is the one that `gia run` finds, unless claims of several scripts are one family; neither a filter
//! nor the number of jobs changes an estimate.
//! This module does not display anything.

mod baseline;
mod family;
mod filter;
mod find;
mod run;

pub use baseline::{Baseline, study_path};
pub use filter::Filter;
pub use find::{scripts, scripts_in};
pub use run::{ScriptResult, SuiteOptions, run};
