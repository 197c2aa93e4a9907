//! Motifs: from an IUPAC string, a sequence, or a matrix file.

use super::{Alphabet, BaseSet};

/// A motif as one probability a base and position.
#[derive(Debug, Clone, PartialEq)]
pub struct Motif {
    /// As it is reported: the accession or the string that made it.
    pub name: String,
    /// The factor's name where the file tells, for example `CTCF`.
    pub alternate: Option<String>,
    pub alphabet: Alphabet,
    /// Each column sums to 1, in the order of the base codes.
    pub columns: Vec<[f64; 4]>,
}

impl Motif {
    /// What embedding writes: at each position the most probable base or, where several are equally probable,
    /// that set of bases, one of which is drawn for each background. A set of all four leaves the background's base.
    pub fn consensus(&self) -> Vec<BaseSet> {
        todo!()
    }
}
