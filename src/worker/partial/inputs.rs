//! What a batch of changes is in the inputs of a network: windows, and where they lie.

use gia_base::diag::Outcome;
use gia_domain::reverse_complement;
use gia_wire::Rows;

use super::batches::Batch;
use super::window::{Site, Window};
use crate::errors::failed;
use crate::network::{Given, Network};

/// Where the windows of changes that start at these positions lie in each input; none in one that stays the same.
pub fn sites(network: &Network, starts: &[i64], width: i64) -> Vec<Option<Site>> {
    let (dim, length) = (network.onehot.positions(), network.length() as i64);
    let of_one = |given: &Given| {
        let turned = |start: &i64| length - start - width;
        let starts = match given {
            Given::Constant(_) => return None,
            Given::Sequence => starts.to_vec(),
            Given::ReverseComplement => starts.iter().map(turned).collect(),
        };
        Some(Site {
            dim,
            starts,
            width,
            length,
        })
    };
    network.inputs.iter().map(of_one).collect()
}

/// The inputs of a batch of changes, where these are.
pub fn windows(
    network: &Network,
    rows: &Rows,
    batch: &Batch,
    width: i64,
) -> Outcome<Vec<Option<Window>>> {
    let wide = width as usize;
    let mut whole = vec![0u8; rows.length];
    let mut bases = Vec::with_capacity(batch.changes().len() * wide);
    for (_, change) in batch.changes() {
        rows.write_row(change.row, &mut whole);
        let start = change.start as usize;
        bases.extend_from_slice(&whole[start..start + wide]);
    }
    let encode = |bases: &[u8]| {
        let encoded = network.onehot.encode(bases, wide);
        encoded.map_err(|error| failed("the input", &error))
    };
    let sites = sites(network, &batch.starts(), width);
    let windows = network.inputs.iter().zip(sites).map(|(given, site)| {
        let Some(site) = site else {
            return Ok(None);
        };
        let tensor = match given {
            Given::ReverseComplement => {
                let mut other = bases.clone();
                other.chunks_exact_mut(wide).for_each(reverse_complement);
                encode(&other)?
            }
            _ => encode(&bases)?,
        };
        Ok(Some(Window { tensor, site }))
    });
    windows.collect()
}
