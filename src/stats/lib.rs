//! Estimates, intervals, tests, families of tests and claims: from model outputs to the numbers of a study.
//!
//! Invariant: every number depends on the values alone, never on threads or on the order in which grid points are computed.
//! This crate knows nothing of files or reports.

pub mod along;
mod analyse;
mod bands;
mod claim;
mod column;
mod compare;
mod critical;
pub mod distances;
mod draws;
mod estimate;
pub mod evaluate;
mod family;
pub mod members;
mod moments;
mod nulls;
mod of_means;
mod outputs;
mod place;
mod point;
mod rounding;
mod sequence;
mod series;
mod settled;
mod show;
mod stopping;
pub mod student;
pub mod summaries;
mod validity;
mod words;

pub use analyse::{analyse, analyse_each};
pub use bands::{Simultaneous, simultaneous};
pub use claim::{Claimed, Judged, Judgement, judge};
pub use compare::{Margin, compare};
pub use critical::Critical;
pub use estimate::{Estimate, Method};
pub use family::adjust;
pub use moments::Moments;
pub use of_means::OfMeans;
pub use place::at;
pub use sequence::Sequence;
pub use settled::{Look, look};
pub use show::shown;
