//! Effects over several null models, against meta-analysis and analysis of variance in statsmodels.

use gia_stats::pooled_nulls::pool_nulls;
use gia_stats::student;
use serde_json::Value;

use super::{close, float, floats};

fn cases() -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("pooled.json")).expect("JSON");
    all["cases"].as_array().expect("a list").clone()
}

/// The values under each null model of a case.
fn values(case: &Value) -> Vec<Vec<f64>> {
    let values = case["values"].as_array().expect("a list");
    values.iter().map(floats).collect()
}

/// The number of the source of each background under each null model of a case.
fn sources(case: &Value) -> Vec<Vec<u32>> {
    let sources = case["sources"].as_array().expect("a list");
    let numbers = sources.iter().map(floats);
    numbers
        .map(|of| of.iter().map(|number| *number as u32).collect())
        .collect()
}

#[test]
fn pooled_effects_are_those_of_the_oracle() {
    for case in cases() {
        let name = case["name"].as_str().expect("a name");
        let (values, sources) = (values(&case), sources(&case));
        let nulls: Vec<(Vec<f64>, &[u32])> = values
            .iter()
            .zip(&sources)
            .map(|(values, sources)| (values.clone(), sources.as_slice()))
            .collect();
        let found = pool_nulls(&nulls).expect("two null models or more");
        assert_eq!(found.is_crossed, !name.starts_with("independent"), "{name}");
        let se = found.se.expect("an error");
        let half = student::critical_value(0.05, found.freedom) * se;
        for (what, found, wanted) in [
            ("mean", found.mean, &case["mean"]),
            ("sd", found.sd, &case["sd"]),
            ("se", se, &case["se"]),
            ("freedom", found.freedom, &case["freedom"]),
            ("low", found.mean - half, &case["low"]),
            ("high", found.mean + half, &case["high"]),
        ] {
            close(found, float(wanted), 1e3, &format!("{name}: {what}"));
        }
        // The meta-analysis finds the variance between groups by iteration.
        let between = float(&case["between"]);
        assert!(
            (found.between - between).abs() < 1e-4,
            "{name}: {} {between}",
            found.between
        );
    }
}

#[test]
fn few_or_equal_null_models_give_no_interval() {
    let one: &[u32] = &[0, 1, 2];
    let varied = vec![1.0, 2.0, 4.0];
    assert!(pool_nulls(&[(varied.clone(), one)]).is_none());
    let constant = vec![1.0; 3];
    let found = pool_nulls(&[(constant.clone(), one), (constant, &[3, 4, 5])]).expect("two");
    assert_eq!((found.mean, found.sd, found.se), (1.0, 0.0, None));
    let single = pool_nulls(&[(varied.clone(), one), (varied, &[3, 3, 3])]).expect("two");
    assert_eq!(single.se, None);
}
