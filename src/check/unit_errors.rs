//! Diagnostics for common slips: a gap without its unit, a list of lengths for a region.

use std::rc::Rc;

use super::Checker;
use super::scope::Scope;
use super::types::Type;
use super::value::Value;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_syntax::tree::{Expr, ExprKind};

impl Checker<'_> {
    /// The error for a list of motifs in which a plain number stands for a gap; none if there is no such number.
    pub(super) fn gap_without_unit(&self, row: &Expr, scope: &Rc<Scope>) -> Option<Diagnostic> {
        let ExprKind::List(items) = &row.kind else {
            return None;
        };
        items.iter().find_map(|item| match &item.value.kind {
            ExprKind::List(_) => self.gap_without_unit(&item.value, scope),
            ExprKind::Number(_) => Some(self.number_as_gap(item.value.span, None)),
            ExprKind::Name(name) => {
                let binding = scope.get(name)?;
                matches!(binding.value, Value::Number(_))
                    .then(|| self.number_as_gap(item.value.span, binding.span))
            }
            _ => self
                .is_calculation(&item.value, scope)
                .then(|| self.calculation_as_gap(item.value.span)),
        })
    }

    /// Whether an expression is arithmetic over plain numbers alone.
    fn is_calculation(&self, expr: &Expr, scope: &Rc<Scope>) -> bool {
        match &expr.kind {
            ExprKind::Number(_) => !self
                .text_of(expr.span)
                .ends_with(|c: char| c.is_alphabetic()),
            ExprKind::Name(name) => scope
                .get(name)
                .is_some_and(|binding| matches!(binding.value, Value::Number(_))),
            ExprKind::Binary { left, right, .. } => {
                self.is_calculation(left, scope) && self.is_calculation(right, scope)
            }
            ExprKind::Unary { operand, .. } => self.is_calculation(operand, scope),
            _ => false,
        }
    }

    fn calculation_as_gap(&self, place: Span) -> Diagnostic {
        let text = self.text_of(place);
        let mended = format!("({text}) * 1bp");
        Diagnostic::error(
            Code::UnitMismatch,
            format!("a gap is a Length, and `{text}` is a Number"),
        )
        .at(place, "a gap has a unit")
        .suggest_here(
            format!("a number becomes a length when multiplied by one: `{mended}`"),
            mended,
        )
    }

    /// What is wrong with the name of a plain number where a length or a position is needed: its unit is missing where it is
    /// declared. None for what is no such name.
    pub(super) fn name_without_unit(
        &self,
        expr: &Expr,
        needed: &Type,
        scope: &Rc<Scope>,
    ) -> Option<Diagnostic> {
        let (ExprKind::Name(name), Type::Length | Type::Position | Type::Placement) =
            (&expr.kind, needed)
        else {
            return None;
        };
        let needed = match needed {
            Type::Placement => &Type::Position,
            other => other,
        };
        let binding = scope.get(name)?;
        let (Value::Number(n), Some(declared)) = (&binding.value, binding.span) else {
            return None;
        };
        // A number below 1 may be a share of the sequence, of which `coerce` tells.
        if n.fract() != 0.0 {
            return None;
        }
        let diagnostic = Diagnostic::error(
            Code::TypeMismatch,
            format!("expected a {needed}, and `{name}` is a Number"),
        )
        .at(expr.span, "here")
        .at(declared, "a Number here");
        Some(self.with_unit_where_declared(diagnostic, declared))
    }

    /// A number in a row of motifs, and where its name is declared.
    fn number_as_gap(&self, place: Span, declared: Option<Span>) -> Diagnostic {
        let text = self.text_of(place);
        let diagnostic = Diagnostic::error(
            Code::UnitMismatch,
            format!("a gap is a Length, and `{text}` is a Number"),
        )
        .at(place, "a gap has a unit");
        let Some(declared) = declared else {
            let mended = format!("{text}bp");
            return diagnostic.suggest_here(format!("write `{mended}`"), mended);
        };
        let diagnostic = diagnostic.at(declared, "a Number here");
        self.with_unit_where_declared(diagnostic, declared)
    }

    /// Suggests a unit behind each number that a name is declared with; else how a number becomes a length.
    fn with_unit_where_declared(&self, diagnostic: Diagnostic, declared: Span) -> Diagnostic {
        let name = self.text_of(declared);
        let source = self.sources.get(declared.source);
        let behind = &source.text[declared.end as usize..];
        let end = behind.find(['\n', '#', ';', '}']).unwrap_or(behind.len());
        let behind = behind[..end].trim_end();
        let ends = ends_of_numbers(behind);
        if ends.is_empty() {
            return diagnostic.help(format!(
                "a number becomes a length when multiplied by one: `{name} * 1bp`"
            ));
        }
        let mut line = String::new();
        let mut from = 0;
        for &at in &ends {
            line.push_str(&behind[from..at]);
            line.push_str("bp");
            from = at;
        }
        line.push_str(&behind[from..]);
        let at = |offset: usize| {
            let place = declared.end as usize + offset;
            (Span::new(declared.source, place, place), "bp".to_string())
        };
        diagnostic.suggest(
            format!("give it a unit where it is declared: `{name}{line}`"),
            ends.iter().map(|&end| at(end)),
        )
    }

    /// The region that was meant by a list of lengths, `1bp to 3bp`; none for what is no such list.
    pub(super) fn list_as_region(&self, place: &Expr) -> Option<Diagnostic> {
        let ExprKind::To {
            from,
            to,
            step: None,
        } = &place.kind
        else {
            return None;
        };
        let [a, b] = [from, to].map(|end| self.text_of(end.span));
        let between = Span::new(
            place.span.source,
            from.span.end as usize,
            to.span.start as usize,
        );
        let diagnostic = Diagnostic::error(Code::TypeMismatch, "a region is not a list of lengths")
            .at(place.span, "a List");
        Some(diagnostic.suggest(format!("write `{a}..{b}`"), [(between, "..".to_string())]))
    }

    /// Adds a mend to the error on a position or length where a region is needed.
    pub(super) fn with_other_end(
        &mut self,
        diagnostic: Box<Diagnostic>,
        written: &Expr,
        scope: &Rc<Scope>,
    ) -> Box<Diagnostic> {
        match self.eval(written, scope) {
            Ok(Value::Position(_) | Value::Length(_)) => {
                let text = self.text_of(written.span);
                Box::new(diagnostic.suggest_here(
                    format!("a region has two ends: `{text}..{text} + 10bp`"),
                    format!("{text}..{text} + 10bp"),
                ))
            }
            _ => diagnostic,
        }
    }
}

/// Where numbers without a unit end in what stands behind a declared name, `in 0 to 20 step 5` or `= [1, 2]`; none where
/// anything but numbers stands there.
fn ends_of_numbers(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if !is_part(c) {
            if !matches!(c, ' ' | '\t' | '[' | ']' | ',' | '=') {
                return Vec::new();
            }
            at += c.len_utf8();
            continue;
        }
        let length = text[at..].find(|c| !is_part(c)).unwrap_or(text.len() - at);
        let word = &text[at..at + length];
        at += length;
        match word {
            "in" | "to" | "step" => {}
            number if number.chars().all(|c| c.is_ascii_digit() || c == '_') => ends.push(at),
            _ => return Vec::new(),
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_a_unit_belongs() {
        assert_eq!(ends_of_numbers(" in 0 to 20 step 5"), [5, 11, 18]);
        assert_eq!(ends_of_numbers(" = [1, 20]"), [5, 9]);
        assert!(ends_of_numbers(" in kmers(3)").is_empty());
        assert!(ends_of_numbers(" in 0.5 to 2").is_empty());
    }
}
