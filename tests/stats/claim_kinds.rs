//! Claims about shares, quantiles, networks and several experiments, and families of claims: against SciPy and statsmodels
//! (`claim_kinds.py`), and end to end on made-up outcomes.

use serde_json::Value;

use super::trial::{Trial, minus, read};
use super::{close, float, floats};
use gia_design::{ClaimKind, CombinedClaim, CombinedPoint, Quantile, Relation, Term};
use gia_domain::Clusters;
use gia_stats::summaries::exact_share::exact_share_interval;
use gia_stats::{
    ClusterDesign, WeightedSample, analyse, judge_combined_claims, judge_family, weighted_means,
};
use gia_study::{Claim, DecidingPoint, Verdict};

fn cases(key: &str) -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("claim_kinds.json")).expect("the oracle is JSON");
    all[key].as_array().expect("a list").clone()
}

fn ids(value: &Value) -> Vec<u32> {
    floats(value).iter().map(|id| *id as u32).collect()
}

#[test]
fn weighted_sums_of_means_are_those_of_the_definition() {
    let cases = cases("sums");
    assert!(cases.len() >= 8);
    for case in cases {
        let lists = |key: &str| case[key].as_array().expect("a list").clone();
        let weights = floats(&case["weights"]);
        let samples = lists("values").into_iter().zip(lists("ids")).zip(&weights);
        let samples: Vec<WeightedSample> = samples
            .map(|((values, clusters), &weight)| WeightedSample {
                weight,
                values: floats(&values),
                clusters: ids(&clusters),
            })
            .collect();
        let found = weighted_means(&samples).expect("several clusters in each sample");
        let of = case["of"].as_str().unwrap_or_default();
        let each = [
            ("mean", found.mean),
            ("se", found.se),
            ("freedom", found.freedom),
            ("skewness", found.skewness),
        ];
        for (key, found) in each {
            close(found, float(&case[key]), 1.0, &format!("{key} of {of}"));
        }
    }
}

#[test]
fn a_sum_without_spread_between_clusters_has_no_error() {
    let sample = |values: &[f64], clusters: &[u32]| WeightedSample {
        weight: 1.0,
        values: values.to_vec(),
        clusters: clusters.to_vec(),
    };
    let one_cluster = [sample(&[1.0, 2.0], &[0, 0]), sample(&[1.0, 2.0], &[1, 2])];
    assert_eq!(weighted_means(&one_cluster), None);
    assert_eq!(weighted_means(&[sample(&[1.0], &[0])]), None);
    let equal = [sample(&[2.0, 2.0], &[0, 1]), sample(&[1.0, 1.0], &[2, 3])];
    let found = weighted_means(&equal).expect("two clusters in each");
    assert_eq!((found.mean, found.se, found.skewness), (3.0, 0.0, 0.0));
    assert!(found.freedom.is_infinite());
}

#[test]
fn exact_shares_are_those_of_statsmodels() {
    let cases = cases("shares");
    assert!(cases.len() > 60);
    for case in cases {
        let holds = case["holds"].as_array().expect("a list");
        let holds: Vec<bool> = holds.iter().map(|h| h.as_bool() == Some(true)).collect();
        let design = case["ids"]
            .is_array()
            .then(|| Clusters::new(ids(&case["ids"])).map(ClusterDesign::new))
            .flatten();
        let alpha = float(&case["alpha"]);
        let (low, high) =
            exact_share_interval(&holds, alpha, design.as_ref()).expect("several clusters");
        let what = |end: &str| format!("{end} end of {} at {alpha}", holds.len());
        close(low, float(&case["low"]), 1.0, &what("lower"));
        close(high, float(&case["high"]), 1.0, &what("upper"));
    }
}

