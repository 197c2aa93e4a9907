//! Power against SciPy's noncentral t and statsmodels' power of a t test, and against simulation.

use gia_stats::power::{ClaimedMean, ClaimedMeans, noncentrality_of, sd_interval, upper_tail};
use gia_stats::student;
use rand_distr::{Distribution, Normal};
use serde_json::Value;

use super::float;

/// Absolute agreement of probabilities, and relative agreement of other numbers.
const AGREEMENT: f64 = 1e-6;

fn rows(key: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("power.json")).expect("the oracle is JSON");
    let rows = all[key].as_array().expect("a list").clone();
    assert!(rows.len() >= 8, "{key}");
    rows
}

fn one_mean(distance: f64, alpha: f64) -> ClaimedMeans {
    let mean = ClaimedMean {
        skewness: [0.0, 0.0],
        distances: [Some(distance), None],
        sd: 1.0,
        freedom_per_unit: 1.0,
    };
    ClaimedMeans {
        means: vec![mean],
        alpha,
    }
}

#[test]
fn tails_agree_with_scipy() {
    for row in rows("tails") {
        let [critical, freedom, noncentrality, tail] =
            ["critical", "freedom", "noncentrality", "tail"].map(|key| float(&row[key]));
        let found = upper_tail(critical, freedom, noncentrality);
        assert!((found - tail).abs() < AGREEMENT, "{row}: {found}");
        if tail > 0.01 && tail < 0.99 {
            let back = noncentrality_of(critical, freedom, tail);
            assert!((back - noncentrality).abs() < 1e-4, "{row}: {back}");
        }
    }
    for critical in [0.3, 2.1, 7.0] {
        let central = upper_tail(critical, 12.0, 0.0);
        let student = 0.5 * student::two_sided_p(critical, 12.0);
        assert!((central - student).abs() < 1e-10, "{central} {student}");
    }
}

#[test]
fn numbers_needed_agree_with_statsmodels() {
    for row in rows("needed") {
        let claimed = one_mean(float(&row["effect"]), float(&row["alpha"]));
        let found = claimed.needed(float(&row["power"])).expect("a number");
        // statsmodels gives a fraction of a background.
        let wanted = float(&row["n"]).ceil().max(2.0);
        assert_eq!(found as f64, wanted, "{row}");
    }
    for row in rows("powers") {
        let claimed = one_mean(float(&row["effect"]), float(&row["alpha"]));
        let found = claimed.power(float(&row["n"]));
        assert!(
            (found - float(&row["power"])).abs() < AGREEMENT,
            "{row}: {found}"
        );
    }
    for row in rows("detectable") {
        let mean = one_mean(0.0, 0.05).means[0];
        let found = mean.detectable(float(&row["n"]), 0.05, float(&row["power"]));
        let wanted = float(&row["effect"]);
        assert!(
            (found - wanted).abs() < AGREEMENT * wanted,
            "{row}: {found}"
        );
    }
    for row in rows("sds") {
        let (low, high) = sd_interval(float(&row["freedom"]), float(&row["level"]));
        for (found, key) in [(low, "low"), (high, "high")] {
            let wanted = float(&row[key]);
            assert!(
                (found - wanted).abs() < AGREEMENT * wanted,
                "{row}: {found}"
            );
        }
    }
}

#[test]
fn a_mean_on_the_other_side_needs_no_number() {
    assert_eq!(one_mean(0.0, 0.05).needed(0.8), None);
    assert_eq!(one_mean(-1.0, 0.05).needed(0.8), None);
    assert_eq!(one_mean(1e-9, 0.05).needed(0.8), None);
    let mut both = one_mean(1.0, 0.05);
    both.means.push(one_mean(-0.5, 0.05).means[0]);
    assert_eq!(both.needed(0.8), None);
    assert_eq!(both.hardest(), 1);
}

