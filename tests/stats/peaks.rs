//! Where a curve has its peak: how often the tests are wrong, and how often they find it.

use gia_design::{ClaimKind, CurveStatistic, CurveSummary, IntervalMethod, Relation};
use gia_domain::Clusters;
use gia_stats::curve_summary::{
    ContrastCurve, PeakTests, Periodogram, fit_half_distance, fit_slope,
};
use gia_stats::{ClusterDesign, Estimate, analyse, student};
use gia_study::{Claim, CurveEstimate, Verdict};
use rayon::prelude::*;
use std::sync::Arc;

use super::trial::{Normal, Trial};

/// Curves of normal noise about some means; the mean of n backgrounds has variance 1 / n. With clusters, a source adds noise of its own
/// to all of its backgrounds.
pub fn curve(means: &[f64], n: usize, clusters: Option<usize>, seed: u64) -> ContrastCurve {
    let mut normal = Normal::new(seed);
    let ids: Option<Vec<u32>> = clusters.map(|count| (0..n).map(|i| (i % count) as u32).collect());
    let scale = |count: usize| {
        let variance = 0.25 / n as f64 + 1.0 / count as f64;
        (n as f64 * variance).sqrt().recip()
    };
    let scale = clusters.map_or(1.0, scale);
    let values = means.iter().map(|mean| {
        let own = normal.take(n);
        match &ids {
            None => own.iter().map(|z| mean + z).collect(),
            Some(ids) => {
                let common = normal.take(clusters.unwrap_or(1));
                let pairs = own.iter().zip(ids);
                pairs
                    .map(|(z, id)| mean + scale * (0.5 * z + common[*id as usize]))
                    .collect()
            }
        }
    });
    ContrastCurve {
        x: (0..means.len()).map(|i| i as f64).collect(),
        values: values.collect(),
        design: ids
            .and_then(Clusters::new)
            .map(|of| Arc::new(ClusterDesign::new(of))),
    }
}

fn varies(_: usize, _: usize) -> bool {
    false
}

fn tests(line: &ContrastCurve, seed: u64) -> PeakTests<'_> {
    PeakTests::new(line, 0.95, seed, IntervalMethod::Hull, &varies)
}

/// The shares of replicates in which a peak within bounds is supported, in which it is refuted, and in which the confidence set holds the
/// place with the greatest mean.
pub fn rates(
    means: &[f64],
    inside: &[usize],
    clusters: Option<usize>,
    replicates: u64,
) -> [f64; 3] {
    let outside: Vec<usize> = (0..means.len()).filter(|k| !inside.contains(k)).collect();
    let greatest = means.iter().fold(f64::NEG_INFINITY, |most, x| most.max(*x));
    let true_peak = means.iter().position(|x| *x == greatest).expect("a mean");
    let found: Vec<[bool; 3]> = (0..replicates)
        .into_par_iter()
        .map(|seed| {
            let line = curve(means, 200, clusters, 40_000 + seed);
            let tests = tests(&line, seed);
            [
                tests.compare_all(&outside, inside).all_beaten,
                tests.compare_all(inside, &outside).all_beaten,
                tests.confidence_set().contains(&true_peak),
            ]
        })
        .collect();
    [0, 1, 2].map(|k| found.iter().filter(|f| f[k]).count() as f64 / replicates as f64)
}

/// Thirteen places, of which the middle one inside or the last one is higher by some standard errors of a difference.
pub fn means(inside: &[usize], at: Option<usize>, advantage: f64) -> Vec<f64> {
    let mut means = vec![0.0; 13];
    means[at.unwrap_or(inside[inside.len() / 2])] = advantage * (2.0f64 / 200.0).sqrt();
    means
}

#[test]
fn a_flat_curve_has_its_peak_within_bounds_no_more_often_than_the_level_says() {
    // 300 replicates: three standard errors above 5 %.
    let most = 0.05 + 3.0 * (0.05f64 * 0.95 / 300.0).sqrt();
    for clusters in [None, Some(40)] {
        for inside in [(0..12).collect::<Vec<_>>(), (4..9).collect()] {
            let [supported, refuted, held] = rates(&[0.0; 13], &inside, clusters, 300);
            assert!(
                supported <= most && refuted <= most,
                "{supported} {refuted}"
            );
            assert!(held >= 1.0 - most, "{held}");
            // The last place is the peak by half a standard error.
            let [supported, _, held] =
                rates(&means(&inside, Some(12), 0.5), &inside, clusters, 300);
            assert!(
                supported <= most && held >= 1.0 - most,
                "{supported} {held}"
            );
        }
    }
}

#[test]
fn a_peak_that_is_there_is_found() {
    for inside in [(0..12).collect::<Vec<_>>(), (4..9).collect()] {
        let [supported, refuted, held] = rates(&means(&inside, None, 6.0), &inside, None, 200);
        assert!(
            supported >= 0.95 && refuted == 0.0 && held >= 0.93,
            "{supported} {refuted} {held}"
        );
    }
    // A peak outside refutes.
    let inside: Vec<usize> = (4..9).collect();
    let [supported, refuted, _] = rates(&means(&inside, Some(12), 6.0), &inside, None, 200);
    assert!(supported == 0.0 && refuted >= 0.95, "{supported} {refuted}");
}

