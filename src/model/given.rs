//! The arguments of `load`.

use super::encoding::{Layout, UnknownBase};
use super::last_step::LastStep;

/// What `load(...)` says beside the path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    pub length: Option<usize>,
    pub alphabet: Option<String>,
    pub layout: Option<Layout>,
    pub unknown: Option<UnknownBase>,
    pub tasks: Option<Vec<String>>,
    pub unit: Option<String>,
    pub before: Option<LastStep>,
    pub sha256: Option<String>,
}
