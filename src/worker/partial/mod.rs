//! Changed sequences predicted from their backgrounds: only what a change reaches is computed again.
//!
//! A background goes through the network once and its values are kept; of each sequence that differs from it at a few
//! positions, a window of each layer is recomputed, many sequences' windows in one batch. Invariant: the numbers are those
//! of a whole pass, but for rounding. `docs/decisions/0015-recomputing-what-an-edit-reaches.md` says why it is done so.

mod follow;
mod push;
mod window;
mod worth;

use std::collections::BTreeMap;

use gia::diag::Outcome;
use gia::domain::reverse_complement;
use gia::wire::{Partly, Passes, Rows};
use tch::Tensor;

use super::network::{Given, Network, Place, Runner, failed};
use follow::Follow;
use push::Push;
use window::{Backgrounds, Window};
use worth::{Worth, worth};

/// Numbers of the backgrounds that are kept at once, on a CPU and on a GPU.
const KEPT_ON_CPU: i64 = 1 << 23;
const KEPT_ON_GPU: i64 = 1 << 28;
/// Numbers in the largest value of a batch.
const LARGEST_ON_CPU: i64 = 1 << 20;
const LARGEST_ON_GPU: i64 = 1 << 27;
const MOST_ROWS: i64 = 2048;
/// What a change may take of a whole pass for the detour to be worth it.
const WORTH: f64 = 0.85;
/// Sequences of each network that are predicted in full as well.
const SAMPLE: u64 = 64;

/// What is known of a network for it.
pub struct Partial {
    follow: Follow,
    /// Whether it is done where it is no less work, too.
    always: bool,
    /// By the width of a change in the input.
    worths: BTreeMap<i64, Worth>,
    /// Numbers kept of one background.
    kept: i64,
    found: Partly,
    /// Rows that were predicted in full as well, of all requests.
    sampled: u64,
}

/// A changed row, by its place among the rows, and where its window starts.
struct Change {
    row: usize,
    start: i64,
}

impl Partial {
    /// None where a change of one base reaches everything at once, or the network cannot be looked into.
    pub fn new(network: &Network, shapes: Vec<Vec<i64>>, passes: Passes) -> Option<Partial> {
        let Runner::Graph(program) = &network.runner else {
            return None;
        };
        let along = network.onehot.positions();
        let positions: Vec<Option<usize>> = network
            .inputs
            .iter()
            .map(|given| (!matches!(given, Given::Constant(_))).then_some(along))
            .collect();
        let follow = Follow::new(program, &positions, shapes, passes);
        if network.fixed || !follow.is_of_use() {
            return None;
        }
        let sizes = follow.shapes.iter().zip(&follow.kept);
        let sizes = sizes.filter(|(_, kept)| **kept);
        let kept = sizes.map(|(shape, _)| shape.iter().product::<i64>()).sum();
        Some(Partial {
            follow,
            worths: BTreeMap::new(),
            always: passes == Passes::WhereverPossible,
            kept,
            found: Partly::default(),
            sampled: 0,
        })
    }

    /// What was found so far, which starts anew.
    pub fn take_found(&mut self) -> Partly {
        std::mem::take(&mut self.found)
    }

    fn worth(&mut self, network: &Network, width: i64) -> Worth {
        let Runner::Graph(program) = &network.runner else {
            return Worth {
                share: 1.0,
                largest: 1,
            };
        };
        *self
            .worths
            .entry(width)
            .or_insert_with(|| worth(program, &self.follow, width))
    }

    /// Predicts those rows for which it is worth it, and their backgrounds where these are rows too. Returns the rows that
    /// are left.
    pub fn predict(
        &mut self,
        network: &Network,
        rows: &Rows,
        place: &mut Place,
    ) -> Outcome<Vec<usize>> {
        let mut left = Vec::new();
        // By background: rows that are it as it is, and changes by the width of their window.
        let mut plain: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut changes: BTreeMap<usize, Vec<(i64, Change)>> = BTreeMap::new();
        for row in 0..rows.len() {
            let background = rows.background_of[row] as usize;
            let Some(reach) = rows.reach(row) else {
                plain.entry(background).or_default().push(row);
                continue;
            };
            let width = rounded((reach.end - reach.start) as i64).min(rows.length as i64);
            if self.worth(network, width).share > WORTH && !self.always {
                left.push(row);
                continue;
            }
            let start = (reach.start as i64).min(rows.length as i64 - width);
            let change = Change { row, start };
            changes.entry(background).or_default().push((width, change));
        }
        // A background that nobody asks for is a pass more.
        changes.retain(|background, changes| {
            let saved: f64 = changes
                .iter()
                .map(|(width, _)| 1.0 - self.worths[width].share)
                .sum();
            let extra = if plain.contains_key(background) {
                0.0
            } else {
                1.0
            };
            let worth = saved > extra || self.always;
            if !worth {
                left.extend(changes.iter().map(|(_, change)| change.row));
            }
            worth
        });
        for (background, rows) in &plain {
            if !changes.contains_key(background) {
                left.extend(rows);
            }
        }
        let numbers = if network.device().is_cuda() {
            KEPT_ON_GPU
        } else {
            KEPT_ON_CPU
        };
        let at_once = (numbers / self.kept.max(1)).clamp(1, network.batch() as i64) as usize;
        let all: Vec<usize> = changes.keys().copied().collect();
        for chunk in all.chunks(at_once) {
            self.chunk(network, rows, chunk, (&plain, &mut changes), place)?;
        }
        left.sort_unstable();
        Ok(left)
    }

