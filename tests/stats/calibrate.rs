//! What the intervals and tests promise, by simulation: `make calibrate` writes the table of docs/statistics.md.

mod by_source;
mod shapes;

use std::fmt::Write;
use std::path::Path;

use gia_design::Correction;
use gia_stats::summaries::{SummaryEstimate, bootstrap, median, sign_flip, wilcoxon};
use gia_stats::{Estimate, adjust_p_values, student};
use rayon::prelude::*;

use super::bands::family_wise;
use super::trial::Normal;

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

fn student_interval(values: &[f64]) -> Option<(f64, f64)> {
    let estimate = Estimate::of(values, None);
    estimate.interval(student::critical_value(0.05, estimate.freedom))
}

fn coverages(text: &mut String) {
    text.push_str("| 95 % interval | of | numbers | n = 20 | n = 100 | n = 1,000 |\n|---|---|---|---|---|---|\n");
    for distribution in distributions() {
        let mut methods: Vec<(&str, &str, f64, Box<Interval>)> = vec![
            (
                "Student",
                "mean",
                distribution.mean,
                Box::new(|values, _| student_interval(values)),
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
            let found = SIZES.map(|n| percent(coverage(&distribution, n, truth, &*interval)));
            let _ = writeln!(
                text,
                "| {method} | {of} | {} | {} |",
                distribution.name,
                found.join(" | ")
            );
        }
    }
}

fn false_alarms(text: &mut String) {
    text.push_str("\n| p of at most 5 % where there is no effect | numbers | n = 20 | n = 100 | n = 1,000 |\n|---|---|---|---|---|\n");
    type Test = dyn Fn(&[f64], u64) -> Option<f64> + Sync;
    let p = |found: SummaryEstimate| found.p;
    let tests: [(&str, Box<Test>); 3] = [
        (
            "Student",
            Box::new(|values, _| Estimate::of(values, None).p_value()),
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
            let found = SIZES.map(|n| {
                // Ten thousand flips of a thousand numbers take a while.
                let replicates = if *name == "sign flips" && n == 1000 {
                    1000
                } else {
                    REPLICATES
                };
                percent(share(replicates, |i| {
                    let values = sample(distribution, n, 55_000_000 + i);
                    test(&values, i).is_some_and(|p| p <= 0.05)
                }))
            });
            let _ = writeln!(
                text,
                "| {name} | {} | {} |",
                distribution.name,
                found.join(" | ")
            );
        }
    }
}

fn sweeps(text: &mut String) {
    text.push_str(
        "\n| sweep of 50 grid points without an effect | n | called wrong by max \\|t\\| | by Bonferroni | critical value | Bonferroni's |\n|---|---|---|---|---|---|\n",
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
            let parts: Vec<[f64; 4]> = (0..20u64)
                .into_par_iter()
                .map(|part| family_wise(n, shared, shape, sweeps / 20, 100 * part + 3))
                .collect();
            let mean =
                |k: usize| parts.iter().map(|part| part[k]).sum::<f64>() / parts.len() as f64;
            let _ = writeln!(
                text,
                "| {name} | {n} | {} | {} | {:.2} | {:.2} |",
                percent(mean(0)),
                percent(mean(1)),
                mean(2),
                mean(3)
            );
        }
    }
}

/// Of 60 grid points 20 have an effect of half a standard deviation; n = 100.
fn discoveries(text: &mut String) {
    text.push_str(
        "\n| correction at 5 % | false discoveries among all, mean | any false discovery | effects found |\n|---|---|---|---|\n",
    );
    for correction in [
        Correction::BenjaminiHochberg,
        Correction::BenjaminiYekutieli,
        Correction::Holm,
    ] {
        let found: Vec<[f64; 3]> = (0..SWEEPS as u64)
            .into_par_iter()
            .map(|i| {
                let mut normal = Normal::new(900_000 + i);
                let p: Vec<f64> = (0..60)
                    .map(|k| {
                        let effect = if k < 20 { 0.5 } else { 0.0 };
                        let values: Vec<f64> =
                            normal.take(100).iter().map(|z| z + effect).collect();
                        Estimate::of(&values, None).p_value().expect("a spread")
                    })
                    .collect();
                let called: Vec<bool> = adjust_p_values(correction, &p)
                    .iter()
                    .map(|q| *q <= 0.05)
                    .collect();
                let of = |range: std::ops::Range<usize>| {
                    called[range].iter().filter(|c| **c).count() as f64
                };
                let (right, wrong) = (of(0..20), of(20..60));
                [
                    wrong / (right + wrong).max(1.0),
                    f64::from(wrong > 0.0),
                    right / 20.0,
                ]
            })
            .collect();
        let mean = |k: usize| percent(found.iter().map(|f| f[k]).sum::<f64>() / found.len() as f64);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            correction.name(),
            mean(0),
            mean(1),
            mean(2)
        );
    }
}

/// Minutes on two cores: `make calibrate`.
#[test]
#[ignore = "minutes"]
fn table() {
    let mut text = String::new();
    coverages(&mut text);
    false_alarms(&mut text);
    sweeps(&mut text);
    discoveries(&mut text);
    shapes::looks(&mut text);
    shapes::ensembles(&mut text);
    shapes::ratios(&mut text);
    shapes::curves(&mut text);
    shapes::areas(&mut text);
    by_source::clusters(&mut text);
    by_source::sizes(&mut text);
    by_source::peaks(&mut text);
    by_source::periods(&mut text);
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
