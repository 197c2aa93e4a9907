//! Records of a BED file.

use super::super::columns::{Line, Table, parse_whole, quoted, whole_number_fault};
use super::super::genome::ContigRange;
use super::super::record_filter::RecordError;
use super::super::{Reason, Strand};
use super::foreign;

/// A record as written, before its contig is looked up.
pub struct BedRecord<'a> {
    pub line: Line<'a>,
    pub contig: &'a [u8],
    /// Start and end on the contig, from 0, half open.
    pub start: i64,
    pub end: i64,
    /// Columns 2 and 3 as they are written.
    pub from: &'a [u8],
    pub to: &'a [u8],
    pub name: Option<String>,
    /// Columns 4 to 6, where they are not empty.
    pub fourth: Option<&'a [u8]>,
    pub fifth: Option<&'a [u8]>,
    pub strand: Option<&'a [u8]>,
    /// Column 10.
    pub summit: Option<&'a [u8]>,
    /// Number of columns, without empty ones at the end of the line.
    pub columns: usize,
}

/// The position of the BED columns in a line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Layout {
    /// Number of columns before the contig: 1 for a table with a row index, otherwise 0.
    before: usize,
}

/// Whether a line is for a genome browser: `track ...` or `browser ...`, but not a record of a contig of that name.
pub fn is_for_browsers(line: Line) -> bool {
    let cells = cells(line.text);
    let is_record = cells
        .get(1..3)
        .is_some_and(|c| c.iter().all(|c| parse_whole(c).is_some()));
    let word = line.text.split(u8::is_ascii_whitespace).next();
    matches!(word, Some(b"track" | b"browser")) && !is_record
}

/// The columns of a line, separated by tabs or, if it has none, by blanks, as UCSC allows.
pub fn cells(text: &[u8]) -> Vec<&[u8]> {
    let mut cells: Vec<&[u8]> = if text.contains(&b'\t') {
        text.split(|byte| *byte == b'\t').collect()
    } else {
        let cells = text.split(|byte| *byte == b' ');
        cells.filter(|cell| !cell.is_empty()).collect()
    };
    while cells.last().is_some_and(|cell| cell.is_empty()) {
        cells.pop();
    }
    cells
}

impl BedRecord<'_> {
    /// The name in column 4 or, without one, `CONTIG:START-END` of the stretch.
    pub fn name_of(&self, stretch: &ContigRange, strand: Strand) -> String {
        let strand = match strand {
            Strand::Forward => "",
            Strand::Reverse => "(-)",
        };
        let ContigRange { contig, range } = stretch;
        match &self.name {
            Some(name) => name.clone(),
            None => format!("{contig}:{}-{}{strand}", range.start, range.end),
        }
    }
}

impl Layout {
    /// The layout of a table with a row index, whose first line names the columns after an empty cell; None for other lines.
    pub fn of_header(line: Line) -> Option<Layout> {
        let cells = cells(line.text);
        let [b"", named @ ..] = cells.as_slice() else {
            return None;
        };
        foreign::names_columns(named).then_some(Layout { before: 1 })
    }

    /// Reads a line as a record.
    pub fn record<'a>(self, table: &Table, line: Line<'a>) -> Result<BedRecord<'a>, RecordError> {
        let cells = cells(line.text);
        let malformed = |diagnostic: gia_base::diag::Diagnostic| {
            let diagnostic = match foreign::what_it_is(line, &cells) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            };
            RecordError::of(table, line, Reason::Malformed, diagnostic)
        };
        if let (1, Some(index)) = (self.before, cells.first())
            && parse_whole(index).is_none()
        {
            let why = format!(
                "the index (column 1) is `{}`, which is not a whole number",
                quoted(index)
            );
            return Err(malformed(table.at_cell(line, index, &why)));
        }
        let columns = cells.len().saturating_sub(self.before);
        let get = |number: usize| {
            let cell = cells.get(self.before + number - 1).copied();
            cell.filter(|cell| !cell.is_empty())
        };
        let (Some(contig), Some(start), Some(end)) = (get(1), get(2), get(3)) else {
            let why = format!(
                "the line has {}; BED needs at least three, separated by tabs: contig, start and end",
                match (1..=3).find(|n| get(*n).is_none()) {
                    Some(empty) if empty <= columns =>
                        format!("nothing in column {}", empty + self.before),
                    _ => gia_base::diag::pluralize(columns, "column"),
                }
            );
            return Err(malformed(table.at_line(line, &why)));
        };
        if contig.iter().any(u8::is_ascii_whitespace) {
            let why = format!(
                "the contig (column {}) is `{}`, which has a blank in it",
                1 + self.before,
                quoted(contig)
            );
            return Err(malformed(table.at_cell(line, contig, &why)));
        }
        let number = |what: &str, column: usize, cell: &'a [u8]| {
            parse_whole(cell).ok_or_else(|| {
                let why = format!(
                    "the {what} (column {}) is `{}`, {}; BED has a whole number here, counted from 0",
                    column + self.before,
                    quoted(cell),
                    whole_number_fault(cell)
                );
                malformed(table.at_cell(line, cell, &why))
            })
        };
        let (from, to) = (start, end);
        let (start, end) = (number("start", 2, from)?, number("end", 3, to)?);
        if end <= start {
            let why = format!(
                "the end (column {}) is {end}, but must be larger than the start, {start}",
                3 + self.before
            );
            return Err(malformed(table.at_cell(line, to, &why)));
        }
        let name = get(4).filter(|name| *name != b".");
        Ok(BedRecord {
            line,
            contig,
            start,
            end,
            from,
            to,
            name: name.map(|name| String::from_utf8_lossy(name).into_owned()),
            fourth: get(4),
            fifth: get(5),
            strand: get(6),
            summit: get(10),
            columns,
        })
    }
}