    /// Some backgrounds with all their rows.
    fn chunk(
        &mut self,
        network: &Network,
        rows: &Rows,
        chunk: &[usize],
        (plain, changes): (
            &BTreeMap<usize, Vec<usize>>,
            &mut BTreeMap<usize, Vec<(i64, Change)>>,
        ),
        place: &mut Place,
    ) -> Outcome<()> {
        let Runner::Graph(program) = &network.runner else {
            return Ok(());
        };
        let bases = rows.backgrounds_of(chunk);
        let inputs = network.encode_bases(&bases, chunk.len())?;
        let values = program.run_keeping(inputs, &self.follow.kept)?;
        let mut backgrounds = Backgrounds::new(values, network.device());
        let asked: Vec<(usize, usize)> = chunk
            .iter()
            .enumerate()
            .flat_map(|(i, background)| {
                let rows = plain.get(background).into_iter().flatten();
                rows.map(move |row| (i, *row))
            })
            .collect();
        if !asked.is_empty() {
            let of: Vec<i64> = asked.iter().map(|(i, _)| *i as i64).collect();
            let outputs = program.outputs().iter();
            let outputs = outputs.map(|id| backgrounds.whole(*id, &of));
            let outputs = outputs
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| failed("the outputs", &error))?;
            let rows: Vec<usize> = asked.iter().map(|(_, row)| *row).collect();
            place.put(&outputs, &rows)?;
        }
        let mut by_width: BTreeMap<i64, Vec<(i64, Change)>> = BTreeMap::new();
        for (i, background) in chunk.iter().enumerate() {
            for (width, change) in changes.remove(background).unwrap_or_default() {
                by_width.entry(width).or_default().push((i as i64, change));
            }
        }
        for (width, changes) in by_width {
            let largest = if network.device().is_cuda() {
                LARGEST_ON_GPU
            } else {
                LARGEST_ON_CPU
            };
            let most = (largest / self.worths[&width].largest.max(1)).clamp(1, MOST_ROWS);
            let passes = changes.len().div_ceil(most as usize);
            for batch in changes.chunks(changes.len().div_ceil(passes)) {
                let of: Vec<i64> = batch.iter().map(|(i, _)| *i).collect();
                let windows = windows(network, rows, batch, width)?;
                let push = Push::new(program, &self.follow, &mut backgrounds, of, windows);
                let changed: Vec<usize> = batch.iter().map(|(_, change)| change.row).collect();
                place.put(&push.run()?, &changed)?;
                self.found.rows += batch.len() as u64;
            }
        }
        Ok(())
    }

    /// Predicts some of the changed rows in full and compares.
    pub fn check(
        &mut self,
        network: &mut Network,
        rows: &Rows,
        whole: &[usize],
        place: &Place,
    ) -> Outcome<()> {
        let changed: Vec<usize> = (0..rows.len())
            .filter(|row| !rows.is_plain(*row) && whole.binary_search(row).is_err())
            .collect();
        let wanted = SAMPLE.saturating_sub(self.sampled) as usize;
        let count = wanted.min(changed.len());
        if count == 0 {
            return Ok(());
        }
        let sample: Vec<usize> = (0..count)
            .map(|i| changed[i * changed.len() / count])
            .collect();
        let again = network.predict_plainly(&rows.only(&sample), place.columns())?;
        for (row, wanted) in sample
            .iter()
            .zip(again.chunks(place.columns().len().max(1)))
        {
            for (found, wanted) in place.row(*row).iter().zip(wanted) {
                let difference = f64::from(found - wanted).abs() / f64::from(wanted.abs()).max(1.0);
                self.found.largest_difference = self.found.largest_difference.max(difference);
            }
        }
        self.found.checked += count as u64;
        self.sampled += count as u64;
        Ok(())
    }
}

/// A width of a few, so that windows of nearly the same width go together.
fn rounded(width: i64) -> i64 {
    let step = (width as u64).next_power_of_two() as i64 / 4;
    let step = step.max(1);
    (width + step - 1) / step * step
}

/// The inputs of a batch of changes, where these are.
fn windows(
    network: &Network,
    rows: &Rows,
    batch: &[(i64, Change)],
    width: i64,
) -> Outcome<Vec<Option<Window>>> {
    let (length, wide) = (rows.length, width as usize);
    let mut whole = vec![0u8; length];
    let mut bases = Vec::with_capacity(batch.len() * wide);
    for (_, change) in batch {
        rows.write_row(change.row, &mut whole);
        let start = change.start as usize;
        bases.extend_from_slice(&whole[start..start + wide]);
    }
    let starts: Vec<i64> = batch.iter().map(|(_, change)| change.start).collect();
    let window = |tensor: Tensor, starts: Vec<i64>| Window {
        tensor,
        dim: network.onehot.positions(),
        starts,
        width,
        length: length as i64,
    };
    let encode = |bases: &[u8]| {
        let encoded = network.onehot.encode(bases, wide);
        encoded.map_err(|error| failed("the input", &error))
    };
    let mut found = Vec::new();
    for given in &network.inputs {
        found.push(match given {
            Given::Constant(_) => None,
            Given::Sequence => Some(window(encode(&bases)?, starts.clone())),
            Given::ReverseComplement => {
                let mut other = bases.clone();
                other.chunks_exact_mut(wide).for_each(reverse_complement);
                let turned = starts.iter().map(|start| length as i64 - start - width);
                Some(window(encode(&other)?, turned.collect()))
            }
        });
    }
    Ok(found)
}
