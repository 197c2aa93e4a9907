//! Verdicts and their reasons.

use gia_design::Relation;
use gia_stats::{
    ClaimAssertion, Estimate, Judgement, SimultaneousMethod, ThresholdedEstimate,
    judge as judge_claim,
};
use gia_study::Verdict;
use proptest::prelude::*;

use super::trial::Normal;

fn point(n: usize, mean: f64, sd: f64, threshold: f64) -> ThresholdedEstimate {
    let spread = (n >= 2).then_some(sd);
    ThresholdedEstimate {
        estimate: Estimate {
            n,
            sources: n,
            mean,
            sd: spread,
            se: spread.map(|sd| sd / (n as f64).sqrt()),
            freedom: n.saturating_sub(1) as f64,
            skewness: 0.0,
            few_may_decide: false,
            unlike: if sd == 0.0 { 0 } else { n.saturating_sub(1) },
            interval_method: gia_design::IntervalMethod::Hull,
            is_fixed: false,
            rounding_bound: None,
        },
        threshold,
    }
}

fn claimed(relation: Relation) -> ClaimAssertion {
    ClaimAssertion {
        relation,
        is_absolute: false,
        level: 0.95,
        distinct_estimates: 1,
        simultaneous_method: SimultaneousMethod::Bonferroni,
    }
}

/// A claim over points that are all different.
fn over(claimed: ClaimAssertion, points: &[ThresholdedEstimate]) -> ClaimAssertion {
    ClaimAssertion {
        distinct_estimates: points.len(),
        ..claimed
    }
}

fn judge(relation: Relation, points: &[ThresholdedEstimate]) -> Judgement {
    judge_claim(over(claimed(relation), points), points)
}

fn reason(relation: Relation, points: &[ThresholdedEstimate]) -> (Verdict, String) {
    explained(claimed(relation), points)
}

fn explained(claimed: ClaimAssertion, points: &[ThresholdedEstimate]) -> (Verdict, String) {
    let claimed = over(claimed, points);
    let judgement = judge_claim(claimed, points);
    let place = format!("gap = {} bp", 2 * judgement.deciding);
    let threshold = points[judgement.deciding].threshold;
    (
        judgement.verdict,
        judgement.reason(claimed, threshold, &place),
    )
}

#[test]
fn every_point_must_lie_on_the_claimed_side() {
    let points = [
        point(100, 0.9, 1.0, 0.0),
        point(100, 0.5, 1.0, 0.0),
        point(100, 0.7, 1.0, 0.0),
    ];
    let (verdict, reason) = reason(Relation::Greater, &points);
    assert_eq!(verdict, Verdict::Supported);
    // 2.4347... is Student's 1 - 0.05 / 6 quantile at 99 degrees of freedom, from scipy.stats.t.ppf.
    assert_eq!(
        reason,
        "at all 3 grid points the 95 % interval, simultaneous over them, lies above 0; the nearest, at gap = 2 bp, \
         is [0.26, 0.74]"
    );
}

#[test]
fn one_point_on_the_other_side_refutes() {
    let points = [
        point(100, 0.9, 1.0, 0.0),
        point(100, -0.5, 1.0, 0.0),
        point(100, 0.1, 1.0, 0.0),
    ];
    let (verdict, reason) = reason(Relation::Greater, &points);
    assert_eq!(verdict, Verdict::Refuted);
    assert_eq!(
        reason,
        "at gap = 2 bp the 95 % interval, simultaneous over 3 grid points, is [-0.74, -0.26], below 0"
    );
}

#[test]
fn the_undecided_say_how_many_backgrounds_would_settle_them() {
    let points = [point(100, 0.9, 1.0, 0.0), point(100, 0.1, 1.0, 0.0)];
    let (verdict, right) = reason(Relation::Greater, &points);
    assert_eq!(verdict, Verdict::Undecided);
    // Half-width 0.2276 from scipy.stats.t.ppf(1 - 0.05 / 4, 99) / 10: 100 (0.2276 / 0.1)^2 = 518.
    assert_eq!(
        right,
        "at gap = 2 bp the 95 % interval, simultaneous over 2 grid points, is [-0.13, 0.33], which contains 0; about 520 \
         backgrounds would decide it if the estimate stayed at 0.100"
    );
    let (verdict, wrong) = reason(Relation::Greater, &[point(100, -0.1, 1.0, 0.0)]);
    assert_eq!(verdict, Verdict::Undecided);
    assert_eq!(
        wrong,
        "at gap = 0 bp the 95 % interval is [-0.30, 0.10], which contains 0; the estimate -0.100 is on the other side, and \
         about 400 backgrounds would refute the claim if it stayed there"
    );
    let (_, none) = reason(Relation::Greater, &[point(100, 0.5, 1.0, 0.5)]);
    assert!(
        none.ends_with(
            "the estimate 0.500 is too close to 0.5 to say how many backgrounds would decide it"
        ),
        "{none}"
    );
}

