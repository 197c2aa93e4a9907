//! Tables as Parquet: each column optional, compressed with Snappy, which every reader supports. A study's table is one row group.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use super::rows::{RowError, RowWriter};
use super::{ReportFormat, Writer};
use crate::{Cells, Column, TidyTable};
use gia_base::diag::{Code, Diagnostic, Outcome};

pub const FORMAT: ReportFormat = ReportFormat {
    option: "parquet",
    help: "Write the table of --csv as Parquet",
    writer: Writer::Table(|table, file| file.commit(&to_parquet(table)?)),
    draws: false,
};

/// Serialises a table as a Parquet file. Its key-value metadata holds the metadata of the table and the units of columns.
///
/// # Errors
/// [`Code::WriteFailed`] if the writer refuses the table.
pub fn to_parquet(table: &TidyTable) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let written =
        ParquetRows::new(&table.columns, &table.about, &mut bytes).and_then(|mut rows| {
            rows.write(&table.columns)?;
            Box::new(rows).finish()
        });
    written.map_err(|error| {
        let message = format!("the study cannot be written as Parquet: {error}");
        Box::new(Diagnostic::error(Code::WriteFailed, message))
    })?;
    Ok(bytes)
}

/// Writes rows as Parquet, a row group for each call of [`RowWriter::write`].
pub struct ParquetRows<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> ParquetRows<W> {
    /// Begins a file with these columns and this metadata.
    pub fn new(
        columns: &[Column],
        about: &[(String, String)],
        out: W,
    ) -> Result<ParquetRows<W>, RowError> {
        let fields: Result<Vec<TypePtr>, ParquetError> = columns.iter().map(field).collect();
        let schema = Type::group_type_builder("rows")
            .with_fields(fields?)
            .build()?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("gia version {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(metadata(columns, about)))
            .build();
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
        Ok(ParquetRows(file))
    }
}

impl<W: Write + Send> RowWriter for ParquetRows<W> {
    fn write(&mut self, columns: &[Column]) -> Result<(), RowError> {
        if columns.first().is_none_or(|column| column.cells.is_empty()) {
            return Ok(());
        }
        let mut group = self.0.next_row_group()?;
        let mut columns = columns.iter();
        while let (Some(mut writer), Some(column)) = (group.next_column()?, columns.next()) {
            write(writer.untyped(), &column.cells)?;
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), RowError> {
        self.0.close()?;
        Ok(())
    }
}

impl From<ParquetError> for RowError {
    fn from(error: ParquetError) -> RowError {
        match error {
            ParquetError::External(cause) => match cause.downcast::<io::Error>() {
                Ok(error) => RowError::Io(*error),
                Err(cause) => RowError::Refused(cause.to_string()),
            },
            other => RowError::Refused(other.to_string()),
        }
    }
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.cells {
        Cells::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Cells::Whole(_) => (Physical::INT64, None),
        Cells::Number(_) => (Physical::DOUBLE, None),
        Cells::Truth(_) => (Physical::BOOLEAN, None),
    };
    let field = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(field))
}

fn metadata(columns: &[Column], about: &[(String, String)]) -> Vec<KeyValue> {
    let about = about.iter();
    let about = about.map(|(name, text)| KeyValue::new(name.clone(), text.clone()));
    let units = columns.iter().filter_map(|column| {
        let unit = column.unit.clone()?;
        Some(KeyValue::new(format!("gia.unit.{}", column.name), unit))
    });
    about.chain(units).collect()
}

fn write(writer: &mut ColumnWriter, cells: &Cells) -> Result<(), ParquetError> {
    match (writer, cells) {
        (ColumnWriter::ByteArrayColumnWriter(writer), Cells::Text(cells)) => {
            let there = byte_arrays(cells.iter().flatten());
            writer.write_batch(&there, Some(&definition_levels(cells)), None)?;
        }
        (ColumnWriter::Int64ColumnWriter(writer), Cells::Whole(cells)) => {
            let there: Vec<i64> = cells.iter().flatten().copied().collect();
            writer.write_batch(&there, Some(&definition_levels(cells)), None)?;
        }
        (ColumnWriter::DoubleColumnWriter(writer), Cells::Number(cells)) => {
            let there: Vec<f64> = cells.iter().flatten().copied().collect();
            writer.write_batch(&there, Some(&definition_levels(cells)), None)?;
        }
        (ColumnWriter::BoolColumnWriter(writer), Cells::Truth(cells)) => {
            let there: Vec<bool> = cells.iter().flatten().copied().collect();
            writer.write_batch(&there, Some(&definition_levels(cells)), None)?;
        }
        _ => return Err(ParquetError::General("a column of another type".into())),
    }
    Ok(())
}

/// Definition level of a cell: 1 for a value, 0 for an empty cell.
fn definition_levels<T>(cells: &[Option<T>]) -> Vec<i16> {
    cells.iter().map(|cell| i16::from(cell.is_some())).collect()
}

/// The bytes of texts; equal ones in a row share them.
fn byte_arrays<'t>(texts: impl Iterator<Item = &'t String>) -> Vec<ByteArray> {
    let mut found: Vec<ByteArray> = Vec::new();
    for text in texts {
        let bytes = match found.last() {
            Some(last) if last.data() == text.as_bytes() => last.clone(),
            _ => text.as_str().into(),
        };
        found.push(bytes);
    }
    found
}
