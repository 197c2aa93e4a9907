//! The values of single backgrounds as a table, written as they come.
//!
//! Invariant: rows stand in the order of [`ValueBlock`]s as `gia_stats::visit_values` gives them, and no more than
//! [`MAX_BUFFERED_ROWS`] of them are in memory. Documented in `docs/tables.md`.

mod buffer;
mod read;

use std::path::Path;

use crate::formats::{CsvRows, ParquetRows, RowError, RowWriter};
use crate::tidy::about;
use crate::{Column, OutputFile, cannot_write};
use buffer::RowBuffer;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{FileRecord, Sha256Writer};
use gia_study::{Study, ValueBlock};

pub use buffer::MAX_BUFFERED_ROWS;
pub use read::{MissingValues, ValuesReader};

/// A format of a file of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValuesFormat {
    /// Comma-separated text.
    Csv,
    /// Parquet, a row group for each buffer of rows.
    Parquet,
}

impl ValuesFormat {
    /// The format of a file by the extension of its name, in any case; none for another extension.
    pub fn of(path: &Path) -> Option<ValuesFormat> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Some(ValuesFormat::Csv),
            "parquet" => Some(ValuesFormat::Parquet),
            _ => None,
        }
    }
}

/// An open file for the values of a study.
#[derive(Debug)]
pub struct ValuesFile {
    format: ValuesFormat,
    file: OutputFile,
}

/// Takes one block of values after another.
pub type ValueSink<'s> = &'s mut dyn FnMut(&ValueBlock) -> Outcome<()>;

impl ValuesFile {
    /// Opens a file before a run.
    ///
    /// # Errors
    /// Those of [`OutputFile::open`].
    pub fn open(path: &Path, format: ValuesFormat) -> Outcome<ValuesFile> {
        let file = OutputFile::open(path)?;
        Ok(ValuesFile { format, file })
    }

    /// Writes the blocks that `visit` passes on, as rows of one table, and moves the file into place when it is complete. Returns its path
    /// and hash.
    ///
    /// # Errors
    /// Those of `visit`; [`Code::NonFinite`] for a value that is not finite; [`Code::WriteFailed`], such as a full disk. An earlier file
    /// is then untouched.
    pub fn write(
        self,
        study: &Study,
        visit: impl FnOnce(ValueSink) -> Outcome<()>,
    ) -> Outcome<FileRecord> {
        let path = self.file.path().to_path_buf();
        let failed = |error: RowError| match error {
            RowError::Io(error) => cannot_write(&path, &error),
            RowError::Refused(why) => {
                let message = format!("cannot write `{}`: {why}", path.display());
                Box::new(Diagnostic::error(Code::WriteFailed, message))
            }
        };
        let mut sha256 = String::new();
        let format = self.format;
        self.file.commit_with(|out| {
            let mut out = Sha256Writer::new(out);
            let mut buffer = RowBuffer::new(study);
            let header = buffer.take();
            let mut rows: Box<dyn RowWriter> = match format {
                ValuesFormat::Csv => Box::new(CsvRows::new(&header, &mut out).map_err(failed)?),
                ValuesFormat::Parquet => {
                    let begun = ParquetRows::new(&header, &about(study), &mut out);
                    Box::new(begun.map_err(failed)?)
                }
            };
            visit(&mut |block| {
                buffer.add(block, &mut |columns: &[Column]| {
                    rows.write(columns).map_err(failed)
                })
            })?;
            rows.write(&buffer.take()).map_err(failed)?;
            rows.finish().map_err(failed)?;
            sha256 = out.finish();
            Ok(())
        })?;
        Ok(FileRecord {
            path: path.display().to_string(),
            sha256,
        })
    }
}
