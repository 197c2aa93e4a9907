//! Steps along an axis and the place of a maximum.

use gia_design::{ClaimKind, Relation};
use gia_stats::{Estimate, analyse, student};
use gia_study::{Claim, Verdict};

use super::trial::{Normal, Trial};

/// Control at zero, and a treated arm of normal noise about each of these means; the noise of each point is its own.
fn claim(
    means: &[f64],
    n: usize,
    kind: ClaimKind,
    relation: Relation,
    seed: u64,
) -> (Claim, Vec<Vec<f64>>) {
    let mut normal = Normal::new(seed);
    let points: Vec<Vec<f64>> = means
        .iter()
        .map(|mean| {
            normal
                .take(n)
                .iter()
                .map(|z| f64::from((z + mean) as f32))
                .collect()
        })
        .collect();
    let values = points
        .iter()
        .map(|values| vec![vec![0.0; n], values.iter().map(|&x| x as f32).collect()])
        .collect();
    let mut trial = Trial::simple(values).claim(relation, 0.0);
    trial.claims[0].kind = kind;
    let (plan, outcomes) = trial.build();
    let found = analyse(&plan, &outcomes).expect("an analysis");
    (found[0].claims[0].clone(), points)
}

#[test]
fn one_step_is_a_paired_t_interval() {
    let (found, points) = claim(
        &[0.0, 0.6],
        50,
        ClaimKind::Steps { axis: 0 },
        Relation::Greater,
        4,
    );
    let differences: Vec<f64> = points[0]
        .iter()
        .zip(&points[1])
        .map(|(a, b)| b - a)
        .collect();
    let estimate = Estimate {
        interval_method: gia_design::IntervalMethod::Student,
        ..Estimate::of(&differences, None)
    };
    let critical = student::critical_value(0.05, estimate.freedom);
    let (low, high) = estimate.interval(critical).unwrap();
    let of = &found.deciding;
    let pairs = [
        (of.low, low),
        (of.high, high),
        (Some(of.mean), estimate.mean),
    ];
    for (found, wanted) in pairs {
        assert!(
            (found.unwrap() - wanted).abs() < 1e-12,
            "{found:?} {wanted}"
        );
    }
    assert_eq!(
        found.verdict,
        if low > 0.0 {
            Verdict::Supported
        } else {
            Verdict::Undecided
        }
    );
}

#[test]
fn every_step_counts() {
    let steps = |means: &[f64], relation| {
        claim(means, 400, ClaimKind::Steps { axis: 0 }, relation, 8)
            .0
            .verdict
    };
    assert_eq!(
        steps(&[0.0, 1.0, 2.0, 3.0], Relation::Greater),
        Verdict::Supported
    );
    assert_eq!(
        steps(&[0.0, 1.0, 2.0, 1.5], Relation::Greater),
        Verdict::Refuted
    );
    assert_eq!(
        steps(&[0.0, 1.0, 1.0, 2.0], Relation::Greater),
        Verdict::Undecided
    );
    assert_eq!(
        steps(&[3.0, 2.0, 0.5, 0.0], Relation::Less),
        Verdict::Supported
    );
}
