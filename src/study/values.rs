//! The numbers of single backgrounds, as a run streams them: blocks of values, with the identity of each background.

use std::sync::Arc;

use gia_domain::{Locus, Strand};

use super::{GridPoint, UnitVariant};

/// A background, by what it can be recognised in another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Background {
    /// Index in its population, from 0.
    pub index: usize,
    /// Number of its independent source, from 0 in the order of the first background of each; backgrounds of equal numbers are not
    /// independent of each other. Numbers are of one grid point.
    pub source: usize,
    /// Name of its record, region or variant, or for example `uniform_000012`.
    pub name: String,
    /// The window of a genome that it is, or that it was made from as a shuffle is; none for other backgrounds.
    pub window: Option<GenomeWindow>,
    /// The variant that it carries; none for other backgrounds.
    pub variant: Option<UnitVariant>,
    /// The first 64 bits of the SHA-256 of its bases in upper-case letters, for one that carries a variant followed by `>` and the bases
    /// with the alternate allele.
    pub sequence: u64,
}

/// A window of a genome, by the name of its contig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenomeWindow {
    /// Name of the contig.
    pub chromosome: Arc<str>,
    /// First position, from 0.
    pub start: u64,
    /// Position after the last one.
    pub end: u64,
    /// The strand that the sequence is read from.
    pub strand: Strand,
}

impl From<&Locus> for GenomeWindow {
    fn from(locus: &Locus) -> GenomeWindow {
        GenomeWindow {
            chromosome: locus.contig.clone(),
            start: locus.range.start,
            end: locus.range.end,
            strand: locus.strand,
        }
    }
}

/// What some values are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind<'a> {
    /// An outcome under the arm of this name.
    Arm(&'a str),
    /// The contrast of this name.
    Contrast(&'a str),
}

/// Values of consecutive backgrounds: one outcome under an arm, or one of its contrasts, at one grid point.
#[derive(Debug, Clone, Copy)]
pub struct ValueBlock<'a> {
    /// Name of the experiment.
    pub experiment: &'a str,
    /// The grid point.
    pub at: &'a GridPoint,
    /// The arm or the contrast.
    pub of: ValueKind<'a>,
    /// Name of the outcome, or its source text.
    pub outcome: &'a str,
    /// Scale of the outcome, such as `logit`; none if the model's declaration states none.
    pub unit: Option<&'a str>,
    /// Place of a track: the middle of its bin in bp from the first base, or its number. None of one number.
    pub place: Option<i64>,
    /// The backgrounds, by ascending index without gaps.
    pub backgrounds: &'a [Background],
    /// One number for each background, in `unit`.
    pub values: &'a [f64],
}

/// The values of one contrast at one grid point as a table of values holds them, with what tells whether two runs have the same backgrounds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeriesValues {
    /// Number of the independent source of each background.
    pub sources: Vec<usize>,
    /// [`Background::sequence`] of each background.
    pub sequences: Vec<u64>,
    /// One number for each background.
    pub values: Vec<f64>,
}
