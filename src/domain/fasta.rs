//! Sets of sequences from FASTA files.
//!
//! Invariant: a set is never empty, and its sequences have one length. [`mod@scan`] defines the format.

mod cache;
pub(super) mod errors;
pub(super) mod fai;
pub(super) mod file_position;
pub(super) mod index;
mod lengths;
pub(super) mod locate;
pub(super) mod scan;

use std::io::Read;
use std::path::Path;

use super::file::{Hashing, Unpacked, is_gzip};
use super::{Alphabet, BaseSet, Exclusions, Reason, RecordKey, Sequence, SequenceSet, UNKNOWN};
use file_position::FilePosition;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{InputKind, Stamp, open_input, remember_hash, unreadable};
pub use lengths::RecordLength;
use locate::{LetterLocator, RecordSelector};
use scan::{Sink, Wants, scan};

/// What to do with records with an unknown base: `N`, or another IUPAC letter for several bases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum UnknownBases {
    /// Refuse the file.
    #[default]
    Refuse,
    /// Exclude them.
    Drop,
    /// Keep them; the declaration of the model says how unknown bases are encoded.
    Keep,
}

/// How the records of a file become sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FastaOptions {
    /// Takes this many bases from the center of each record (if an odd number of bases is cut, the larger part on the right); None takes
    /// whole records. Letters outside are not checked.
    pub width: Option<usize>,
    /// What to do with records with an unknown base.
    pub unknown: UnknownBases,
}

impl SequenceSet {
    /// Reads a FASTA file, plain or gzip. Lower case counts as upper case; several records may share a name.
    ///
    /// # Errors
    /// A file that cannot be read, is empty or is not FASTA; records that are empty, shorter than the width or, without a width, of
    /// different lengths; letters that are not bases of the alphabet; and, depending on the options, unknown bases.
    pub fn read_fasta(
        path: &Path,
        alphabet: Alphabet,
        options: FastaOptions,
    ) -> Outcome<SequenceSet> {
        let reading = FastaReader {
            path,
            alphabet,
            options,
        };
        let (records, sha256) = reading.records()?;
        let (sequences, excluded) = reading.apply_unknown_policy(records, |number, letter| {
            let mut finder = LetterLocator::new(RecordSelector::Number(number), letter);
            let found = SequenceSet::scan_into(path, &mut finder);
            found.ok().and(finder.found).map(|mark| mark.in_file(path))
        })?;
        reading.check_lengths(&sequences)?;
        Ok(SequenceSet {
            alphabet,
            label: None,
            path: path.to_path_buf(),
            sha256,
            sequences,
            excluded,
        })
    }
}

/// One file being read.
pub(super) struct FastaReader<'a> {
    pub path: &'a Path,
    pub alphabet: Alphabet,
    pub options: FastaOptions,
}

/// A sequence with its first ambiguous letter, if there is one: its position in the record, from 1, and the letter.
pub(super) struct Record {
    pub sequence: Sequence,
    unknown: Option<(usize, u8)>,
}

/// The first letter of a record that is not a base.
pub(super) struct BadLetter {
    /// Position in the record, from 0.
    pub index: usize,
    pub letter: u8,
}

/// Collects the records of a file.
struct Collector<'a, 'b> {
    reading: &'b FastaReader<'a>,
    records: Vec<Record>,
    /// Name of the current record, and the place of its `>`.
    current: Option<(String, FilePosition)>,
    letters: Vec<u8>,
}

impl Collector<'_, '_> {
    fn complete(&mut self) -> Outcome<()> {
        let Some((name, at)) = self.current.take() else {
            return Ok(());
        };
        let number = self.records.len();
        let path = self.reading.path;
        let length = self.letters.len();
        if length == 0 {
            return Err(errors::bad(
                path,
                at,
                &format!("the record `{name}` is empty"),
            ));
        }
        if let Some(width) = self.reading.options.width.filter(|width| *width > length) {
            let what =
                format!("the record `{name}` has {length} bp, less than the width of {width} bp");
            return Err(errors::bad(path, at, &what));
        }
        let record = match self.reading.record(name.clone(), &self.letters) {
            Ok(record) => record,
            Err(bad) => return Err(self.reading.bad_letter_of_file(&name, number, &bad)),
        };
        self.records.push(record);
        self.letters.clear();
        Ok(())
    }
}

impl Sink for Collector<'_, '_> {
    fn header(&mut self, name: &str, at: FilePosition) -> Outcome<Wants> {
        self.complete()?;
        self.current = Some((name.to_string(), at));
        Ok(Wants::More)
    }

    fn letters(&mut self, letters: &[u8], _: FilePosition) -> Outcome<Wants> {
        self.letters.extend_from_slice(letters);
        Ok(Wants::More)
    }
}

impl SequenceSet {
    /// Scans a file, plain or gzip, into a sink.
    fn scan_into(path: &Path, sink: &mut dyn Sink) -> Outcome<()> {
        let (file, metadata) = open_input(path, InputKind::Sequences)?;
        let mut start = Vec::new();
        (&file)
            .take(2)
            .read_to_end(&mut start)
            .map_err(|error| unreadable(path, &error))?;
        let input = start.as_slice().chain(&file);
        match is_gzip(&start) {
            true => scan(
                path,
                Unpacked::new(input, metadata.len(), InputKind::Sequences),
                sink,
            ),
            false => scan(path, input, sink),
        }
    }
}

