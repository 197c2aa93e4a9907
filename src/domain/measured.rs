//! Measured numbers of sequences, from a table.

use std::collections::HashMap;
use std::path::Path;

use crate::diag::{Code, Diagnostic, Outcome, closest};
use crate::file::{self, InputKind};

/// A column of a table, by the names in its first column.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredColumn {
    pub numbers: HashMap<String, f64>,
    /// Of the file.
    pub sha256: String,
}

impl MeasuredColumn {
    /// Reads a table with a line of headings: tabs between the cells where the first line has one, else commas.
    ///
    /// Fails for a column that is not there, a cell that is no finite number, and a name that stands twice.
    pub fn read(path: &Path, column: &str) -> Outcome<MeasuredColumn> {
        let shown = path.display();
        let text = file::read_text_as(path, InputKind::Data)?;
        let refuse = |message: String| Box::new(Diagnostic::error(Code::BadTable, message));
        let first = text.lines().next().unwrap_or_default();
        let delimiter = if first.contains('\t') { b'\t' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let of_csv = |error: csv::Error| refuse(format!("`{shown}`: {error}"));
        let headings = reader.headers().map_err(of_csv)?.clone();
        let Some(place) = headings.iter().skip(1).position(|h| h == column) else {
            let known: Vec<&str> = headings.iter().skip(1).collect();
            let message = format!("`{shown}` has no column \"{column}\" behind that of names");
            let diagnostic = Diagnostic::error(Code::NoSuchItem, message);
            return Err(Box::new(match closest(column, known.iter().copied()) {
                Some(close) => diagnostic.did_you_mean_text(close),
                None if known.is_empty() => {
                    diagnostic.help("the first column names the sequences, the others hold numbers")
                }
                None => diagnostic.help(format!("it has \"{}\"", known.join("\", \""))),
            }));
        };
        let mut numbers = HashMap::new();
        for record in reader.records() {
            let record = record.map_err(of_csv)?;
            let line = record.position().map_or(0, csv::Position::line);
            let name = record.get(0).unwrap_or_default();
            let cell = record.get(place + 1).unwrap_or_default();
            let number: f64 = match cell.parse() {
                Ok(number) if f64::is_finite(number) => number,
                _ => {
                    return Err(refuse(format!(
                        "`{shown}`, line {line}: `{cell}` in the column \"{column}\" is no number"
                    )));
                }
            };
            if numbers.insert(name.to_string(), number).is_some() {
                return Err(refuse(format!(
                    "`{shown}`, line {line}: there are two rows `{name}`"
                )));
            }
        }
        Ok(MeasuredColumn {
            numbers,
            sha256: file::sha256_of_bytes(text.as_bytes()),
        })
    }
}
