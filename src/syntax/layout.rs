//! Prepares a text for the grammar without moving a byte: comments become blanks, and so does every line break that
//! does not end a statement. Spans into the prepared text are spans into the original.
//!
//! Brackets and quotes that have no partner are found here, where the lines still tell which one lacks it: a line
//! that starts a declaration lies outside all brackets.

use std::ops::Range;

use gia_base::diag::{Code, Diagnostic};
use gia_base::source::{SourceId, Span};

/// Maximum depth of nested brackets.
const MAX_NESTING_DEPTH: usize = 50;

/// A text prepared for the grammar, with its documentation lines, declarations and faults.
pub struct Layout {
    /// The prepared text, of the same length as the original, so that byte offsets agree.
    pub code: String,
    /// `##` lines in order: the byte where the line starts, and its text.
    pub docs: Vec<DocLine>,
    /// The declarations, or what stands in their place, in order and without gaps.
    pub items: Vec<Range<usize>>,
    /// Items with an error that was found here, by index; the grammar need not see them.
    pub faults: Vec<(usize, Diagnostic)>,
    /// Whether a bracket is open at the end of the text; that is then the last of the faults.
    pub open: bool,
}

pub struct DocLine {
    /// Offset of the first byte of the line.
    pub line_start: usize,
    /// Offset after the line break.
    pub next_line: usize,
    pub text: String,
}

/// Words after which a statement goes on in the next line.
const JOINING_WORDS: &[&str] = &[
    "and", "or", "not", "to", "step", "div", "mod", "in", "at", "as", "where", "measure", "expect",
];

pub fn prepare(source: SourceId, text: &str) -> Layout {
    let mut scan = Scan {
        source,
        text,
        code: text.as_bytes().to_vec(),
        brackets: Vec::new(),
        angles: 0,
        item_start: 0,
        layout: Layout {
            code: String::new(),
            docs: Vec::new(),
            items: Vec::new(),
            faults: Vec::new(),
            open: false,
        },
    };
    scan.run();
    // Whole characters were blanked, byte for byte, so what was UTF-8 still is.
    scan.layout.code = String::from_utf8_lossy(&scan.code).into_owned();
    scan.layout
}

struct Scan<'a> {
    source: SourceId,
    text: &'a str,
    code: Vec<u8>,
    /// Open brackets and where they stand.
    brackets: Vec<(u8, usize)>,
    /// `<` since the last sign that no type holds.
    angles: usize,
    /// Where the present item begins.
    item_start: usize,
    layout: Layout,
}

