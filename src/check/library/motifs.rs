//! Motifs and constructs.

use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Argument;
use super::native::{Native, native};
use super::parameter_types::{AnyValue, Construct, List};
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::{NativeResult, refused};
use crate::types::{Type, motif_from_text};
use crate::value::{Value, single};
use gia_base::diag::{Code, Diagnostic, pluralize};
use gia_domain::{Motif, MotifFile, PartKind, Population, SUM_TOLERANCE, jaspar};

/// Bases in the longest words of [`kmers`]: 4^8 motifs are as many as a grid can hold.
const MAX_KMER_LENGTH: usize = 8;

/// Share of the largest contribution that positions at the ends of a discovered motif reach, as in the reports of tfmodisco-lite.
const DEFAULT_TRIM: f64 = 0.3;

pub(super) const NATIVES: &[Native] = &[
    native!("jaspar", Jaspar, jaspar_motif),
    native!("jaspar_all", JasparAll, jaspar_all),
    native!("motifs", MotifsOfFile, motifs),
    native!("meme", MotifOfFile, meme),
    // The file tells its format itself; the name tells the reader.
    native!("transfac", MotifOfFile, meme),
    native!("iupac", Iupac, iupac),
    native!("pwm", Pwm, pwm),
    native!("draw", OneMotif, draw),
    native!("consensus", OneMotif, consensus),
    native!("scrambled", Scrambled, scrambled),
    native!("kmers", Kmers, kmers),
    native!("rc", ReverseComplement, rc),
    native!("width", Width, width),
    native!("alphabet", AlphabetOf, alphabet),
];

parameters! {
    struct Jaspar {
        name: Rc<str>,
        file: Rc<str>,
        species: Rc<str>,
        taxon: Rc<str>,
    }
}

parameters! {
    struct JasparAll {
        species: Rc<str>,
        taxon: Rc<str>,
    }
}

parameters! {
    struct MotifsOfFile {
        path: Rc<str>,
        trim: f64,
    }
}

parameters! {
    struct MotifOfFile {
        path: Rc<str>,
        name: Rc<str>,
    }
}

parameters! {
    struct Iupac {
        letters: Rc<str>,
    }
}

parameters! {
    struct Pwm {
        matrix: List<List<f64>>,
        name: Rc<str>,
        alphabet: Rc<str>,
    }
}

parameters! {
    struct OneMotif {
        pattern: Arc<Motif>,
    }
}

parameters! {
    struct Scrambled {
        pattern: Arc<Motif>,
        number: f64,
    }
}

parameters! {
    struct Kmers {
        k: f64,
        alphabet: Rc<str>,
    }
}

parameters! {
    struct ReverseComplement {
        of: Construct,
    }
}

parameters! {
    struct AlphabetOf {
        of: Arc<Population>,
    }
}

parameters! {
    struct Width {
        of: AnyValue,
    }
}

fn jaspar_motif(checker: &mut Checker, given: Jaspar) -> NativeResult<Value> {
    let name = given.name.text();
    if let Some(path) = given.file.optional_text() {
        let mut filters = [&given.species, &given.taxon].into_iter();
        if let Some(filter) = filters.find(|filter| filter.get().is_some()) {
            let message = "a motif file does not say of which species its motifs are";
            let refused = Diagnostic::error(Code::UnknownArgument, message).help(format!(
                "write `motifs(\"{path}\")[\"{name}\"]`, without `species` and `taxon`"
            ));
            return filter.label_error(Err(refused.into()));
        }
        return motif_of_file(checker, &given.file, &given.name);
    }
    let (species, taxon) = (given.species.optional_text(), given.taxon.optional_text());
    if let Some(species) = species {
        given.species.label_error(jaspar::check_species(species))?;
    }
    if let Some(taxon) = taxon {
        given.taxon.label_error(jaspar::check_taxon(taxon))?;
    }
    let motif = jaspar::find_in(name, jaspar::SearchScope { species, taxon });
    Ok(Value::Motif(given.name.label_error(motif)?.into()))
}

