//! Requests for outputs and gradients between sequences and references.

use gia_base::diag::Outcome;
use gia_wire::{Along, Reply, Request, Rows};

use super::contributions::{with_references, without_flanks};
use super::requests::run_request;
use super::{Worker, protocol_error};

impl Worker {
    /// The columns at a point between each sequence and each of its references, and with weights the gradient of their sum there: for each pair the
    /// columns, then (4, length) derivatives with bases in the order A, C, G, T. There is a weight for each column, or for each pair and column; no
    /// weights ask for the columns alone. The share of the sequence in the point is one number for all pairs, or one for each.
    pub fn along(
        &mut self,
        model: usize,
        sequences: &Rows,
        references: &[Vec<Vec<u8>>],
        (columns, weights): (&[usize], &[f32]),
        shares: &[f32],
    ) -> Outcome<Vec<f32>> {
        let per_sequence = references.first().map_or(0, Vec::len);
        let rows = with_references(sequences, references);
        let (left, shown) = match self.flanks(model) {
            Some(flanks) => (flanks.left.len(), rows.length + flanks.len()),
            None => (0, rows.length),
        };
        let request = Request::Along(Along {
            run: run_request(model, columns),
            weights: weights.to_vec(),
            references: per_sequence as u32,
            shares: shares.to_vec(),
        });
        let bases = if weights.is_empty() { 0 } else { 4 };
        let expected = sequences.len() * per_sequence * (columns.len() + bases * shown);
        match self.ask_of_rows(model, &request, &rows)? {
            (Reply::Values(_), bytes) if bytes.len() == expected * 4 => {
                let values = gia_wire::values_of_bytes(&bytes);
                let lists = (columns.len(), bases, 0);
                Ok(without_flanks(values, lists, (left, shown), rows.length))
            }
            _ => Err(protocol_error()),
        }
    }
}
