//! What rearranging edits do to a sequence; its length stays.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::Side;
use crate::random::below_u32;
use crate::{Scanner, UNKNOWN, shuffle};

/// How often an occurrence is changed again, while the motif still occurs, before more of the sequence is.
const MOST_TRIES: usize = 50;

/// Makes room for `width` bases at `start` by moving the bases on one side away from it; those that leave the sequence are
/// lost, and the room is filled with uniform bases. To the left, the room ends at `start`.
pub(super) fn open(
    bases: &mut [u8],
    start: usize,
    width: usize,
    shifting: Side,
    generator: &mut ChaCha8Rng,
) {
    let room = match shifting {
        Side::Right => {
            bases.copy_within(start..bases.len() - width, start + width);
            start..start + width
        }
        Side::Left => {
            bases.copy_within(width..start, 0);
            start - width..start
        }
    };
    randomize(&mut bases[room], generator);
}

/// Takes bases out and lets one side move in; what is free at that end is drawn from the bases that are left.
pub(super) fn delete(
    bases: &mut [u8],
    range: Range<usize>,
    shifting: Side,
    generator: &mut ChaCha8Rng,
) {
    let (length, width) = (bases.len(), range.len());
    let (left, free) = match shifting {
        Side::Right => {
            bases.copy_within(range.end.., range.start);
            (0..length - width, length - width..length)
        }
        Side::Left => {
            bases.copy_within(..range.start, width);
            (width..length, 0..width)
        }
    };
    for place in free {
        bases[place] = if left.is_empty() {
            (generator.next_u32() & 3) as u8
        } else {
            bases[left.start + below_u32(generator, left.len() as u32) as usize]
        };
    }
}

pub(super) fn randomize(bases: &mut [u8], generator: &mut ChaCha8Rng) {
    for base in bases {
        *base = (generator.next_u32() & 3) as u8;
    }
}

/// Shuffles each stretch of known bases, keeping the counts of its k-mers.
pub(super) fn shuffle_known(bases: &mut [u8], k: usize, generator: &mut ChaCha8Rng) {
    for stretch in bases.split_mut(|&base| base == UNKNOWN) {
        shuffle(stretch, k, generator);
    }
}

/// Changes every stretch that occurrences of a motif cover until it occurs there no more. A stretch whose own bases make
/// the motif in every order, as a run of one base does, grows by a base on each side after [`MOST_TRIES`] changes, and
/// again. False where the motif is left when such a stretch has grown to the whole sequence. Nothing else is changed.
#[must_use]
pub(super) fn disrupt(
    bases: &mut [u8],
    scanner: &Scanner,
    mut change: impl FnMut(&mut [u8]),
) -> bool {
    let mut stretches = covered(scanner, bases);
    let mut left = stretches.clone();
    loop {
        for _ in 0..MOST_TRIES {
            // What is changed may make a new occurrence that reaches over an edge.
            let again = stretches.iter().filter(|stretch| touched(stretch, &left));
            let mut changed = false;
            for stretch in again {
                change(&mut bases[stretch.clone()]);
                changed = true;
            }
            if !changed {
                return true;
            }
            left = covered(scanner, bases);
        }
        if !stretches.iter().any(|stretch| touched(stretch, &left)) {
            return true;
        }
        let mut grew = false;
        for stretch in &mut stretches {
            if touched(stretch, &left) {
                let wider = stretch.start.saturating_sub(1)..(stretch.end + 1).min(bases.len());
                grew |= wider != *stretch;
                *stretch = wider;
            }
        }
        if !grew {
            return false;
        }
    }
}

/// Whether a stretch shares a base with any of the others.
fn touched(stretch: &Range<usize>, others: &[Range<usize>]) -> bool {
    others
        .iter()
        .any(|other| other.start < stretch.end && stretch.start < other.end)
}

/// The stretches that occurrences cover, those that overlap as one.
fn covered(scanner: &Scanner, bases: &[u8]) -> Vec<Range<usize>> {
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for occurrence in scanner.occurrences(bases) {
        let end = occurrence.start + scanner.width();
        match stretches.last_mut() {
            Some(last) if occurrence.start < last.end => last.end = end,
            _ => stretches.push(occurrence.start..end),
        }
    }
    stretches
}

/// Takes the bases of a range out, closes the gap and puts them back so that they start at `to`.
pub(super) fn shift(bases: &mut [u8], range: Range<usize>, to: usize) {
    let width = range.len();
    if to >= range.start {
        bases[range.start..to + width].rotate_left(width);
    } else {
        bases[to..range.end].rotate_right(width);
    }
}

/// Two stretches that do not overlap change places; what lies between them moves where they differ in width.
pub(super) fn swap(bases: &mut [u8], first: Range<usize>, second: Range<usize>) {
    let (a, b) = if first.start <= second.start {
        (first, second)
    } else {
        (second, first)
    };
    let swapped = [&bases[b.clone()], &bases[a.end..b.start], &bases[a.clone()]].concat();
    bases[a.start..b.end].copy_from_slice(&swapped);
}
