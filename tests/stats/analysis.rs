//! From outcomes to the rows, arms and claims of a study.

use std::sync::Arc;

use gia_design::{Arithmetic, Formula, Relation};
use gia_stats::analyse;
use gia_study::{SCHEMA, Study, Verdict};
use serde_json::{Value, json};

use super::trial::{Normal, Trial, leaf, log, minus, read};
use super::{close, float, floats, oracle};

fn experiment(trial: Trial) -> gia_study::Experiment {
    let (plan, outcomes) = trial.build();
    analyse(&plan, &outcomes).expect("finite numbers").remove(0)
}

fn narrow(values: Vec<f64>) -> Vec<f32> {
    values.into_iter().map(|x| x as f32).collect()
}

#[test]
fn paired_rows_agree_with_scipy() {
    let pairs = oracle("pairs");
    assert!(pairs.len() >= 6);
    for pair in &pairs {
        let name = pair["name"].as_str().unwrap();
        let arm = |key: &str| narrow(floats(&pair[key]));
        let found = experiment(Trial::simple(vec![vec![arm("control"), arm("treated")]]));
        let row = &found.rows[0];
        assert_eq!(row.n as u64, pair["n"].as_u64().unwrap());
        let numbers = [
            (Some(row.mean), "mean"),
            (row.sd, "sd"),
            (row.se, "se"),
            (row.low, "low"),
            (row.high, "high"),
            (row.p, "p"),
        ];
        for (number, key) in numbers {
            close(
                number.unwrap(),
                float(&pair[key]),
                row.sd.unwrap(),
                &format!("{key} of {name}"),
            );
        }
        assert_eq!((row.method.as_str(), row.q), ("paired Student t", row.p));
    }
}

/// Three points by four arms, an interaction, and two outcomes over two of three columns, in two blocks.
fn factorial() -> Trial {
    let mut normal = Normal::new(3);
    let n = 700;
    let values = (0..3).map(|point| {
        let base = normal.take(n * 2);
        let arms = (0..4).map(|arm| {
            let effect = f64::from(arm) * 0.5
                + if arm == 3 {
                    0.1 * f64::from(point)
                } else {
                    0.0
                };
            let noise = normal.take(n * 2);
            narrow(
                base.iter()
                    .zip(noise)
                    .map(|(b, e)| 5.0 + b + 0.3 * e + effect)
                    .collect(),
            )
        });
        arms.collect()
    });
    Trial {
        gaps: vec![0, 2, 4],
        arms: vec!["control", "gata", "tal", "both"],
        outcomes: vec![
            ("dnase", read(0)),
            (
                "ratio",
                Formula::Binary(Arithmetic::Divide, Box::new(read(2)), Box::new(read(0))),
            ),
        ],
        contrasts: vec![
            ("gata", minus(1, 0)),
            ("synergy", synergy()),
            ("both alone", Formula::Leaf(3)),
        ],
        tracks: Vec::new(),
        claims: Vec::new(),
        stopping: None,
        curves: Vec::new(),
        columns: vec![0, 2],
        level: 0.9,
        values: values.collect(),
    }
}

/// both - gata - tal + control
fn synergy() -> Formula<usize> {
    let binary = |op, a, b| Box::new(Formula::Binary(op, a, b));
    let lone = binary(
        Arithmetic::Subtract,
        binary(Arithmetic::Subtract, leaf(3), leaf(1)),
        leaf(2),
    );
    *binary(Arithmetic::Add, lone, leaf(0))
}

#[test]
fn every_row_is_what_its_formulas_say_background_by_background() {
    let (plan, outcomes) = factorial().build();
    let found = &analyse(&plan, &outcomes).unwrap()[0];
    let experiment = &plan.experiments[0];
    assert_eq!(found.rows.len(), 3 * 2 * 3);
    assert_eq!(found.arms.len(), 3 * 4 * 2);
    for row in &found.rows {
        let point = experiment
            .points
            .iter()
            .position(|p| row.at.get("gap") == Some(&json!(2 * p.at[0])))
            .unwrap();
        let point = &experiment.points[point];
        let outcome = experiment
            .design
            .outcomes
            .iter()
            .position(|o| o.name == row.outcome)
            .unwrap();
        let contrast = experiment
            .design
            .contrasts
            .iter()
            .find(|c| c.name == row.contrast)
            .unwrap();
        let values: Vec<f64> = (0..point.count)
            .map(|i| {
                contrast.formula.evaluate(&mut |arm| {
                    point.outcomes[outcome].evaluate(&mut |read| {
                        let column = outcomes.jobs[0]
                            .readings
                            .iter()
                            .position(|c| *c == read)
                            .unwrap();
                        f64::from(outcomes.jobs[0].get(point.arms[arm], i, column))
                    })
                })
            })
            .collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let sd = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        close(row.mean, mean, 10.0, "mean");
        close(row.sd.unwrap(), sd, 1.0, "sd");
        assert_eq!((row.n, row.level, row.family.size), (700, 0.9, 3));
        let method = if row.contrast == "both alone" {
            "one-sample Student t"
        } else {
            "paired Student t"
        };
        assert_eq!(row.method, method);
    }
}

