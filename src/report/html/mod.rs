//! The study as one page that needs no network, no script and no other file.
//!
//! Invariant: whatever a script, a path or a file says is text here and never markup (maud escapes it), and what colour says is
//! said in words as well.

mod claims;
mod curves;
mod estimates;
mod evaluation;
mod experiment;
mod null;
mod page;
mod provenance;
mod table;

pub use page::page;
