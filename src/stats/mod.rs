//! Estimates, intervals, tests, families of tests and claims: from model outputs to the numbers of a study.
//!
//! Invariant: every number depends on the values alone, never on threads or on the order in which grid points are
//! worked out. Knows nothing of models, sequences, files or how a study is shown.

mod analyse;
mod bands;
mod claim;
mod column;
mod curves;
mod draws;
mod estimate;
mod family;
mod moments;
mod outputs;
mod place;
mod point;
mod reason;
mod show;
pub mod student;
pub mod summaries;
mod validity;
mod words;

pub use analyse::analyse;
pub use bands::{Simultaneous, simultaneous};
pub use claim::{Claimed, Judged, Judgement, judge};
pub use estimate::{Estimate, Method};
pub use moments::Moments;
pub use show::shown;
