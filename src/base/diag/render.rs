//! Rendering of diagnostics: as annotated source for people, one line each for problem matchers, or JSON for programs.
//!
//! Every span renders: one that reaches past its text or into a character is clamped. Diagnostics are sorted by their position in the
//! source, whichever phase found them.

mod abridge;
mod clip;
mod escape;
mod excerpt;
mod human;
mod location;

use serde_json::{Value, json};

use super::{Diagnostic, Severity, Style, Suggestion};
use crate::source::Sources;
pub use escape::{escape_control, one_line, replace_control};
pub use location::SourceLocation;

/// Output formats of diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The source with the error underlined, and a count at the end.
    Human,
    /// `FILE:LINE:COLUMN: error[E0301]: message`, one line each.
    Short,
    /// One JSON object per line.
    Json,
}

/// Renders diagnostics, sorted by file and position, errors before warnings at the same position.
///
/// Diagnostics without a place, for example about a device, come first. The result is empty if there are none, and ends with a line
/// break otherwise. Only [`Format::Human`] uses the style.
pub fn render(
    diagnostics: &[Diagnostic],
    sources: &Sources,
    format: Format,
    style: Style,
) -> String {
    let abridged: Vec<Diagnostic> = diagnostics.iter().map(abridge::abridged).collect();
    let mut ordered: Vec<&Diagnostic> = abridged.iter().collect();
    ordered.sort_by_key(|d| {
        (
            d.span().map(|span| (span.source, span.start)),
            d.severity,
            d.code,
        )
    });
    match format {
        Format::Human => human::render(&ordered, sources, style),
        Format::Short => ordered.iter().map(|d| short(d, sources) + "\n").collect(),
        Format::Json => ordered
            .iter()
            .map(|d| json(d, sources).to_string() + "\n")
            .collect(),
    }
}

impl Severity {
    /// The severity as printed: `error` or `warning`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

fn short(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let location = diagnostic
        .span()
        .and_then(|span| SourceLocation::of(span, sources))
        .map(|p| format!("{}:{}:{}: ", one_line(p.file), p.line, p.column))
        .unwrap_or_default();
    let help = diagnostic
        .help
        .as_deref()
        .map(|help| format!(" (help: {})", one_line(help)))
        .unwrap_or_default();
    format!(
        "{location}{}[{}]: {}{help}",
        diagnostic.severity.word(),
        diagnostic.code.number(),
        one_line(&diagnostic.message)
    )
}

fn json(diagnostic: &Diagnostic, sources: &Sources) -> Value {
    let mut value = json!({
        "code": diagnostic.code.number(),
        "severity": diagnostic.severity.word(),
        "message": diagnostic.message,
    });
    let primary = diagnostic
        .span()
        .and_then(|span| SourceLocation::of(span, sources));
    add_location(&mut value, primary.as_ref());
    value["labels"] = diagnostic
        .labels
        .iter()
        .map(|label| {
            let mut value = json!({});
            add_location(&mut value, SourceLocation::of(label.span, sources).as_ref());
            value["text"] = json!(label.text);
            value
        })
        .collect();
    value["help"] = json!(diagnostic.help);
    value["suggestions"] = diagnostic
        .suggestions
        .iter()
        .map(|suggestion| suggestion_json(suggestion, sources))
        .collect();
    value
}

fn suggestion_json(suggestion: &Suggestion, sources: &Sources) -> Value {
    let replacements: Value = suggestion
        .replacements
        .iter()
        .map(|replacement| {
            let mut value = json!({});
            let location = replacement
                .span
                .and_then(|span| SourceLocation::of(span, sources));
            add_location(&mut value, location.as_ref());
            value["text"] = json!(replacement.text);
            value
        })
        .collect();
    json!({ "text": suggestion.words, "replacements": replacements })
}

fn add_location(value: &mut Value, location: Option<&SourceLocation>) {
    value["file"] = json!(location.map(|p| p.file));
    value["line"] = json!(location.map(|p| p.line));
    value["column"] = json!(location.map(|p| p.column));
    value["end_line"] = json!(location.map(|p| p.end_line));
    value["end_column"] = json!(location.map(|p| p.end_column));
}
