//! Families of intervals for effects of a trained network, and intervals, claims and families where several numbers have one source.

use gia_design::Relation;
use gia_stats::unit_totals;
use gia_stats::{
    ClaimAssertion, ClusterDesign, Estimate, SimultaneousMethod, ThresholdedEstimate,
    fixed_sample_method, judge,
};
use gia_study::Verdict;
use rand::RngExt;

use super::effects::{
    MAX_FALSE_SUPPORT, MAX_NEEDLESSLY_WARNED, MIN_COVERAGE, MIN_WARNED, by_student, covers,
    is_needlessly_warned, is_supported, is_warned, shares,
};
use super::percent;
use super::tables::Tables;
use crate::by_source::design;
use crate::populations::populations;
use crate::trial::Normal;

const SWEEPS: usize = 2000;
const CLUSTERED: usize = 4000;
const CLUSTERED_FAMILIES: usize = 1000;
/// Grid points of a clustered family.
const POINTS: usize = 20;
/// Correlation of neighbouring grid points.
const NEIGHBOURS: f64 = 0.9;
/// Intraclass correlations of the effect of a CTCF site on shuffles of 50 peaks: of the logit, and of the probability.
const INTRACLASS: [f64; 2] = [0.15, 0.37];

/// Whether some interval misses its true mean.
fn is_wrong_somewhere(estimates: &[Estimate], truth: &[f64], method: SimultaneousMethod) -> bool {
    let alpha = 0.05 / estimates.len() as f64;
    estimates.iter().zip(truth).any(|(estimate, truth)| {
        let ends = estimate.interval(method.critical_value(estimate, alpha));
        ends.is_none_or(|(low, high)| *truth < low || high < *truth)
    })
}

/// Bands over the stored sweep: effects of PU.1 at 20 distances on the probability of CTCF.
pub fn stored_sweep(tables: &mut Tables) {
    tables.start(
        "band over 20 distances, effects on a probability, n | wrong somewhere: hull | Student alone | a warning fires at some distance",
    );
    let (_, sweep) = populations();
    let truth = sweep.means();
    let rows: Vec<&[f32]> = sweep.rows().collect();
    for n in [20, 50, 100, 300, 1000] {
        tables.shares(&[&n.to_string()], || {
            shares(SWEEPS, |seed| {
                let mut rng: rand_chacha::ChaCha12Rng =
                    rand::SeedableRng::seed_from_u64(53_000_000 + seed);
                let drawn: Vec<&[f32]> = (0..n)
                    .map(|_| rows[rng.random_range(0..rows.len())])
                    .collect();
                let samples: Vec<Vec<f64>> = (0..sweep.placements)
                    .map(|place| drawn.iter().map(|row| f64::from(row[place])).collect())
                    .collect();
                let hulls: Vec<Estimate> = samples
                    .iter()
                    .map(|values| Estimate::of(values, None))
                    .collect();
                let students: Vec<Estimate> = hulls.iter().copied().map(by_student).collect();
                let warned = samples
                    .iter()
                    .zip(&hulls)
                    .any(|(values, estimate)| is_warned(values, estimate, None));
                let method = fixed_sample_method(0.95, seed, &hulls, || samples);
                [
                    is_wrong_somewhere(&hulls, &truth, method),
                    is_wrong_somewhere(&students, &truth, method),
                    warned,
                ]
            })
        });
    }
}

