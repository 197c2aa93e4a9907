//! Builds the syntax tree from pest's pairs: shared functions, and expressions. The grammar guarantees the order of pairs
//! that is relied on here.

mod declarations;
mod steps;

use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::sync::LazyLock;

use super::layout::DocLine;
use super::tree::*;
use super::{Rule, span};
pub use declarations::declared_name;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::{SourceId, Span};

static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::or))
        .op(left(Rule::and))
        .op(Op::prefix(Rule::not))
        .op(left(Rule::less)
            | left(Rule::less_equal)
            | left(Rule::greater)
            | left(Rule::greater_equal)
            | left(Rule::equal)
            | left(Rule::not_equal)
            | Op::postfix(Rule::between)
            | Op::postfix(Rule::over))
        .op(left(Rule::first))
        .op(left(Rule::step_by))
        .op(left(Rule::to))
        .op(left(Rule::region))
        .op(left(Rule::add) | left(Rule::subtract))
        .op(left(Rule::multiply) | left(Rule::divide) | left(Rule::div) | left(Rule::modulo))
        .op(Op::prefix(Rule::minus))
        .op(Op::infix(Rule::power, Assoc::Right))
        .op(Op::postfix(Rule::call)
            | Op::postfix(Rule::index)
            | Op::postfix(Rule::field)
            | Op::postfix(Rule::keeping)
            | Op::postfix(Rule::without))
});

/// Builds the tree of one text, and collects errors that the grammar cannot detect.
pub struct Builder<'a> {
    source: SourceId,
    text: &'a str,
    docs: &'a [DocLine],
    /// Depth of the expression that is being built.
    level: usize,
    pub diagnostics: Vec<Diagnostic>,
}

type Child<'i> = Pair<'i, Rule>;

/// Maximum depth of a tree. Each operator of an expression counts as a level, since a chain of them is as deep as it is long.
const MAX_TREE_DEPTH: usize = 300;

/// The pairs that carry meaning, without keywords, signs and the end of the text.
fn children(pair: Child) -> impl Iterator<Item = Child> {
    pair.into_inner().filter(|p| !is_fixed(p.as_rule()))
}

fn is_fixed(rule: Rule) -> bool {
    use Rule::*;
    matches!(
        rule,
        kw_use
            | kw_set
            | kw_fn
            | kw_experiment
            | kw_vary
            | kw_in
            | kw_background
            | kw_reference
            | kw_until
            | kw_per
            | kw_source
            | kw_width
            | kw_max
            | kw_sample
            | kw_arm
            | kw_factorial
            | kw_at
            | kw_measure
            | kw_contrast
            | kw_expect
            | kw_where
            | kw_keeping
            | kw_without
            | kw_between
            | kw_over
            | kw_across
            | kw_beyond
            | kw_models
            | kw_report
            | kw_and
            | kw_show
            | kw_of
            | comma
            | kw_as
            | assign
            | colon
            | open_round
            | close_round
            | close_square
            | open_curly
            | close_curly
            | EOI
    )
}

/// The next pair of a rule that the grammar makes obligatory.
fn next<'i>(pairs: &mut impl Iterator<Item = Child<'i>>) -> Child<'i> {
    pairs
        .next()
        .expect("the grammar makes this part obligatory")
}

impl<'a> Builder<'a> {
    pub fn new(source: SourceId, text: &'a str, docs: &'a [DocLine]) -> Self {
        Builder {
            source,
            text,
            docs,
            level: 0,
            diagnostics: Vec::new(),
        }
    }

    fn span(&self, pair: &Child) -> Span {
        // A pair may take in blanks that follow it; a span does not.
        let full = span(self.source, pair.as_span());
        let trimmed = self.text[full.range()].trim_end().len();
        Span::new(
            self.source,
            full.start as usize,
            full.start as usize + trimmed,
        )
    }

    fn type_expr(&mut self, pair: Child) -> TypeExpr {
        let span = self.span(&pair);
        let mut parts = children(pair);
        TypeExpr {
            name: self.name(next(&mut parts)),
            arguments: parts.map(|p| self.type_expr(p)).collect(),
            span,
        }
    }

    fn name(&self, pair: Child) -> Name {
        Name {
            text: pair.as_str().to_string(),
            span: self.span(&pair),
        }
    }

