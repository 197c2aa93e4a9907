//! Handling of records that cannot be used: they end the reading, or are left out and counted.

use std::path::Path;

use super::columns::{Line, Table};
use super::{Exclusions, Reason};
use gia_base::diag::{Code, Diagnostic, Outcome, count};

/// What to do with a record that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Bad {
    /// The file is refused.
    #[default]
    Stop,
    /// It is left out and counted.
    Skip,
}

/// Why a record cannot be used.
pub(super) struct Flaw {
    pub reason: Reason,
    /// The line as messages name it, `FILE:LINE`.
    pub place: String,
    pub diagnostic: Box<Diagnostic>,
}

impl Flaw {
    /// A flaw of the record on a line.
    pub fn of(table: &Table, line: Line, reason: Reason, diagnostic: Diagnostic) -> Flaw {
        Flaw {
            reason,
            place: table.place(line),
            diagnostic: Box::new(diagnostic),
        }
    }
}

/// Filters records, and counts those that are left out.
pub(super) struct Sieve {
    bad: Bad,
    excluded: Exclusions,
    /// The diagnostic of the first record that was left out.
    first: Option<Box<Diagnostic>>,
}

impl Sieve {
    pub fn new(bad: Bad) -> Sieve {
        Sieve {
            bad,
            excluded: Exclusions::default(),
            first: None,
        }
    }

    /// Returns the record, or None if it is left out. Fails if the record is bad and bad records end the reading.
    pub fn pass<T>(&mut self, record: Result<T, Flaw>) -> Outcome<Option<T>> {
        match (record, self.bad) {
            (Ok(record), _) => Ok(Some(record)),
            (Err(flaw), Bad::Skip) => {
                self.leave_out(flaw);
                Ok(None)
            }
            (Err(flaw), Bad::Stop) => Err(Box::new(advised(*flaw.diagnostic))),
        }
    }

    /// Leaves a record out, even if bad records end the reading.
    pub fn leave_out(&mut self, flaw: Flaw) {
        self.excluded.add(flaw.reason, || flaw.place);
        self.first.get_or_insert(flaw.diagnostic);
    }

    /// All records that were left out, with those that hold an unknown base.
    pub fn finish(mut self, unknown: Exclusions) -> Exclusions {
        self.excluded.extend(unknown);
        self.excluded
    }

    /// The diagnostic for a file of which every record was left out.
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

/// Adds to the help of a diagnostic how to leave such records out.
fn advised(diagnostic: Diagnostic) -> Diagnostic {
    let skip = "`bad: \"skip\"` leaves such records out and counts them";
    let help = match &diagnostic.help {
        Some(mend) if mend.ends_with('?') => format!("{mend} {skip}"),
        Some(mend) => format!("{mend}; {skip}"),
        None => skip.to_string(),
    };
    diagnostic.help(help)
}
