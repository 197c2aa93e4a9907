//! Warnings about what was measured: given where they should be, and not elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use gia_stats::analyse;
use gia_study::{Warning, WarningKind};

use super::trial::{Normal, Trial};

fn noise(n: usize, seed: u64) -> Vec<f32> {
    Normal::new(seed)
        .take(n)
        .into_iter()
        .map(|x| x as f32)
        .collect()
}

fn shifted(values: &[f32], by: f32) -> Vec<f32> {
    values.iter().map(|x| x + by).collect()
}

fn warnings(trial: Trial) -> Vec<Warning> {
    let (plan, outcomes) = trial.build();
    analyse(&plan, &outcomes).expect("an analysis")[0]
        .warnings
        .clone()
}

fn kinds(warnings: &[Warning]) -> Vec<WarningKind> {
    warnings.iter().map(|warning| warning.warning).collect()
}

#[test]
fn an_ordinary_experiment_has_none() {
    let control = noise(200, 1);
    let treated: Vec<f32> = control
        .iter()
        .zip(noise(200, 2))
        .map(|(c, e)| c + 0.5 + e)
        .collect();
    assert_eq!(warnings(Trial::simple(vec![vec![control, treated]])), []);
}

#[test]
fn an_edit_that_the_model_does_not_see() {
    let control = noise(50, 1);
    let seen = shifted(&control, 1.0);
    let found = warnings(Trial::simple(vec![
        vec![control.clone(), seen],
        vec![control.clone(), control.clone()],
        vec![control.clone(), control],
    ]));
    assert_eq!(kinds(&found), [WarningKind::ZeroVariance]);
    let message = &found[0].message;
    assert!(
        message.contains("2 of 3 grid points, the first gap = 2 bp"),
        "{message}"
    );
}

#[test]
fn an_effect_of_few_backgrounds() {
    let control = noise(400, 1);
    let mut treated = shifted(&control, 0.001);
    for value in treated.iter_mut().take(12) {
        *value += 30.0;
    }
    let found = warnings(Trial::simple(vec![vec![control, treated]]));
    assert_eq!(kinds(&found), [WarningKind::CarriedByFew]);
    let message = &found[0].message;
    assert!(
        message.contains("0.901") && message.contains("0.00100"),
        "{message}"
    );
    assert!(message.contains("the 20 most extreme"), "{message}");
}

#[test]
fn an_outcome_without_room() {
    let at = |p: f32| {
        noise(50, 3)
            .iter()
            .map(|x| p + 0.001 * x)
            .collect::<Vec<f32>>()
    };
    let of = |control: f32, treated: f32, bounded: bool| {
        let (mut plan, outcomes) = Trial::simple(vec![vec![at(control), at(treated)]]).build();
        Arc::make_mut(&mut plan.experiments[0].design).outcomes[0].bounded = bounded;
        kinds(&analyse(&plan, &outcomes).expect("an analysis")[0].warnings)
    };
    assert_eq!(of(0.3, 0.995, true), [WarningKind::Saturated]);
    assert_eq!(of(0.3, 0.995, false), []);
    // Random sequences score near 0, as they should; that an edit leaves nothing is told.
    assert_eq!(of(0.01, 0.6, true), []);
    assert_eq!(of(0.5, 0.01, true), [WarningKind::Saturated]);
}

#[test]
fn an_edit_that_changes_nothing() {
    let control = noise(50, 1);
    let treated: Vec<f32> = control
        .iter()
        .zip(noise(50, 9))
        .map(|(c, e)| c + 1.0 + e)
        .collect();
    let (plan, mut outcomes) = Trial::simple(vec![vec![control, treated]]).build();
    let with = |unchanged: Vec<u32>, outcomes: &mut gia_engine::Outcomes| {
        outcomes.jobs[0].unchanged = HashMap::from([(1, unchanged)]);
        analyse(&plan, outcomes).expect("an analysis")[0]
            .warnings
            .clone()
    };
    assert_eq!(with(vec![3, 17], &mut outcomes), []);
    let found = with(vec![3, 17, 20, 49, 70], &mut outcomes);
    assert_eq!(kinds(&found), [WarningKind::Unchanged]);
    assert_eq!(
        found[0].message,
        "the edits of `treated` leave 4 of 50 backgrounds unchanged"
    );
}
