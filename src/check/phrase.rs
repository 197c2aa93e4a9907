//! Phrases: calls as statements speak them, `embed M at P`.

use std::rc::Rc;

use super::scope::Scope;
use super::types::Type;
use super::value::{FunctionValue, Value};
use super::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_syntax::keywords::STATEMENTS;
use gia_syntax::tree::{Argument, ExprKind, Name, PLACE};

/// The keyword before the argument for [`PLACE`] in a phrase.
const AT: &str = "at";

impl Checker<'_> {
    /// The value of a phrase, which is that of the call with the same arguments.
    pub(super) fn phrase(
        &mut self,
        verb: &Name,
        arguments: &[Argument],
        span: Span,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let Some(function) = self.verb(&verb.text, scope) else {
            let diagnostic = self.unknown_verb(verb, scope);
            return self.fail(diagnostic);
        };
        if !self.has_the_words_of(&function, arguments)
            && let Some(diagnostic) = self.wrong_words(&function, verb, arguments, span)
        {
            return self.fail(diagnostic);
        }
        self.call_function(&function, arguments, span, scope)
    }

    /// The function that a verb means: one of the script, else one of the prelude. Names of other values hide none.
    fn verb(&self, name: &str, scope: &Rc<Scope>) -> Option<Rc<FunctionValue>> {
        match scope.value(name) {
            Some(Value::Function(function)) => Some(function),
            _ => match self.prelude.value(name)? {
                Value::Function(function) => Some(function),
                _ => None,
            },
        }
    }

    /// Whether a verb means a function.
    pub(super) fn names_a_function(&self, name: &str, scope: &Rc<Scope>) -> bool {
        self.verb(name, scope).is_some()
    }

    pub(super) fn unknown_verb(&self, verb: &Name, scope: &Rc<Scope>) -> Diagnostic {
        let edits = self.edit_functions(scope);
        let known = STATEMENTS.iter().copied();
        let known = known.chain(edits.iter().map(String::as_str));
        let diagnostic = Diagnostic::error(
            Code::UnknownName,
            format!("there is no statement and no edit `{}`", verb.text),
        )
        .at(verb.span, "unknown statement");
        match closest(&verb.text, known) {
            Some(close) => diagnostic.did_you_mean(close),
            None => diagnostic.help(format!(
                "statements are `let`, `{}`; edits are `{}`",
                STATEMENTS.join("`, `"),
                edits.join("`, `")
            )),
        }
    }

    /// Names of the functions that make an edit or an arm, sorted.
    fn edit_functions(&self, scope: &Rc<Scope>) -> Vec<String> {
        let mut names = scope.visible();
        names.retain(|name| match scope.get(name).map(|binding| binding.value) {
            Some(Value::Function(function)) => {
                let result = function.declaration.result.as_ref();
                let result = result.and_then(|written| Type::parse_type(written).ok());
                matches!(result, Some(Type::Edit | Type::Arm))
            }
            _ => false,
        });
        names
    }

    /// Whether a phrase has all that its function needs, by the right words. Most have, at each grid point.
    fn has_the_words_of(&self, function: &FunctionValue, arguments: &[Argument]) -> bool {
        let parameters = &function.declaration.parameters;
        let positional = arguments.iter().take_while(|a| a.name.is_none()).count();
        if positional > parameters.len() {
            return false;
        }
        let (first, others) = parameters.split_at(positional);
        let mut needed = others.iter().filter(|p| p.default.is_none()).count();
        for argument in &arguments[positional..] {
            let Some(name) = &argument.name else {
                return false;
            };
            let word = self.sources.slice(name.span);
            let is_word = match name.text.as_str() {
                PLACE => word == AT,
                other => word == other,
            };
            let Some(parameter) = others.iter().find(|p| p.name.text == name.text) else {
                return false;
            };
            if !is_word {
                return false;
            }
            needed -= usize::from(parameter.default.is_none() && needed > 0);
        }
        needed == 0 && !first.is_empty()
    }

    /// The error on `embed A to center`.
    fn place_behind_to(
        &self,
        function: &str,
        arguments: &[Argument],
        needed: &str,
    ) -> Option<Diagnostic> {
        let [only] = arguments else {
            return None;
        };
        let ExprKind::To {
            from,
            to,
            step: None,
        } = &only.value.kind
        else {
            return None;
        };
        let (start, end) = (from.span.end as usize, to.span.start as usize);
        let between = Span::new(only.value.span.source, start, end);
        let [what, place] = [from, to].map(|part| self.text_of(part.span));
        Some(
            Diagnostic::error(
                Code::MissingArgument,
                format!("`{function}` lacks its `{needed}`"),
            )
            .at(between, "`to` makes a list")
            .suggest(
                format!("write `{function} {what} {needed} {place}`"),
                [(between, format!(" {needed} "))],
            ),
        )
    }

    /// The error on a phrase whose words are not those of its function, with the phrase that was probably meant.
    fn wrong_words(
        &self,
        function: &FunctionValue,
        verb: &Name,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Diagnostic> {
        let parameters = &function.declaration.parameters;
        let word = |parameter: &str| match parameter {
            PLACE => AT.to_string(),
            other => other.to_string(),
        };
        let positional = arguments.iter().filter(|a| a.name.is_none()).count();
        let given = |name: &str| {
            let at = parameters.iter().position(|p| p.name.text == name);
            at.is_some_and(|at| at < positional)
                || arguments.iter().any(|argument| {
                    let named = argument.name.as_ref();
                    named.is_some_and(|named| named.text == name)
                })
        };
        let needed = parameters
            .iter()
            .find(|parameter| parameter.default.is_none() && !given(&parameter.name.text));
        let needed = needed.map(|parameter| word(&parameter.name.text));
        let words: Vec<String> = parameters
            .iter()
            .skip(1)
            .map(|parameter| word(&parameter.name.text))
            .collect();
        let function = &verb.text;
        for argument in arguments {
            let Some(name) = &argument.name else {
                continue;
            };
            let written = self.text_of(name.span);
            let is_parameter = parameters.iter().any(|p| p.name.text == name.text);
            if is_parameter && written == word(&name.text) {
                let first = parameters.first().map(|p| p.name.text.as_str());
                if first == Some(name.text.as_str()) && positional > 0 {
                    let after = parameters.get(1).map(|p| word(&p.name.text));
                    let value = self.text_of(argument.value.span);
                    let form = format!("`{function} {value} {} ...`", after.unwrap_or_default());
                    let embed =
                        format!("`embed` writes a motif there; letters are written by {form}");
                    let diagnostic = Diagnostic::error(
                        Code::UnknownArgument,
                        format!("the place of `{function}` stands right behind it"),
                    )
                    .at(name.span, "not behind `at`");
                    return Some(diagnostic.suggest(embed, [(verb.span, "embed".to_string())]));
                }
                continue;
            }
            let diagnostic = Diagnostic::error(
                Code::UnknownArgument,
                format!("`{function}` has no word `{written}`"),
            )
            .at(name.span, "unknown word");
            // The missing one is most likely the one that is called by another word.
            let meant = needed.clone().filter(|needed| words.contains(needed));
            let close = closest(&written, words.iter().map(String::as_str));
            let close = close.map(|close| close.to_string());
            return Some(match meant.or(close) {
                Some(meant) => diagnostic.suggest(format!("write `{meant}`"), [(name.span, meant)]),
                None if words.is_empty() => diagnostic.help(format!("`{function}` has no words")),
                None => diagnostic.help(format!("it has `{}`", words.join("`, `"))),
            });
        }
        let needed = needed.filter(|needed| words.contains(needed))?;
        if let Some(diagnostic) = self.place_behind_to(function, arguments, &needed) {
            return Some(diagnostic);
        }
        let again = parameters
            .windows(2)
            .find(|pair| word(&pair[1].name.text) == needed);
        if let Some([first, second]) = again
            && first.ty.name.text == second.ty.name.text
        {
            return Some(
                Diagnostic::error(
                    Code::MissingArgument,
                    format!("`{function}` lacks its {needed} {}", self.type_text(second)),
                )
                .at(
                    span,
                    format!("expected `,` and a {}", self.type_text(second)),
                )
                .help(format!("write `{}, ...`", self.text_of(span))),
            );
        }
        let example = if needed == AT { "center" } else { "..." };
        let text = self.text_of(span);
        let end = Span::new(span.source, span.end as usize, span.end as usize);
        let diagnostic = Diagnostic::error(
            Code::MissingArgument,
            format!("`{function}` lacks its `{needed}`"),
        )
        .at(span, format!("expected `{needed}` and a value"));
        let words = format!("write `{text} {needed} {example}`");
        Some(match needed == AT {
            true => diagnostic.suggest(words, [(end, format!(" {needed} {example}"))]),
            false => diagnostic.help(words),
        })
    }
}