    pub fn expr(&mut self, pair: Child) -> Expr {
        let levels = max_operator_depth(&pair);
        if self.level + levels > MAX_TREE_DEPTH {
            let span = self.span(&pair);
            self.diagnostics.push(
                Diagnostic::error(
                    Code::Syntax,
                    format!(
                        "more than {MAX_TREE_DEPTH} operators and brackets stand inside each other"
                    ),
                )
                .at(span, "too long a calculation")
                .help("give parts of it names with `let`"),
            );
            let kind = ExprKind::Number(0.0);
            return Expr { kind, span };
        }
        self.level += levels;
        let expr = self.operators(pair);
        self.level -= levels;
        expr
    }

    fn operators(&mut self, pair: Child) -> Expr {
        // Every closure of the Pratt parser needs the builder; they run one after another.
        let this = std::cell::RefCell::new(self);
        PRECEDENCE
            .map_primary(|p| this.borrow_mut().primary(p))
            .map_prefix(|op, operand| {
                let start = this.borrow().span(&op);
                let span = start.to(operand.span);
                let op = match op.as_rule() {
                    Rule::minus => UnaryOp::Minus,
                    _ => UnaryOp::Not,
                };
                Expr {
                    kind: ExprKind::Unary {
                        op,
                        operand: Box::new(operand),
                    },
                    span,
                }
            })
            .map_postfix(|base, op| this.borrow_mut().postfix(base, op))
            .map_infix(|left, op, right| this.borrow_mut().infix(left, op, right))
            .parse(pair.into_inner())
    }

    fn infix(&mut self, left: Expr, op: Child, right: Expr) -> Expr {
        let span = left.span.to(right.span);
        let (left, right) = (Box::new(left), Box::new(right));
        let kind = match op.as_rule() {
            Rule::to => ExprKind::To {
                from: left,
                to: right,
                step: None,
            },
            Rule::first => ExprKind::First {
                of: left,
                count: right,
            },
            Rule::region => ExprKind::Region {
                start: left,
                end: right,
            },
            Rule::step_by => match *left {
                Expr {
                    kind:
                        ExprKind::To {
                            from,
                            to,
                            step: None,
                        },
                    ..
                } => ExprKind::To {
                    from,
                    to,
                    step: Some(right),
                },
                other => {
                    self.diagnostics.push(
                        Diagnostic::error(Code::Syntax, "`step` without `to`")
                            .at(self.span(&op), "expected after `a to b`"),
                    );
                    other.kind
                }
            },
            rule => ExprKind::Binary {
                op: binary(rule),
                left,
                right,
            },
        };
        Expr { kind, span }
    }

    fn postfix(&mut self, base: Expr, op: Child) -> Expr {
        let span = base.span.to(self.span(&op));
        let rule = op.as_rule();
        let mut parts = children(op);
        let kind = match rule {
            Rule::call => ExprKind::Call {
                function: Box::new(base),
                arguments: parts.map(|p| self.argument(p)).collect(),
            },
            Rule::index => ExprKind::Index {
                base: Box::new(base),
                index: Box::new(self.expr(next(&mut parts))),
            },
            Rule::over => ExprKind::Over {
                value: Box::new(base),
                axis: self.name(next(&mut parts)),
            },
            Rule::between => ExprKind::Between {
                value: Box::new(base),
                low: Box::new(self.expr(next(&mut parts))),
                high: Box::new(self.expr(next(&mut parts))),
            },
            Rule::keeping | Rule::without => ExprKind::Parts {
                base: Box::new(base),
                keeping: rule == Rule::keeping,
                labels: children(next(&mut parts)).map(|p| self.name(p)).collect(),
            },
            _ => ExprKind::Field {
                base: Box::new(base),
                name: self.name(next(&mut parts)),
            },
        };
        Expr { kind, span }
    }

    fn argument(&mut self, pair: Child) -> Argument {
        let mut parts = children(pair);
        let first = next(&mut parts);
        if first.as_rule() == Rule::name {
            Argument {
                name: Some(self.name(first)),
                value: self.expr(next(&mut parts)),
            }
        } else {
            Argument {
                name: None,
                value: self.expr(first),
            }
        }
    }

