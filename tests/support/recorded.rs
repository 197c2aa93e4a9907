//! The shared helpers that the test target `recorded` uses; `mod.rs` lists those of the target `all`.

pub mod command;
pub mod diagnostics;
pub mod documents;
pub mod formatting;
pub mod networks;
pub mod script;
pub mod session;
pub mod studies;
pub mod suites;
pub mod tree;
