//! Cuts source lines to the width of a terminal, around the underlined places.
//!
//! Invariant: the cut text has the same number of lines as the original, so that line numbers stay right.

use std::ops::Range;

use textwrap::core::display_width;

/// Width of a tab in an excerpt, in columns.
const TAB_COLUMNS: usize = 4;
/// Columns shown before an underlined place if the line is cut.
const LEAD_COLUMNS: usize = 16;
const ELLIPSIS: &str = "…";

/// An underlined range of a text, and the columns that its label takes to the right of its middle.
pub struct MarkedRange {
    pub span: Range<usize>,
    pub columns: usize,
}

/// Cuts the lines of a text to `width` columns. Returns the new text and the byte ranges of the marked places in it.
pub fn clip(text: &str, marked: &[MarkedRange], width: usize) -> (String, Vec<Range<usize>>) {
    let spans: Vec<&Range<usize>> = marked.iter().map(|marked| &marked.span).collect();
    let lines = line_ranges(text);
    let line_of = |offset: usize| {
        let after = lines.partition_point(|line| line.start <= offset);
        after.saturating_sub(1)
    };
    let places: Vec<(usize, usize)> = spans
        .iter()
        .map(|span| (line_of(span.start), line_of(span.end.max(span.start))))
        .collect();
    let mut out = String::new();
    let mut clipped: Vec<Range<usize>> = vec![0..0; spans.len()];
    for (number, line) in lines.iter().enumerate() {
        // The line is cut around the first span that starts here or, without one, the first that ends here.
        let begins = (0..spans.len()).find(|&i| places[i].0 == number);
        let ends = (0..spans.len()).find(|&i| places[i].1 == number);
        let focus = match (begins, ends) {
            (Some(i), _) => MarkedRange {
                span: spans[i].start..spans[i].end.min(line.end).max(spans[i].start),
                columns: marked[i].columns,
            },
            (None, Some(i)) => MarkedRange {
                span: spans[i].end..spans[i].end,
                columns: marked[i].columns,
            },
            (None, None) => MarkedRange {
                span: line.start..line.start,
                columns: 0,
            },
        };
        let window = window(text, line, &focus, width);
        let start = out.len();
        if window.start > line.start {
            out.push_str(ELLIPSIS);
        }
        let shift = out.len();
        out.push_str(&text[window.clone()]);
        let end = out.len();
        if window.end < line.end {
            out.push_str(ELLIPSIS);
        }
        let place = |offset: usize| match offset {
            offset if offset < window.start => start,
            offset if offset > window.end => out.len().max(end),
            offset => shift + (offset - window.start),
        };
        for i in 0..spans.len() {
            if places[i].0 == number {
                clipped[i].start = place(spans[i].start);
            }
            if places[i].1 == number {
                clipped[i].end = place(spans[i].end);
            }
        }
        if number + 1 < lines.len() {
            out.push('\n');
        }
    }
    (out, clipped)
}

/// Byte range of each line, without its line break.
fn line_ranges(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    text.split('\n')
        .map(|line| {
            let range = start..start + line.len();
            start += line.len() + 1;
            let end = range.end - usize::from(line.ends_with('\r'));
            range.start..end
        })
        .collect()
}

/// The byte range of a line that is shown in `width` columns; it includes the start of `focus`.
fn window(text: &str, line: &Range<usize>, focus: &MarkedRange, width: usize) -> Range<usize> {
    let shown = &text[line.clone()];
    let focus_start = focus.span.start.clamp(line.start, line.end);
    let focus_end = focus.span.end.clamp(focus_start, line.end);
    // The test for bytes avoids measuring very long lines.
    if shown.len() <= width * 4 && columns(shown) <= width {
        let before = columns(&text[line.start..focus_start]);
        let half = columns(&text[focus_start..focus_end]) / 2;
        if focus.columns == 0 || before + half + focus.columns <= width {
            return line.clone();
        }
    }
    // One column for the ellipsis at each end.
    let room = width.saturating_sub(2).max(1);
    // The focus with the columns before it, as far as they fit.
    let lead = LEAD_COLUMNS.min(room / 3);
    let start = back(text, line.start..focus_start, lead);
    let mut end = start;
    let mut used = 0;
    for c in text[start..line.end].chars() {
        used += width_of(c);
        if used > room {
            break;
        }
        end += c.len_utf8();
    }
    // The remaining columns show more of the text before, except those that the label needs.
    let shown_focus = columns(&text[focus_start..focus_end.min(end).max(focus_start)]);
    let before = room.saturating_sub(focus.columns + shown_focus / 2);
    let left = room
        .saturating_sub(columns(&text[start..end]))
        .min(before.saturating_sub(columns(&text[start..focus_start])));
    back(text, line.start..start, left)..end
}

/// Start of the longest suffix of a byte range that fits into `columns`.
fn back(text: &str, stretch: Range<usize>, columns: usize) -> usize {
    let mut start = stretch.end;
    let mut used = 0;
    for c in text[stretch].chars().rev() {
        used += width_of(c);
        if used > columns {
            break;
        }
        start -= c.len_utf8();
    }
    start
}

fn columns(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

fn width_of(c: char) -> usize {
    match c {
        '\t' => TAB_COLUMNS,
        c => display_width(c.encode_utf8(&mut [0; 4])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(span: Range<usize>) -> MarkedRange {
        MarkedRange { span, columns: 0 }
    }

    #[test]
    fn a_label_has_room() {
        let text = format!("{} needle", "a".repeat(70));
        let marked = MarkedRange {
            span: 71..77,
            columns: 30,
        };
        let (clipped, spans) = clip(&text, &[marked], 80);
        assert!(
            columns(&clipped[..spans[0].start]) + 3 + 30 <= 80,
            "{clipped}"
        );
        assert_eq!(&clipped[spans[0].clone()], "needle");
    }

    #[test]
    fn a_short_line_stays() {
        let text = "one\ntwo three\nfour";
        let (clipped, spans) = clip(text, &[mark(8..13)], 40);
        assert_eq!(clipped, text);
        assert_eq!(spans[0], 8..13);
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_underlined() {
        let text = format!("{} needle {}", "a".repeat(1000), "b".repeat(1_000_000));
        let at = 1001..1007;
        let (clipped, spans) = clip(&text, &[mark(at)], 40);
        assert!(columns(&clipped) <= 40, "{clipped}");
        assert_eq!(&clipped[spans[0].clone()], "needle");
        assert!(
            clipped.starts_with('…') && clipped.ends_with('…'),
            "{clipped}"
        );
    }

    #[test]
    fn a_span_longer_than_the_line_begins_in_it() {
        let text = "x".repeat(500);
        let (clipped, spans) = clip(&text, &[mark(100..400)], 30);
        assert!(columns(&clipped) <= 30);
        assert!(spans[0].start < spans[0].end && spans[0].end <= clipped.len());
        // The end of a line, where something is missing.
        let (clipped, spans) = clip(&text, &[mark(500..500)], 30);
        assert_eq!(spans[0], clipped.len()..clipped.len());
    }

    #[test]
    fn lines_keep_their_numbers() {
        let long = "é".repeat(300);
        let text = format!("{long}\r\n{long}\n{long}\n{long}");
        let second = long.len() + 2;
        let (clipped, spans) = clip(&text, &[mark(second..second + long.len() + 5)], 20);
        assert_eq!(clipped.matches('\n').count(), 3);
        assert_eq!(clipped[..spans[0].start].matches('\n').count(), 1);
        assert_eq!(clipped[..spans[0].end].matches('\n').count(), 2);
    }
}
