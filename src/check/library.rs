//! The standard library: texts in the language, and the functions that the interpreter supplies for declarations
//! without a body in `stdlib/prelude.gia`.

use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use super::hir::{Formula, Function};
use super::scope::Scope;
use super::types::{Type, motif_from_text};
use super::value::{Anchor, ContrastValue, Position, Query, Value, single};
use crate::diag::{Code, Diagnostic, Outcome, closest};
use crate::domain::{
    Alphabet, FastaOptions, MotifFile, Null, Order, Population, SequenceSet, Unknown, jaspar,
};
use crate::file::FileRecord;
use crate::model::{Given, Layout, UnknownBase};

pub const PRELUDE: &str = include_str!("../../stdlib/prelude.gia");

const MODULES: &[(&str, &str)] = &[("syntax", include_str!("../../stdlib/syntax.gia"))];

/// What a function of the interpreter is given: one value a parameter, fitted to its type.
pub type Native = fn(&mut Checker, &[Value]) -> Outcome<Value>;

const NATIVES: &[(&str, Native)] = &[
    ("load", load),
    ("uniform", uniform),
    ("iid", iid),
    ("fasta", fasta),
    ("jaspar", jaspar_motif),
    ("meme", meme),
    ("iupac", iupac),
    ("rc", rc),
    ("width", width),
    ("count", count),
    ("exp", |c, v| quantity(c, v, Function::Exp)),
    ("log", |c, v| quantity(c, v, Function::Log)),
    ("log2", |c, v| quantity(c, v, Function::Log2)),
    ("log10", |c, v| quantity(c, v, Function::Log10)),
    ("log1p", |c, v| quantity(c, v, Function::Log1p)),
    ("sqrt", |c, v| quantity(c, v, Function::Sqrt)),
    ("abs", |c, v| quantity(c, v, Function::Abs)),
    ("logit", |c, v| quantity(c, v, Function::Logit)),
    ("sigmoid", |c, v| quantity(c, v, Function::Sigmoid)),
    ("round", |_, v| {
        Ok(Value::Number(number(&v[0]).unwrap_or(f64::NAN).round()))
    }),
    ("floor", |_, v| {
        Ok(Value::Number(number(&v[0]).unwrap_or(f64::NAN).floor()))
    }),
    ("ceil", |_, v| {
        Ok(Value::Number(number(&v[0]).unwrap_or(f64::NAN).ceil()))
    }),
];

pub fn native(name: &str) -> Option<Native> {
    NATIVES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, native)| *native)
}

pub fn native_names() -> impl Iterator<Item = &'static str> {
    NATIVES.iter().map(|(name, _)| *name)
}

pub fn module(name: &str) -> Option<&'static str> {
    MODULES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, text)| *text)
}

pub fn module_names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, _)| *name)
}

/// The module that declares a function of this name.
pub fn module_with(name: &str) -> Option<&'static str> {
    let declaration = format!("fn {name}(");
    MODULES
        .iter()
        .find(|(_, text)| text.lines().any(|line| line.starts_with(&declaration)))
        .map(|(name, _)| *name)
}

/// Names of the prelude that are values.
pub fn bind_constants(scope: &Scope) {
    let position = |anchor| Value::Position(Position { anchor, offset: 0 });
    scope.bind("start", position(Anchor::Start), None);
    scope.bind("center", position(Anchor::Center), None);
    scope.bind("end", position(Anchor::End), None);
    scope.bind("none", Value::None, None);
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => Some(*n),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Lays a mistake at one argument's door.
fn blame<T>(checker: &mut Checker, argument: usize, outcome: Outcome<T>) -> Outcome<T> {
    if outcome.is_err() {
        checker.blamed = Some(argument);
    }
    outcome
}

fn bad_value<T>(message: impl Into<String>) -> Outcome<T> {
    Err(Box::new(Diagnostic::error(Code::BadValue, message)))
}

/// One of a closed list of words.
fn word<T: Copy>(value: &Value, what: &str, words: &[(&str, T)]) -> Outcome<Option<T>> {
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
        Code::BadValue,
        format!("`{what}` is {}, not \"{given}\"", known.join(" or ")),
    );
    if let Some(close) = closest(given, words.iter().map(|(word, _)| *word)) {
        diagnostic = diagnostic.help(format!("did you mean \"{close}\"?"));
    }
    Err(Box::new(diagnostic))
}

fn alphabet(value: &Value) -> Outcome<Alphabet> {
    let words = [("dna", Alphabet::Dna), ("rna", Alphabet::Rna)];
    Ok(word(value, "alphabet", &words)?.unwrap_or(Alphabet::Dna))
}

/// A length of at least one base, if given.
fn length(value: &Value, what: &str) -> Outcome<Option<usize>> {
    match value {
        Value::Length(n) if *n >= 1 && *n <= 100_000_000 => Ok(Some(*n as usize)),
        Value::Length(n) => bad_value(format!(
            "`{what}` is at least 1 bp and at most 100 Mb, not {n} bp"
        )),
        _ => Ok(None),
    }
}

fn needed_length(value: &Value) -> Outcome<usize> {
    match length(value, "length")? {
        Some(n) => Ok(n),
        None => bad_value("`length` is needed"),
    }
}

