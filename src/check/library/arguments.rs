//! Arguments of the native functions: each with its parameter's name and the place at which the call gives it.

use std::rc::Rc;

use super::parameter_types::{AnyValue, Length, Quantity};
use crate::native_function::{ArgumentLocation, NativeResult};
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, Outcome, closest};
use gia_base::source::Span;
use gia_domain::Alphabet;

/// An argument of a native function, or its default.
#[derive(Debug)]
pub struct Argument<T> {
    name: &'static str,
    value: Option<T>,
    location: ArgumentLocation,
}

impl<T> Argument<T> {
    pub(super) fn new(name: &'static str, value: Option<T>, location: ArgumentLocation) -> Self {
        Argument {
            name,
            value,
            location,
        }
    }

    /// The value; none for `none`, which is the default of an optional parameter.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    pub fn location(&self) -> ArgumentLocation {
        self.location
    }

    /// The argument as the call writes it, or the whole call where it is left out.
    pub fn span(&self) -> Span {
        let written = self.location.argument.map(|written| written.span);
        written.unwrap_or(self.location.call)
    }

    /// The value of a parameter without a default.
    pub fn required(&self) -> NativeResult<&T> {
        match &self.value {
            Some(value) => Ok(value),
            None => self.refuse(Code::MissingArgument, format!("`{}` is needed", self.name)),
        }
    }

    /// Lays an error at this argument.
    pub fn label_error<U>(&self, outcome: Outcome<U>) -> NativeResult<U> {
        self.location.label_error(outcome)
    }

    /// Refuses this argument.
    pub fn refuse<U>(&self, code: Code, message: impl Into<String>) -> NativeResult<U> {
        self.location.refuse(code, message)
    }
}

impl Argument<f64> {
    /// A share above 1 up to 100 that lacks its percent sign: the text with the sign.
    pub fn without_percent_sign(&self) -> Option<String> {
        let share = self.value.filter(|share| *share > 1.0 && *share <= 100.0)?;
        let percent = self
            .location
            .argument
            .is_some_and(|written| written.percent);
        (!percent).then(|| format!("{share}%"))
    }

    /// A whole number that is not negative.
    pub fn whole_number(&self) -> NativeResult<usize> {
        let name = self.name;
        match self.value {
            Some(n) if n >= 0.0 && n.fract() == 0.0 && n <= f64::from(u32::MAX) => Ok(n as usize),
            Some(n) => self.refuse(
                Code::OutOfRange,
                format!("`{name}` is a whole number, not {n}"),
            ),
            None => self.refuse(Code::MissingArgument, format!("`{name}` is needed")),
        }
    }
}

impl Argument<Length> {
    /// A length of at least one base, if given.
    pub fn length(&self) -> NativeResult<Option<usize>> {
        match self.value {
            Some(Length(n)) if (1..=100_000_000).contains(&n) => Ok(Some(n as usize)),
            Some(Length(n)) => self.refuse(
                Code::OutOfRange,
                format!(
                    "`{}` is at least 1 bp and at most 100 Mb, not {n} bp",
                    self.name
                ),
            ),
            None => Ok(None),
        }
    }

    /// A length of at least one base.
    pub fn required_length(&self) -> NativeResult<usize> {
        match self.length()? {
            Some(length) => Ok(length),
            None => self.refuse(Code::MissingArgument, format!("`{}` is needed", self.name)),
        }
    }
}

impl Argument<Rc<str>> {
    /// The text; an empty one for `none`.
    pub fn text(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    /// The text, if given.
    pub fn optional_text(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// The value that a text stands for, given a table of keywords; none if the argument is left out. An unknown keyword is refused.
    pub fn keyword<K: Copy>(&self, keywords: &[(&str, K)]) -> NativeResult<Option<K>> {
        let Some(given) = self.optional_text() else {
            return Ok(None);
        };
        if let Some((_, meaning)) = keywords.iter().find(|(keyword, _)| *keyword == given) {
            return Ok(Some(*meaning));
        }
        let known: Vec<String> = keywords
            .iter()
            .map(|(keyword, _)| format!("\"{keyword}\""))
            .collect();
        let mut diagnostic = Diagnostic::error(
            Code::UnknownOption,
            format!("`{}` is {}, not \"{given}\"", self.name, known.join(" or ")),
        );
        if let Some(close) = closest(given, keywords.iter().map(|(keyword, _)| *keyword)) {
            diagnostic = diagnostic.did_you_mean_text(close);
        }
        self.label_error(Err(Box::new(diagnostic)))
    }

    /// The alphabet that the text names; DNA for `none`.
    pub fn alphabet(&self) -> NativeResult<Alphabet> {
        let keywords = [("dna", Alphabet::Dna), ("rna", Alphabet::Rna)];
        Ok(self.keyword(&keywords)?.unwrap_or(Alphabet::Dna))
    }
}

impl Argument<AnyValue> {
    pub fn into_value(self) -> Value {
        self.value.map_or(Value::None, |AnyValue(value)| value)
    }
}

impl Argument<Quantity> {
    pub fn into_value(self) -> Value {
        self.value.map_or(Value::None, |Quantity(value)| value)
    }
}
