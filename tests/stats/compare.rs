//! Two studies beside each other: intervals against SciPy, and what becomes of each kind of row.

use gia_stats::{ConfidenceSequence, EquivalenceMargin, compare_studies};
use gia_study::{Comparison, EffectVerdict, Study};
use serde_json::{Value, json};

use super::{close, float};

/// A study of one experiment with these rows: contrast, n, mean, sd and se.
fn study(rows: &[(&str, &Value)], more: Value) -> Study {
    let rows: Vec<Value> = rows
        .iter()
        .map(|(contrast, of)| {
            let varies = of["sd"].as_f64().is_some_and(|sd| sd > 0.0);
            json!({
                "at": {"gap": 4}, "contrast": contrast, "outcome": "net", "unit": null,
                "n": of["n"], "mean": of["mean"], "sd": of["sd"], "se": of["se"],
                // Whether there are ends matters, and not where they are.
                "low": varies.then_some(0), "high": varies.then_some(1),
                "level": 0.95, "method": "paired Student t", "p": null, "q": null, "significant": null,
                "family": {"method": "Benjamini-Hochberg", "size": 0, "of": "grid points"}
            })
        })
        .collect();
    let mut experiment = json!({
        "name": "e", "doc": null, "unit_of_replication": "background", "fdr": 0.05,
        "axes": [{"name": "gap", "unit": "bp", "values": [4]}],
        "arms": [], "rows": rows, "claims": []
    });
    for (key, value) in more.as_object().expect("keys") {
        experiment[key] = value.clone();
    }
    let study = json!({
        "schema": "gia-study/1",
        "script": {"path": "e.gia", "sha256": "", "commit": null},
        "command": "gia run e.gia", "seed": 0,
        "versions": {"gia": "0.1.0", "libtorch": null}, "device": "cpu", "models": [], "data": [],
        "timing": {"check": 0.0, "plan": 0.0, "start": 0.0, "load": 0.0, "passes": 0.0, "analyse": 0.0, "total": 0.0},
        "experiments": [experiment]
    });
    serde_json::from_value(study).expect("a study")
}

fn compared(
    before: &[(&str, &Value)],
    after: &[(&str, &Value)],
    margin: EquivalenceMargin,
) -> Comparison {
    compare_studies(&study(before, json!({})), &study(after, json!({})), margin)
}

fn cases() -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("compare.json")).expect("JSON");
    all["cases"].as_array().expect("a list").clone()
}

fn row(n: u64, mean: f64, sd: Option<f64>) -> Value {
    json!({"n": n, "mean": mean, "sd": sd, "se": sd.map(|sd| sd / (n as f64).sqrt())})
}

#[test]
fn intervals_are_welchs() {
    for case in cases() {
        let name = case["name"].as_str().expect("a name");
        let (a, b) = (&case["before"], &case["after"]);
        for interval in case["intervals"].as_array().expect("levels") {
            let level = float(&interval[0]);
            let mut before = study(&[("effect", a)], json!({}));
            let mut after = study(&[("effect", b)], json!({}));
            before.experiments[0].rows[0].level = level;
            after.experiments[0].rows[0].level = level;
            let found = compare_studies(&before, &after, EquivalenceMargin::default());
            let effect = &found.effects[0];
            let size = float(&a["sd"]).max(float(&b["sd"]));
            for (number, wanted) in [effect.low, effect.high].iter().zip([1, 2]) {
                let number = number.expect("an interval");
                close(number, float(&interval[wanted]), size, name);
            }
            assert_eq!(effect.method, "Welch t");
        }
    }
}

#[test]
fn several_effects_share_the_error() {
    let case = &cases()[1];
    let (a, b) = (&case["before"], &case["after"]);
    let found = compared(
        &[("one", a), ("two", a), ("three", a)],
        &[("three", b), ("one", b), ("two", b)],
        EquivalenceMargin::default(),
    );
    assert_eq!(found.effects.len(), 3);
    // The second of the stored levels is 1 - 0.05 / 3.
    let wanted = &case["intervals"][1];
    for effect in &found.effects {
        close(effect.low.expect("an end"), float(&wanted[1]), 0.5, "low");
        close(effect.high.expect("an end"), float(&wanted[2]), 0.5, "high");
        assert_eq!(
            effect.method,
            "Welch t, simultaneous over 3 effects (Bonferroni)"
        );
        assert_eq!(effect.change, EffectVerdict::Changed);
    }
    assert!(found.is_changed());
}

