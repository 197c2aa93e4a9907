//! Linear regression of one number per background on features of the background, with standard errors that assume neither equal
//! variances nor independent backgrounds.
//!
//! Features are standardised and orthogonalised once ([`Basis`]); each response is then fitted in O(n p). Cluster-robust errors and
//! cross-validation need the block of the hat matrix of each cluster or fold. With an orthonormal basis Q these blocks are
//! `Q_g Q_g'`, so that all of their functions are those of the small matrices `Q_g' Q_g`, and memory does not grow with the size of a
//! cluster.

mod basis;
mod cross_validation;
mod robust;
mod symmetric;
mod tenths;

pub use basis::{Basis, DroppedFeature, Fit, MIN_UNITS_PER_FEATURE};
pub use cross_validation::Folds;
pub use robust::RobustError;
pub use tenths::{TenthMean, means_by_tenths};
