//! Whether a curve has a period: how often one is found where there is none, and where there is one.

use std::f64::consts::TAU;
use std::sync::Arc;

use gia_design::{ClaimKind, Relation};
use gia_domain::Clusters;
use gia_stats::curve_summary::{ContrastCurve, Periodogram};
use gia_stats::{ClusterDesign, analyse};
use gia_study::{Claim, Verdict};
use rayon::prelude::*;

use super::trial::{Normal, Trial};

const PLACES: usize = 32;

/// Curves about a mean whose noise is a moving average over `footprint` places, with variance 1. With clusters, a source has noise of its
/// own as large as that of its backgrounds.
pub fn curve(
    mean: impl Fn(f64) -> f64,
    footprint: usize,
    n: usize,
    clusters: Option<usize>,
    seed: u64,
) -> ContrastCurve {
    let mut normal = Normal::new(seed);
    let mut noise = || -> Vec<f64> {
        let white = normal.take(PLACES + footprint - 1);
        let scale = (footprint as f64).sqrt().recip();
        let sums = white
            .windows(footprint)
            .map(|window| window.iter().sum::<f64>());
        sums.map(|sum| scale * sum).collect()
    };
    let ids: Option<Vec<u32>> = clusters.map(|count| (0..n).map(|i| (i % count) as u32).collect());
    let common: Vec<Vec<f64>> = (0..clusters.unwrap_or(0)).map(|_| noise()).collect();
    let mut values = vec![Vec::new(); PLACES];
    for i in 0..n {
        for (place, z) in noise().into_iter().enumerate() {
            let shared = ids
                .as_ref()
                .map_or(0.0, |ids| common[ids[i] as usize][place]);
            values[place].push(mean(place as f64) + z + shared);
        }
    }
    ContrastCurve {
        x: (0..PLACES).map(|i| i as f64).collect(),
        values,
        design: ids
            .and_then(Clusters::new)
            .map(|of| Arc::new(ClusterDesign::new(of))),
    }
}

/// The share of replicates in which a period is found.
pub fn found(
    mean: impl Fn(f64) -> f64 + Sync,
    footprint: usize,
    clusters: Option<usize>,
    replicates: u64,
) -> f64 {
    let found = (0..replicates).into_par_iter().filter(|&seed| {
        let line = curve(&mean, footprint, 48, clusters, 90_000 + seed);
        let period = Periodogram::new(&line)
            .strongest_period(&line, 0.95, seed)
            .expect("several sources");
        period.p <= 0.05 && !period.is_at_end
    });
    found.count() as f64 / replicates as f64
}

#[test]
fn noise_has_a_period_no_more_often_than_the_level_says() {
    let replicates = 150;
    let most = 0.05 + 3.0 * (0.05f64 * 0.95 / replicates as f64).sqrt();
    for (footprint, clusters) in [(1, None), (4, Some(12)), (8, None)] {
        let share = found(|_| 0.0, footprint, clusters, replicates);
        assert!(share <= most, "{footprint} {clusters:?}: {share}");
    }
}

#[test]
fn a_period_that_is_there_is_found() {
    for footprint in [1, 4, 8] {
        let share = found(|x| 0.4 * (TAU * x / 10.5).cos(), footprint, None, 40);
        assert!(share >= 0.95, "{footprint}: {share}");
    }
}

#[test]
fn a_step_and_a_decay_have_no_period() {
    let shapes: [fn(f64) -> f64; 2] = [|x| f64::from(x >= 20.0), |x| (-x / 4.0).exp2()];
    for shape in shapes {
        let share = found(shape, 1, None, 40);
        assert!(share <= 0.15, "{share}");
    }
}

#[test]
fn a_claim_may_have_fractional_bounds() {
    let line = curve(|x| (TAU * x / 10.5).cos(), 4, 200, None, 3);
    let spectrum = Periodogram::new(&line);
    let evidence = |bounds| {
        spectrum
            .evidence_within(&line, bounds, 1)
            .expect("evidence")
    };
    let narrow = evidence((10.2, 10.8));
    assert!((narrow.strongest_period - 10.5).abs() < 0.1, "{narrow:?}");
    assert!(
        narrow.p_within_bounds < 0.001 && narrow.fraction_within_bounds >= 0.95,
        "{narrow:?}"
    );
    let beside = evidence((9.2, 9.8));
    assert_eq!(beside.fraction_within_bounds, 0.0);
    assert_eq!(beside.fraction_elsewhere, 1.0);
    assert!(spectrum.evidence_within(&line, (10.8, 10.2), 1).is_none());
    assert!(spectrum.evidence_within(&line, (30.0, 40.0), 1).is_none());
}

