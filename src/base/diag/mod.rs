//! Diagnostics: what is wrong, where, and how to fix it. All phases use the same type.
//!
//! A [`Diagnostic`] does not depend on the output format; [`render()`] turns it into text or JSON.

#[expect(
    unsafe_code,
    reason = "`GlobalAlloc` is an unsafe trait, and out of memory only system calls can print and exit"
)]
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
pub use explanation::{Example, ExampleKind, Explanation};
pub use numbers::{count, percent};
pub use render::{Format, SourceLocation, escape_control, one_line, render, replace_control};
pub use style::Style;
pub use suggest::{closest, equivalence_claim, pluralize};
pub use suggestion::{Replacement, Suggestion};
pub use wrap::{wrap_example, wrap_lines, wrap_signature, wrapping};

use std::collections::HashSet;

use crate::source::Span;

/// Whether a diagnostic stops the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The command stops: the script does not run, or its run has failed.
    Error,
    /// The command continues; the user should know this about its results.
    Warning,
}

/// A place in a source text, with a note on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Bytes to underline.
    pub span: Span,
    /// Short note beside the underlined text; empty for no note.
    pub text: String,
}

/// An error or a warning. The first label is its primary place; a diagnostic about a file or a device has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind; `gia explain` prints the page of a code.
    pub code: Code,
    /// Whether it stops the command.
    pub severity: Severity,
    /// What is wrong, in terms of the script. Lower case, without a full stop, names in backticks.
    pub message: String,
    /// Places to underline, the primary one first; empty if there is no place in a script.
    pub labels: Vec<Label>,
    /// How to fix it. Following the help must work; None where no fix is known.
    pub help: Option<String>,
    /// The fixes in the help that an editor can apply.
    pub suggestions: Vec<Suggestion>,
}

impl Diagnostic {
    /// Makes an error without a place; [`Diagnostic::at`] adds places.
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

    /// Makes a warning without a place; [`Diagnostic::at`] adds places.
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

    /// Adds a place if a condition holds.
    pub fn at_if(self, holds: bool, span: Span, text: impl Into<String>) -> Self {
        if holds { self.at(span, text) } else { self }
    }

    /// Sets the help text, replacing any that is there.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The primary place; None for a diagnostic without labels.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Whether it is an error, which stops the command.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The result of a step that stops at its first error. The diagnostic is boxed to keep the success path small.
pub type Outcome<T> = Result<T, Box<Diagnostic>>;

/// Collects the diagnostics of a phase that continues after an error.
#[derive(Debug, Default)]
pub struct Sink {
    items: Vec<Diagnostic>,
    /// Code, message and primary place of each diagnostic, for skipping duplicates.
    seen: HashSet<(Code, String, Option<Span>)>,
    errors: usize,
}

impl Sink {
    /// Adds a diagnostic, unless one with the same code, message and primary place was added before.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        // An error that occurs at many grid points, or in several calls, is reported once.
        let key = (
            diagnostic.code,
            diagnostic.message.clone(),
            diagnostic.span(),
        );
        if self.seen.insert(key) {
            self.errors += usize::from(diagnostic.is_error());
            self.items.push(diagnostic);
        }
    }

    /// Whether any error was added; warnings do not count.
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Number of distinct errors; warnings do not count.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// Number of distinct diagnostics, errors and warnings.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether neither an error nor a warning was added.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The diagnostics from index `first` on.
    pub fn since_mut(&mut self, first: usize) -> &mut [Diagnostic] {
        let first = first.min(self.items.len());
        &mut self.items[first..]
    }

    /// The diagnostic that was added last.
    pub fn last_mut(&mut self) -> Option<&mut Diagnostic> {
        self.items.last_mut()
    }

    /// Returns the value of a step that succeeded; adds the diagnostic of one that failed and returns None.
    pub fn take<T>(&mut self, outcome: Outcome<T>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(diagnostic) => {
                self.push(*diagnostic);
                None
            }
        }
    }

    /// All diagnostics, in the order in which they were added.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.items
    }
}
