//! Requests for contributions.

use gia_base::diag::Outcome;
use gia_wire::{Contributions, Reply, Request, Rows};

use super::requests::run_request;
use super::{Worker, protocol_error};

impl Worker {
    /// Contributions to a weighted sum of columns, compared with references of each row: for each row and reference, (4, length) hypothetical
    /// contributions with bases in the order A, C, G, T, the difference of the sums, and by how much the contributions exceed it. There is a weight for
    /// each column, or for each reference and column. Also returns the nodes without an exact rule.
    pub fn contributions(
        &mut self,
        model: usize,
        sequences: &Rows,
        references: &[Vec<Vec<u8>>],
        columns: &[usize],
        weights: &[f32],
    ) -> Outcome<(Vec<f32>, Vec<String>)> {
        let per_sequence = references.first().map_or(0, Vec::len);
        let rows = with_references(sequences, references);
        let (left, shown) = match self.flanks(model) {
            Some(flanks) => (flanks.left.len(), rows.length + flanks.len()),
            None => (0, rows.length),
        };
        let request = Request::Contributions(Contributions {
            run: run_request(model, columns),
            weights: weights.to_vec(),
            references: per_sequence as u32,
        });
        let expected = sequences.len() * per_sequence * (4 * shown + 2);
        match self.ask_of_rows(model, &request, &rows)? {
            (Reply::Contributions { inexact }, bytes) if bytes.len() == expected * 4 => {
                let values = gia_wire::values_of_bytes(&bytes);
                let lists = (0, 4, 2);
                Ok((
                    without_flanks(values, lists, (left, shown), rows.length),
                    inexact,
                ))
            }
            _ => Err(protocol_error()),
        }
    }
}

/// The sequences, then the references of each.
pub(super) fn with_references(sequences: &Rows, references: &[Vec<Vec<u8>>]) -> Rows {
    let mut rows = sequences.clone();
    for reference in references.iter().flatten() {
        let background = rows.backgrounds.len() / rows.length.max(1);
        rows.backgrounds.extend_from_slice(reference);
        rows.push(background, []);
    }
    rows
}

/// Of each pair's numbers the lists by position without those of the flanks. A pair has so many numbers before the lists, so many lists of `shown`
/// numbers, and so many numbers behind them.
pub(super) fn without_flanks(
    values: Vec<f32>,
    (before, lists, behind): (usize, usize, usize),
    (left, shown): (usize, usize),
    length: usize,
) -> Vec<f32> {
    if shown == length || lists == 0 {
        return values;
    }
    let mut own = Vec::new();
    for pair in values.chunks_exact(before + lists * shown + behind) {
        let (first, rest) = pair.split_at(before);
        let (by_position, last) = rest.split_at(lists * shown);
        own.extend_from_slice(first);
        for of_base in by_position.chunks_exact(shown) {
            own.extend_from_slice(&of_base[left..left + length]);
        }
        own.extend_from_slice(last);
    }
    own
}
