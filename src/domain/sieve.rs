//! Handling of records that cannot be used: they end the reading, or are left out and counted.

use std::path::Path;

use super::columns::{Line, Table};
use super::{Exclusions, Reason};
use gia_base::diag::{Code, Diagnostic, Outcome, count};

/// What becomes of a record that cannot be used.
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
    /// `FILE:LINE`.
    pub place: String,
    pub diagnostic: Box<Diagnostic>,
}

impl Flaw {
    /// What is wrong with the record of a line.
    pub fn of(table: &Table, line: Line, reason: Reason, diagnostic: Diagnostic) -> Flaw {
        Flaw {
            reason,
            place: table.place(line),
            diagnostic: Box::new(diagnostic),
        }
    }
}

/// Passes records through and keeps account of those that it holds back.
pub(super) struct Sieve {
    bad: Bad,
    excluded: Exclusions,
    /// What the first record that was held back suffers from.
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

    /// The record, or none where it is left out. Fails where a bad record ends the reading.
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

    /// Leaves a record out, whatever becomes of bad ones.
    pub fn leave_out(&mut self, flaw: Flaw) {
        self.excluded.add(flaw.reason, || flaw.place);
        self.first.get_or_insert(flaw.diagnostic);
    }

    /// All that was left out, with what holds an unknown base.
    pub fn finish(mut self, unknown: Exclusions) -> Exclusions {
        self.excluded.extend(unknown);
        self.excluded
    }

    /// That nothing is left of a file, and why.
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

/// A diagnosis that says, behind its own mend, how to go on without the record.
fn advised(diagnostic: Diagnostic) -> Diagnostic {
    let skip = "`bad: \"skip\"` leaves such records out and counts them";
    let help = match &diagnostic.help {
        Some(mend) if mend.ends_with('?') => format!("{mend} {skip}"),
        Some(mend) => format!("{mend}; {skip}"),
        None => skip.to_string(),
    };
    diagnostic.help(help)
}
