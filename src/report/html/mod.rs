//! A study as one HTML page that needs no network, no script and no other file.
//!
//! Invariant: text of scripts, paths and files is escaped and never acts as markup, and whatever colour conveys is said in words
//! as well.

mod claims;
mod curves;
mod drivers;
mod each;
mod estimates;
mod evaluation;
mod experiment;
mod null;
mod page;
mod pooled;
mod provenance;
mod seeds;
mod table;

pub use page::page;
