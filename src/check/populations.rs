//! Populations as values: their first backgrounds, single sequences of them, and sequences that a script spells out.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use super::native_function::WrittenArgument;
use super::scope::Scope;
use super::value::Value;
use super::{ErrorReported, EvalResult};
use gia_base::diag::{Code, Diagnostic, Outcome, closest, pluralize};
use gia_base::source::Span;
use gia_domain::{Exclusions, Motif, Order, Population, Sequence, SequenceSet};
use gia_syntax::tree::Expr;

/// Most letters of a sequence that its name repeats.
const MAX_NAME_LETTERS: usize = 20;
/// Most names that a message lists.
const MAX_LISTED_NAMES: usize = 6;

impl Checker<'_> {
    /// `OF first COUNT`: the head of a population or of a list.
    pub(super) fn eval_first(
        &mut self,
        of: &Expr,
        count: &Expr,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let value = self.eval(of, scope);
        let wanted = self.count(count, "`first`", scope);
        let (value, wanted) = (value?, wanted?);
        let (held, what) = match &value {
            Value::List(items) | Value::Cluster(items) => (Some(items.len()), "item"),
            Value::Population(population) => (population.size(), "sequence"),
            Value::First { count, .. } => (Some(*count), "sequence"),
            other => {
                let message = format!("{} has no first items", other.kind());
                let help = "`first N` takes the head of a population or of a list";
                let diagnostic = Diagnostic::error(Code::MisplacedFirst, message);
                return self.fail(diagnostic.at(of.span, other.kind()).help(help));
            }
        };
        if let Some(held) = held.filter(|held| *held < wanted) {
            let (code, whole) = match value {
                Value::List(_) | Value::Cluster(_) => (Code::NoSuchItem, "list"),
                _ => (Code::TooFewBackgrounds, "set"),
            };
            let message = format!("the {whole} holds {}, not {wanted}", pluralize(held, what));
            let diagnostic = Diagnostic::error(code, message).at(count.span, "more than there are");
            return self.fail(match whole {
                "set" => {
                    diagnostic.help("each sequence is used once; leave `first` out to use all")
                }
                _ => diagnostic.help("leave `first` out to use all"),
            });
        }
        Ok(match value {
            Value::List(items) | Value::Cluster(items) => {
                Value::List(Rc::new(items[..wanted].to_vec()))
            }
            Value::Population(of) | Value::First { of, .. } => Value::First { of, count: wanted },
            other => other,
        })
    }

    /// `peaks["name"]` and `peaks[3]`: one sequence of a set.
    pub(super) fn index_sequences(
        &mut self,
        set: &Arc<SequenceSet>,
        at: &Value,
        span: Span,
    ) -> EvalResult<Value> {
        let sequences = &set.sequences;
        let index = match at {
            Value::Number(n) => {
                let index = (*n >= 0.0 && n.fract() == 0.0).then_some(*n as usize);
                index
                    .filter(|index| *index < sequences.len())
                    .ok_or_else(|| {
                        let held = pluralize(sequences.len(), "sequence");
                        let message = format!(
                            "the set holds {held}, counted from 0; there is no sequence {n}"
                        );
                        Diagnostic::error(Code::NoSuchItem, message).at(span, "here")
                    })
            }
            Value::Text(name) => find_record(sequences, name, span),
            other => {
                let message = format!("Sequences cannot be indexed with {}", other.kind());
                let help = "a sequence is named by its record, `peaks[\"peak7\"]`, or by its number from 0, `peaks[7]`";
                Err(Diagnostic::error(Code::TypeMismatch, message)
                    .at(span, other.kind())
                    .help(help))
            }
        };
        match index {
            Ok(index) => match set.only(index) {
                Some(one) => Ok(set_value(one)),
                None => Err(ErrorReported),
            },
            Err(diagnostic) => self.fail(diagnostic),
        }
    }

    /// Refuses the first backgrounds of a null model as an argument of a native function, which needs the model itself.
    pub(super) fn refuse_first_of_nulls(
        &mut self,
        function: &str,
        given: &[Value],
        written: &[Option<WrittenArgument>],
        call: Span,
    ) -> EvalResult<()> {
        for (value, written) in given.iter().zip(written) {
            if is_first_of_null(value) {
                let span = written.map_or(call, |written| written.span);
                let message = format!(
                    "`{function}` draws as many backgrounds of a null model as it needs, not the first few"
                );
                return self.fail(
                    Diagnostic::error(Code::MisplacedFirst, message)
                        .at(span, "the first backgrounds of a null model")
                        .help("leave `first` out here, and write it, or `sample N`, where the backgrounds are used"),
                );
            }
        }
        Ok(())
    }
}

