//! Clustered errors and Hall's interval against NumPy, SciPy and statsmodels (`clusters.py`).

use serde_json::Value;

use super::{close, float, floats};
use gia_stats::{Hall, clustered_error, student};

fn cases(key: &str) -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("clusters.json")).expect("the oracle is JSON");
    all[key].as_array().expect("a list").clone()
}

/// Sums of deviations and sizes of clusters.
fn sums(values: &[f64], ids: &[usize]) -> (Vec<f64>, Vec<usize>) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let count = ids.iter().max().map_or(0, |last| last + 1);
    let (mut sums, mut sizes) = (vec![0.0; count], vec![0; count]);
    for (value, &id) in values.iter().zip(ids) {
        sums[id] += value - mean;
        sizes[id] += 1;
    }
    (sums, sizes)
}

#[test]
fn clustered_errors_are_those_of_the_definition() {
    let cases = cases("clusters");
    assert!(cases.len() >= 24);
    for case in cases {
        let values = floats(&case["values"]);
        let ids: Vec<usize> = floats(&case["ids"]).iter().map(|id| *id as usize).collect();
        let (sums, sizes) = sums(&values, &ids);
        let found = clustered_error(&sums, &sizes).expect("at least two clusters");
        close(found.se, float(&case["se"]), 1.0, "standard error");
        close(
            found.freedom,
            float(&case["freedom"]),
            0.0,
            "degrees of freedom",
        );
        close(found.skewness, float(&case["skewness"]), 1.0, "skewness");
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let half = found.se * student::critical_value(0.05, found.freedom);
        let ends = floats(&case["student"]);
        close(mean - half, ends[0], 1.0, "lower end");
        close(mean + half, ends[1], 1.0, "upper end");
    }
}

#[test]
fn clusters_of_one_are_independent_numbers() {
    let deviations = [1.5, -0.5, -2.0, 1.0];
    let found = clustered_error(&deviations, &[1; 4]).unwrap();
    let squares: f64 = deviations.iter().map(|d| d * d).sum();
    close(found.se, (squares / 12.0).sqrt(), 0.0, "standard error");
    close(found.freedom, 3.0, 0.0, "degrees of freedom");
    assert_eq!(found.clusters, 4);
}

#[test]
fn one_cluster_has_no_error() {
    assert_eq!(clustered_error(&[0.0], &[7]), None);
    assert_eq!(clustered_error(&[], &[]), None);
    let equal = clustered_error(&[0.0, 0.0], &[3, 4]).unwrap();
    assert_eq!((equal.se, equal.skewness), (0.0, 0.0));
}

#[test]
fn hull_of_students_and_halls_interval() {
    let cases = cases("hall");
    assert!(cases.len() >= 30);
    for case in cases {
        let values = floats(&case["values"]);
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let moment = |power| values.iter().map(|x| (x - mean).powi(power)).sum::<f64>();
        let se = (moment(2) / (n * (n - 1)) as f64).sqrt();
        let skewness = moment(3) / n as f64 / (moment(2) / n as f64).powf(1.5);
        close(skewness, float(&case["skewness"]), 1.0, "skewness");
        let freedom = (n - 1) as f64;
        let hall = Hall::new(skewness, n);
        let critical = student::critical_value(0.05, freedom);
        let (low, high) = hall.hull(critical);
        let wanted = floats(&case["hull"]);
        close(mean + low * se, wanted[0], 10.0, "lower end");
        close(mean + high * se, wanted[1], 10.0, "upper end");
        let p = student::two_sided_p(hall.nearer(mean / se), freedom);
        close(p, float(&case["p"]), 1.0, "p");
        // The hull excludes 0 at a level if and only if p is below it.
        let excludes = mean + low * se > 0.0 || mean + high * se < 0.0;
        assert_eq!(excludes, p < 0.05, "{p}");
    }
}

#[test]
fn the_transformation_is_inverted_at_any_skewness() {
    for skewness in [-40.0, -2.0, -1e-12, 0.0, 1e-9, 0.3, 25.0] {
        let hall = Hall::new(skewness, 20);
        for y in [-30.0, -2.0, -0.1, 0.0, 1.0, 2.5, 50.0] {
            close(hall.transform(hall.invert(y)), y, 1e4, "inverse");
        }
    }
    assert_eq!(Hall::new(0.0, 20).hull(2.0), (-2.0, 2.0));
}