#[test]
fn an_effect_is_changed_unchanged_or_undecided() {
    let before = row(1000, 1.0, Some(1.0));
    let becomes = |mean: f64, n: u64, margin: EquivalenceMargin| {
        let after = row(n, mean, Some(1.0));
        compared(&[("effect", &before)], &[("effect", &after)], margin).effects[0].change
    };
    let usual = EquivalenceMargin::default();
    // Half the width is 1.96 sqrt(2 / 1000) = 0.088, the margin 0.2.
    assert_eq!(becomes(1.3, 1000, usual), EffectVerdict::Changed);
    assert_eq!(becomes(1.05, 1000, usual), EffectVerdict::Unchanged);
    assert_eq!(becomes(1.05, 20, usual), EffectVerdict::Undecided);
    // What is real and smaller than the margin is as good as none; a narrower margin says that it is not.
    assert_eq!(becomes(1.1, 1000, usual), EffectVerdict::Unchanged);
    assert_eq!(
        becomes(1.1, 1000, EquivalenceMargin::InOutcomeUnit(0.1)),
        EffectVerdict::Changed
    );
    assert_eq!(
        becomes(1.05, 1000, EquivalenceMargin::InOutcomeUnit(0.1)),
        EffectVerdict::Undecided
    );
}

#[test]
fn the_same_numbers_are_unchanged_however_few_they_are() {
    let few = row(3, 1.25, Some(2.0));
    let rounded = row(3, 1.250001, Some(2.000001));
    let single = row(1, 1.25, None);
    let constant = row(50, 1.0, Some(0.0));
    let found = compared(
        &[("few", &few), ("single", &single), ("constant", &constant)],
        &[
            ("few", &rounded),
            ("single", &single),
            ("constant", &constant),
        ],
        EquivalenceMargin::InOutcomeUnit(0.0),
    );
    for effect in &found.effects {
        assert_eq!(
            effect.change,
            EffectVerdict::Unchanged,
            "{}",
            effect.of.contrast
        );
        assert_eq!(effect.method, "identical up to rounding");
        assert_eq!((effect.low, effect.high), (None, None));
    }
    assert!(!found.is_changed());
}

#[test]
fn numbers_that_do_not_vary_have_no_interval() {
    let (one, two) = (row(50, 1.0, Some(0.0)), row(50, 1.5, Some(0.0)));
    let found = compared(
        &[("effect", &one)],
        &[("effect", &two)],
        EquivalenceMargin::default(),
    );
    assert_eq!((found.effects[0].low, found.effects[0].high), (None, None));
    assert_eq!(found.effects[0].change, EffectVerdict::Undecided);
    assert_eq!(
        found.effects[0].method,
        "no interval, since nothing varied in the sample of a run"
    );
    // Equal samples in which nothing varied are unchanged only where they are of the same backgrounds.
    let before = study(&[("effect", &one)], json!({}));
    let mut after = before.clone();
    let verdict = |after: &Study| {
        compare_studies(&before, after, EquivalenceMargin::default()).effects[0].change
    };
    assert_eq!(verdict(&after), EffectVerdict::Unchanged);
    after.provenance.seed = 1;
    assert_eq!(verdict(&after), EffectVerdict::Undecided);
    let single = row(1, 2.0, None);
    let found = compared(
        &[("effect", &one)],
        &[("effect", &single)],
        EquivalenceMargin::default(),
    );
    assert_eq!(found.effects[0].change, EffectVerdict::Undecided);
    assert_eq!(found.effects[0].low, None);
}

