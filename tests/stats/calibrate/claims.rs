//! False support of claims by kind, each false by the least, and of families of claims.

use gia_design::{IntervalMethod, Relation};
use gia_stats::ensemble::MemberComparison;
use gia_stats::summaries::{exact_share::exact_share_interval, median};
use gia_stats::{
    ClaimAssertion, ClusterDesign, Estimate, Hall, ThresholdedEstimate, WeightedSample,
    fixed_sample_method, judge, judge_family, student, weighted_means,
};
use gia_study::{Claim, Verdict};
use rayon::prelude::*;

use super::super::trial::Normal;
use super::effects::{MAX_FALSE_SUPPORT, shares};
use super::tables::Tables;
use super::{SIZES, percent, share};
use crate::by_source::design;
use crate::claim_kinds::decided;

type Shape = fn(f64) -> f64;

const REPLICATES: usize = 10_000;
/// Claims of a family, of which none is true.
const FAMILY: usize = 40;
const FAMILIES: usize = 4000;

/// Claims about shares and quantiles that are false by the least: the true value is the threshold.
pub fn shares_and_quantiles(tables: &mut Tables) {
    tables.start(
        "claim that is false by the least (nominal: at most 2.5 %) | supported: n = 20 | n = 100 | n = 1,000 | n = 1,000, refuted",
    );
    for truth in [0.01, 0.1, 0.5, 0.9, 0.99] {
        let label = format!("`share(effect) > {truth}`");
        tables.shares(&[&label], || {
            let rates = |n: usize| {
                shares(REPLICATES, |i| {
                    let mut normal = Normal::new(210_000_000 + i);
                    let threshold = normal_quantile(truth);
                    let above: Vec<bool> = normal.take(n).iter().map(|z| *z < threshold).collect();
                    let (low, high) =
                        exact_share_interval(&above, 0.05, None).expect("independent");
                    [low > truth, high <= truth]
                })
            };
            with_refuted(SIZES.map(rates))
        });
    }
    for (of, share) in [("median", 0.5), ("upper_quartile", 0.75)] {
        for (numbers, shape) in [
            ("log-normal", f64::exp as fn(f64) -> f64),
            ("whole numbers", |z: f64| (3.0 * z).round()),
        ] {
            let label = format!("`{of}(effect) > TRUTH`, {numbers}");
            tables.shares(&[&label], || {
                let truth = shape(normal_quantile(share));
                let rates = |n: usize| {
                    shares(REPLICATES, |i| {
                        let values = Normal::new(220_000_000 + i).take(n);
                        let values: Vec<f64> = values.iter().map(|z| shape(*z)).collect();
                        let summary = match share == 0.5 {
                            true => median::median(&values, 0.95, None),
                            false => median::upper_quartile(&values, 0.95, None),
                        };
                        let ends = summary.interval;
                        [
                            ends.is_some_and(|(low, _)| low > truth),
                            ends.is_some_and(|(_, high)| high < truth),
                        ]
                    })
                };
                with_refuted(SIZES.map(rates))
            });
        }
    }
}

/// The share that is supported at each size, and the share that is refuted at the last.
fn with_refuted(rates: [Vec<f64>; 3]) -> Vec<f64> {
    let refuted = rates[2][1];
    rates.iter().map(|rate| rate[0]).chain([refuted]).collect()
}

/// The same by source: sources of ten with an intraclass correlation of 0.3.
pub fn shares_and_quantiles_by_source(tables: &mut Tables) {
    tables.start(
        "claim that is false by the least, ten backgrounds of each source | supported: 5 sources | 20 sources | 100 sources | 100 sources, refuted",
    );
    let sample = |sources: u32, seed: u64| -> (Vec<f64>, ClusterDesign) {
        let mut normal = Normal::new(230_000_000 + seed);
        let (mut values, mut ids) = (Vec::new(), Vec::new());
        for source in 0..sources {
            let common = 0.3f64.sqrt() * normal.next();
            for _ in 0..10 {
                values.push(common + 0.7f64.sqrt() * normal.next());
                ids.push(source);
            }
        }
        (values, design(&ids))
    };
    for truth in [0.1, 0.5, 0.9] {
        let label = format!("`share(effect) > {truth}`");
        tables.shares(&[&label], || {
            let rates = |sources: u32| {
                shares(REPLICATES, |i| {
                    let (values, design) = sample(sources, i);
                    let threshold = normal_quantile(truth);
                    let above: Vec<bool> = values.iter().map(|z| *z < threshold).collect();
                    let ends = exact_share_interval(&above, 0.05, Some(&design));
                    let (low, high) = ends.expect("several sources");
                    [low > truth, high <= truth]
                })
            };
            with_refuted([5, 20, 100].map(rates))
        });
    }
    tables.shares(&["`median(effect) > TRUTH`"], || {
        let rates = |sources: u32| {
            shares(REPLICATES, |i| {
                let (values, design) = sample(sources, i);
                let ends = median::median(&values, 0.95, Some(&design)).interval;
                [
                    ends.is_some_and(|(low, _)| low > 0.0),
                    ends.is_some_and(|(_, high)| high < 0.0),
                ]
            })
        };
        with_refuted([5, 20, 100].map(rates))
    });
}

