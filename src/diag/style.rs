//! How text for a person may look. Decided once by whoever owns the terminal; nothing here asks the environment.

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

    fn paint(self, ansi: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\x1b[{ansi}m{text}\x1b[0m")
        } else {
            text.to_string()
        }
    }
}
