//! Text layout: paragraphs, lists of facts and tables within a given width.

use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};
use textwrap::core::display_width;

pub use crate::display::{comma_separated, common_value, distinct, with_unit};
use gia_base::diag::{Style, replace_control, wrapping};

/// Minimum width of a page; no narrower table is readable.
const MIN_WIDTH: usize = 40;
/// Maximum width of text, for readability.
const MAX_TEXT_WIDTH: usize = 100;
const INDENT: &str = "  ";
/// Spaces between columns in a wide and in a narrow table.
const COLUMN_GAP: [u16; 2] = [3, 2];
/// Minimum width of a wrapped column of words.
const MIN_WORDS_WIDTH: u16 = 12;

/// One column of a table, its cells from top to bottom.
pub struct Column {
    pub header: String,
    pub cells: Vec<String>,
    pub right: bool,
}

impl Column {
    /// A column of words, wrapped if the terminal is too narrow.
    pub fn text(header: &str, cells: Vec<String>) -> Column {
        Column {
            header: header.to_string(),
            cells,
            right: false,
        }
    }

    /// A column of numbers padded to equal width, never wrapped.
    pub fn numbers(header: &str, cells: Vec<String>) -> Column {
        Column {
            header: header.to_string(),
            cells,
            right: true,
        }
    }

    /// The width below which a word or a number breaks.
    fn min_width(&self) -> usize {
        let head = self.header.split(' ').map(display_width).max().unwrap_or(0);
        let cells = self.cells.iter().map(|cell| match self.right {
            true => display_width(cell),
            false => cell.split(' ').map(display_width).max().unwrap_or(0),
        });
        let head = match self.right {
            true => display_width(&self.header),
            false => head,
        };
        cells.max().unwrap_or(0).max(head)
    }

    /// The width below which the column is not drawn: words are wrapped no narrower than [`MIN_WORDS_WIDTH`].
    fn least_width(&self) -> usize {
        let texts = self.cells.iter().chain([&self.header]);
        let whole = texts.map(|text| display_width(text)).max().unwrap_or(0);
        self.min_width()
            .max(whole.min(usize::from(MIN_WORDS_WIDTH)))
    }

    /// Blanks a word that repeats the one above.
    pub fn blank_repeats(mut self) -> Column {
        let mut above = String::new();
        for cell in &mut self.cells {
            if *cell == above {
                cell.clear();
            } else if !cell.is_empty() {
                above.clone_from(cell);
            }
        }
        self
    }
}

/// Rows of a table that belong together.
pub struct Section {
    /// Its first row.
    pub row: usize,
    /// Heading: what its rows have in common and no column shows.
    pub heading: Option<String>,
}

impl Section {
    pub fn new(row: usize, heading: Option<String>) -> Section {
        Section { row, heading }
    }
}

/// A page of text, to which lines are appended.
pub struct Page {
    pub style: Style,
    text: String,
}

impl Page {
    pub fn new(style: Style) -> Page {
        let width = style.width.max(MIN_WIDTH);
        Page {
            style: Style { width, ..style },
            text: String::new(),
        }
    }

    pub fn into_text(self) -> String {
        self.text
    }

    pub fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Adds an empty line, unless there is one or the page is empty.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub fn title(&mut self, title: &str) {
        let title = replace_control(title);
        let bar = self.bar();
        let rest = self.style.width.saturating_sub(display_width(&title) + 4);
        let start = self.style.dim(&bar.repeat(2));
        let end = self.style.dim(&bar.repeat(rest));
        let title = self.style.bold(&title);
        self.line(&format!("{start} {title} {end}"));
    }

    pub fn rule(&mut self) {
        let rule = self.bar().repeat(self.style.width);
        self.line(&self.style.dim(&rule));
    }

    pub fn paragraph(&mut self, text: &str) {
        for line in self.wrapped(text, "", "") {
            self.line(&line);
        }
    }

    /// Adds a dimmed paragraph, for methods.
    pub fn note(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        for line in self.wrapped(text, INDENT, INDENT) {
            self.line(&self.style.dim(&line));
        }
    }