/// The strongest sinusoid of a longer wave is the longest that is searched: no period, and no evidence against one near that end.
#[test]
fn the_end_of_the_search_is_no_period() {
    let line = curve(|x| 3.0 * (TAU * x / 30.0).sin(), 1, 100, None, 5);
    let spectrum = Periodogram::new(&line);
    let found = spectrum.strongest_period(&line, 0.95, 1).expect("a period");
    assert!(found.is_at_end, "{found:?}");
    let (_, longest) = spectrum.period_range();
    let at_end = spectrum
        .evidence_within(&line, (15.0, longest), 1)
        .expect("evidence");
    assert!(
        at_end.fraction_within_bounds < 0.05 && at_end.fraction_elsewhere < 0.05,
        "{at_end:?}"
    );
    let elsewhere = spectrum
        .evidence_within(&line, (9.0, 12.0), 1)
        .expect("evidence");
    assert!(elsewhere.fraction_elsewhere > 0.95, "{elsewhere:?}");
}

#[test]
fn a_single_source_has_no_period() {
    let mut line = curve(|x| (TAU * x / 8.0).cos(), 1, 20, None, 5);
    line.design = Clusters::new(vec![0; 20]).map(|of| Arc::new(ClusterDesign::new(of)));
    assert!(
        Periodogram::new(&line)
            .strongest_period(&line, 0.95, 1)
            .is_none()
    );
    let one = curve(|x| (TAU * x / 8.0).cos(), 1, 1, None, 5);
    assert!(
        Periodogram::new(&one)
            .evidence_within(&one, (7.0, 9.0), 1)
            .is_none()
    );
    // Few sources say too little of the noise.
    let mut nine = curve(|x| (TAU * x / 8.0).cos(), 1, 27, None, 5);
    nine.design =
        Clusters::new((0..27).map(|i| i % 9).collect()).map(|of| Arc::new(ClusterDesign::new(of)));
    assert!(
        Periodogram::new(&nine)
            .strongest_period(&nine, 0.95, 1)
            .is_none()
    );
}

/// The verdict on a claim about the period of a contrast, along a gap in steps of 2 bp.
fn claim(values: Vec<Vec<f32>>, period: (f64, f64)) -> Claim {
    let n = values[0].len();
    let values = values
        .into_iter()
        .map(|of| vec![vec![0.0; n], of])
        .collect();
    let mut trial = Trial::simple(values).claim(Relation::Greater, 0.0);
    trial.claims[0].kind = ClaimKind::Periodic { axis: 0, period };
    let (plan, outcomes) = trial.build();
    analyse(&plan, &outcomes).expect("an analysis")[0].claims[0].clone()
}

#[test]
fn claims_about_a_period_are_judged_on_noise_and_bounds() {
    let values = |line: &ContrastCurve| -> Vec<Vec<f32>> {
        let values = line.values.iter();
        values
            .map(|v| v.iter().map(|x| *x as f32).collect())
            .collect()
    };
    let wave = values(&curve(|x| (TAU * x / 8.0).cos(), 1, 100, None, 2));
    let found = claim(wave.clone(), (15.0, 17.0));
    assert_eq!(found.verdict, Verdict::Supported, "{}", found.reason);
    let found = claim(wave.clone(), (10.0, 12.0));
    assert_eq!(found.verdict, Verdict::Refuted, "{}", found.reason);
    // Nine backgrounds say too little of the noise, and backgrounds that all have the same curve say nothing of it.
    let nine = wave.iter().map(|v| v[..9].to_vec()).collect();
    let found = claim(nine, (15.0, 17.0));
    assert_eq!(found.verdict, Verdict::Undecided, "{}", found.reason);
    let alike = wave.iter().map(|v| vec![v[0]; 100]).collect();
    let found = claim(alike, (15.0, 17.0));
    assert_eq!(found.verdict, Verdict::Undecided, "{}", found.reason);
    let flat = values(&curve(|_| 0.0, 1, 100, None, 2));
    let found = claim(flat, (15.0, 17.0));
    assert_eq!(found.verdict, Verdict::Undecided, "{}", found.reason);
}
