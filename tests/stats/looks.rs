//! Claims about a maximum and about periods, and what holds at every look.

use gia_design::{ClaimKind, CurveStatistic, CurveSummary, Relation, Stopping, StoppingRule};
use gia_stats::{analyse, interim_analysis};
use gia_study::{Claim, Experiment, Verdict};

use super::trial::{Normal, Trial};

/// Control at zero, and a treated arm of noise of this size about each of these means.
fn trial(means: &[f64], n: usize, noise: f64, seed: u64) -> Trial {
    let mut normal = Normal::new(seed);
    let values = means.iter().map(|mean| {
        let treated = normal
            .take(n)
            .iter()
            .map(|z| (noise * z + mean) as f32)
            .collect();
        vec![vec![0.0; n], treated]
    });
    Trial::simple(values.collect())
}

fn looked_at(mut trial: Trial, rule: StoppingRule, most: usize) -> Trial {
    trial.stopping = Some(Stopping {
        rule,
        text: "a rule".into(),
        max: most,
    });
    trial
}

fn found(trial: Trial) -> Experiment {
    let (plan, outcomes) = trial.build();
    analyse(&plan, &outcomes).expect("an analysis").remove(0)
}

fn claimed(trial: Trial, kind: ClaimKind) -> Claim {
    let mut trial = trial.claim(Relation::Greater, 0.0);
    trial.claims[0].kind = kind;
    found(trial).claims.remove(0)
}

#[test]
fn a_peak_is_told_from_all_its_rivals_at_every_look() {
    let peak = |means: &[f64], inside: [bool; 4], noise: f64| {
        let trial = looked_at(trial(means, 200, noise, 5), StoppingRule::Decided, 5000);
        claimed(
            trial,
            ClaimKind::Peak {
                axis: 0,
                allowed: inside.to_vec(),
            },
        )
    };
    let means = [0.0, 1.0, 0.8, 0.1];
    let within = [false, true, true, false];
    let claim = peak(&means, within, 0.5);
    assert_eq!(claim.verdict, Verdict::Supported, "{}", claim.reason);
    assert!(
        claim.reason.contains("simultaneous over 4 pairs"),
        "{}",
        claim.reason
    );
    let claim = peak(&means, [true, false, false, true], 0.5);
    assert_eq!(claim.verdict, Verdict::Refuted, "{}", claim.reason);
    let claim = peak(&means, within, 20.0);
    assert_eq!(claim.verdict, Verdict::Undecided, "{}", claim.reason);
}

#[test]
fn rows_at_every_look_are_wider_and_their_p_greater() {
    let fixed = found(trial(&[0.1, 0.0], 150, 1.0, 9));
    let looked = found(looked_at(
        trial(&[0.1, 0.0], 150, 1.0, 9),
        StoppingRule::Width(0.5),
        2000,
    ));
    for (a, b) in fixed.rows.iter().zip(&looked.rows) {
        assert_eq!((a.mean, a.sd), (b.mean, b.sd));
        assert!(b.low < a.low && a.high < b.high);
        assert!(b.p > a.p);
        assert_eq!(b.method, "paired confidence sequence");
    }
    let stopping = looked.stopping.expect("a rule");
    assert_eq!(
        (stopping.n, stopping.max, stopping.reached),
        (150, 2000, false)
    );
}

#[test]
fn a_rule_is_settled_when_all_that_it_asks_for_holds() {
    let settled = |trial: Trial| {
        let (plan, outcomes) = trial.build();
        interim_analysis(&plan, &outcomes, 0)
            .expect("an analysis")
            .may_stop
    };
    let narrow = |width: f64| {
        looked_at(
            trial(&[0.1, 0.0], 1000, 1.0, 9),
            StoppingRule::Width(width),
            2000,
        )
    };
    assert!(settled(narrow(0.3)));
    assert!(!settled(narrow(0.1)));
    // Without a rule there is nothing to wait for.
    assert!(settled(trial(&[0.0], 5, 1.0, 1)));
    // What is the same for a hundred backgrounds may differ for the next.
    let constant = |n: usize| {
        looked_at(trial(&[1.0], n, 0.0, 1), StoppingRule::Width(0.1), 20_000)
            .claim(Relation::Greater, 0.0)
    };
    assert!(!settled(constant(999)));
    assert!(settled(constant(1000)));
}

