//! Rows of values in a Parquet file, by its row groups.

use std::fs::File;
use std::path::Path;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::unreadable;
use gia_base::diag::Outcome;
use gia_base::file::{InputKind, open_input};
use gia_study::SeriesValues;

/// An open Parquet file.
pub struct ParquetGroups {
    reader: SerializedFileReader<File>,
    columns: Columns,
}

/// Index of each column that is read.
struct Columns {
    source: usize,
    sequence: usize,
    value: usize,
}

impl ParquetGroups {
    /// Reads the footer of a file.
    ///
    /// # Errors
    /// A file that cannot be read or is no such table.
    pub fn open(path: &Path) -> Outcome<ParquetGroups> {
        let (file, _) = open_input(path, InputKind::Genome)?;
        let reader = SerializedFileReader::new(file);
        let reader = reader.map_err(|error| unreadable(path, &error.to_string()))?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let column = |name: &str| {
            let found = schema
                .columns()
                .iter()
                .position(|column| column.name() == name);
            found.ok_or_else(|| unreadable(path, &format!("there is no column `{name}`")))
        };
        let columns = Columns {
            source: column("source")?,
            sequence: column("sequence")?,
            value: column("value")?,
        };
        Ok(ParquetGroups { reader, columns })
    }

    /// Number of rows of each group.
    pub fn sizes(&self) -> Vec<u64> {
        let groups = self.reader.metadata().row_groups().iter();
        groups.map(|group| group.num_rows().max(0) as u64).collect()
    }

    /// Reads a group.
    pub fn read(&mut self, number: usize) -> Result<SeriesValues, String> {
        self.read_columns(number).map_err(|error| error.to_string())
    }

    fn read_columns(&self, number: usize) -> Result<SeriesValues, ParquetError> {
        let group = self.reader.get_row_group(number)?;
        let rows = group.metadata().num_rows().max(0) as usize;
        let sources = match group.get_column_reader(self.columns.source)? {
            ColumnReader::Int64ColumnReader(reader) => all::<Int64Type>(reader, rows)?,
            _ => return Err(other_type("source")),
        };
        let sequences = match group.get_column_reader(self.columns.sequence)? {
            ColumnReader::ByteArrayColumnReader(reader) => all::<ByteArrayType>(reader, rows)?,
            _ => return Err(other_type("sequence")),
        };
        let values = match group.get_column_reader(self.columns.value)? {
            ColumnReader::DoubleColumnReader(reader) => all::<DoubleType>(reader, rows)?,
            _ => return Err(other_type("value")),
        };
        let sources = sources.into_iter().map(usize::try_from);
        let sequences = sequences.iter().map(|text| {
            let text = text.as_utf8().ok()?;
            u64::from_str_radix(text, 16).ok()
        });
        Ok(SeriesValues {
            sources: sources
                .collect::<Result<_, _>>()
                .map_err(|_| other_type("source"))?,
            sequences: sequences
                .collect::<Option<_>>()
                .ok_or_else(|| other_type("sequence"))?,
            values,
        })
    }
}

/// All cells of a column of a group, which has no empty ones.
fn all<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    rows: usize,
) -> Result<Vec<T::T>, ParquetError> {
    let (mut cells, mut levels) = (Vec::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let (records, _, _) =
            reader.read_records(rows - read, Some(&mut levels), None, &mut cells)?;
        if records == 0 {
            break;
        }
        read += records;
    }
    Ok(cells)
}

fn other_type(column: &str) -> ParquetError {
    ParquetError::General(format!("`{column}` holds something else"))
}
