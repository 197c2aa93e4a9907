//! Rows of values in a CSV file, in groups of consecutive rows.

use std::fs::File;
use std::path::Path;

use csv::{Position, Reader, StringRecord};

use super::{MAX_BUFFERED_ROWS, unreadable};
use gia_base::diag::Outcome;
use gia_base::file::{InputKind, open_input};
use gia_study::SeriesValues;

/// A CSV file, with the position of each group of [`MAX_BUFFERED_ROWS`] rows.
pub struct CsvGroups {
    reader: Reader<File>,
    positions: Vec<Position>,
    rows: u64,
    columns: Columns,
}

/// Index of each column that is read.
struct Columns {
    source: usize,
    sequence: usize,
    value: usize,
}

impl CsvGroups {
    /// Finds the groups of a file, in one pass over it.
    ///
    /// # Errors
    /// A file that cannot be read or is no such table.
    pub fn open(path: &Path) -> Outcome<CsvGroups> {
        let (file, _) = open_input(path, InputKind::Genome)?;
        let mut reader = Reader::from_reader(file);
        let refused = |error: csv::Error| unreadable(path, &error.to_string());
        let header = reader.headers().map_err(refused)?.clone();
        let column = |name: &str| {
            let found = header.iter().position(|column| column == name);
            found.ok_or_else(|| unreadable(path, &format!("there is no column `{name}`")))
        };
        let columns = Columns {
            source: column("source")?,
            sequence: column("sequence")?,
            value: column("value")?,
        };
        let mut positions = Vec::new();
        let mut rows = 0;
        let mut record = StringRecord::new();
        loop {
            let position = reader.position().clone();
            if !reader.read_record(&mut record).map_err(refused)? {
                break;
            }
            if rows % MAX_BUFFERED_ROWS as u64 == 0 {
                positions.push(position);
            }
            rows += 1;
        }
        Ok(CsvGroups {
            reader,
            positions,
            rows,
            columns,
        })
    }

    /// Number of rows of each group.
    pub fn sizes(&self) -> Vec<u64> {
        let whole = MAX_BUFFERED_ROWS as u64;
        let starts = (0..self.positions.len() as u64).map(|number| number * whole);
        starts.map(|start| whole.min(self.rows - start)).collect()
    }

    /// Reads a group.
    pub fn read(&mut self, number: usize) -> Result<SeriesValues, String> {
        let position = self.positions.get(number).cloned();
        let position = position.ok_or("it has fewer rows than before")?;
        let refused = |error: csv::Error| error.to_string();
        self.reader.seek(position).map_err(refused)?;
        let mut found = SeriesValues::default();
        let mut record = StringRecord::new();
        while found.values.len() < MAX_BUFFERED_ROWS
            && self.reader.read_record(&mut record).map_err(refused)?
        {
            let cell = |column: usize| record.get(column).unwrap_or_default();
            let source = cell(self.columns.source).parse();
            let sequence = u64::from_str_radix(cell(self.columns.sequence), 16);
            let value = cell(self.columns.value).parse();
            let (Ok(source), Ok(sequence), Ok(value)) = (source, sequence, value) else {
                return Err("a row has no source, sequence or value".to_string());
            };
            found.sources.push(source);
            found.sequences.push(sequence);
            found.values.push(value);
        }
        Ok(found)
    }
}
