//! Tables as CSV: UTF-8, comma-separated, with a header, and an empty cell for a missing value.

use super::{ReportFormat, Writer};
use crate::{Cells, TidyTable};
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
    let refused = |error: String| {
        let message = format!("the study cannot be written as CSV: {error}");
        Box::new(Diagnostic::error(Code::WriteFailed, message))
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(
            table
                .columns
                .iter()
                .map(|column| escape_controls(&column.name)),
        )
        .map_err(|e| refused(e.to_string()))?;
    for row in 0..table.rows() {
        let cells = table.columns.iter().map(|column| cell(&column.cells, row));
        writer
            .write_record(cells)
            .map_err(|e| refused(e.to_string()))?;
    }
    writer.into_inner().map_err(|e| refused(e.to_string()))
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
