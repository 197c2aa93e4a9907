//! Tables with a caption, scoped headers, aligned numbers, and a frame that scrolls on narrow screens.

use maud::{Markup, Render, html};

use gia_base::diag::replace_control;

/// Maximum number of rows of an open table; longer ones are folded, since the figure above shows them.
const MAX_OPEN_ROWS: usize = 30;

/// Maximum number of characters of a cell that stays on one line.
const MAX_LINE_CHARS: usize = 30;

/// A table, built column by column.
pub struct Table {
    pub caption: String,
    columns: Vec<Column>,
    rows: usize,
}

struct Column {
    header: String,
    number: bool,
    cells: Vec<Cell>,
}

/// Content of a cell.
pub enum Cell {
    Text(String),
    Drawn(Markup),
}

impl Cell {
    /// Whether it may wrap.
    fn is_long(&self) -> bool {
        matches!(self, Cell::Text(text) if text.chars().count() > MAX_LINE_CHARS)
    }
}

impl Render for Cell {
    fn render(&self) -> Markup {
        match self {
            Cell::Text(text) => html! { (text) },
            Cell::Drawn(markup) => html! { (markup) },
        }
    }
}

impl Table {
    pub fn new(caption: impl Into<String>, rows: usize) -> Table {
        Table {
            caption: caption.into(),
            columns: Vec::new(),
            rows,
        }
    }

    pub fn text(&mut self, header: &str, cells: impl IntoIterator<Item = String>) {
        self.push(header, false, cells.into_iter().map(Cell::Text).collect());
    }

    pub fn drawn(&mut self, header: &str, cells: Vec<Cell>) {
        self.push(header, false, cells);
    }

    /// A column of formatted numbers; hyphens become minus signs.
    pub fn numbers(&mut self, header: &str, cells: impl IntoIterator<Item = String>) {
        let cells = cells.into_iter().map(|cell| match cell.as_str() {
            "-" => Cell::Text("–".to_string()),
            number => Cell::Text(number.replace('-', "−")),
        });
        self.push(header, true, cells.collect());
    }

    fn push(&mut self, header: &str, number: bool, cells: Vec<Cell>) {
        let header = replace_control(header);
        self.columns.push(Column {
            header,
            number,
            cells,
        });
    }

    /// Renders the table; `id` names its frame.
    pub fn markup(&self, id: &str) -> Markup {
        if self.rows == 0 || self.columns.is_empty() {
            return html! {};
        }
        if self.rows <= MAX_OPEN_ROWS {
            return self.framed(id);
        }
        html! {
            details {
                summary { (self.caption) ", " (crate::number::count(self.rows)) " rows" }
                (self.framed(id))
            }
        }
    }

    fn framed(&self, id: &str) -> Markup {
        let caption = format!("{id}-caption");
        html! {
            div.scroll role="group" aria-labelledby=(caption) tabindex="0" {
                table {
                    caption id=(caption) { (self.caption) }
                    thead { tr {
                        @for column in &self.columns {
                            th scope="col" class=[column.number.then_some("n")] { (column.header) }
                        }
                    } }
                    tbody {
                        @for row in 0..self.rows { tr {
                            @for (i, column) in self.columns.iter().enumerate() {
                                @if let Some(cell) = column.cells.get(row) {
                                    @if i == 0 { th scope="row" class=[cell.is_long().then_some("w")] { (cell) } }
                                    @else if column.number { td.n { (cell) } }
                                    @else { td class=[cell.is_long().then_some("w")] { (cell) } }
                                }
                            }
                        } }
                    }
                }
            }
        }
    }
}
