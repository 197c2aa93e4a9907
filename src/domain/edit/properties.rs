//! Properties of edits that hold for every sequence: all that the rest of the program needs to know of each kind.

use std::ops::Range;

use super::{BaseSet, Draw, Edit};
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
    /// Writes somewhere within this stretch without reading it, at a place that is drawn for each background.
    WritesWithin(Range<usize>),
    /// Changes this stretch, depending on nothing outside of it.
    Changes(Range<usize>),
    /// Changes this stretch, and moves bases to or from it.
    Shifts {
        stretch: Range<usize>,
        /// Positions that it reads or changes; may end beyond the sequence.
        reach: Range<usize>,
    },
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
    /// The sequence that the background is: the variant that it carries, or its window of a genome.
    Background,
}

impl Edit {
    /// Where the edit writes, gaps included, or may write; None for one that needs the sequence it is applied to.
    pub fn written(&self) -> Option<Range<usize>> {
        match self.properties().extent {
            Extent::Writes(range) | Extent::WritesWithin(range) => Some(range),
            Extent::Changes(_) | Extent::Shifts { .. } | Extent::Varies => None,
        }
    }

    /// The stretch that the edit changes, gaps included, without flanks that it shifts; None where that depends on the
    /// background.
    pub fn changed(&self) -> Option<Range<usize>> {
        match self.properties().extent {
            Extent::Writes(range) | Extent::Changes(range) => Some(range),
            Extent::Shifts { stretch, .. } => Some(stretch),
            Extent::WritesWithin(_) | Extent::Varies => None,
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
            Needs::Nothing | Needs::Occurrences(_) | Needs::Background => None,
        }
    }

    /// Whether what it writes belongs to places in the sequence that the background is: a variant or a haplotype.
    pub fn belongs_to_background(&self) -> bool {
        matches!(self.properties().needs, Needs::Background)
    }

    /// Whether bases stand at other places after it, or on the other strand.
    pub fn displaces_bases(&self) -> bool {
        match self {
            Edit::Open { .. }
            | Edit::Delete { .. }
            | Edit::Invert { .. }
            | Edit::Move { .. }
            | Edit::Swap { .. }
            | Edit::Allele { .. }
            | Edit::Haplotype { .. } => true,
            Edit::Write { .. }
            | Edit::Instance { .. }
            | Edit::Anywhere { .. }
            | Edit::Shuffle { .. }
            | Edit::Randomize { .. }
            | Edit::Disrupt { .. } => false,
        }
    }

    /// Bytes that the edit alone holds in memory besides itself. Motifs and populations are shared.
    pub fn owned_bytes(&self) -> usize {
        if let Edit::Anywhere { write, .. } = self {
            return size_of_val(&**write) + write.owned_bytes();
        }
        match self.properties().choice {
            Choice::Letters(_, letters) => size_of_val(letters),
            Choice::Nothing | Choice::Always(_) => 0,
        }
    }
}
