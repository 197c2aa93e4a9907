//! What is promised of looks, members, ratios of means, curves and areas.

use gia_design::{Arithmetic, Formula, Stopping, StoppingRule};
use gia_stats::curve_summary::{ContrastCurve, Periodogram, fit_half_distance};
use gia_stats::evaluate::RankedScores;
use gia_stats::summaries::bootstrap;
use gia_stats::{ConfidenceSequence, Estimate, FormulaOfMeans, SampleSummary, ensemble};

use super::super::trial::Normal;
use super::effects::{by_student, shares};
use super::tables::Tables;
use super::{SIZES, SWEEPS, distributions, interval_of, sample, share};

/// Intervals that are looked at after 100 backgrounds and then a tenth more each time.
pub fn looks(tables: &mut Tables) {
    tables.start("95 % interval at every look | numbers | up to 1,000 | up to 10,000");
    let limits = [1000, 10_000];
    for distribution in distributions() {
        for sequential in [true, false] {
            let coverage = |most| {
                let stopping = Stopping {
                    rule: StoppingRule::Decided,
                    text: String::new(),
                    max: most,
                };
                let sequence = ConfidenceSequence::for_rule(&stopping, 0.95);
                share(SWEEPS, |i| {
                    let values = sample(&distribution, most, 31_000_000 + i);
                    let mut summary = SampleSummary::default();
                    let mut seen = 0;
                    while seen < most {
                        let next = stopping.next_analysis(seen);
                        summary.add(&values[seen..next], None, None);
                        seen = next;
                        let estimate = summary.estimate(None);
                        let ends = match sequential {
                            true => estimate.interval(sequence.critical_value(seen, 0.05)),
                            false => interval_of(by_student(estimate)),
                        };
                        let held = ends.is_some_and(|(low, high)| {
                            low <= distribution.mean && distribution.mean <= high
                        });
                        if !held {
                            return false;
                        }
                    }
                    true
                })
            };
            let name = match sequential {
                true => "confidence sequence",
                false => "Student, for comparison",
            };
            tables.shares(&[name, distribution.name], || limits.map(coverage).to_vec());
        }
    }
}

/// Ensembles of 3, 5 and 10 networks on 100 backgrounds.
pub fn ensembles(tables: &mut Tables) {
    tables.start(
        "95 % interval for models like these, sd between backgrounds 1 | 3 models | 5 models | 10 models",
    );
    for between in [0.0, 0.1, 1.0] {
        let coverage = |count: usize| {
            share(SWEEPS, |i| {
                let mut normal = Normal::new(83_000_000 + i);
                let common = normal.take(100);
                let members = (0..count).map(|_| {
                    let own = between * normal.next();
                    let noise = normal.take(100);
                    let values = common
                        .iter()
                        .zip(noise)
                        .map(|(b, e)| 2.0 + own + b + 0.5 * e);
                    ("m", values.collect())
                });
                let found = ensemble::compare_members(
                    members.collect(),
                    0.95,
                    gia_design::IntervalMethod::Student,
                    None,
                )
                .expect("members");
                found.low <= 2.0 && 2.0 <= found.high
            })
        };
        tables.shares(&[&format!("sd between models {between}")], || {
            [3, 5, 10].map(coverage).to_vec()
        });
    }
}

/// The ratio of two means of skewed, correlated numbers.
pub fn ratios(tables: &mut Tables) {
    tables.start(
        "95 % interval for a ratio of means (log-normal, one shared part) | n = 20 | n = 100 | n = 1,000",
    );
    let mean = |arm| Box::new(Formula::Overall(Box::new(Formula::Leaf(arm))));
    let formula = Formula::Binary(Arithmetic::Divide, mean(0), mean(1));
    let numbers = |n: usize, seed: u64| {
        let mut normal = Normal::new(seed);
        let shared = normal.take(n);
        let mut arm = |scale: f64| -> Vec<f64> {
            let own = normal.take(n);
            let both = shared.iter().zip(own);
            both.map(|(a, b)| scale * (0.5 * a + 0.5 * b).exp())
                .collect()
        };
        vec![arm(3.0), arm(2.0)]
    };
    let delta = |n| {
        share(SWEEPS, |i| {
            let of = FormulaOfMeans::new(&formula, numbers(n, 47_000_000 + i));
            let ends = interval_of(Estimate::of(&of.linearised_values(), None));
            ends.is_some_and(|(low, high)| low <= 1.5 && 1.5 <= high)
        })
    };
    tables.shares(&["delta method, hull"], || SIZES.map(delta).to_vec());
    let resampled = |n| {
        let replicates = if n == 1000 { 500 } else { SWEEPS };
        share(replicates, |i| {
            let of = FormulaOfMeans::new(&formula, numbers(n, 47_000_000 + i));
            let ends = bootstrap::bootstrap_formula_of_means(&of, 0.95, i, None).interval;
            ends.is_some_and(|(low, high)| low <= 1.5 && 1.5 <= high)
        })
    };
    tables.shares(&["BCa bootstrap"], || SIZES.map(resampled).to_vec());
}

