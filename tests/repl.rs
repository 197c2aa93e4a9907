//! `gia repl`: what entries do to a session, and what a terminal adds. `recorded/repl.rs` replays transcripts.

mod completion;
mod entries;
mod sessions;
mod terminal;
