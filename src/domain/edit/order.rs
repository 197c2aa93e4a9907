//! When the order of edits matters, and which lists of edits make the same sequences.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::properties::{Choice, Extent};
use super::{BaseSet, Draw, Edit};

impl Edit {
    /// Whether the edit leaves every sequence as it is.
    pub fn is_idle(&self) -> bool {
        if let Edit::Anywhere { write, .. } = self {
            return write.is_idle();
        }
        let letters = self.letters().map(|(_, letters)| letters);
        letters.is_some_and(|letters| letters.iter().all(|set| set.is_all()))
    }

    /// Whether the two may be applied in either order: both write, and where both do they leave no choice.
    pub fn commutes_with(&self, other: &Edit) -> bool {
        let both_write = self.written().is_some() && other.written().is_some();
        both_write && self.clash(other).is_none()
    }

    /// The first position at which two edits that write leave a choice between them; None where they commute.
    pub fn clash(&self, other: &Edit) -> Option<usize> {
        if let (
            Edit::Anywhere {
                write: one,
                places: of_one,
                draw,
            },
            Edit::Anywhere {
                write: another,
                places,
                draw: same,
            },
        ) = (self, other)
            && (of_one, draw) == (places, same)
        {
            // They move together.
            return one.clash(another);
        }
        let (a, b) = (self.written()?, other.written()?);
        let mut shared = a.start.max(b.start)..a.end.min(b.end);
        match (self.letters(), other.letters()) {
            (Some((_, x)), Some((_, y))) => {
                shared.find(|&at| !agree(x[at - a.start], y[at - b.start]))
            }
            _ => shared.next(),
        }
    }

    /// The letters of an edit that writes a set of bases at each position, and what addresses those that are drawn.
    fn letters(&self) -> Option<(Draw, &[BaseSet])> {
        match self.properties().choice {
            Choice::Letters(draw, letters) => Some((draw, letters)),
            Choice::Nothing | Choice::Always(_) => None,
        }
    }

    /// Positions that the edit reads or changes, a flank that it shifts included.
    fn touched(&self) -> Range<usize> {
        match self.properties().extent {
            Extent::Writes(range) | Extent::WritesWithin(range) | Extent::Changes(range) => range,
            Extent::Shifts { reach, .. } => reach,
            Extent::Varies => 0..usize::MAX,
        }
    }

    /// What the edit writes at a position within [`Edit::written`]; None where the base that is there stays.
    fn written_at(&self, start: usize, position: usize) -> Option<Event<'_>> {
        let offset = position - start;
        let Some((draw, letters)) = self.letters() else {
            return Some(Event::Drawn(self));
        };
        let set = letters[offset];
        match set.single() {
            Some(base) => Some(Event::Base(base)),
            None => set.is_drawn().then_some(Event::Letter(draw, offset, set)),
        }
    }
}

/// Whether two letters at one position leave no choice between them.
fn agree(a: BaseSet, b: BaseSet) -> bool {
    a.is_all() || b.is_all() || (a == b && a.len() == 1)
}

/// What happens to the base at a position.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Event<'e> {
    /// A base is written.
    Base(u8),
    /// A base of a set is written, drawn by its offset in the edit.
    Letter(Draw, usize, BaseSet),
    /// A base is written that this edit draws for the position.
    Drawn(&'e Edit),
    /// An edit changes the base, depending on it or on others.
    Changed(&'e Edit),
}

/// Whether two lists hold the same edits in orders that make the same sequences: the order of two edits counts where they
/// touch a common position and write different bases there, or depend on them.
pub fn make_same_sequences(a: &[Edit], b: &[Edit]) -> bool {
    let (a, b) = (without_repeats(a), without_repeats(b));
    // Two orders of edits are equivalent if every position has the same history in both. The edits that depend on each other
    // share a position, and with it the position where one of them begins.
    let mut positions = BTreeSet::new();
    for edit in a.iter().chain(&b) {
        match edit.written() {
            Some(written) => positions.extend(written),
            None => {
                positions.insert(edit.touched().start);
            }
        }
    }
    histories(&a, &positions) == histories(&b, &positions)
}

/// The edits without those that write again what is still there from an equal one.
fn without_repeats(edits: &[Edit]) -> Vec<&Edit> {
    let mut kept: Vec<&Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        let equal = kept.iter().rposition(|earlier| *earlier == edit);
        let is_repeat = edit.written().is_some()
            && equal.is_some_and(|i| kept[i + 1..].iter().all(|later| edit.commutes_with(later)));
        if !is_repeat {
            kept.push(edit);
        }
    }
    kept
}

/// What happens at each of these positions, in order; positions at which nothing does are left out.
fn histories<'e>(
    edits: &[&'e Edit],
    positions: &BTreeSet<usize>,
) -> BTreeMap<usize, Vec<Event<'e>>> {
    let mut histories: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
    for &edit in edits {
        let written = edit.written();
        for &position in positions.range(edit.touched()) {
            let event = match &written {
                Some(written) => edit.written_at(written.start, position),
                None => Some(Event::Changed(edit)),
            };
            if let Some(event) = event {
                histories.entry(position).or_default().push(event);
            }
        }
    }
    histories
}
