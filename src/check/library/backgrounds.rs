//! Null models and sets of real sequences.

use std::sync::Arc;

use super::Native;
use super::arguments::{alphabet, bad_value, blame, length, needed_length, number, text, word};
use crate::check::Checker;
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::domain::{Alphabet, FastaOptions, Null, Order, Population, SequenceSet, Unknown};

pub(super) const NATIVES: &[(&str, Native)] =
    &[("uniform", uniform), ("iid", iid), ("fasta", fasta)];

fn population(null: Null) -> Value {
    Value::Population(Arc::new(Population::Null(null)))
}

fn uniform(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    Ok(population(Null::Uniform {
        alphabet: blame(checker, 1, alphabet(&values[1]))?,
        length: blame(checker, 0, needed_length(&values[0]))?,
    }))
}

fn iid(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let length = blame(checker, 0, needed_length(&values[0]))?;
    let alphabet = blame(checker, 3, alphabet(&values[3]))?;
    let null = match (&values[1], &values[2]) {
        (Value::Number(gc), Value::None) => blame(checker, 1, gc_null(alphabet, length, *gc))?,
        (Value::None, Value::List(items)) => {
            let frequencies: Vec<f64> = items.iter().filter_map(number).collect();
            let Ok(frequencies) = <[f64; 4]>::try_from(frequencies.as_slice()) else {
                let message = format!("`freq` is four numbers, one a base, not {}", items.len());
                return blame(checker, 2, bad_value(message));
            };
            blame(checker, 2, Null::iid(alphabet, length, frequencies))?
        }
        _ => {
            return Err(Box::new(
                Diagnostic::error(Code::MissingArgument, "`iid` needs either `gc` or `freq`")
                    .help("write `gc: 0.41`, or `freq: [0.3, 0.2, 0.2, 0.3]`"),
            ));
        }
    };
    Ok(population(null))
}

fn gc_null(alphabet: Alphabet, length: usize, gc: f64) -> Outcome<Null> {
    Null::gc(alphabet, length, gc).map_err(|diagnostic| {
        if gc > 1.0 && gc <= 100.0 {
            Box::new(diagnostic.help(format!("write `{gc}%`")))
        } else {
            diagnostic
        }
    })
}

fn fasta(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let path = text(&values[0]).unwrap_or_default();
    let words = [
        ("refuse", Unknown::Refuse),
        ("drop", Unknown::Drop),
        ("keep", Unknown::Keep),
    ];
    let unknown =
        blame(checker, 2, word(&values[2], "unknown", &words))?.unwrap_or(Unknown::Refuse);
    let alphabet = blame(checker, 3, alphabet(&values[3]))?;
    let options = FastaOptions {
        width: blame(checker, 1, length(&values[1], "width"))?,
        unknown,
    };
    let full = checker.resolve(path);
    let key = format!("{}\u{0}{alphabet:?}\u{0}{options:?}", full.display());
    let set = match checker.sequence_files.get(&key) {
        Some(set) => set.clone(),
        None => {
            let set = Arc::new(blame(
                checker,
                0,
                SequenceSet::read_fasta(&full, alphabet, options),
            )?);
            checker.note_file(path, &set.sha256);
            checker.sequence_files.insert(key, set.clone());
            set
        }
    };
    Ok(Value::Population(Arc::new(Population::Sequences {
        set,
        order: Order::File,
    })))
}
