//! A document as lines, with the comments that stand behind code aligned where their lines follow each other.
//!
//! Comments take no room while lines are broken: a long one breaks nothing.

use std::convert::Infallible;

use pretty::{Render, RenderAnnotated};

use super::MAX_LINE_COLUMNS;
use super::printer::{Doc, Mark};

/// Minimum number of blanks before a comment behind code.
const BEFORE_COMMENT: usize = 2;

#[derive(Default)]
struct Page<'a> {
    comments: &'a [&'a str],
    lines: Vec<Line<'a>>,
    last: Line<'a>,
}

#[derive(Default)]
struct Line<'a> {
    code: String,
    comment: Option<&'a str>,
}

/// The text of a document, which ends with a line break unless it is empty.
pub fn render(doc: &Doc, comments: &[&str]) -> String {
    let mut page = Page {
        comments,
        ..Page::default()
    };
    let Ok(()) = doc.1.render_raw(MAX_LINE_COLUMNS, &mut page);
    let mut lines = page.lines;
    lines.push(page.last);
    let mut text = String::new();
    for row in lines.chunk_by(|a, b| a.comment.is_some() == b.comment.is_some()) {
        let widths = row.iter().map(|line| width(&line.code));
        let widest = widths.max().unwrap_or(0);
        for line in row {
            text.push_str(&line.code);
            if let Some(comment) = line.comment {
                let blanks = widest - width(&line.code) + BEFORE_COMMENT;
                text.extend(std::iter::repeat_n(' ', blanks));
                text.push_str(comment);
            }
            text.push('\n');
        }
    }
    let end = text.trim_end_matches('\n').len();
    text.truncate(end);
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Columns that a document takes on one line; none where something in it ends the line.
pub fn width_on_one_line(doc: &Doc) -> Option<usize> {
    let mut page = Page::default();
    let Ok(()) = doc.clone().group().1.render_raw(usize::MAX, &mut page);
    page.lines.is_empty().then(|| width(&page.last.code))
}

fn width(text: &str) -> usize {
    textwrap::core::display_width(text)
}

impl Render for Page<'_> {
    type Error = Infallible;

    fn write_str(&mut self, text: &str) -> Result<usize, Infallible> {
        match text {
            "\n" => {
                let mut line = std::mem::take(&mut self.last);
                // An empty line is indented like the one below it.
                line.code.truncate(line.code.trim_end_matches(' ').len());
                self.lines.push(line);
            }
            text => self.last.code.push_str(text),
        }
        Ok(text.len())
    }

    fn fail_doc(&self) -> Infallible {
        unreachable!("no document is made that cannot be written")
    }
}

impl<'m> RenderAnnotated<'m, Mark> for Page<'_> {
    fn push_annotation(&mut self, mark: &'m Mark) -> Result<(), Infallible> {
        match *mark {
            Mark::Behind(i) => self.last.comment = self.comments.get(i).copied(),
            Mark::Alone(i) => self.last.code.extend(self.comments.get(i).copied()),
        }
        Ok(())
    }

    fn pop_annotation(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