    /// Adds facts in a row; lines break between facts if possible.
    pub fn facts(&mut self, facts: &[String]) {
        let separator = if self.style.unicode { " · " } else { "; " };
        let width = self.style.width;
        let mut line = String::new();
        for fact in facts.iter().map(|fact| replace_control(fact)) {
            let wide = display_width(&line) + display_width(separator) + display_width(&fact);
            if !line.is_empty() && wide > width {
                self.paragraph(&std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push_str(separator);
            }
            line.push_str(&fact);
        }
        self.paragraph(&line);
    }

    /// Adds a table, with an empty line before each row in `breaks`.
    pub fn table(&mut self, columns: &[Column], breaks: &[usize]) {
        let sections: Vec<Section> = breaks.iter().map(|row| Section::new(*row, None)).collect();
        self.sections(columns, &sections);
    }

    /// Adds a table in sections, each preceded by an empty line and its heading.
    pub fn sections(&mut self, columns: &[Column], sections: &[Section]) {
        for line in drawn(columns, sections, self.style) {
            self.line(&format!("{INDENT}{line}"));
        }
    }

    /// Whether a table of these columns fits, with columns of words as wide as they are drawn at least.
    pub fn fits(&self, columns: &[Column]) -> bool {
        let [_, tight] = COLUMN_GAP;
        let needed: usize = columns.iter().map(Column::least_width).sum();
        let between = usize::from(tight) * columns.len().saturating_sub(1);
        INDENT.len() + needed + between <= self.style.width
    }

    /// A text wrapped to a readable width.
    pub fn wrapped(&self, text: &str, first: &str, rest: &str) -> Vec<String> {
        let options = wrapping(self.style.width.min(MAX_TEXT_WIDTH))
            .initial_indent(first)
            .subsequent_indent(rest);
        let text = replace_control(text);
        let lines = textwrap::wrap(&text, options);
        lines.into_iter().map(String::from).collect()
    }

    fn bar(&self) -> &'static str {
        if self.style.unicode { "─" } else { "-" }
    }
}

fn drawn(columns: &[Column], sections: &[Section], style: Style) -> Vec<String> {
    let bar = if style.unicode { '─' } else { '-' };
    let width = u16::try_from(style.width - INDENT.len()).unwrap_or(u16::MAX);
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill(bar)))
        .force_no_tty()
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(columns.iter().map(|c| cell(&c.header, c.right)));
    let rows = columns.iter().map(|c| c.cells.len()).max().unwrap_or(0);
    for row in 0..rows {
        if sections.iter().any(|section| section.row == row) {
            table.add_row(columns.iter().map(|_| Cell::new("")));
        }
        table.add_row(
            columns
                .iter()
                .map(|c| cell(c.cells.get(row).map_or("", String::as_str), c.right)),
        );
    }

    let widths = table.column_max_content_widths();
    let gaps = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let needed = widths.iter().fold(0, |sum: u16, w| sum.saturating_add(*w));
    let [roomy, tight] = COLUMN_GAP;
    let between = if needed.saturating_add(gaps.saturating_mul(roomy)) <= width {
        roomy
    } else {
        tight
    };
    let least: usize = columns.iter().map(Column::min_width).sum();
    let whole = least + usize::from(gaps.saturating_mul(between)) <= usize::from(width);
    for (i, (column, content)) in table.column_iter_mut().zip(columns).enumerate() {
        let right = if i + 1 == columns.len() { 0 } else { between };
        column.set_padding((0, right));
        column.set_constraint(if content.right {
            ColumnConstraint::ContentWidth
        } else {
            // Words break only where they leave no choice.
            let words = widths.get(i).copied().unwrap_or(0).min(MIN_WORDS_WIDTH);
            let whole = if whole { content.min_width() } else { 0 };
            let words = words.max(u16::try_from(whole).unwrap_or(u16::MAX).min(width));
            ColumnConstraint::LowerBoundary(Width::Fixed(words + right))
        });
    }

    let mut lines = Vec::new();
    let mut sections = sections.iter();
    let mut heading = true;
    for line in table.lines() {
        let line = line.trim_end();
        if heading {
            let is_rule = !line.is_empty() && line.chars().all(|c| c == bar);
            heading = !is_rule;
            lines.push(if is_rule {
                style.dim(line)
            } else {
                style.bold(line)
            });
        } else if line.is_empty() {
            // No row of a table is empty, so that here a section begins.
            let section = sections.next();
            if section.is_some_and(|section| section.row > 0) {
                lines.push(String::new());
            }
            if let Some(heading) = section.and_then(|section| section.heading.as_ref()) {
                lines.push(style.bold(&replace_control(heading)));
            }
        } else {
            lines.push(line.to_string());
        }
    }
    lines
}

fn cell(text: &str, right: bool) -> Cell {
    Cell::new(replace_control(text)).set_alignment(if right {
        CellAlignment::Right
    } else {
        CellAlignment::Left
    })
}
