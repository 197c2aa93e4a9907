//! Changes to a sequence at known positions.
//!
//! Invariant: what an edit draws depends on (seed, population, draw, background, position within the edit) alone, so
//! the same edit makes the same choice in every arm and at every grid point.
//!
//! A new edit is a variant of [`Edit`], its [properties](Edit::properties) and its [words](Edit::describe) in this file, and
//! how it is [applied](Editor) in `editor.rs`.

mod editor;
mod flanks;
mod keyed;
mod order;
mod patch;
mod properties;
mod rearrange;

use super::{Alphabet, BaseSet, Haplotype, Motif, Population};
use properties::{Choice, Extent, Needs, Properties};

pub use editor::Editor;
pub use flanks::flanks;
pub use keyed::Keyed;
pub use order::make_same_sequences;
pub use patch::Patch;

/// Identity of a random choice inside an edit, the same in every arm and at every grid point that holds the edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Draw(pub u64);

/// The side of a position whose bases move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Bases left of the place move; those right of it stay.
    Left,
    /// Bases right of the place move; those left of it stay.
    Right,
}

/// How occurrences of a motif are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disruption {
    /// Shuffled, keeping the counts of k-mers.
    Shuffle {
        /// Length k of the k-mers, 1 to [`crate::MAX_SHUFFLE_K`].
        preserving: usize,
    },
    /// Replaced by uniform bases.
    Randomize,
}

/// A change of a sequence that keeps its length. Positions count from 0; stretches are half open.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Writes one base at each position from `start` on: the only member of a set, one drawn from it, or, where the
    /// set holds all four, the base that is there.
    Write {
        /// Position of the first letter.
        start: usize,
        /// The set of bases of each position, from `start` on.
        letters: Vec<BaseSet>,
        /// Addresses the bases that are drawn from sets.
        draw: Draw,
    },
    /// Writes an instance of a motif from `start` on: at each position a base drawn with the matrix's probabilities.
    Instance {
        /// Position of the first base of the instance.
        start: usize,
        /// Its matrix gives the probabilities, independent across positions.
        motif: Keyed<Motif>,
        /// Addresses the instance of each background.
        draw: Draw,
    },
    /// Makes an edit that writes, moved to the right by a number of bases that is drawn for each background.
    Anywhere {
        /// The edit at its leftmost place: [`Edit::Write`] or [`Edit::Instance`].
        write: Box<Edit>,
        /// Number of places, each 1 bp to the right of the one before, all equally likely; at least 1.
        places: usize,
        /// Addresses the place in each background. The parts of a construct share it, and so move together.
        draw: Draw,
    },
    /// Makes room at `start`, filled with uniform bases, by moving the bases on one side away.
    Open {
        /// First position of the room if the right side moves, the position just past the room if the left side does.
        start: usize,
        /// Width of the room, in bp.
        width: usize,
        /// The side that moves away; what leaves the sequence is lost.
        shifting: Side,
        /// Addresses the bases that fill the room.
        draw: Draw,
    },
    /// Takes a stretch out and lets one side move in; the end of that side is filled with bases drawn from those left.
    Delete {
        /// First position that is deleted.
        start: usize,
        /// Position just past the last that is deleted.
        end: usize,
        /// The side that moves in.
        shifting: Side,
        /// Addresses the bases that fill the free end.
        draw: Draw,
    },
    /// Shuffles a stretch uniformly, keeping the counts of its k-mers.
    Shuffle {
        /// First position of the stretch.
        start: usize,
        /// Position just past the stretch.
        end: usize,
        /// Length k of the k-mers whose counts are kept, 1 to [`crate::MAX_SHUFFLE_K`].
        preserving: usize,
        /// Addresses the shuffle of each background.
        draw: Draw,
    },
    /// Replaces a stretch by uniform bases, or by those of another population: all of it where it is as long as the
    /// stretch, else the same stretch of it.
    Randomize {
        /// First position of the stretch.
        start: usize,
        /// Position just past the stretch.
        end: usize,
        /// The population that replaces the stretch; None for uniform bases.
        like: Option<Keyed<Population>>,
        /// Addresses the bases of each background.
        draw: Draw,
    },
    /// Changes every occurrence of a motif, on both strands, until it occurs no more.
    Disrupt {
        /// The motif whose occurrences are removed.
        motif: Keyed<Motif>,
        /// How an occurrence is changed.
        by: Disruption,
        /// Addresses the changes in each background.
        draw: Draw,
    },
    /// Puts the reverse complement of a stretch in its place.
    Invert {
        /// First position of the stretch.
        start: usize,
        /// Position just past the stretch.
        end: usize,
    },
    /// Takes a stretch out, closes the gap and puts it back so that it starts at `to`.
    Move {
        /// First position of the stretch before the move.
        start: usize,
        /// Position just past the stretch before the move.
        end: usize,
        /// First position of the stretch after the move.
        to: usize,
    },
    /// Writes the variant that each background carries.
    Allele {
        /// The side that moves where the alleles differ in length.
        shifting: Side,
    },
    /// Writes the alleles that a haplotype has in the window of a genome that each background is.
    Haplotype {
        /// What it changes in each window.
        haplotype: Keyed<Haplotype>,
    },
    /// Exchanges two stretches, which may differ in length.
    Swap {
        /// Start and end of one stretch.
        first: (usize, usize),
        /// Start and end of the other, which does not overlap the first.
        second: (usize, usize),
    },
}

