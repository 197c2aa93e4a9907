//! Estimates, intervals, tests, families of tests and claims: from model outputs to the numbers of a study.
//!
//! Invariant: every number depends on the values alone, never on threads or on the order in which grid points are computed.
//! This crate knows nothing of files or reports.

pub mod along;
mod analyse;
mod claim;
mod cluster_robust;
mod compare;
mod confidence_sequence;
mod critical;
mod delta_method;
mod display;
mod estimate;
pub mod evaluate;
mod formula_vm;
mod grid_point;
mod hall;
pub mod members;
mod moments;
mod multiple_testing;
mod nulls;
mod outputs;
mod point;
mod rng;
mod rounding;
mod sequential;
mod series;
mod show;
mod simultaneous;
mod stopping;
pub mod student;
pub mod summaries;
pub mod two_sample;
mod validity;

pub use analyse::{analyse, analyse_each};
pub use claim::{Claimed, Judgement, PointEstimate, judge};
pub use cluster_robust::{ClusteredError, clustered_error};
pub use compare::{Margin, compare};
pub use confidence_sequence::ConfidenceSequence;
pub use critical::Critical;
pub use delta_method::OfMeans;
pub use estimate::{Estimate, Method};
pub use grid_point::at;
pub use hall::Hall;
pub use moments::Moments;
pub use multiple_testing::adjust;
pub use sequential::{InterimAnalysis, interim_analysis};
pub use show::shown;
pub use simultaneous::{Simultaneous, simultaneous};
