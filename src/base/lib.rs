//! Shared foundations: source texts and spans, diagnostics, and files.

pub mod diag;
pub mod file;
pub mod source;
