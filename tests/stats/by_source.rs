//! Summaries and evaluations of numbers that come in clusters, against NumPy, SciPy and statsmodels (`by_source.py`).

use gia_domain::Clusters;
use gia_stats::ClusterDesign;
use gia_stats::evaluate::{Agreement, RankedScores, fit_calibration, pearson_with_interval};
use gia_stats::summaries::{
    SummaryEstimate, bootstrap, effect_size, fraction_positive, median, sign_flip, wilcoxon,
};
use serde_json::Value;

use super::trial::Normal;
use super::{close, float, floats};

fn oracle(key: &str) -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("by_source.json")).expect("the oracle is JSON");
    all[key].as_array().expect("cases").clone()
}

pub fn design(ids: &[u32]) -> ClusterDesign {
    ClusterDesign::new(Clusters::new(ids.to_vec()).expect("a cluster of several"))
}

fn ids(value: &Value) -> Vec<u32> {
    floats(value).iter().map(|id| *id as u32).collect()
}

/// The samples with their design; those in which each number is a cluster have none.
fn samples() -> Vec<(String, Vec<f64>, ClusterDesign, Value)> {
    let samples = oracle("samples");
    assert!(samples.len() >= 20);
    let samples = samples.into_iter().map(|sample| {
        let name = sample["name"].as_str().expect("a name").to_string();
        let design = design(&ids(&sample["ids"]));
        (name, floats(&sample["values"]), design, sample)
    });
    samples.collect()
}

#[track_caller]
fn compare_ends(found: Option<(f64, f64)>, wanted: &Value, what: &str) -> usize {
    match (found, wanted.as_array()) {
        (Some((low, high)), Some(ends)) => {
            close(low, float(&ends[0]), 10.0, what);
            close(high, float(&ends[1]), 10.0, what);
            1
        }
        (None, None) => 0,
        other => panic!("{what}: {other:?}"),
    }
}

#[test]
fn summaries_by_source_agree_with_their_definitions() {
    type Summary = fn(&[f64], f64, Option<&ClusterDesign>) -> SummaryEstimate;
    let summaries: [(&str, Summary); 5] = [
        ("share", fraction_positive::fraction_positive),
        ("median", median::median),
        ("lower_quartile", median::lower_quartile),
        ("upper_quartile", median::upper_quartile),
        ("size", effect_size::standardised_effect_size),
    ];
    for (key, summary) in summaries {
        let mut compared = 0;
        for (name, values, design, sample) in samples() {
            let wanted = &sample[key];
            if wanted.is_null() {
                continue;
            }
            for interval in wanted["intervals"].as_array().expect("intervals") {
                let what = format!("{key} of {name} at {}", interval[0]);
                let found = summary(&values, float(&interval[0]), Some(&design));
                let value = found.value.expect("a value");
                close(value, float(&wanted["value"]), 10.0, &what);
                compared += compare_ends(found.interval, &interval[1], &what);
                assert_eq!(found.p, None);
            }
        }
        assert!(compared >= 25, "{key}: {compared}");
    }
}

#[test]
fn sign_tests_by_source_agree_with_all_patterns() {
    let (mut exact, mut drawn) = (0, 0);
    for (name, values, design, sample) in samples() {
        let found = wilcoxon::wilcoxon_signed_rank(&values, 0.95, Some(&design));
        assert_eq!(found.interval, None, "{name}");
        match sample["wilcoxon"].as_f64() {
            Some(wanted) => close(found.p.expect("a p"), wanted, 0.0, &name),
            None => assert_eq!(found.p, None, "{name}"),
        }
        let p = sign_flip::sign_flip_test(&values, 5, Some(&design)).p;
        match sample["permutation"].as_f64() {
            Some(wanted) => {
                close(p.expect("a p"), wanted, 0.0, &name);
                exact += 1;
            }
            None => {
                assert!(p.is_some_and(|p| p >= 1e-4), "{name}");
                drawn += 1;
            }
        }
    }
    assert!(exact >= 12 && drawn >= 3, "{exact} {drawn}");
}

