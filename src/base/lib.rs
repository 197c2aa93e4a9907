//! What every other crate stands on: texts with their spans, diagnostics, and files.

pub mod diag;
pub mod file;
pub mod source;
