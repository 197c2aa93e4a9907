//! Canonical forms of lists of edits, so that work that makes the same sequences compares equal.

use std::collections::BTreeMap;

use gia_domain::{BaseSet, Draw, Edit};

/// The canonical form of a list of edits, which makes the same sequences: deterministic edits have no draw, and edits that
/// commute are in order of position.
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
    if let Some(merged) = written_at_last(&edits) {
        return merged;
    }
    let commute = edits
        .iter()
        .enumerate()
        .all(|(i, a)| edits[..i].iter().all(|b| a.commutes_with(b)));
    if commute {
        edits.sort_by_key(order_of_writes);
        edits.dedup();
    }
    edits
}

/// If the edits draw and move nothing: the final base at each written position, as one edit for each run of positions. A site
/// mutated to the letter that it has counts as the site.
fn written_at_last(edits: &[Edit]) -> Option<Vec<Edit>> {
    let mut at_last: BTreeMap<usize, BaseSet> = BTreeMap::new();
    for edit in edits {
        let Edit::Write { start, letters, .. } = edit else {
            return None;
        };
        for (offset, &set) in letters.iter().enumerate() {
            match set.len() {
                1 => {
                    at_last.insert(start + offset, set);
                }
                // All four leave what is there.
                4 => {}
                _ => return None,
            }
        }
    }
    let mut merged: Vec<Edit> = Vec::new();
    for (position, set) in at_last {
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

/// Edits that write, in order of position.
fn order_of_writes(edit: &Edit) -> (usize, Vec<BaseSet>, [u8; 32], Draw) {
    match edit {
        Edit::Write {
            start,
            letters,
            draw,
        } => (*start, letters.clone(), [0; 32], *draw),
        Edit::Instance { start, motif, draw } => (*start, Vec::new(), motif.key, *draw),
        _ => (0, Vec::new(), [0; 32], Draw(0)),
    }
}
