//! Distances, members of an ensemble, ratios of means, confidence sequences and curves along an axis, against SciPy,
//! statsmodels, NumPy and mpmath.

use gia_design::{Arithmetic, Formula, Function, Reduction, Stopping, StoppingRule};
use gia_domain::{Alphabet, Composition};
use gia_stats::curve_summary::{ContrastCurve, Periodogram, fit_half_distance, fit_slope};
use gia_stats::two_sample::{TwoSamples, effective_size};
use gia_stats::{ConfidenceSequence, Estimate, FormulaOfMeans, ensemble, student};
use proptest::prelude::*;
use serde_json::Value;

use super::trial::Normal;
use super::{close, float, floats};

fn oracle(key: &str) -> Value {
    let all: Value =
        serde_json::from_str(include_str!("comparisons.json")).expect("the oracle is JSON");
    all[key].clone()
}

fn cases(key: &str) -> Vec<Value> {
    let cases = oracle(key).as_array().expect("a list").clone();
    assert!(cases.len() >= 4, "{key}");
    cases
}

#[test]
fn distances_agree_with_scipy() {
    for case in cases("distances") {
        let pair = TwoSamples::new(&floats(&case["a"]), &floats(&case["b"]));
        close(pair.kolmogorov_smirnov(), float(&case["ks"]), 1.0, "ks");
        close(pair.kolmogorov_smirnov_p(), float(&case["p"]), 1.0, "p");
        let area = pair.wasserstein();
        close(area, float(&case["wasserstein"]), 1.0, "wasserstein");
    }
}

/// Equal distributions, each number of which is stored eight times: the p of the effective sizes is that of the numbers stored once,
/// and the p of all numbers rejects far too often.
#[test]
fn distances_of_clustered_samples_reject_as_often_as_they_say() {
    assert_eq!(effective_size(&[8; 40]), 40.0);
    assert_eq!(effective_size(&[1; 7]), 7.0);
    assert!((effective_size(&[6, 1, 1]) - 64.0 / 38.0).abs() < 1e-12);
    let copies = |x: &[f64]| -> Vec<f64> { x.iter().flat_map(|x| [*x; 8]).collect() };
    let (mut by_source, mut by_sequence) = (0, 0);
    for seed in 0..400 {
        let mut normal = Normal::new(7000 + seed);
        let (a, b) = (normal.take(40), normal.take(60));
        let pair = TwoSamples::new(&copies(&a), &copies(&b));
        let p =
            pair.kolmogorov_smirnov_p_of_sizes(effective_size(&[8; 40]), effective_size(&[8; 60]));
        assert_eq!(p, TwoSamples::new(&a, &b).kolmogorov_smirnov_p());
        by_source += usize::from(p <= 0.05);
        by_sequence += usize::from(pair.kolmogorov_smirnov_p() <= 0.05);
    }
    assert!(by_source <= 30, "{by_source} of 400");
    assert!(by_sequence > 200, "{by_sequence} of 400");
}

fn composition(texts: &Value) -> Composition {
    let mut composition = Composition::default();
    for text in texts.as_array().expect("texts") {
        let letters = text.as_str().expect("letters").chars();
        let codes = letters.map(|c| Alphabet::Dna.encode(c).expect("a base"));
        composition.add(&codes.collect::<Vec<u8>>());
    }
    composition
}

#[test]
fn compositions_agree_with_scipy() {
    for case in cases("compositions") {
        let (a, b) = (composition(&case["a"]), composition(&case["b"]));
        for (found, wanted) in a.gc().iter().zip(floats(&case["gc"])) {
            close(*found, wanted, 1.0, "gc");
        }
        assert_eq!(a.gc().len(), floats(&case["gc"]).len());
        for (k, wanted) in case["divergence"].as_object().expect("by k") {
            let k: usize = k.parse().expect("a number");
            let found = a.divergence(&b, k);
            assert!(
                (found - float(wanted)).abs() < 1e-12,
                "{k}-mers: {found}, and SciPy has {wanted}"
            );
        }
    }
}

