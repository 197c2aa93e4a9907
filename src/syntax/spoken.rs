//! Calls that are spoken where a value is needed: `let gone = disrupt M` in place of `let gone = disrupt(M)`.

use pest::Parser;

use super::build::Builder;
use super::errors::innermost_bracket;
use super::grammar::{Grammar, Rule};
use super::layout;
use super::tree::{ExprKind, Name};
use gia_base::source::{SourceId, Span};

/// A phrase that stands where only a call can.
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenCall {
    /// The function.
    pub verb: Name,
    /// The values behind the verb, with commas between them.
    pub values: Vec<Span>,
    /// The words behind them: the parameter of each, and its value.
    pub words: Vec<(String, Span)>,
    /// Whether it stands in a list or a call, to which a comma may belong as well.
    pub in_brackets: bool,
}

/// The phrase whose first value begins at a byte that the parser did not expect; none if no phrase stands there, or more than
/// a phrase.
pub fn spoken_call(source: SourceId, text: &str, at: usize) -> Option<SpokenCall> {
    let prepared = layout::prepare(source, text);
    let code = prepared.code.as_str();
    let before = code.get(..at)?.trim_end_matches([' ', '\t']);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let start = before.trim_end_matches(is_word).len();
    // A value stands behind one of these, or is a whole entry at a prompt; elsewhere a phrase is a step.
    let behind = before[..start].trim_end();
    let is_value = behind.is_empty() || behind.ends_with(['=', '(', '[', ',', ':']);
    if before.len() == at || !is_value {
        return None;
    }
    let pair = Grammar::parse(Rule::phrase, &code[start..]).ok()?.next()?;
    let end = code[..start + pair.as_span().end()].trim_end().len();
    let next = code[end..].trim_start_matches([' ', '\t', '\r']);
    if !(next.is_empty() || next.starts_with(['\n', ';', '}', ')', ']', ','])) {
        return None;
    }
    // Its spans count from the start of the phrase.
    let moved = |span: Span| {
        Span::new(
            source,
            start + span.start as usize,
            start + span.end as usize,
        )
    };
    let phrase = Builder::new(source, &code[start..], &[]).phrase(pair);
    let ExprKind::Phrase { verb, arguments } = phrase.kind else {
        return None;
    };
    let (mut values, mut words) = (Vec::new(), Vec::new());
    for argument in arguments {
        let value = moved(argument.value.span);
        match argument.name {
            Some(name) => words.push((name.text, value)),
            None => values.push(value),
        }
    }
    Some(SpokenCall {
        verb: Name {
            span: moved(verb.span),
            ..verb
        },
        values,
        words,
        in_brackets: matches!(innermost_bracket(behind), Some('(' | '[')),
    })
}
