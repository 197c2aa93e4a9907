//! `gia`: a language for in silico experiments on trained sequence-to-function networks.
//!
//! One pipeline with a type for each arrow; a command stops at each of them:
//!
//! ```text
//! &str --syntax::parse--> File --check::check--> Program --plan::lower--> Plan
//!      --engine::run--> Outcomes --stats::analyse--> Study --report::*--> terminal, JSON
//! ```
//!
//! Each step is a crate of its own; this one names them together. None prints but `cli`, and none links libtorch but
//! `gia-worker`, the second program of this package, which the engine talks to over a pipe.

pub use gia_base::{diag, file, source};
pub use gia_check as check;
pub use gia_check::doc;
pub use gia_cli::command as cli;
pub use gia_cli::{pipeline, repl, suite};
pub use gia_design as design;
pub use gia_domain as domain;
pub use gia_engine as engine;
pub use gia_model as model;
pub use gia_plan as plan;
pub use gia_report as report;
pub use gia_stats as stats;
pub use gia_study as study;
pub use gia_syntax as syntax;
pub use gia_wire as wire;