#[test]
fn members_agree_with_an_analysis_of_variance_in_statsmodels() {
    for case in cases("members") {
        let values: Vec<Vec<f64>> = case["values"]
            .as_array()
            .expect("rows")
            .iter()
            .map(floats)
            .collect();
        let level = float(&case["level"]);
        let named = values.iter().map(|v| ("m", v.clone())).collect();
        let found =
            ensemble::compare_members(named, level, gia_design::IntervalMethod::Student, None)
                .expect("several members");
        for (name, number) in [
            ("mean", found.mean),
            ("low", found.low),
            ("high", found.high),
            ("sd", found.sd),
            ("between", found.between),
            ("within", found.within.unwrap_or(f64::NAN)),
        ] {
            close(number, float(&case[name]), 100.0, name);
        }
        assert_eq!(found.agree as u64, case["agree"].as_u64().expect("a count"));
        let each = case["each"].as_array().expect("intervals");
        for (member, ends) in found.means.iter().zip(each) {
            close(member.low.expect("an end"), float(&ends[0]), 10.0, "low");
            close(member.high.expect("an end"), float(&ends[1]), 10.0, "high");
        }
    }
    // One member has nothing to compare.
    assert!(
        ensemble::compare_members(
            vec![("m", vec![1.0, 2.0])],
            0.95,
            gia_design::IntervalMethod::Student,
            None
        )
        .is_none()
    );
    // For one background the members are the sample: t with one degree of freedom is Cauchy, the standard error 0.5.
    let one = vec![("a", vec![1.0]), ("b", vec![2.0])];
    let found = ensemble::compare_members(one, 0.95, gia_design::IntervalMethod::Student, None)
        .expect("two members");
    assert_eq!(
        (found.mean, found.within, found.means[0].low),
        (1.5, None, None)
    );
    close(
        found.high,
        1.5 + 0.5 * (0.475 * std::f64::consts::PI).tan(),
        1000.0,
        "high",
    );
    // A sample in which nothing varied says nothing of models like these.
    let equal = vec![("a", vec![0.0; 9]), ("b", vec![0.0; 9])];
    assert!(
        ensemble::compare_members(equal, 0.95, gia_design::IntervalMethod::Student, None).is_none()
    );
    // Members that do not differ leave the backgrounds' uncertainty, which is Student's.
    let values = Normal::new(3).take(30);
    let same = vec![("a", values.clone()), ("b", values.clone())];
    let found = ensemble::compare_members(same, 0.95, gia_design::IntervalMethod::Student, None)
        .expect("two members");
    let estimate = Estimate {
        interval_method: gia_design::IntervalMethod::Student,
        ..Estimate::of(&values, None)
    };
    let (low, high) = estimate
        .interval(student::critical_value(0.05, estimate.freedom))
        .expect("an interval");
    close(found.low, low, 1.0, "low");
    close(found.high, high, 1.0, "high");
    assert_eq!((found.between, found.agree), (0.0, 2));
}

/// The formulae of the oracle over two means.
fn formula(name: &str) -> Formula<usize> {
    let mean = |arm: usize| Formula::Overall(Box::new(Formula::Leaf(arm)));
    let number = Formula::Constant;
    let two = |op, a, b| Formula::Binary(op, Box::new(a), Box::new(b));
    let of = |function, a| Formula::Call(function, Box::new(a));
    use Arithmetic::{Add, Divide, Multiply, Power, Subtract};
    let (a, b) = (mean(0), mean(1));
    match name {
        "ratio" => two(Divide, a, b),
        "log2 of the ratio" => of(Function::Log2, two(Divide, a, b)),
        "difference of logs" => two(Subtract, of(Function::Log, a), of(Function::Log, b)),
        "log10" => of(Function::Log10, Formula::Reduce(Reduction::Sum, vec![a, b])),
        "log1p" => two(Multiply, of(Function::Log1p, a), b),
        "sqrt" => of(Function::Sqrt, two(Multiply, a, b)),
        "power" => two(Power, a, b),
        "square" => two(Subtract, two(Power, a, number(2.0)), b),
        "logit" => two(
            Subtract,
            of(Function::Logit, two(Divide, a, number(10.0))),
            b,
        ),
        "sigmoid" => two(Add, of(Function::Sigmoid, a), Formula::Negate(Box::new(b))),
        "softplus" => two(Subtract, of(Function::Softplus, a), b),
        "exp" => two(Multiply, of(Function::Exp, Formula::Negate(Box::new(a))), b),
        "abs" => of(Function::Abs, two(Subtract, b, a)),
        "largest" => {
            let most = Formula::Reduce(Reduction::Max, vec![a.clone(), b.clone()]);
            let least = two(Arithmetic::Min, a, b);
            // Half of the smaller one as its mean with nothing.
            let half = Formula::Reduce(Reduction::Mean, vec![least, number(0.0)]);
            two(Subtract, most, half)
        }
        other => panic!("no formula {other}"),
    }
}

#[test]
fn ratios_of_means_agree_with_the_delta_method_in_mpmath() {
    let of = oracle("of_means");
    let (a, b) = (floats(&of["a"]), floats(&of["b"]));
    let wanted = of["formulae"].as_object().expect("formulae");
    assert!(wanted.len() >= 14);
    for (name, wanted) in wanted {
        let formula = formula(name);
        let of_means = FormulaOfMeans::new(&formula, numbers_of(&formula, &a, &b));
        let estimate = Estimate::of(&of_means.linearised_values(), None);
        close(of_means.value(), float(&wanted["value"]), 1.0, name);
        close(estimate.mean, float(&wanted["value"]), 1.0, name);
        close(
            estimate.se.expect("a spread"),
            float(&wanted["se"]),
            1.0,
            name,
        );
    }
}

/// The numbers of each mean of a formula over two arms.
fn numbers_of(formula: &Formula<usize>, a: &[f64], b: &[f64]) -> Vec<Vec<f64>> {
    let parts = formula.overall();
    let numbers = parts.iter().map(|part| match part {
        Formula::Leaf(0) => a.to_vec(),
        _ => b.to_vec(),
    });
    numbers.collect()
}

