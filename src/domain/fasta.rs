//! FASTA files.
//!
//! Invariant: a set that comes out is never empty, and its sequences are equally long. The only place that names the
//! library that splits a file into records.

use std::path::Path;

use noodles_fasta::io::Reader;
use noodles_fasta::record::Definition;

use super::file;
use super::{Alphabet, Sequence, SequenceSet, UNKNOWN};
use crate::diag::{Code, Diagnostic, Outcome};

/// What becomes of records with an unknown base (`N`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unknown {
    /// The file is refused.
    #[default]
    Refuse,
    /// They are left out.
    Drop,
    /// They are kept, and the model is fed what its declaration says.
    Keep,
}

/// How the records of a file become sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FastaOptions {
    /// Take this many bases from the middle of each record; of an odd rest, the greater half is cut from the right.
    /// Letters outside are not looked at.
    pub width: Option<usize>,
    pub unknown: Unknown,
}

impl SequenceSet {
    /// Reads a FASTA file, plain or gzip. Lower case counts as upper case; several records may share a name.
    ///
    /// Fails on a file that cannot be read, is empty or is not FASTA, on records that are empty, shorter than the
    /// width or, without one, of unequal length, on letters that are no base of the alphabet, and on `N` as the
    /// options say.
    pub fn read_fasta(
        path: &Path,
        alphabet: Alphabet,
        options: FastaOptions,
    ) -> Outcome<SequenceSet> {
        let contents = file::read(path, Code::BadFasta)?;
        let reading = Reading {
            path,
            alphabet,
            options,
        };
        let records = reading.records(&contents.bytes)?;
        let (sequences, dropped) = reading.settle_unknown(records)?;
        reading.check_lengths(&sequences)?;
        Ok(SequenceSet {
            alphabet,
            path: path.to_path_buf(),
            sha256: contents.sha256,
            sequences,
            dropped,
        })
    }
}

/// One file being read.
pub(super) struct Reading<'a> {
    pub path: &'a Path,
    pub alphabet: Alphabet,
    pub options: FastaOptions,
}

/// A sequence and where in its record the first unknown base stands, counted from 1.
pub(super) struct Record {
    pub sequence: Sequence,
    unknown: Option<usize>,
}