/// A wave of this period over a slope, at 30 places 2 bp apart.
fn wave(period: f64, height: f64) -> Vec<f64> {
    (0..30)
        .map(|i| {
            let x = 2.0 * f64::from(i);
            height * (std::f64::consts::TAU * x / period).cos() + 0.01 * x
        })
        .collect()
}

#[test]
fn a_period_is_supported_where_it_is_and_refuted_where_another_is() {
    let claim = |means: &[f64], noise: f64, bounds: (f64, f64)| {
        claimed(
            trial(means, 100, noise, 6),
            ClaimKind::Periodic {
                axis: 0,
                period: bounds,
            },
        )
    };
    let found = claim(&wave(10.5, 0.5), 1.0, (10.0, 11.0));
    assert_eq!(found.verdict, Verdict::Supported, "{}", found.reason);
    let found = claim(&wave(15.0, 0.5), 1.0, (10.0, 11.0));
    assert_eq!(found.verdict, Verdict::Refuted, "{}", found.reason);
    let found = claim(&wave(10.5, 0.0), 1.0, (10.0, 11.0));
    assert_eq!(found.verdict, Verdict::Undecided, "{}", found.reason);
    // The same at every place, for every background.
    let found = claim(&[1.0; 30], 0.0, (10.0, 11.0));
    assert_eq!(found.verdict, Verdict::Undecided);
    assert!(
        found.reason.contains("has a constant curve"),
        "{}",
        found.reason
    );
}

#[test]
fn curves_are_reported_with_what_belongs_to_them() {
    let all = |mut trial: Trial| {
        trial.curves = CurveStatistic::ALL
            .iter()
            .map(|&statistic| CurveSummary { statistic, axis: 0 })
            .collect();
        found(trial).curves
    };
    let curves = all(trial(&wave(10.5, 0.5), 100, 1.0, 6));
    let [peak, period, half, slope] = curves.as_slice() else {
        panic!("{} curves", curves.len());
    };
    assert_eq!(peak.curve, "peak");
    assert!(peak.low <= peak.value && peak.value <= peak.high);
    assert!((period.value.expect("a period") - 10.5).abs() < 0.3);
    let [amplitude, crest] = period.parts.as_slice() else {
        panic!("{} parts", period.parts.len());
    };
    assert!(amplitude.low.expect("an end") < 0.5 && 0.5 < amplitude.high.expect("an end"));
    // A crest at 0 is also one at 10.5.
    let from_crest = crest.value.rem_euclid(10.5);
    assert!(!(1.0..9.5).contains(&from_crest), "{}", crest.value);
    assert_eq!(crest.unit.as_deref(), Some("bp"));
    assert_eq!(half.curve, "half_distance");
    // The line through the means, of which the wave has a part.
    let line = |i: usize| (i as f64 - 14.5) * 2.0;
    let (xy, xx) = wave(10.5, 0.5)
        .iter()
        .enumerate()
        .fold((0.0, 0.0), |(xy, xx), (i, y)| {
            (xy + line(i) * y, xx + line(i).powi(2))
        });
    assert!(slope.low.expect("an end") < xy / xx && xy / xx < slope.high.expect("an end"));
    assert_eq!(slope.unit.as_deref(), Some("logit/bp"));

    let noise = all(trial(&[0.0; 30], 100, 1.0, 7));
    for curve in noise
        .iter()
        .filter(|c| ["period", "half_distance"].contains(&c.curve.as_str()))
    {
        assert_eq!((curve.value, curve.low), (None, None), "{}", curve.curve);
        assert!(
            curve
                .note
                .as_ref()
                .is_some_and(|note| note.starts_with("no "))
        );
    }
    for curve in all(trial(&[1.0; 30], 100, 0.0, 7)) {
        assert_eq!(curve.value, None);
        assert!(
            curve
                .note
                .is_some_and(|note| note.contains("constant along the axis"))
        );
    }
}
