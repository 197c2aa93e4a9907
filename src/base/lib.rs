//! Shared foundations: source texts and spans, how names and texts are spelled, diagnostics, and files.

pub mod diag;
pub mod file;
pub mod source;
pub mod spelling;
