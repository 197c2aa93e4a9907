//! Statements of experiments and edits: words, and the expressions between them.

use super::printer::{Doc, Gap, Printer};
use crate::tree::{Experiment, Expr, ExprKind, NamedOutcome, Statement, StatementKind, Summary};

use super::declarations::{Named, Shape};

/// Words and signs behind which a line may end.
const JOINING: &[&str] = &["at", "to", "in", "where", ",", "<"];

impl<'a> Printer<'a> {
    /// The statements of an experiment between their braces, one a line.
    pub fn block(&mut self, experiment: &Experiment) -> Doc<'a> {
        let open = self.token();
        if experiment.statements.is_empty() {
            return self.closed(open);
        }
        let inside = self.nested(|printer| {
            let gap = printer.gap_after_opening(Gap::Break);
            let pieces = experiment
                .statements
                .iter()
                .enumerate()
                .map(|(i, statement)| printer.piece(i == 0, |printer| printer.statement(statement)))
                .collect();
            gap.append(printer.aligned(pieces))
        });
        let (notes, end) = self.gap_before_closing(Gap::Break);
        let notes = notes.nest(super::INDENT_COLUMNS as isize);
        open.append(inside)
            .append(notes)
            .append(end)
            .append(self.token())
    }

    fn statement(&mut self, statement: &Statement) -> Shape<'a> {
        let end = statement.span.end as usize;
        Shape::Plain(match &statement.kind {
            StatementKind::Vary {
                values, condition, ..
            } => {
                let expressions: Vec<&Expr> = std::iter::once(values).chain(condition).collect();
                self.clause(&expressions, end)
            }
            StatementKind::Background(source) | StatementKind::Reference(source) => {
                self.clause(&[source], end)
            }
            StatementKind::Sample { size } => {
                self.clause(&size.expressions().collect::<Vec<_>>(), end)
            }
            StatementKind::Step(step) => self.step(step),
            StatementKind::Arm { steps, .. } => return self.arm(steps),
            StatementKind::Factorial { parts, at } => self.clause(&[parts, at], end),
            StatementKind::Measure { outcomes } => self.measure(outcomes),
            StatementKind::Contrast { value, .. } => return self.binding(value),
            StatementKind::Let(binding) => return self.binding(&binding.value),
            StatementKind::Report { summaries } => self.report(summaries),
            StatementKind::Expect(expect) => self.clause(&expect.expressions(), end),
        })
    }

    /// A phrase, or an expression that is an edit or an arm.
    pub fn step(&mut self, step: &Expr) -> Doc<'a> {
        match &step.kind {
            ExprKind::Phrase { arguments, .. } => {
                let values: Vec<&Expr> = arguments.iter().map(|argument| &argument.value).collect();
                self.clause(&values, step.span.end as usize)
            }
            _ => self.plain(step),
        }
    }

    /// Words up to a byte, with expressions where the text has them.
    pub fn clause(&mut self, expressions: &[&Expr], end: usize) -> Doc<'a> {
        let mut expressions = expressions.iter().peekable();
        let mut before = self.peek();
        let mut doc = self.token();
        while self.at() < end {
            let joined = JOINING.contains(&before);
            before = self.peek();
            let starts = |expr: &&&Expr| expr.span.start as usize <= self.at();
            doc = match expressions.next_if(starts) {
                Some(expr) if joined => doc.append(self.value(expr)),
                Some(expr) => doc.append(self.gap(Gap::Blank)).append(self.plain(expr)),
                None if before == "," => doc.append(self.attached()),
                None if joined => {
                    let gap = self.nested(|printer| printer.gap(Gap::Line).group());
                    doc.append(gap).append(self.token())
                }
                None => doc.append(self.gap(Gap::Blank)).append(self.token()),
            };
        }
        doc
    }

    /// Summaries with what stands in their brackets, on one line where it fits.
    fn report(&mut self, summaries: &[Summary]) -> Doc<'a> {
        let mut doc = self.token();
        for (i, summary) in summaries.iter().enumerate() {
            if i > 0 {
                let gap = |printer: &mut Self| printer.gap(Gap::Line).group();
                doc = doc.append(self.attached()).append(self.nested(gap));
            } else {
                doc = doc.append(self.gap(Gap::Blank));
            }
            doc = doc.append(self.token());
            if let Some(arguments) = &summary.arguments {
                doc = doc.append(self.items(arguments, Self::argument));
            }
            if summary.over.is_some() {
                doc = doc.append(self.gap(Gap::Blank)).append(self.token());
                doc = doc.append(self.gap(Gap::Blank)).append(self.token());
            }
            if let Some(beyond) = &summary.beyond {
                doc = doc.append(self.gap(Gap::Blank)).append(self.token());
                doc = doc.append(self.gap(Gap::Blank)).append(self.plain(beyond));
            }
        }
        doc
    }

    /// Outcomes on the line of their word where all fit there, else one a line below it.
    fn measure(&mut self, outcomes: &[NamedOutcome]) -> Doc<'a> {
        let word = self.token();
        if let [only] = outcomes
            && only.name.is_none()
        {
            return word.append(self.value(&only.value));
        }
        let row = self.nested(|printer| {
            let mut row = printer.gap(Gap::Line);
            for (i, outcome) in outcomes.iter().enumerate() {
                if i > 0 {
                    row = row
                        .append(printer.attached())
                        .append(printer.gap(Gap::Line));
                }
                if outcome.name.is_some() {
                    let name = printer.token();
                    let sign = printer.text(" ").append(printer.attached());
                    row = row.append(name).append(sign);
                    row = row.append(printer.value(&outcome.value));
                } else {
                    row = row.append(printer.plain(&outcome.value));
                }
            }
            row.group()
        });
        word.append(row)
    }

    /// An arm on one line where its author wrote it so, else one step a line.
    fn arm(&mut self, steps: &[Expr]) -> Shape<'a> {
        let width = self.width_of_head();
        let word = self.token();
        let name = self.gap(Gap::Blank).append(self.token());
        let head = word.append(name);
        let (body, one_line) = self.steps(steps);
        if one_line || steps.is_empty() {
            Shape::Named {
                of: Named::Arm,
                head,
                width,
                body,
            }
        } else {
            Shape::Plain(head.append(body))
        }
    }

    /// `arm { ... }` as a value.
    pub fn arm_value(&mut self, steps: &[Expr]) -> Doc<'a> {
        let word = self.token();
        let (body, _) = self.steps(steps);
        word.append(body).group()
    }

    /// The steps of an arm between braces, with the gap before them, and whether their author wrote them on one line.
    fn steps(&mut self, steps: &[Expr]) -> (Doc<'a>, bool) {
        let gap = self.gap(Gap::Blank);
        let one_line = self.bracket_on_one_line();
        let open = gap.append(self.token());
        if steps.is_empty() {
            return (self.closed(open), one_line);
        }
        let inside = self.nested(|printer| {
            let mut row = printer.gap_after_opening(Gap::Line);
            for (i, step) in steps.iter().enumerate() {
                if i > 0 {
                    row = row.append(printer.step_gap());
                }
                row = row.append(printer.step(step));
            }
            row
        });
        let (notes, end) = self.gap_before_closing(Gap::Line);
        let body = open
            .append(inside)
            .append(notes.nest(super::INDENT_COLUMNS as isize))
            .append(end)
            .append(self.token());
        (body, one_line)
    }

    /// Between two steps: a line break where the arm is broken, `;` elsewhere.
    fn step_gap(&mut self) -> Doc<'a> {
        if self.set_apart() || self.commented() {
            return self.gap(Gap::Apart);
        }
        self.gap(Gap::Nothing).append(self.step_end())
    }
}
