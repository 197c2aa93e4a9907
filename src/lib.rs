//! `gia`: a language for in silico experiments on trained sequence-to-function networks.
//!
//! One pipeline with a type for each arrow; a command stops at each of them:
//!
//! ```text
//! &str --syntax::parse--> File --check::check--> Program --plan::lower--> Plan
//!      --engine::run--> Outcomes --stats::analyse--> Study --report::*--> terminal, JSON
//! ```
//!
//! The library never prints and never links libtorch: networks run in the second program of this
//! package, `gia-worker`, which the engine talks to over a pipe.

pub mod check;
pub mod cli;
pub mod diag;
pub mod doc;
pub mod domain;
pub mod engine;
pub mod file;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod repl;
pub mod report;
pub mod result;
pub mod source;
pub mod stats;
pub mod suite;
pub mod syntax;
pub mod wire;
