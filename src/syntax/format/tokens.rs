//! The words and signs of a text that parses, and the comments before each.
//!
//! Invariant: tokens, comments, blanks and `;` make up the whole text, in order.

/// A word, number, text or sign.
#[derive(Debug)]
pub struct Token<'a> {
    pub text: &'a str,
    /// Byte that it starts at.
    pub start: usize,
    /// Line that it stands on, counted from 0.
    pub line: usize,
    /// Comments between the token before it and this one.
    pub comments: Vec<Comment<'a>>,
    /// Whether an empty line stands right before it.
    pub apart: bool,
    /// Index of the token that closes an opening bracket; of no meaning for any other token.
    pub partner: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct Comment<'a> {
    /// The comment with its `#`, without blanks at its end.
    pub text: &'a str,
    /// Whether it has a line of its own, rather than standing behind code.
    pub alone: bool,
    /// Whether an empty line stands right before it.
    pub apart: bool,
}

/// All tokens of a text, and an empty one at its end that holds the last comments.
pub fn read(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut comments: Vec<Comment> = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    // Line breaks since the last token or comment, and since the start.
    let mut breaks = 0;
    let mut line = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => {
                breaks += 1;
                line += 1;
                at += 1;
            }
            b'#' => {
                let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
                comments.push(Comment {
                    text: text[at..end].trim_end(),
                    alone: breaks > 0 || tokens.is_empty(),
                    apart: breaks > 1,
                });
                breaks = 0;
                at = end;
            }
            b' ' | b'\t' | b'\r' | b';' => at += 1,
            _ => {
                let word = &text[at..at + token_length(&text[at..])];
                match word {
                    "(" | "[" | "{" => open.push(tokens.len()),
                    ")" | "]" | "}" => {
                        if let Some(partner) = open.pop() {
                            tokens[partner].partner = tokens.len();
                        }
                    }
                    _ => {}
                }
                tokens.push(Token {
                    text: word,
                    start: at,
                    line,
                    comments: std::mem::take(&mut comments),
                    apart: breaks > 1,
                    partner: 0,
                });
                breaks = 0;
                at += word.len();
            }
        }
    }
    tokens.push(Token {
        text: "",
        start: text.len(),
        line,
        comments,
        apart: false,
        partner: 0,
    });
    tokens
}

/// Bytes of the token that a text starts with; at least one character.
fn token_length(text: &str) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    match text.as_bytes()[0] {
        b'"' => text_length(text),
        b'0'..=b'9' => number_length(text),
        byte if is_word(byte) => {
            let length = run(text, is_word);
            match &text[..length] {
                "dna" | "rna" if text[length..].starts_with('"') => {
                    length + text_length(&text[length..])
                }
                _ => length,
            }
        }
        _ => ["->", "==", "!=", "<=", ">=", ".."]
            .iter()
            .find(|sign| text.starts_with(**sign))
            .map_or(first, |sign| sign.len()),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Number of leading bytes that satisfy a predicate.
fn run(text: &str, kind: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|b| !kind(b)).unwrap_or(text.len())
}

/// Length in bytes of a string literal, with both quotes.
fn text_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Length in bytes of a number with its fraction, exponent and unit, as in the grammar's `number`.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |at: usize| run(&text[at..], |b| b.is_ascii_digit() || b == b'_');
    let starts_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = digits(0);
    if bytes.get(at) == Some(&b'.') && starts_digit(at + 1) {
        at += 1 + digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if starts_digit(at + 1 + sign) {
            at += 1 + sign;
            at += run(&text[at..], |b| b.is_ascii_digit());
        }
    }
    for unit in ["bp", "kb", "Mb", "%"] {
        let end = at + unit.len();
        if text[at..].starts_with(unit) && !bytes.get(end).copied().is_some_and(is_word) {
            return end;
        }
    }
    at
}
