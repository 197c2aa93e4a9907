//! Curves of tracks: their means, and bands that hold at all places at once as often as they say.

use gia_plan::Plan;
use gia_stats::analyse;

use super::trial::{Normal, Trial, read};

const PLACES: usize = 24;
/// How much of its noise a place has in common with the one before.
const SHARED: f64 = 0.8;

/// Smooth noise at all places, with a standard deviation of 1 at each.
fn noise(normal: &mut Normal) -> Vec<f64> {
    let fresh = normal.take(PLACES);
    let mut noise = vec![fresh[0]];
    for new in &fresh[1..] {
        let before = noise[noise.len() - 1];
        noise.push(SHARED * before + (1.0 - SHARED * SHARED).sqrt() * new);
    }
    noise
}

/// The true effect at a place.
fn truth(place: usize) -> f64 {
    (place as f64 / 4.0).sin()
}

/// One grid point; `n` backgrounds under two arms, with the noise of the control and of the effect.
fn trial(n: usize, seed: u64) -> Trial {
    let mut normal = Normal::new(seed);
    let mut arms = vec![Vec::new(), Vec::new()];
    for _ in 0..n {
        let (control, effect) = (noise(&mut normal), noise(&mut normal));
        for place in 0..PLACES {
            arms[0].push((5.0 * control[place]) as f32);
            arms[1].push((5.0 * control[place] + truth(place) + effect[place]) as f32);
        }
    }
    Trial {
        tracks: vec![("curve", (0..PLACES).map(read).collect())],
        outcomes: Vec::new(),
        columns: (0..PLACES).collect(),
        ..Trial::simple(vec![arms])
    }
}

fn track(trial: Trial) -> gia_study::MeasuredTrack {
    let (plan, outcomes): (Plan, _) = trial.build();
    let mut experiments = analyse(&plan, &outcomes).expect("a study");
    experiments[0].tracks.remove(0)
}

#[test]
fn a_band_holds_the_true_curve_as_often_as_it_says() {
    const REPLICATES: usize = 400;
    let n = 25;
    let (mut held, mut single, mut width) = (0, 0, 0.0);
    for seed in 0..REPLICATES {
        let track = track(trial(n, 4000 + seed as u64));
        let curve = &track.contrasts[0];
        assert_eq!(curve.mean.len(), PLACES);
        let holds = |place: usize| {
            let (low, high) = (
                curve.low[place].expect("a band"),
                curve.high[place].expect("a band"),
            );
            width += high - low;
            low <= truth(place) && truth(place) <= high
        };
        // The width is added up at every place.
        let places: Vec<bool> = (0..PLACES).map(holds).collect();
        held += usize::from(!places.contains(&false));
        // Pointwise intervals at 95 % would miss the curve somewhere far more often.
        let pointwise = |place: usize| {
            let se = curve.sd[place].expect("an sd") / (n as f64).sqrt();
            (curve.mean[place] - truth(place)).abs() <= 2.064 * se
        };
        single += usize::from((0..PLACES).all(pointwise));
    }
    let share = held as f64 / REPLICATES as f64;
    // Three standard errors of the simulation.
    assert!((0.917..=0.983).contains(&share), "{share}");
    let pointwise = single as f64 / REPLICATES as f64;
    assert!(pointwise < 0.8, "{pointwise}");
    // Bonferroni over 24 places would take 3.47 standard errors of 0.2 to either side.
    let width = width / (REPLICATES * PLACES) as f64;
    assert!(width < 2.0 * 3.47 * 0.2 * 0.98, "{width}");
}

#[test]
fn curves_are_means_of_arms_and_of_paired_differences() {
    let made = trial(40, 1);
    let values = made.values[0].clone();
    let track = track(made);
    assert_eq!((track.n, track.sources, track.level), (40, None, 0.95));
    assert_eq!(track.places, (100..124).collect::<Vec<i64>>());
    assert_eq!(track.place_unit.as_deref(), Some("bp"));
    let names = |curves: &[gia_study::TrackCurve]| -> Vec<String> {
        curves.iter().map(|curve| curve.name.to_string()).collect()
    };
    assert_eq!(names(&track.arms), ["control", "treated"]);
    assert_eq!(names(&track.contrasts), ["effect"]);
    let method = track.contrasts[0].method.to_string();
    assert_eq!(
        method,
        "paired Student t, simultaneous over 24 places (max |t| of 2,000 sign draws)"
    );
    for place in 0..PLACES {
        let of = |arm: usize| {
            values[arm]
                .iter()
                .skip(place)
                .step_by(PLACES)
                .map(|x| f64::from(*x))
        };
        let mean = of(1).sum::<f64>() / 40.0;
        assert!((track.arms[1].mean[place] - mean).abs() < 1e-12);
        let differences: Vec<f64> = of(1).zip(of(0)).map(|(a, b)| a - b).collect();
        let mean = differences.iter().sum::<f64>() / 40.0;
        let squares: f64 = differences.iter().map(|x| (x - mean).powi(2)).sum();
        let curve = &track.contrasts[0];
        assert!((curve.mean[place] - mean).abs() < 1e-12);
        assert!((curve.sd[place].expect("an sd") - (squares / 39.0).sqrt()).abs() < 1e-12);
        let (low, high) = (
            curve.low[place].expect("low"),
            curve.high[place].expect("high"),
        );
        assert!(((low + high) / 2.0 - mean).abs() < 1e-9);
        // The band of the arm is wider than that of the paired difference.
        let arm = &track.arms[1];
        assert!(arm.high[place].expect("high") - arm.low[place].expect("low") > 2.0 * (high - low));
    }
}

#[test]
fn a_track_without_replication_has_no_band() {
    let track = track(trial(1, 2));
    let curve = &track.contrasts[0];
    assert!(
        curve
            .low
            .iter()
            .chain(&curve.high)
            .chain(&curve.sd)
            .all(Option::is_none)
    );
    assert!(curve.method.contains("no band"), "{}", curve.method);
    assert_eq!(curve.mean.len(), PLACES);
}
