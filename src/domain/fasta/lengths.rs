//! Names and lengths of the records of a FASTA file, without their letters.

use std::path::Path;

use super::file_position::FilePosition;
use super::scan::{Sink, Wants};
use crate::SequenceSet;
use gia_base::diag::Outcome;

/// A record of a FASTA file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordLength {
    /// The first word of its header.
    pub name: String,
    /// Number of its letters.
    pub length: usize,
}

#[derive(Default)]
struct Lengths(Vec<RecordLength>);

impl Sink for Lengths {
    fn header(&mut self, name: &str, _: FilePosition) -> Outcome<Wants> {
        self.0.push(RecordLength {
            name: name.to_string(),
            length: 0,
        });
        Ok(Wants::More)
    }

    fn letters(&mut self, letters: &[u8], _: FilePosition) -> Outcome<Wants> {
        if let Some(record) = self.0.last_mut() {
            record.length += letters.len();
        }
        Ok(Wants::More)
    }
}

impl SequenceSet {
    /// Names and lengths of the records of a FASTA file, plain or gzip, in its order. Letters need not be bases.
    ///
    /// # Errors
    /// A file that cannot be read or is not FASTA.
    pub fn record_lengths(path: &Path) -> Outcome<Vec<RecordLength>> {
        let mut lengths = Lengths::default();
        SequenceSet::scan_into(path, &mut lengths)?;
        Ok(lengths.0)
    }
}
