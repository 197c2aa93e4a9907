//! The command line: scripts to studies (`pipeline`), many of them (`suite`), a session at a prompt (`repl`), and one file a subcommand (`command`).
//!
//! The only crate that prints.

pub mod command;
pub mod pipeline;
pub mod repl;
pub mod suite;

pub use command::main;
