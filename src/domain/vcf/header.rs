//! The header of a VCF file. Its contents are not needed, so deviations from the format are only warnings.

use super::super::columns::{Line, Table, quoted};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// The columns that are read, by their names in the header.
const NAMES: [&str; 5] = ["CHROM", "POS", "ID", "REF", "ALT"];

/// Deviations of the header from the format.
#[derive(Default)]
pub struct Header<'a> {
    first: Option<Line<'a>>,
    named: Option<Line<'a>>,
    /// The first record.
    record: Option<Line<'a>>,
    /// A line of column names without tabs between them.
    blanks: Option<Line<'a>>,
    /// A header below the first record.
    again: Option<Line<'a>>,
}

impl<'a> Header<'a> {
    /// Reads a line that starts with `#`; `records` tells whether there are records above it.
    ///
    /// # Errors
    /// Column names other than those of VCF.
    pub fn read(&mut self, table: &Table, line: Line<'a>, records: bool) -> Outcome<()> {
        let names_columns = line.text.len() >= 6 && line.text[1..6].eq_ignore_ascii_case(b"CHROM");
        if records {
            if names_columns || line.text.starts_with(b"##fileformat") {
                self.again.get_or_insert(line);
            }
        } else {
            self.first.get_or_insert(line);
        }
        if !names_columns {
            return Ok(());
        }
        let bare = &line.text[1..];
        let mut cells: Vec<&[u8]> = bare.split(|byte| *byte == b'\t').collect();
        if cells.len() == 1 {
            cells = bare
                .split(|byte| *byte == b' ')
                .filter(|cell| !cell.is_empty())
                .collect();
            self.blanks.get_or_insert(line);
        }
        for (number, name) in NAMES.iter().enumerate() {
            let Some(cell) = cells.get(number) else {
                let why = format!(
                    "the line has {}, but VCF has at least {}",
                    gia_base::diag::pluralize(cells.len(), "column"),
                    NAMES.join(", ")
                );
                return Err(table.at_line(line, &why).into());
            };
            if !cell.eq_ignore_ascii_case(name.as_bytes()) {
                let why = format!(
                    "column {} is called `{}` instead of {name}",
                    number + 1,
                    quoted(cell)
                );
                let diagnostic = table.at_cell(line, cell, &why);
                return Err(Box::new(match cells.len() == 1 && cell.contains(&b',') {
                    true => diagnostic.help("VCF columns are separated by tabs, not by commas"),
                    false => diagnostic,
                }));
            }
        }
        self.named.get_or_insert(line);
        Ok(())
    }

    /// Notes the first record.
    pub fn end(&mut self, line: Line<'a>) {
        self.record = Some(line);
    }

    /// Warnings about the deviations.
    pub fn notices(&self, table: &Table) -> Vec<Diagnostic> {
        let odd = |line: Option<Line>, why: &str| {
            let place = table.place(line?);
            let message = format!("`{place}`: {why}; the file is read nevertheless");
            Some(Diagnostic::warning(Code::NonstandardVcf, message))
        };
        let starts_rightly = |line: &Line| line.text.starts_with(b"##fileformat=VCF");
        let starts_otherwise = self
            .first
            .or(self.record)
            .filter(|line| !starts_rightly(line));
        let unnamed = self.record.filter(|_| self.named.is_none());
        let notices = [
            match unnamed {
                Some(_) => None,
                None => odd(
                    starts_otherwise,
                    "the first line `##fileformat=VCFv4...` is missing",
                ),
            },
            odd(
                unnamed,
                "the line `#CHROM POS ID REF ALT` is missing above the first record",
            ),
            odd(
                self.blanks,
                "the column names are separated by blanks instead of tabs",
            ),
            odd(self.again, "there is a header below the first record"),
        ];
        notices.into_iter().flatten().collect()
    }
}