#[test]
fn the_false_discovery_rate_decides_which_rows_are_significant() {
    let (mut plan, outcomes) = factorial().build();
    let mut found_at = |fdr: f64| {
        Arc::make_mut(&mut plan.experiments[0].design).fdr = fdr;
        analyse(&plan, &outcomes).unwrap().remove(0)
    };
    let strict = found_at(0.01);
    let mut q: Vec<f64> = strict.rows.iter().filter_map(|row| row.q).collect();
    assert_eq!(q.len(), strict.rows.len());
    q.sort_by(f64::total_cmp);
    // On, just below and far from each q that occurs.
    for fdr in [q[0], q[9] * 0.999_999, q[9], q[17], 1e-300, 0.999] {
        let found = found_at(fdr);
        assert_eq!(found.fdr, fdr);
        let significant = |row: &gia_study::Row| row.significant == Some(true);
        let count = found.rows.iter().filter(|row| significant(row)).count();
        assert_eq!(count, q.iter().filter(|q| **q <= fdr).count(), "{fdr}");
        assert!(
            found
                .rows
                .iter()
                .all(|row| significant(row) == (row.q.unwrap() <= fdr))
        );
    }
    let mut count = |fdr| {
        found_at(fdr)
            .rows
            .iter()
            .filter(|r| r.significant == Some(true))
            .count()
    };
    assert!(
        (1..18).contains(&count(0.05)),
        "both kinds of row are tried"
    );
}

#[test]
fn rows_are_grouped_by_outcome_then_contrast_then_grid_point() {
    let found = experiment(factorial());
    let order: Vec<(&str, &str, i64)> = found
        .rows
        .iter()
        .map(|r| {
            (
                r.outcome.as_str(),
                r.contrast.as_str(),
                r.at.get("gap").and_then(Value::as_i64).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        order[..4],
        [
            ("dnase", "gata", 0),
            ("dnase", "gata", 2),
            ("dnase", "gata", 4),
            ("dnase", "synergy", 0)
        ]
    );
    assert_eq!(order[17], ("ratio", "both alone", 4));
    assert_eq!(found.rows[4].family.of, "grid points of synergy for dnase");
    let first: Vec<_> = found.arms[..3]
        .iter()
        .map(|a| (a.arm.as_str(), a.outcome.as_str()))
        .collect();
    assert_eq!(
        first,
        [
            ("control", "dnase"),
            ("control", "ratio"),
            ("gata", "dnase")
        ]
    );
    assert_eq!(found.axes[0].unit.as_deref(), Some("bp"));
    assert_eq!(found.axes[0].values, [json!(0), json!(2), json!(4)]);
}

#[test]
fn numbers_do_not_depend_on_threads() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| experiment(factorial()))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(5));
}

/// Four points with the same pairs, whose backgrounds are in four orders: equal means that hardly move together.
fn in_turned_orders(control: &[f32], treated: &[f32]) -> Vec<Vec<Vec<f32>>> {
    let turned = |values: &[f32], by: usize| {
        let mut values = values.to_vec();
        values.rotate_left(by);
        values
    };
    (0..4)
        .map(|i| vec![turned(control, 131 * i), turned(treated, 131 * i)])
        .collect()
}

#[test]
fn a_claim_is_judged_on_its_own_simultaneous_intervals() {
    let pair = &oracle("pairs")[3];
    let arm = |key: &str| narrow(floats(&pair[key]));
    let values = in_turned_orders(&arm("control"), &arm("treated"));
    let found = experiment(
        Trial::simple(values)
            .claim(Relation::Greater, 0.0)
            .claim(Relation::Less, 0.5),
    );
    let [above, below] = found.claims.as_slice() else {
        panic!("two claims")
    };
    assert_eq!(
        (above.verdict, below.verdict),
        (Verdict::Supported, Verdict::Refuted)
    );
    assert_eq!(above.points, 4);
    assert_eq!(
        above.method,
        "paired Student t, simultaneous over 4 grid points (max |t| of 2,000 sign draws)"
    );
    let row = &found.rows[0];
    assert!(
        above.deciding.low.unwrap() < row.low.unwrap()
            && above.deciding.high.unwrap() > row.high.unwrap()
    );
    assert!(
        below.reason.contains("and at 3 other grid points too"),
        "{}",
        below.reason
    );
}

