//! Requests for contributions.

use gia_base::diag::Outcome;
use gia_wire::{Contributions, Reply, Request, Rows};

use super::requests::run_request;
use super::{RequestError, Worker, protocol_error};

impl Worker {
    /// Contributions to a weighted sum of columns, compared with references of each row: for each row and reference, (4, length) hypothetical
    /// contributions with bases in the order A, C, G, T, the difference of the sums, and by how much the contributions exceed it. Also returns the nodes
    /// without an exact rule. If the worker runs out of memory, the request is retried in a new worker with half the batch size.
    pub fn contributions(
        &mut self,
        model: usize,
        sequences: &Rows,
        references: &[Vec<Vec<u8>>],
        weighted: &[(usize, f32)],
    ) -> Outcome<(Vec<f32>, Vec<String>)> {
        let (columns, weights): (Vec<usize>, Vec<f32>) = weighted.iter().copied().unzip();
        let per_sequence = references.first().map_or(0, Vec::len);
        let mut rows = sequences.clone();
        for reference in references.iter().flatten() {
            let background = rows.backgrounds.len() / rows.length.max(1);
            rows.backgrounds.extend_from_slice(reference);
            rows.push(background, []);
        }
        let flanks = self.flanks(model);
        let (left, shown) = match &flanks {
            Some(flanks) => (flanks.left.len(), rows.length + flanks.len()),
            None => (0, rows.length),
        };
        let payload = match &flanks {
            Some(flanks) => rows.with_flanks(flanks).to_bytes(),
            None => rows.to_bytes(),
        };
        let request = Request::Contributions(Contributions {
            run: run_request(model, &columns),
            weights,
            references: per_sequence as u32,
        });
        let pairs = sequences.len() * per_sequence;
        loop {
            let exit = match self.ask(model, &request, &payload) {
                Ok((Reply::Contributions { inexact }, bytes))
                    if bytes.len() == pairs * (4 * shown + 2) * 4 =>
                {
                    let values = gia_wire::values_of_bytes(&bytes);
                    return Ok((without_flanks(&values, left, shown, rows.length), inexact));
                }
                Ok(_) => return Err(protocol_error()),
                Err(RequestError::Failed(diagnostic)) => return Err(diagnostic),
                Err(RequestError::Exited(exit)) => exit,
            };
            let batch = self.batch(model).unwrap_or(1);
            if !exit.is_out_of_memory() || batch <= 1 {
                return Err(exit.into_diagnostic());
            }
            self.restart(model, batch / 2, &exit)?;
        }
    }
}

/// The contributions of the positions between the flanks.
fn without_flanks(values: &[f32], left: usize, shown: usize, length: usize) -> Vec<f32> {
    if shown == length {
        return values.to_vec();
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
