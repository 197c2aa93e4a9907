//! Diagnostics with annotated source, rendered by miette.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};

use super::escape::replace_control;
use super::excerpt::{CONTEXT_LINES, Excerpt};
use super::location::source;
use crate::diag::{Diagnostic, Label, Severity, Style};
use crate::source::{Source, SourceId, Sources};

/// Minimum width of the output, in columns.
const MIN_COLUMNS: usize = 30;

pub fn render(diagnostics: &[&Diagnostic], sources: &Sources, style: Style) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let handler = handler(style);
    let mut out = String::new();
    for diagnostic in diagnostics {
        for section in sections(diagnostic, sources, style.width.max(MIN_COLUMNS)) {
            let mut drawn = String::new();
            if handler.render_report(&mut drawn, &section).is_err() {
                // Only the snippet can fail; the message is printed without it.
                drawn = format!("{}\n", section.message);
            }
            // Removes the blank line that miette prints between the code and the message.
            let mut blank = section.code.is_some();
            for line in drawn.lines() {
                if line.is_empty() && std::mem::take(&mut blank) {
                    continue;
                }
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
        out.push('\n');
    }
    out.push_str(&style.bold(&count(diagnostics)));
    out.push('\n');
    out
}

/// `2 errors, 1 warning`.
fn count(diagnostics: &[&Diagnostic]) -> String {
    let parts: Vec<String> = [Severity::Error, Severity::Warning]
        .into_iter()
        .filter_map(|severity| {
            let n = diagnostics
                .iter()
                .filter(|d| d.severity == severity)
                .count();
            let plural = if n == 1 { "" } else { "s" };
            (n > 0).then(|| format!("{n} {}{plural}", severity.word()))
        })
        .collect();
    parts.join(", ")
}

fn handler(style: Style) -> GraphicalReportHandler {
    let mut characters = if style.unicode {
        ThemeCharacters::unicode()
    } else {
        ThemeCharacters::ascii()
    };
    if !style.unicode {
        characters.advice = ">".into();
    }
    let styles = if style.colour {
        ThemeStyles::ansi()
    } else {
        ThemeStyles::none()
    };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(style.width.max(MIN_COLUMNS))
        .with_links(false)
        .without_syntax_highlighting()
        .with_context_lines(CONTEXT_LINES)
}

/// Splits a diagnostic into one report per file, that of the primary label first.
fn sections<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources, width: usize) -> Vec<Section> {
    let mut files: Vec<(SourceId, &Source, Vec<&Label>)> = Vec::new();
    for label in &diagnostic.labels {
        let Some(text) = source(label.span, sources) else {
            continue;
        };
        match files.iter_mut().find(|(id, ..)| *id == label.span.source) {
            Some((_, _, labels)) => labels.push(label),
            None => files.push((label.span.source, text, vec![label])),
        }
    }

    let mut files = files.into_iter();
    let mut sections = vec![Section {
        code: Some(format!(
            "{}[{}]",
            diagnostic.severity.word(),
            diagnostic.code.number()
        )),
        severity: match diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        },
        message: replace_control(&diagnostic.message),
        excerpt: files
            .next()
            .map(|(_, source, labels)| Excerpt::new(source, &labels, width)),
        help: None,
    }];
    sections.extend(files.map(|(_, source, labels)| Section {
        code: None,
        severity: miette::Severity::Advice,
        message: format!("see also `{}`", replace_control(&source.name)),
        excerpt: Some(Excerpt::new(source, &labels, width)),
        help: None,
    }));
    if let Some(last) = sections.last_mut() {
        last.help = diagnostic.help.as_deref().map(replace_control);
    }
    sections
}

/// A report for miette, with at most one source text.
#[derive(Debug)]
struct Section {
    code: Option<String>,
    severity: miette::Severity,
    message: String,
    excerpt: Option<Excerpt>,
    help: Option<String>,
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Section {}

impl miette::Diagnostic for Section {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code
            .as_ref()
            .map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|e| e as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        Some(Box::new(excerpt.labels.iter().cloned()))
    }
}
