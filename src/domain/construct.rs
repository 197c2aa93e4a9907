//! Constructs: motifs in a row with gaps between them.

use std::sync::Arc;

use super::Motif;

/// What an embedding writes, left to right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Construct {
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    pub piece: Piece,
    /// `as` label, for factorial designs.
    pub label: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Motif(Arc<Motif>),
    /// Base pairs that keep the background.
    Gap(usize),
}
