//! The strand column of a BED file, and columns that only look like one.

use super::super::columns::{Table, quoted};
use super::super::record_filter::RecordError;
use super::super::{Reason, Strand};
use super::odd;
use super::record::BedRecord;
use gia_base::diag::Diagnostic;

/// The meaning of column 6 in a file.
pub struct Strands {
    /// Whether the column holds other numbers, and no strand.
    own: bool,
}

impl Strands {
    /// Numbers other than -1, 0 and 1, which some programs write for strands, show that column 6 is not the strand.
    pub fn of(records: &[BedRecord]) -> Strands {
        let mut numbers = 0;
        for cell in records.iter().filter_map(|record| record.strand) {
            match cell {
                b"." => {}
                _ => match std::str::from_utf8(cell).map(str::parse::<f64>) {
                    Ok(Ok(number)) if ![-1.0, 0.0, 1.0].contains(&number) => numbers += 1,
                    Ok(Ok(_)) => {}
                    _ => return Strands { own: false },
                },
            }
        }
        Strands { own: numbers > 0 }
    }

    /// The strand that a record is on.
    pub fn of_record(&self, table: &Table, record: &BedRecord) -> Result<Strand, RecordError> {
        match record.strand {
            None | Some(b"+" | b".") => Ok(Strand::Forward),
            Some(b"-") => Ok(Strand::Reverse),
            Some(_) if self.own => Ok(Strand::Forward),
            Some(other) => {
                let blank = match matches!(other.trim_ascii(), b"+" | b"-" | b".") {
                    true => ", which has a blank beside it",
                    false => "",
                };
                let why = format!(
                    "the strand (column 6) is `{}`{blank}; BED has `+`, `-` or `.` here",
                    quoted(other)
                );
                let mut diagnostic = table.at_cell(record.line, other, &why);
                if other == b"*" {
                    // Bioconductor writes `*` for no strand.
                    diagnostic = diagnostic.help("write `.` for a region without a strand");
                }
                Err(RecordError::of(
                    table,
                    record.line,
                    Reason::Malformed,
                    diagnostic,
                ))
            }
        }
    }

    /// A warning if the strands seem to be in another column.
    pub fn notice(&self, table: &Table, records: &[BedRecord]) -> Option<Diagnostic> {
        if self.own {
            let record = records
                .iter()
                .find(|r| r.strand.is_some_and(|s| s != b"."))?;
            return Some(odd(format!(
                "column 6 of `{}` is `{}`, a number instead of a strand: all regions are read from the forward strand",
                table.place(record.line),
                quoted(record.strand.unwrap_or_default())
            )));
        }
        if records.iter().any(|record| record.strand.is_some()) {
            return None;
        }
        let is_strand = |cell: &[u8]| matches!(cell, b"+" | b"-" | b".");
        for (column, cell) in [
            (
                4,
                (|r| r.fourth) as for<'a, 'b> fn(&'b BedRecord<'a>) -> Option<&'a [u8]>,
            ),
            (5, |r| r.fifth),
        ] {
            let all = records.iter().all(|r| cell(r).is_some_and(is_strand));
            let other = records.iter().find(|r| cell(r) == Some(b"-"));
            if let (true, Some(other)) = (all, other) {
                return Some(odd(format!(
                    "column {column} of `{}` is `-`, and BED has its strand in column 6: all regions are read from the forward strand",
                    table.place(other.line)
                )));
            }
        }
        None
    }
}
