//! The words, numbers, string literals and comments of a text, for syntax highlighting and completion. The text need not parse.
//!
//! Invariant: lexemes come in order, do not overlap, and leave out nothing but blanks.

use std::ops::Range;

use super::keywords::{DECLARATIONS, JOINING, KEYWORDS, STATEMENTS};

/// How a token is highlighted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lexeme {
    /// A word of the language, where it has its meaning: `first` behind a set of sequences, but not as a name.
    Keyword,
    /// Any other word, `center` and the names of functions included.
    Name,
    /// A number with its unit, such as `10bp` or `95%`.
    Number,
    /// A string literal, whose closing quote may be missing; `dna` or `rna` before it included.
    Text,
    /// From `#` to the end of the line.
    Comment,
    /// A `##` line.
    Documentation,
    /// One character of an operator, a bracket or other punctuation.
    Sign,
}

/// The lexemes of a text, each with its range of bytes.
pub fn lexemes(text: &str) -> Vec<(Range<usize>, Lexeme)> {
    let mut found: Vec<(Range<usize>, Lexeme)> = Vec::new();
    // A statement begins at a line, a `;` or a brace.
    let mut begins = true;
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            begins |= first == '\n';
            at += first.len_utf8();
            continue;
        }
        let (length, lexeme) = next(&text[at..], begins);
        begins = matches!(lexeme, Lexeme::Sign) && matches!(first, ';' | '{')
            || matches!(lexeme, Lexeme::Documentation | Lexeme::Comment);
        found.push((at..at + length, lexeme));
        at += length;
    }
    found
}

/// A copy of the text with a blank in place of each comment and each documentation line.
pub fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut copied = 0;
    for (range, lexeme) in lexemes(text) {
        if matches!(lexeme, Lexeme::Comment | Lexeme::Documentation) {
            code.push_str(&text[copied..range.start]);
            code.push(' ');
            copied = range.end;
        }
    }
    code.push_str(&text[copied..]);
    code
}

/// Length in bytes and kind of the first lexeme of `rest`; `begins` says whether a statement may begin here.
fn next(rest: &str, begins: bool) -> (usize, Lexeme) {
    let line = rest.find('\n').unwrap_or(rest.len());
    let first = rest.chars().next().unwrap_or(' ');
    if rest.starts_with("##") && begins {
        return (line, Lexeme::Documentation);
    }
    match first {
        '#' => (line, Lexeme::Comment),
        '"' => (text_end(&rest[..line]), Lexeme::Text),
        '0'..='9' => (number_end(rest), Lexeme::Number),
        _ if is_word(first) => {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let word = &rest[..end];
            let lexeme = match is_keyword(word, &rest[end..], begins) {
                true => Lexeme::Keyword,
                // `dna"ACGT"` is one text.
                false if matches!(word, "dna" | "rna") && rest[end..].starts_with('"') => {
                    return (end + text_end(&rest[end..line]), Lexeme::Text);
                }
                false => Lexeme::Name,
            };
            (end, lexeme)
        }
        _ => (first.len_utf8(), Lexeme::Sign),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_keyword(word: &str, rest: &str, begins: bool) -> bool {
    let next = rest.trim_start_matches([' ', '\t']).chars().next();
    // A function of the same name is called, an argument is named, a name is given.
    let is_name = matches!(next, Some('(' | ':' | '=' | '.'));
    KEYWORDS.contains(&word)
        || begins
            && [DECLARATIONS, STATEMENTS]
                .iter()
                .any(|list| list.contains(&word))
            && !is_name
        || begins && is_verb(rest)
        || !begins && JOINING.contains(&word) && !is_name
}

/// Whether the word before `rest` is the verb of a phrase such as `embed M at P`: a blank and a value follow, as in the
/// grammar.
fn is_verb(rest: &str) -> bool {
    let subject = rest.trim_start_matches([' ', '\t']);
    let end = subject.find(|c| !is_word(c)).unwrap_or(subject.len());
    let operator = ["and", "or", "to", "step", "div", "mod"];
    let joins = operator.contains(&&subject[..end]) || JOINING.contains(&&subject[..end]);
    let starts_value = |c: char| is_word(c) || matches!(c, '"' | '(' | '[' | '{');
    subject.len() < rest.len() && subject.starts_with(starts_value) && !joins
}

/// Length in bytes of a string literal, which ends with its line where the closing quote is missing.
fn text_end(line: &str) -> usize {
    let mut escaped = false;
    for (at, c) in line.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    line.len()
}

fn number_end(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        let goes_on = match byte {
            b'.' => next.is_some_and(u8::is_ascii_digit),
            b'+' | b'-' => {
                matches!(bytes[at - 1], b'e' | b'E') && next.is_some_and(u8::is_ascii_digit)
            }
            b'%' => {
                return at + 1;
            }
            _ => byte.is_ascii_alphanumeric() || byte == b'_',
        };
        if !goes_on {
            break;
        }
        at += 1;
    }
    at
}
