//! The source lines around the labels of a diagnostic, cut to the width of the terminal.
//!
//! Only these lines are copied, so that the cost does not depend on the position in a long file.

use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::clip::{MarkedRange, clip};
use super::escape::replace_control;
use super::location::clamp_to_text;
use crate::diag::{Label, wrapping};
use crate::source::Source;

/// Lines shown before and after a label.
pub const CONTEXT_LINES: usize = 1;
/// Maximum number of lines shown of a label; of a longer label, the first ones.
const MAX_LABEL_LINES: usize = 20;
/// Maximum number of lines between two fragments that are shown rather than left out.
const MAX_GAP_LINES: usize = 1;
/// Minimum width to which the text of a label is wrapped, in columns.
const MIN_LABEL_COLUMNS: usize = 24;
/// Columns from the middle of the underline to the text of the label below it.
const LABEL_OFFSET_COLUMNS: usize = 4;

/// Source lines around labels, with the labels.
#[derive(Debug)]
pub struct Excerpt {
    name: String,
    text: String,
    fragments: Vec<Fragment>,
    pub labels: Vec<LabeledSpan>,
    /// Column of each label in the source, in characters from 0.
    columns: Vec<usize>,
}

/// Adjacent lines of the source.
#[derive(Debug)]
struct Fragment {
    /// Number of the first line in the source, from 0.
    first_line: usize,
    /// Bytes of the excerpt's text.
    bytes: Range<usize>,
}

impl Excerpt {
    pub fn new(source: &Source, labels: &[&Label], width: usize) -> Self {
        let mut spans: Vec<Range<usize>> = Vec::new();
        for label in labels {
            let (start, end) = clamp_to_text(label.span, &source.text);
            spans.push(start..shown_end(source, start, end));
        }
        let column = |span: &Range<usize>| {
            let line = source.line_range(source.line_of(span.start));
            source.text[line.start..span.start].chars().count()
        };
        let columns = spans.iter().map(column).collect();
        let room = width.saturating_sub(margin(source, &spans));

        let mut excerpt = Excerpt {
            name: replace_control(&source.name),
            text: String::new(),
            fragments: Vec::new(),
            labels: Vec::new(),
            columns,
        };
        let mut clipped = vec![0..0; spans.len()];
        for lines in line_ranges(source, &spans) {
            let places = excerpt.push(source, &lines, labels, &spans, room);
            for (i, place) in places {
                clipped[i] = place;
            }
        }
        let labels = labels.iter().zip(clipped).enumerate();
        let labels = labels.map(|(i, (label, span))| excerpt.label(i == 0, label, span, room));
        excerpt.labels = labels.collect();
        excerpt
    }