/// A claim of level 95 % with this verdict and its p.
pub fn decided(verdict: Verdict, p: f64) -> Claim {
    Claim {
        claim: String::new(),
        place: None,
        verdict,
        alone: None,
        p: Some(p),
        family_p: None,
        contrast: String::new(),
        outcome: String::new(),
        level: 0.95,
        method: String::new(),
        points: 1,
        reason: String::new(),
        deciding: DecidingPoint {
            at: Default::default(),
            mean: 0.0,
            low: None,
            high: None,
            threshold: 0.0,
        },
    }
}

#[test]
fn families_are_corrected_as_by_statsmodels() {
    for case in cases("holm") {
        let (p, adjusted) = (floats(&case["p"]), floats(&case["adjusted"]));
        let mut claims: Vec<Claim> = p.iter().map(|p| decided(Verdict::Supported, *p)).collect();
        judge_family(&mut claims.iter_mut().collect::<Vec<_>>(), p.len());
        for (claim, wanted) in claims.iter().zip(adjusted) {
            close(claim.family_p.unwrap_or(f64::NAN), wanted, 0.0, "Holm's p");
            let stays = wanted <= 1.0 - claim.level;
            assert_eq!(claim.verdict == Verdict::Supported, stays);
            assert_eq!(claim.alone.is_none(), stays);
        }
    }
}

#[test]
fn a_family_may_be_judged_again_with_another_size() {
    let mut claims = vec![
        decided(Verdict::Supported, 0.01),
        decided(Verdict::Refuted, 0.02),
        Claim {
            p: None,
            ..decided(Verdict::Undecided, 0.5)
        },
    ];
    let verdicts =
        |claims: &[Claim]| -> Vec<Verdict> { claims.iter().map(|c| c.verdict).collect() };
    let all = |claims: &mut Vec<Claim>, size: usize| {
        judge_family(&mut claims.iter_mut().collect::<Vec<_>>(), size);
    };
    use Verdict::{Refuted, Supported, Undecided};
    all(&mut claims, 3);
    assert_eq!(verdicts(&claims), [Supported, Undecided, Undecided]);
    assert_eq!(claims[1].alone, Some(Refuted));
    all(&mut claims, 10);
    assert_eq!(verdicts(&claims), [Undecided, Undecided, Undecided]);
    assert_eq!(claims[2].alone, None);
    // Each direction has a family of its own, of two claims or more.
    all(&mut claims, 2);
    assert_eq!(claims[0].family_p, Some(0.03));
    assert_eq!(verdicts(&claims), [Supported, Undecided, Undecided]);
}

/// A trial whose differences are these.
fn differences(of: &[f32]) -> Trial {
    Trial::simple(vec![vec![vec![0.0; of.len()], of.to_vec()]])
}

fn judged(trial: Trial, kind: ClaimKind) -> Claim {
    let mut trial = trial;
    for claim in &mut trial.claims {
        claim.kind = kind.clone();
    }
    let (plan, outcomes) = trial.build();
    let experiment = analyse(&plan, &outcomes).expect("finite numbers").remove(0);
    experiment.claims[0].clone()
}

/// 0.5, 1.5, and so on, `n` numbers from `first` on.
fn ramp(first: f32, n: usize) -> Vec<f32> {
    (0..n).map(|i| first + i as f32).collect()
}

#[test]
fn the_median_is_judged_by_order_statistics() {
    let median = ClaimKind::Quantile(Quantile::Median);
    // Of 20 values the 95 % interval of the median is from the 6th to the 15th; 5 at most may lie on the other side.
    let with_below = |below: usize| differences(&ramp(0.5 - below as f32, 20));
    let supported = judged(with_below(5).claim(Relation::Greater, 0.0), median.clone());
    assert_eq!(supported.verdict, Verdict::Supported);
    // Twice the probability of at most 5 heads in 20 throws.
    close(
        supported.p.unwrap_or(f64::NAN),
        0.04138946533203125,
        1e10,
        "p",
    );
    assert_eq!(
        judged(with_below(6).claim(Relation::Greater, 0.0), median.clone()).verdict,
        Verdict::Undecided
    );
    let refuted = judged(with_below(15).claim(Relation::Greater, 0.0), median.clone());
    assert_eq!(refuted.verdict, Verdict::Refuted);
    assert!(
        refuted.reason.contains("interval of the median"),
        "{}",
        refuted.reason
    );
    let few = judged(
        differences(&ramp(1.0, 5)).claim(Relation::Greater, 0.0),
        median,
    );
    assert_eq!(few.verdict, Verdict::Undecided);
    assert!(few.reason.contains("6 would"), "{}", few.reason);
}