fn is_first_of_null(value: &Value) -> bool {
    match value {
        Value::First { of, .. } => matches!(**of, Population::Null(_)),
        Value::List(items) => items.iter().any(is_first_of_null),
        _ => false,
    }
}

/// The index of the only record of this name.
fn find_record(sequences: &[Sequence], name: &str, span: Span) -> Result<usize, Diagnostic> {
    let mut found = (0..sequences.len()).filter(|&index| sequences[index].name == name);
    match (found.next(), found.next()) {
        (Some(index), None) => Ok(index),
        (Some(index), Some(second)) => {
            let message = format!("several sequences of the set are called `{name}`");
            let help = format!(
                "take one by its number: `[{index}]` is the first, `[{second}]` the second"
            );
            Err(Diagnostic::error(Code::NoSuchItem, message)
                .at(span, "not one")
                .help(help))
        }
        (None, _) => {
            let message = format!("the set has no sequence called `{name}`");
            let diagnostic = Diagnostic::error(Code::NoSuchItem, message).at(span, "unknown name");
            let names = || sequences.iter().map(|sequence| sequence.name.as_str());
            Err(match closest(name, names()) {
                Some(close) => diagnostic.did_you_mean_text(close),
                None => {
                    let listed: Vec<&str> = names().take(MAX_LISTED_NAMES).collect();
                    let more = match sequences.len() > listed.len() {
                        true => format!(" and {} more", sequences.len() - listed.len()),
                        false => String::new(),
                    };
                    diagnostic.help(format!("it has `{}`{more}", listed.join("`, `")))
                }
            })
        }
    }
}

/// A set of sequences as a value.
pub fn set_value(set: SequenceSet) -> Value {
    Value::Population(Arc::new(Population::Sequences {
        set: Arc::new(set),
        order: Order::File,
    }))
}

/// The sequence that a motif of single bases spells, as a population of one.
///
/// # Errors
/// A position that several bases fit.
pub fn sequence_of_motif(motif: &Motif) -> Outcome<Value> {
    let letters = motif.letters();
    let bases = letters.as_ref().map(|letters| {
        let ambiguous = letters.iter().position(|set| set.single().is_none());
        match ambiguous {
            None => Ok(letters.iter().filter_map(|set| set.single()).collect()),
            Some(position) => Err(position),
        }
    });
    let bases: Vec<u8> = match bases {
        Some(Ok(bases)) => bases,
        Some(Err(position)) => {
            let letter = letters.map(|letters| letters[position].to_iupac(motif.alphabet));
            let message = format!(
                "a sequence has one base at each position, and `{}` at position {} stands for several",
                letter.unwrap_or('N'),
                position + 1
            );
            return Err(Diagnostic::error(Code::TypeMismatch, message)
                .help("write A, C, G or T there")
                .into());
        }
        None => {
            let message = format!(
                "`{}` is a motif with a probability for each base, not a sequence",
                motif.name
            );
            let help = "write the bases, `dna\"ACGT...\"`, or embed the motif into backgrounds";
            return Err(Diagnostic::error(Code::TypeMismatch, message)
                .help(help)
                .into());
        }
    };
    let text = motif.alphabet.decode_all(&bases);
    let is_named = !motif.name.eq_ignore_ascii_case(&text);
    let name = match (is_named, text.get(..MAX_NAME_LETTERS)) {
        (true, _) => motif.name.clone(),
        (false, Some(start)) if text.len() > MAX_NAME_LETTERS => format!("{start}..."),
        (false, _) => text,
    };
    Ok(set_value(SequenceSet {
        alphabet: motif.alphabet,
        path: PathBuf::new(),
        sha256: String::new(),
        label: Some(name.clone()),
        sequences: vec![Sequence {
            name,
            bases,
            variant: None,
            locus: None,
            record: None,
            id: None,
            cut: 0,
        }],
        excluded: Exclusions::default(),
    }))
}
