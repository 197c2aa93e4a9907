//! Differences that are no larger than the rounding of float32 outcomes: zero, and without a p.

use gia_design::{Arithmetic, Formula, Relation};
use gia_stats::analyse;
use gia_study::{Experiment, Verdict, WarningKind};

use super::trial::{Normal, Trial, leaf, log, minus, read};

const N: usize = 200;

fn noise(seed: u64, sd: f64) -> impl Iterator<Item = f64> {
    Normal::new(seed).take(N).into_iter().map(move |x| sd * x)
}

/// Outcomes of a control around `level`, and the same moved by `effect` with a standard deviation of `sd`, as float32.
fn moved(level: f64, effect: f64, sd: f64) -> Vec<Vec<f32>> {
    let control: Vec<f64> = noise(1, 0.04).map(|x| level + x).collect();
    let pairs = control.iter().zip(noise(2, sd));
    let treated = pairs.map(|(x, e)| (x + effect + e) as f32).collect();
    vec![control.iter().map(|x| *x as f32).collect(), treated]
}

fn analysed(trial: Trial) -> Experiment {
    let (plan, outcomes) = trial.build();
    analyse(&plan, &outcomes).expect("an analysis").remove(0)
}

#[test]
fn an_effect_below_the_precision_has_no_p_and_supports_nothing() {
    let trial = Trial::simple(vec![moved(-0.13, 1.8e-8, 3e-8)])
        .claim(Relation::Greater, 0.0)
        .claim(Relation::GreaterEqual, 0.0)
        .claim(Relation::Less, 0.0)
        .claim(Relation::Less, 0.01);
    let found = analysed(trial);
    let row = &found.rows[0];
    assert_eq!(
        (row.mean, row.sd, row.p, row.q),
        (0.0, Some(0.0), None, None)
    );
    assert_eq!(row.significant, None);
    assert_eq!(
        row.method,
        "no test, since every difference is below the precision of float32"
    );
    let (low, high) = row.low.zip(row.high).expect("an interval");
    assert!(low == -high && (1e-7..1e-6).contains(&high), "{high}");
    let verdicts: Vec<Verdict> = found.claims.iter().map(|c| c.verdict).collect();
    assert_eq!(verdicts, [Verdict::Undecided; 4]);
    let reason = &found.claims[0].reason;
    assert!(
        reason.contains("below the precision of float32"),
        "{reason}"
    );
    assert!(
        reason.contains("of the population may differ by more"),
        "{reason}"
    );
    let kinds: Vec<WarningKind> = found.warnings.iter().map(|w| w.warning).collect();
    assert_eq!(kinds, [WarningKind::BelowPrecision]);
}

#[test]
fn a_small_effect_keeps_its_p() {
    let found =
        analysed(Trial::simple(vec![moved(0.47, 1e-5, 1e-6)]).claim(Relation::Greater, 0.0));
    let row = &found.rows[0];
    assert!((row.mean - 1e-5).abs() < 5e-7, "{}", row.mean);
    assert!(row.p.is_some_and(|p| p < 1e-10), "{:?}", row.p);
    assert_eq!(found.claims[0].verdict, Verdict::Supported);
    assert_eq!(found.warnings, []);
    // A tiny outcome has tiny differences that are none of rounding.
    let tiny = vec![vec![1e-9, 2e-9, 1.5e-9], vec![2e-9, 4e-9, 3.5e-9]];
    assert!(analysed(Trial::simple(vec![tiny])).rows[0].p.is_some());
}

#[test]
fn an_interaction_of_logarithms_is_zero_where_factors_multiply() {
    // Exact in the factors, so that what is left comes from the logarithms in double precision.
    let control: Vec<f32> = noise(3, 1.0).map(|x| x.exp() as f32).collect();
    let by = |factor: f32| control.iter().map(|x| x * factor).collect::<Vec<f32>>();
    let arms = vec![control.clone(), by(2.0), by(4.0), by(8.0)];
    let mut trial = Trial::simple(vec![arms]);
    trial.arms = vec!["control", "a", "b", "ab"];
    trial.outcomes = vec![("x", log(read(0)))];
    let interaction = Formula::Binary(
        Arithmetic::Subtract,
        Box::new(minus(3, 2)),
        Box::new(minus(1, 0)),
    );
    trial.contrasts = vec![("interaction", interaction)];
    let found = analysed(trial);
    assert_eq!((found.rows[0].mean, found.rows[0].p), (0.0, None));
}

#[test]
fn a_difference_of_overall_means_is_treated_alike() {
    let overall = |i: usize| Formula::Overall(leaf(i));
    let difference = || {
        Formula::Binary(
            Arithmetic::Subtract,
            Box::new(overall(1)),
            Box::new(overall(0)),
        )
    };
    let row = |arms| {
        let mut trial = Trial::simple(vec![arms]);
        trial.contrasts = vec![("effect", difference())];
        analysed(trial).rows.remove(0)
    };
    let below = row(moved(-0.13, 1.8e-8, 3e-8));
    assert_eq!((below.mean, below.p), (0.0, None));
    assert!(row(moved(0.47, 1e-5, 1e-6)).p.is_some());
}

#[test]
fn rounding_among_real_differences_has_no_sign() {
    let mut arms = moved(0.5, 2e-8, 2e-8);
    for value in arms[1].iter_mut().take(20) {
        *value += 0.1;
    }
    let row = analysed(Trial::simple(vec![arms])).rows.remove(0);
    assert!((row.mean - 0.01).abs() < 1e-7, "{}", row.mean);
    assert!(row.p.is_some());
    // 180 exact zeros and 20 effects, not 180 numbers above zero.
    let sd = row.sd.expect("a spread");
    assert!((sd - 0.030075).abs() < 1e-5, "{sd}");
}
