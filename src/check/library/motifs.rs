//! Motifs and constructs.

use std::sync::Arc;

use super::Native;
use super::arguments::{bad_value, blame, text};
use crate::check::Checker;
use crate::check::types::{Type, motif_from_text};
use crate::check::value::{Value, single};
use crate::diag::Outcome;
use crate::domain::{MotifFile, Piece, jaspar};

pub(super) const NATIVES: &[(&str, Native)] = &[
    ("jaspar", jaspar_motif),
    ("meme", meme),
    ("iupac", iupac),
    ("rc", rc),
    ("width", width),
];

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
        None => bad_value("`width` needs a construct or a region"),
    }
}
