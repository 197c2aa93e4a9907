//! Writing rows of columns piece by piece, for tables that are never all in memory.

use std::fmt;
use std::io;

use crate::Column;

/// Writes rows in one format.
pub trait RowWriter {
    /// Writes the rows of these columns, which are those that the writer began with.
    fn write(&mut self, columns: &[Column]) -> Result<(), RowError>;

    /// Writes what follows the rows.
    fn finish(self: Box<Self>) -> Result<(), RowError>;
}

/// Why rows were not written.
#[derive(Debug)]
pub enum RowError {
    /// The file cannot be written.
    Io(io::Error),
    /// The format does not take the rows.
    Refused(String),
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            RowError::Io(error) => error.fmt(f),
            RowError::Refused(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for RowError {
    fn from(error: io::Error) -> RowError {
        RowError::Io(error)
    }
}
