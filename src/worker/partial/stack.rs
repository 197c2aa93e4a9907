//! Changes that many rows of a background share: written into the background once, they make one more to start from.
//!
//! An arm that extends another is then recomputed from it, and what is left of its change is narrow. Invariant: a row is its
//! background with its other patches, whichever of the two it is told of.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use gia::domain::Patch;
use gia::wire::Rows;

/// Rows that have to share a patch before it is looked at.
const FEWEST: usize = 4;
/// What a background more has to save, in whole passes.
const WORTH: f64 = 1.1;

/// Backgrounds, with those that were made of shared patches, and how each row differs from its own.
pub struct Stacked {
    length: usize,
    /// All of them, end to end.
    bases: Vec<u8>,
    /// By row.
    rows: Vec<Start>,
}

/// What a row starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    pub background: usize,
    /// The positions between the first and the last that still differ; none where none do.
    pub reach: Option<Range<usize>>,
}

impl Stacked {
    /// `share` tells how much of a whole pass a change of so many positions takes.
    pub fn new(rows: &Rows, mut share: impl FnMut(usize) -> f64) -> Stacked {
        let own = |row: usize| Start {
            background: rows.background_of[row] as usize,
            reach: reach(rows, row, None).flatten(),
        };
        let mut stacked = Stacked {
            length: rows.length,
            bases: rows.backgrounds.clone(),
            rows: (0..rows.len()).map(own).collect(),
        };
        let mut sharing: HashMap<(u32, &Patch), Vec<usize>> = HashMap::new();
        for row in 0..rows.len() {
            for patch in rows.patches_of(row) {
                let known = sharing.entry((rows.background_of[row], patch));
                known.or_default().push(row);
            }
        }
        // The most that is saved of each background first, whatever the order of the table is.
        let mut saving: BTreeMap<u32, (f64, &Patch, Vec<usize>)> = BTreeMap::new();
        for ((background, patch), sharing) in sharing {
            if sharing.len() < FEWEST {
                continue;
            }
            let apart: Vec<usize> = sharing
                .into_iter()
                .filter(|row| reach(rows, *row, Some(patch)).is_some())
                .collect();
            let mut takes = |row: usize, patch: Option<&Patch>| {
                let reach = reach(rows, row, patch).flatten();
                reach.map_or(0.0, |reach| share(reach.len()))
            };
            let saved = apart
                .iter()
                .map(|row| takes(*row, None) - takes(*row, Some(patch)));
            let saved: f64 = saved.sum();
            let best = saving.get(&background);
            let order = |patch: &Patch| (patch.start, patch.bases.clone());
            let better = best.is_none_or(|(most, known, _)| {
                saved > *most || (saved == *most && order(patch) < order(known))
            });
            if saved > WORTH && better {
                saving.insert(background, (saved, patch, apart));
            }
        }
        for (background, (_, patch, sharing)) in saving {
            let made = stacked.bases.len() / rows.length;
            let from = background as usize * rows.length;
            stacked.bases.extend_from_within(from..from + rows.length);
            patch.apply(&mut stacked.bases[made * rows.length..]);
            for row in sharing {
                stacked.rows[row] = Start {
                    background: made,
                    reach: reach(rows, row, Some(patch)).flatten(),
                };
            }
        }
        stacked
    }

    pub fn start(&self, row: usize) -> &Start {
        &self.rows[row]
    }

    /// Some backgrounds, end to end.
    pub fn bases(&self, some: &[usize]) -> Vec<u8> {
        let one = |&number: &usize| &self.bases[number * self.length..(number + 1) * self.length];
        some.iter().flat_map(one).copied().collect()
    }
}

/// The positions between the first and the last at which a row's patches, but for one, differ from its background; none
/// inside where they do not. None where another patch lies over that one, so that their order tells.
fn reach(rows: &Rows, row: usize, but_for: Option<&Patch>) -> Option<Option<Range<usize>>> {
    let background = rows.background(rows.background_of[row] as usize);
    let mut left: Option<Range<usize>> = None;
    let mut met = false;
    for patch in rows.patches_of(row) {
        let range = patch.range();
        if let Some(other) = but_for {
            if other == patch && !met {
                met = true;
                continue;
            }
            let own = other.range();
            if own.start < range.end && range.start < own.end {
                return None;
            }
        }
        let differs = |at: &usize| patch.bases[at - range.start] != background[*at];
        let (Some(first), Some(last)) = (
            range.clone().find(differs),
            range.clone().rev().find(differs),
        ) else {
            continue;
        };
        left = Some(match left {
            Some(left) => left.start.min(first)..left.end.max(last + 1),
            None => first..last + 1,
        });
    }
    Some(left)
}
