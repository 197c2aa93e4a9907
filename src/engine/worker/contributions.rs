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
        let mut rows = sequences.clone();
        for reference in references.iter().flatten() {
            let background = rows.backgrounds.len() / rows.length.max(1);
            rows.backgrounds.extend_from_slice(reference);
            rows.push(background, []);
        }
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
                Ok((without_flanks(values, left, shown, rows.length), inexact))
            }
            _ => Err(protocol_error()),
        }
    }
}

/// The contributions of the positions between the flanks.
fn without_flanks(values: Vec<f32>, left: usize, shown: usize, length: usize) -> Vec<f32> {
    if shown == length {
        return values;
    }
    let mut own = Vec::new();
    for pair in values.chunks_exact(4 * shown + 2) {
        let (contributions, ends) = pair.split_at(4 * shown);
        for of_base in contributions.chunks_exact(shown) {
            own.extend_from_slice(&of_base[left..left + length]);
        }
        own.extend_from_slice(ends);
    }
    own
}
