//! The sequences of `gia ism` as its script writes them.

use std::collections::HashSet;
use std::path::Path;

use gia_base::diag::{Code, Diagnostic, Outcome, closest, pluralize};
use gia_domain::{Alphabet, FastaOptions, RecordLength, SequenceSet, UNKNOWN, UnknownBases};
use gia_model::Declaration;

/// A FASTA file, and how its records become sequences.
pub struct Records<'a> {
    pub path: &'a Path,
    pub alphabet: Alphabet,
    /// Number of bases of the middle of each that are taken.
    pub width: usize,
    pub unknown: UnknownBases,
}

/// Where a record is read from.
pub enum Record {
    /// The set of all records, by name.
    OfSet,
    /// The file as a genome, in which only the record matters: its region there.
    Alone(String),
}

impl Records<'_> {
    pub fn read(&self) -> Outcome<SequenceSet> {
        let options = FastaOptions {
            width: Some(self.width),
            unknown: self.unknown,
        };
        SequenceSet::read_fasta(self.path, self.alphabet, options)
    }

    /// The record with a name. What is wrong with the others does not matter.
    pub fn record(&self, name: &str) -> Outcome<Record> {
        let shown = self.path.display();
        let all = SequenceSet::record_lengths(self.path)?;
        let found: Vec<_> = all.iter().filter(|record| record.name == name).collect();
        let [record] = found.as_slice() else {
            return Err(Box::new(match found.len() {
                0 => {
                    let message = format!("there is no sequence called `{name}` in `{shown}`");
                    let diagnostic = Diagnostic::error(Code::NoSuchItem, message);
                    match closest(name, all.iter().map(|record| record.name.as_str())) {
                        Some(close) => diagnostic.help(format!("did you mean `--name {close}`?")),
                        None => diagnostic,
                    }
                }
                count => {
                    let records = pluralize(count, "record");
                    let message = format!("`{shown}` has {records} called `{name}`");
                    Diagnostic::error(Code::NoSuchItem, message)
                        .help("leave `--name` out to map every record, or give the bases with `--sequence`")
                }
            }));
        };
        if record.length < self.width {
            let message = format!(
                "the record `{name}` of `{shown}` has {} bp, less than the {} bp of the model's input",
                record.length, self.width
            );
            return Err(Diagnostic::error(Code::BadFasta, message).into());
        }
        match self.read() {
            Ok(_) => Ok(Record::OfSet),
            // A genome has no two contigs of one name.
            Err(refused) if has_namesakes(&all) => Err(refused),
            Err(_) => {
                // The same bases as in the set.
                let before = (record.length - self.width) / 2;
                let region = format!("{name}:{}-{}", before + 1, before + self.width);
                Ok(Record::Alone(region))
            }
        }
    }
}

/// Whether two records have the same name.
fn has_namesakes(all: &[RecordLength]) -> bool {
    let mut known = HashSet::new();
    all.iter().any(|record| !known.insert(&record.name))
}

/// Refuses bases of `--sequence` that are not those of one input of the model.
pub fn refuse_letters(sequence: &str, declaration: &Declaration, model: &Path) -> Outcome<()> {
    let alphabet = declaration.alphabet_kind();
    let bad = sequence
        .chars()
        .position(|letter| alphabet.encode(letter).is_none_or(|base| base == UNKNOWN));
    if let Some(position) = bad {
        let letter = sequence.chars().nth(position).unwrap_or('?');
        let message = format!(
            "`{letter}` at position {} of `--sequence` is not a base of {}",
            position + 1,
            alphabet.name()
        );
        return Err(Diagnostic::error(Code::UnknownBase, message).into());
    }
    let (given, wanted) = (sequence.len(), declaration.length);
    if given != wanted && wanted != 0 {
        let message = format!(
            "`{}` takes sequences of {wanted} bp, and `--sequence` has {given} bp",
            model.display()
        );
        return Err(Diagnostic::error(Code::LengthMismatch, message).into());
    }
    Ok(())
}

/// Help about a function of the language as help about the options of this command: of unknown bases in a file, what to do with them.
pub fn with_own_help(diagnostic: Diagnostic) -> Diagnostic {
    match (diagnostic.code, &diagnostic.help) {
        (Code::UnknownBase, Some(_)) => Diagnostic {
            help: Some("accept unknown bases with `--keep-unknown`".to_string()),
            ..diagnostic
        },
        _ => diagnostic,
    }
}