    fn primary(&mut self, pair: Child) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::number => self.number(pair),
            Rule::text => ExprKind::Text(text_value(&pair)),
            Rule::sequence => {
                let mut parts = pair.into_inner();
                let alphabet = match next(&mut parts).as_str() {
                    "rna" => SequenceAlphabet::Rna,
                    _ => SequenceAlphabet::Dna,
                };
                ExprKind::Sequence {
                    alphabet,
                    letters: text_value(&next(&mut parts)),
                }
            }
            Rule::truth => ExprKind::Bool(pair.as_str().starts_with("true")),
            Rule::name => ExprKind::Name(pair.as_str().to_string()),
            Rule::arm_value => ExprKind::Name("arm".to_string()),
            Rule::list => {
                let items = children(pair)
                    .map(|item| {
                        let mut parts = children(item);
                        ListItem {
                            value: self.expr(next(&mut parts)),
                            label: parts.next().map(|p| self.name(p)),
                        }
                    })
                    .collect();
                ExprKind::List(items)
            }
            Rule::map => {
                let entries = children(pair)
                    .filter(|entry| entry.as_rule() == Rule::map_entry)
                    .map(|entry| {
                        let mut parts = children(entry);
                        MapEntry {
                            key: self.expr(next(&mut parts)),
                            value: self.expr(next(&mut parts)),
                        }
                    })
                    .collect();
                ExprKind::Map(entries)
            }
            Rule::block_value => ExprKind::Experiment(self.block(next(&mut children(pair)))),
            Rule::arm_block => ExprKind::Arm(self.steps(next(&mut children(pair)))),
            // Brackets only group; the span takes them in.
            _ => self.expr(next(&mut pair.into_inner())).kind,
        };
        Expr { kind, span }
    }

    fn number(&mut self, pair: Child) -> ExprKind {
        let span = self.span(&pair);
        let written = pair.as_str();
        let unit = pair
            .into_inner()
            .find(|p| p.as_rule() == Rule::unit)
            .map(|p| p.as_str());
        let digits = written
            .strip_suffix(unit.unwrap_or(""))
            .unwrap_or(written)
            .replace('_', "");
        let value: f64 = digits.parse().unwrap_or(f64::INFINITY);
        if !value.is_finite() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::ArithmeticError,
                    format!("the number `{written}` is too large"),
                )
                .at(span, "here"),
            );
            return ExprKind::Number(0.0);
        }
        let factor = match unit {
            None => return ExprKind::Number(value),
            Some("%") => return ExprKind::Percent(value / 100.0),
            Some("kb") => 1e3,
            Some("Mb") => 1e6,
            Some(_) => 1.0,
        };
        let length = value * factor;
        if length > 1e12 {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::ArithmeticError,
                    format!("`{written}` is too long for a length"),
                )
                .at(span, "more than any genome"),
            );
        } else if (length - length.round()).abs() > 1e-6 {
            return ExprKind::FractionalLength(length);
        }
        ExprKind::Length(length.round() as i64)
    }
}

/// Upper bound on the depth of the tree that the operators of an expression make.
fn max_operator_depth(pair: &Child) -> usize {
    let (mut operators, mut row, mut longest_row) = (0, 0, 0);
    for part in pair.clone().into_inner() {
        match part.as_rule() {
            Rule::call
            | Rule::index
            | Rule::field
            | Rule::keeping
            | Rule::without
            | Rule::between
            | Rule::over => row += 1,
            Rule::number | Rule::text | Rule::name | Rule::list | Rule::group => row = 0,
            Rule::sequence | Rule::truth | Rule::block_value | Rule::map => row = 0,
            Rule::arm_value | Rule::arm_block => row = 0,
            _ => operators += 1,
        }
        longest_row = longest_row.max(row);
    }
    1 + operators + longest_row
}

fn binary(rule: Rule) -> BinaryOp {
    match rule {
        Rule::or => BinaryOp::Or,
        Rule::and => BinaryOp::And,
        Rule::less => BinaryOp::Less,
        Rule::less_equal => BinaryOp::LessEqual,
        Rule::greater => BinaryOp::Greater,
        Rule::greater_equal => BinaryOp::GreaterEqual,
        Rule::equal => BinaryOp::Equal,
        Rule::not_equal => BinaryOp::NotEqual,
        Rule::add => BinaryOp::Add,
        Rule::subtract => BinaryOp::Subtract,
        Rule::multiply => BinaryOp::Multiply,
        Rule::divide => BinaryOp::Divide,
        Rule::div => BinaryOp::Div,
        Rule::modulo => BinaryOp::Mod,
        _ => BinaryOp::Power,
    }
}

/// The text between the quotes, with its escapes resolved.
fn text_value(pair: &Child) -> String {
    let inner = pair.clone().into_inner().as_str();
    let mut value = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        value.push(match c {
            '\\' => match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some(other) => other,
                None => '\\',
            },
            other => other,
        });
    }
    value
}