    /// Appends lines of a source. Returns the labels in them, by index, with their byte ranges in the excerpt.
    fn push(
        &mut self,
        source: &Source,
        lines: &Range<usize>,
        labels: &[&Label],
        spans: &[Range<usize>],
        room: usize,
    ) -> Vec<(usize, Range<usize>)> {
        let from = source.line_range(lines.start).start;
        // Includes the line break, without which miette omits an empty last line.
        let to = source.line_range(lines.end).start;
        let shown = replace_control(&source.text[from..to]);
        let inside = |i: &usize| spans[*i].start >= from && spans[*i].start <= to;
        let inside: Vec<usize> = (0..spans.len()).filter(inside).collect();
        let marked = inside.iter().map(|&i| MarkedRange {
            span: spans[i].start - from..spans[i].end.min(to) - from,
            columns: match labels[i].text.chars().take(MIN_LABEL_COLUMNS).count() {
                0 => 0,
                words => words + LABEL_OFFSET_COLUMNS,
            },
        });
        let marked: Vec<MarkedRange> = marked.collect();
        let (mut text, clipped) = clip(&shown, &marked, room);
        // A label at the end of the text needs a character to underline.
        if clipped.iter().any(|span| span.start == text.len()) {
            text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(&text);
        self.fragments.push(Fragment {
            first_line: lines.start,
            bytes: start..self.text.len(),
        });
        let moved = clipped.iter().map(|s| start + s.start..start + s.end);
        inside.into_iter().zip(moved).collect()
    }

    /// A label whose text is wrapped to the columns that remain right of the middle of its underline.
    fn label(
        &self,
        is_primary: bool,
        label: &Label,
        span: Range<usize>,
        room: usize,
    ) -> LabeledSpan {
        let words = (!label.text.is_empty()).then(|| {
            let start = self.fragment_at(span.start).map_or(0, |p| p.bytes.start);
            let head = &self.text[start..span.start];
            let line = start + head.rfind('\n').map_or(0, |i| i + 1);
            let before = textwrap::core::display_width(&self.text[line..span.start]);
            let words = replace_control(&label.text);
            let half = textwrap::core::display_width(&self.text[span.clone()]) / 2;
            let room = room.saturating_sub(before + half + LABEL_OFFSET_COLUMNS);
            textwrap::fill(&words, wrapping(room.max(MIN_LABEL_COLUMNS)))
        });
        if is_primary {
            LabeledSpan::new_primary_with_span(words, span)
        } else {
            LabeledSpan::new_with_span(words, span)
        }
    }

    /// The fragment that holds a byte of the excerpt.
    fn fragment_at(&self, offset: usize) -> Option<&Fragment> {
        let after = self.fragments.partition_point(|p| p.bytes.start <= offset);
        self.fragments.get(after.checked_sub(1)?)
    }
}

/// End of the underline, in bytes: a label of many lines is cut after the first [`MAX_LABEL_LINES`].
fn shown_end(source: &Source, start: usize, end: usize) -> usize {
    let last = source.line_of(start) + MAX_LABEL_LINES - 1;
    if source.line_of(end) <= last {
        return end;
    }
    source.line_range(last).end
}

/// Line ranges around the labels, in order; ranges that are close together are merged.
fn line_ranges(source: &Source, spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let last_line = source.line_of(source.text.len());
    let mut around: Vec<Range<usize>> = spans
        .iter()
        .map(|span| {
            let first = source.line_of(span.start).saturating_sub(CONTEXT_LINES);
            let last = (source.line_of(span.end) + CONTEXT_LINES).min(last_line);
            first..last + 1
        })
        .collect();
    around.sort_by_key(|lines| (lines.start, lines.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for lines in around {
        match joined.last_mut() {
            Some(before) if lines.start <= before.end + MAX_GAP_LINES => {
                before.end = before.end.max(lines.end)
            }
            _ => joined.push(lines),
        }
    }
    joined
}

/// Columns before a source line: line number, bar, and arrows of labels over several lines.
fn margin(source: &Source, spans: &[Range<usize>]) -> usize {
    let last = spans.iter().map(|span| span.end).max().unwrap_or(0);
    let digits = (source.line_of(last) + 2).to_string().len();
    let over_lines = |span: &&Range<usize>| source.text[(*span).clone()].contains('\n');
    let arrows = match spans.iter().filter(over_lines).count() {
        0 => 0,
        several => several + 3,
    };
    digits + 4 + arrows
}

impl SourceCode for Excerpt {
    /// Like the implementation for `str`, but within one fragment, with the line numbers of the source, and with columns in
    /// characters instead of bytes.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let fragment = self
            .fragment_at(span.offset())
            .ok_or(MietteError::OutOfBounds)?;
        let text = &self.text[fragment.bytes.clone()];
        let local = SourceSpan::new((span.offset() - fragment.bytes.start).into(), span.len());
        let read = text.read_span(&local, before, after)?;
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
            let head = text.get(..start).unwrap_or_default();
            let line = head.rfind('\n').map_or(0, |i| i + 1);
            head.get(line..).unwrap_or_default().chars().count()
        } else {
            read.column()
        };
        // miette merges labels that are at most this many lines apart; its own count starts at the beginning of the text.
        let lines = MAX_GAP_LINES + read.data().split_inclusive(|byte| *byte == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            (fragment.bytes.start + start, read.span().len()).into(),
            fragment.first_line + read.line(),
            column,
            lines,
        )))
    }
}
