//! The regions of a BED file by their place, for windows that are laid by something other than these regions.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use super::super::columns::Table;
use super::super::record_filter::RecordFilter;
use super::super::{Strand, file};
use super::records;
use super::strand::Strands;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// A region and the strand that it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrandedRegion {
    /// Start and end on the contig, from 0, half open.
    pub start: i64,
    pub end: i64,
    pub strand: Strand,
}

impl StrandedRegion {
    /// The first base that is read on the strand.
    pub fn first_base(&self) -> i64 {
        match self.strand {
            Strand::Forward => self.start,
            Strand::Reverse => self.end - 1,
        }
    }
}

/// All regions of a file.
pub struct RegionIndex {
    /// By contig, ascending by start.
    contigs: HashMap<Box<[u8]>, Regions>,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Warnings about the file.
    pub notices: Vec<Diagnostic>,
}

struct Regions {
    list: Vec<StrandedRegion>,
    /// Length of the longest region.
    longest: i64,
}

impl RegionIndex {
    /// Reads a BED file, plain or gzip.
    ///
    /// # Errors
    /// A file that cannot be read or is not BED, and any line that is malformed.
    pub fn read(path: &Path) -> Outcome<RegionIndex> {
        let contents = file::read(path, Code::BadBed)?;
        let table = Table::new(path, &contents.bytes, Code::BadBed, "BED")?;
        let mut notices = Vec::new();
        let records = records(&table, &mut RecordFilter::strict(), &mut notices)?;
        let strands = Strands::of(&records);
        notices.extend(strands.notice(&table, &records));
        let mut contigs: HashMap<Box<[u8]>, Regions> = HashMap::new();
        for record in &records {
            let strand = strands.of_record(&table, record);
            let strand = strand.map_err(|error| error.diagnostic)?;
            let regions = contigs.entry(record.contig.into()).or_insert(Regions {
                list: Vec::new(),
                longest: 0,
            });
            regions.longest = regions.longest.max(record.end - record.start);
            regions.list.push(StrandedRegion {
                start: record.start,
                end: record.end,
                strand,
            });
        }
        for regions in contigs.values_mut() {
            regions.list.sort_by_key(|region| region.start);
        }
        Ok(RegionIndex {
            contigs,
            sha256: contents.sha256,
            notices,
        })
    }

    /// The regions of a contig, called by either name, that share a base with a range, ascending by their start.
    pub fn overlapping(
        &self,
        names: [&[u8]; 2],
        range: Range<i64>,
    ) -> impl Iterator<Item = &StrandedRegion> {
        let regions = names.iter().find_map(|name| self.contigs.get(*name));
        let near = regions.map_or(&[][..], |regions| {
            let from = range.start - regions.longest;
            let first = regions.list.partition_point(|region| region.start <= from);
            let last = regions
                .list
                .partition_point(|region| region.start < range.end);
            &regions.list[first..last.max(first)]
        });
        near.iter().filter(move |region| region.end > range.start)
    }
}
