//! Sequences, motifs, constructs, edits and null models: a plain library of the field.
//!
//! Nothing here knows the language, a model or a tensor. Everything random is addressed by
//! (seed, what is drawn, index) and so never depends on the order in which it is asked for.

mod alphabet;
mod construct;
mod edit;
mod motif;
mod population;
mod sequence;

pub use alphabet::{Alphabet, BaseSet, UNKNOWN};
pub use construct::{Construct, Part, Piece};
pub use edit::{Draw, Edit};
pub use motif::Motif;
pub use population::{Null, Order, Population};
pub use sequence::{Sequence, SequenceSet};
