//! Expressions, types and whatever stands between brackets.
//!
//! A row of operators breaks behind each of them; brackets break into their contents on one line of their own, or
//! else one item a line, with a comma behind the last. An author who writes that comma has one item a line in any case.

use super::INDENT_COLUMNS;
use super::printer::{Doc, Gap, Printer};
use crate::tree::{Argument, BinaryOp, Expr, ExprKind, ListItem, MapEntry, TypeExpr};

impl<'a> Printer<'a> {
    /// An expression as it is; lines behind its operators are indented like the first.
    pub fn expr(&mut self, expr: &Expr) -> Doc<'a> {
        match self.brackets(expr) {
            0 => self.operators(expr),
            brackets => self.bracketed(expr, brackets),
        }
    }

    /// An expression in the middle of a statement: lines behind its operators are indented.
    pub fn plain(&mut self, expr: &Expr) -> Doc<'a> {
        if self.opens_bracket(expr) {
            self.expr(expr)
        } else {
            self.nested(|printer| printer.expr(expr).group())
        }
    }

    /// An expression behind `=` or another word that may end a line, with the gap before it.
    pub fn value(&mut self, expr: &Expr) -> Doc<'a> {
        if self.opens_bracket(expr) && !self.commented() {
            return self.gap(Gap::Blank).append(self.expr(expr));
        }
        self.nested(|printer| {
            let gap = printer.gap(Gap::Line);
            gap.append(printer.expr(expr).group()).group()
        })
    }

    /// Number of grouping brackets around the expression that is formatted next.
    fn brackets(&self, expr: &Expr) -> usize {
        let start = match &expr.kind {
            ExprKind::Call {
                function: first, ..
            }
            | ExprKind::Index { base: first, .. }
            | ExprKind::Field { base: first, .. }
            | ExprKind::Parts { base: first, .. }
            | ExprKind::Binary { left: first, .. }
            | ExprKind::To { from: first, .. }
            | ExprKind::First { of: first, .. }
            | ExprKind::Between { value: first, .. }
            | ExprKind::Over { value: first, .. }
            | ExprKind::Region { start: first, .. } => first.span.start,
            _ => expr.span.end,
        };
        self.brackets_before(start as usize)
    }

    /// Whether an expression begins on the line before its first bracket breaks, and ends on that of the last.
    fn opens_bracket(&self, expr: &Expr) -> bool {
        self.brackets(expr) > 0
            || match &expr.kind {
                ExprKind::List(_)
                | ExprKind::Map(_)
                | ExprKind::Call { .. }
                | ExprKind::Index { .. }
                | ExprKind::Arm(_)
                | ExprKind::Experiment(_) => true,
                ExprKind::Parts { base, .. } | ExprKind::Field { base, .. } => {
                    self.opens_bracket(base)
                }
                ExprKind::Unary { operand, .. } => {
                    matches!(operand.kind, ExprKind::Call { .. } | ExprKind::Index { .. })
                }
                _ => false,
            }
    }

    fn bracketed(&mut self, expr: &Expr, brackets: usize) -> Doc<'a> {
        let open = self.token();
        for _ in 1..brackets {
            self.skip();
        }
        let inside = self.nested(|printer| {
            let gap = printer.gap_after_opening(Gap::Fold);
            gap.append(printer.operators(expr).group())
        });
        for _ in 1..brackets {
            self.skip();
        }
        self.close(open, inside)
    }

    /// A bracket that is open, its contents, and the bracket that closes it, with breaks where they do not fit.
    fn close(&mut self, open: Doc<'a>, inside: Doc<'a>) -> Doc<'a> {
        let (notes, end) = self.gap_before_closing(Gap::Fold);
        let close = self.token();
        open.append(inside)
            .append(notes.nest(INDENT_COLUMNS as isize))
            .append(end)
            .append(close)
            .group()
    }

    fn operators(&mut self, expr: &Expr) -> Doc<'a> {
        match &expr.kind {
            ExprKind::Number(_)
            | ExprKind::Percent(_)
            | ExprKind::Length(_)
            | ExprKind::FractionalLength(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Sequence { .. }
            | ExprKind::Name(_) => self.token(),
            ExprKind::List(items) => self.items(items, Self::list_item),
            ExprKind::Map(entries) => self.items(entries, Self::map_entry),
            ExprKind::Call {
                function,
                arguments,
            } => {
                let function = self.expr(function);
                match arguments.as_slice() {
                    [only] if self.hugs(only) => function.append(self.hugged(only)),
                    _ => function.append(self.items(arguments, Self::argument)),
                }
            }
            ExprKind::Index { base, index } => {
                let base = self.expr(base);
                let open = self.token();
                let inside = self.nested(|printer| {
                    let gap = printer.gap_after_opening(Gap::Fold);
                    gap.append(printer.expr(index).group())
                });
                base.append(self.close(open, inside))
            }
            ExprKind::Field { base, .. } => {
                let base = self.expr(base);
                base.append(self.token()).append(self.token())
            }
            ExprKind::Parts { base, .. } => {
                let base = self.expr(base);
                base.append(self.gap(Gap::Blank))
                    .append(self.token())
                    .append(self.gap(Gap::Blank))
                    .append(self.labels())
            }
            ExprKind::Unary { operand, .. } => {
                let is_word = self.peek() == "not";
                let sign = self.token();
                let gap = if is_word { Gap::Blank } else { Gap::Nothing };
                sign.append(self.gap(gap)).append(self.expr(operand))
            }
            ExprKind::Binary { op, left, right } => self.row(*op, left, right),
            ExprKind::To { from, to, step } => {
                let from = self.expr(from);
                let mut doc = from.append(self.infix()).append(self.expr(to));
                if let Some(step) = step {
                    doc = doc.append(self.infix()).append(self.expr(step));
                }
                doc
            }
            ExprKind::Between { value, low, high } => {
                let value = self.expr(value);
                value
                    .append(self.gap(Gap::Blank))
                    .append(self.token())
                    .append(self.gap(Gap::Blank))
                    .append(self.expr(low))
                    .append(self.infix())
                    .append(self.expr(high))
            }
            ExprKind::Over { value, .. } => {
                let value = self.expr(value);
                value
                    .append(self.gap(Gap::Blank))
                    .append(self.token())
                    .append(self.gap(Gap::Blank))
                    .append(self.token())
            }
            ExprKind::First { of, count } => {
                let of = self.expr(of);
                of.append(self.gap(Gap::Blank))
                    .append(self.token())
                    .append(self.gap(Gap::Blank))
                    .append(self.expr(count))
            }
            ExprKind::Region { start, end } => {
                let start = self.expr(start);
                start.append(self.attached()).append(self.expr(end))
            }
            ExprKind::Experiment(experiment) => {
                let word = self.token();
                let gap = self.gap(Gap::Blank);
                word.append(gap).append(self.block(experiment))
            }
            ExprKind::Arm(steps) => self.arm_value(steps),
            ExprKind::Phrase { .. } => self.step(expr),
        }
    }

    /// An operator behind its left side, and the gap before its right side.
    fn infix(&mut self) -> Doc<'a> {
        let operator = self.text(" ").append(self.attached());
        operator.append(self.gap(Gap::Line))
    }

    /// All operands that operators of one precedence join.
    fn row(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Doc<'a> {
        let left = match &left.kind {
            ExprKind::Binary {
                op: earlier,
                left: first,
                right: second,
            } if level(*earlier) == level(op)
                && op != BinaryOp::Power
                && self.brackets(left) == 0 =>
            {
                self.row(*earlier, first, second)
            }
            _ => self.expr(left).group(),
        };
        let operator = if op == BinaryOp::Power {
            self.attached()
        } else {
            self.infix()
        };
        left.append(operator).append(self.expr(right).group())
    }

    /// Whether brackets of a call and of its only argument break together.
    fn hugs(&self, argument: &Argument) -> bool {
        let inside = self.inside_bracket();
        argument.name.is_none()
            && inside[0].text != "("
            // In the middle stands the comma, or the end of the argument, whose comments move nowhere.
            && (inside[1].text != "," || inside[1].comments.is_empty())
            && inside[0].comments.is_empty()
            && inside[2].comments.is_empty()
            && matches!(
                argument.value.kind,
                ExprKind::List(_) | ExprKind::Map(_) | ExprKind::Experiment(_) | ExprKind::Arm(_)
            )
    }

    fn hugged(&mut self, argument: &Argument) -> Doc<'a> {
        let open = self.token();
        let inside = self.expr(&argument.value);
        if self.peek() == "," {
            self.skip();
        }
        open.append(inside).append(self.token())
    }

    /// `name: value`, or a value alone.
    pub fn argument(&mut self, argument: &Argument) -> Doc<'a> {
        let name = match argument.name {
            Some(_) => {
                let name = self.token();
                name.append(self.attached()).append(self.gap(Gap::Blank))
            }
            None => self.nil(),
        };
        name.append(self.plain(&argument.value))
    }

    fn list_item(&mut self, item: &ListItem) -> Doc<'a> {
        let value = self.plain(&item.value);
        match item.label {
            Some(_) => value
                .append(self.gap(Gap::Blank))
                .append(self.token())
                .append(self.gap(Gap::Blank))
                .append(self.token()),
            None => value,
        }
    }

    fn map_entry(&mut self, entry: &MapEntry) -> Doc<'a> {
        let key = self.plain(&entry.key);
        key.append(self.attached())
            .append(self.gap(Gap::Blank))
            .append(self.plain(&entry.value))
    }

    /// Items between brackets, with commas between them.
    pub fn items<T>(&mut self, items: &[T], each: fn(&mut Self, &T) -> Doc<'a>) -> Doc<'a> {
        let [_, last, _] = self.inside_bracket();
        let one_a_line = last.text == ",";
        let open = self.token();
        if items.is_empty() {
            return self.closed(open);
        }
        let (edge, between) = if one_a_line {
            (Gap::Break, Gap::Apart)
        } else {
            (Gap::Fold, Gap::Line)
        };
        let inside = self.nested(|printer| {
            let gap = printer.gap_after_opening(edge);
            let mut row = printer.nil();
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    row = row.append(printer.attached()).append(printer.gap(between));
                }
                row = row.append(each(printer, item));
            }
            if one_a_line {
                printer.skip();
                row = row.append(printer.text(","));
            } else {
                row = row.append(printer.where_broken(","));
            }
            gap.append(row.group())
        });
        self.close(open, inside)
    }

    /// A name, or names between brackets.
    fn labels(&mut self) -> Doc<'a> {
        let several = self.peek() == "[";
        let mut doc = self.token();
        if several {
            while self.peek() != "]" {
                if self.peek() == "," {
                    doc = doc.append(self.attached()).append(self.gap(Gap::Blank));
                } else {
                    doc = doc.append(self.token());
                }
            }
            doc = doc.append(self.token());
        }
        doc
    }

    pub fn type_expr(&mut self, ty: &TypeExpr) -> Doc<'a> {
        let mut doc = self.token();
        for (i, argument) in ty.arguments.iter().enumerate() {
            doc = doc.append(self.attached());
            if i > 0 {
                doc = doc.append(self.gap(Gap::Blank));
            }
            doc = doc.append(self.type_expr(argument));
        }
        if !ty.arguments.is_empty() {
            // Behind a type, `>=` is two signs.
            self.split();
            doc = doc.append(self.token());
        }
        doc
    }
}

/// Operators of one level make one row.
fn level(op: BinaryOp) -> u8 {
    use BinaryOp::*;
    match op {
        Or => 0,
        And => 1,
        Less | LessEqual | Greater | GreaterEqual | Equal | NotEqual => 2,
        Add | Subtract => 3,
        Multiply | Divide | Div | Mod => 4,
        Power => 5,
    }
}