impl Reading<'_> {
    fn bad(&self, message: String) -> Box<Diagnostic> {
        Diagnostic::error(Code::BadFasta, message).into()
    }

    fn records(&self, text: &[u8]) -> Outcome<Vec<Record>> {
        let shown = self.path.display();
        if text.is_empty() {
            return Err(self.bad(format!("`{shown}` is empty")));
        }
        let mut reader = Reader::new(text);
        self.skip_to_first(&mut reader)?;
        let mut records = Vec::new();
        let mut letters = Vec::new();
        loop {
            let number = records.len() + 1;
            let mut definition = Definition::default();
            let read = reader.read_definition(&mut definition).map_err(|_| {
                // The stream stands at a `>`, so a name is all that can be missing.
                self.bad(format!("record {number} of `{shown}` has no name"))
            })?;
            if read == 0 {
                break;
            }
            letters.clear();
            reader
                .read_sequence(&mut letters)
                .map_err(|error| self.bad(format!("`{shown}` cannot be read: {error}")))?;
            records.push(self.record(definition.name().to_string(), &letters)?);
        }
        if records.is_empty() {
            return Err(self.bad(format!("`{shown}` holds no record")));
        }
        Ok(records)
    }

    /// Passes blank lines before the first record.
    fn skip_to_first(&self, reader: &mut Reader<&[u8]>) -> Outcome<()> {
        let shown = self.path.display();
        let mut before = Vec::new();
        reader
            .read_sequence(&mut before)
            .map_err(|error| self.bad(format!("`{shown}` cannot be read: {error}")))?;
        if before.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let message = if reader.get_ref().is_empty() {
            format!("no line of `{shown}` starts with `>`, so it is not FASTA")
        } else {
            format!("`{shown}` has text before its first `>` line")
        };
        Err(self.bad(message))
    }

    pub(super) fn record(&self, name: String, letters: &[u8]) -> Outcome<Record> {
        let shown = self.path.display();
        let length = letters.len();
        if length == 0 {
            return Err(self.bad(format!("the record `{name}` of `{shown}` is empty")));
        }
        let width = self.options.width.unwrap_or(length);
        if width > length {
            return Err(self.bad(format!(
                "the record `{name}` of `{shown}` has {length} bp, fewer than the width of {width} bp"
            )));
        }
        let start = (length - width) / 2;
        let mut bases = Vec::with_capacity(width);
        let mut unknown = None;
        for (index, &letter) in letters.iter().enumerate().skip(start).take(width) {
            let Some(base) = self.alphabet.encode(letter) else {
                return Err(self.bad_letter(&name, index + 1, letter));
            };
            if base == UNKNOWN && unknown.is_none() {
                unknown = Some(index + 1);
            }
            bases.push(base);
        }
        Ok(Record {
            sequence: Sequence {
                name,
                bases,
                variant: None,
            },
            unknown,
        })
    }

    fn bad_letter(&self, name: &str, position: usize, letter: u8) -> Box<Diagnostic> {
        let letter = match letter {
            b' ' => "a space".to_owned(),
            b'\t' => "a tab".to_owned(),
            0x21..=0x7e => format!("`{}`", char::from(letter)),
            _ => format!("the byte 0x{letter:02x}"),
        };
        Diagnostic::error(
            Code::UnknownBase,
            format!(
                "{letter} at position {position} of the record `{name}` of `{}` is not a base of {}",
                self.path.display(),
                self.alphabet.name()
            ),
        )
        .into()
    }

    /// Does with records that hold an unknown base what the options say; tells how many were left out.
    pub(super) fn settle_unknown(&self, records: Vec<Record>) -> Outcome<(Vec<Sequence>, usize)> {
        let shown = self.path.display();
        let total = records.len();
        let holding = records.iter().filter(|r| r.unknown.is_some()).count();
        match self.options.unknown {
            Unknown::Refuse => {
                let first = records
                    .iter()
                    .find_map(|record| Some((&record.sequence.name, record.unknown?)));
                if let Some((name, position)) = first {
                    return Err(Diagnostic::error(
                        Code::UnknownBase,
                        format!(
                            "`N` at position {position} of the record `{name}` of `{shown}` is an unknown base; \
                             {holding} of {total} records hold one"
                        ),
                    )
                    .help(self.unknown_help(holding < total))
                    .into());
                }
            }
            Unknown::Drop if holding == total => {
                return Err(Diagnostic::error(
                    Code::UnknownBase,
                    format!("each of the {total} records of `{shown}` holds an unknown base, so none is left"),
                )
                .help(self.unknown_help(false))
                .into());
            }
            Unknown::Drop | Unknown::Keep => {}
        }
        let keep = self.options.unknown == Unknown::Keep;
        let sequences: Vec<Sequence> = records
            .into_iter()
            .filter(|record| keep || record.unknown.is_none())
            .map(|record| record.sequence)
            .collect();
        let dropped = total - sequences.len();
        Ok((sequences, dropped))
    }

    fn unknown_help(&self, some_are_left: bool) -> String {
        if some_are_left {
            "`unknown: \"drop\"` leaves these records out, `unknown: \"keep\"` feeds them as the model's declaration says"
                .into()
        } else {
            "`unknown: \"keep\"` feeds these records as the model's declaration says".into()
        }
    }

    pub(super) fn check_lengths(&self, sequences: &[Sequence]) -> Outcome<()> {
        let lengths = || sequences.iter().map(|sequence| sequence.bases.len());
        let (Some(first), Some(shortest)) = (sequences.first(), lengths().min()) else {
            return Ok(());
        };
        let length = first.bases.len();
        let Some(other) = sequences.iter().find(|other| other.bases.len() != length) else {
            return Ok(());
        };
        let shown = self.path.display();
        Err(Diagnostic::error(
            Code::BadFasta,
            format!(
                "the records of `{shown}` differ in length: `{}` has {length} bp, `{}` {} bp",
                first.name,
                other.name,
                other.bases.len()
            ),
        )
        .help(format!(
            "`width: {shortest}bp` takes the central {shortest} bp of each"
        ))
        .into())
    }
}