/// Supported claims in samples of the planned size, of a claim that two correlated means are greater and that a third is small.
#[test]
fn simulated_claims_have_at_least_the_power() {
    let means = [
        ([0.4, f64::NAN], 1.0),
        ([0.9, f64::NAN], 1.5),
        ([0.8, 1.2], 1.0),
    ];
    let alpha = 0.05 / 3.0;
    let claimed = ClaimedMeans {
        means: means
            .iter()
            .map(|(distances, sd)| ClaimedMean {
                skewness: [0.0, 0.0],
                distances: distances.map(|d| (!d.is_nan()).then_some(d)),
                sd: *sd,
                freedom_per_unit: 1.0,
            })
            .collect(),
        alpha,
    };
    let n = claimed.needed(0.8).expect("a number") as usize;
    assert!(claimed.power(n as f64) >= 0.8 && claimed.power(n as f64 - 1.0) < 0.8);
    let critical = student::critical_value(alpha, n as f64 - 1.0);
    let mut rng: rand_chacha::ChaCha12Rng = rand::SeedableRng::seed_from_u64(5);
    let normal = Normal::new(0.0, 1.0).expect("a distribution");
    let runs = 4000;
    let mut supported = 0;
    for _ in 0..runs {
        let shared: Vec<f64> = (0..n).map(|_| normal.sample(&mut rng)).collect();
        supported += usize::from(means.iter().all(|([near, far], sd)| {
            let values: Vec<f64> = shared
                .iter()
                .map(|x| sd * (0.6 * x + 0.8 * normal.sample(&mut rng)))
                .collect();
            let found = gia_stats::Moments::of(&values);
            let half = critical * found.sd().expect("a spread") / (n as f64).sqrt();
            near + found.mean - half > 0.0 && (far.is_nan() || far - found.mean - half > 0.0)
        }));
    }
    let share = supported as f64 / f64::from(runs);
    // Three standard errors of the share; the bound for several means is not far from the truth.
    assert!(share > 0.8 - 0.02 && share < 0.8 + 0.08, "{share} with {n}");
}

/// A claim about the mean of log-normal differences, whose hull reaches farther down than Student's interval if they are skewed to the left.
#[test]
fn skewed_differences_need_as_many_as_their_hull_asks_for() {
    // Minus a log-normal number, about its mean: skewness -1.75 at a spread of 0.5 of the logarithm.
    let spread: f64 = 0.5;
    let mean = (spread * spread / 2.0).exp();
    let sd = mean * ((spread * spread).exp() - 1.0).sqrt();
    let skewness = -((spread * spread).exp() + 2.0) * ((spread * spread).exp() - 1.0).sqrt();
    let distance = 0.5 * sd;
    let claimed = |skewness: f64| ClaimedMeans {
        means: vec![ClaimedMean {
            distances: [Some(distance), None],
            skewness: [skewness, 0.0],
            sd,
            freedom_per_unit: 1.0,
        }],
        alpha: 0.05,
    };
    let needed = |skewness: f64| claimed(skewness).needed(0.8).expect("a number");
    assert!(needed(skewness) > needed(0.0) && needed(-skewness) == needed(0.0));
    let n = needed(skewness) as usize;
    let mut rng: rand_chacha::ChaCha12Rng = rand::SeedableRng::seed_from_u64(6);
    let normal = Normal::new(0.0, spread).expect("a distribution");
    let runs = 4000;
    let mut supported = 0;
    for _ in 0..runs {
        let values: Vec<f64> = (0..n)
            .map(|_| distance + mean - normal.sample(&mut rng).exp())
            .collect();
        let estimate = gia_stats::Estimate::of(&values, None);
        let critical = student::critical_value(0.05, estimate.freedom);
        let low = estimate.interval(critical).map(|(low, _)| low);
        supported += usize::from(low.is_some_and(|low| low > 0.0));
    }
    let power = supported as f64 / f64::from(runs);
    assert!((0.72..0.9).contains(&power), "{n}: {power}");
}
