//! How text for a person may look. Decided once, by whoever owns the terminal; whatever renders is told.

/// What the reader's terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours may be used.
    pub colour: bool,
    /// Whether lines and symbols may leave ASCII.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
}

impl Style {
    /// 80 columns of Unicode without colour: what is written to a file or a pipe.
    pub const PLAIN: Style = Style {
        colour: false,
        unicode: true,
        width: 80,
    };

    /// What the environment tells of this process's terminal, or the plain style where the text goes elsewhere.
    ///
    /// `NO_COLOR` (unless empty) and `TERM=dumb` take colours away, and a locale that is not UTF-8 takes Unicode
    /// away. The width is the terminal's, unless `COLUMNS` says otherwise.
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
            unicode: locale.is_none_or(|locale| speaks_unicode(&locale)),
            width: columns.or_else(size).unwrap_or(Style::PLAIN.width),
        }
    }

    pub fn with_width(self, width: usize) -> Style {
        Style { width, ..self }
    }

    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }

    pub fn red(self, text: &str) -> String {
        self.paint("31", text)
    }

    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    pub fn blue(self, text: &str) -> String {
        self.paint("34", text)
    }

    pub fn magenta(self, text: &str) -> String {
        self.paint("35", text)
    }

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

fn speaks_unicode(locale: &str) -> bool {
    let locale = locale.to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
