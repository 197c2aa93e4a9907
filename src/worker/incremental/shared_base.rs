//! Derived backgrounds: a patch that many rows of a background share is applied to it once, and these rows are recomputed from
//! the result.
//!
//! An arm that extends another arm is then recomputed from that arm, and its remaining edit is narrow. Invariant: the sequence of
//! a row is the same, whether it is built from its own background or from a derived one.

use std::collections::HashMap;
use std::ops::Range;

use gia_domain::Patch;
use gia_wire::Rows;

/// Minimum number of rows that share a patch.
const MIN_ROWS_PER_PATCH: usize = 4;
/// A patch is trimmed to its differing bases if it is more than this many times wider than they are.
const MIN_TRIM_FACTOR: usize = 2;
/// Minimum saving of a derived background, in full passes.
const MIN_SAVED_PASSES: f64 = 1.1;

/// The backgrounds of a request together with the derived ones, and the base of each row.
pub struct SharedBases {
    length: usize,
    /// Base codes of all backgrounds, concatenated.
    bases: Vec<u8>,
    /// The base of each row.
    rows: Vec<RowBase>,
}

/// The background that a row is recomputed from, and where they differ.
#[derive(Debug, Clone, PartialEq)]
pub struct RowBase {
    pub background: usize,
    /// Positions from the first to the last that differ; `None` if the row equals the background.
    pub edited: Option<Range<usize>>,
}

/// A patch that several rows of a background share.
struct SharedPatch<'r> {
    background: usize,
    patch: &'r Patch,
    /// Rows that cost less from the background with the patch, and the saving of each relative to a full pass.
    savings: Vec<(usize, f64)>,
}

impl SharedPatch<'_> {
    /// Total saving of the rows for which `include` holds.
    fn saved(&self, include: impl Fn(usize) -> bool) -> f64 {
        let rows = self.savings.iter().filter(|(row, _)| include(*row));
        rows.map(|(_, saved)| saved).sum()
    }
}

impl SharedBases {
    /// `cost` returns the cost of an edit of a number of positions, relative to a full pass.
    pub fn new(rows: &Rows, mut cost: impl FnMut(usize) -> f64) -> SharedBases {
        let own = |row: usize| RowBase {
            background: rows.background_of[row] as usize,
            edited: edited_range(rows, row, None).flatten(),
        };
        let mut all = SharedBases {
            length: rows.length,
            bases: rows.backgrounds.clone(),
            rows: (0..rows.len()).map(own).collect(),
        };
        let mut rows_of_patch: HashMap<(u32, &Patch), Vec<usize>> = HashMap::new();
        for row in 0..rows.len() {
            for patch in rows.patches_of(row) {
                let rows_with_patch = rows_of_patch.entry((rows.background_of[row], patch));
                rows_with_patch.or_default().push(row);
            }
        }
        let mut candidates: Vec<SharedPatch> = Vec::new();
        for ((background, patch), rows_of_patch) in rows_of_patch {
            if rows_of_patch.len() < MIN_ROWS_PER_PATCH {
                continue;
            }
            let mut cost_from = |row: usize, patch: Option<&Patch>| {
                let edited = edited_range(rows, row, patch)?;
                Some(edited.map_or(0.0, |edited| cost(edited.len()).min(1.0)))
            };
            let savings = rows_of_patch.into_iter().filter_map(|row| {
                let saved = cost_from(row, None)? - cost_from(row, Some(patch))?;
                (saved > 0.0).then_some((row, saved))
            });
            candidates.push(SharedPatch {
                background: background as usize,
                patch,
                savings: savings.collect(),
            });
        }
        candidates.retain(|shared| shared.saved(|_| true) > MIN_SAVED_PASSES);
        // Largest saving first; ties are broken by content, so that the order does not depend on the hash map.
        candidates.sort_by(|a, b| {
            let by_saving = b.saved(|_| true).total_cmp(&a.saved(|_| true));
            let order = |shared: &SharedPatch| {
                let patch = shared.patch;
                (shared.background, patch.start, patch.bases.clone())
            };
            by_saving.then_with(|| order(a).cmp(&order(b)))
        });
        let mut is_unassigned = vec![true; rows.len()];
        for shared in candidates {
            if shared.saved(|row| is_unassigned[row]) <= MIN_SAVED_PASSES {
                continue;
            }
            let derived = all.bases.len() / rows.length;
            let from = shared.background * rows.length;
            all.bases.extend_from_within(from..from + rows.length);
            shared.patch.apply(&mut all.bases[derived * rows.length..]);
            for (row, _) in shared.savings {
                if std::mem::replace(&mut is_unassigned[row], false) {
                    all.rows[row] = RowBase {
                        background: derived,
                        edited: edited_range(rows, row, Some(shared.patch)).flatten(),
                    };
                }
            }
        }
        all
    }

    /// The base of a row.
    pub fn base_of(&self, row: usize) -> &RowBase {
        &self.rows[row]
    }

    /// Base codes of the backgrounds with these indices, concatenated.
    pub fn bases(&self, indices: &[usize]) -> Vec<u8> {
        let background =
            |&index: &usize| &self.bases[index * self.length..(index + 1) * self.length];
        indices.iter().flat_map(background).copied().collect()
    }
}

/// The positions from the first to the last at which a row differs from its background, or from its background with `applied`;
/// the inner `None` if they are equal. The outer `None` if another patch overlaps `applied`, so that their order matters.
fn edited_range(rows: &Rows, row: usize, applied: Option<&Patch>) -> Option<Option<Range<usize>>> {
    let background = rows.background(rows.background_of[row] as usize);
    let mut edited: Option<Range<usize>> = None;
    let mut skipped = false;
    for patch in rows.patches_of(row) {
        let range = patch.range();
        if let Some(other) = applied {
            if other == patch && !skipped {
                skipped = true;
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
        // Bases at the ends that happen to equal the background's are kept, so that a patch has the same width in all backgrounds.
        let (first, last) = match (last + 1 - first) * MIN_TRIM_FACTOR < range.len() {
            true => (first, last),
            false => (range.start, range.end - 1),
        };
        edited = Some(match edited {
            Some(edited) => edited.start.min(first)..edited.end.max(last + 1),
            None => first..last + 1,
        });
    }
    Some(edited)
}
