//! A walk over the tokens of a text that turns them into a document.
//!
//! Between two tokens lies a gap. Whoever writes a construct says what its gaps look like; a gap that holds comments is
//! a line break whatever was said, which is where the author had one too.
//!
//! Invariant: each token and each comment is taken once, in order.

use pretty::{Arena, DocAllocator, DocBuilder};

use super::INDENT_COLUMNS;
use super::tokens::{Comment, Token};

/// A comment's place in a document, by its index: behind code, or on a line of its own.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    Behind(usize),
    Alone(usize),
}

pub type Doc<'a> = DocBuilder<'a, Arena<'a, Mark>, Mark>;

/// The gap between two tokens that have no comment between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    Nothing,
    Blank,
    /// A blank, or a line break where the group does not fit.
    Line,
    /// Nothing, or a line break where the group does not fit.
    Fold,
    Break,
    /// A line break, and an empty line where the author has one.
    Apart,
}

pub struct Printer<'a> {
    arena: &'a Arena<'a, Mark>,
    tokens: Vec<Token<'a>>,
    /// The token that is written next.
    next: usize,
    /// Whether the gap before it is written.
    gap_written: bool,
    /// Comments of tokens that were left out or written before their comments.
    held: Vec<Comment<'a>>,
    /// Columns that a line that started here would be indented by.
    pub indent: usize,
    /// All comments that were written, as marks count them.
    pub comments: Vec<&'a str>,
}

impl<'a> Printer<'a> {
    pub fn new(arena: &'a Arena<'a, Mark>, tokens: Vec<Token<'a>>) -> Self {
        Printer {
            arena,
            tokens,
            next: 0,
            gap_written: true,
            held: Vec::new(),
            indent: 0,
            comments: Vec::new(),
        }
    }

