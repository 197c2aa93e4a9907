//! Records that were excluded from a set of sequences, by reason.
//!
//! Invariant: a record is counted once, under one reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use gia_base::diag::count;

/// Maximum number of examples recorded for each reason.
const MAX_EXAMPLES: usize = 3;

/// Why a record of a file was excluded from a set of sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The record, its window or its allele has an unknown base.
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
    /// The window should be laid by the summit, but the line has none.
    NoSummit,
    /// No region of the file of anchors puts the variant into a window.
    NoAnchor,
    /// The file of strands has no region there, or regions of both strands.
    NoStrand,
    /// No window of the genome was found that matches the sequence.
    NoMatch,
    /// The genotype does not say which haplotype has which allele.
    Unphased,
    /// The sample has no genotype there, or a part of it is missing.
    NoGenotype,
    /// The genotype has fewer alleles than the number of the haplotype.
    OtherPloidy,
    /// The genotype is phased with others than most of the window.
    OtherPhaseSet,
    /// The allele overlaps an earlier one of the same haplotype.
    OverlapsAnother,
    /// The line does not follow its format.
    Malformed,
}

impl Reason {
    /// The reason as text to follow a count: `3 with an unknown base`.
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
            Reason::NoAnchor => "without an anchor in reach",
            Reason::NoStrand => "without one strand",
            Reason::NoMatch => "without a matching window",
            Reason::Unphased => "with an unphased genotype",
            Reason::NoGenotype => "without a genotype",
            Reason::OtherPloidy => "with too few alleles",
            Reason::OtherPhaseSet => "in another phase set",
            Reason::OverlapsAnother => "that overlaps another allele",
            Reason::Malformed => "malformed",
        }
    }
}

/// Records that were excluded for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excluded {
    /// Number of records.
    pub count: usize,
    /// Examples: the names of FASTA records, `FILE:LINE` for other formats.
    pub first: Vec<String>,
}

/// Excluded records of a set, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exclusions {
    by_reason: BTreeMap<Reason, Excluded>,
}

impl Exclusions {
    /// Counts a record; `place` gives its name or line, for the examples.
    pub fn add(&mut self, reason: Reason, place: impl FnOnce() -> String) {
        let excluded = self.by_reason.entry(reason).or_default();
        excluded.count += 1;
        if excluded.first.len() < MAX_EXAMPLES {
            excluded.first.push(place());
        }
    }

    /// Adds other exclusions from the same file.
    pub fn extend(&mut self, other: Exclusions) {
        for (reason, more) in other.by_reason {
            let excluded = self.by_reason.entry(reason).or_default();
            excluded.count += more.count;
            excluded.first.extend(more.first);
            excluded.first.truncate(MAX_EXAMPLES);
        }
    }

    /// Whether no record was excluded.
    pub fn is_empty(&self) -> bool {
        self.by_reason.is_empty()
    }

    /// Number of records over all reasons.
    pub fn total(&self) -> usize {
        self.by_reason.values().map(|excluded| excluded.count).sum()
    }

    /// The excluded records of each reason, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Reason, &Excluded)> {
        self.by_reason
            .iter()
            .map(|(reason, excluded)| (*reason, excluded))
    }

    /// A summary: `380 with an unknown base, 2 malformed`.
    pub fn words(&self) -> String {
        let words = self
            .iter()
            .map(|(reason, excluded)| format!("{} {}", count(excluded.count), reason.words()));
        words.collect::<Vec<_>>().join(", ")
    }
}
