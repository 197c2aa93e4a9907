//! Null models and sets of real sequences.

use std::sync::Arc;

use super::Native;
use super::arguments::{
    alphabet, bad_value, blame, length, needed_length, number, text, whole, word,
};
use crate::check::Checker;
use crate::check::hir::{By, Formula, Read, Selection};
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, Outcome, counted};
use crate::domain::{
    Alphabet, Chosen, FastaOptions, LONGEST_KMER, Null, Order, Population, SequenceSet, Unknown,
};

pub(super) const NATIVES: &[(&str, Native)] = &[
    ("uniform", uniform),
    ("iid", iid),
    ("markov", markov),
    ("profile", profile),
    ("shuffled", shuffled),
    ("mixture", mixture),
    ("without", without),
    ("hairpin", hairpin),
    ("filtered", filtered),
    ("maxent", maxent),
    ("fasta", fasta),
    ("genome", genome),
    ("vcf", vcf),
];

/// What becomes of sequences with N.
const UNKNOWN_WORDS: &[(&str, Unknown)] = &[
    ("refuse", Unknown::Refuse),
    ("drop", Unknown::Drop),
    ("keep", Unknown::Keep),
];

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

/// The set that a null model is fitted to, which is argument `argument`.
fn set_of(checker: &mut Checker, values: &[Value], argument: usize) -> Outcome<Arc<SequenceSet>> {
    match &values[argument] {
        Value::Population(population) => match &**population {
            Population::Sequences { set, .. } => Ok(set.clone()),
            Population::Null(_) => blame(
                checker,
                argument,
                bad_value("a null model is fitted to sequences"),
            ),
        },
        _ => bad_value("`like` is needed"),
    }
}

fn population_of(value: &Value) -> Outcome<Arc<Population>> {
    match value {
        Value::Population(population) => Ok(population.clone()),
        other => bad_value(format!("{} is no source of backgrounds", other.kind())),
    }
}

fn markov(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let order = blame(checker, 0, whole(&values[0], "order"))?;
    let like = set_of(checker, values, 1)?;
    let length = blame(checker, 2, length(&values[2], "length"))?.unwrap_or(like.length());
    Ok(population(blame(
        checker,
        0,
        Null::markov(&like, order, length),
    )?))
}

fn profile(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let like = set_of(checker, values, 0)?;
    Ok(population(blame(checker, 0, Null::profile(&like))?))
}

fn shuffled(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let of = population_of(&values[0])?;
    let preserving = blame(checker, 1, whole(&values[1], "preserving"))?;
    // A wrong k is the second argument's fault, an unknown base the first's.
    let culprit = usize::from(preserving == 0 || preserving > LONGEST_KMER);
    Ok(population(blame(
        checker,
        culprit,
        Null::shuffled(of, preserving),
    )?))
}

fn mixture(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Value::List(items) = &values[0] else {
        return bad_value("a mixture is made of a list of populations");
    };
    let parts = items
        .iter()
        .map(population_of)
        .collect::<Outcome<Vec<_>>>()?;
    let weights: Vec<f64> = match &values[1] {
        Value::List(weights) => weights.iter().filter_map(number).collect(),
        _ => vec![1.0; parts.len()],
    };
    if weights.len() != parts.len() {
        let message = format!(
            "{} for {}",
            counted(weights.len(), "weight"),
            counted(parts.len(), "population")
        );
        return blame(checker, 1, bad_value(message));
    }
    let culprit = usize::from(weights.iter().any(|weight| *weight <= 0.0));
    let parts = weights.into_iter().zip(parts).collect();
    Ok(population(blame(checker, culprit, Null::mixture(parts))?))
}

fn without(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let of = population_of(&values[0])?;
    let Value::Motif(motif) = &values[1] else {
        return bad_value("a motif is needed");
    };
    let left = blame(checker, 1, crate::domain::without(of, motif.clone()))?;
    Ok(Value::Population(Arc::new(left)))
}

fn hairpin(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let of = population_of(&values[0])?;
    let stem = blame(checker, 1, length(&values[1], "stem"))?.unwrap_or(0);
    let loop_ = match &values[2] {
        Value::Length(n) if *n >= 0 => *n as usize,
        _ => return blame(checker, 2, bad_value("`loop` is at least 0 bp")),
    };
    let Value::Position(place) = &values[3] else {
        return bad_value("`place` is needed");
    };
    let start = place.start_of((2 * stem + loop_) as i64, of.length() as i64);
    let made = Null::hairpin(of, start, stem, loop_);
    Ok(population(blame(checker, 3, made)?))
}

fn filtered(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let of = population_of(&values[0])?;
    let Value::Band(band) = &values[1] else {
        return bad_value("a query and its bounds are needed");
    };
    let selection = Asked {
        kind: "filtered",
        of,
        query: &band.formula,
        by: By::Between {
            low: band.low,
            high: band.high,
        },
        words: format!("with {}", band.words),
    };
    selection.population(checker, 0, 1)
}

/// Walks of so many proposals are hours of passes.
const MOST_STEPS: usize = 1_000_000;

fn maxent(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Value::Query(query) = &values[0] else {
        return bad_value("a query is needed");
    };
    let of = population_of(&values[1])?;
    let steps = blame(checker, 2, whole(&values[2], "steps"))?;
    if steps == 0 || steps > MOST_STEPS {
        let message = format!("a walk has 1 to {MOST_STEPS} steps, not {steps}");
        return blame(checker, 2, bad_value(message));
    }
    let written = query.written.as_deref().unwrap_or("a query");
    let selection = Asked {
        kind: "maxent",
        of,
        query: &query.formula,
        by: By::Walk { steps },
        words: format!("after {steps} steps towards {written}"),
    };
    selection.population(checker, 1, 0)
}