fn load(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let layouts = [
        ("channels_first", Layout::ChannelsFirst),
        ("channels_last", Layout::ChannelsLast),
    ];
    let unknowns = [
        ("zeros", UnknownBase::Zeros),
        ("quarter", UnknownBase::Quarter),
    ];
    let tasks = match &values[5] {
        Value::List(items) => Some(items.iter().filter_map(text).map(String::from).collect()),
        _ => None,
    };
    let given = Given {
        length: blame(checker, 1, length(&values[1], "length"))?,
        alphabet: text(&values[2]).map(String::from),
        layout: blame(checker, 3, word(&values[3], "layout", &layouts))?,
        unknown: blame(checker, 4, word(&values[4], "unknown", &unknowns))?,
        tasks,
        unit: text(&values[6]).map(String::from),
        sha256: text(&values[7]).map(String::from),
    };
    let model = checker.load_model(text(&values[0]).unwrap_or_default(), given);
    // The file is at fault, unless it is one of the arguments that contradicts it.
    let named = |diagnostic: &Diagnostic, parameter: &str| {
        diagnostic
            .message
            .starts_with(&format!("`{parameter}` is "))
    };
    let parameters = [
        "path", "length", "alphabet", "layout", "unknown", "tasks", "unit", "sha256",
    ];
    let culprit = match &model {
        Err(diagnostic) => parameters
            .iter()
            .position(|parameter| named(diagnostic, parameter))
            .unwrap_or(0),
        Ok(_) => 0,
    };
    blame(checker, culprit, model)
}

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

fn jaspar_motif(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let name = text(&values[0]).unwrap_or_default();
    match text(&values[1]) {
        Some(path) => motif_of_file(checker, (path, 1), (name, 0)),
        None => Ok(Value::Motif(blame(checker, 0, jaspar::find(name))?.into())),
    }
}

fn meme(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let [path, name] = [0, 1].map(|i| (text(&values[i]).unwrap_or_default(), i));
    motif_of_file(checker, path, name)
}

/// A motif by its name, each with the argument that says it.
fn motif_of_file(
    checker: &mut Checker,
    (path, path_at): (&str, usize),
    (name, name_at): (&str, usize),
) -> Outcome<Value> {
    let full = checker.resolve(path);
    let file = match checker.motif_files.get(&full) {
        Some(file) => file.clone(),
        None => {
            let file = Arc::new(blame(checker, path_at, MotifFile::read(&full))?);
            checker.note_file(path, &file.sha256);
            checker.motif_files.insert(full, file.clone());
            file
        }
    };
    let motif = blame(checker, name_at, file.find(name).cloned())?;
    Ok(Value::Motif(Arc::new(motif)))
}

fn iupac(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    Ok(Value::Motif(blame(
        checker,
        0,
        motif_from_text(text(&values[0]).unwrap_or_default()),
    )?))
}

fn rc(_: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Some(construct) = values[0].as_construct() else {
        return bad_value("`rc` needs a construct");
    };
    let reversed = construct.reverse_complement();
    // One motif stays one motif, so that it can stand wherever a motif can.
    match reversed.parts.as_slice() {
        [part] if part.label.is_none() => match &part.piece {
            crate::domain::Piece::Motif(motif) => Ok(Value::Motif(motif.clone())),
            crate::domain::Piece::Gap(_) => Ok(Value::Construct(reversed.into())),
        },
        [part] => match &part.piece {
            crate::domain::Piece::Motif(motif) => Ok(Value::Construct(
                single(motif.clone(), part.label.clone()).into(),
            )),
            crate::domain::Piece::Gap(_) => Ok(Value::Construct(reversed.into())),
        },
        _ => Ok(Value::Construct(reversed.into())),
    }
}

fn width(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    if let Value::Region { start, end } = values[0] {
        return Ok(Value::Length(checker.distance(end, start)?));
    }
    let construct = checker.coerce(values[0].clone(), &Type::Construct)?;
    match construct.as_construct() {
        Some(construct) => Ok(Value::Length(construct.width() as i64)),
        None => bad_value("`width` needs a construct or a region"),
    }
}

fn count(_: &mut Checker, values: &[Value]) -> Outcome<Value> {
    match &values[0] {
        Value::List(items) => Ok(Value::Number(items.len() as f64)),
        _ => bad_value("`count` needs a list"),
    }
}

/// A function of one number, of every background's number, or of arms.
fn quantity(checker: &mut Checker, values: &[Value], function: Function) -> Outcome<Value> {
    match checker.coerce(values[0].clone(), &Type::Quantity)? {
        Value::Number(n) => {
            let result = function.apply(n);
            if result.is_finite() {
                Ok(Value::Number(result))
            } else {
                bad_value(format!("not a finite number at {n}"))
            }
        }
        Value::Query(query) => Ok(Value::Query(Rc::new(Query {
            formula: Arc::new(Formula::Call(function, Box::new((*query.formula).clone()))),
            unit: None,
            written: None,
        }))),
        Value::Contrast(contrast) => Ok(Value::Contrast(Rc::new(ContrastValue {
            formula: Formula::Call(function, Box::new(contrast.formula.clone())),
            outcome: contrast.outcome,
        }))),
        other => bad_value(format!("{} is not a number", other.kind())),
    }
}

impl Checker<'_> {
    fn note_file(&mut self, path: &str, sha256: &str) {
        if self.data.iter().all(|record| record.path != path) {
            self.data.push(FileRecord {
                path: path.to_string(),
                sha256: sha256.to_string(),
            });
        }
    }
}
