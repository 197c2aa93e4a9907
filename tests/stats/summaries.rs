//! Summaries beside the mean, against SciPy and statsmodels.

use gia_stats::ClusterDesign;
use gia_stats::summaries::SummaryEstimate;
use gia_stats::summaries::{
    bootstrap, effect_size, fraction_positive, median, sign_flip, wilcoxon,
};
use serde_json::Value;

use super::trial::Normal;
use super::{close, float, floats};

fn samples() -> Vec<(String, Vec<f64>, Value)> {
    let all: Value =
        serde_json::from_str(include_str!("summaries.json")).expect("the oracle is JSON");
    let samples = all["samples"].as_array().expect("samples");
    assert!(samples.len() >= 15);
    samples
        .iter()
        .map(|s| {
            let name = s["name"].as_str().expect("a name").to_string();
            (name, floats(&s["values"]), s.clone())
        })
        .collect()
}

type Summary = fn(&[f64], f64, Option<&ClusterDesign>) -> SummaryEstimate;

/// The value and the intervals at every level that the oracle has.
fn agrees(of: Summary, key: &str) {
    let mut compared = 0;
    for (name, values, sample) in samples() {
        let wanted = &sample[key];
        if wanted.is_null() {
            continue;
        }
        let size = values.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let scale = if key == "share" { 1.0 } else { size };
        for interval in wanted["intervals"].as_array().expect("intervals") {
            let found = of(&values, float(&interval[0]), None);
            let what = format!("{key} of {name} at {}", interval[0]);
            close(
                found.value.expect("a value"),
                float(&wanted["value"]),
                scale,
                &what,
            );
            match (found.interval, interval[1].as_array()) {
                (None, None) => {}
                (Some((low, high)), Some(ends)) => {
                    close(low, float(&ends[0]), scale, &what);
                    close(high, float(&ends[1]), scale, &what);
                }
                other => panic!("{what}: {other:?}"),
            }
            compared += 1;
        }
    }
    assert!(compared > 30, "{key}: {compared}");
}

#[test]
fn medians_agree_with_scipy() {
    agrees(median::median, "median");
}

#[test]
fn quartiles_agree_with_scipy() {
    agrees(median::lower_quartile, "lower_quartile");
    agrees(median::upper_quartile, "upper_quartile");
}

#[test]
fn shares_agree_with_statsmodels() {
    agrees(fraction_positive::fraction_positive, "share");
}

#[test]
fn standardised_effects_agree_with_their_formula_in_scipy() {
    agrees(effect_size::standardised_effect_size, "size");
}

#[test]
fn centres_agree_with_all_means_of_two() {
    agrees(wilcoxon::wilcoxon_signed_rank, "wilcoxon");
}

#[test]
fn signed_ranks_agree_with_scipy() {
    for (name, values, sample) in samples() {
        let found = wilcoxon::wilcoxon_signed_rank(&values, 0.95, None).p;
        match sample["wilcoxon"]["p"].as_f64() {
            Some(wanted) => close(found.expect("a p"), wanted, 0.0, &name),
            None => assert_eq!(found, None, "{name}"),
        }
    }
}

#[test]
fn sign_flips_agree_with_scipy() {
    let (mut exact, mut drawn) = (0, 0);
    for (name, values, sample) in samples() {
        let found = sign_flip::sign_flip_test(&values, 11, None).p.expect("a p");
        if let Some(wanted) = sample["permutation"].as_f64() {
            close(found, wanted, 0.0, &name);
            exact += 1;
        } else if let Some(wanted) = sample["drawn"].as_f64() {
            let error = (wanted * (1.0 - wanted) * (1.0 / 9_999.0 + 1.0 / 200_000.0)).sqrt();
            assert!(
                (found - wanted).abs() < 4.0 * error + 2e-4,
                "{name}: {found} {wanted}"
            );
            drawn += 1;
        }
    }
    assert!(exact >= 7 && drawn >= 5, "{exact} {drawn}");
    assert_eq!(sign_flip::sign_flip_test(&[3.0], 1, None).p, Some(1.0));
}

