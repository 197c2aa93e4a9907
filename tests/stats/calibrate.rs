//! What the intervals and tests promise, by simulation: `make calibrate` writes the table of docs/statistics.md.

mod by_source;
mod claims;
pub mod effects;
mod families;
mod shapes;
mod tables;

use std::path::Path;

use gia_design::Correction;
use gia_stats::summaries::{SummaryEstimate, bootstrap, median, sign_flip, wilcoxon};
use gia_stats::{Estimate, adjust_p_values, student};
use rayon::prelude::*;

use super::bands::{FamilyWise, family_wise};
use super::trial::Normal;
use effects::by_student;
use tables::Tables;

const SIZES: [usize; 3] = [20, 100, 1000];
const REPLICATES: usize = 4000;
const SWEEPS: usize = 2000;

type Shape = fn(f64) -> f64;
/// An interval from numbers and a seed.
type Interval = dyn Fn(&[f64], u64) -> Option<(f64, f64)> + Sync;

/// A distribution as a change of a standard normal number, with its mean, its median and its centre of symmetry, where it
/// has one.
struct Distribution {
    name: &'static str,
    shape: Shape,
    mean: f64,
    median: f64,
    symmetric: bool,
}

/// A heavy-tailed change: the tails of its square grow as fast as a cube's.
fn heavy(z: f64) -> f64 {
    z * (0.25 * z * z).exp()
}

fn distributions() -> [Distribution; 3] {
    [
        Distribution {
            name: "normal",
            shape: |z| z,
            mean: 0.0,
            median: 0.0,
            symmetric: true,
        },
        Distribution {
            name: "heavy-tailed",
            // exp(z^2 / 4) leaves a mean, and a variance only just not: tails like those of Student's t at 2 degrees.
            shape: |z| heavy(z) / 2.0,
            mean: 0.0,
            median: 0.0,
            symmetric: true,
        },
        Distribution {
            name: "skewed (log-normal)",
            shape: f64::exp,
            mean: 1.648_721_270_700_128_2,
            median: 1.0,
            symmetric: false,
        },
    ]
}

fn sample(distribution: &Distribution, n: usize, seed: u64) -> Vec<f64> {
    let numbers = Normal::new(seed).take(n);
    numbers.iter().map(|&z| (distribution.shape)(z)).collect()
}

/// Share of replicates for which something holds.
fn share(replicates: usize, holds: impl Fn(u64) -> bool + Sync) -> f64 {
    let held = (0..replicates as u64).into_par_iter().filter(|&i| holds(i));
    held.count() as f64 / replicates as f64
}