/// With one rival the test is the one-sided paired t test.
#[test]
fn two_places_are_compared_by_a_paired_t() {
    for seed in 0..40 {
        let line = curve(&[0.0, 0.12], 80, None, seed);
        let tests = PeakTests::new(&line, 0.95, seed, IntervalMethod::Student, &varies);
        let found = tests.strongest_rival(0, &[1]).expect("a comparison");
        let differences: Vec<f64> = line.values[1]
            .iter()
            .zip(&line.values[0])
            .map(|(a, b)| a - b)
            .collect();
        let estimate = Estimate::of(&differences, None);
        let t = estimate.mean / estimate.se.expect("a spread");
        assert!((found.t - t).abs() < 1e-12, "{} {t}", found.t);
        let critical = student::critical_value(0.1, 79.0);
        assert!((tests.critical(0, &[1]) - critical).abs() < 1e-12);
        assert_eq!(tests.beats(&found, &[1]), t > critical);
    }
}

/// The critical value of many independent rivals is near Bonferroni's, that of equal ones is Student's.
#[test]
fn critical_values_lie_between_students_and_bonferronis() {
    let line = curve(&[0.0; 13], 200, None, 1);
    let rivals: Vec<usize> = (1..13).collect();
    let one = student::critical_value(0.1, 199.0);
    let twelve = student::critical_value(0.1 / 12.0, 199.0);
    let critical = tests(&line, 1).critical(0, &rivals);
    assert!(one + 0.4 < critical && critical < twelve, "{critical}");
    let alike = ContrastCurve {
        values: (0..13)
            .map(|k| line.values[usize::from(k > 0)].clone())
            .collect(),
        ..line
    };
    let critical = tests(&alike, 1).critical(0, &rivals);
    assert!((one..one + 0.12).contains(&critical), "{critical}");
}

/// The lower end of a difference lies above zero where its t exceeds the critical value, with and without the adjustment for skew.
#[test]
fn lower_ends_agree_with_their_tests() {
    let mut line = curve(&[0.0, 0.3], 60, None, 11);
    for x in &mut line.values[1] {
        *x = (1.2 * *x).exp();
    }
    for method in [IntervalMethod::Hull, IntervalMethod::Student] {
        let tests = PeakTests::new(&line, 0.95, 1, method, &varies);
        let found = tests.strongest_rival(0, &[1]).expect("a comparison");
        for critical in [
            0.5 * found.t,
            0.999 * found.t,
            1.001 * found.t,
            2.0 * found.t,
        ] {
            let low = tests.lower_end(&found, critical);
            assert_eq!(low > 0.0, found.t > critical, "{method:?} {critical} {low}");
        }
    }
}

#[test]
fn a_single_source_finds_no_peak() {
    let mut line = curve(&[0.0, 9.0, 0.0], 12, None, 3);
    line.design = Clusters::new(vec![0; 12]).map(|of| Arc::new(ClusterDesign::new(of)));
    assert_eq!(tests(&line, 1).confidence_set(), [0, 1, 2]);
    let one = curve(&[0.0, 9.0, 0.0], 1, None, 3);
    assert_eq!(tests(&one, 1).confidence_set(), [0, 1, 2]);
    let two = curve(&[0.0, 900.0, 0.0], 2, None, 3);
    assert_eq!(tests(&two, 1).confidence_set(), [1]);
}

fn claim(values: Vec<Vec<f32>>, inside: &[bool]) -> Claim {
    let n = values[0].len();
    let values = values
        .into_iter()
        .map(|of| vec![vec![0.0; n], of])
        .collect();
    let mut trial = Trial::simple(values).claim(Relation::Greater, 0.0);
    trial.claims[0].kind = ClaimKind::Peak {
        axis: 0,
        allowed: inside.to_vec(),
    };
    let (plan, outcomes) = trial.build();
    analyse(&plan, &outcomes).expect("an analysis")[0].claims[0].clone()
}

#[test]
fn claims_say_which_place_decides() {
    let of = |means: &[f64], n| -> Vec<Vec<f32>> {
        let line = curve(means, n, None, 9);
        line.values
            .iter()
            .map(|v| v.iter().map(|x| *x as f32).collect())
            .collect()
    };
    let inside = [false, true, true, false];
    let found = claim(of(&[0.0, 1.0, 0.0, 0.2], 100), &inside);
    assert_eq!(found.verdict, Verdict::Supported, "{}", found.reason);
    let low = found.deciding.low.expect("a lower end");
    assert!(0.0 < low && low < found.deciding.mean);
    let words = "each of the 2 places outside the bounds has a smaller mean than some place within";
    assert!(found.reason.contains(words), "{}", found.reason);
    let found = claim(of(&[0.0, 0.1, 0.0, 1.0], 100), &inside);
    assert_eq!(found.verdict, Verdict::Refuted, "{}", found.reason);
    let found = claim(of(&[0.0, 0.0, 0.0, 0.0], 100), &inside);
    assert_eq!(found.verdict, Verdict::Undecided, "{}", found.reason);
    // One background, and differences that are the same for all backgrounds, decide nothing.
    for n in [1, 50] {
        let equal = [0.0, 3.0, 0.0, 1.0].map(|mean| vec![mean; n]).to_vec();
        let found = claim(equal, &inside);
        assert_eq!(found.verdict, Verdict::Undecided, "{n}: {}", found.reason);
    }
}

