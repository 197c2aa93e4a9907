//! Measured values of sequences, from a table.

use std::collections::HashMap;
use std::path::Path;

use super::columns::quoted;
use gia_base::diag::{Code, Diagnostic, Outcome, closest, pluralize};
use gia_base::file::{self, InputKind};

/// A column of numbers, indexed by the names in the first column of its table.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasuredColumn {
    /// The value of each row, a finite number, by its name.
    pub numbers: HashMap<String, f64>,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
}

impl MeasuredColumn {
    /// Reads a column of a table with a header line. Cells are separated by tabs if the header has one, else by commas.
    ///
    /// # Errors
    /// [`Code::NoSuchItem`] for a missing column; [`Code::BadTable`] for a cell that is not a finite number, or a duplicate name.
    pub fn read(path: &Path, column: &str) -> Outcome<MeasuredColumn> {
        let shown = path.display();
        let text = file::read_text_as(path, InputKind::Data)?;
        let refuse = |message: String| Box::new(Diagnostic::error(Code::BadTable, message));
        let mut lines = text.lines();
        let first = lines
            .find(|line| !line.trim().is_empty())
            .unwrap_or_default();
        let delimiter = if first.contains('\t') { b'\t' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let of_csv = |error: csv::Error| match error.kind() {
            csv::ErrorKind::UnequalLengths {
                pos,
                expected_len,
                len,
            } => {
                let line = pos.as_ref().map_or(0, csv::Position::line);
                refuse(format!(
                    "`{shown}:{line}`: the row has {}, but the header has {expected_len}",
                    pluralize(*len as usize, "cell")
                ))
            }
            _ => refuse(format!("`{shown}`: {error}")),
        };
        let headings = reader.headers().map_err(of_csv)?.clone();
        let mut places = (0..)
            .zip(headings.iter().skip(1))
            .filter(|(_, h)| *h == column);
        let place = places.next().map(|(place, _)| place);
        if places.next().is_some() {
            return Err(refuse(format!(
                "`{shown}` has several columns \"{column}\""
            )));
        }
        let Some(place): Option<usize> = place else {
            let known: Vec<&str> = headings.iter().skip(1).collect();
            let message = format!("`{shown}` has no column \"{column}\" after the names");
            let diagnostic = Diagnostic::error(Code::NoSuchItem, message);
            return Err(Box::new(match closest(column, known.iter().copied()) {
                Some(close) => diagnostic.did_you_mean_text(close),
                None if known.is_empty() && first.contains(';') => {
                    diagnostic.help("separate cells by tabs or commas, not by semicolons")
                }
                None if known.is_empty() => diagnostic
                    .help("the first column must hold the names of sequences, the others numbers"),
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
                    let what = match cell {
                        "" => format!("the cell in the column \"{column}\" is empty"),
                        _ => format!(
                            "`{}` in the column \"{column}\" is not a finite number",
                            quoted(cell.as_bytes())
                        ),
                    };
                    return Err(refuse(format!("`{shown}:{line}`: {what}")));
                }
            };
            if numbers.insert(name.to_string(), number).is_some() {
                return Err(refuse(format!("`{shown}:{line}`: duplicate row `{name}`")));
            }
        }
        Ok(MeasuredColumn {
            numbers,
            sha256: file::sha256_of_bytes(text.as_bytes()),
        })
    }
}
