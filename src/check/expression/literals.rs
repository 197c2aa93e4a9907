//! Lists, maps and sequences that are written out.

use std::rc::Rc;

use crate::scope::Scope;
use crate::types::Type;
use crate::value::{Value, single};
use crate::{Checker, ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::source::Span;
use gia_domain::{Alphabet, Motif};
use gia_syntax::tree::{ListItem, MapEntry, Name};

impl Checker<'_> {
    pub(super) fn eval_list(&mut self, items: &[ListItem], scope: &Rc<Scope>) -> EvalResult<Value> {
        let mut values = Vec::with_capacity(items.len());
        let mut failed = false;
        for item in items {
            let value = self
                .eval(&item.value, scope)
                .and_then(|value| match &item.label {
                    None => Ok(value),
                    Some(label) => self.eval_labelled(value, label, item.value.span),
                });
            match value {
                Ok(value) => values.push(value),
                Err(ErrorReported) => failed = true,
            }
        }
        if failed {
            Err(ErrorReported)
        } else {
            Ok(Value::List(Rc::new(values)))
        }
    }

    pub(super) fn eval_map(
        &mut self,
        entries: &[MapEntry],
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let mut values = Vec::with_capacity(entries.len());
        let mut failed = false;
        for entry in entries {
            // Both sides are looked at, so that a mistake on each is reported.
            let key = self.eval(&entry.key, scope);
            let value = self.eval(&entry.value, scope);
            match (key, value) {
                (Ok(key), Ok(value)) => values.push((key, value)),
                _ => failed = true,
            }
        }
        if failed {
            Err(ErrorReported)
        } else {
            Ok(Value::Map(Rc::new(values)))
        }
    }

    /// `motif as label`.
    fn eval_labelled(&mut self, value: Value, label: &Name, span: Span) -> EvalResult<Value> {
        let fitted = self.coerce(value, &Type::Motif);
        match self.place(fitted, span, "only a motif takes a label")? {
            Value::Motif(motif) => Ok(Value::Construct(
                single(motif, Some(label.text.clone())).into(),
            )),
            _ => Err(ErrorReported),
        }
    }
}

/// A sequence as a motif without ambiguity; `N` keeps the background's base.
pub(super) fn motif_from_letters(letters: &str, alphabet: Alphabet) -> Outcome<Motif> {
    let strange = letters.chars().position(|c| alphabet.encode(c).is_none());
    match strange {
        None if !letters.is_empty() => Motif::from_iupac(letters, alphabet),
        None => Err(Box::new(Diagnostic::error(
            Code::Empty,
            "the sequence is empty",
        ))),
        Some(index) => {
            let letter = letters.chars().nth(index).unwrap_or('?');
            let diagnostic = Diagnostic::error(
                Code::UnknownBase,
                format!(
                    "`{letter}`, letter {}, is no base of {}",
                    index + 1,
                    alphabet.name()
                ),
            );
            Err(Box::new(
                diagnostic.help("a text in plain quotes may hold IUPAC letters"),
            ))
        }
    }
}