/// A population that is made by asking a model.
struct Asked<'q> {
    kind: &'static str,
    of: Arc<Population>,
    query: &'q Arc<Formula<Read>>,
    by: By,
    words: String,
}

impl Asked<'_> {
    /// Notes what is to be asked. `source` and `question` are the arguments that a mistake is laid at.
    fn population(self, checker: &mut Checker, source: usize, question: usize) -> Outcome<Value> {
        let mut models = Vec::new();
        self.query.leaves(&mut |read| models.push(read.model));
        for model in models {
            let model = &checker.models[model];
            let (wanted, given) = (model.declaration.length, self.of.length());
            if wanted != 0 && wanted != given {
                let message = format!(
                    "`{}` takes sequences of {wanted} bp, these are {given} bp",
                    model.name
                );
                let diagnostic = Diagnostic::error(Code::LengthMismatch, message);
                return blame(checker, question, Err(diagnostic.into()));
            }
            let (wanted, given) = (model.declaration.alphabet_kind(), self.of.alphabet());
            if wanted != given {
                let message = format!(
                    "`{}` takes {}, these are {}",
                    model.name,
                    wanted.name(),
                    given.name()
                );
                let diagnostic = Diagnostic::error(Code::AlphabetMismatch, message);
                return blame(checker, question, Err(diagnostic.into()));
            }
        }
        let mut asked = false;
        self.of.choices(&mut |_| asked = true);
        if asked {
            let message = "what a model makes of these backgrounds is known only in a run";
            let diagnostic = Diagnostic::error(Code::BadValue, message)
                .help("several conditions are one query: `min(a - 1, 2 - b) between 0 and 100`");
            return blame(checker, source, Err(diagnostic.into()));
        }
        let what = format!("{:?} {:?}", self.query, self.by);
        let chosen = Chosen::new(
            self.kind,
            self.of.clone(),
            what.as_bytes(),
            self.words.clone(),
        );
        let known = checker.selections.iter();
        if known.clone().all(|known| known.key != chosen.key) {
            checker.selections.push(Selection {
                key: chosen.key,
                of: self.of,
                query: self.query.clone(),
                by: self.by,
                words: self.words,
            });
        }
        Ok(population(Null::Chosen(chosen)))
    }
}

fn fasta(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let path = text(&values[0]).unwrap_or_default();
    let unknown =
        blame(checker, 2, word(&values[2], "unknown", UNKNOWN_WORDS))?.unwrap_or(Unknown::Refuse);
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

fn genome(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let [genome, regions] = [0, 1].map(|i| text(&values[i]).unwrap_or_default());
    let unknown = blame(checker, 3, word(&values[3], "unknown", UNKNOWN_WORDS))?;
    let alphabet = blame(checker, 4, alphabet(&values[4]))?;
    let options = FastaOptions {
        width: blame(checker, 2, length(&values[2], "width"))?,
        unknown: unknown.unwrap_or(Unknown::Refuse),
    };
    let (genome_path, regions_path) = (checker.resolve(genome), checker.resolve(regions));
    let key = format!(
        "{}\u{0}{}\u{0}{alphabet:?}\u{0}{options:?}",
        genome_path.display(),
        regions_path.display()
    );
    let set = match checker.sequence_files.get(&key) {
        Some(set) => set.clone(),
        None => {
            let windows = crate::domain::windows(&genome_path, &regions_path, alphabet, options);
            // What the message names first is the file at fault.
            let of_genome = |diagnostic: &Diagnostic| {
                diagnostic
                    .message
                    .contains(&format!("`{}`", genome_path.display()))
            };
            let culprit = match &windows {
                Err(diagnostic) if !of_genome(diagnostic) => 1,
                _ => 0,
            };
            let windows = blame(checker, culprit, windows)?;
            checker.note_file(genome, &windows.genome_sha256);
            checker.note_file(regions, &windows.regions_sha256);
            let set = Arc::new(windows.set);
            checker.sequence_files.insert(key, set.clone());
            set
        }
    };
    Ok(Value::Population(Arc::new(Population::Sequences {
        set,
        order: Order::File,
    })))
}

fn vcf(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let [variants, genome] = [0, 1].map(|i| text(&values[i]).unwrap_or_default());
    let width = blame(checker, 2, length(&values[2], "width"))?.unwrap_or(1);
    let unknown = blame(checker, 3, word(&values[3], "unknown", UNKNOWN_WORDS))?;
    let unknown = unknown.unwrap_or(Unknown::Refuse);
    let (variants_path, genome_path) = (checker.resolve(variants), checker.resolve(genome));
    let key = format!(
        "vcf\u{0}{}\u{0}{}\u{0}{width}\u{0}{unknown:?}",
        variants_path.display(),
        genome_path.display()
    );
    let set = match checker.sequence_files.get(&key) {
        Some(set) => set.clone(),
        None => {
            let windows = crate::domain::variants(
                &variants_path,
                &genome_path,
                width,
                Alphabet::Dna,
                unknown,
            );
            let culprit = match &windows {
                Err(diagnostic) if names_first(diagnostic, &genome_path) => 1,
                _ => 0,
            };
            let windows = blame(checker, culprit, windows)?;
            checker.note_file(variants, &windows.regions_sha256);
            checker.note_file(genome, &windows.genome_sha256);
            let set = Arc::new(windows.set);
            checker.sequence_files.insert(key, set.clone());
            set
        }
    };
    Ok(Value::Population(Arc::new(Population::Sequences {
        set,
        order: Order::File,
    })))
}

/// Whether the first file that a message names is this one: it is the file at fault.
fn names_first(diagnostic: &Diagnostic, path: &std::path::Path) -> bool {
    let first = diagnostic.message.split('`').nth(1);
    first == Some(&path.display().to_string())
}
