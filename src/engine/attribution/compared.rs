//! Rows with the references that they are compared with.

use gia_domain::{Strand, reverse_complement};
use gia_wire::Rows;

use super::contributions::Contributions;
use crate::chunks;

/// Rows of a job with the references of each.
pub struct Compared {
    /// The rows on the forward strand, each with its own background.
    pub rows: Rows,
    /// The references of each row, on the forward strand; none for methods that do not compare.
    pub references: Vec<Vec<Vec<u8>>>,
    /// Whether contributions of the bases that are not there are asked for.
    pub asks_hypothetical: bool,
}

/// Means of (4, length) numbers over the references of each row, if they are asked for.
pub struct HypotheticalMeans {
    each: usize,
    /// Sums over the references so far; none if they are not asked for.
    sums: Option<Vec<Vec<f64>>>,
}

impl HypotheticalMeans {
    pub fn new(of: &Compared) -> HypotheticalMeans {
        let sums = || vec![vec![0.0; 4 * of.rows.length]; of.rows.len()];
        HypotheticalMeans {
            each: of.each(),
            sums: of.asks_hypothetical.then(sums),
        }
    }

    /// Adds numbers of a pair.
    pub fn add(&mut self, pair: usize, found: &[f64]) {
        let Some(sums) = &mut self.sums else { return };
        let sum = sums[pair / self.each].iter_mut().zip(found);
        sum.for_each(|(sum, more)| *sum += more / self.each as f64);
    }

    /// Adds the means to the contributions of the rows.
    pub fn beside(self, rows: Vec<Contributions>) -> Vec<Contributions> {
        let Some(sums) = self.sums else { return rows };
        let rows = rows.into_iter().zip(sums);
        rows.map(|(row, sum)| row.with_hypothetical(sum)).collect()
    }
}

impl Compared {
    /// Rows and references on a strand.
    pub fn on_strand(&self, strand: Strand) -> (Rows, Vec<Vec<Vec<u8>>>) {
        let rows = chunks::on_strand(self.rows.clone(), strand);
        let mut references = self.references.clone();
        if strand == Strand::Reverse {
            let all = references.iter_mut().flatten();
            all.for_each(|reference| reverse_complement(reference));
        }
        (rows, references)
    }

    /// The references of all rows, as rows.
    pub fn references_as_rows(&self) -> Rows {
        let mut rows = Rows::new(self.rows.length);
        for reference in self.references.iter().flatten() {
            rows.backgrounds.extend_from_slice(reference);
            rows.push(rows.len(), []);
        }
        rows
    }

    /// Number of references of each row.
    pub fn each(&self) -> usize {
        self.references.first().map_or(1, Vec::len)
    }
}
