//! Statistics against SciPy, statsmodels and mpmath, against their own symmetries, and against simulation.

mod analysis;
mod bands;
mod by_source;
mod calibrate;
mod claim_kinds;
mod claims;
mod clusters;
mod compare;
mod comparisons;
mod coverage;
mod curves;
mod degenerate;
mod evaluations;
mod looks;
mod measured_tracks;
mod numbers;
mod paired;
mod peaks;
mod periods;
mod pooled;
mod populations;
mod power;
mod precision;
mod regression;
mod summaries;
mod trial;
mod validity;

use serde_json::Value;

/// Relative agreement that is asked of every stored number.
const DIGITS: f64 = 1e-10;

fn oracle(key: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("oracle.json")).expect("the oracle is JSON");
    all[key].as_array().expect("a list").clone()
}

fn float(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn floats(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(float)
        .collect()
}

/// Agreement to ten digits; `scale` is the size of the data where the number itself is a small difference.
#[track_caller]
fn close(found: f64, wanted: f64, scale: f64, what: &str) {
    let room = DIGITS * wanted.abs() + 1e-14 * scale;
    assert!(
        (found - wanted).abs() <= room,
        "{what}: {found:e}, and the oracle has {wanted:e}"
    );
}
