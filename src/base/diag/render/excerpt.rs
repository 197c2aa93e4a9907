//! The lines of a source around the places that a diagnostic underlines, cut to the width of the terminal.
//!
//! Only these lines are copied and read, so that a diagnostic costs the same at either end of a long file.

use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::clip::{Marked, clip};
use super::place::{fitted, visible};
use crate::diag::{Label, wrapping};
use crate::source::Source;

/// Lines that are shown before and after an underlined place.
pub const CONTEXT_LINES: usize = 1;
/// Lines of an underlined place that are shown: of a longer one, its first.
const MAX_LINES: usize = 20;
/// Lines between two excerpts that are shown rather than left out.
const FILLED: usize = 1;
/// Words of a label are not wrapped narrower than this.
const NARROWEST_LABEL: usize = 24;
/// Columns from the middle of what is underlined to the words below it.
const CORNER: usize = 4;

/// A named source, the lines around the places in it, and the places.
#[derive(Debug)]
pub struct Excerpt {
    name: String,
    text: String,
    pieces: Vec<Piece>,
    pub labels: Vec<LabeledSpan>,
    /// Columns of the places in the source, in characters from 0.
    columns: Vec<usize>,
}

/// Lines of the source that stand next to each other.
#[derive(Debug)]
struct Piece {
    /// Number of the first line in the source, from 0.
    first_line: usize,
    /// Bytes of the excerpt's text.
    bytes: Range<usize>,
}

impl Excerpt {
    pub fn new(source: &Source, labels: &[&Label], width: usize) -> Self {
        let mut spans: Vec<Range<usize>> = Vec::new();
        for label in labels {
            let (start, end) = fitted(label.span, &source.text);
            spans.push(start..shown_end(source, start, end));
        }
        let column = |span: &Range<usize>| {
            let line = source.line_range(source.line_of(span.start));
            source.text[line.start..span.start].chars().count()
        };
        let columns = spans.iter().map(column).collect();
        let room = width.saturating_sub(margin(source, &spans));

        let mut excerpt = Excerpt {
            name: visible(&source.name),
            text: String::new(),
            pieces: Vec::new(),
            labels: Vec::new(),
            columns,
        };
        let mut clipped = vec![0..0; spans.len()];
        for lines in neighbourhoods(source, &spans) {
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

    /// Appends lines of a source; returns where the places in them lie in the text of the excerpt.
    fn push(
        &mut self,
        source: &Source,
        lines: &Range<usize>,
        labels: &[&Label],
        spans: &[Range<usize>],
        room: usize,
    ) -> Vec<(usize, Range<usize>)> {
        let from = source.line_range(lines.start).start;
        // With its line end, without which miette leaves out a last line that is empty.
        let to = source.line_range(lines.end).start;
        let shown = visible(&source.text[from..to]);
        let inside = |i: &usize| spans[*i].start >= from && spans[*i].start <= to;
        let inside: Vec<usize> = (0..spans.len()).filter(inside).collect();
        let marked = inside.iter().map(|&i| Marked {
            span: spans[i].start - from..spans[i].end.min(to) - from,
            columns: match labels[i].text.chars().take(NARROWEST_LABEL).count() {
                0 => 0,
                words => words + CORNER,
            },
        });
        let marked: Vec<Marked> = marked.collect();
        let (mut text, clipped) = clip(&shown, &marked, room);
        // A place behind the last character needs something to stand under.
        if clipped.iter().any(|span| span.start == text.len()) {
            text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(&text);
        self.pieces.push(Piece {
            first_line: lines.start,
            bytes: start..self.text.len(),
        });
        let moved = clipped.iter().map(|s| start + s.start..start + s.end);
        inside.into_iter().zip(moved).collect()
    }

    /// A place with its words, wrapped to the room behind the corner below the middle of what is underlined.
    fn label(
        &self,
        is_primary: bool,
        label: &Label,
        span: Range<usize>,
        room: usize,
    ) -> LabeledSpan {
        let words = (!label.text.is_empty()).then(|| {
            let start = self.piece_at(span.start).map_or(0, |p| p.bytes.start);
            let head = &self.text[start..span.start];
            let line = start + head.rfind('\n').map_or(0, |i| i + 1);
            let before = textwrap::core::display_width(&self.text[line..span.start]);
            let words = visible(&label.text);
            let half = textwrap::core::display_width(&self.text[span.clone()]) / 2;
            let room = room.saturating_sub(before + half + CORNER);
            textwrap::fill(&words, wrapping(room.max(NARROWEST_LABEL)))
        });
        if is_primary {
            LabeledSpan::new_primary_with_span(words, span)
        } else {
            LabeledSpan::new_with_span(words, span)
        }
    }

    /// The piece that holds a byte of the text.
    fn piece_at(&self, offset: usize) -> Option<&Piece> {
        let after = self.pieces.partition_point(|p| p.bytes.start <= offset);
        self.pieces.get(after.checked_sub(1)?)
    }
}

/// Where what is underlined ends: a place of many lines is cut behind the first of them.
fn shown_end(source: &Source, start: usize, end: usize) -> usize {
    let last = source.line_of(start) + MAX_LINES - 1;
    if source.line_of(end) <= last {
        return end;
    }
    source.line_range(last).end
}

/// The lines around each place, those that are close together as one, in order.
fn neighbourhoods(source: &Source, spans: &[Range<usize>]) -> Vec<Range<usize>> {
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
            Some(before) if lines.start <= before.end + FILLED => {
                before.end = before.end.max(lines.end)
            }
            _ => joined.push(lines),
        }
    }
    joined
}

/// Columns that stand before a source line: its number, a bar, and arrows where a label goes over several lines.
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
    /// As miette reads any text, but of one piece, with a name, with lines as the source counts them, and with columns
    /// in characters instead of bytes.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let piece = self
            .piece_at(span.offset())
            .ok_or(MietteError::OutOfBounds)?;
        let text = &self.text[piece.bytes.clone()];
        let local = SourceSpan::new((span.offset() - piece.bytes.start).into(), span.len());
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
        // miette joins the places that are this many lines apart or less; by itself it counts from the start of the text.
        let lines = FILLED + read.data().split_inclusive(|byte| *byte == b'\n').count();
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            (piece.bytes.start + start, read.span().len()).into(),
            piece.first_line + read.line(),
            column,
            lines,
        )))
    }
}