#[test]
fn accelerated_intervals_leave_out_whole_sources() {
    let mut compared = 0;
    for (name, values, design, sample) in samples() {
        let Some(intervals) = sample["bootstrap"]["intervals"].as_array() else {
            continue;
        };
        let means = floats(&sample["bootstrap"]["means"]);
        for interval in intervals {
            let level = float(&interval[0]);
            let found = bootstrap::bca_interval(&values, &means, level, Some(&design));
            compared += compare_ends(found, &interval[1], &name);
        }
    }
    assert!(compared >= 20, "{compared}");
}

/// Eight copies of each number say what the numbers say, though not all numbers: those of a sample as large as the copies are few.
#[test]
fn copies_add_nothing() {
    let values: Vec<f64> = Normal::new(3).take(40).iter().map(|z| z + 0.2).collect();
    let copies: Vec<f64> = values.iter().flat_map(|x| [*x; 8]).collect();
    let of: Vec<u32> = (0..40).flat_map(|i| [i; 8]).collect();
    let design = design(&of);
    let share = |values: &[f64], design| {
        let found = fraction_positive::fraction_positive(values, 0.95, design);
        found.interval.expect("an interval")
    };
    let (one, eight) = (share(&values, None), share(&copies, Some(&design)));
    // Student's quantile at 39 degrees of freedom is 3 % larger than the normal one, and 39 for 40 is 1 %.
    let width = |(low, high): (f64, f64)| high - low;
    assert!(
        (0.95..1.1).contains(&(width(eight) / width(one))),
        "{one:?} {eight:?}"
    );
    let p = |values: &[f64], design| sign_flip::sign_flip_test(values, 1, design).p.expect("a p");
    // Sums of eight equal numbers have the signs of one.
    assert_eq!(p(&values, None), p(&copies, Some(&design)));
    let bootstrap = |values: &[f64], design| {
        let found = bootstrap::bootstrap_mean(values, 0.95, 7, design);
        found.interval.expect("an interval")
    };
    let (one, eight) = (bootstrap(&values, None), bootstrap(&copies, Some(&design)));
    assert!((one.0 - eight.0).abs() < 1e-12 && (one.1 - eight.1).abs() < 1e-12);
    let signed_ranks = |design| wilcoxon::wilcoxon_signed_rank(&copies, 0.95, design).p;
    let (wrong, right) = (
        signed_ranks(None).unwrap(),
        signed_ranks(Some(&design)).unwrap(),
    );
    let alone = wilcoxon::wilcoxon_signed_rank(&values, 0.95, None)
        .p
        .unwrap();
    assert!(wrong < 1e-6 * right, "{wrong} {right}");
    assert!((right - alone).abs() < 0.01, "{right} {alone}");
}

