//! Populations of backgrounds: null models and sets of real sequences.

use std::sync::Arc;

use super::{Alphabet, SequenceSet};

/// A random model of sequences.
#[derive(Debug, Clone, PartialEq)]
pub enum Null {
    /// Every base equally likely.
    Uniform { alphabet: Alphabet, length: usize },
    /// Independent bases with these probabilities, in code order, summing to 1.
    Iid {
        alphabet: Alphabet,
        length: usize,
        frequencies: [f64; 4],
    },
}

/// How a finite set is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Each once, in the order of the file.
    File,
    /// Without replacement, in an order that the seed gives.
    Drawn,
}

/// Where backgrounds come from. Background `i` depends on the seed, the population itself and `i` alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Population {
    Null(Null),
    Sequences { set: Arc<SequenceSet>, order: Order },
}
