//! Edits that many rows of a background share: written into it once, they make one more background to start from.
//!
//! An arm that extends another is then recomputed from it, and what is left of its change is narrow. Invariant: a row is its
//! background with its other patches, whichever of the two it is told of.

use std::collections::HashMap;
use std::ops::Range;

use gia_domain::Patch;
use gia_wire::Rows;

/// Minimum number of rows that share a patch.
const FEWEST: usize = 4;
/// As a part of one, how little of a patch must differ for the rest to be told apart.
const MOSTLY: usize = 2;
/// Minimum saving of an additional background, in full passes.
const WORTH: f64 = 1.1;

/// Backgrounds, with those that were made of shared patches, and how each row differs from its own.
pub struct Stacked {
    length: usize,
    /// All of them, end to end.
    bases: Vec<u8>,
    /// What each row starts from.
    rows: Vec<Start>,
}

/// What a row starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    pub background: usize,
    /// The positions from the first to the last that still differ; none if none do.
    pub reach: Option<Range<usize>>,
}

/// A patch that rows of a background have in common.
struct Shared<'r> {
    background: usize,
    patch: &'r Patch,
    /// Rows that cost less from the background with the patch, and what each saves, relative to a full pass.
    saves: Vec<(usize, f64)>,
}

impl Shared<'_> {
    /// Savings of some of its rows.
    fn saved(&self, some: impl Fn(usize) -> bool) -> f64 {
        let rows = self.saves.iter().filter(|(row, _)| some(*row));
        rows.map(|(_, saved)| saved).sum()
    }
}

impl Stacked {
    /// `share` states the cost of an edit of some positions, relative to a full pass.
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
        let mut shared: Vec<Shared> = Vec::new();
        for ((background, patch), sharing) in sharing {
            if sharing.len() < FEWEST {
                continue;
            }
            let mut takes = |row: usize, patch: Option<&Patch>| {
                let reach = reach(rows, row, patch)?;
                Some(reach.map_or(0.0, |reach| share(reach.len()).min(1.0)))
            };
            let saves = sharing.into_iter().filter_map(|row| {
                let saved = takes(row, None)? - takes(row, Some(patch))?;
                (saved > 0.0).then_some((row, saved))
            });
            shared.push(Shared {
                background: background as usize,
                patch,
                saves: saves.collect(),
            });
        }
        shared.retain(|one| one.saved(|_| true) > WORTH);
        // The most that is saved first, whatever the order of the table is.
        shared.sort_by(|a, b| {
            let most = b.saved(|_| true).total_cmp(&a.saved(|_| true));
            let order = |one: &Shared| (one.background, one.patch.start, one.patch.bases.clone());
            most.then_with(|| order(a).cmp(&order(b)))
        });
        let mut is_free = vec![true; rows.len()];
        for one in shared {
            if one.saved(|row| is_free[row]) <= WORTH {
                continue;
            }
            let made = stacked.bases.len() / rows.length;
            let from = one.background * rows.length;
            stacked.bases.extend_from_within(from..from + rows.length);
            one.patch.apply(&mut stacked.bases[made * rows.length..]);
            for (row, _) in one.saves {
                if std::mem::replace(&mut is_free[row], false) {
                    stacked.rows[row] = Start {
                        background: made,
                        reach: reach(rows, row, Some(one.patch)).flatten(),
                    };
                }
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

/// The positions between the first and the last of a row's patches that differ from its background, but for one patch; none
/// inside where none does. None where another patch lies over that one, so that their order tells.
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
        // Bases at its ends that happen to be the background's are left in, so that a patch is equally wide in all backgrounds.
        let (first, last) = match (last + 1 - first) * MOSTLY < range.len() {
            true => (first, last),
            false => (range.start, range.end - 1),
        };
        left = Some(match left {
            Some(left) => left.start.min(first)..left.end.max(last + 1),
            None => first..last + 1,
        });
    }
    Some(left)
}
