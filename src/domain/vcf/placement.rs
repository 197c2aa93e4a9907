//! Where the window of a variant lies, and on which strand it is read.

use std::path::Path;

use super::super::bed::RegionIndex;
use super::super::columns::Table;
use super::super::record_filter::RecordError;
use super::super::windows::laid;
use super::super::{Reason, Strand};
use super::record::Allele;
use super::{VariantOptions, WindowLayout};
use gia_base::diag::{Diagnostic, Outcome};

/// The window of one allele.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    /// First position of the window on the contig, from 0; may be negative.
    start: i64,
    /// The strand that the window is read on.
    pub strand: Strand,
    /// Position of the first reference base in the window, read on its strand.
    pub position: usize,
    /// Number of bases that a deletion moves into the window.
    pub lost: usize,
}

impl Placement {
    /// Start and end on the contig of what is read: the window between the bases that a deletion moves into it from one side or the other.
    pub fn read(&self, width: usize) -> (i64, i64) {
        let lost = self.lost as i64;
        (self.start - lost, self.start + width as i64 + lost)
    }
}

/// Lays the windows of all alleles of a file.
pub struct Placer<'a> {
    pub options: VariantOptions<'a>,
    layout: Layout<'a>,
}

enum Layout<'a> {
    Variant(Strand),
    StrandOf(&'a Path, RegionIndex),
    Regions(&'a Path, RegionIndex),
}

impl<'a> Placer<'a> {
    pub fn new(options: VariantOptions<'a>) -> Outcome<Placer<'a>> {
        let layout = match options.layout {
            WindowLayout::Variant(strand) => Layout::Variant(strand),
            WindowLayout::VariantOnStrandOf(path) => {
                Layout::StrandOf(path, RegionIndex::read(path)?)
            }
            WindowLayout::Regions(path) => Layout::Regions(path, RegionIndex::read(path)?),
        };
        Ok(Placer { options, layout })
    }

    /// The hash of the file of regions, and the warnings about it.
    pub fn finish(self) -> (Option<String>, Vec<Diagnostic>) {
        match self.layout {
            Layout::Variant(_) => (None, Vec::new()),
            Layout::StrandOf(_, regions) | Layout::Regions(_, regions) => {
                (Some(regions.sha256), regions.notices)
            }
        }
    }

    /// The window of an allele. `contig` is the name of its contig in the genome; regions may call it by that name or by that of the
    /// variants.
    pub fn place(
        &self,
        table: &Table,
        allele: &Allele,
        contig: &[u8],
    ) -> Result<Placement, RecordError> {
        match &self.layout {
            Layout::Variant(strand) => self.at_anchor(table, allele, *strand),
            Layout::StrandOf(path, regions) => {
                let strand = strand_of(table, allele, contig, (*path, regions))?;
                self.at_anchor(table, allele, strand)
            }
            Layout::Regions(path, regions) => {
                let nearest = self.nearest(allele, contig, regions);
                nearest.ok_or_else(|| self.without_anchor(table, allele, path))
            }
        }
    }

    /// The window that has the first base of the reference allele, read on the strand, at the anchor.
    fn at_anchor(
        &self,
        table: &Table,
        allele: &Allele,
        strand: Strand,
    ) -> Result<Placement, RecordError> {
        let VariantOptions { width, .. } = self.options;
        let at = self.options.anchor();
        let length = allele.reference.len();
        if at + length > width {
            let where_from = match self.options.anchor {
                None => "the right half of a window".to_string(),
                Some(at) => format!("from position {at} on into a window"),
            };
            let why = format!(
                "the reference allele has {length} bp and does not fit {where_from} of {width} bp"
            );
            let diagnostic = table.at_cell(allele.line, allele.reference, &why);
            return Err(RecordError::of(
                table,
                allele.line,
                Reason::LongAllele,
                diagnostic,
            ));
        }
        let range = allele.range();
        let first = match strand {
            Strand::Forward => range.start,
            Strand::Reverse => range.end - 1,
        };
        let (start, _) = laid(first, at, width, strand);
        Ok(Placement {
            start,
            strand,
            position: at,
            lost: allele.lost(),
        })
    }

    /// The window of the nearest region, by the distance of its first base from the reference allele, among those that hold the whole
    /// allele; of equally near ones the first on the contig. None without any.
    fn nearest(&self, allele: &Allele, contig: &[u8], regions: &RegionIndex) -> Option<Placement> {
        let VariantOptions { width, .. } = self.options;
        let range = allele.range();
        let reach = range.start - width as i64..range.end + width as i64;
        let placements = regions
            .overlapping([contig, allele.contig], reach)
            .filter_map(|region| {
                let base = region.first_base();
                let (start, end) = laid(base, self.options.anchor(), width, region.strand);
                if range.start < start || range.end > end {
                    return None;
                }
                let position = match region.strand {
                    Strand::Forward => range.start - start,
                    Strand::Reverse => end - range.end,
                };
                let distance = (range.start - base).max(base - (range.end - 1)).max(0);
                let placement = Placement {
                    start,
                    strand: region.strand,
                    position: position as usize,
                    lost: allele.lost(),
                };
                Some((distance, placement))
            });
        let nearest = placements.min_by_key(|(distance, _)| *distance);
        nearest.map(|(_, placement)| placement)
    }

    fn without_anchor(&self, table: &Table, allele: &Allele, path: &Path) -> RecordError {
        let why = format!(
            "no region of `{}` puts this variant into a window of {} bp that has the region's first base at position {}",
            path.display(),
            self.options.width,
            self.options.anchor()
        );
        let diagnostic = table.at_cell(allele.line, allele.position, &why);
        RecordError::of(table, allele.line, Reason::NoAnchor, diagnostic)
    }
}

/// The strand of the regions that share a base with the reference allele.
fn strand_of(
    table: &Table,
    allele: &Allele,
    contig: &[u8],
    (path, regions): (&Path, &RegionIndex),
) -> Result<Strand, RecordError> {
    let mut strands = regions
        .overlapping([contig, allele.contig], allele.range())
        .map(|region| region.strand);
    let first = strands.next();
    let is_one = strands.all(|strand| Some(strand) == first);
    let why = match first {
        Some(strand) if is_one => return Ok(strand),
        Some(_) => format!(
            "the variant lies in regions of both strands of `{}`",
            path.display()
        ),
        None => format!(
            "the variant lies in no region of `{}`, which says on which strand windows are read",
            path.display()
        ),
    };
    let diagnostic = table.at_cell(allele.line, allele.position, &why);
    Err(RecordError::of(
        table,
        allele.line,
        Reason::NoStrand,
        diagnostic,
    ))
}