fn coverage(distribution: &Distribution, n: usize, truth: f64, interval: &Interval) -> f64 {
    share(REPLICATES, |i| {
        let values = sample(distribution, n, 77_000_000 + i);
        interval(&values, i).is_some_and(|(low, high)| low <= truth && truth <= high)
    })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The interval of a mean.
fn interval_of(estimate: Estimate) -> Option<(f64, f64)> {
    estimate.interval(student::critical_value(0.05, estimate.freedom))
}

fn coverages(tables: &mut Tables) {
    tables.start("95 % interval | of | numbers | n = 20 | n = 100 | n = 1,000");
    for distribution in distributions() {
        let mut methods: Vec<(&str, &str, f64, Box<Interval>)> = vec![
            (
                "hull of Student's and Hall's",
                "mean",
                distribution.mean,
                Box::new(|values, _| interval_of(Estimate::of(values, None))),
            ),
            (
                "Student",
                "mean",
                distribution.mean,
                Box::new(|values, _| interval_of(by_student(Estimate::of(values, None)))),
            ),
            (
                "BCa bootstrap",
                "mean",
                distribution.mean,
                Box::new(|values, seed| {
                    bootstrap::bootstrap_mean(values, 0.95, seed, None).interval
                }),
            ),
            (
                "order statistics",
                "median",
                distribution.median,
                Box::new(|values, _| median::median(values, 0.95, None).interval),
            ),
        ];
        if distribution.symmetric {
            methods.push((
                "signed ranks",
                "centre",
                0.0,
                Box::new(|values, _| wilcoxon::wilcoxon_signed_rank(values, 0.95, None).interval),
            ));
        }
        for (method, of, truth, interval) in methods {
            tables.shares(&[method, of, distribution.name], || {
                SIZES
                    .map(|n| coverage(&distribution, n, truth, &*interval))
                    .to_vec()
            });
        }
        let warned = |n| {
            share(REPLICATES, |i| {
                let values = sample(&distribution, n, 77_000_000 + i);
                effects::is_warned(&values, &Estimate::of(&values, None), None)
            })
        };
        tables.shares(&["a warning fires", "mean", distribution.name], || {
            SIZES.map(warned).to_vec()
        });
    }
}

fn false_alarms(tables: &mut Tables) {
    tables.start(
        "p of at most 5 % where there is no effect | numbers | n = 20 | n = 100 | n = 1,000",
    );
    type Test = dyn Fn(&[f64], u64) -> Option<f64> + Sync;
    let p = |found: SummaryEstimate| found.p;
    let tests: [(&str, Box<Test>); 4] = [
        (
            "t, hull of Student's and Hall's",
            Box::new(|values, _| Estimate::of(values, None).p_value()),
        ),
        (
            "Student",
            Box::new(|values, _| by_student(Estimate::of(values, None)).p_value()),
        ),
        (
            "signed ranks",
            Box::new(move |values, _| p(wilcoxon::wilcoxon_signed_rank(values, 0.95, None))),
        ),
        (
            "sign flips",
            Box::new(move |values, seed| p(sign_flip::sign_flip_test(values, seed, None))),
        ),
    ];
    for distribution in distributions().iter().filter(|d| d.symmetric) {
        for (name, test) in &tests {
            let of_size = |n| {
                // Ten thousand flips of a thousand numbers take a while.
                let replicates = if *name == "sign flips" && n == 1000 {
                    1000
                } else {
                    REPLICATES
                };
                share(replicates, |i| {
                    let values = sample(distribution, n, 55_000_000 + i);
                    test(&values, i).is_some_and(|p| p <= 0.05)
                })
            };
            tables.shares(&[name, distribution.name], || SIZES.map(of_size).to_vec());
        }
    }
}

fn sweeps(tables: &mut Tables) {
    tables.start(
        "sweep of 50 grid points without an effect | n | wrong somewhere: hull at max \\|t\\| | Student at max \\|t\\| | Student, Bonferroni | a warning fires at some point | critical value | Bonferroni's",
    );
    let kinds: [(&str, f64, Shape); 4] = [
        ("normal, neighbours alike (r = 0.9)", 0.9, |z| z),
        ("normal, all independent", 0.0, |z| z),
        ("heavy-tailed, neighbours alike", 0.9, heavy),
        ("log-normal about its mean, neighbours alike", 0.9, |z| {
            z.exp() - 1.648_721_270_700_128_2
        }),
    ];
    for (name, shared, shape) in kinds {
        for n in SIZES {
            // Five times as many where they are quick.
            let sweeps = if n > 100 { SWEEPS } else { 5 * SWEEPS };
            let n_text = n.to_string();
            let found = tables.values(&format!("{name}, n = {n}"), || {
                let part = |part| {
                    let FamilyWise {
                        wrong,
                        wrong_by_student,
                        wrong_by_bonferroni,
                        warned,
                        critical,
                        bonferroni,
                    } = family_wise(n, shared, shape, sweeps / 20, 100 * part + 3);
                    [
                        wrong,
                        wrong_by_student,
                        wrong_by_bonferroni,
                        warned,
                        critical,
                        bonferroni,
                    ]
                };
                let parts: Vec<[f64; 6]> = (0..20u64).into_par_iter().map(part).collect();
                column_means(&parts)
            });
            tables.row(
                &[name, &n_text],
                &[
                    percent(found[0]),
                    percent(found[1]),
                    percent(found[2]),
                    percent(found[3]),
                    format!("{:.2}", found[4]),
                    format!("{:.2}", found[5]),
                ],
            );
        }
    }
}

/// Of 60 grid points 20 have an effect of half a standard deviation; n = 100.
fn discoveries(tables: &mut Tables) {
    tables.start(
        "correction at 5 % | false discoveries among all, mean | any false discovery | effects found",
    );
    for correction in [
        Correction::BenjaminiHochberg,
        Correction::BenjaminiYekutieli,
        Correction::Holm,
    ] {
        let trial = |i: u64| {
            let mut normal = Normal::new(900_000 + i);
            let p: Vec<f64> = (0..60)
                .map(|k| {
                    let effect = if k < 20 { 0.5 } else { 0.0 };
                    let values: Vec<f64> = normal.take(100).iter().map(|z| z + effect).collect();
                    Estimate::of(&values, None).p_value().expect("a spread")
                })
                .collect();
            let called: Vec<bool> = adjust_p_values(correction, &p)
                .iter()
                .map(|q| *q <= 0.05)
                .collect();
            let of =
                |range: std::ops::Range<usize>| called[range].iter().filter(|c| **c).count() as f64;
            let (right, wrong) = (of(0..20), of(20..60));
            [
                wrong / (right + wrong).max(1.0),
                f64::from(wrong > 0.0),
                right / 20.0,
            ]
        };
        tables.shares(&[correction.name()], || {
            let found: Vec<[f64; 3]> = (0..SWEEPS as u64).into_par_iter().map(trial).collect();
            column_means(&found)
        });
    }
}

fn column_means<const K: usize>(rows: &[[f64; K]]) -> Vec<f64> {
    let mean = |k: usize| rows.iter().map(|row| row[k]).sum::<f64>() / rows.len() as f64;
    (0..K).map(mean).collect()
}

fn claims(tables: &mut Tables) {
    claims::shares_and_quantiles(tables);
    claims::shares_and_quantiles_by_source(tables);
    claims::steps(tables);
    claims::across_models(tables);
    claims::differences(tables);
    claims::claim_families(tables);
}

/// The tables of claims alone, as [`table`] writes them.
#[test]
#[ignore = "a few minutes"]
fn tables_of_claims() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("claims.jsonl");
    let mut tables = Tables::open(&path);
    claims(&mut tables);
    println!("{}", tables.text());
}

