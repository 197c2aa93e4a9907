//! The input windows of a batch of edited sequences.

use gia_base::diag::Outcome;
use gia_domain::reverse_complement;
use gia_wire::Rows;

use super::batches::Batch;
use super::window::{Window, WindowPlacement};
use crate::errors::failed;
use crate::network::{InputSource, Network};

/// The placement in each network input of edits at these starts in the sequence; `None` for a constant input.
pub fn placements(network: &Network, starts: &[i64], width: i64) -> Vec<Option<WindowPlacement>> {
    let (dim, length) = (network.onehot.position_dim(), network.length() as i64);
    let placement_in = |source: &InputSource| {
        let reverse_start = |start: &i64| length - start - width;
        let starts = match source {
            InputSource::Constant(_) => return None,
            InputSource::Sequence => starts.to_vec(),
            InputSource::ReverseComplement => starts.iter().map(reverse_start).collect(),
        };
        Some(WindowPlacement {
            dim,
            starts,
            width,
            length,
        })
    };
    network.inputs.iter().map(placement_in).collect()
}

/// Encodes the windows of a batch for each network input; `None` for a constant input.
pub fn windows(
    network: &Network,
    rows: &Rows,
    batch: &Batch,
    width: i64,
) -> Outcome<Vec<Option<Window>>> {
    let window_bp = width as usize;
    let mut sequence = vec![0u8; rows.length];
    let mut bases = Vec::with_capacity(batch.entries().len() * window_bp);
    for (_, edit) in batch.entries() {
        rows.write_row(edit.row, &mut sequence);
        let start = edit.start as usize;
        bases.extend_from_slice(&sequence[start..start + window_bp]);
    }
    network.check_bases(&bases)?;
    let encode = |bases: &[u8]| {
        let encoded = network.onehot.encode(bases, window_bp);
        encoded.map_err(|error| failed("the input", &error))
    };
    let placements = placements(network, &batch.starts(), width);
    let windows = network
        .inputs
        .iter()
        .zip(placements)
        .map(|(source, placement)| {
            let Some(placement) = placement else {
                return Ok(None);
            };
            let tensor = match source {
                InputSource::ReverseComplement => {
                    let mut complement = bases.clone();
                    complement
                        .chunks_exact_mut(window_bp)
                        .for_each(reverse_complement);
                    encode(&complement)?
                }
                _ => encode(&bases)?,
            };
            Ok(Some(Window { tensor, placement }))
        });
    windows.collect()
}
