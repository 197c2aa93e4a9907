//! `report drivers(...)`: why the backgrounds differ in a contrast.

use std::sync::Arc;

use gia_domain::Motif;

use crate::{Formula, OutputRef};

/// A regression of each contrast on features of the backgrounds.
#[derive(Debug, Clone)]
pub struct Drivers {
    /// Features that the script adds to those that every regression has, in its order.
    pub added: Vec<AddedFeature>,
    /// The distinct motifs that are embedded at every grid point, whose chance occurrences are counted.
    pub motifs: Vec<Arc<Motif>>,
}

/// A feature of a background that a script names in `report drivers(...)`.
#[derive(Debug, Clone)]
pub enum AddedFeature {
    /// A query, evaluated on the background without edits.
    Query {
        /// The query as the author wrote it.
        text: String,
        /// Its unit; none if the model's declaration states none.
        unit: Option<String>,
        /// Its formula.
        formula: Arc<Formula<OutputRef>>,
    },
    /// The number of occurrences of a k-mer or a motif in the background, on both strands.
    Occurrences(Arc<Motif>),
}

impl Drivers {
    /// Keyword in scripts.
    pub const WORD: &'static str = "drivers";
}
