//! Diagnostics with their source underlined, drawn by miette.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use super::clip::{Marked, clip};
use super::place::{fitted, source, visible};
use crate::diag::{Diagnostic, Label, Severity, Style, wrapping};
use crate::source::{Source, SourceId, Sources};

/// Narrower than this nothing can be drawn.
const NARROWEST: usize = 30;
/// Lines around what is underlined.
const CONTEXT_LINES: usize = 1;
/// Words of a label are not wrapped narrower than this.
const NARROWEST_LABEL: usize = 24;
/// Columns from the middle of what is underlined to the words below it.
const CORNER: usize = 4;

pub fn render(diagnostics: &[&Diagnostic], sources: &Sources, style: Style) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let handler = handler(style);
    let mut out = String::new();
    for diagnostic in diagnostics {
        for section in sections(diagnostic, sources, style.width.max(NARROWEST)) {
            let mut drawn = String::new();
            if handler.render_report(&mut drawn, &section).is_err() {
                // Only the snippet can fail; what it says must not be lost.
                drawn = format!("{}\n", section.message);
            }
            // The first blank line stands between the code and its message, which belong together.
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
        .with_width(style.width.max(NARROWEST))
        .with_links(false)
        .without_syntax_highlighting()
        .with_context_lines(CONTEXT_LINES)
}

/// One diagnostic as reports with one text each: the primary label's first, then one for each other file.
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
        message: visible(&diagnostic.message),
        excerpt: files
            .next()
            .map(|(_, source, labels)| Excerpt::new(source, &labels, width)),
        help: None,
    }];
    sections.extend(files.map(|(_, source, labels)| Section {
        code: None,
        severity: miette::Severity::Advice,
        message: format!("see also `{}`", visible(&source.name)),
        excerpt: Some(Excerpt::new(source, &labels, width)),
        help: None,
    }));
    if let Some(last) = sections.last_mut() {
        last.help = diagnostic.help.as_deref().map(visible);
    }
    sections
}

/// What miette draws in one go.
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

/// A named text and the places in it, its lines cut to the width of the terminal.
#[derive(Debug)]
struct Excerpt {
    name: String,
    text: String,
    labels: Vec<LabeledSpan>,
    /// Columns of the places in the whole text, in characters from 0.
    columns: Vec<usize>,
}

impl Excerpt {
    fn new(source: &Source, labels: &[&Label], width: usize) -> Self {
        let whole = visible(&source.text);
        let spans: Vec<(usize, usize)> = labels
            .iter()
            .map(|label| fitted(label.span, &source.text))
            .collect();
        let line_start = |offset: usize| whole[..offset].rfind('\n').map_or(0, |i| i + 1);
        let columns = spans.iter().map(|&(start, _)| {
            let line = &whole[line_start(start)..start];
            line.chars().count()
        });
        let columns: Vec<usize> = columns.collect();
        let room = width.saturating_sub(margin(&whole, &spans));
        let marked = labels
            .iter()
            .zip(&spans)
            .map(|(label, &(start, end))| Marked {
                span: start..end,
                columns: match label.text.chars().take(NARROWEST_LABEL).count() {
                    0 => 0,
                    words => words + CORNER,
                },
            });
        let marked: Vec<Marked> = marked.collect();
        let (mut text, clipped) = clip(&whole, &marked, room);
        let labels: Vec<LabeledSpan> = labels
            .iter()
            .zip(&clipped)
            .enumerate()
            .map(|(i, (label, span))| {
                let words = (!label.text.is_empty()).then(|| {
                    // It stands behind a corner below the middle of what is underlined.
                    let line = text[..span.start].rfind('\n').map_or(0, |i| i + 1);
                    let before = textwrap::core::display_width(&text[line..span.start]);
                    let words = visible(&label.text);
                    let half = textwrap::core::display_width(&text[span.clone()]) / 2;
                    let room = room.saturating_sub(before + half + CORNER);
                    textwrap::fill(&words, wrapping(room.max(NARROWEST_LABEL)))
                });
                if i == 0 {
                    LabeledSpan::new_primary_with_span(words, span.clone())
                } else {
                    LabeledSpan::new_with_span(words, span.clone())
                }
            })
            .collect();
        // A place behind the last character needs something to stand under.
        if labels.iter().any(|label| label.offset() == text.len()) {
            text.push(' ');
        }
        Excerpt {
            name: visible(&source.name),
            text,
            labels,
            columns,
        }
    }
}

/// Columns that stand before a source line: its number, a bar, and arrows where a label goes over several lines.
fn margin(text: &str, spans: &[(usize, usize)]) -> usize {
    let last = spans.iter().map(|(_, end)| *end).max().unwrap_or(0);
    let digits = (text[..last].matches('\n').count() + 2).to_string().len();
    let arrows = spans
        .iter()
        .filter(|(start, end)| text[*start..*end].contains('\n'));
    let arrows = match arrows.count() {
        0 => 0,
        several => several + 3,
    };
    digits + 4 + arrows
}

impl SourceCode for Excerpt {
    /// As miette reads any text, but with a name, and with columns in characters instead of bytes.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, before, after)?;
        let start = read.span().offset();
        let is_label = |label: &&LabeledSpan| label.offset() == span.offset();
        let known = self.labels.iter().zip(&self.columns);
        let known = known
            .filter(|(label, _)| is_label(label))
            .map(|(_, column)| *column);
        let column = if before == 0
            && let Some(column) = known.min()
        {
            column
        } else if before == 0 {
            let head = self.text.get(..start).unwrap_or_default();
            let line = head.rfind('\n').map_or(0, |i| i + 1);
            head.get(line..).unwrap_or_default().chars().count()
        } else {
            read.column()
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            *read.span(),
            read.line(),
            column,
            read.line_count(),
        )))
    }
}
