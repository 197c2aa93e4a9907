//! Motifs and constructs.

use std::rc::Rc;
use std::sync::Arc;

use super::Native;
use super::arguments::{alphabet, blame, number, refused, text, whole};
use crate::check::Checker;
use crate::check::types::{Type, motif_from_text};
use crate::check::value::{Value, single};
use crate::diag::{Code, Diagnostic, Outcome, counted};
use crate::domain::{Motif, MotifFile, Piece, SUM_TOLERANCE, jaspar};

/// 4^8 motifs are as many as a grid can be asked for.
const LONGEST_KMERS: usize = 8;

pub(super) const NATIVES: &[(&str, Native)] = &[
    ("jaspar", jaspar_motif),
    ("motifs", motifs),
    ("meme", meme),
    // The file tells its format itself; the name tells the reader.
    ("transfac", meme),
    ("iupac", iupac),
    ("pwm", pwm),
    ("draw", draw),
    ("consensus", consensus),
    ("scrambled", scrambled),
    ("kmers", kmers),
    ("rc", rc),
    ("width", width),
];

fn jaspar_motif(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let name = text(&values[0]).unwrap_or_default();
    let (species, taxon) = (text(&values[2]), text(&values[3]));
    if let Some(path) = text(&values[1]) {
        if let Some(given) = [species, taxon].iter().position(Option::is_some) {
            let message = "a motif file does not say of which species its motifs are";
            let refused = Diagnostic::error(Code::UnknownArgument, message).help(format!(
                "write `motifs(\"{path}\")[\"{name}\"]`, without `species` and `taxon`"
            ));
            return blame(checker, 2 + given, Err(refused.into()));
        }
        return motif_of_file(checker, (path, 1), (name, 0));
    }
    if let Some(species) = species {
        blame(checker, 2, jaspar::check_species(species))?;
    }
    if let Some(taxon) = taxon {
        blame(checker, 3, jaspar::check_taxon(taxon))?;
    }
    let motif = jaspar::find_among(name, jaspar::Among { species, taxon });
    Ok(Value::Motif(blame(checker, 0, motif)?.into()))
}

fn meme(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let [path, name] = [0, 1].map(|i| (text(&values[i]).unwrap_or_default(), i));
    motif_of_file(checker, path, name)
}

fn motifs(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let file = motif_file(checker, (text(&values[0]).unwrap_or_default(), 0))?;
    let motifs = file.motifs.iter().cloned();
    let items = motifs.map(|motif| Value::Motif(Arc::new(motif)));
    Ok(Value::List(Rc::new(items.collect())))
}

/// A motif by its name, each with the argument that says it.
fn motif_of_file(
    checker: &mut Checker,
    path: (&str, usize),
    (name, name_at): (&str, usize),
) -> Outcome<Value> {
    let file = motif_file(checker, path)?;
    let motif = blame(checker, name_at, file.find(name).cloned())?;
    Ok(Value::Motif(Arc::new(motif)))
}

/// The file at a path, read once, and the argument that says the path.
fn motif_file(checker: &mut Checker, (path, at): (&str, usize)) -> Outcome<Arc<MotifFile>> {
    let full = checker.resolve(path);
    if let Some(file) = checker.motif_files.get(&full) {
        return Ok(file.clone());
    }
    let file = Arc::new(blame(checker, at, MotifFile::read(&full))?);
    checker.note_file(path, &file.sha256);
    checker.motif_files.insert(full, file.clone());
    Ok(file)
}

fn iupac(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    Ok(Value::Motif(blame(
        checker,
        0,
        motif_from_text(text(&values[0]).unwrap_or_default()),
    )?))
}

fn pwm(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Value::List(rows) = &values[0] else {
        return refused(
            Code::TypeMismatch,
            "a matrix is a list of rows of four numbers",
        );
    };
    let mut columns = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let numbers: Vec<f64> = match row {
            Value::List(items) => items.iter().filter_map(number).collect(),
            _ => Vec::new(),
        };
        let Ok(column) = <[f64; 4]>::try_from(numbers.as_slice()) else {
            let message = format!(
                "position {} has {}, and a position has four, one a base",
                i + 1,
                counted(numbers.len(), "number")
            );
            return blame(checker, 0, refused(Code::InvalidDistribution, message));
        };
        columns.push(column);
    }
    let alphabet = blame(checker, 2, alphabet(&values[2]))?;
    let name = text(&values[1]).unwrap_or("pwm");
    // Probabilities sum to 1 at each position; anything else is counts.
    let sums_to_1 = |column: &[f64; 4]| (column.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE;
    let motif = if columns.iter().all(sums_to_1) {
        Motif::from_probabilities(name, None, alphabet, columns)
    } else {
        Motif::from_counts(name, None, alphabet, columns)
    };
    Ok(Value::Motif(Arc::new(blame(checker, 0, motif)?)))
}

/// The motif that argument 0 is.
fn motif(values: &[Value]) -> Outcome<Arc<Motif>> {
    match &values[0] {
        Value::Motif(motif) => Ok(motif.clone()),
        other => refused(Code::TypeMismatch, format!("{} is no motif", other.kind())),
    }
}

fn draw(_: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let motif = motif(values)?;
    Ok(Value::Motif(Arc::new(Motif {
        drawn: true,
        ..motif.renamed(format!("draw({})", motif.name))
    })))
}

fn consensus(_: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let motif = motif(values)?;
    let made = Motif::from_iupac(&motif.consensus_text(), motif.alphabet)?;
    Ok(Value::Motif(Arc::new(Motif {
        strand: motif.strand,
        ..made.renamed(format!("consensus({})", motif.name))
    })))
}

fn scrambled(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let motif = motif(values)?;
    let number = blame(checker, 1, whole(&values[1], "number"))?;
    Ok(Value::Motif(Arc::new(blame(
        checker,
        0,
        motif.scrambled(number as u64),
    )?)))
}

fn kmers(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let k = blame(checker, 0, whole(&values[0], "k"))?;
    if k == 0 || k > LONGEST_KMERS {
        let message = format!("`k` is 1 to {LONGEST_KMERS}, not {k}");
        return blame(checker, 0, refused(Code::OutOfRange, message));
    }
    let alphabet = blame(checker, 1, alphabet(&values[1]))?;
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

fn rc(_: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let Some(construct) = values[0].as_construct() else {
        return refused(Code::TypeMismatch, "`rc` needs a construct");
    };
    let reversed = construct.reverse_complement();
    // One motif stays one motif, so that it can stand wherever a motif can.
    match reversed.parts.as_slice() {
        [part] if part.label.is_none() => match &part.piece {
            Piece::Motif(motif) => Ok(Value::Motif(motif.clone())),
            Piece::Gap(_) => Ok(Value::Construct(reversed.into())),
        },
        [part] => match &part.piece {
            Piece::Motif(motif) => Ok(Value::Construct(
                single(motif.clone(), part.label.clone()).into(),
            )),
            Piece::Gap(_) => Ok(Value::Construct(reversed.into())),
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
        None => refused(Code::TypeMismatch, "`width` needs a construct or a region"),
    }
}
