//! Finds the place of one letter of one record in a FASTA file.

use super::file_position::FilePosition;
use super::scan::{Sink, Wants};
use gia_base::diag::Outcome;

/// Selects a record of a file.
pub(crate) enum RecordSelector<'a> {
    /// The first record with this name.
    Named(&'a str),
    /// The record with this number in the file, from 0.
    Number(usize),
}

/// Finds the place of one letter of one record.
pub(crate) struct LetterLocator<'a> {
    which: RecordSelector<'a>,
    /// Number of records that have begun.
    records: usize,
    is_here: bool,
    /// Letters of the record left before the one to find.
    before: u64,
    pub found: Option<FilePosition>,
}

impl<'a> LetterLocator<'a> {
    pub fn new(which: RecordSelector<'a>, letter: u64) -> LetterLocator<'a> {
        LetterLocator {
            which,
            records: 0,
            is_here: false,
            before: letter,
            found: None,
        }
    }
}

impl Sink for LetterLocator<'_> {
    fn header(&mut self, name: &str, _: FilePosition) -> Outcome<Wants> {
        self.is_here = match self.which {
            RecordSelector::Named(wanted) => wanted == name,
            RecordSelector::Number(wanted) => wanted == self.records,
        };
        self.records += 1;
        Ok(Wants::More)
    }

    fn letters(&mut self, letters: &[u8], at: FilePosition) -> Outcome<Wants> {
        if !self.is_here {
            return Ok(Wants::More);
        }
        if self.before >= letters.len() as u64 {
            self.before -= letters.len() as u64;
            return Ok(Wants::More);
        }
        self.found = Some(FilePosition {
            offset: at.offset + self.before,
            column: at.column + self.before,
            ..at
        });
        Ok(Wants::Nothing)
    }
}