/// `effect > TRUTH across models`, and the same about these models alone, of networks drawn from a population of networks.
pub fn across_models(tables: &mut Tables) {
    tables.start(
        "`effect > TRUTH` of 100 backgrounds, sd between backgrounds 1 | across models: 3 | 5 | 10 models | about these models: 3 | 5 | 10 models",
    );
    for between in [0.0, 0.1, 1.0] {
        let label = format!("sd between networks {between}");
        tables.shares(&[&label], || {
            let rates = |count: usize| {
                shares(REPLICATES, |i| {
                    let mut normal = Normal::new(240_000_000 + i);
                    let common = normal.take(100);
                    let members: Vec<(&str, Vec<f64>)> = (0..count)
                        .map(|_| {
                            let own = between * normal.next();
                            let noise = normal.take(100);
                            let both = common.iter().zip(noise);
                            let values = both.map(|(c, z)| own + (c + z) * 0.5f64.sqrt());
                            ("net", values.collect())
                        })
                        .collect();
                    let means: Vec<f64> = (0..100)
                        .map(|b| members.iter().map(|(_, v)| v[b]).sum::<f64>() / count as f64)
                        .collect();
                    let these = Estimate::of(&means, None);
                    let low = these.interval(student::critical_value(0.05, 99.0));
                    let like_these = MemberComparison::new(members, IntervalMethod::Hull, None)
                        .expect("a spread");
                    [
                        like_these.interval(0.05).0 > 0.0,
                        low.is_some_and(|(low, _)| low > 0.0),
                    ]
                })
            };
            let found = [3, 5, 10].map(rates);
            let column = |k: usize| found.iter().map(move |rate| rate[k]).collect::<Vec<_>>();
            [column(0), column(1)].concat()
        });
    }
}

/// `first.effect - second.effect > TRUTH` where samples are independent, overlap, or have sources in common.
pub fn differences(tables: &mut Tables) {
    tables.start(
        "`first.effect - second.effect > TRUTH` | normal | log-normal less normal | normal less log-normal",
    );
    /// Sizes of both samples, how many backgrounds they have in common, and how many of each source there are.
    struct Samples {
        name: &'static str,
        sizes: [usize; 2],
        common: usize,
        each: usize,
    }
    let kinds = [
        ("20 and 100 backgrounds", [20, 100], 0, 1),
        ("100 and 100 backgrounds", [100, 100], 0, 1),
        ("100 and 300, 100 of them the same", [100, 300], 100, 1),
        ("10 sources of 20 each, the same in both", [200, 200], 0, 20),
        ("50 sources of 4 each, the same in both", [200, 200], 0, 4),
    ];
    let columns = ["normal", "log-normal less normal", "normal less log-normal"];
    let mut above = Vec::new();
    for (name, sizes, common, each) in kinds {
        let of = Samples {
            name,
            sizes,
            common,
            each,
        };
        let found = tables.shares(&[of.name], || {
            let shapes: [[Shape; 2]; 3] = [
                [|z| z, |z| z],
                [|z| z.exp() - 0.5f64.exp(), |z| z],
                [|z| z, |z| z.exp() - 0.5f64.exp()],
            ];
            let rate = |shape: [Shape; 2]| {
                share(REPLICATES, |i| {
                    let mut normal = Normal::new(250_000_000 + i);
                    let shared = normal.take(of.sizes[0].max(of.sizes[1]));
                    let mut sample = |k: usize| {
                        let noise = normal.take(of.sizes[k]);
                        let values = noise.iter().enumerate().map(|(b, z)| {
                            // The share of the variance that is common to both samples, or to a source.
                            let (common, share) = match of.each {
                                1 if b < of.common => (shared[b], 0.5),
                                1 => (0.0, 0.0),
                                each => (shared[b / each], 0.3),
                            };
                            shape[k](f64::sqrt(share) * common + f64::sqrt(1.0 - share) * z)
                        });
                        let values: Vec<f64> = values.collect();
                        let clusters = (0..of.sizes[k]).map(|b| match of.each {
                            1 if b < of.common => b as u32,
                            1 => (1000 * k + b) as u32,
                            each => (b / each) as u32,
                        });
                        WeightedSample {
                            weight: if k == 0 { 1.0 } else { -1.0 },
                            values,
                            clusters: clusters.collect(),
                        }
                    };
                    let found = weighted_means(&[sample(0), sample(1)]).expect("a spread");
                    let critical = student::critical_value(0.05, found.freedom);
                    let (below, _) = Hall::new(found.skewness, found.clusters).hull(critical);
                    found.mean + below * found.se > 0.0
                })
            };
            shapes.map(rate).to_vec()
        });
        let rates = columns.iter().zip(found);
        let high = rates.filter(|(_, rate)| *rate > MAX_FALSE_SUPPORT);
        above.extend(high.map(|(column, rate)| format!("{name}, {column} ({})", percent(rate))));
    }
    let above = match above.is_empty() {
        true => "none".to_string(),
        false => above.join("; "),
    };
    tables.paragraph(&format!(
        "Above 7 %: {above}. The nominal rate is 2.5 %. With fewer than 20 sources no warning of skew is given, since so few show little of it."
    ));
}

