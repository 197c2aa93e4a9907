//! Builds declarations and the statements of experiments.

use pest::iterators::{Pair, Pairs};

use super::{Builder, Child, children, next, text_value};
use crate::Rule;
use crate::tree::*;
use gia_base::source::Span;

/// The name that the text of a declaration declares; none if it declares none.
pub fn declared_name(declaration: &str) -> Option<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (keyword, rest) = declaration.trim_start().split_once([' ', '\t'])?;
    let name = rest.trim_start().split(|c| !is_word(c)).next()?;
    ((Kind::is_keyword(keyword) || keyword == "fn") && !name.is_empty()).then(|| name.to_string())
}

impl Builder<'_> {
    pub fn file(&mut self, pairs: Pairs<Rule>) -> File {
        let mut file = File::default();
        for pair in pairs.flat_map(Pair::into_inner) {
            if pair.as_rule() != Rule::item {
                continue;
            }
            let text = pair.as_str();
            let mistakes = self.diagnostics.len();
            let item = self.item(pair);
            if self.diagnostics.len() == mistakes {
                file.items.push(item);
            } else {
                file.lost.extend(declared_name(text));
            }
        }
        file
    }

    fn item(&mut self, pair: Child) -> Item {
        let span = self.span(&pair);
        let doc = self.doc_above(span.start as usize);
        let inner = next(&mut pair.into_inner());
        let rule = inner.as_rule();
        let kind = if rule == Rule::binding {
            ItemKind::Let(self.binding(inner))
        } else {
            let mut parts = children(inner);
            match rule {
                Rule::use_item => {
                    let target = next(&mut parts);
                    ItemKind::Use(if target.as_rule() == Rule::name {
                        Module::Library(self.name(target))
                    } else {
                        let span = self.span(&target);
                        Module::File {
                            path: text_value(&target),
                            span,
                        }
                    })
                }
                Rule::set_item => {
                    let name = self.name(next(&mut parts));
                    ItemKind::Set {
                        name,
                        value: self.expr(next(&mut parts)),
                    }
                }
                Rule::fn_item => ItemKind::Fn(self.function(parts)),
                Rule::expect => ItemKind::Expect(self.expect(parts)),
                Rule::show_item => {
                    let first = next(&mut parts);
                    if first.as_rule() == Rule::ranking {
                        let mut of_ranking = children(first);
                        let ranking = match next(&mut of_ranking).as_rule() {
                            Rule::bottom => Ranking::Bottom,
                            _ => Ranking::Top,
                        };
                        let count = self.expr(next(&mut of_ranking));
                        ItemKind::Show {
                            ranking: Some((ranking, count)),
                            of: self.expr(next(&mut parts)),
                        }
                    } else {
                        ItemKind::Show {
                            ranking: None,
                            of: self.expr(first),
                        }
                    }
                }
                _ => {
                    let name = self.name(next(&mut parts));
                    ItemKind::Experiment {
                        name,
                        body: self.block(next(&mut parts)),
                    }
                }
            }
        };
        Item { doc, kind, span }
    }

    /// The `##` lines right above a declaration, joined; of several on one line, they document the first.
    fn doc_above(&self, start: usize) -> Option<String> {
        let mut lines = Vec::new();
        // No further back than to the declaration before it: there may be many on one line.
        let is_first = |c: char| c != '\n' && (c.is_whitespace() || c == ';');
        let mut below = self.text[..start].trim_end_matches(is_first).len();
        if below > 0 && !self.text[..below].ends_with('\n') {
            return None;
        }
        let above = self.docs.partition_point(|line| line.line_start < start);
        for line in self.docs[..above].iter().rev() {
            if line.next_line != below {
                break;
            }
            lines.push(line.text.as_str());
            below = line.line_start;
        }
        lines.reverse();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn function<'i>(&mut self, mut parts: impl Iterator<Item = Child<'i>>) -> Fn {
        let name = self.name(next(&mut parts));
        let parameters = children(next(&mut parts))
            .map(|p| self.parameter(p))
            .collect();
        let mut function = Fn {
            name,
            parameters,
            result: None,
            body: None,
        };
        for part in parts {
            if part.as_rule() == Rule::r#type {
                function.result = Some(self.type_expr(part));
            } else {
                function.body = Some(self.expr(part));
            }
        }
        function
    }

    fn parameter(&mut self, pair: Child) -> Parameter {
        let mut parts = children(pair);
        Parameter {
            name: self.name(next(&mut parts)),
            ty: self.type_expr(next(&mut parts)),
            default: parts.next().map(|p| self.expr(p)),
        }
    }

    fn binding(&mut self, pair: Child) -> Let {
        let mut parts = children(pair);
        let kind = match next(&mut next(&mut parts).into_inner()).as_rule() {
            Rule::kw_model => Kind::Model,
            Rule::kw_motif => Kind::Motif,
            Rule::kw_null => Kind::Null,
            Rule::kw_construct => Kind::Construct,
            Rule::kw_query => Kind::Query,
            Rule::kw_attribution => Kind::Attribution,
            Rule::kw_experiment => Kind::Experiment,
            _ => Kind::Let,
        };
        Let {
            kind,
            name: self.name(next(&mut parts)),
            value: self.expr(next(&mut parts)),
        }
    }

    pub(super) fn block(&mut self, pair: Child) -> Experiment {
        let span = self.span(&pair);
        let statements = children(pair).map(|p| self.statement(p)).collect();
        Experiment { statements, span }
    }

    fn statement(&mut self, pair: Child) -> Statement {
        let span = self.span(&pair);
        let inner = next(&mut pair.into_inner());
        let rule = inner.as_rule();
        if rule == Rule::binding {
            return Statement {
                kind: StatementKind::Let(self.binding(inner)),
                span,
            };
        }
        if rule == Rule::step {
            return Statement {
                kind: StatementKind::Step(self.step(inner)),
                span,
            };
        }
        let mut parts = children(inner);
        let kind = match rule {
            Rule::vary => StatementKind::Vary {
                axis: self.name(next(&mut parts)),
                values: self.expr(next(&mut parts)),
                condition: parts
                    .next()
                    .map(|condition| self.expr(next(&mut children(condition)))),
            },
            Rule::background => StatementKind::Background(self.expr(next(&mut parts))),
            Rule::reference => StatementKind::Reference(self.expr(next(&mut parts))),
            Rule::sample => StatementKind::Sample {
                size: {
                    let size = next(&mut parts);
                    self.sample_size(size, parts.next().is_some())
                },
            },
            Rule::arm => StatementKind::Arm {
                name: self.name(next(&mut parts)),
                steps: self.steps(next(&mut parts)),
            },
            Rule::factorial => StatementKind::Factorial {
                parts: self.expr(next(&mut parts)),
                at: self.expr(next(&mut parts)),
            },
            Rule::measure => StatementKind::Measure {
                outcomes: parts.map(|p| self.outcome(p)).collect(),
            },
            Rule::contrast => StatementKind::Contrast {
                name: self.name(next(&mut parts)),
                value: self.expr(next(&mut parts)),
            },
            Rule::report => StatementKind::Report {
                summaries: parts.map(|p| self.summary(p)).collect(),
            },
            _ => StatementKind::Expect(self.expect(parts)),
        };
        Statement { kind, span }
    }

    fn summary(&mut self, pair: Child) -> Summary {
        let mut parts = children(pair);
        let name = self.name(next(&mut parts));
        let behind = Span {
            start: name.span.end,
            ..name.span
        };
        let mut summary = Summary {
            name,
            arguments: None,
            brackets: behind,
            over: None,
            beyond: None,
        };
        match parts.next() {
            Some(call) if call.as_rule() == Rule::call => {
                summary.brackets = self.span(&call);
                let arguments = children(call).map(|p| self.argument(p));
                summary.arguments = Some(arguments.collect());
            }
            Some(beyond) if beyond.as_rule() == Rule::beyond => {
                summary.beyond = Some(self.expr(next(&mut children(beyond))));
            }
            axis => summary.over = axis.map(|p| self.name(p)),
        }
        summary
    }

    fn sample_size(&mut self, pair: Child, is_per_source: bool) -> SampleSize {
        if pair.as_rule() != Rule::until {
            let count = self.expr(pair);
            return match is_per_source {
                true => SampleSize::PerSource(count),
                false => SampleSize::Fixed(count),
            };
        }
        let mut parts = children(pair);
        let rule = next(&mut parts);
        let rule = match rule.as_rule() {
            Rule::decided => StoppingRule::Decided,
            _ => StoppingRule::Narrow(self.expr(next(&mut children(rule)))),
        };
        SampleSize::Until {
            rule,
            most: self.expr(next(&mut parts)),
        }
    }

    fn outcome(&mut self, pair: Child) -> NamedOutcome {
        let mut parts = children(pair);
        let first = next(&mut parts);
        if first.as_rule() == Rule::name {
            NamedOutcome {
                name: Some(self.name(first)),
                value: self.expr(next(&mut parts)),
            }
        } else {
            NamedOutcome {
                name: None,
                value: self.expr(first),
            }
        }
    }

    fn expect<'i>(&mut self, mut parts: impl Iterator<Item = Child<'i>>) -> Expect {
        let claim = self.expr(next(&mut parts));
        let mut expect = Expect {
            claim,
            across_models: false,
            beyond: None,
            condition: None,
            level: None,
        };
        for part in parts {
            match part.as_rule() {
                Rule::across => expect.across_models = true,
                Rule::beyond => expect.beyond = Some(self.expr(next(&mut children(part)))),
                Rule::condition => expect.condition = Some(self.expr(next(&mut children(part)))),
                _ => expect.level = Some(self.expr(next(&mut children(part)))),
            }
        }
        expect
    }
}
