//! Tables as CSV: UTF-8, comma-separated, with a header, and an empty cell for a missing value.

use std::io::Write;

use super::rows::{RowError, RowWriter};
use super::{ReportFormat, Writer};
use crate::{Cells, Column, TidyTable};
use gia_base::diag::{Code, Diagnostic, Outcome, escape_control};

pub const FORMAT: ReportFormat = ReportFormat {
    option: "csv",
    help: "Write a CSV table with a row for each grid point, contrast and outcome",
    writer: Writer::Table(|table, file| file.commit(&to_csv(table)?)),
    draws: false,
};

/// Serialises a table as CSV. Numbers read back to the same bits; control characters except line ends and tabs are escaped.
///
/// # Errors
/// [`Code::WriteFailed`] if a row cannot be serialised.
pub fn to_csv(table: &TidyTable) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let written = CsvRows::new(&table.columns, &mut bytes).and_then(|mut rows| {
        rows.write(&table.columns)?;
        Box::new(rows).finish()
    });
    written.map_err(|error| {
        let message = format!("the study cannot be written as CSV: {error}");
        Box::new(Diagnostic::error(Code::WriteFailed, message))
    })?;
    Ok(bytes)
}

/// Writes rows as CSV.
pub struct CsvRows<W: Write>(csv::Writer<W>);

impl<W: Write> CsvRows<W> {
    /// Writes the header of these columns.
    pub fn new(columns: &[Column], out: W) -> Result<CsvRows<W>, RowError> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(columns.iter().map(|column| escape_controls(&column.name)))?;
        Ok(CsvRows(writer))
    }
}

impl<W: Write> RowWriter for CsvRows<W> {
    fn write(&mut self, columns: &[Column]) -> Result<(), RowError> {
        let rows = columns.first().map_or(0, |column| column.cells.len());
        for row in 0..rows {
            let cells = columns.iter().map(|column| cell(&column.cells, row));
            self.0.write_record(cells)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), RowError> {
        Ok(self.0.flush()?)
    }
}

impl From<csv::Error> for RowError {
    fn from(error: csv::Error) -> RowError {
        let message = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(error) => RowError::Io(error),
            _ => RowError::Refused(message),
        }
    }
}

/// Escapes control characters, except line ends and tabs, which a quoted cell may hold.
fn escape_controls(text: &str) -> String {
    let parts = text.split_inclusive(['\n', '\t']);
    let steady = parts.map(|part| {
        let kept = part.trim_end_matches(['\n', '\t']);
        escape_control(kept).into_owned() + &part[kept.len()..]
    });
    steady.collect()
}

fn cell(cells: &Cells, row: usize) -> String {
    let written = match cells {
        Cells::Text(cells) => cells[row].as_deref().map(escape_controls),
        Cells::Whole(cells) => cells[row].map(|n| n.to_string()),
        // As in JSON: the shortest digits that read back, with an exponent where that is shorter.
        Cells::Number(cells) => cells[row]
            .and_then(serde_json::Number::from_f64)
            .map(|number| number.to_string()),
        Cells::Truth(cells) => cells[row].map(|truth| truth.to_string()),
    };
    written.unwrap_or_default()
}
