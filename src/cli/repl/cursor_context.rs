//! The syntactic context of the cursor in an entry, for completion: the word being typed, and the open brackets around it.
//!
//! Invariant: every text has a context at its end, even if it is invalid or incomplete.

use std::ops::Range;

use gia_check::{DescriptionTopic, VisibleName};
use gia_syntax::{Lexeme, lexemes, tree};

/// The text to complete, and its context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorContext<'t> {
    /// The part of the word or string before the cursor.
    pub word: &'t str,
    /// Byte offset at which the word starts.
    pub start: usize,
    /// The kind of thing that is being typed.
    pub kind: Kind<'t>,
    /// The open brackets, outer before inner.
    pub open: Vec<OpenBracket<'t>>,
    /// First word of the current statement or declaration; none at its beginning.
    pub statement: Option<&'t str>,
    /// The token before the word.
    pub previous: Option<&'t str>,
    /// Names that the entry declares before the cursor.
    pub declared: Vec<&'t str>,
}

/// The kind of thing that is being typed at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind<'t> {
    /// A name or a keyword.
    Word,
    /// A string.
    String,
    /// A field, with the name before the dot.
    Field(&'t str),
}

/// An open bracket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenBracket<'t> {
    /// `(`, `[` or `{`.
    pub bracket: char,
    /// The called or indexed expression: `net`, or `net.profile` as two names.
    pub callee: Vec<&'t str>,
    /// Number of complete arguments.
    pub complete_arguments: usize,
    /// Name of the current argument, if it is given by name.
    pub named: Option<&'t str>,
    /// The file whose motifs are indexed, as in `motifs("FILE")[`.
    pub file: Option<&'t str>,
    /// Strings among the arguments, with the index of the argument.
    pub strings: Vec<(usize, &'t str)>,
    /// First word of the statement of the bracket.
    pub statement: Option<&'t str>,
}

impl OpenBracket<'_> {
    /// Name and type of the parameter that the current argument belongs to; None if the callee is no known function.
    pub fn parameter(&self, names: &[VisibleName]) -> Option<(String, String)> {
        let name = self.callee.last()?;
        let named = names.iter().find(|named| named.name == *name)?;
        let DescriptionTopic::Function { parameters, .. } = &named.value.what else {
            return None;
        };
        match self.named {
            Some(wanted) => parameters.iter().find(|(name, _)| name == wanted).cloned(),
            None => parameters.get(self.complete_arguments).cloned(),
        }
    }
}

/// Whether a new name follows a keyword.
pub fn names_something(keyword: &str) -> bool {
    tree::Kind::is_keyword(keyword) || matches!(keyword, "fn" | "vary" | "arm" | "contrast")
}

/// The context at the end of a text.
pub fn cursor_context(before: &str) -> CursorContext<'_> {
    let mut tokens = lexemes(before);
    let (word, start, in_text) = last_word(before, &mut tokens);
    let mut parser = ContextParser::new(before);
    for (number, (range, lexeme)) in tokens.iter().enumerate() {
        parser.step(number, &tokens, range, *lexeme);
    }
    let is_blank_line = before[parser.end..start].contains('\n') && !parser.is_inside();
    let field = match tokens.as_slice() {
        [.., (name, Lexeme::Name), (point, Lexeme::Sign)] if &before[point.clone()] == "." => {
            Some(&before[name.clone()])
        }
        _ => None,
    };
    CursorContext {
        word,
        start,
        kind: match field {
            _ if in_text => Kind::String,
            Some(name) => Kind::Field(name),
            None => Kind::Word,
        },
        statement: parser.statement.filter(|_| !is_blank_line),
        previous: tokens.last().map(|(range, _)| &before[range.clone()]),
        declared: parser.declared,
        open: parser.open,
    }
}

/// Splits off the text to complete: an open string, a word, or nothing.
fn last_word<'t>(
    before: &'t str,
    tokens: &mut Vec<(Range<usize>, Lexeme)>,
) -> (&'t str, usize, bool) {
    let end = before.len();
    let Some((range, lexeme)) = tokens.last().cloned() else {
        return ("", end, false);
    };
    match lexeme {
        _ if range.end != end => ("", end, false),
        Lexeme::Text if is_open(&before[range.clone()]) => {
            tokens.pop();
            // The prefix of `dna"` is not part of the contents.
            let quote = before[range.clone()].find('"').unwrap_or(0);
            let start = range.start + quote + 1;
            (&before[start..], start, true)
        }
        Lexeme::Name | Lexeme::Keyword => {
            tokens.pop();
            (&before[range.clone()], range.start, false)
        }
        _ => ("", end, false),
    }
}

