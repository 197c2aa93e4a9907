//! Diagnostics as text for a person, a line for a problem matcher, or JSON for a machine.
//!
//! Any text and any span renders: a span that reaches past its text or into a character is cut to fit.
//! Diagnostics are shown in the order of the source texts, whichever phase found them.

mod abridge;
mod clip;
mod excerpt;
mod human;
mod place;

use serde_json::{Value, json};

use super::{Diagnostic, Severity, Style, Suggestion};
use crate::source::Sources;
pub use place::{Place, escaped, one_line, visible};

/// The forms that diagnostics are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The source with what is wrong underlined, and a count at the end.
    Human,
    /// `FILE:LINE:COLUMN: error[E0301]: message`, one a line.
    Short,
    /// One JSON object a line.
    Json,
}

/// All diagnostics as one text, by file and position, errors before warnings at the same place.
///
/// Those without a place, about a file or a device, come first. The text is empty where there is none, and ends
/// with a line end otherwise. Only [`Format::Human`] looks at the style.
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
    /// As printed: `error` or `warning`.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

fn short(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let place = diagnostic
        .span()
        .and_then(|span| Place::of(span, sources))
        .map(|p| format!("{}:{}:{}: ", one_line(p.file), p.line, p.column))
        .unwrap_or_default();
    let help = diagnostic
        .help
        .as_deref()
        .map(|help| format!(" (help: {})", one_line(help)))
        .unwrap_or_default();
    format!(
        "{place}{}[{}]: {}{help}",
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
    let primary = diagnostic.span().and_then(|span| Place::of(span, sources));
    place_into(&mut value, primary.as_ref());
    value["labels"] = diagnostic
        .labels
        .iter()
        .map(|label| {
            let mut value = json!({});
            place_into(&mut value, Place::of(label.span, sources).as_ref());
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
            let place = replacement.span.and_then(|span| Place::of(span, sources));
            place_into(&mut value, place.as_ref());
            value["text"] = json!(replacement.text);
            value
        })
        .collect();
    json!({ "text": suggestion.words, "replacements": replacements })
}

fn place_into(value: &mut Value, place: Option<&Place>) {
    value["file"] = json!(place.map(|p| p.file));
    value["line"] = json!(place.map(|p| p.line));
    value["column"] = json!(place.map(|p| p.column));
    value["end_line"] = json!(place.map(|p| p.end_line));
    value["end_column"] = json!(place.map(|p| p.end_column));
}
