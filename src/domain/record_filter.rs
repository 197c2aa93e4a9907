//! Handling of invalid records: they are an error, or are excluded and counted.

use std::path::Path;

use super::columns::{Line, Table};
use super::{Exclusions, Reason};
use gia_base::diag::{Code, Diagnostic, Outcome, count};

/// What to do with an invalid record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum BadRecords {
    /// Refuse the file.
    #[default]
    Refuse,
    /// Exclude the record and count it.
    Skip,
}

/// Why a record is invalid.
pub(super) struct RecordError {
    pub reason: Reason,
    /// Its line, as `FILE:LINE`.
    pub place: String,
    pub diagnostic: Box<Diagnostic>,
}

impl RecordError {
    /// A error of the record on a line.
    pub fn of(table: &Table, line: Line, reason: Reason, diagnostic: Diagnostic) -> RecordError {
        RecordError {
            reason,
            place: table.place(line),
            diagnostic: Box::new(diagnostic),
        }
    }
}

/// Excludes invalid records and counts them.
pub(super) struct RecordFilter {
    bad: BadRecords,
    excluded: Exclusions,
    /// The diagnostic of the first excluded record.
    first: Option<Box<Diagnostic>>,
    /// Whether an invalid record may be excluded at all.
    may_skip: bool,
}

impl RecordFilter {
    pub fn new(bad: BadRecords) -> RecordFilter {
        RecordFilter {
            bad,
            excluded: Exclusions::default(),
            first: None,
            may_skip: true,
        }
    }

    /// A filter of a file whose records are all needed, whatever `bad` says of another file.
    pub fn strict() -> RecordFilter {
        RecordFilter {
            may_skip: false,
            ..RecordFilter::new(BadRecords::Refuse)
        }
    }

    /// Returns a valid record, or None for an excluded one.
    ///
    /// # Errors
    /// An invalid record, if invalid records are refused.
    pub fn admit<T>(&mut self, record: Result<T, RecordError>) -> Outcome<Option<T>> {
        match (record, self.bad) {
            (Ok(record), _) => Ok(Some(record)),
            (Err(error), BadRecords::Skip) => {
                self.exclude(error);
                Ok(None)
            }
            (Err(error), BadRecords::Refuse) if self.may_skip => {
                Err(Box::new(advised(*error.diagnostic)))
            }
            (Err(error), BadRecords::Refuse) => Err(error.diagnostic),
        }
    }

    /// Excludes a record, even if invalid records are refused.
    pub fn exclude(&mut self, error: RecordError) {
        self.excluded.add(error.reason, || error.place);
        self.first.get_or_insert(error.diagnostic);
    }

    /// All excluded records, including those with `unknown` bases.
    pub fn finish(mut self, unknown: Exclusions) -> Exclusions {
        self.excluded.extend(unknown);
        self.excluded
    }

    /// The diagnostic for a file of which every record was excluded.
    pub fn nothing_left(self, path: &Path) -> Box<Diagnostic> {
        let records = match self.excluded.total() {
            1 => "its only record is left out".to_string(),
            n => format!("all {} records are left out", count(n)),
        };
        let first = match self.first {
            Some(first) => format!("; the first: {}", first.message),
            None => String::new(),
        };
        let message = format!(
            "nothing is left of `{}`: {records} ({}){first}",
            path.display(),
            self.excluded.words()
        );
        Diagnostic::error(Code::NothingLeft, message).into()
    }
}

/// Adds to the help of a diagnostic how to exclude such records.
fn advised(diagnostic: Diagnostic) -> Diagnostic {
    let skip = "`bad: \"skip\"` leaves such records out and counts them";
    let help = match &diagnostic.help {
        Some(mend) if mend.ends_with('?') => format!("{mend} {skip}"),
        Some(mend) => format!("{mend}; {skip}"),
        None => skip.to_string(),
    };
    diagnostic.help(help)
}
