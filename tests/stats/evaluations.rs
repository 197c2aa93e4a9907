//! Areas under curves, calibration and correlations, against SciPy, scikit-learn and statsmodels.

use gia_stats::evaluate::{
    RankedScores, fit_calibration, pearson_with_interval, r_squared_with_interval,
    spearman_with_interval, thin_curve,
};
use serde_json::Value;

use super::trial::Normal;
use super::{close, float, floats};

fn oracle(key: &str) -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("evaluations.json")).expect("the oracle is JSON");
    all[key].as_array().expect("cases").clone()
}

/// The area under points of rising x, by trapezia.
fn area(points: &[[f64; 2]]) -> f64 {
    let strips = points.windows(2);
    strips
        .map(|p| (p[1][0] - p[0][0]) * 0.5 * (p[0][1] + p[1][1]))
        .sum()
}

#[test]
fn areas_agree_with_scikit_learn_and_delong() {
    let cases = oracle("classes");
    assert!(cases.len() >= 7);
    for case in cases {
        let (positives, negatives) = (floats(&case["positives"]), floats(&case["negatives"]));
        let ranked = RankedScores::new(&positives, &negatives);
        let (value, ends) = ranked.auroc(0.95);
        close(value, float(&case["auroc"]), 1.0, "auroc");
        match (ends, case["ends"].as_array()) {
            (Some((low, high)), Some(wanted)) => {
                close(low, float(&wanted[0]), 1.0, "low");
                close(high, float(&wanted[1]), 1.0, "high");
            }
            (None, None) => {}
            other => panic!("{other:?}"),
        }
        let (value, ends) = ranked.average_precision(0.95, 3, None);
        close(
            value,
            float(&case["average_precision"]),
            1.0,
            "average precision",
        );
        // Of classes that are perfectly separated, or all tied, nothing varies.
        assert_eq!(ends.is_none(), case["ends"].is_null(), "{case}");
        assert!(ends.is_none_or(|(low, high)| low < high));
        close(area(&ranked.roc()), float(&case["auroc"]), 1.0, "the curve");
        let labels = positives.iter().map(|x| (*x, 1.0));
        let all: Vec<(f64, f64)> = labels.chain(negatives.iter().map(|x| (*x, 0.0))).collect();
        let fitted = fit_calibration(&all, 0.95, None);
        match (fitted, case["calibration"].as_array()) {
            (Some(found), Some(wanted)) => {
                for (of, wanted) in [found.intercept, found.slope].iter().zip(wanted) {
                    for (number, wanted) in [of.0, of.1, of.2].iter().zip(floats(wanted)) {
                        close(*number, wanted, 10.0, "calibration");
                    }
                }
            }
            (None, None) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn correlations_agree_with_scipy() {
    for case in oracle("correlations") {
        let (a, b) = (floats(&case["predicted"]), floats(&case["measured"]));
        for (key, (value, ends)) in [
            ("pearson", pearson_with_interval(&a, &b, 0.95)),
            ("spearman", spearman_with_interval(&a, &b, 0.95)),
        ] {
            let wanted = floats(&case[key]);
            close(value.expect("a value"), wanted[0], 1.0, key);
            // On a line there is no interval, and none in the oracle either.
            if let Some((low, high)) = ends {
                close(low, wanted[1], 1.0, key);
                close(high, wanted[2], 1.0, key);
            } else {
                assert!(wanted[0].abs() > 1.0 - 1e-12, "{key}: {wanted:?}");
            }
        }
        let (value, ends) = r_squared_with_interval(&a, &b, 0.95, 1);
        close(
            value.expect("a value"),
            float(&case["r_squared"]),
            10.0,
            "r squared",
        );
        assert!(ends.is_some_and(|(low, high)| low <= high));
    }
    assert_eq!(
        pearson_with_interval(&[1.0, 1.0], &[1.0, 2.0], 0.95),
        (None, None)
    );
    assert_eq!(
        r_squared_with_interval(&[1.0, 1.0], &[2.0, 2.0], 0.95, 1),
        (None, None)
    );
    assert_eq!(
        pearson_with_interval(&[1.0, 2.0, 4.0], &[1.0, 2.0, 3.0], 0.95).1,
        None
    );
}

#[test]
fn samples_in_which_nothing_varies_have_no_interval() {
    // Perfectly separated classes, scores that are all tied, and a class of one sequence.
    for (positives, negatives, value) in [
        (vec![5.0, 4.0, 3.0], vec![2.0, 1.0], 1.0),
        (vec![1.0, 1.0], vec![1.0, 1.0, 1.0, 1.0], 1.0 / 3.0),
        (vec![2.0], vec![3.0, 1.0, 0.0], 0.5),
    ] {
        let ranked = RankedScores::new(&positives, &negatives);
        let (found, ends) = ranked.average_precision(0.95, 1, None);
        close(found, value, 1.0, "average precision");
        assert_eq!(ends, None, "{positives:?} and {negatives:?}");
    }
    let ranked = RankedScores::new(&[5.0, 2.5, 3.0, 4.0], &[2.0, 1.0, 3.5, 0.0]);
    let (value, ends) = ranked.average_precision(0.95, 1, None);
    assert!(ends.is_some_and(|(low, high)| low < value && value < high));
    let numbers = [1.0, 2.0, 4.0, 5.0, 7.0];
    assert_eq!(
        r_squared_with_interval(&numbers, &numbers, 0.95, 1),
        (Some(1.0), None)
    );
}

#[test]
fn intervals_of_areas_hold_the_truth_as_often_as_they_say() {
    // Normal scores one standard deviation apart: the area is the normal probability below 1 / sqrt(2).
    let truth = 0.760_249_938_906_523_6;
    let held = (0..400).filter(|&seed| {
        let mut normal = Normal::new(4000 + seed);
        let positives: Vec<f64> = normal.take(60).iter().map(|z| z + 1.0).collect();
        let (_, ends) = RankedScores::new(&positives, &normal.take(60)).auroc(0.95);
        ends.is_some_and(|(low, high)| low <= truth && truth <= high)
    });
    let share = held.count() as f64 / 400.0;
    assert!((0.92..=0.98).contains(&share), "{share}");
}

#[test]
fn a_thinned_curve_keeps_its_ends() {
    let curve: Vec<[f64; 2]> = (0..5000).map(|i| [f64::from(i), 1.0]).collect();
    let thin = thin_curve(&curve);
    assert_eq!(
        (thin.len(), thin[0], thin[999]),
        (1000, curve[0], curve[4999])
    );
    assert!(thin.windows(2).all(|pair| pair[0][0] < pair[1][0]));
    assert_eq!(thin_curve(&curve[..10]), &curve[..10]);
}