#[test]
fn runs_that_stop_when_they_have_enough_keep_their_confidence_sequences() {
    let (a, b) = (row(400, 1.0, Some(1.0)), row(500, 1.2, Some(1.5)));
    let stopping = |n: u64| json!({"stopping": {"until": "width < 0.3", "n": n, "max": 5000, "looks": 9, "reached": true}});
    let found = compare_studies(
        &study(&[("effect", &a)], stopping(400)),
        &study(&[("effect", &b)], stopping(500)),
        EquivalenceMargin::default(),
    );
    let sequence = ConfidenceSequence::for_max_backgrounds(5000, 0.95);
    let half = float(&a["se"]) * sequence.critical_value(400, 0.025)
        + float(&b["se"]) * sequence.critical_value(500, 0.025);
    let effect = &found.effects[0];
    close(effect.low.expect("an end"), 0.2 - half, 1.0, "low");
    close(effect.high.expect("an end"), 0.2 + half, 1.0, "high");
    assert!(effect.method.starts_with("sum of both half-widths"));
}

#[test]
fn rows_of_one_study_alone_are_told() {
    let any = row(100, 1.0, Some(1.0));
    let mut before = study(&[("kept", &any), ("gone", &any)], json!({}));
    let after = study(&[("new", &any), ("kept", &any)], json!({}));
    let found = compare_studies(&before, &after, EquivalenceMargin::default());
    assert_eq!(found.effects.len(), 1);
    assert_eq!(found.new[0].contrast, "new");
    assert_eq!(found.gone[0].contrast, "gone");
    assert!(found.is_changed());
    before.experiments[0].rows.truncate(1);
    let found = compare_studies(&before, &after, EquivalenceMargin::default());
    assert!(found.gone.is_empty() && !found.is_changed());
    // Another scale is another number.
    before.experiments[0].rows[0].unit = Some("logit".into());
    let found = compare_studies(&before, &after, EquivalenceMargin::default());
    assert!(found.effects.is_empty());
    assert_eq!((found.new.len(), found.gone.len()), (2, 1));
}

#[test]
fn a_margin_is_a_share_of_the_spread_or_a_number() {
    assert_eq!("0.2sd".parse(), Ok(EquivalenceMargin::InSd(0.2)));
    assert_eq!("0.1 sd".parse(), Ok(EquivalenceMargin::InSd(0.1)));
    assert_eq!("0.5".parse(), Ok(EquivalenceMargin::InOutcomeUnit(0.5)));
    for wrong in ["", "sd", "-1", "nan", "inf", "0.2x"] {
        assert!(wrong.parse::<EquivalenceMargin>().is_err(), "{wrong}");
    }
    assert_eq!(EquivalenceMargin::default().to_string(), "0.2 sd");
    assert_eq!(EquivalenceMargin::InOutcomeUnit(0.5).to_string(), "0.5");
}

#[test]
fn swapping_the_studies_turns_the_difference_round() {
    for case in cases() {
        let (a, b) = (&case["before"], &case["after"]);
        let there = compared(
            &[("effect", a)],
            &[("effect", b)],
            EquivalenceMargin::InOutcomeUnit(0.3),
        );
        let back = compared(
            &[("effect", b)],
            &[("effect", a)],
            EquivalenceMargin::InOutcomeUnit(0.3),
        );
        let (there, back) = (&there.effects[0], &back.effects[0]);
        assert_eq!(there.difference, -back.difference);
        assert!((there.low.expect("an end") + back.high.expect("an end")).abs() < 1e-12);
        assert_eq!(there.change, back.change);
    }
}

/// What cancels in a contrast leaves the rounding of the outcomes behind, in either run another.
#[test]
fn rounding_of_large_outcomes_is_no_change() {
    let arms = json!({"arms": [
        {"at": {"gap": 4}, "arm": "control", "outcome": "net", "unit": null, "n": 100, "mean": 30.0, "sd": 1.0}
    ]});
    let (nothing, noise) = (row(100, 0.0, Some(0.0)), row(100, -3e-7, Some(2e-6)));
    let found = |more: &Value| {
        let before = study(&[("interaction", &nothing)], more.clone());
        let after = study(&[("interaction", &noise)], more.clone());
        compare_studies(&before, &after, EquivalenceMargin::default()).effects[0].change
    };
    assert_eq!(found(&arms), EffectVerdict::Unchanged);
    assert_eq!(found(&json!({})), EffectVerdict::Undecided);
}