impl Edit {
    /// What holds for every sequence that the edit is applied to.
    fn properties(&self) -> Properties<'_> {
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
            Edit::Anywhere {
                write,
                places,
                draw,
            } => properties(
                match write.written() {
                    Some(first) => Extent::WritesWithin(first.start..first.end + places - 1),
                    None => Extent::Varies,
                },
                Choice::Always(*draw),
                Needs::Nothing,
            ),
            Edit::Open {
                start,
                width,
                shifting,
                draw,
            } => properties(
                match shifting {
                    Side::Right => Extent::Shifts {
                        stretch: *start..start + width,
                        reach: *start..usize::MAX,
                    },
                    Side::Left => Extent::Shifts {
                        stretch: start.saturating_sub(*width)..*start,
                        reach: 0..*start,
                    },
                },
                Choice::Always(*draw),
                Needs::Nothing,
            ),
            Edit::Delete {
                start,
                end,
                shifting: _,
                draw,
            } => properties(
                Extent::Shifts {
                    stretch: *start..*end,
                    // What fills the free end is drawn from all bases that are left.
                    reach: 0..usize::MAX,
                },
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
            Edit::Allele { shifting: _ } => {
                properties(Extent::Varies, Choice::Nothing, Needs::Background)
            }
            Edit::Haplotype { haplotype: _ } => {
                properties(Extent::Varies, Choice::Nothing, Needs::Background)
            }
            Edit::Swap { first, second } => properties(
                Extent::Changes(first.0.min(second.0)..first.1.max(second.1)),
                Choice::Nothing,
                Needs::Nothing,
            ),
        }
    }

    /// As a script would write it, with its places worked out: `` `GATAAG` at 480bp ``, `invert 10bp..20bp`.
    pub fn describe(&self, alphabet: Alphabet) -> String {
        self.words(alphabet, |letters, start| {
            format!("`{letters}` at {start}bp")
        })
    }

    /// As [`Edit::describe`] for an edit that embeds no construct, so that what writes letters is a mutation:
    /// `mutate 3bp with "T"`.
    pub fn describe_mutation(&self, alphabet: Alphabet) -> String {
        self.words(alphabet, |letters, start| match letters.ends_with(')') {
            true => format!("`mutate {start}bp with {letters}`"),
            false => format!("`mutate {start}bp with \"{letters}\"`"),
        })
    }

    /// The letters that an edit writes, or `draw(MOTIF)`; empty for an edit that writes none.
    fn written_letters(&self, alphabet: Alphabet) -> String {
        match self {
            Edit::Write { letters, .. } => {
                letters.iter().map(|set| set.to_iupac(alphabet)).collect()
            }
            Edit::Instance { motif, .. } => {
                // A motif without a name of its own is called by the call that made it.
                let name = &motif.value.name;
                match name.starts_with("draw(") {
                    true => name.clone(),
                    false => format!("draw({name})"),
                }
            }
            Edit::Anywhere { write, .. } => write.written_letters(alphabet),
            Edit::Open { .. }
            | Edit::Delete { .. }
            | Edit::Shuffle { .. }
            | Edit::Randomize { .. }
            | Edit::Disrupt { .. }
            | Edit::Invert { .. }
            | Edit::Move { .. }
            | Edit::Allele { .. }
            | Edit::Haplotype { .. }
            | Edit::Swap { .. } => String::new(),
        }
    }

    /// The edit in words; `writing` says how letters, or `draw(MOTIF)`, are written from a position on.
    fn words(&self, alphabet: Alphabet, writing: impl Fn(&str, usize) -> String) -> String {
        let side = |side: &Side| match side {
            Side::Left => "left",
            Side::Right => "right",
        };
        match self {
            Edit::Write { start, .. } | Edit::Instance { start, .. } => {
                writing(&self.written_letters(alphabet), *start)
            }
            Edit::Anywhere { write, places, .. } => {
                let letters = write.written_letters(alphabet);
                let first = write.written().unwrap_or_default();
                let (start, end) = (first.start, first.end + places - 1);
                format!("`{letters}` at anywhere({start}bp..{end}bp)")
            }
            Edit::Open {
                start,
                width,
                shifting,
                ..
            } => format!(
                "{width}bp of room at {start}bp shifting \"{}\"",
                side(shifting)
            ),
            Edit::Delete {
                start,
                end,
                shifting,
                ..
            } => format!(
                "`delete {start}bp..{end}bp shifting \"{}\"`",
                side(shifting)
            ),
            Edit::Shuffle {
                start,
                end,
                preserving,
                ..
            } => format!("`shuffle {start}bp..{end}bp preserving {preserving}`"),
            Edit::Randomize { start, end, .. } => format!("`randomize {start}bp..{end}bp`"),
            Edit::Disrupt { motif, by, .. } => {
                let by = match by {
                    Disruption::Shuffle { preserving } => {
                        format!("preserving {preserving}")
                    }
                    Disruption::Randomize => "by \"randomize\"".into(),
                };
                format!("`disrupt {} {by}`", motif.value.name)
            }
            Edit::Allele { shifting } => match shifting {
                Side::Right => "`apply variant`".into(),
                Side::Left => "`apply variant shifting \"left\"`".into(),
            },
            Edit::Haplotype { haplotype } => {
                let Haplotype { name, shifting, .. } = &*haplotype.value;
                match shifting {
                    Side::Right => format!("`apply` {name}"),
                    Side::Left => format!("`apply` {name} shifting \"left\""),
                }
            }
            Edit::Invert { start, end } => format!("`invert {start}bp..{end}bp`"),
            Edit::Move { start, end, to } => format!("`move {start}bp..{end}bp at {to}bp`"),
            Edit::Swap { first, second } => {
                let region = |(start, end): &(usize, usize)| format!("{start}bp..{end}bp");
                format!("`swap {}, {}`", region(first), region(second))
            }
        }
    }
}