#[test]
fn a_point_on_the_wrong_side_is_the_one_to_settle() {
    let points = [
        point(100, 0.1, 1.0, 0.0),
        point(100, -0.05, 1.0, 0.0),
        point(100, -0.15, 1.0, 0.0),
    ];
    let judgement = judge(Relation::Greater, &points);
    assert_eq!(
        (judgement.verdict, judgement.deciding),
        (Verdict::Undecided, 2)
    );
}

#[test]
fn the_number_advised_is_about_enough() {
    let before = judge(Relation::Less, &[point(50, 0.4, 2.0, 0.5)]);
    let n = before.backgrounds.unwrap() as usize;
    assert_eq!(before.verdict, Verdict::Undecided);
    assert_eq!(
        judge(Relation::Less, &[point(n, 0.4, 2.0, 0.5)]).verdict,
        Verdict::Supported
    );
    assert_eq!(
        judge(Relation::Less, &[point(n * 9 / 10, 0.4, 2.0, 0.5)]).verdict,
        Verdict::Undecided
    );
}

#[test]
fn differences_that_cannot_vary_are_a_point() {
    let fixed = |mean| {
        let point = point(9, mean, 0.0, 0.0);
        let estimate = Estimate {
            is_fixed: true,
            ..point.estimate
        };
        ThresholdedEstimate { estimate, ..point }
    };
    for (relation, mean, verdict) in [
        (Relation::Greater, 1.0, Verdict::Supported),
        (Relation::Greater, 0.0, Verdict::Refuted),
        (Relation::GreaterEqual, 0.0, Verdict::Supported),
        (Relation::Less, 0.0, Verdict::Refuted),
        (Relation::LessEqual, 0.0, Verdict::Supported),
        (Relation::LessEqual, 1e-9, Verdict::Refuted),
    ] {
        assert_eq!(
            judge(relation, &[fixed(mean)]).verdict,
            verdict,
            "{relation:?} {mean}"
        );
    }
    let (_, reason) = reason(Relation::Greater, &[fixed(0.0)]);
    assert_eq!(
        reason,
        "at gap = 0 bp the 95 % interval is [0, 0], not above 0"
    );
}

#[test]
fn a_sample_in_which_nothing_varied_decides_nothing() {
    for relation in [
        Relation::Greater,
        Relation::GreaterEqual,
        Relation::Less,
        Relation::LessEqual,
    ] {
        for mean in [-1.0, 0.0, 1.0] {
            let verdict = judge(relation, &[point(9, mean, 0.0, 0.0)]).verdict;
            assert_eq!(verdict, Verdict::Undecided);
        }
    }
    let (_, equal) = reason(Relation::Greater, &[point(9, 1.0, 0.0, 0.0)]);
    // 1 - 0.05^(1/9)
    assert_eq!(
        equal,
        "at gap = 0 bp all 9 backgrounds give 1, but up to 28.4 % of the population may give something else \
         (95 % confidence), so nothing is known of the mean"
    );
    // A point that is refuted refutes the claim all the same.
    let other = [point(9, 1.0, 0.0, 0.0), point(9, -1.0, 0.1, 0.0)];
    assert_eq!(judge(Relation::Greater, &other).verdict, Verdict::Refuted);
}

#[test]
fn a_few_that_differ_decide_nothing() {
    let rare = |unlike| {
        let mut values = vec![0.0; 100];
        values[..unlike].fill(-1.0);
        ThresholdedEstimate {
            estimate: Estimate::of(&values, None),
            threshold: -0.5,
        }
    };
    for unlike in 1..5 {
        let (verdict, reason) = reason(Relation::Greater, &[rare(unlike)]);
        assert_eq!(verdict, Verdict::Undecided);
        assert!(
            reason.contains(&format!("only {unlike} of 100 backgrounds differ")),
            "{reason}"
        );
    }
    assert_eq!(
        judge(Relation::Greater, &[rare(5)]).verdict,
        Verdict::Supported
    );
    // Few backgrounds that all differ are few, and not rare.
    let three = ThresholdedEstimate {
        estimate: Estimate::of(&[1.0, 1.1, 1.2], None),
        threshold: 0.0,
    };
    assert_eq!(
        judge(Relation::Greater, &[three]).verdict,
        Verdict::Supported
    );
}

fn magnitude(relation: Relation) -> ClaimAssertion {
    ClaimAssertion {
        is_absolute: true,
        ..claimed(relation)
    }
}

