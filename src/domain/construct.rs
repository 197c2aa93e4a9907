//! Constructs: motifs in a row with gaps between them.
//!
//! Invariant: a construct has one fixed width. Its position is part of the edit that embeds it.

use std::sync::Arc;

use super::{Alphabet, BaseSet, Motif};

/// What an embedding writes, left to right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Construct {
    /// Motifs and gaps, left to right.
    pub parts: Vec<Part>,
}

/// A motif or a gap of a construct, with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What the part consists of.
    pub piece: Piece,
    /// Label given with `as`, by which factorial designs refer to the part.
    pub label: Option<String>,
}

/// What a part of a construct consists of.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// A motif, written over the background.
    Motif(Arc<Motif>),
    /// A gap of this many base pairs, in which the background stays.
    Gap(usize),
}

impl Part {
    /// The label of a motif, or its name; none for a gap.
    pub fn called(&self) -> Option<&str> {
        match &self.piece {
            Piece::Motif(motif) => Some(self.label.as_deref().unwrap_or(&motif.name)),
            Piece::Gap(_) => None,
        }
    }
}

impl Piece {
    /// Width in base pairs.
    pub fn width(&self) -> usize {
        match self {
            Piece::Motif(motif) => motif.width(),
            Piece::Gap(width) => *width,
        }
    }
}

impl From<Arc<Motif>> for Construct {
    fn from(motif: Arc<Motif>) -> Self {
        Piece::Motif(motif).into()
    }
}

impl From<Motif> for Construct {
    fn from(motif: Motif) -> Self {
        Arc::new(motif).into()
    }
}

impl From<Piece> for Construct {
    fn from(piece: Piece) -> Self {
        Construct {
            parts: vec![Part { piece, label: None }],
        }
    }
}

impl Construct {
    /// Replaces motifs by gaps of the same width: those with one of these labels or, if `keeping`, all others. A motif without a
    /// label goes by its name.
    pub fn with_gaps(&self, labels: &[&str], keeping: bool) -> Construct {
        let parts = self.parts.iter().map(|part| match part.called() {
            Some(name) if labels.contains(&name) != keeping => Part {
                piece: Piece::Gap(part.piece.width()),
                label: None,
            },
            _ => part.clone(),
        });
        Construct {
            parts: parts.collect(),
        }
    }

    /// Width in base pairs, saturating at the largest number.
    pub fn width(&self) -> usize {
        self.parts
            .iter()
            .fold(0, |sum: usize, part| sum.saturating_add(part.piece.width()))
    }

    /// The alphabet of its first motif; None where there are gaps only.
    pub fn alphabet(&self) -> Option<Alphabet> {
        self.motifs().next().map(|motif| motif.alphabet)
    }

    /// Its motifs, left to right.
    pub fn motifs(&self) -> impl Iterator<Item = &Arc<Motif>> {
        self.parts.iter().filter_map(|part| match &part.piece {
            Piece::Motif(motif) => Some(motif),
            Piece::Gap(_) => None,
        })
    }

    /// The construct as it reads on the other strand: parts in the opposite order, each motif reversed and
    /// complemented, labels kept with their parts.
    pub fn reverse_complement(&self) -> Construct {
        Construct {
            parts: self
                .parts
                .iter()
                .rev()
                .map(|part| Part {
                    piece: match &part.piece {
                        Piece::Motif(motif) => Piece::Motif(Arc::new(motif.reverse_complement())),
                        Piece::Gap(width) => Piece::Gap(*width),
                    },
                    label: part.label.clone(),
                })
                .collect(),
        }
    }

    /// The construct `n` times in a row.
    pub fn repeat(&self, n: usize) -> Construct {
        Construct {
            parts: (0..n).flat_map(|_| self.parts.iter().cloned()).collect(),
        }
    }

    /// This construct and then the other.
    pub fn followed_by(mut self, other: Construct) -> Construct {
        self.parts.extend(other.parts);
        self
    }

    /// What embedding writes at each position: a motif's consensus; in gaps all four bases, which leave the
    /// background as it is. As long as [`Construct::width`].
    pub fn letters(&self) -> Vec<BaseSet> {
        let mut letters = Vec::with_capacity(self.width());
        for part in &self.parts {
            match &part.piece {
                Piece::Motif(motif) => letters.extend(motif.consensus()),
                Piece::Gap(width) => letters.resize(letters.len() + width, BaseSet::ALL),
            }
        }
        letters
    }
}

impl FromIterator<Construct> for Construct {
    /// The constructs in a row.
    fn from_iter<I: IntoIterator<Item = Construct>>(items: I) -> Self {
        Construct {
            parts: items.into_iter().flat_map(|item| item.parts).collect(),
        }
    }
}