#[test]
fn accelerated_intervals_agree_with_scipy_on_its_own_draws() {
    let mut compared = 0;
    for (name, values, sample) in samples() {
        let Some(intervals) = sample["bootstrap"]["intervals"].as_array() else {
            continue;
        };
        let means = floats(&sample["bootstrap"]["means"]);
        let scale = values.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        for interval in intervals {
            let found = bootstrap::bca_interval(&values, &means, float(&interval[0]), None);
            match (found, interval[1].as_array()) {
                (Some((low, high)), Some(ends)) => {
                    close(low, float(&ends[0]), scale, &name);
                    close(high, float(&ends[1]), scale, &name);
                    compared += 1;
                }
                (None, None) => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn draws_are_those_of_the_seed() {
    let values: Vec<f64> = (0..40).map(|i| f64::from(i % 7) - 2.0).collect();
    let of = |seed| bootstrap::bootstrap_mean(&values, 0.95, seed, None).interval;
    assert_eq!(of(3), of(3));
    assert_ne!(of(3), of(4));
    assert_eq!(
        bootstrap::bootstrap_mean(&[2.0, 2.0, 2.0], 0.95, 1, None).interval,
        None
    );
    assert_eq!(
        bootstrap::bootstrap_mean(&[2.0], 0.95, 1, None).interval,
        None
    );
}

/// The number of draws that the method names.
fn draws(found: &SummaryEstimate) -> usize {
    let words = found.method.split(' ');
    let mut numbers = words.filter_map(|word| word.replace(',', "").parse().ok());
    numbers.next().expect("a number of draws")
}

#[test]
fn a_bootstrap_draws_enough_for_its_ends() {
    let normal: Vec<f64> = Normal::new(5).take(60);
    let skewed: Vec<f64> = normal.iter().map(|z| (1.5 * z).exp()).collect();
    let of = |values: &[f64], level| bootstrap::bootstrap_mean(values, level, 1, None);
    // 0.5 % of 2,000 draws lie beyond either end of a 99 % interval, so 8,000 are needed for 40.
    assert!((7_900..12_000).contains(&draws(&of(&normal, 0.99))));
    let found = of(&skewed, 0.95);
    assert!(draws(&found) > 2_000, "{}", found.method);
    // Beyond 40,000 draws an end would be the most extreme of them, and there is no interval.
    let found = of(&skewed, 1.0 - 1e-6);
    assert_eq!((found.interval, draws(&found)), (None, 40_000));
}

/// Of exponential numbers with mean 1 and sd 1, whose skewness is 2 and kurtosis 9, the variance of d is (1 - 2 + 2) / n: less than the
/// 1.5 / n of normal numbers. About a mean of -1 it is 5 / n. The hull is a little wider than it need be.
#[test]
fn intervals_of_sizes_of_skewed_numbers_hold_the_truth_as_often_as_they_say() {
    for shift in [0.0, -2.0] {
        let held = (0..2000).filter(|&seed| {
            let mut normal = Normal::new(700_000 + seed);
            // Half of the sum of two squared normal numbers is exponential.
            let values: Vec<f64> = (0..1000)
                .map(|_| 0.5 * (normal.next().powi(2) + normal.next().powi(2)) + shift)
                .collect();
            let found = effect_size::standardised_effect_size(&values, 0.95, None);
            let (low, high) = found.interval.expect("an interval");
            (low..=high).contains(&(1.0 + shift))
        });
        let share = held.count() as f64 / 2000.0;
        assert!((0.94..=0.965).contains(&share), "{shift}: {share}");
    }
}

#[test]
fn a_bootstrap_of_few_numbers_says_that_it_is_too_short() {
    let values: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17)).collect();
    let method = |n: usize| bootstrap::bootstrap_mean(&values[..n], 0.95, 1, None).method;
    assert!(
        method(39).ends_with("; too short with fewer than 40 backgrounds"),
        "{}",
        method(39)
    );
    assert!(method(40).ends_with("draws"), "{}", method(40));
}

#[test]
fn a_size_of_few_sources_says_that_it_can_be_too_short() {
    let design = |sources: u32| {
        let ids = (0..2 * sources).map(|i| i % sources).collect();
        gia_stats::ClusterDesign::new(gia_domain::Clusters::new(ids).expect("clusters"))
    };
    let values: Vec<f64> = (0..80).map(|i| 10.0 + f64::from(i * i % 17)).collect();
    let method = |sources: u32| {
        let values = &values[..2 * sources as usize];
        effect_size::standardised_effect_size(values, 0.95, Some(&design(sources))).method
    };
    assert!(method(39).ends_with("too short for large effects with fewer than 40 sources"));
    assert!(method(40).ends_with("by source"));
}
