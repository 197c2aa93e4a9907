//! Reading the arguments of the interpreter's own functions, and laying a mistake at the right one's door.

use crate::check::Checker;
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, Outcome, closest};
use crate::domain::Alphabet;

pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        _ => None,
    }
}

pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Lays a mistake at one argument's door.
pub(super) fn blame<T>(checker: &mut Checker, argument: usize, outcome: Outcome<T>) -> Outcome<T> {
    if outcome.is_err() {
        checker.blamed = Some(argument);
    }
    outcome
}

/// Refuses the arguments of a call.
pub(super) fn refused<T>(code: Code, message: impl Into<String>) -> Outcome<T> {
    Err(Box::new(Diagnostic::error(code, message)))
}

/// One of a closed list of words.
pub(super) fn word<T: Copy>(value: &Value, what: &str, words: &[(&str, T)]) -> Outcome<Option<T>> {
    let Some(given) = text(value) else {
        return Ok(None);
    };
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == given) {
        return Ok(Some(*meaning));
    }
    let known: Vec<String> = words
        .iter()
        .map(|(word, _)| format!("\"{word}\""))
        .collect();
    let mut diagnostic = Diagnostic::error(
        Code::UnknownOption,
        format!("`{what}` is {}, not \"{given}\"", known.join(" or ")),
    );
    if let Some(close) = closest(given, words.iter().map(|(word, _)| *word)) {
        diagnostic = diagnostic.did_you_mean_text(close);
    }
    Err(Box::new(diagnostic))
}

pub(super) fn alphabet(value: &Value) -> Outcome<Alphabet> {
    let words = [("dna", Alphabet::Dna), ("rna", Alphabet::Rna)];
    Ok(word(value, "alphabet", &words)?.unwrap_or(Alphabet::Dna))
}

/// A length of at least one base, if given.
pub(super) fn length(value: &Value, what: &str) -> Outcome<Option<usize>> {
    match value {
        Value::Length(n) if *n >= 1 && *n <= 100_000_000 => Ok(Some(*n as usize)),
        Value::Length(n) => refused(
            Code::OutOfRange,
            format!("`{what}` is at least 1 bp and at most 100 Mb, not {n} bp"),
        ),
        _ => Ok(None),
    }
}

pub(super) fn needed_length(value: &Value) -> Outcome<usize> {
    match length(value, "length")? {
        Some(n) => Ok(n),
        None => refused(Code::MissingArgument, "`length` is needed"),
    }
}

/// A whole number that is not negative.
pub(super) fn whole(value: &Value, what: &str) -> Outcome<usize> {
    match number(value) {
        Some(n) if n >= 0.0 && n.fract() == 0.0 && n <= f64::from(u32::MAX) => Ok(n as usize),
        Some(n) => refused(
            Code::OutOfRange,
            format!("`{what}` is a whole number, not {n}"),
        ),
        None => refused(Code::MissingArgument, format!("`{what}` is needed")),
    }
}