/// Whether a string is unterminated.
fn is_open(token: &str) -> bool {
    let inner = token.split_once('"').map_or("", |(_, inner)| inner);
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    true
}

/// Tracks brackets and statements over the tokens of a text.
struct ContextParser<'t> {
    text: &'t str,
    open: Vec<OpenBracket<'t>>,
    statement: Option<&'t str>,
    declared: Vec<&'t str>,
    /// Byte offset of the end of the last token.
    end: usize,
}

impl<'t> ContextParser<'t> {
    fn new(text: &'t str) -> Self {
        ContextParser {
            text,
            open: Vec::new(),
            statement: None,
            declared: Vec::new(),
            end: 0,
        }
    }

    /// Whether an open `(` or `[` makes the statement continue on the next line.
    fn is_inside(&self) -> bool {
        matches!(self.open.last(), Some(open) if open.bracket != '{')
    }

    fn step(
        &mut self,
        number: usize,
        tokens: &[(Range<usize>, Lexeme)],
        range: &Range<usize>,
        lexeme: Lexeme,
    ) {
        let token = &self.text[range.clone()];
        if self.text[self.end..range.start].contains('\n') && !self.is_inside() {
            self.statement = None;
        }
        self.end = range.end;
        let before = number
            .checked_sub(1)
            .map(|before| &self.text[tokens[before].0.clone()]);
        match (lexeme, token) {
            (Lexeme::Comment | Lexeme::Documentation, _) => return,
            (Lexeme::Sign, "(" | "[" | "{") => {
                let open = OpenBracket {
                    bracket: token.chars().next().unwrap_or('('),
                    callee: self.callee(number, tokens),
                    file: self.motifs_before(number, tokens),
                    complete_arguments: 0,
                    named: None,
                    strings: Vec::new(),
                    statement: self.statement,
                };
                // Inside `(` or `[`, braces hold a map, not statements.
                let block = token == "{" && !self.is_inside();
                self.open.push(open);
                if block {
                    self.statement = None;
                    return;
                }
            }
            (Lexeme::Sign, ")" | "]" | "}") => {
                self.open.pop();
            }
            (Lexeme::Sign, ";") if !self.is_inside() => {
                self.statement = None;
                return;
            }
            (Lexeme::Sign, ",") => {
                if let Some(open) = self.open.last_mut() {
                    open.complete_arguments += 1;
                    open.named = None;
                }
            }
            (Lexeme::Sign, ":") => {
                if let Some(open) = self.open.last_mut() {
                    open.named = before;
                }
            }
            (Lexeme::Text, _) => {
                if let Some(open) = self.open.last_mut() {
                    open.strings
                        .push((open.complete_arguments, token.trim_matches('"')));
                }
            }
            (Lexeme::Name, _) if before.is_some_and(names_something) => {
                self.declared.push(token);
            }
            _ => {}
        }
        if self.statement.is_none() {
            self.statement = Some(token);
        }
    }

    /// The file of `motifs("FILE")` before a bracket.
    fn motifs_before(&self, number: usize, tokens: &[(Range<usize>, Lexeme)]) -> Option<&'t str> {
        let before = tokens.get(number.checked_sub(4)?..number)?;
        let words: Vec<&str> = before
            .iter()
            .map(|(range, _)| &self.text[range.clone()])
            .collect();
        match words.as_slice() {
            ["motifs", "(", file, ")"] => Some(file.trim_matches('"')),
            _ => None,
        }
    }

    /// The names before a bracket: none, one, or two with a dot between them.
    fn callee(&self, number: usize, tokens: &[(Range<usize>, Lexeme)]) -> Vec<&'t str> {
        let name = |back: usize| {
            let (range, lexeme) = tokens.get(number.checked_sub(back)?)?;
            let token = &self.text[range.clone()];
            (matches!(lexeme, Lexeme::Name) || token == ".").then_some(token)
        };
        match (name(3), name(2), name(1)) {
            (Some(first), Some("."), Some(second)) => vec![first, second],
            (_, _, Some(one)) if one != "." => vec![one],
            _ => Vec::new(),
        }
    }
}