#[test]
fn a_single_source_has_no_interval() {
    let values = [1.0, 2.0, 4.0];
    let one = design(&[0, 0, 0]);
    let design = Some(&one);
    assert_eq!(median::median(&values, 0.95, design).interval, None);
    assert_eq!(
        fraction_positive::fraction_positive(&values, 0.95, design).interval,
        None
    );
    assert_eq!(
        effect_size::standardised_effect_size(&values, 0.95, design).interval,
        None
    );
    assert_eq!(
        bootstrap::bootstrap_mean(&values, 0.95, 1, design).interval,
        None
    );
    assert_eq!(sign_flip::sign_flip_test(&values, 1, design).p, Some(1.0));
    assert_eq!(
        wilcoxon::wilcoxon_signed_rank(&values, 0.95, design).p,
        Some(1.0)
    );
    let (value, ends) = Agreement::Pearson.with_clustered_interval(&values, &values, 0.95, 1, &one);
    assert!((value.unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(ends, None);
}

#[test]
fn areas_by_source_agree_with_obuchowski_and_statsmodels() {
    let cases = oracle("classes");
    let mut compared = 0;
    for case in &cases {
        let name = case["name"].as_str().expect("a name");
        let (positives, negatives) = (floats(&case["positives"]), floats(&case["negatives"]));
        let ids = ids(&case["ids"]);
        let ranked = RankedScores::new(&positives, &negatives);
        let labels = positives.iter().map(|x| (*x, 1.0));
        let all: Vec<(f64, f64)> = labels.chain(negatives.iter().map(|x| (*x, 0.0))).collect();
        let design = design(&ids);
        let (value, ends) = ranked.clustered_auroc(0.95, &design);
        close(value, float(&case["auroc"]), 1.0, name);
        compared += compare_ends(ends, &case["ends"], name);
        let fitted = fit_calibration(&all, 0.95, Some(&design)).expect("a fit");
        for (of, wanted) in [fitted.intercept, fitted.slope]
            .iter()
            .zip(case["calibration"].as_array().expect("two"))
        {
            for (number, wanted) in [of.0, of.1, of.2].iter().zip(floats(wanted)) {
                close(*number, wanted, 100.0, name);
            }
        }
        let (precision, ends) = ranked.average_precision(0.95, 3, Some(&design));
        assert_eq!(precision, ranked.average_precision(0.95, 3, None).0);
        // One has a class of a single source.
        assert_eq!(ends.is_none(), case["ends"].is_null(), "{name}");
        assert!(ends.is_none_or(|(low, high)| low < high), "{name}");
    }
    assert!(cases.len() == 4 && compared == 3);
}

/// Of correlated pairs that are stored eight times, whole sources give the interval of the pairs, and pairs a far too short one.
#[test]
fn correlations_are_resampled_by_source() {
    let mut normal = Normal::new(8);
    let (a, own) = (normal.take(60), normal.take(60));
    let b: Vec<f64> = a.iter().zip(&own).map(|(a, z)| 0.5 * a + z).collect();
    let copies = |x: &[f64]| -> Vec<f64> { x.iter().flat_map(|x| [*x; 8]).collect() };
    let of: Vec<u32> = (0..60).flat_map(|i| [i; 8]).collect();
    let design = design(&of);
    let alone = pearson_with_interval(&a, &b, 0.95).1.expect("an interval");
    for agreement in [Agreement::Pearson, Agreement::Spearman, Agreement::RSquared] {
        let (value, ends) =
            agreement.with_clustered_interval(&copies(&a), &copies(&b), 0.95, 4, &design);
        let (low, high) = ends.expect("an interval");
        assert!(low < value.unwrap() && value.unwrap() < high);
        if agreement == Agreement::Pearson {
            let ratio = (high - low) / (alone.1 - alone.0);
            assert!((0.8..1.2).contains(&ratio), "{ratio}");
        }
    }
}

/// Half of the variance is between sources; of a share, a median and a size the intervals hold the truth about as often as they say.
#[test]
fn intervals_by_source_hold_the_truth_as_often_as_they_say() {
    let replicates = 400;
    let mut held = [0; 3];
    for replicate in 0..replicates {
        let mut normal = Normal::new(60_000 + replicate);
        let (mut values, mut of) = (Vec::new(), Vec::new());
        for source in 0..40 {
            let common = normal.next();
            for _ in 0..1 + source % 9 {
                values.push(1.0 + common + normal.next());
                of.push(source);
            }
        }
        let design = design(&of);
        let design = Some(&design);
        // Normal numbers about 1 with variance 2: the share above 0 is the normal probability below 1 / sqrt(2).
        let intervals = [
            (
                fraction_positive::fraction_positive(&values, 0.95, design),
                0.760_249_938_906_523_6,
            ),
            (median::median(&values, 0.95, design), 1.0),
            (
                effect_size::standardised_effect_size(&values, 0.95, design),
                0.5f64.sqrt(),
            ),
        ];
        for (held, (found, truth)) in held.iter_mut().zip(intervals) {
            let (low, high) = found.interval.expect("an interval");
            *held += usize::from(low <= truth && truth <= high);
        }
    }
    for held in held {
        let share = held as f64 / replicates as f64;
        assert!((0.92..=0.985).contains(&share), "{share}");
    }
}
