//! What is promised of peaks, periods, sizes, and of numbers that come in clusters.

use gia_stats::curve_summary::Periodogram;
use gia_stats::summaries::{
    bootstrap, effect_size, fraction_positive, median, sign_flip, wilcoxon,
};
use gia_stats::{ClusterDesign, Estimate};

use super::tables::Tables;
use super::{interval_of, share};
use crate::by_source::design;
use crate::trial::Normal;
use crate::{peaks, periods};

const REPLICATES: usize = 1000;
/// Of the slower ones.
const CURVES: usize = 400;

/// Claims about the place of a peak, at 13 places.
pub fn peaks(tables: &mut Tables) {
    tables.start(
        "`peak` within bounds, of 13 places, n = 200 | bounds hold | supported | refuted | `report peak` holds it | supported, n of 40 sources | refuted | held",
    );
    let bounds: [(&str, Vec<usize>); 2] = [
        ("12 places", (0..12).collect()),
        ("5 places", (4..9).collect()),
    ];
    for (held, inside) in bounds {
        for (truth, at, advantage) in [
            ("all places are equal (nominal: at most 5 %)", None, 0.0),
            (
                "a place outside is the peak by half a standard error (at most 5 %)",
                Some(12),
                0.5,
            ),
            ("a place within is the peak by 4 standard errors", None, 4.0),
            ("a place within is the peak by 6 standard errors", None, 6.0),
            (
                "a place outside is the peak by 6 standard errors",
                Some(12),
                6.0,
            ),
        ] {
            let means = peaks::means(&inside, at, advantage);
            tables.shares(&[truth, held], || {
                let rates = |sources| peaks::rates(&means, &inside, sources, REPLICATES as u64);
                [rates(None), rates(Some(40))].concat()
            });
        }
    }
}

/// Periods where the noise of neighbouring places is correlated, as when the steps of an axis are shorter than a motif.
pub fn periods(tables: &mut Tables) {
    tables.start(
        "curve at 32 places, n = 48, noise over | flat: a period is found (nominal: 5 %) | a wave of period 10.5, 0.4 high: found | a wave 2 high: `periodic` between 10.2 and 10.8 is supported",
    );
    let wave = |height: f64| move |x: f64| height * (std::f64::consts::TAU * x / 10.5).cos();
    for footprint in [1, 4, 8] {
        let supported = |seed| {
            let line = periods::curve(wave(2.0), footprint, 48, None, 17_000_000 + seed);
            let spectrum = Periodogram::new(&line);
            let evidence = spectrum
                .evidence_within(&line, (10.2, 10.8), seed)
                .expect("evidence");
            evidence.p_within_bounds <= 0.05 && evidence.fraction_within_bounds >= 0.95
        };
        let places = match footprint {
            1 => "one place".to_string(),
            _ => format!("{footprint} places"),
        };
        tables.shares(&[&places], || {
            vec![
                periods::found(|_| 0.0, footprint, None, CURVES as u64),
                periods::found(wave(0.4), footprint, None, CURVES as u64),
                share(CURVES, supported),
            ]
        });
    }
}

/// The standardised effect size of skewed numbers.
pub fn sizes(tables: &mut Tables) {
    tables.start("95 % interval for the size d_z | of | n = 20 | n = 100 | n = 1,000");
    type Draw = fn(&mut Normal) -> f64;
    let exponential: Draw = |normal| 0.5 * (normal.next().powi(2) + normal.next().powi(2));
    let opposite: Draw = |normal| 0.5 * (normal.next().powi(2) + normal.next().powi(2)) - 2.0;
    let kinds: [(&str, Draw, f64); 4] = [
        ("normal", |normal| normal.next() + 0.5, 0.5),
        (
            "exponential, in the direction of its tail",
            exponential,
            1.0,
        ),
        ("exponential, against its tail", opposite, -1.0),
        // Mean exp(1/8), variance (exp(1/4) - 1) exp(1/4).
        (
            "log-normal with sd 0.5 of the logarithm",
            |normal| (0.5 * normal.next()).exp(),
            1.876_382_600_694_165_5,
        ),
    ];
    for (name, draw, truth) in kinds {
        let coverage = |n| {
            share(2 * REPLICATES, |seed| {
                let mut normal = Normal::new(19_000_000 + seed);
                let values: Vec<f64> = (0..n).map(|_| draw(&mut normal)).collect();
                let found = effect_size::standardised_effect_size(&values, 0.95, None);
                found
                    .interval
                    .is_some_and(|(low, high)| low <= truth && truth <= high)
            })
        };
        tables.shares(&[name, &format!("{truth:.2}")], || {
            [20, 100, 1000].map(coverage).to_vec()
        });
    }
}

