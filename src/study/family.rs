//! Families of claims: which are judged together, and what chance does.

use serde::{Deserialize, Serialize};

use super::finite;

/// How the claims of a run are judged together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClaimFamily {
    /// Which claims form a family; `set family` says it.
    pub scope: FamilyScope,
    /// Number of claims in the family; for [`FamilyScope::Claim`], of the script.
    pub claims: usize,
    /// The number of claims that chance supports, at most, if none of them is true.
    #[serde(serialize_with = "finite::number")]
    pub expected_false_supports: f64,
}

/// Which claims form a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FamilyScope {
    /// Each claim is judged at its own level.
    Claim,
    /// The claims of a script are judged together.
    Script,
    /// The claims of all scripts of a suite that ask for it are judged together; those of one script if it runs alone.
    Suite,
}
