//! Canonical forms of lists of edits: lists that make the same sequences compare equal if this can be told.

use std::collections::BTreeMap;

use gia_domain::{BaseSet, Draw, Edit};

/// The canonical form of a list of edits, which makes the same sequences: no-ops are removed, deterministic edits have draw
/// number 0, and edits that commute are sorted by position.
pub fn canonical(edits: &[Edit]) -> Vec<Edit> {
    let mut edits: Vec<Edit> = edits
        .iter()
        .filter(|edit| !edit.is_idle())
        .cloned()
        .collect();
    for edit in &mut edits {
        if edit.is_fixed()
            && let Edit::Write { draw, .. } = edit
        {
            *draw = Draw(0);
        }
    }
    if let Some(merged) = merge_writes(&edits) {
        return merged;
    }
    let commute = edits
        .iter()
        .enumerate()
        .all(|(i, a)| edits[..i].iter().all(|b| a.commutes_with(b)));
    if commute {
        edits.sort_by_key(write_order);
        edits.dedup();
    }
    edits
}

/// Merges edits that write fixed bases into one edit for each run of written positions, which holds the last base written at
/// each; none if an edit draws at random or moves bases.
fn merge_writes(edits: &[Edit]) -> Option<Vec<Edit>> {
    let mut last_written: BTreeMap<usize, BaseSet> = BTreeMap::new();
    for edit in edits {
        let Edit::Write { start, letters, .. } = edit else {
            return None;
        };
        for (offset, &set) in letters.iter().enumerate() {
            match set.len() {
                1 => {
                    last_written.insert(start + offset, set);
                }
                // N keeps the base of the background.
                4 => {}
                _ => return None,
            }
        }
    }
    let mut merged: Vec<Edit> = Vec::new();
    for (position, set) in last_written {
        match merged.last_mut() {
            Some(Edit::Write { start, letters, .. }) if *start + letters.len() == position => {
                letters.push(set);
            }
            _ => merged.push(Edit::Write {
                start: position,
                letters: vec![set],
                draw: Draw(0),
            }),
        }
    }
    Some(merged)
}

/// Sort key of edits that write: their position first.
fn write_order(edit: &Edit) -> (usize, Vec<BaseSet>, [u8; 32], Draw) {
    match edit {
        Edit::Write {
            start,
            letters,
            draw,
        } => (*start, letters.clone(), [0; 32], *draw),
        Edit::Instance { start, motif, draw } => (*start, Vec::new(), motif.key, *draw),
        Edit::Anywhere { write, draw, .. } => {
            let (start, letters, key, _) = write_order(write);
            (start, letters, key, *draw)
        }
        _ => (0, Vec::new(), [0; 32], Draw(0)),
    }
}
