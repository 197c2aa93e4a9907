//! Declarations, and rows of lines that are aligned: the `=` of bindings and the `{` of arms, where each is one line.
//!
//! A row is what stands on lines right below each other; an empty line or a comment on a line of its own ends it.

use super::MAX_LINE_COLUMNS;
use super::page;
use super::printer::{Doc, Gap, Printer};
use crate::tree::{Expr, File, Fn, Item, ItemKind, Parameter};

/// A declaration or statement with the gap before it.
pub struct Piece<'a> {
    gap: Doc<'a>,
    /// Whether an empty line or a comment stands before it.
    apart: bool,
    shape: Shape<'a>,
}

/// A declaration or statement, in the parts that alignment tells apart.
pub enum Shape<'a> {
    Plain(Doc<'a>),
    /// `let NAME` and ` = VALUE`, or `arm NAME` and ` { STEPS }`.
    Named {
        of: Named,
        head: Doc<'a>,
        /// Columns of the head.
        width: usize,
        body: Doc<'a>,
    },
}

/// Kinds of declarations and statements whose neighbours of the same kind are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Binding,
    Arm,
}

impl<'a> Printer<'a> {
    pub fn file(&mut self, file: &File) -> Doc<'a> {
        let beginning = self.beginning();
        let pieces = file
            .items
            .iter()
            .enumerate()
            .map(|(i, item)| self.piece(i == 0, |printer| printer.item(item)))
            .collect();
        let items = self.aligned(pieces);
        let (notes, _) = self.gap_before_closing(Gap::Nothing);
        beginning.append(items).append(notes)
    }

    /// Formats one declaration or statement with the gap before it; the first has no gap.
    pub fn piece(&mut self, first: bool, write: impl FnOnce(&mut Self) -> Shape<'a>) -> Piece<'a> {
        let apart = self.set_apart();
        let gap = if first {
            self.nil()
        } else {
            self.gap(Gap::Apart)
        };
        let shape = write(self);
        Piece { gap, apart, shape }
    }

    fn item(&mut self, item: &Item) -> Shape<'a> {
        let end = item.span.end as usize;
        Shape::Plain(match &item.kind {
            ItemKind::Use(_) => self.clause(&[], end),
            ItemKind::Set { value, .. } => return self.binding(value),
            ItemKind::Let(binding) => return self.binding(&binding.value),
            ItemKind::Fn(function) => self.function(function),
            ItemKind::Experiment { body, .. } => {
                let word = self.token();
                let name = self.gap(Gap::Blank).append(self.token());
                let gap = self.gap(Gap::Blank);
                word.append(name).append(gap).append(self.block(body))
            }
            ItemKind::Expect(expect) => self.clause(&expect.expressions(), end),
            ItemKind::Show { ranking, of } => {
                let count = ranking.as_ref().map(|(_, count)| count);
                let expressions: Vec<&Expr> = count.into_iter().chain([of]).collect();
                self.clause(&expressions, end)
            }
        })
    }

    /// `WORD NAME = VALUE`.
    pub fn binding(&mut self, value: &Expr) -> Shape<'a> {
        let width = self.width_of_head();
        let word = self.token();
        let name = self.gap(Gap::Blank).append(self.token());
        let head = word.append(name);
        let sign = self.text(" ").append(self.attached());
        Shape::Named {
            of: Named::Binding,
            head,
            width,
            body: sign.append(self.value(value)),
        }
    }

    fn function(&mut self, function: &Fn) -> Doc<'a> {
        let word = self.token();
        let name = self.gap(Gap::Blank).append(self.token());
        let parameters = self.items(&function.parameters, Self::parameter);
        let mut doc = word.append(name).append(parameters);
        if let Some(result) = &function.result {
            doc = doc
                .append(self.gap(Gap::Blank))
                .append(self.token())
                .append(self.gap(Gap::Blank))
                .append(self.type_expr(result));
        }
        if let Some(body) = &function.body {
            let sign = self.text(" ").append(self.attached());
            doc = doc.append(sign).append(self.value(body));
        }
        doc
    }

    fn parameter(&mut self, parameter: &Parameter) -> Doc<'a> {
        let name = self.token();
        let colon = self.attached();
        let gap = self.gap(Gap::Blank);
        let mut doc = name
            .append(colon)
            .append(gap)
            .append(self.type_expr(&parameter.ty));
        if let Some(default) = &parameter.default {
            let sign = self.text(" ").append(self.attached());
            doc = doc
                .append(sign)
                .append(self.gap(Gap::Blank))
                .append(self.plain(default));
        }
        doc
    }

    /// Pieces below each other, with what belongs to one row aligned.
    pub fn aligned(&self, pieces: Vec<Piece<'a>>) -> Doc<'a> {
        let mut rows: Vec<Vec<Piece>> = Vec::new();
        for mut piece in pieces {
            piece.shape = self.settled(piece.shape);
            match rows.last_mut() {
                Some(row) if !piece.apart && row[0].shape.aligns_with(&piece.shape) => {
                    row.push(piece);
                }
                _ => rows.push(vec![piece]),
            }
        }
        let docs = rows.into_iter().map(|row| self.row_of_pieces(row));
        docs.fold(self.nil(), |all, row| all.append(row))
    }

    /// Takes out of its alignment a declaration or statement that does not fit on one line.
    fn settled(&self, shape: Shape<'a>) -> Shape<'a> {
        match shape {
            Shape::Named {
                head, width, body, ..
            } if !self.fits(width, &body) => Shape::Plain(head.append(body)),
            other => other,
        }
    }

    /// Whether something fits on one line behind a head of so many columns.
    fn fits(&self, width: usize, body: &Doc<'a>) -> bool {
        let left = MAX_LINE_COLUMNS.saturating_sub(self.indent + width);
        page::width_on_one_line(body).is_some_and(|needed| needed <= left)
    }

    fn row_of_pieces(&self, row: Vec<Piece<'a>>) -> Doc<'a> {
        let widths = row.iter().map(|piece| piece.shape.width());
        let widest = widths.max().unwrap_or(0);
        let all_fit = row.iter().all(|piece| match &piece.shape {
            Shape::Named { body, .. } => self.fits(widest, body),
            Shape::Plain(_) => true,
        });
        let aligned = if all_fit { widest } else { 0 };
        row.into_iter().fold(self.nil(), |all, piece| {
            let padding = self.blanks(aligned.saturating_sub(piece.shape.width()));
            let doc = match piece.shape {
                Shape::Plain(doc) => doc,
                Shape::Named { head, body, .. } => head.append(padding).append(body.group()),
            };
            all.append(piece.gap).append(doc)
        })
    }
}

impl Shape<'_> {
    fn width(&self) -> usize {
        match self {
            Shape::Plain(_) => 0,
            Shape::Named { width, .. } => *width,
        }
    }

    fn aligns_with(&self, other: &Shape) -> bool {
        match (self, other) {
            (Shape::Named { of, .. }, Shape::Named { of: other, .. }) => of == other,
            _ => false,
        }
    }
}
