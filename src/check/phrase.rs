//! Phrases: calls as statements speak them, `embed M at P`.

use std::rc::Rc;

use super::scope::Scope;
use super::types::Type;
use super::value::{FunctionValue, Value};
use super::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::Span;
use gia_syntax::keywords::{STATEMENTS, begins_statement};
use gia_syntax::tree::{Argument, ExprKind, File, Fn, ItemKind, Name, PLACE, Parameter, TypeExpr};

/// The keyword before the argument for [`PLACE`] in a phrase.
const AT: &str = "at";

/// Whether the result of a function is a step of an arm.
fn makes_step(result: &TypeExpr) -> bool {
    matches!(Type::parse_type(result), Ok(Type::Edit | Type::Arm))
}

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
    pub(super) fn verb(&self, name: &str, scope: &Rc<Scope>) -> Option<Rc<FunctionValue>> {
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

    /// Adds the call that was meant to the syntax error on a phrase that stands where a value is needed: `let a = disrupt M`.
    pub fn with_call_for_phrase(&self, error: Diagnostic, text: &str, file: &File) -> Diagnostic {
        let Some(span) = error.span().filter(|_| error.code == Code::Syntax) else {
            return error;
        };
        let Some(spoken) = gia_syntax::spoken_call(span.source, text, span.start as usize) else {
            return error;
        };
        let verb = &spoken.verb;
        let of_file = file.items.iter().find_map(|item| match &item.kind {
            ItemKind::Fn(function) if function.name.text == verb.text => Some(function),
            _ => None,
        });
        let of_prelude = self.prelude.value(&verb.text);
        let function = match (of_file, &of_prelude) {
            (Some(function), _) => function,
            (None, Some(Value::Function(function))) => &function.declaration,
            (None, _) => return error,
        };
        let parameters = &function.parameters;
        let several = match parameters.as_slice() {
            [first, second, ..] => first.ty.name.text == second.ty.name.text,
            _ => false,
        };
        let mut values = spoken.values.clone();
        if spoken.in_brackets && !several {
            values.truncate(1);
        }
        let words = match values.len() == spoken.values.len() {
            true => spoken.words.as_slice(),
            false => &[],
        };
        let is_given = |i: usize, parameter: &Parameter| {
            let named = words.iter().any(|(name, _)| *name == parameter.name.text);
            i < values.len() || named || parameter.default.is_some()
        };
        let known = |name: &String| parameters.iter().any(|p| p.name.text == *name);
        let complete = parameters.iter().enumerate().all(|(i, p)| is_given(i, p));
        if !complete
            || values.len() > parameters.len()
            || !words.iter().all(|(name, _)| known(name))
        {
            return error;
        }
        let slice = |span: &Span| &text[span.range()];
        let positional = values.iter().map(|value| slice(value).to_string());
        let named = words
            .iter()
            .map(|(name, value)| format!("{name}: {}", slice(value)));
        let arguments: Vec<String> = positional.chain(named).collect();
        let call = format!("{}({})", verb.text, arguments.join(", "));
        let last = words.last().map(|(_, value)| value).or(values.last());
        let end = last.map_or(verb.span.end, |value| value.end);
        let phrase = Span::new(span.source, verb.span.start as usize, end as usize);
        // The mend for a phrase goes before what the parser makes of its first word.
        let error = Diagnostic {
            help: None,
            suggestions: Vec::new(),
            ..error
        };
        error.suggest(
            format!("a phrase is a step of an arm, and nothing else; as a value write `{call}`"),
            [(phrase, call)],
        )
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

    /// A function that makes a step, and whose name begins a statement: `sample CTCF` would never mean it.
    pub(super) fn refuse_unspeakable_verb(&mut self, function: &Fn) -> EvalResult<()> {
        let name = &function.name;
        let result = function.result.as_ref();
        let makes_step = result.is_some_and(makes_step);
        if !makes_step || !begins_statement(&name.text) {
            return Ok(());
        }
        self.fail(
            Diagnostic::error(
                Code::Syntax,
                format!(
                    "`{}` begins a statement or a declaration, so no step can call a function of this name",
                    name.text
                ),
            )
            .at(name.span, "the name of an edit")
            .help(format!("choose another name, such as `{}_edit`",
                name.text)),
        )
    }

    /// The error on a word of a statement that stands alone where nothing is called so.
    pub(super) fn statement_cut_short(&self, word: &str, span: Span) -> Option<Diagnostic> {
        if !begins_statement(word) {
            return None;
        }
        let diagnostic = Diagnostic::error(Code::Syntax, "the line ends too early")
            .at(span, format!("expected more behind `{word}`"));
        let form = crate::doc::form_of_word(word);
        Some(match form {
            Some(form) => diagnostic.help(format!("it is written `{form}`")),
            None => diagnostic,
        })
    }

    /// Names of the functions that make an edit or an arm, sorted.
    fn edit_functions(&self, scope: &Rc<Scope>) -> Vec<String> {
        let mut names = scope.visible();
        names.retain(|name| match scope.get(name).map(|binding| binding.value) {
            Some(Value::Function(function)) => {
                matches!(function.result_type, Some(Type::Edit | Type::Arm))
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

    /// The error on a value behind the word of the first parameter, which stands right behind the verb: `mutate M at P`.
    fn first_behind_word(
        &self,
        verb: &Name,
        arguments: &[Argument],
        first: &Argument,
        needed: Option<String>,
    ) -> Diagnostic {
        let (function, place) = (&verb.text, self.text_of(first.value.span));
        let word = first
            .name
            .as_ref()
            .map_or(first.value.span, |name| name.span);
        let diagnostic = Diagnostic::error(
            Code::UnknownArgument,
            format!("`{place}` stands right behind `{function}`"),
        )
        .at(word, format!("not behind `{}`", self.text_of(word)));
        let ([other, _], Some(needed)) = (arguments, needed) else {
            return diagnostic.help(format!("write `{function} {place} ...`"));
        };
        let value = self.text_of(other.value.span);
        let behind = Span::new(
            word.source,
            verb.span.end as usize,
            first.value.span.end as usize,
        );
        let exchanged = format!("{place} {needed} {value}");
        let words = format!("write `{function} {exchanged}`");
        match function.as_str() {
            "mutate" => diagnostic.suggest(
                format!("`embed` writes a motif there; letters are written by `{function} {place} {needed} ...`"),
                [(verb.span, "embed".to_string())],
            ),
            _ => diagnostic.suggest(words, [(behind, format!(" {exchanged}"))]),
        }
    }

    /// The error on `swap R at R`, whose second value is of the kind of the first and stands behind a comma.
    fn second_of_a_kind(
        &self,
        function: &str,
        parameters: &[Parameter],
        arguments: &[Argument],
        argument: &Argument,
    ) -> Option<Diagnostic> {
        let ([first, second], [before, behind]) = (parameters, arguments) else {
            return None;
        };
        let stands_behind = before.name.is_none() && std::ptr::eq(behind, argument);
        if !stands_behind || first.ty.name.text != second.ty.name.text {
            return None;
        }
        let [a, b] = [before, behind].map(|argument| argument.value.span);
        let word = argument.name.as_ref()?.span;
        let between = Span::new(word.source, a.end as usize, b.start as usize);
        let [x, y] = [a, b].map(|span| self.text_of(span));
        Some(
            Diagnostic::error(
                Code::UnknownArgument,
                format!("`{function}` has no word `{}`", self.text_of(word)),
            )
            .at(word, "unknown word")
            .suggest(
                format!("write `{function} {x}, {y}`"),
                [(between, ", ".to_string())],
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
        let types = &function.parameter_types;
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
                    return Some(self.first_behind_word(verb, arguments, argument, needed));
                }
                continue;
            }
            let diagnostic = Diagnostic::error(
                Code::UnknownArgument,
                format!("`{function}` has no word `{written}`"),
            )
            .at(name.span, "unknown word");
            if let Some(diagnostic) =
                self.second_of_a_kind(function, parameters, arguments, argument)
            {
                return Some(diagnostic);
            }
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
        let lacking = parameters.iter().skip(1).zip(types.windows(2));
        let mut lacking = lacking.filter(|(parameter, _)| word(&parameter.name.text) == needed);
        if let Some((_, [first, second])) = lacking.next()
            && first == second
        {
            return Some(
                Diagnostic::error(
                    Code::MissingArgument,
                    format!("`{function}` lacks its {needed} {}", second),
                )
                .at(span, format!("expected `,` and a {}", second))
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