fn jaspar_all(_: &mut Checker, given: JasparAll) -> NativeResult<Value> {
    let (species, taxon) = (given.species.optional_text(), given.taxon.optional_text());
    // Each argument is checked by itself, so that the error stands at the one that is wrong.
    let of_species = species.map_or(Ok(()), jaspar::check_species);
    given.species.label_error(of_species)?;
    let motifs = jaspar::all(jaspar::SearchScope { species, taxon });
    Ok(motif_list(given.taxon.label_error(motifs)?))
}

/// A list of motifs.
fn motif_list(motifs: impl IntoIterator<Item = Motif>) -> Value {
    let items = motifs.into_iter().map(|motif| Value::Motif(motif.into()));
    Value::List(Rc::new(items.collect()))
}

fn meme(checker: &mut Checker, given: MotifOfFile) -> NativeResult<Value> {
    motif_of_file(checker, &given.path, &given.name)
}

fn motifs(checker: &mut Checker, given: MotifsOfFile) -> NativeResult<Value> {
    let file = motif_file(checker, &given.path)?;
    let trim = match given.trim.get() {
        None => DEFAULT_TRIM,
        Some(_) if file.motifs.iter().all(|motif| motif.discovery.is_none()) => {
            let message = "the motifs of this file have no contributions to trim them by";
            return given.trim.refuse(Code::UnknownArgument, message);
        }
        Some(&share) if (0.0..=1.0).contains(&share) => share,
        Some(&share) => {
            let message = format!("`trim` is 0% to 100%, not {share}");
            let diagnostic = Diagnostic::error(Code::OutOfRange, message);
            return given
                .trim
                .label_error(Err(match given.trim.without_percent_sign() {
                    Some(percent) => diagnostic.help(format!("did you mean {percent}?")),
                    None => diagnostic,
                }
                .into()));
        }
    };
    Ok(motif_list(
        file.motifs.iter().map(|motif| motif.trimmed(trim)),
    ))
}

/// A motif of a file by its name.
fn motif_of_file(
    checker: &mut Checker,
    path: &Argument<Rc<str>>,
    name: &Argument<Rc<str>>,
) -> NativeResult<Value> {
    let file = motif_file(checker, path)?;
    let motif = name.label_error(file.find(name.text()).cloned())?;
    Ok(Value::Motif(Arc::new(motif.trimmed(DEFAULT_TRIM))))
}

/// The file at a path, read once.
fn motif_file(checker: &mut Checker, path: &Argument<Rc<str>>) -> NativeResult<Arc<MotifFile>> {
    let full = checker.files.resolve(path.text());
    if let Some(file) = checker.files.motifs.get(&full) {
        return Ok(file.clone());
    }
    let file = Arc::new(path.label_error(MotifFile::read(&full))?);
    checker.files.record_hash(path.text(), &file.sha256);
    checker.files.motifs.insert(full, file.clone());
    Ok(file)
}

fn iupac(_: &mut Checker, given: Iupac) -> NativeResult<Value> {
    let motif = motif_from_text(given.letters.text());
    Ok(Value::Motif(given.letters.label_error(motif)?))
}

fn pwm(_: &mut Checker, given: Pwm) -> NativeResult<Value> {
    let Some(rows) = given.matrix.get() else {
        return refused(
            Code::TypeMismatch,
            "a matrix is a list of rows of four numbers",
        );
    };
    let mut columns = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let numbers: Vec<f64> = row.iter().flat_map(List::iter).flatten().collect();
        let Ok(column) = <[f64; 4]>::try_from(numbers.as_slice()) else {
            let message = format!(
                "position {} has {}, and a position has four, one a base",
                i + 1,
                pluralize(numbers.len(), "number")
            );
            return given.matrix.refuse(Code::InvalidDistribution, message);
        };
        columns.push(column);
    }
    let alphabet = given.alphabet.alphabet()?;
    let name = given.name.optional_text().unwrap_or("pwm");
    // Probabilities sum to 1 at each position; anything else is counts.
    let sums_to_1 = |column: &[f64; 4]| (column.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE;
    let motif = if columns.iter().all(sums_to_1) {
        Motif::from_probabilities(name, None, alphabet, columns)
    } else {
        Motif::from_counts(name, None, alphabet, columns)
    };
    Ok(Value::Motif(Arc::new(given.matrix.label_error(motif)?)))
}

