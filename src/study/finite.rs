//! Serialisation of finite numbers only: JSON has no NaN or infinity, and a silent `null` would read as "not measured".

use serde::ser::{Error, Serializer};

/// Serialises a finite number; any other is an error.
pub fn number<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if x.is_finite() {
        serializer.serialize_f64(*x)
    } else {
        Err(S::Error::custom(format!("{x} is not a finite number")))
    }
}

/// Serialises `None` as `null`: the method field says why there is no number.
pub fn optional<S: Serializer>(x: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match x {
        Some(x) if !x.is_finite() => Err(S::Error::custom(format!("{x} is not a finite number"))),
        Some(x) => serializer.serialize_some(x),
        None => serializer.serialize_none(),
    }
}

/// Serialises finite numbers only.
pub fn numbers<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    match numbers.iter().find(|x| !x.is_finite()) {
        Some(x) => Err(S::Error::custom(format!("{x} is not a finite number"))),
        None => serializer.collect_seq(numbers),
    }
}

/// Serialises each `None` as `null`.
pub fn optionals<S: Serializer>(numbers: &[Option<f64>], serializer: S) -> Result<S::Ok, S::Error> {
    match numbers.iter().flatten().find(|x| !x.is_finite()) {
        Some(x) => Err(S::Error::custom(format!("{x} is not a finite number"))),
        None => serializer.collect_seq(numbers),
    }
}

/// Columns of a motif: one list of four numbers for each position.
pub fn columns<S: Serializer>(columns: &[[f64; 4]], serializer: S) -> Result<S::Ok, S::Error> {
    match columns.as_flattened().iter().find(|x| !x.is_finite()) {
        Some(x) => Err(S::Error::custom(format!("{x} is not a finite number"))),
        None => serializer.collect_seq(columns),
    }
}

/// Columns as [`columns`] has them; `None` as `null`.
pub fn optional_columns<S: Serializer>(
    of: &Option<Vec<[f64; 4]>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match of {
        Some(of) => columns(of, serializer),
        None => serializer.serialize_none(),
    }
}
