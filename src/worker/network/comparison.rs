//! Requests about sequences that are compared with references, and their division among threads.

use std::ops::Range;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_wire::{Along, Rows, Run};

/// Sequences with references, and what is asked of their pairs: contributions to a weighted sum of columns, or its values and gradients between both.
pub struct Comparison {
    /// The sequences, and behind them the references of the first, then those of the second, and so on.
    pub(super) rows: Rows,
    pub(super) sequences: usize,
    /// Number of references of each sequence.
    pub(super) per_sequence: usize,
    pub(super) columns: Vec<u32>,
    /// A weight for each column, or for each pair and column; none where values alone are asked for.
    pub(super) weights: Vec<f32>,
    /// The share that the sequence has in a point between both, one for all pairs or for each; none where contributions are asked for.
    pub(super) shares: Vec<f32>,
}

impl Comparison {
    /// # Errors
    /// If the rows are not sequences with so many references each.
    pub fn of_contributions(rows: Rows, asked: &gia_wire::Contributions) -> Outcome<Comparison> {
        let weights = asked.weights.clone();
        Comparison::new(rows, (&asked.run, asked.references), weights, Vec::new())
    }

    /// # Errors
    /// As for contributions, and if the shares are not as many as the pairs.
    pub fn along(rows: Rows, asked: &Along) -> Outcome<Comparison> {
        let (weights, shares) = (asked.weights.clone(), asked.shares.clone());
        let found = Comparison::new(rows, (&asked.run, asked.references), weights, shares)?;
        let given = found.shares.len();
        match given == 1 || given == found.pairs() {
            true => Ok(found),
            false => Err(malformed(format!(
                "{given} shares are not those of {} pairs",
                found.pairs()
            ))),
        }
    }

    fn new(
        rows: Rows,
        (run, references): (&Run, u32),
        weights: Vec<f32>,
        shares: Vec<f32>,
    ) -> Outcome<Comparison> {
        let per_sequence = references as usize;
        let sequences = rows.len() / (1 + per_sequence.max(1));
        if per_sequence == 0 || sequences * (1 + per_sequence) != rows.len() {
            return Err(malformed(format!(
                "{} rows are not sequences with {per_sequence} references each",
                rows.len()
            )));
        }
        Ok(Comparison {
            rows,
            sequences,
            per_sequence,
            columns: run.columns.clone(),
            weights,
            shares,
        })
    }

    /// Number of pairs of a sequence and one of its references.
    pub fn pairs(&self) -> usize {
        self.sequences * self.per_sequence
    }

    /// At most `parts` parts of about equal size, whose pairs follow each other: of the sequences, or of the references of a single one.
    pub fn divided(self, parts: usize) -> Vec<Comparison> {
        let of_references = self.sequences == 1;
        let all = if of_references {
            self.per_sequence
        } else {
            self.sequences
        };
        let parts = parts.clamp(1, all.max(1));
        if parts == 1 {
            return vec![self];
        }
        let cut = |part: usize| all * part / parts;
        let ranges = (0..parts).map(|part| cut(part)..cut(part + 1));
        ranges
            .map(|range| match of_references {
                true => self.part(0..1, range),
                false => self.part(range, 0..self.per_sequence),
            })
            .collect()
    }

    /// These sequences with these of the references of each.
    fn part(&self, sequences: Range<usize>, references: Range<usize>) -> Comparison {
        let pairs: Vec<usize> = sequences
            .clone()
            .flat_map(|sequence| {
                let first = sequence * self.per_sequence;
                references.clone().map(move |reference| first + reference)
            })
            .collect();
        let of_references = pairs.iter().map(|pair| self.sequences + pair);
        let rows: Vec<usize> = sequences.clone().chain(of_references).collect();
        // What is given once is for all pairs.
        let of_pairs = |given: &[f32], each: usize| match given.len() <= each {
            true => given.to_vec(),
            false => {
                let parts = pairs
                    .iter()
                    .map(|pair| &given[pair * each..(pair + 1) * each]);
                parts.flatten().copied().collect()
            }
        };
        let weights = of_pairs(&self.weights, self.columns.len());
        let shares = of_pairs(&self.shares, 1);
        Comparison {
            rows: self.rows.select(&rows),
            sequences: sequences.len(),
            per_sequence: references.len(),
            columns: self.columns.clone(),
            weights,
            shares,
        }
    }
}

fn malformed(message: String) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::WorkerFailed, message))
}