fn motif(argument: &Argument<Arc<Motif>>) -> NativeResult<&Arc<Motif>> {
    match argument.get() {
        Some(motif) => Ok(motif),
        None => refused(
            Code::TypeMismatch,
            format!("{} is no motif", Value::None.kind()),
        ),
    }
}

fn draw(_: &mut Checker, given: OneMotif) -> NativeResult<Value> {
    let motif = motif(&given.pattern)?;
    Ok(Value::Motif(Arc::new(Motif {
        drawn: true,
        ..motif.derived("draw")
    })))
}

fn consensus(_: &mut Checker, given: OneMotif) -> NativeResult<Value> {
    let motif = motif(&given.pattern)?;
    let made = Motif::from_iupac(&motif.consensus_text(), motif.alphabet)?;
    let Motif {
        name, alternate, ..
    } = motif.derived("consensus");
    Ok(Value::Motif(Arc::new(Motif {
        name,
        alternate,
        strand: motif.strand,
        ..made
    })))
}

fn scrambled(_: &mut Checker, given: Scrambled) -> NativeResult<Value> {
    let motif = motif(&given.pattern)?;
    let number = given.number.whole_number()?;
    let scrambled = given.pattern.label_error(motif.scrambled(number as u64))?;
    Ok(Value::Motif(Arc::new(scrambled)))
}

fn kmers(_: &mut Checker, given: Kmers) -> NativeResult<Value> {
    let k = given.k.whole_number()?;
    if k == 0 || k > MAX_KMER_LENGTH {
        let message = format!("`k` is 1 to {MAX_KMER_LENGTH}, not {k}");
        return given.k.refuse(Code::OutOfRange, message);
    }
    let alphabet = given.alphabet.alphabet()?;
    let bases = |word: usize| -> Vec<u8> {
        (0..k)
            .rev()
            .map(|place| (word >> (2 * place) & 3) as u8)
            .collect()
    };
    let words = 0..1usize << (2 * k);
    let motifs = words.map(|word| Value::Motif(Motif::from_bases(&bases(word), alphabet).into()));
    Ok(Value::List(Rc::new(motifs.collect())))
}

fn rc(_: &mut Checker, given: ReverseComplement) -> NativeResult<Value> {
    let Some(Construct(construct)) = given.of.get() else {
        return refused(Code::TypeMismatch, "`rc` needs a construct");
    };
    let reversed = construct.reverse_complement();
    // One motif stays one motif, so that it can stand wherever a motif can.
    match reversed.parts.as_slice() {
        [part] if part.label.is_none() => match &part.kind {
            PartKind::Motif(motif) => Ok(Value::Motif(motif.clone())),
            PartKind::Gap(_) => Ok(Value::Construct(reversed.into())),
        },
        [part] => match &part.kind {
            PartKind::Motif(motif) => Ok(Value::Construct(
                single(motif.clone(), part.label.clone()).into(),
            )),
            PartKind::Gap(_) => Ok(Value::Construct(reversed.into())),
        },
        _ => Ok(Value::Construct(reversed.into())),
    }
}

/// The letters of a population, each a text.
fn alphabet(_: &mut Checker, given: AlphabetOf) -> NativeResult<Value> {
    let Some(population) = given.of.get() else {
        return given
            .of
            .refuse(Code::MissingArgument, "a population is needed");
    };
    let letters = population.alphabet().letters().chars();
    let items = letters.map(|letter| Value::Text(letter.to_string().into()));
    Ok(Value::List(Rc::new(items.collect())))
}

fn width(checker: &mut Checker, given: Width) -> NativeResult<Value> {
    let of = given.of.into_value();
    if let Value::Population(population) | Value::First { of: population, .. } = of {
        return Ok(Value::Length(population.length() as i64));
    }
    if let Value::Region { start, end } = of {
        return Ok(Value::Length(checker.distance(end, start)?));
    }
    let construct = checker.coerce(of, &Type::Construct)?;
    match construct.as_construct() {
        Some(construct) => Ok(Value::Length(construct.width() as i64)),
        None => refused(Code::TypeMismatch, "`width` needs a construct or a region"),
    }
}
