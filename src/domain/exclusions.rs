//! Records that were left out of a set of sequences, by reason.
//!
//! Invariant: a record is counted once, under one reason. Whether a record may be left out is not decided here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use gia_base::diag::count;

/// Places that are recorded for each reason.
const MOST_PLACES: usize = 3;

/// Why a record of a file was left out of a set of sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its bases, or those of its window or allele, include an unknown one.
    UnknownBase,
    /// The motif that `without` excludes occurs in it.
    HoldsMotif,
    /// The variant has no alternate allele (`.`).
    NoAlternate,
    /// An alternate allele is not a sequence of bases, such as `<DEL>`.
    NotSpelledOut,
    /// The genome has other bases than the reference allele there.
    OtherReference,
    /// The reference allele does not fit the window.
    LongAllele,
    /// The window reaches past an end of its contig.
    PastContig,
    /// The genome has no contig of that name.
    UnknownContig,
    /// A window was to be centered on the summit, and the line gives none.
    NoSummit,
    /// The line does not follow its format.
    Malformed,
}

impl Reason {
    /// For people, behind a count: `3 with an unknown base`.
    pub fn words(self) -> &'static str {
        match self {
            Reason::UnknownBase => "with an unknown base",
            Reason::HoldsMotif => "with the motif that is excluded",
            Reason::NoAlternate => "without an alternate allele",
            Reason::NotSpelledOut => "with an allele that is not spelled out",
            Reason::OtherReference => "with a reference allele that the genome does not have",
            Reason::LongAllele => "with an allele that does not fit the window",
            Reason::PastContig => "with a window past the end of its contig",
            Reason::UnknownContig => "on a contig that the genome lacks",
            Reason::NoSummit => "without a summit",
            Reason::Malformed => "malformed",
        }
    }
}

/// Records that were left out for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excluded {
    /// Number of records.
    pub count: usize,
    /// The first few: the name of a record of a FASTA file, `FILE:LINE` of others.
    pub first: Vec<String>,
}

/// How many records were left out of a set, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exclusions {
    by_reason: BTreeMap<Reason, Excluded>,
}

impl Exclusions {
    /// Counts a record. `place` names it.
    pub fn add(&mut self, reason: Reason, place: impl FnOnce() -> String) {
        let excluded = self.by_reason.entry(reason).or_default();
        excluded.count += 1;
        if excluded.first.len() < MOST_PLACES {
            excluded.first.push(place());
        }
    }

    /// Adds what was left out elsewhere of the same file.
    pub fn extend(&mut self, other: Exclusions) {
        for (reason, more) in other.by_reason {
            let excluded = self.by_reason.entry(reason).or_default();
            excluded.count += more.count;
            excluded.first.extend(more.first);
            excluded.first.truncate(MOST_PLACES);
        }
    }

    /// Whether no record was left out.
    pub fn is_empty(&self) -> bool {
        self.by_reason.is_empty()
    }

    /// Number of records over all reasons.
    pub fn total(&self) -> usize {
        self.by_reason.values().map(|excluded| excluded.count).sum()
    }

    /// By reason, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, &Excluded)> {
        self.by_reason
            .iter()
            .map(|(reason, excluded)| (*reason, excluded))
    }

    /// `380 with an unknown base, 2 malformed`.
    pub fn words(&self) -> String {
        let words = self
            .iter()
            .map(|(reason, excluded)| format!("{} {}", count(excluded.count), reason.words()));
        words.collect::<Vec<_>>().join(", ")
    }
}