#[test]
fn a_claim_about_the_absolute_value_looks_both_ways() {
    let judged = |relation, mean, threshold| {
        judge_claim(magnitude(relation), &[point(100, mean, 1.0, threshold)]).verdict
    };
    // Every interval is the mean and 0.198 to either side.
    for (mean, small, large) in [
        (0.0, Verdict::Supported, Verdict::Refuted),
        (0.25, Verdict::Supported, Verdict::Refuted),
        (-0.25, Verdict::Supported, Verdict::Refuted),
        (0.4, Verdict::Undecided, Verdict::Undecided),
        (-0.4, Verdict::Undecided, Verdict::Undecided),
        (0.75, Verdict::Refuted, Verdict::Supported),
        (-0.75, Verdict::Refuted, Verdict::Supported),
    ] {
        assert_eq!(judged(Relation::Less, mean, 0.5), small, "|{mean}| < 0.5");
        assert_eq!(
            judged(Relation::Greater, mean, 0.5),
            large,
            "|{mean}| > 0.5"
        );
    }
    let (_, text) = explained(magnitude(Relation::Less), &[point(100, -0.4, 1.0, 0.5)]);
    assert_eq!(
        text,
        "at gap = 0 bp the 95 % interval of the absolute value is [0.20, 0.60], which contains 0.5; about 400 backgrounds \
         would decide it if the estimate stayed at 0.400"
    );
}

#[test]
fn one_background_decides_nothing() {
    let points = [point(100, 5.0, 1.0, 0.0), point(1, 5.0, 0.0, 0.0)];
    let (verdict, reason) = reason(Relation::Greater, &points);
    assert_eq!(verdict, Verdict::Undecided);
    assert_eq!(
        reason,
        "at gap = 2 bp one sequence is no replication, so there is no interval"
    );
}

#[test]
fn a_claim_over_twenty_null_effects_errs_in_at_most_one_of_twenty_studies() {
    let mut normal = Normal::new(7);
    let studies = 1500;
    let mut wrong = 0;
    for _ in 0..studies {
        let points: Vec<ThresholdedEstimate> = (0..20)
            .map(|_| ThresholdedEstimate {
                estimate: Estimate::of(&normal.take(15), None),
                threshold: 0.0,
            })
            .collect();
        // An interval that misses the truth anywhere is an error of the family.
        wrong += usize::from(
            judge(Relation::GreaterEqual, &points).verdict == Verdict::Refuted
                || judge(Relation::LessEqual, &points).verdict == Verdict::Refuted,
        );
    }
    let rate = wrong as f64 / studies as f64;
    let error = (0.05 * 0.95 / studies as f64).sqrt();
    assert!(rate <= 0.05 + 2.6 * error, "{rate}");
    // Bonferroni gives little away for independent points: far below 5 % would mean too wide intervals.
    assert!(rate >= 0.05 - 4.0 * error, "{rate}");
}

fn flipped(relation: Relation) -> Relation {
    match relation {
        Relation::Less => Relation::Greater,
        Relation::LessEqual => Relation::GreaterEqual,
        Relation::Greater => Relation::Less,
        Relation::GreaterEqual => Relation::LessEqual,
    }
}

fn judged() -> impl Strategy<Value = ThresholdedEstimate> {
    (1usize..50, -2i32..3, 0u8..4, -1i32..2).prop_map(|(n, mean, sd, threshold)| {
        point(
            n,
            0.5 * f64::from(mean),
            f64::from(sd),
            f64::from(threshold),
        )
    })
}

proptest! {
    #[test]
    fn negation_changes_no_verdict(points in prop::collection::vec(judged(), 1..6), which in 0usize..4) {
        let relation = [Relation::Less, Relation::LessEqual, Relation::Greater, Relation::GreaterEqual][which];
        let negated: Vec<ThresholdedEstimate> = points
            .iter()
            .map(|p| ThresholdedEstimate {
                estimate: Estimate { mean: -p.estimate.mean, ..p.estimate },
                threshold: -p.threshold,
            })
            .collect();
        let a = judge(relation, &points);
        let b = judge(flipped(relation), &negated);
        prop_assert_eq!((a.verdict, a.deciding, a.backgrounds, a.refuted_at), (b.verdict, b.deciding, b.backgrounds, b.refuted_at));
        prop_assert_eq!(a.interval, b.interval.map(|(low, high)| (-high, -low)));
    }

    #[test]
    fn a_harder_claim_is_never_judged_better(points in prop::collection::vec(judged(), 1..6), more in 0.0..2.0f64) {
        let rank = |verdict| match verdict { Verdict::Refuted => 0, Verdict::Undecided => 1, Verdict::Supported => 2 };
        let harder: Vec<ThresholdedEstimate> = points.iter().map(|p| ThresholdedEstimate { threshold: p.threshold + more, ..*p }).collect();
        let easy = judge(Relation::Greater, &points).verdict;
        prop_assert!(rank(judge(Relation::Greater, &harder).verdict) <= rank(easy));
    }

    #[test]
    fn a_reason_is_always_a_sentence(points in prop::collection::vec(judged(), 1..6)) {
        let (_, reason) = reason(Relation::Less, &points);
        prop_assert!(!reason.contains("NaN") && !reason.contains("  ") && !reason.contains("inf"), "{}", reason);
    }
}
