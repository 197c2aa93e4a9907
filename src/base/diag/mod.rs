//! What is wrong, where, and the mend: one value for every phase, rendered elsewhere.
//!
//! A [`Diagnostic`] knows nothing of terminals; `render` turns it into text or JSON.

mod allocator;
mod code;
mod explanation;
mod numbers;
mod render;
mod style;
mod suggest;
mod suggestion;
mod wrap;

pub use allocator::{Allocator, before_out_of_memory};
pub use code::Code;
pub use explanation::{Example, Explanation, Kind};
pub use numbers::{count, percent};
pub use render::{Format, Place, escaped, one_line, render, visible};
pub use style::Style;
pub use suggest::{closeness, closest, counted};
pub use suggestion::{Replacement, Suggestion};
pub use wrap::{wrap_lines, wrap_signature, wrapping};

use std::collections::HashSet;

use crate::source::Span;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A place in the program and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One finding. The first label is its primary place; a finding about a file or a device has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// Lower case, no full stop, names in backticks, about the program and not about the checker.
    pub message: String,
    pub labels: Vec<Label>,
    /// A mend; only where following it works.
    pub help: Option<String>,
    /// The mends in the help that an editor can make.
    pub suggestions: Vec<Suggestion>,
}

impl Diagnostic {
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            suggestions: Vec::new(),
        }
    }

    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Warning,
            ..Diagnostic::error(code, message)
        }
    }

    /// Adds a place with a short text; the first one added is primary.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        if self.labels.is_empty() {
            self.place_suggestions(span);
        }
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }

    /// Adds a place where a condition holds.
    pub fn at_if(self, holds: bool, span: Span, text: impl Into<String>) -> Self {
        if holds { self.at(span, text) } else { self }
    }

    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Result of a step that gives up at its first error. Boxed: diagnostics are rare and wide.
pub type Outcome<T> = Result<T, Box<Diagnostic>>;

/// Where a phase that goes on after an error leaves what it finds.
#[derive(Debug, Default)]
pub struct Sink {
    items: Vec<Diagnostic>,
    /// What was found where, to tell what is found again.
    known: HashSet<(Code, String, Option<Span>)>,
    errors: usize,
}

impl Sink {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        // The same finding at many grid points, or from several calls, is one finding.
        let key = (
            diagnostic.code,
            diagnostic.message.clone(),
            diagnostic.span(),
        );
        if self.known.insert(key) {
            self.errors += usize::from(diagnostic.is_error());
            self.items.push(diagnostic);
        }
    }

    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Diagnostics so far.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The diagnostics from the one at `first` on.
    pub fn since_mut(&mut self, first: usize) -> &mut [Diagnostic] {
        let first = first.min(self.items.len());
        &mut self.items[first..]
    }

    /// The diagnostic that was pushed last.
    pub fn last_mut(&mut self) -> Option<&mut Diagnostic> {
        self.items.last_mut()
    }

    /// Keeps the value of a step that worked and the diagnostic of one that did not.
    pub fn take<T>(&mut self, outcome: Outcome<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(diagnostic) => {
                self.push(*diagnostic);
                None
            }
        }
    }

    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.items
    }
}