#[test]
fn confidence_sequences_agree_with_mpmath() {
    for case in cases("sequences") {
        let stopping = Stopping {
            rule: StoppingRule::Decided,
            text: String::new(),
            max: case["most"].as_u64().expect("a count") as usize,
        };
        let sequence = ConfidenceSequence::for_rule(&stopping, float(&case["level"]));
        let n = case["n"].as_u64().expect("a count") as usize;
        let alpha = float(&case["alpha"]);
        let critical = sequence.critical_value(n, alpha);
        close(critical, float(&case["critical"]), 0.0, "critical");
        // The p of a mean whose interval just touches zero is the interval's.
        close(sequence.p_value(n, critical), alpha, 0.0, "p");
        assert_eq!(sequence.p_value(n, 0.0), 1.0);
    }
}

#[test]
fn curves_agree_with_numpy_and_scipy() {
    for case in cases("lines") {
        let name = case["name"].as_str().expect("a name");
        let line = ContrastCurve {
            x: floats(&case["x"]),
            values: case["values"]
                .as_array()
                .expect("places")
                .iter()
                .map(floats)
                .collect(),
            design: None,
        };
        let found = fit_slope(&line);
        let bend = found.quadratic.expect("three places");
        for (key, estimate) in [("slope", found.slope), ("bend", bend)] {
            let student = Estimate {
                interval_method: gia_design::IntervalMethod::Student,
                ..estimate
            };
            let ends = student.interval(student::critical_value(0.05, estimate.freedom));
            let (low, high) = ends.expect("an interval");
            for (number, wanted) in [estimate.mean, low, high].iter().zip(floats(&case[key])) {
                close(*number, wanted, 1.0, &format!("{key} of {name}"));
            }
        }
        let wanted = &case["period"];
        if !wanted.is_null() {
            let spectrum = Periodogram::new(&line);
            let found = spectrum.strongest_period(&line, 0.95, 1).expect("a period");
            assert_eq!(Some(found.is_at_end), wanted["at_end"].as_bool());
            // Least squares by other routes: to the digits that a condition number of a thousand leaves.
            for (number, key) in [
                (found.period, "period"),
                (found.power, "power"),
                (found.amplitude.0, "amplitude"),
                (found.crest.0, "crest"),
            ] {
                let wanted = float(&wanted[key]);
                assert!(
                    (number - wanted).abs() < 1e-9 * wanted.abs().max(1.0),
                    "{key}: {number}, {wanted}"
                );
            }
            assert!(found.low <= found.period && found.period <= found.high);
            assert_eq!(found.p <= 0.01, name == "wave", "{name}: {}", found.p);
        }
        let wanted = &case["approach"];
        match fit_half_distance(&line, 0.95, 1) {
            Ok(found) if !wanted.is_null() => {
                for (number, key) in [
                    (found.half_distance, "half"),
                    (found.plateau.0, "plateau"),
                    (found.start.0, "start"),
                ] {
                    // A least sum of squares is flat around its place: half of the digits are left.
                    let wanted = float(&wanted[key]);
                    assert!(
                        (number - wanted).abs() < 1e-6 * wanted.abs(),
                        "{key}: {number}, {wanted}"
                    );
                }
                assert!(
                    found.low < found.half_distance
                        && found.high.is_none_or(|high| found.half_distance < high)
                );
            }
            Ok(_) => assert_ne!(name, "noise", "noise falls off to nothing"),
            Err(why) => assert!(wanted.is_null(), "{name}: {why}"),
        }
    }
}

#[test]
fn a_straight_line_has_no_half_distance() {
    let mut normal = Normal::new(8);
    let x: Vec<f64> = (0..20).map(f64::from).collect();
    let straight = x.iter().map(|x| {
        let noise = normal.take(50);
        noise.iter().map(|z| 3.0 * x + 0.01 * z).collect()
    });
    let line = ContrastCurve {
        values: straight.collect(),
        x,
        design: None,
    };
    let why = fit_half_distance(&line, 0.95, 1).expect_err("a straight line");
    assert!(why.contains("straight"), "{why}");
}

proptest! {
    /// A distance is one from either side, and one of a sample to itself is none.
    #[test]
    fn distances_are_symmetric(
        a in prop::collection::vec(-5i32..5, 1..40),
        b in prop::collection::vec(-5i32..5, 1..40),
    ) {
        let numbers = |v: &[i32]| v.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        let (a, b) = (numbers(&a), numbers(&b));
        let (one, other) = (TwoSamples::new(&a, &b), TwoSamples::new(&b, &a));
        prop_assert!((one.wasserstein() - other.wasserstein()).abs() < 1e-12);
        prop_assert_eq!(one.kolmogorov_smirnov(), other.kolmogorov_smirnov());
        prop_assert_eq!(TwoSamples::new(&a, &a).wasserstein(), 0.0);
        prop_assert_eq!(TwoSamples::new(&a, &a).kolmogorov_smirnov_p(), 1.0);
    }
}
