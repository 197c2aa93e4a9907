//! Numbers that JSON can hold. It has no word for the others, and a silent `null` would read as "not measured".

use serde::ser::{Error, Serializer};

pub fn number<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if x.is_finite() {
        serializer.serialize_f64(*x)
    } else {
        Err(S::Error::custom(format!("{x} is not a finite number")))
    }
}

/// `None` is written as `null` on purpose: the method says why there is no number.
pub fn optional<S: Serializer>(x: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match x {
        Some(x) if !x.is_finite() => Err(S::Error::custom(format!("{x} is not a finite number"))),
        Some(x) => serializer.serialize_some(x),
        None => serializer.serialize_none(),
    }
}

/// One list of four numbers a position.
pub fn columns<S: Serializer>(columns: &[[f64; 4]], serializer: S) -> Result<S::Ok, S::Error> {
    match columns.as_flattened().iter().find(|x| !x.is_finite()) {
        Some(x) => Err(S::Error::custom(format!("{x} is not a finite number"))),
        None => serializer.collect_seq(columns),
    }
}