impl Scan<'_> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        // A byte order mark is no part of the text.
        let mut at = if self.text.starts_with('\u{feff}') {
            3
        } else {
            0
        };
        self.code[..at].fill(b' ');
        // End of the last token before the cursor, to tell what a line ends with.
        let mut token_end = at;
        while at < bytes.len() {
            match bytes[at] {
                b'"' => {
                    let end = self.quoted(at);
                    at = end;
                    token_end = end;
                }
                b'#' => {
                    let end = line_end(bytes, at);
                    self.comment(at, end);
                    at = end;
                }
                b'\n' => {
                    self.line_break(at, token_end);
                    at += 1;
                }
                b';' if self.brackets.is_empty() => {
                    at += 1;
                    self.end_item(at);
                    token_end = at;
                }
                byte => {
                    self.sign(byte, at);
                    at += 1;
                    if !byte.is_ascii_whitespace() {
                        token_end = at;
                    }
                }
            }
        }
        self.layout.open = !self.brackets.is_empty();
        self.unclosed();
        self.end_item(bytes.len());
    }

    /// A text in quotes; the offset after it.
    fn quoted(&mut self, open: usize) -> usize {
        let end = text_end(self.text.as_bytes(), open);
        if end == open + 1 || !self.text[..end].ends_with('"') || escaped_end(self.text, open, end)
        {
            let span = Span::new(self.source, open, end);
            self.fault(
                Diagnostic::error(Code::Syntax, "the text is never closed")
                    .at(span, "opened here")
                    .help("a text ends on its line, with a double quote"),
            );
        }
        end
    }

    fn comment(&mut self, from: usize, end: usize) {
        let bytes = self.text.as_bytes();
        let start = line_start(bytes, from);
        // Behind code, `##` is a comment like any other.
        let before = self.text[start..from].trim_start_matches('\u{feff}');
        let alone = before.trim().is_empty();
        if alone && bytes[from..].starts_with(b"##") {
            self.layout.docs.push(DocLine {
                line_start: start,
                next_line: (end + 1).min(bytes.len()),
                text: self.text[from + 2..end].trim().to_string(),
            });
        }
        self.code[from..end].fill(b' ');
    }

    fn line_break(&mut self, at: usize, token_end: usize) {
        let next = &self.text[at + 1..];
        if starts_declaration(next, self.brackets.last().map(|(bracket, _)| *bracket)) {
            self.unclosed();
            self.brackets.clear();
            return self.end_item(at + 1);
        }
        let inside = matches!(self.brackets.last(), Some((b'(' | b'[', _)));
        if inside || joins(&self.text[..token_end]) {
            self.code[at] = b' ';
        } else if self.brackets.is_empty() {
            self.end_item(at + 1);
        }
    }

    fn sign(&mut self, byte: u8, at: usize) {
        match byte {
            b'(' | b'[' | b'{' => {
                self.brackets.push((byte, at));
                if self.brackets.len() > MAX_NESTING_DEPTH {
                    self.too_deep(at);
                }
            }
            b')' | b']' | b'}' => self.close(byte, at),
            b'<' => {
                self.angles += 1;
                if self.angles > MAX_NESTING_DEPTH {
                    self.too_deep(at);
                }
                return;
            }
            _ if byte.is_ascii_alphanumeric() || byte == b' ' || byte == b'_' => return,
            _ => {}
        }
        self.angles = 0;
    }

    fn close(&mut self, byte: u8, at: usize) {
        let partner = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let here = Span::new(self.source, at, at + 1);
        match self.brackets.pop() {
            Some((open, _)) if open == partner => {}
            Some((open, place)) => self.fault(
                Diagnostic::error(
                    Code::Syntax,
                    format!("`{}` does not close `{}`", byte as char, open as char),
                )
                .at(here, "closed here")
                .at(Span::new(self.source, place, place + 1), "opened here"),
            ),
            None => self.fault(
                Diagnostic::error(Code::Syntax, format!("`{}` closes nothing", byte as char))
                    .at(here, format!("there is no open `{}`", partner as char)),
            ),
        }
    }

    fn too_deep(&mut self, at: usize) {
        self.fault(
            Diagnostic::error(
                Code::Syntax,
                format!("more than {MAX_NESTING_DEPTH} brackets inside each other"),
            )
            .at(Span::new(self.source, at, at + 1), "one too many"),
        );
    }

    fn unclosed(&mut self) {
        if let Some(&(bracket, at)) = self.brackets.last() {
            self.fault(
                Diagnostic::error(
                    Code::Syntax,
                    format!("`{}` is never closed", bracket as char),
                )
                .at(Span::new(self.source, at, at + 1), "opened here"),
            );
        }
    }

    /// Records the first error of an item; later ones mostly follow from it.
    fn fault(&mut self, diagnostic: Diagnostic) {
        let item = self.layout.items.len();
        if self
            .layout
            .faults
            .last()
            .is_none_or(|(known, _)| *known != item)
        {
            self.layout.faults.push((item, diagnostic));
        }
    }

    fn end_item(&mut self, end: usize) {
        self.layout.items.push(self.item_start..end);
        self.item_start = end;
    }
}

/// Bytes of the longest word that starts a declaration, `attribution`, or joins two lines.
const MAX_KEYWORD_BYTES: usize = 11;

/// Whether a line starts a declaration, with this bracket open before it.
fn starts_declaration(line: &str, open: Option<u8>) -> bool {
    // Between braces, `let` and its kin may be statements.
    const ANYWHERE: &[&str] = &["use", "set", "fn"];
    const OUTSIDE: &[&str] = &[
        "let",
        "model",
        "motif",
        "null",
        "construct",
        "query",
        "attribution",
    ];
    // A word is looked for in the line alone: all text below would make long texts take the square of their lines.
    let end = line
        .bytes()
        .take(MAX_KEYWORD_BYTES + 1)
        .position(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
    let Some((word, rest)) = end.and_then(|end| line.split_at_checked(end)) else {
        return false;
    };
    if !rest.starts_with([' ', '\t']) {
        return false;
    }
    let named = rest
        .trim_start_matches([' ', '\t', '\r'])
        .starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '"');
    named
        && (ANYWHERE.contains(&word)
            || word == "experiment"
            || (open != Some(b'{') && OUTSIDE.contains(&word)))
}

/// Offset after the closing quote, or of the end of the line when there is none.
fn text_end(bytes: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' if bytes.get(at + 1).is_some_and(|next| *next != b'\n') => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Whether the quote that a text seems to end with is itself escaped, so that the line ended the text.
fn escaped_end(text: &str, open: usize, end: usize) -> bool {
    let inner = &text[open + 1..end - 1];
    let backslashes = inner.bytes().rev().take_while(|b| *b == b'\\').count();
    backslashes % 2 == 1
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|&b| b == b'\n')
        .map_or(bytes.len(), |i| from + i)
}

fn line_start(bytes: &[u8], from: usize) -> usize {
    bytes[..from]
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(0, |i| i + 1)
}

/// Whether a statement goes on after a line that ends like this.
fn joins(before: &str) -> bool {
    let Some(last) = before.bytes().last() else {
        return false;
    };
    if b"+-*/^<>=,".contains(&last) || before.ends_with("..") {
        return true;
    }
    let bytes = before.bytes().rev().take(MAX_KEYWORD_BYTES + 1);
    let length = bytes
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    JOINING_WORDS.contains(&&before[before.len() - length..])
}