impl FastaReader<'_> {
    /// The records of the file, and the hash of its bytes.
    fn records(&self) -> Outcome<(Vec<Record>, String)> {
        let refused = |error: std::io::Error| unreadable(self.path, &error);
        let (file, metadata) = open_input(self.path, InputKind::Sequences)?;
        let stamp = Stamp::of(&metadata);
        let mut collector = Collector {
            reading: self,
            records: Vec::new(),
            current: None,
            letters: Vec::new(),
        };
        let mut start = Vec::new();
        (&file).take(2).read_to_end(&mut start).map_err(refused)?;
        let mut input = Hashing::new(start.as_slice().chain(&file));
        if is_gzip(&start) {
            let unpacked = Unpacked::new(&mut input, stamp.size(), InputKind::Sequences);
            scan(self.path, unpacked, &mut collector)?;
        } else {
            scan(self.path, &mut input, &mut collector)?;
        }
        collector.complete()?;
        let sha256 = input.finish().map_err(refused)?;
        stamp.check_unchanged(&file, self.path)?;
        remember_hash(stamp, &sha256);
        Ok((collector.records, sha256))
    }

    /// Encodes the part of a record that the options select.
    ///
    /// # Errors
    /// The first letter that is not a base.
    pub(super) fn record(&self, name: String, letters: &[u8]) -> Result<Record, BadLetter> {
        let length = letters.len();
        let width = self.options.width.unwrap_or(length).min(length);
        // The center of the record is the center of its part.
        let start = length / 2 - width / 2;
        let mut bases = Vec::with_capacity(width);
        let mut unknown = None;
        for (index, &letter) in letters.iter().enumerate().skip(start).take(width) {
            let Some(base) = self.encode(letter) else {
                return Err(BadLetter { index, letter });
            };
            if base == UNKNOWN && unknown.is_none() {
                unknown = Some((index + 1, letter));
            }
            bases.push(base);
        }
        Ok(Record {
            sequence: Sequence {
                name,
                cut: start as u64,
                record: (width < length).then(|| RecordKey::of_letters(letters, self.alphabet)),
                bases,
                variant: None,
                id: None,
                locus: None,
            },
            unknown,
        })
    }

    /// The code of a letter; [`UNKNOWN`] for an ambiguous letter.
    fn encode(&self, letter: u8) -> Option<u8> {
        self.alphabet
            .encode(letter)
            .or_else(|| BaseSet::from_iupac(letter, self.alphabet).map(|_| UNKNOWN))
    }

    /// The diagnostic for a letter that is not a base, with its line and column in this file.
    fn bad_letter_of_file(&self, name: &str, number: usize, bad: &BadLetter) -> Box<Diagnostic> {
        let mut finder = LetterLocator::new(RecordSelector::Number(number), bad.index as u64);
        let found = SequenceSet::scan_into(self.path, &mut finder);
        let mark = found.ok().and(finder.found);
        self.bad_letter(&format!("the record `{name}`"), bad, mark)
    }

    /// The diagnostic for a letter that is not a base.
    pub(super) fn bad_letter(
        &self,
        of: &str,
        bad: &BadLetter,
        mark: Option<FilePosition>,
    ) -> Box<Diagnostic> {
        let letter = errors::printable(bad.letter);
        let alphabet = self.alphabet.name();
        let what = format!(
            "{letter} at position {} of {of} is not a base of {alphabet}",
            bad.index + 1
        );
        match mark {
            Some(mark) => errors::no_letter(self.path, mark, &what),
            None => {
                let message = format!("`{}`: {what}", self.path.display());
                Diagnostic::error(Code::UnknownBase, message).into()
            }
        }
    }

    /// Refuses, excludes or keeps records with an unknown base, as the options say. Returns the remaining and the excluded records. `place`
    /// gives the place of a letter, from the number of its record and its position in it, both from 0.
    pub(super) fn apply_unknown_policy(
        &self,
        records: Vec<Record>,
        place: impl Fn(usize, u64) -> Option<String>,
    ) -> Outcome<(Vec<Sequence>, Exclusions)> {
        let shown = self.path.display();
        let total = records.len();
        let holding = records.iter().filter(|r| r.unknown.is_some()).count();
        match self.options.unknown {
            UnknownBases::Refuse => {
                let first = records.iter().enumerate().find_map(|(number, record)| {
                    Some((number, &record.sequence.name, record.unknown?))
                });
                if let Some((number, name, (position, letter))) = first {
                    let letter = char::from(letter.to_ascii_uppercase());
                    let place = place(number, position as u64 - 1);
                    let place = place.map_or(String::new(), |place| format!("`{place}`: "));
                    return Err(Diagnostic::error(
                        Code::UnknownBase,
                        format!(
                            "{place}`{letter}` at position {position} of the record `{name}` of `{shown}` is an unknown base; \
                             {holding} of {total} records hold one"
                        ),
                    )
                    .help(self.unknown_help(holding < total))
                    .into());
                }
            }
            UnknownBases::Drop if holding == total => {
                return Err(Diagnostic::error(
                    Code::UnknownBase,
                    format!("all {total} records of `{shown}` have unknown bases, so none is left"),
                )
                .help(self.unknown_help(false))
                .into());
            }
            UnknownBases::Drop | UnknownBases::Keep => {}
        }
        let keep = self.options.unknown == UnknownBases::Keep;
        let mut sequences = Vec::with_capacity(total);
        let mut excluded = Exclusions::default();
        for record in records {
            if keep || record.unknown.is_none() {
                sequences.push(record.sequence);
            } else {
                excluded.add(Reason::UnknownBase, || record.sequence.name);
            }
        }
        Ok((sequences, excluded))
    }

    fn unknown_help(&self, some_are_left: bool) -> String {
        if some_are_left {
            "`unknown: \"drop\"` leaves these records out, `unknown: \"keep\"` encodes them as the model's declaration says"
                .into()
        } else {
            "`unknown: \"keep\"` encodes them as the model's declaration says".into()
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
