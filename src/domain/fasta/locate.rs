//! Finds the place of one letter of one record in a FASTA file.

use super::mark::Mark;
use super::scan::{Sink, Wants};
use gia_base::diag::Outcome;

/// Selects a record of a file.
pub(crate) enum Which<'a> {
    /// The first record with this name.
    Named(&'a str),
    /// The record with this number in the file, from 0.
    Number(usize),
}

/// Finds the place of one letter of one record.
pub(crate) struct Finder<'a> {
    which: Which<'a>,
    /// Number of records that have begun.
    records: usize,
    is_here: bool,
    /// Letters of the record left before the one to find.
    before: u64,
    pub found: Option<Mark>,
}

impl<'a> Finder<'a> {
    pub fn new(which: Which<'a>, letter: u64) -> Finder<'a> {
        Finder {
            which,
            records: 0,
            is_here: false,
            before: letter,
            found: None,
        }
    }
}

impl Sink for Finder<'_> {
    fn header(&mut self, name: &str, _: Mark) -> Outcome<Wants> {
        self.is_here = match self.which {
            Which::Named(wanted) => wanted == name,
            Which::Number(wanted) => wanted == self.records,
        };
        self.records += 1;
        Ok(Wants::More)
    }

    fn letters(&mut self, letters: &[u8], at: Mark) -> Outcome<Wants> {
        if !self.is_here {
            return Ok(Wants::More);
        }
        if self.before >= letters.len() as u64 {
            self.before -= letters.len() as u64;
            return Ok(Wants::More);
        }
        self.found = Some(Mark {
            offset: at.offset + self.before,
            column: at.column + self.before,
            ..at
        });
        Ok(Wants::Nothing)
    }
}