/// Grid points that repeat an estimate need no wider interval; those that differ do.
#[test]
fn a_claim_counts_an_estimate_once() {
    let pair = &oracle("pairs")[3];
    let arm = |key: &str| narrow(floats(&pair[key]));
    let values = in_turned_orders(&arm("control"), &arm("treated"));
    let trial = || Trial::simple(values.clone()).claim(Relation::Greater, 0.0);
    let deciding = |change: &dyn Fn(&mut gia_plan::Experiment)| {
        let (mut plan, outcomes) = trial().build();
        change(&mut plan.experiments[0]);
        let claim = analyse(&plan, &outcomes).unwrap()[0].claims[0].clone();
        assert_eq!(claim.points, 4);
        (claim.deciding.low.unwrap(), claim.method)
    };
    let (four, _) = deciding(&|_| {});
    // The same sequences under each arm, whatever the other axis.
    let (two, method) = deciding(&|e| {
        e.points[1].arms = e.points[0].arms.clone();
        e.points[3].arms = e.points[2].arms.clone();
    });
    assert_eq!(
        method,
        "paired Student t, simultaneous over 2 different estimates at 4 grid points (max |t| of 2,000 sign draws)"
    );
    let (one, method) = deciding(&|e| {
        for i in 1..4 {
            e.points[i].arms = e.points[0].arms.clone();
        }
    });
    assert_eq!(method, "paired Student t");
    let row = &experiment(trial()).rows[0];
    assert_eq!(Some(one), row.low);
    assert!(four < two && two < one);
    // Another outcome or fewer backgrounds make another estimate of the same sequences.
    let (_, other) = deciding(&|e| {
        for i in 1..4 {
            e.points[i].arms = e.points[0].arms.clone();
        }
        e.points[3].outcomes = [Arc::new(Formula::Negate(Box::new(Formula::Negate(
            Box::new(read(0)),
        ))))]
        .into();
    });
    assert!(other.contains("2 different estimates"), "{other}");
}

fn study(experiments: Vec<gia_study::Experiment>) -> Study {
    Study {
        schema: SCHEMA,
        provenance: gia_study::Provenance {
            script: gia_study::Script {
                path: "spacing.gia".into(),
                sha256: "0".repeat(64),
                commit: None,
            },
            command: "gia run spacing.gia".into(),
            seed: u64::MAX,
            versions: gia_study::Versions {
                gia: "0.1.0".into(),
                libtorch: None,
            },
            device: "cpu".into(),
            precision: None,
            recomputed: None,
            attributions: Vec::new(),
            models: Vec::new(),
            data: Vec::new(),
            timing: gia_study::Timing::default(),
        },
        registration: None,
        seeds: None,
        interrupted: None,
        filters: Vec::new(),
        walks: Vec::new(),
        values: None,
        shown: Vec::new(),
        evaluations: Vec::new(),
        maps: Vec::new(),
        influence_maps: Vec::new(),
        claims: Vec::new(),
        family: None,
        experiments,
    }
}

#[test]
fn a_study_is_flat_json_that_reads_back_to_itself() {
    let whole = study(vec![experiment(factorial().claim(Relation::Greater, 0.25))]);
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<Study>(&text).unwrap(), whole);
    let json: Value = serde_json::from_str(&text).unwrap();
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        keys(&json),
        "schema script command seed versions device models data timing experiments shown"
    );
    assert_eq!(json["schema"], "gia-study/1");
    let experiment = &json["experiments"][0];
    assert_eq!(
        keys(experiment),
        "name doc unit_of_replication backgrounds fdr axes arms rows claims"
    );
    assert_eq!(
        keys(&experiment["arms"][0]),
        "at arm outcome unit n mean sd"
    );
    assert_eq!(
        keys(&experiment["rows"][0]),
        "at contrast outcome unit n mean sd se low high level method p q significant family band"
    );
    assert_eq!(
        keys(&experiment["claims"][0]),
        "claim verdict p contrast outcome level method points reason deciding"
    );
    let text = text.replace("gia-study/1", "gia-study/2");
    let error = serde_json::from_str::<Study>(&text)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the schema is `gia-study/2`, and this version reads `gia-study/1`"),
        "{error}"
    );
}

#[test]
fn a_study_never_writes_a_number_that_json_cannot_hold() {
    let broken = |change: &dyn Fn(&mut gia_study::Experiment)| {
        let mut found = experiment(factorial().claim(Relation::Greater, 0.25));
        change(&mut found);
        serde_json::to_string(&study(vec![found])).is_err()
    };
    assert!(!broken(&|_| {}));
    assert!(broken(&|e| e.rows[0].mean = f64::NAN));
    assert!(broken(&|e| e.rows[0].high = Some(f64::INFINITY)));
    assert!(broken(&|e| e.arms[0].sd = Some(f64::NAN)));
    assert!(broken(
        &|e| e.claims[0].deciding.threshold = f64::NEG_INFINITY
    ));
}

#[test]
fn formulas_may_hold_functions_and_constants() {
    let mut trial = Trial::simple(vec![vec![vec![1.0, 2.0, 4.0], vec![4.0, 8.0, 64.0]]]);
    trial.outcomes[0].1 = log(read(0));
    trial.contrasts[0].1 = Formula::Binary(
        Arithmetic::Divide,
        Box::new(Formula::Negate(Box::new(minus(1, 0)))),
        Box::new(Formula::Constant(2f64.ln())),
    );
    let found = experiment(trial);
    close(found.rows[0].mean, -8.0 / 3.0, 0.0, "mean of -2, -2 and -4");
    close(found.arms[0].mean, 2f64.ln(), 0.0, "mean of log 1, 2 and 4");
}
