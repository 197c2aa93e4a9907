//! Colours, symbols and width of text output, decided once by the command line and passed to each renderer.

/// Capabilities of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours may be used.
    pub colour: bool,
    /// Whether box-drawing characters and other symbols beyond ASCII may be used.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Style {
    /// The style for files and pipes: 80 columns, Unicode, no colour.
    pub const PLAIN: Style = Style {
        colour: false,
        unicode: true,
        width: 80,
    };

    /// The style for this process's terminal, from the environment; [`Style::PLAIN`] if the text goes elsewhere.
    ///
    /// `NO_COLOR` (unless empty) and `TERM=dumb` disable colours; a locale other than UTF-8 disables Unicode. The width is the
    /// terminal's, unless `COLUMNS` is set.
    pub fn for_terminal(terminal: bool) -> Style {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let columns = variable("COLUMNS").and_then(|value| value.parse().ok());
        if !terminal {
            let width = columns.unwrap_or(Style::PLAIN.width);
            return Style::PLAIN.with_width(width);
        }
        let size = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(variable);
        Style {
            colour: variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|t| t != "dumb"),
            unicode: locale.is_none_or(|locale| is_unicode(&locale)),
            width: columns.or_else(size).unwrap_or(Style::PLAIN.width),
        }
    }

    /// The same style for a terminal of `width` columns.
    pub fn with_width(self, width: usize) -> Style {
        Style { width, ..self }
    }

    /// The text in bold; unchanged without colour.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// The text with less emphasis; unchanged without colour.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// The text in red; unchanged without colour.
    pub fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// The text in green; unchanged without colour.
    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// The text in yellow; unchanged without colour.
    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// The text in blue; unchanged without colour.
    pub fn blue(self, text: &str) -> String {
        self.paint("34", text)
    }

    /// The text in magenta; unchanged without colour.
    pub fn magenta(self, text: &str) -> String {
        self.paint("35", text)
    }

    /// The text in cyan; unchanged without colour.
    pub fn cyan(self, text: &str) -> String {
        self.paint("36", text)
    }

    fn paint(self, ansi: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\x1b[{ansi}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }
}

fn is_unicode(locale: &str) -> bool {
    let locale = locale.to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