/// About twenty minutes on two cores: `make calibrate`. Rows that [`Tables::default_path()`] holds are not computed again.
#[test]
#[ignore = "twenty minutes"]
fn table() {
    let rows = Tables::default_path();
    println!(
        "rows are appended to {}; delete it to start anew",
        rows.display()
    );
    let mut tables = Tables::open(&rows);
    let tables = &mut tables;
    effects::effects(tables);
    effects::rare_events(tables);
    families::stored_sweep(tables);
    families::clustered_means(tables);
    families::clustered_families(tables);
    coverages(tables);
    false_alarms(tables);
    sweeps(tables);
    discoveries(tables);
    shapes::looks(tables);
    shapes::ensembles(tables);
    shapes::ratios(tables);
    shapes::curves(tables);
    shapes::areas(tables);
    by_source::clusters(tables);
    by_source::sizes(tables);
    by_source::peaks(tables);
    by_source::periods(tables);
    claims(tables);
    let text = tables.text();
    println!("{text}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/statistics.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (start, end) = ("<!-- calibration -->\n", "<!-- end of calibration -->");
    let (Some(from), Some(to)) = (page.find(start), page.find(end)) else {
        panic!("docs/statistics.md has no place for the table");
    };
    let whole = format!("{}{text}{}", &page[..from + start.len()], &page[to..]);
    std::fs::write(&path, whole).expect("the page is written");
}