#[test]
fn quartiles_are_judged_at_their_own_share() {
    let trial = || differences(&ramp(-9.5, 40));
    let lower = ClaimKind::Quantile(Quantile::LowerQuartile);
    let upper = ClaimKind::Quantile(Quantile::UpperQuartile);
    assert_eq!(
        judged(trial().claim(Relation::Greater, 0.0), lower).verdict,
        Verdict::Undecided
    );
    assert_eq!(
        judged(trial().claim(Relation::Greater, 0.0), upper).verdict,
        Verdict::Supported
    );
}

#[test]
fn a_share_is_judged_by_an_exact_interval() {
    let trial = |above: usize| {
        let values = ramp(0.5 - (100 - above) as f32, 100);
        differences(&values).claim(Relation::Greater, 0.9)
    };
    // 96 of 100: [0.9007, 0.989].
    let supported = judged(trial(96), ClaimKind::Share);
    assert_eq!(supported.verdict, Verdict::Supported);
    close(
        supported.deciding.low.unwrap_or(f64::NAN),
        0.900_742_843_287_340_1,
        1.0,
        "lower end",
    );
    assert_eq!(
        judged(trial(95), ClaimKind::Share).verdict,
        Verdict::Undecided
    );
    assert_eq!(
        judged(trial(80), ClaimKind::Share).verdict,
        Verdict::Refuted
    );
    // Nothing varies, and yet 100 of 100 say something of the share.
    let all = judged(
        differences(&[1.0; 100]).claim(Relation::Greater, 0.9),
        ClaimKind::Share,
    );
    assert_eq!(all.verdict, Verdict::Supported);
}

#[test]
fn the_error_rate_of_a_verdict_is_where_its_interval_ends_at_the_threshold() {
    let values: Vec<f32> = vec![0.4, 1.1, 0.2, 0.9, 1.6, 0.3, 0.8, 0.5];
    let claim = judged(
        differences(&values).claim(Relation::Greater, 0.0),
        ClaimKind::Level,
    );
    let p = claim.p.expect("decided");
    let mean = claim.deciding.mean;
    let again = |level: f64| {
        let mut trial = differences(&values).claim(Relation::Greater, 0.0);
        trial.claims[0].level = level;
        judged(trial, ClaimKind::Level).verdict
    };
    assert!(mean > 0.0);
    assert_eq!(again(1.0 - p * 1.001), Verdict::Supported);
    assert_eq!(again(1.0 - p / 1.001), Verdict::Undecided);
}

