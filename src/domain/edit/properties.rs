//! Properties of edits that hold for every sequence: all that the rest of the program needs to know of each kind.
//!
//! A new edit is described here, in one exhaustive match, and in [`super::describe`] in words; [`super::Editor`] applies it.

use std::ops::Range;

use super::{BaseSet, Draw, Edit, Side};
use crate::{Motif, Population};

/// Properties of an edit that hold for every sequence.
#[derive(Debug)]
pub(super) struct Properties<'a> {
    pub extent: Extent,
    pub choice: Choice<'a>,
    pub needs: Needs<'a>,
}

/// Where an edit changes bases.
#[derive(Debug)]
pub(super) enum Extent {
    /// Writes into this stretch without reading it. Some positions in it may stay.
    Writes(Range<usize>),
    /// Changes this stretch depending on its bases; an edit that shifts a flank changes the flank too.
    Changes(Range<usize>),
    /// Depends on the background.
    Varies,
}

/// What an edit draws at random.
#[derive(Debug)]
pub(super) enum Choice<'a> {
    Nothing,
    /// A base for each set of two or three.
    Letters(Draw, &'a [BaseSet]),
    Always(Draw),
}

/// What an edit needs besides the sequence that it is applied to.
#[derive(Debug)]
pub(super) enum Needs<'a> {
    Nothing,
    /// Sequences of another population.
    Sequences(&'a Population),
    /// Where a motif occurs.
    Occurrences(&'a Motif),
    /// The variant that the background carries.
    Variant,
}

impl Edit {
    pub(super) fn properties(&self) -> Properties<'_> {
        let properties = |extent, choice, needs| Properties {
            extent,
            choice,
            needs,
        };
        match self {
            Edit::Write {
                start,
                letters,
                draw,
            } => properties(
                Extent::Writes(*start..*start + letters.len()),
                Choice::Letters(*draw, letters),
                Needs::Nothing,
            ),
            Edit::Instance { start, motif, draw } => properties(
                Extent::Writes(*start..*start + motif.value.width()),
                Choice::Always(*draw),
                Needs::Nothing,
            ),
            Edit::Open {
                start,
                width,
                shifting,
                draw,
            } => properties(
                Extent::Changes(match shifting {
                    Side::Right => *start..start + width,
                    Side::Left => start.saturating_sub(*width)..*start,
                }),
                Choice::Always(*draw),
                Needs::Nothing,
            ),
            Edit::Delete {
                start,
                end,
                shifting: _,
                draw,
            } => properties(
                Extent::Changes(*start..*end),
                Choice::Always(*draw),
                Needs::Nothing,
            ),
            Edit::Shuffle {
                start,
                end,
                preserving: _,
                draw,
            } => properties(
                Extent::Changes(*start..*end),
                Choice::Always(*draw),
                Needs::Nothing,
            ),
            Edit::Randomize {
                start,
                end,
                like,
                draw,
            } => properties(
                Extent::Changes(*start..*end),
                Choice::Always(*draw),
                match like {
                    Some(like) => Needs::Sequences(&like.value),
                    None => Needs::Nothing,
                },
            ),
            Edit::Disrupt { motif, by: _, draw } => properties(
                Extent::Varies,
                Choice::Always(*draw),
                Needs::Occurrences(&motif.value),
            ),
            Edit::Invert { start, end } => properties(
                Extent::Changes(*start..*end),
                Choice::Nothing,
                Needs::Nothing,
            ),
            Edit::Move { start, end, to } => properties(
                Extent::Changes(*start.min(to)..*end.max(&(to + end - start))),
                Choice::Nothing,
                Needs::Nothing,
            ),
            Edit::Allele => properties(Extent::Varies, Choice::Nothing, Needs::Variant),
            Edit::Swap { first, second } => properties(
                Extent::Changes(first.0.min(second.0)..first.1.max(second.1)),
                Choice::Nothing,
                Needs::Nothing,
            ),
        }
    }

    /// Where the edit writes, gaps included; None for one that needs the sequence it is applied to.
    pub fn written(&self) -> Option<Range<usize>> {
        match self.properties().extent {
            Extent::Writes(range) => Some(range),
            Extent::Changes(_) | Extent::Varies => None,
        }
    }

    /// The stretch that the edit changes, gaps included, without flanks that it shifts; None where that depends on the
    /// background.
    pub fn changed(&self) -> Option<Range<usize>> {
        match self.properties().extent {
            Extent::Writes(range) | Extent::Changes(range) => Some(range),
            Extent::Varies => None,
        }
    }

    /// Address of its random choices; None if it makes none.
    pub fn draw(&self) -> Option<Draw> {
        match self.properties().choice {
            Choice::Always(draw) => Some(draw),
            Choice::Letters(draw, sets) => sets.iter().any(|set| set.is_drawn()).then_some(draw),
            Choice::Nothing => None,
        }
    }

    /// Whether the edit draws nothing, so that it changes equal sequences equally in every background.
    pub fn is_fixed(&self) -> bool {
        self.draw().is_none()
    }

    /// The population whose bases are written, where there is one.
    pub fn source(&self) -> Option<&Population> {
        match self.properties().needs {
            Needs::Sequences(population) => Some(population),
            Needs::Nothing | Needs::Occurrences(_) | Needs::Variant => None,
        }
    }

    /// Bytes that the edit alone holds in memory besides itself. Motifs and populations are shared.
    pub fn owned_bytes(&self) -> usize {
        match self.properties().choice {
            Choice::Letters(_, letters) => size_of_val(letters),
            Choice::Nothing | Choice::Always(_) => 0,
        }
    }
}
