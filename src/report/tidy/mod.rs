//! The rows of a study as one table for other programs: one row for each grid point, contrast and outcome.
//!
//! Invariant: a column has one type, and a missing value is an empty cell, never zero. Documented in `docs/tables.md`.

mod axes;
mod columns;

pub(crate) use axes::AxisColumn;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_study::Study;

/// A table of columns of equal length.
#[derive(Debug, Clone, PartialEq)]
pub struct TidyTable {
    /// Columns in the order of the header.
    pub columns: Vec<Column>,
    /// Metadata of the table as names and values: where the rows come from.
    pub about: Vec<(String, String)>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name in the header.
    pub name: String,
    /// Unit of the cells; none if they have none or it differs between rows.
    pub unit: Option<String>,
    /// One cell for each row.
    pub cells: Cells,
}

/// Cells of one type; none for a missing value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    /// Strings.
    Text(Vec<Option<String>>),
    /// Integers, such as counts.
    Whole(Vec<Option<i64>>),
    /// Finite floating-point numbers.
    Number(Vec<Option<f64>>),
    /// Booleans.
    Truth(Vec<Option<bool>>),
}

impl Cells {
    /// Number of cells.
    pub fn len(&self) -> usize {
        match self {
            Cells::Text(cells) => cells.len(),
            Cells::Whole(cells) => cells.len(),
            Cells::Number(cells) => cells.len(),
            Cells::Truth(cells) => cells.len(),
        }
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl TidyTable {
    /// All rows of all experiments, in their order.
    ///
    /// # Errors
    /// [`Code::NonFinite`] for a number that is not finite: an empty cell would read as "not measured".
    pub fn of(study: &Study) -> Outcome<TidyTable> {
        let table = TidyTable {
            columns: columns::all_columns(study),
            about: about(study),
        };
        for column in &table.columns {
            if let Cells::Number(cells) = &column.cells
                && let Some(bad) = cells.iter().flatten().find(|x| !x.is_finite())
            {
                let name = &column.name;
                let message = format!("the study cannot be written as a table: {bad} in `{name}`");
                return Err(Box::new(Diagnostic::error(Code::NonFinite, message)));
            }
        }
        Ok(table)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.cells.len())
    }
}

/// Metadata of a table: where the rows of a study come from.
pub(crate) fn about(study: &Study) -> Vec<(String, String)> {
    let provenance = &study.provenance;
    let mut about = vec![
        ("gia.schema", study.schema.name().to_string()),
        ("gia.script", provenance.script.path.clone()),
        ("gia.script.sha256", provenance.script.sha256.clone()),
        ("gia.command", provenance.command.clone()),
        ("gia.seed", provenance.seed.to_string()),
        ("gia.version", provenance.versions.gia.clone()),
        ("gia.device", provenance.device.clone()),
    ];
    let models = provenance.models.iter();
    about.extend(models.map(|m| ("gia.model", format!("{} {} {}", m.name, m.path, m.sha256))));
    about
        .into_iter()
        .map(|(name, text)| (name.to_string(), text))
        .collect()
}