/// Curves at 30 places from 100 backgrounds: what is found where nothing is, and where something is.
pub fn curves(tables: &mut Tables) {
    const REPLICATES: usize = 400;
    tables.start(
        "curve at 30 places, n = 100 | a period is found | `periodic` between 10 and 11 places is supported | and refuted | a half-distance is found",
    );
    type Shape = dyn Fn(&mut Normal) -> Vec<f64> + Sync;
    let wave = |period: f64, height: f64| {
        move |_: &mut Normal| -> Vec<f64> {
            let at = |i: i32| height * (std::f64::consts::TAU * f64::from(i) / period).cos();
            (0..30).map(at).collect()
        }
    };
    let kinds: [(&str, Box<Shape>); 5] = [
        ("nothing but noise", Box::new(|_| vec![0.0; 30])),
        (
            "a random walk, the same for all backgrounds",
            Box::new(|normal| {
                let steps = normal.take(30);
                let walk = steps.iter().scan(0.0, |at, step| {
                    *at += 0.3 * step;
                    Some(*at)
                });
                walk.collect()
            }),
        ),
        ("a wave of period 10.5, 0.5 high", Box::new(wave(10.5, 0.5))),
        ("a wave of period 7, 0.5 high", Box::new(wave(7.0, 0.5))),
        (
            "a decay by half in 4 places",
            Box::new(|_| (0..30).map(|i| (-f64::from(i) / 4.0).exp2()).collect()),
        ),
    ];
    for (name, shape) in kinds {
        tables.shares(&[name], || {
            shares(REPLICATES, |i| {
                let mut normal = Normal::new(12_000_000 + i);
                let means = shape(&mut normal);
                let common = normal.take(100);
                let values = means.iter().map(|mean| {
                    let noise = normal.take(100);
                    noise
                        .iter()
                        .zip(&common)
                        .map(|(z, c)| mean + z + c)
                        .collect()
                });
                let line = ContrastCurve {
                    values: values.collect(),
                    x: (0..30).map(f64::from).collect(),
                    design: None,
                };
                let spectrum = Periodogram::new(&line);
                let period = spectrum.strongest_period(&line, 0.95, i).expect("a period");
                let claim = spectrum
                    .evidence_within(&line, (10.0, 11.0), i)
                    .expect("a claim");
                [
                    period.p <= 0.05 && !period.is_at_end,
                    claim.p_within_bounds <= 0.05 && claim.fraction_within_bounds >= 0.95,
                    claim.p_any_period <= 0.05 && claim.fraction_elsewhere >= 0.95,
                    fit_half_distance(&line, 0.95, i).is_ok(),
                ]
            })
        });
    }
}

/// Normal scores, the positives one standard deviation above: the area is the normal probability below 1 / sqrt(2).
pub fn areas(tables: &mut Tables) {
    tables.start(
        "95 % interval for the area under the ROC curve (truth 0.76) | 20 of each class | 100 | 1,000",
    );
    let truth = 0.760_249_938_906_523_6;
    let coverage = |n| {
        share(SWEEPS, |i| {
            let mut normal = Normal::new(66_000_000 + i);
            let positives: Vec<f64> = normal.take(n).iter().map(|z| z + 1.0).collect();
            let (_, ends) = RankedScores::new(&positives, &normal.take(n)).auroc(0.95);
            ends.is_some_and(|(low, high)| low <= truth && truth <= high)
        })
    };
    tables.shares(&["DeLong"], || SIZES.map(coverage).to_vec());
}
