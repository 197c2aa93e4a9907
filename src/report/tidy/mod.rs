//! The rows of a study as one table for other programs: a row for each grid point, contrast and outcome.
//!
//! Invariant: a column has one type, and a cell without a number is empty, never zero. Documented in `docs/tables.md`.

mod columns;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_study::Study;

/// A table whose columns all have as many cells.
#[derive(Debug, Clone, PartialEq)]
pub struct TidyTable {
    pub columns: Vec<Column>,
    /// What is true of all rows, name and text: where they come from.
    pub about: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub name: String,
    /// Of its numbers, where they have one and it is the same in all rows.
    pub unit: Option<String>,
    pub cells: Cells,
}

/// Cells of one type; none where there is nothing to say.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells {
    Text(Vec<Option<String>>),
    Whole(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
    Truth(Vec<Option<bool>>),
}

impl Cells {
    pub fn len(&self) -> usize {
        match self {
            Cells::Text(cells) => cells.len(),
            Cells::Whole(cells) => cells.len(),
            Cells::Number(cells) => cells.len(),
            Cells::Truth(cells) => cells.len(),
        }
    }

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
            columns: columns::of(study),
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

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.cells.len())
    }
}

fn about(study: &Study) -> Vec<(String, String)> {
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