/// `increasing(effect over n)` at ten places, where the mean goes up by ten standard errors with each step but one, which is flat.
pub fn steps(tables: &mut Tables) {
    tables.start(
        "`increasing` at 10 places with one flat step (nominal: at most 2.5 %) | supported: n = 20 | n = 100 | n = 1,000 | n = 1,000, all steps up: supported",
    );
    tables.shares(&["normal, places correlated (r = 0.5)"], || {
        let rate = |n: usize, flat: bool| {
            share(REPLICATES / 5, |i| {
                let mut normal = Normal::new(270_000_000 + i);
                let common = normal.take(n);
                let up = 10.0 / (n as f64).sqrt();
                let mut height = 0.0;
                let places: Vec<Vec<f64>> = (0..10)
                    .map(|place| {
                        let is_flat = flat && place == 5;
                        height += if is_flat || place == 0 { 0.0 } else { up };
                        let noise = normal.take(n);
                        let pairs = common.iter().zip(noise);
                        pairs
                            .map(|(c, z)| height + 0.5f64.sqrt() * (c + z))
                            .collect()
                    })
                    .collect();
                let changes: Vec<Vec<f64>> = places
                    .windows(2)
                    .map(|pair| pair[1].iter().zip(&pair[0]).map(|(b, a)| b - a).collect())
                    .collect();
                let estimates: Vec<Estimate> = changes
                    .iter()
                    .map(|values| Estimate::of(values, None))
                    .collect();
                let claimed = ClaimAssertion {
                    relation: Relation::Greater,
                    is_absolute: false,
                    level: 0.95,
                    distinct_estimates: estimates.len(),
                    simultaneous_method: fixed_sample_method(0.95, i, &estimates, || changes),
                };
                let points: Vec<ThresholdedEstimate> = estimates
                    .iter()
                    .map(|&estimate| ThresholdedEstimate {
                        estimate,
                        threshold: 0.0,
                    })
                    .collect();
                judge(claimed, &points).verdict == Verdict::Supported
            })
        };
        let mut found = SIZES.map(|n| rate(n, true)).to_vec();
        found.push(rate(1000, false));
        found
    });
}

/// Families of claims `effect > 0` that are false by the least, over the same 100 backgrounds.
pub fn claim_families(tables: &mut Tables) {
    tables.start(
        "40 false claims about effects on 100 backgrounds, correlation of effects | supported, mean number: each alone | as a family | any supported: each alone | as a family | any wrong verdict, as a family",
    );
    for correlation in [0.0, 0.5, 0.95] {
        let label = format!("{correlation}");
        let found = tables.values(&label, || {
            let trial = |i: u64| -> [f64; 5] {
                let mut normal = Normal::new(260_000_000 + i);
                let common = normal.take(100);
                let mut claims: Vec<Claim> = (0..FAMILY)
                    .map(|_| {
                        let noise = normal.take(100);
                        let pairs = common.iter().zip(noise);
                        let values: Vec<f64> = pairs
                            .map(|(c, z)| {
                                let (a, b) = (f64::sqrt(correlation), f64::sqrt(1.0 - correlation));
                                a * c + b * z
                            })
                            .collect();
                        let estimate = Estimate::of(&values, None);
                        let p = estimate.p_value().expect("a spread");
                        let verdict = match (p <= 0.05, estimate.mean > 0.0) {
                            (false, _) => Verdict::Undecided,
                            (true, true) => Verdict::Supported,
                            (true, false) => Verdict::Refuted,
                        };
                        decided(verdict, p)
                    })
                    .collect();
                let count = |claims: &[Claim], of: Verdict| {
                    claims.iter().filter(|claim| claim.verdict == of).count() as f64
                };
                let alone = count(&claims, Verdict::Supported);
                judge_family(&mut claims.iter_mut().collect::<Vec<_>>(), FAMILY);
                let together = count(&claims, Verdict::Supported);
                let refuted = count(&claims, Verdict::Refuted);
                let any = |n: f64| f64::from(n > 0.0);
                [
                    alone,
                    together,
                    any(alone),
                    any(together),
                    any(together + refuted),
                ]
            };
            let rows: Vec<[f64; 5]> = (0..FAMILIES as u64).into_par_iter().map(trial).collect();
            super::column_means(&rows)
        });
        let cells: Vec<String> = found
            .iter()
            .enumerate()
            .map(|(k, x)| match k < 2 {
                true => format!("{x:.2}"),
                false => percent(*x),
            })
            .collect();
        tables.row(&[&label], &cells);
    }
}

/// The standard normal quantile, to the precision that simulations need.
fn normal_quantile(share: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        match 0.5 * libm::erfc(-middle * std::f64::consts::FRAC_1_SQRT_2) < share {
            true => low = middle,
            false => high = middle,
        }
    }
    0.5 * (low + high)
}