/// A plan of two experiments over one set of backgrounds, with a claim about the difference of their effects.
fn two_experiments(first: &[f32], second: &[f32], is_shared: bool, relation: Relation) -> Claim {
    let (mut plan, mut outcomes) = differences(first).build();
    let (other, of_other) = differences(second).build();
    let mut experiment = other.experiments[0].clone();
    let job = &other.jobs[0];
    for point in &mut experiment.points {
        point.population = usize::from(!is_shared);
        if is_shared {
            point.arms = point.arms.iter().map(|arm| arm + 2).collect();
        }
    }
    plan.experiments.push(experiment);
    match is_shared {
        true => {
            let tasks = job.tasks.iter().map(|task| gia_plan::Task {
                variant: task.variant + 2,
                ..*task
            });
            plan.jobs[0].tasks.extend(tasks);
            plan.populations[0]
                .variants
                .extend(other.populations[0].variants.clone());
            for (variant, values) in &of_other.jobs[0].values {
                outcomes.jobs[0].values.insert(variant + 2, values.clone());
            }
        }
        false => {
            plan.populations.push(other.populations[0].clone());
            plan.jobs.push(gia_plan::Job {
                population: 1,
                ..job.clone()
            });
            outcomes.jobs.extend(of_other.jobs);
        }
    }
    let term = |experiment: usize, weight: f64| Term {
        weight,
        experiment,
        contrast: 0,
        outcome: 0,
    };
    plan.claims = vec![CombinedClaim {
        text: "a.effect - b.effect > 0".into(),
        span: super::trial::span(),
        name: "a.effect - b.effect".into(),
        terms: vec![term(0, 1.0), term(1, -1.0)],
        relation,
        magnitude: false,
        axes: Vec::new(),
        points: vec![CombinedPoint {
            at: Vec::new(),
            of_terms: vec![0, 0],
            threshold: 0.0,
        }],
        level: 0.95,
    }];
    judge_combined_claims(&plan, &outcomes)
        .expect("finite numbers")
        .remove(0)
}

#[test]
fn experiments_of_the_same_backgrounds_are_compared_in_pairs() {
    let first: Vec<f32> = (0..30).map(|i| ((i * 7) % 30) as f32).collect();
    let second: Vec<f32> = first
        .iter()
        .enumerate()
        .map(|(i, x)| x - 0.4 - 0.1 * (i % 3) as f32)
        .collect();
    let paired = two_experiments(&first, &second, true, Relation::Greater);
    assert_eq!(paired.verdict, Verdict::Supported, "{}", paired.reason);
    assert!(paired.method.starts_with("paired"), "{}", paired.method);
    let apart = two_experiments(&first, &second, false, Relation::Greater);
    assert_eq!(apart.verdict, Verdict::Undecided, "{}", apart.reason);
    assert!(apart.method.starts_with("Welch"), "{}", apart.method);
    close(apart.deciding.mean, paired.deciding.mean, 1e4, "mean");
}

#[test]
fn an_experiment_in_which_nothing_varied_decides_no_comparison() {
    let varied: Vec<f32> = (0..30).map(|i| i as f32).collect();
    let claim = two_experiments(&varied, &[0.0; 30], false, Relation::Greater);
    assert_eq!(claim.verdict, Verdict::Undecided);
    assert!(
        claim.reason.starts_with("in `spacing`, all 30 backgrounds"),
        "{}",
        claim.reason
    );
}

#[test]
fn contrasts_of_one_experiment_are_subtracted_background_by_background() {
    let mut trial = differences(&[1.0, 2.0, 4.0, 7.0, 5.0, 6.0, 3.0, 9.0]);
    trial.contrasts.push(("again", minus(1, 0)));
    trial.outcomes = vec![("dnase", read(0))];
    let (mut plan, outcomes) = trial.build();
    let term = |contrast: usize, weight: f64| Term {
        weight,
        experiment: 0,
        contrast,
        outcome: 0,
    };
    plan.claims = vec![CombinedClaim {
        text: String::new(),
        span: super::trial::span(),
        name: String::new(),
        terms: vec![term(0, 1.0), term(1, -0.5)],
        relation: Relation::Greater,
        magnitude: false,
        axes: Vec::new(),
        points: vec![CombinedPoint {
            at: Vec::new(),
            of_terms: vec![0, 0],
            threshold: 0.0,
        }],
        level: 0.95,
    }];
    let claim = judge_combined_claims(&plan, &outcomes)
        .expect("finite")
        .remove(0);
    let whole = analyse(&plan, &outcomes).expect("finite").remove(0);
    close(
        claim.deciding.mean,
        0.5 * whole.rows[0].mean,
        1.0,
        "half of the effect",
    );
    let low = whole.rows[0].low.expect("an interval");
    assert!(low > 0.0 && claim.verdict == Verdict::Supported);
}
