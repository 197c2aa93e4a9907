//! Constructs: motifs in a row with gaps between them.
//!
//! Invariant: a construct has a fixed width. Its position belongs to the edit that embeds it.

use std::sync::Arc;

use super::{Alphabet, BaseSet, Motif};

/// Motifs and gaps that an embedding writes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Construct {
    /// Motifs and gaps, left to right.
    pub parts: Vec<Part>,
}

/// A motif or a gap of a construct, with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Whether it is a motif or a gap.
    pub kind: PartKind,
    /// Label from `as`, by which factorial designs refer to the part.
    pub label: Option<String>,
}

/// The kind of a part of a construct.
#[derive(Debug, Clone, PartialEq)]
pub enum PartKind {
    /// A motif, written over the background.
    Motif(Arc<Motif>),
    /// A gap of this many base pairs, which keeps the bases of the background.
    Gap(usize),
}

impl Part {
    /// The label of a motif or, without one, its name; None for a gap.
    pub fn display_name(&self) -> Option<&str> {
        match &self.kind {
            PartKind::Motif(motif) => Some(self.label.as_deref().unwrap_or(&motif.name)),
            PartKind::Gap(_) => None,
        }
    }
}

impl PartKind {
    /// Width in base pairs.
    pub fn width(&self) -> usize {
        match self {
            PartKind::Motif(motif) => motif.width(),
            PartKind::Gap(width) => *width,
        }
    }
}

impl From<Arc<Motif>> for Construct {
    fn from(motif: Arc<Motif>) -> Self {
        PartKind::Motif(motif).into()
    }
}

impl From<Motif> for Construct {
    fn from(motif: Motif) -> Self {
        Arc::new(motif).into()
    }
}

impl From<PartKind> for Construct {
    fn from(kind: PartKind) -> Self {
        Construct {
            parts: vec![Part { kind, label: None }],
        }
    }
}

impl Construct {
    /// Replaces motifs by gaps of the same width: those with one of these labels or, if `keeping` is set, all others. Motifs without a
    /// label are matched by name.
    pub fn with_gaps(&self, labels: &[&str], keeping: bool) -> Construct {
        let parts = self.parts.iter().map(|part| match part.display_name() {
            Some(name) if labels.contains(&name) != keeping => Part {
                kind: PartKind::Gap(part.kind.width()),
                label: None,
            },
            _ => part.clone(),
        });
        Construct {
            parts: parts.collect(),
        }
    }

    /// Whether the two have the same motifs and gaps in a row, under whatever names and labels.
    pub fn is_same_as(&self, other: &Construct) -> bool {
        let same = |(a, b): (&Part, &Part)| match (&a.kind, &b.kind) {
            (PartKind::Motif(a), PartKind::Motif(b)) => a.is_same_as(b),
            (PartKind::Gap(a), PartKind::Gap(b)) => a == b,
            (PartKind::Motif(_), PartKind::Gap(_)) | (PartKind::Gap(_), PartKind::Motif(_)) => {
                false
            }
        };
        self.parts.len() == other.parts.len() && self.parts.iter().zip(&other.parts).all(same)
    }

    /// Width in base pairs, saturating at `usize::MAX`.
    pub fn width(&self) -> usize {
        self.parts
            .iter()
            .fold(0, |sum: usize, part| sum.saturating_add(part.kind.width()))
    }

    /// The alphabet of its first motif; None without motifs.
    pub fn alphabet(&self) -> Option<Alphabet> {
        self.motifs().next().map(|motif| motif.alphabet)
    }

    /// Its motifs, left to right.
    pub fn motifs(&self) -> impl Iterator<Item = &Arc<Motif>> {
        self.parts.iter().filter_map(|part| match &part.kind {
            PartKind::Motif(motif) => Some(motif),
            PartKind::Gap(_) => None,
        })
    }

    /// The reverse complement: parts in reverse order, each motif reverse-complemented. Parts keep their labels.
    pub fn reverse_complement(&self) -> Construct {
        Construct {
            parts: self
                .parts
                .iter()
                .rev()
                .map(|part| Part {
                    kind: match &part.kind {
                        PartKind::Motif(motif) => {
                            PartKind::Motif(Arc::new(motif.reverse_complement()))
                        }
                        PartKind::Gap(width) => PartKind::Gap(*width),
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

    /// This construct followed by another.
    pub fn followed_by(mut self, other: Construct) -> Construct {
        self.parts.extend(other.parts);
        self
    }

    /// The bases that embedding may write at each position: the consensus of motifs, and all four bases in gaps, which keep the
    /// background. Its length is [`Construct::width`].
    pub fn letters(&self) -> Vec<BaseSet> {
        let mut letters = Vec::with_capacity(self.width());
        for part in &self.parts {
            match &part.kind {
                PartKind::Motif(motif) => letters.extend(motif.consensus()),
                PartKind::Gap(width) => letters.resize(letters.len() + width, BaseSet::ALL),
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
