//! Annotations for GitHub Actions, shown beside the lines of a file.

use super::{effect_changes, verdict_sentence};
use gia_study::{ScriptStatus, SourceRange, SuiteResults};

/// One `::error` or `::warning` line for each failure, error and warning.
pub fn annotations(suite: &SuiteResults) -> String {
    let mut text = String::new();
    for file in &suite.files {
        for problem in &file.problems {
            let kind = if problem.is_error { "error" } else { "warning" };
            let message = match &problem.help {
                Some(help) => format!("{}\nhelp: {help}", problem.message),
                None => problem.message.clone(),
            };
            let place = location_properties(problem.place.as_ref(), &file.path);
            text += &annotation(kind, &place, &problem.code, &message);
        }
        for case in &file.cases {
            let fails = suite.is_failing(case.claim.verdict);
            let kind = match (fails, case.claim.verdict) {
                (true, _) => "error",
                (false, gia_study::Verdict::Undecided) => "warning",
                _ => continue,
            };
            let message = format!("{}\n{}", verdict_sentence(case), case.command);
            let place = location_properties(case.claim.place.as_ref(), &file.path);
            text += &annotation(kind, &place, &case.name(), &message);
        }
        if let Some(comparison) = file.comparison.as_ref().filter(|c| c.is_changed()) {
            let message = effect_changes(comparison).join("\n");
            text += &annotation(
                "error",
                &location_properties(None, &file.path),
                "effects changed",
                &message,
            );
        }
        if file.ended == ScriptStatus::NotRun && !suite.interrupted {
            text += &annotation(
                "notice",
                &location_properties(None, &file.path),
                "not run",
                "an earlier script failed",
            );
        }
    }
    text
}

/// `file=a.gia,line=3,endLine=3,col=5,endColumn=9`. Columns stand only for a range within one line, as GitHub requires.
fn location_properties(place: Option<&SourceRange>, path: &str) -> String {
    let Some(place) = place else {
        return format!("file={}", escape_property(path));
    };
    let mut text = format!(
        "file={},line={},endLine={}",
        escape_property(&place.file),
        place.line,
        place.end_line
    );
    if place.line == place.end_line {
        text += &format!(",col={},endColumn={}", place.column, place.end_column);
    }
    text
}

fn annotation(kind: &str, place: &str, title: &str, message: &str) -> String {
    format!(
        "::{kind} {place},title={}::{}\n",
        escape_property(title),
        escape_message(message)
    )
}

/// Escapes the message after the second `::`.
fn escape_message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property, which ends at a comma or a colon.
fn escape_property(text: &str) -> String {
    escape_message(text).replace(':', "%3A").replace(',', "%2C")
}