/// Sizes of clusters, with a name.
fn designs() -> [(&'static str, Vec<usize>); 4] {
    [
        ("50 sources of 20", vec![20; 50]),
        ("5 sources of 200", vec![200; 5]),
        (
            "50 sources of 1 to 97",
            (0..50).map(|source| 1 + source * source / 25).collect(),
        ),
        (
            "12 sources of 5, and one of 60",
            [vec![5; 12], vec![60]].concat(),
        ),
    ]
}

/// The design of clusters of these sizes.
fn design_of(sizes: &[usize]) -> ClusterDesign {
    let sources = sizes.iter().enumerate();
    let ids: Vec<u32> = sources
        .flat_map(|(source, &size)| vec![source as u32; size])
        .collect();
    design(&ids)
}

/// Standard normal numbers of which this share of the variance is between sources.
fn clustered(sizes: &[usize], between: f64, normal: &mut Normal) -> Vec<f64> {
    let mut values = Vec::new();
    for &size in sizes {
        let common = between.sqrt() * normal.next();
        values.extend((0..size).map(|_| common + (1.0 - between).sqrt() * normal.next()));
    }
    values
}

/// The probability that a standard normal number is below `z`.
fn normal_probability(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// Intervals and claims about one mean.
pub fn clustered_means(tables: &mut Tables) {
    tables.start(
        "numbers of which several have one source | numbers | variance between sources | 95 % interval covers: hull by source (CR2) | Student by source | hull as if independent | `effect > TRUTH` supported, by source | as if independent | `effect < TRUTH`, by source | as if independent | a warning fires, by source",
    );
    let (populations, _) = populations();
    let probability = populations
        .iter()
        .find(|population| population.name == "ctcf_pu1, embed PU1, CTCF probability")
        .expect("the population is stored");
    let (mut missed, mut needless) = (Vec::new(), Vec::new());
    for (name, sizes) in designs() {
        let design = design_of(&sizes);
        for (numbers, of_network) in [("normal", false), ("effects on a probability", true)] {
            let truth = match of_network {
                true => probability.mean,
                false => 0.0,
            };
            for between in INTRACLASS {
                let between_text = format!("{:.0} %", 100.0 * between);
                let found = tables.shares(&[name, numbers, &between_text], || {
                    shares(CLUSTERED, |seed| {
                        let mut normal = Normal::new(59_000_000 + seed);
                        let mut values = clustered(&sizes, between, &mut normal);
                        if of_network {
                            for value in &mut values {
                                *value = probability.quantile(normal_probability(*value));
                            }
                        }
                        let by_source = Estimate::of(&values, Some(&design));
                        let independent = Estimate::of(&values, None);
                        [
                            covers(by_source, truth),
                            covers(by_student(by_source), truth),
                            covers(independent, truth),
                            is_supported(by_source, Relation::Greater, truth),
                            is_supported(independent, Relation::Greater, truth),
                            is_supported(by_source, Relation::Less, truth),
                            is_supported(independent, Relation::Less, truth),
                            is_warned(&values, &by_source, Some(&design)),
                        ]
                    })
                });
                let (coverage, false_support, warned) =
                    (found[0], found[3].max(found[5]), found[7]);
                let holds = coverage >= MIN_COVERAGE && false_support <= MAX_FALSE_SUPPORT;
                let row = format!("{name}, {numbers}, {between_text}");
                if !holds && warned < MIN_WARNED {
                    missed.push(row);
                } else if is_needlessly_warned(sizes.iter().sum(), coverage, warned) {
                    needless.push(format!("{row} (warned {})", percent(warned)));
                }
            }
        }
    }
    name_exceptions(
        "cover less than 93 % or support a claim in more than 7 %",
        &missed,
        &needless,
        tables,
    );
}

/// Names the rows of a table that miss the rule for warnings.
fn name_exceptions(miss: &str, missed: &[String], needless: &[String], tables: &mut Tables) {
    let list = |rows: &[String]| match rows.is_empty() {
        true => "none".to_string(),
        false => rows.join("; "),
    };
    tables.paragraph(&format!(
        "Rows by source that {miss}, without a warning in at least 90 % of samples: {}. Rows that are as they should be, and have a \
         warning in 10 % of samples or more: {}.",
        list(missed),
        list(needless)
    ));
}

/// Normal numbers at all grid points of a sweep, row by row: between neighbours correlated, and within sources.
fn clustered_sweep(sizes: &[usize], between: f64, normal: &mut Normal) -> Vec<Vec<f64>> {
    let mut points: Vec<Vec<f64>> = vec![clustered(sizes, between, normal)];
    while points.len() < POINTS {
        let new = clustered(sizes, between, normal);
        let before = &points[points.len() - 1];
        let kept = before.iter().zip(new);
        points.push(
            kept.map(|(old, new)| NEIGHBOURS * old + (1.0 - NEIGHBOURS * NEIGHBOURS).sqrt() * new)
                .collect(),
        );
    }
    points
}

/// Claims and bands about 20 grid points.
pub fn clustered_families(tables: &mut Tables) {
    tables.start(
        "20 grid points without an effect | variance between sources | band is wrong somewhere: by source | as if independent | `effect <= 0` refuted, by source | as if independent | a warning fires at some point, by source",
    );
    let (mut missed, mut needless) = (Vec::new(), Vec::new());
    for (name, sizes) in designs() {
        let design = design_of(&sizes);
        for between in INTRACLASS {
            let between_text = format!("{:.0} %", 100.0 * between);
            let found = tables.shares(&[name, &between_text], || {
                shares(CLUSTERED_FAMILIES, |seed| {
                    let mut normal = Normal::new(61_000_000 + seed);
                    let points = clustered_sweep(&sizes, between, &mut normal);
                    let by_source = family(&points, Some(&design), seed);
                    let independent = family(&points, None, seed);
                    [
                        by_source[0],
                        independent[0],
                        by_source[1],
                        independent[1],
                        by_source[2],
                    ]
                })
            });
            let row = format!("{name}, {between_text} (wrong {})", percent(found[0]));
            if found[0] > MAX_FALSE_SUPPORT && found[4] < MIN_WARNED {
                missed.push(row);
            } else if found[0] <= MAX_FALSE_SUPPORT && found[4] >= MAX_NEEDLESSLY_WARNED {
                needless.push(format!("{row}, warned {}", percent(found[4])));
            }
        }
    }
    name_exceptions(
        "are wrong somewhere in more than 7 %",
        &missed,
        &needless,
        tables,
    );
}

/// Whether a band of means of zero is wrong somewhere, whether the true claim `effect <= 0` is refuted, and whether a warning fires.
fn family(points: &[Vec<f64>], design: Option<&ClusterDesign>, seed: u64) -> [bool; 3] {
    let estimates: Vec<Estimate> = points
        .iter()
        .map(|values| Estimate::of(values, design))
        .collect();
    let totals = |values: &Vec<f64>| unit_totals(values.clone(), design);
    let method = fixed_sample_method(0.95, seed, &estimates, || {
        points.iter().map(totals).collect()
    });
    let claimed = ClaimAssertion {
        relation: Relation::LessEqual,
        is_absolute: false,
        level: 0.95,
        distinct_estimates: estimates.len(),
        simultaneous_method: method,
    };
    let thresholded: Vec<ThresholdedEstimate> = estimates
        .iter()
        .map(|&estimate| ThresholdedEstimate {
            estimate,
            threshold: 0.0,
        })
        .collect();
    [
        is_wrong_somewhere(&estimates, &vec![0.0; estimates.len()], method),
        judge(claimed, &thresholded).verdict == Verdict::Refuted,
        points
            .iter()
            .zip(&estimates)
            .any(|(values, estimate)| is_warned(values, estimate, design)),
    ]
}
