//! Context of the cursor in an entry: the open brackets around it, and the text before it.
//!
//! Invariant: any text has a context at its end, right or wrong, complete or not.

use std::ops::Range;

use gia_check::{Named, What};
use gia_syntax::{Lexeme, lexemes};

/// The text to complete, and its context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place<'t> {
    /// The part of the word or string before the cursor, and its start.
    pub word: &'t str,
    pub start: usize,
    pub kind: Kind<'t>,
    /// The open brackets, outer before inner.
    pub open: Vec<Open<'t>>,
    /// First word of the current statement or declaration; none at its beginning.
    pub statement: Option<&'t str>,
    /// The token before the word.
    pub previous: Option<&'t str>,
    /// Names that the entry itself declares above.
    pub given: Vec<&'t str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind<'t> {
    Word,
    /// A string.
    Text,
    /// A field, with the name before the dot.
    Field(&'t str),
}

/// An open bracket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open<'t> {
    pub sign: char,
    /// The called or indexed expression: `net`, or `net.profile` as two names.
    pub of: Vec<&'t str>,
    /// Number of complete arguments.
    pub done: usize,
    /// Name of the current argument, if it is given by name.
    pub named: Option<&'t str>,
    /// The file whose motifs are indexed, as in `motifs("FILE")[`.
    pub file: Option<&'t str>,
    /// Strings among the arguments, with the index of the argument.
    pub texts: Vec<(usize, &'t str)>,
    /// First word of the statement of the bracket.
    pub statement: Option<&'t str>,
}

impl Open<'_> {
    /// The parameter that the present argument of an open call is for.
    pub fn parameter(&self, names: &[Named]) -> Option<(String, String)> {
        let name = self.of.last()?;
        let named = names.iter().find(|named| named.name == *name)?;
        let What::Function { parameters, .. } = &named.value.what else {
            return None;
        };
        match self.named {
            Some(wanted) => parameters.iter().find(|(name, _)| name == wanted).cloned(),
            None => parameters.get(self.done).cloned(),
        }
    }
}

/// Words behind which a name is given.
pub const GIVING: &[&str] = &[
    "let",
    "model",
    "motif",
    "null",
    "construct",
    "query",
    "experiment",
    "fn",
    "vary",
    "arm",
    "contrast",
];

/// The context at the end of a text.
pub fn place(before: &str) -> Place<'_> {
    let mut pieces = lexemes(before);
    let (word, start, in_text) = last_word(before, &mut pieces);
    let mut walk = Walk::new(before);
    for (number, (range, lexeme)) in pieces.iter().enumerate() {
        walk.step(number, &pieces, range, *lexeme);
    }
    let is_blank_line = before[walk.end..start].contains('\n') && !walk.is_inside();
    let field = match pieces.as_slice() {
        [.., (name, Lexeme::Name), (point, Lexeme::Sign)] if &before[point.clone()] == "." => {
            Some(&before[name.clone()])
        }
        _ => None,
    };
    Place {
        word,
        start,
        kind: match field {
            _ if in_text => Kind::Text,
            Some(name) => Kind::Field(name),
            None => Kind::Word,
        },
        statement: walk.statement.filter(|_| !is_blank_line),
        previous: pieces.last().map(|(range, _)| &before[range.clone()]),
        given: walk.given,
        open: walk.open,
    }
}

/// Splits off the text to complete: an open string, a word, or nothing.
fn last_word<'t>(
    before: &'t str,
    pieces: &mut Vec<(Range<usize>, Lexeme)>,
) -> (&'t str, usize, bool) {
    let end = before.len();
    let Some((range, lexeme)) = pieces.last().cloned() else {
        return ("", end, false);
    };
    match lexeme {
        _ if range.end != end => ("", end, false),
        Lexeme::Text if is_open(&before[range.clone()]) => {
            pieces.pop();
            // `dna"` is no part of what it holds.
            let quote = before[range.clone()].find('"').unwrap_or(0);
            let start = range.start + quote + 1;
            (&before[start..], start, true)
        }
        Lexeme::Name | Lexeme::Keyword => {
            pieces.pop();
            (&before[range.clone()], range.start, false)
        }
        _ => ("", end, false),
    }
}

/// Whether a string is unterminated.
fn is_open(piece: &str) -> bool {
    let inner = piece.split_once('"').map_or("", |(_, inner)| inner);
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

struct Walk<'t> {
    text: &'t str,
    open: Vec<Open<'t>>,
    statement: Option<&'t str>,
    given: Vec<&'t str>,
    /// End of the last lexeme.
    end: usize,
}

impl<'t> Walk<'t> {
    fn new(text: &'t str) -> Self {
        Walk {
            text,
            open: Vec::new(),
            statement: None,
            given: Vec::new(),
            end: 0,
        }
    }

    /// Whether an open bracket continues the line.
    fn is_inside(&self) -> bool {
        matches!(self.open.last(), Some(open) if open.sign != '{')
    }

    fn step(
        &mut self,
        number: usize,
        pieces: &[(Range<usize>, Lexeme)],
        range: &Range<usize>,
        lexeme: Lexeme,
    ) {
        let piece = &self.text[range.clone()];
        if self.text[self.end..range.start].contains('\n') && !self.is_inside() {
            self.statement = None;
        }
        self.end = range.end;
        let before = number
            .checked_sub(1)
            .map(|before| &self.text[pieces[before].0.clone()]);
        match (lexeme, piece) {
            (Lexeme::Comment | Lexeme::Documentation, _) => return,
            (Lexeme::Sign, "(" | "[" | "{") => {
                let open = Open {
                    sign: piece.chars().next().unwrap_or('('),
                    of: self.callee(number, pieces),
                    file: self.motifs_before(number, pieces),
                    done: 0,
                    named: None,
                    texts: Vec::new(),
                    statement: self.statement,
                };
                // Between round or square brackets, braces hold a map and no statements.
                let block = piece == "{" && !self.is_inside();
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
                    open.done += 1;
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
                    open.texts.push((open.done, piece.trim_matches('"')));
                }
            }
            (Lexeme::Name, _) if before.is_some_and(|word| GIVING.contains(&word)) => {
                self.given.push(piece);
            }
            _ => {}
        }
        if self.statement.is_none() {
            self.statement = Some(piece);
        }
    }

    /// `FILE` of `motifs("FILE")` before a bracket.
    fn motifs_before(&self, number: usize, pieces: &[(Range<usize>, Lexeme)]) -> Option<&'t str> {
        let before = pieces.get(number.checked_sub(4)?..number)?;
        let words: Vec<&str> = before
            .iter()
            .map(|(range, _)| &self.text[range.clone()])
            .collect();
        match words.as_slice() {
            ["motifs", "(", file, ")"] => Some(file.trim_matches('"')),
            _ => None,
        }
    }

    /// The names before a bracket.
    fn callee(&self, number: usize, pieces: &[(Range<usize>, Lexeme)]) -> Vec<&'t str> {
        let name = |back: usize| {
            let (range, lexeme) = pieces.get(number.checked_sub(back)?)?;
            let piece = &self.text[range.clone()];
            (matches!(lexeme, Lexeme::Name) || piece == ".").then_some(piece)
        };
        match (name(3), name(2), name(1)) {
            (Some(first), Some("."), Some(second)) => vec![first, second],
            (_, _, Some(one)) if one != "." => vec![one],
            _ => Vec::new(),
        }
    }
}