/// Each background stored eight times says as much of a curve as once, by every way of telling.
#[test]
fn copies_of_backgrounds_add_nothing_to_a_curve() {
    let alone = curve(&[1.6, 1.1, 0.8, 0.6, 0.4, 0.3, 0.2, 0.1, 0.1], 40, None, 6);
    let copies = ContrastCurve {
        values: alone
            .values
            .iter()
            .map(|values| values.iter().flat_map(|x| [*x; 8]).collect())
            .collect(),
        design: Clusters::new((0..320).map(|i| i / 8).collect())
            .map(|of| Arc::new(ClusterDesign::new(of))),
        ..alone.clone()
    };
    for (a, b) in alone
        .bootstrap_means(3)
        .iter()
        .zip(copies.bootstrap_means(3))
    {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12));
    }
    let sets = [&alone, &copies].map(|line| tests(line, 1).confidence_set());
    assert_eq!(sets[0], sets[1]);
    assert!(sets[0].len() < 9, "{:?}", sets[0]);
    let periods = [&alone, &copies].map(|line| {
        Periodogram::new(line)
            .strongest_period(line, 0.95, 1)
            .expect("a period")
    });
    assert_eq!(periods[0].p, periods[1].p);
    let fits = [&alone, &copies].map(|line| fit_half_distance(line, 0.95, 1).expect("a fit"));
    // A least sum of squares is flat around its place: half of the digits are left.
    assert!((fits[0].low / fits[1].low - 1.0).abs() < 1e-6, "{fits:?}");
    assert!(
        (fits[0].plateau.1 - fits[1].plateau.1).abs() < 1e-6,
        "{fits:?}"
    );
    let errors = [&alone, &copies].map(|line| fit_slope(line).slope.se.expect("a spread"));
    assert!((errors[0] - errors[1]).abs() < 1e-12, "{errors:?}");
}

/// The curve summaries of a contrast, at gaps of 0, 2, 4, ... bp.
fn summaries(values: Vec<Vec<f32>>, statistics: &[CurveStatistic]) -> Vec<CurveEstimate> {
    let n = values[0].len();
    let values = values
        .into_iter()
        .map(|of| vec![vec![0.0; n], of])
        .collect();
    let mut trial = Trial::simple(values);
    trial.curves = statistics
        .iter()
        .map(|&statistic| CurveSummary { statistic, axis: 0 })
        .collect();
    let (plan, outcomes) = trial.build();
    analyse(&plan, &outcomes).expect("an analysis")[0]
        .curves
        .clone()
}

#[test]
fn reports_say_what_cannot_be_excluded() {
    let statistics = [CurveStatistic::Peak, CurveStatistic::Period];
    let of = |mean: fn(f64) -> f64, n: usize| -> Vec<Vec<f32>> {
        let means: Vec<f64> = (0..24).map(|i| mean(f64::from(i))).collect();
        let line = curve(&means, n, None, 21);
        line.values
            .iter()
            .map(|v| v.iter().map(|x| *x as f32).collect())
            .collect()
    };
    let found = summaries(of(|x| 3.0 * f64::from(x == 5.0), 60), &statistics);
    let note = |k: usize| found[k].note.clone().expect("a note");
    assert_eq!(
        (found[0].value, found[0].low, found[0].high),
        (Some(10.0), Some(10.0), Some(10.0))
    );
    assert_eq!(note(0), "every other value has a smaller mean");
    // A wave of 20 places has its greatest power at the longest period of the search: half of the axis.
    let found = summaries(of(|x| 3.0 * (x / 3.2).sin(), 60), &statistics);
    assert_eq!(found[1].value, None);
    let note = found[1].note.clone().expect("a note");
    assert!(
        note.contains("at the end of the range searched (4.000 to 23.00 bp)"),
        "{note}"
    );
    // Without noise there is a period, but neither p nor interval, and no place of the peak is excluded.
    let alike: Vec<Vec<f32>> = (0..24).map(|x| vec![(x as f32).sin(); 60]).collect();
    let found = summaries(alike, &statistics);
    assert_eq!((found[0].low, found[0].high), (Some(0.0), Some(46.0)));
    assert!(
        found[1]
            .value
            .is_some_and(|period| (period - 2.0 * std::f64::consts::TAU).abs() < 0.2)
    );
    assert_eq!((found[1].low, found[1].high), (None, None));
    let note = found[1].note.clone().expect("a note");
    assert!(note.contains("no p and no interval"), "{note}");
}
