//! Text to tree. Knows the grammar and nothing of what names mean.

pub mod tree;
