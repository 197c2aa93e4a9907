//! The command line: from a script to its study (`pipeline`), what it claims before its run (`registration`), suites of scripts (`suite`),
//! the interactive session (`repl`), and the subcommands, one per file (`command`).
//!
//! The only crate that prints.

pub mod command;
pub mod pipeline;
pub mod registration;
pub mod repl;
pub mod suite;

pub use command::main;
