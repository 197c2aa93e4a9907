//! Input that leaves some number without a meaning.

use gia_base::diag::{Code, Diagnostic};
use gia_design::{Arithmetic, Formula, Function, Relation};
use gia_stats::analyse;

use super::trial::{Trial, leaf, log, read, span};

fn refused(trial: Trial) -> Diagnostic {
    let (plan, outcomes) = trial.build();
    *analyse(&plan, &outcomes).expect_err("a diagnostic")
}

#[test]
fn one_background_has_a_mean_and_nothing_else() {
    let (plan, outcomes) = Trial::simple(vec![vec![vec![1.0], vec![3.5]]])
        .claim(Relation::Greater, 0.0)
        .build();
    let found = &analyse(&plan, &outcomes).unwrap()[0];
    let row = &found.rows[0];
    assert_eq!((row.n, row.mean), (1, 2.5));
    assert_eq!([row.sd, row.se, row.low, row.high, row.p, row.q], [None; 6]);
    assert_eq!(row.method, "one sequence: no replication, so no interval");
    assert_eq!((row.family.size, found.arms[0].sd), (0, None));
    assert_eq!(
        (found.claims[0].deciding.low, found.claims[0].deciding.high),
        (None, None)
    );
}

#[test]
fn constant_differences_have_no_interval_and_no_p() {
    let constant = vec![vec![0.5, 1.5, -2.0], vec![1.0, 2.0, -1.5]];
    let varying = vec![vec![0.5, 1.5, -2.0], vec![1.0, 2.5, -1.0]];
    let (plan, outcomes) = Trial::simple(vec![constant, varying]).build();
    let found = &analyse(&plan, &outcomes).unwrap()[0];
    let row = &found.rows[0];
    assert_eq!(
        (row.mean, row.sd, row.se, row.low, row.high),
        (0.5, Some(0.0), Some(0.0), None, None)
    );
    assert_eq!((row.p, row.q, row.significant), (None, None, None));
    assert_eq!(
        row.method,
        "no interval, since every background of the sample gives the same value"
    );
    let other = &found.rows[1];
    assert_eq!((other.family.size, other.q), (1, other.p));
    assert_eq!(
        other.family.of,
        "grid points of effect, without 1 that have no p"
    );
}

#[test]
fn an_outcome_that_is_not_finite_names_its_place_and_its_inputs() {
    let mut treated = vec![1.0; 600];
    treated[550] = -0.25;
    let mut trial = Trial::simple(vec![
        vec![vec![1.0; 600], vec![1.0; 600]],
        vec![vec![1.0; 600], treated],
    ]);
    trial.outcomes[0].1 = log(read(0));
    let found = refused(trial);
    assert_eq!(found.code, Code::NonFinite);
    assert_eq!(
        found.message,
        "`dnase` under arm `treated` is NaN for background 550 (counting from 0) at gap = 2 bp in experiment `spacing`, \
         from k562[\"DNase\"] = -0.25"
    );
}

#[test]
fn inputs_without_a_task_are_named_by_number_and_many_are_counted() {
    let mut trial = Trial::simple(vec![vec![vec![0.0; 6], vec![1.0; 6]]]);
    trial.columns = vec![0, 1, 2];
    let over = |a, b| Formula::Binary(Arithmetic::Divide, Box::new(a), Box::new(b));
    trial.outcomes[0].1 = over(
        over(Formula::Constant(1.0), read(0)),
        over(read(1), read(2)),
    );
    let found = refused(trial);
    assert!(
        found
            .message
            .ends_with("from k562[\"DNase\"] = 0, k562[\"ATAC\"] = 0, k562[2] = 0"),
        "{}",
        found.message
    );
}

#[test]
fn a_contrast_that_is_not_finite_names_the_arms() {
    let mut trial = Trial::simple(vec![vec![vec![2.0, 0.0], vec![1.0, 3.0]]]);
    trial.contrasts[0].1 = Formula::Binary(Arithmetic::Divide, leaf(1), leaf(0));
    let found = refused(trial);
    assert_eq!(found.code, Code::NonFinite);
    assert_eq!(found.span(), Some(span()));
    assert_eq!(
        found.message,
        "contrast `effect` of `dnase` is inf for background 1 (counting from 0) at gap = 0 bp in experiment `spacing`, \
         from treated = 3, control = 0"
    );
}

#[test]
fn a_spread_beyond_all_numbers_is_refused() {
    let mut trial = Trial::simple(vec![vec![vec![0.0, 1.0], vec![500.0, 600.0]]]);
    trial.outcomes[0].1 = Formula::Call(Function::Exp, Box::new(read(0)));
    let found = refused(trial);
    assert_eq!(found.code, Code::NonFinite);
    assert!(
        found.message.contains("too large for a number"),
        "{}",
        found.message
    );
}

#[test]
fn the_first_failing_point_is_named_whatever_the_threads() {
    let values = (0..64)
        .map(|i| vec![vec![1.0; 20], vec![if i >= 13 { -1.0 } else { 1.0 }; 20]])
        .collect();
    let mut trial = Trial::simple(values);
    trial.outcomes[0].1 = log(read(0));
    let found = refused(trial);
    assert!(
        found
            .message
            .contains("background 0 (counting from 0) at gap = 26 bp"),
        "{}",
        found.message
    );
}

#[test]
fn claims_about_nothing_are_refused() {
    let values = || vec![vec![vec![1.0, 2.0], vec![1.5, 3.0]]];
    let found = refused(Trial::simple(values()).claim(Relation::Less, f64::INFINITY));
    assert_eq!(
        (found.code, found.message.as_str()),
        (Code::ArithmeticError, "nothing can be compared with inf")
    );
    let mut trial = Trial::simple(values()).claim(Relation::Less, 1.0);
    trial.claims[0].level = 1.0;
    assert_eq!(refused(trial).code, Code::OutOfRange);
    let mut trial = Trial::simple(values()).claim(Relation::Less, 1.0);
    trial.claims[0].points.clear();
    assert_eq!(refused(trial).code, Code::NoGridPoint);
    let mut trial = Trial::simple(values());
    trial.level = 0.0;
    assert_eq!(refused(trial).code, Code::OutOfRange);
    let empty = refused(Trial::simple(vec![vec![vec![], vec![]]]));
    assert_eq!(empty.code, Code::TooFewBackgrounds);
    assert_eq!(
        empty.message,
        "experiment `spacing` has no background at gap = 0 bp"
    );
}
