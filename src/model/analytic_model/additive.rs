//! The additive model: a weighted sum over motif occurrences.

use std::sync::Arc;

use gia_base::diag::Outcome;
use gia_domain::{Motif, ScannedSequence, Scanner};

#[derive(Debug)]
pub struct Additive {
    base: f64,
    sites: Vec<(Scanner, f64)>,
}

impl Additive {
    pub fn new(motifs: &[(Arc<Motif>, f64)], base: f64) -> Outcome<Additive> {
        let sites = motifs
            .iter()
            .map(|(motif, weight)| Ok((Scanner::new(motif)?, *weight)))
            .collect::<Outcome<_>>()?;
        Ok(Additive { base, sites })
    }

    pub fn predict(&self, bases: &[u8]) -> f64 {
        let mut searched = ScannedSequence::new(bases);
        let found = self
            .sites
            .iter()
            .map(|(scanner, weight)| weight * scanner.occurrences_in(&mut searched).len() as f64);
        self.base + found.sum::<f64>()
    }
}