/// Numbers of which several have one source: 37 % of the variance is between sources.
fn clustered(sizes: &[usize], seed: u64) -> (Vec<f64>, ClusterDesign) {
    let mut normal = Normal::new(seed);
    let (mut values, mut ids) = (Vec::new(), Vec::new());
    for (source, &size) in sizes.iter().enumerate() {
        let common = 0.37f64.sqrt() * normal.next();
        for _ in 0..size {
            values.push(common + 0.63f64.sqrt() * normal.next());
            ids.push(source as u32);
        }
    }
    (values, design(&ids))
}

/// Intervals and tests of clustered numbers.
pub fn clusters(tables: &mut Tables) {
    tables.start(
        "numbers with 37 % of their variance between sources | of | 50 sources of 20 | 40 sources of 1 to 9 | 12 sources of 20",
    );
    let designs: [Vec<usize>; 3] = [
        vec![20; 50],
        (0..40).map(|source| 1 + source % 9).collect(),
        vec![20; 12],
    ];
    type Ends = Option<(f64, f64)>;
    type Interval = fn(&[f64], &ClusterDesign, u64) -> Ends;
    let intervals: [(&str, &str, f64, Interval); 6] = [
        (
            "hull as if independent, for comparison",
            "mean",
            0.0,
            |values, _, _| interval_of(Estimate::of(values, None)),
        ),
        ("hull by source (CR2)", "mean", 0.0, |values, design, _| {
            interval_of(Estimate::of(values, Some(design)))
        }),
        (
            "BCa bootstrap of sources",
            "mean",
            0.0,
            |values, design, seed| {
                bootstrap::bootstrap_mean(values, 0.95, seed, Some(design)).interval
            },
        ),
        ("Woodruff", "median", 0.0, |values, design, _| {
            median::median(values, 0.95, Some(design)).interval
        }),
        ("Wilson, effective n", "share", 0.5, |values, design, _| {
            fraction_positive::fraction_positive(values, 0.95, Some(design)).interval
        }),
        ("jackknife by source", "d_z", 0.0, |values, design, _| {
            effect_size::standardised_effect_size(values, 0.95, Some(design)).interval
        }),
    ];
    for (name, of, truth, interval) in intervals {
        let rate = |sizes: &Vec<usize>| {
            share(REPLICATES, |seed| {
                let (values, design) = clustered(sizes, 23_000_000 + seed);
                interval(&values, &design, seed)
                    .is_some_and(|(low, high)| low <= truth && truth <= high)
            })
        };
        tables.shares(&[&format!("{name}: interval of 95 %"), of], || {
            designs.iter().map(rate).collect()
        });
    }
    type Test = fn(&[f64], &ClusterDesign, u64) -> Option<f64>;
    let tests: [(&str, Test); 3] = [
        (
            "signed ranks as if independent, for comparison",
            |values, _, _| wilcoxon::wilcoxon_signed_rank(values, 0.95, None).p,
        ),
        ("signed ranks by source", |values, design, _| {
            wilcoxon::wilcoxon_signed_rank(values, 0.95, Some(design)).p
        }),
        ("sign flips by source", |values, design, seed| {
            sign_flip::sign_flip_test(values, seed, Some(design)).p
        }),
    ];
    for (name, test) in tests {
        let rate = |sizes: &Vec<usize>| {
            share(REPLICATES, |seed| {
                let (values, design) = clustered(sizes, 29_000_000 + seed);
                test(&values, &design, seed).is_some_and(|p| p <= 0.05)
            })
        };
        tables.shares(&[&format!("{name}: p of at most 5 %"), "no effect"], || {
            designs.iter().map(rate).collect()
        });
    }
}