    pub fn nil(&self) -> Doc<'a> {
        self.arena.nil()
    }

    pub fn text(&self, text: &'a str) -> Doc<'a> {
        self.arena.text(text)
    }

    pub fn blanks(&self, count: usize) -> Doc<'a> {
        self.arena.text(" ".repeat(count))
    }

    /// A text that is written only if the enclosing group is broken over lines.
    pub fn where_broken(&self, text: &'a str) -> Doc<'a> {
        self.arena.text(text).flat_alt(self.arena.nil())
    }

    /// Steps of a row: lines where it is broken, with `;` between them elsewhere.
    pub fn step_end(&self) -> Doc<'a> {
        self.arena.hardline().flat_alt(self.arena.text("; "))
    }

    /// The text of the token that is written next; empty at the end.
    pub fn peek(&self) -> &'a str {
        self.tokens[self.next].text
    }

    /// Byte that the next token starts at.
    pub fn at(&self) -> usize {
        self.tokens[self.next].start
    }

    /// The first and the last token inside the bracket that is written next, and the one that closes it.
    pub fn inside_bracket(&self) -> [&Token<'a>; 3] {
        let close = self.tokens[self.next].partner.max(1);
        [self.next + 1, close - 1, close].map(|i| &self.tokens[i.min(self.tokens.len() - 1)])
    }

    /// Whether the bracket that is written next is closed on its line.
    pub fn bracket_on_one_line(&self) -> bool {
        let open = &self.tokens[self.next];
        self.tokens[open.partner].line == open.line
    }

    /// Columns of the next two tokens with a blank between them.
    pub fn width_of_head(&self) -> usize {
        let [first, second] = [0, 1].map(|i| self.tokens.get(self.next + i));
        let widths = [first, second].map(|token| token.map_or(0, |token| token.text.len()));
        widths[0] + 1 + widths[1]
    }

    /// Number of opening brackets from the next token to a byte.
    pub fn brackets_before(&self, start: usize) -> usize {
        self.tokens[self.next..]
            .iter()
            .take_while(|token| token.text == "(" && token.start < start)
            .count()
    }

    /// Whether comments stand before the next token.
    pub fn commented(&self) -> bool {
        !self.held.is_empty() || !self.tokens[self.next].comments.is_empty()
    }

    /// Whether an empty line or a comment on a line of its own stands before the next token.
    pub fn set_apart(&self) -> bool {
        let token = &self.tokens[self.next];
        let mut comments = self.held.iter().chain(&token.comments);
        token.apart || comments.any(|comment| comment.alone)
    }

    /// The next token, in the author's spelling.
    pub fn token(&mut self) -> Doc<'a> {
        let gap = if self.gap_written {
            self.nil()
        } else {
            self.gap(Gap::Nothing)
        };
        self.gap_written = false;
        let text = self.tokens[self.next].text;
        // The last token is the empty one at the end, and stays the next.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        gap.append(self.text(text))
    }

    /// Leaves the next token out; its comments go to the one after it.
    pub fn skip(&mut self) {
        self.hold_comments();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        self.gap_written = false;
    }

    /// The next token right behind what is written; comments before it go behind it.
    pub fn attached(&mut self) -> Doc<'a> {
        self.hold_comments();
        self.gap_written = true;
        self.token()
    }

    /// Makes two tokens of the next one, the first of one byte: `>=` behind a type.
    pub fn split(&mut self) {
        let token = &mut self.tokens[self.next];
        if token.text.len() < 2 {
            return;
        }
        let (first, rest) = token.text.split_at(1);
        token.text = first;
        let rest = Token {
            text: rest,
            start: token.start + 1,
            line: token.line,
            comments: Vec::new(),
            apart: false,
            partner: 0,
        };
        self.tokens.insert(self.next + 1, rest);
        for token in &mut self.tokens {
            if token.partner > self.next {
                token.partner += 1;
            }
        }
    }

    fn hold_comments(&mut self) {
        let comments = std::mem::take(&mut self.tokens[self.next].comments);
        self.held.extend(comments);
    }

    fn take_comments(&mut self) -> Vec<Comment<'a>> {
        self.hold_comments();
        std::mem::take(&mut self.held)
    }

    fn mark(&mut self, mark: fn(usize) -> Mark, comment: Comment<'a>) -> Doc<'a> {
        self.comments.push(comment.text);
        let mark = mark(self.comments.len() - 1);
        self.arena.nil().annotate(mark)
    }

    /// Comments, each after a line break but one that stands behind code.
    fn notes(&mut self, comments: Vec<Comment<'a>>, first_apart: bool) -> Doc<'a> {
        let mut doc = self.nil();
        for (i, comment) in comments.into_iter().enumerate() {
            doc = doc.append(if i == 0 && !comment.alone {
                self.mark(Mark::Behind, comment)
            } else {
                let apart = comment.apart && (i > 0 || first_apart);
                self.break_line(apart)
                    .append(self.mark(Mark::Alone, comment))
            });
        }
        doc
    }

    fn break_line(&self, apart: bool) -> Doc<'a> {
        let line = self.arena.hardline();
        if apart {
            line.append(self.arena.hardline())
        } else {
            line
        }
    }

    /// The gap between the last token and the next: blank, line break, or comments.
    pub fn gap(&mut self, gap: Gap) -> Doc<'a> {
        self.gap_written = true;
        let comments = self.take_comments();
        let apart = self.tokens[self.next].apart;
        if !comments.is_empty() {
            let notes = self.notes(comments, true);
            return notes.append(self.break_line(apart));
        }
        match gap {
            Gap::Nothing => self.nil(),
            Gap::Blank => self.arena.space(),
            Gap::Line => self.arena.line(),
            Gap::Fold => self.arena.line_(),
            Gap::Break => self.arena.hardline(),
            Gap::Apart => self.break_line(apart),
        }
    }

    /// The gap behind an opening bracket: no empty line follows it.
    pub fn gap_after_opening(&mut self, gap: Gap) -> Doc<'a> {
        let comments = self.take_comments();
        if comments.is_empty() {
            return match gap {
                Gap::Apart => self.gap(Gap::Break),
                gap => self.gap(gap),
            };
        }
        self.gap_written = true;
        let apart = self.tokens[self.next].apart;
        let notes = self.notes(comments, false);
        notes.append(self.break_line(apart))
    }

    /// The gap before a closing bracket, in two parts: comments, which are indented as what is inside, and the rest.
    pub fn gap_before_closing(&mut self, gap: Gap) -> (Doc<'a>, Doc<'a>) {
        self.gap_written = true;
        let comments = self.take_comments();
        if comments.is_empty() {
            let end = match gap {
                Gap::Apart => self.gap(Gap::Break),
                gap => self.gap(gap),
            };
            return (self.nil(), end);
        }
        let notes = self.notes(comments, true);
        (notes, self.arena.hardline())
    }

    /// An open bracket with nothing but comments in it, and the bracket that closes it.
    pub fn closed(&mut self, open: Doc<'a>) -> Doc<'a> {
        let comments = self.take_comments();
        let end = if comments.is_empty() {
            self.nil()
        } else {
            self.arena.hardline()
        };
        let notes = self.notes(comments, false).nest(INDENT_COLUMNS as isize);
        self.gap_written = true;
        open.append(notes).append(end).append(self.token())
    }

    /// The comments that a text begins with; nothing stands before them.
    pub fn beginning(&mut self) -> Doc<'a> {
        self.gap_written = true;
        let comments = self.take_comments();
        let last = comments.len();
        let mut doc = self.nil();
        for (i, comment) in comments.into_iter().enumerate() {
            if i > 0 {
                doc = doc.append(self.break_line(comment.apart));
            }
            doc = doc.append(self.mark(Mark::Alone, comment));
        }
        if last > 0 && !self.peek().is_empty() {
            doc = doc.append(self.break_line(self.tokens[self.next].apart));
        }
        doc
    }

    /// A document made of what a function writes, its lines indented by one level more.
    pub fn nested(&mut self, write: impl FnOnce(&mut Self) -> Doc<'a>) -> Doc<'a> {
        self.indent += INDENT_COLUMNS;
        let doc = write(self);
        self.indent -= INDENT_COLUMNS;
        doc.nest(INDENT_COLUMNS as isize)
    }
}
