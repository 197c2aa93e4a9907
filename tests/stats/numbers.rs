//! Estimates, Student's distribution and adjusted families against stored values.

use gia_design::Correction;
use gia_stats::{Estimate, Moments, adjust_p_values, student};
use proptest::prelude::*;

use super::{close, float, floats, oracle};

#[test]
fn samples_agree_with_scipy() {
    let samples = oracle("samples");
    assert!(samples.len() >= 15);
    for sample in &samples {
        let name = sample["name"].as_str().unwrap();
        let values = floats(&sample["values"]);
        let scale = values.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
        let found = Estimate {
            interval_method: gia_design::IntervalMethod::Student,
            // Equal numbers have a point for an interval only if no other number is possible.
            is_fixed: true,
            ..Estimate::of(&values, None)
        };
        assert_eq!(found.n as u64, sample["n"].as_u64().unwrap(), "{name}");
        close(found.mean, float(&sample["mean"]), scale, name);
        for (number, key) in [(found.sd, "sd"), (found.se, "se"), (found.p_value(), "p")] {
            let what = format!("{key} of {name}");
            match number {
                None => assert!(sample[key].is_null(), "{what} is missing"),
                // A shift of 1e6 or 1e9 leaves the data themselves fewer digits than the oracle asks for only in the mean.
                Some(number) => close(number, float(&sample[key]), 0.0, &what),
            }
        }
        let intervals = sample["intervals"].as_array().unwrap();
        assert_eq!(intervals.is_empty(), found.n == 1, "{name}");
        for interval in intervals {
            let interval = floats(interval);
            let critical = student::critical_value(1.0 - interval[0], found.freedom);
            let (low, high) = found.interval(critical).unwrap();
            close(low, interval[1], scale, name);
            close(high, interval[2], scale, name);
        }
    }
}

#[test]
fn tails_agree_with_scipy_and_mpmath() {
    for row in oracle("tails") {
        let row = floats(&row);
        let what = format!("p of t = {:e} at {} degrees of freedom", row[0], row[1]);
        close(student::two_sided_p(row[0], row[1]), row[2], 0.0, &what);
        close(student::two_sided_p(-row[0], row[1]), row[2], 0.0, &what);
    }
}

#[test]
fn quantiles_agree_with_scipy_and_mpmath() {
    for row in oracle("quantiles") {
        let row = floats(&row);
        let what = format!("t of alpha = {:e} at {} degrees of freedom", row[0], row[1]);
        close(student::critical_value(row[0], row[1]), row[2], 0.0, &what);
    }
}

#[test]
fn student_at_its_limits() {
    assert_eq!(student::two_sided_p(0.0, 5.0), 1.0);
    assert_eq!(student::two_sided_p(f64::INFINITY, 5.0), 0.0);
    assert_eq!(student::two_sided_p(1e10, 1e6), 0.0);
    assert!(student::two_sided_p(f64::NAN, 5.0).is_nan());
    assert!(student::two_sided_p(1.0, 0.0).is_nan());
    assert_eq!(student::critical_value(1.0, 5.0), 0.0);
    assert_eq!(student::critical_value(0.0, 5.0), f64::INFINITY);
    assert!(student::critical_value(f64::NAN, 5.0).is_nan());
}

#[test]
fn families_agree_with_statsmodels() {
    for family in oracle("families") {
        for (correction, key) in [
            (Correction::BenjaminiHochberg, "q"),
            (Correction::BenjaminiYekutieli, "by"),
            (Correction::Holm, "holm"),
        ] {
            let found = adjust_p_values(correction, &floats(&family["p"]));
            let wanted = floats(&family[key]);
            assert_eq!(found.len(), wanted.len());
            for (found, wanted) in found.into_iter().zip(wanted) {
                let name = family["name"].as_str().unwrap();
                close(
                    found,
                    wanted,
                    0.0,
                    &format!("{name} by {}", correction.name()),
                );
            }
        }
    }
    assert!(adjust_p_values(Correction::BenjaminiHochberg, &[]).is_empty());
}

#[test]
fn equal_numbers_have_exactly_no_spread() {
    for value in [0.1, -7.3, 1e9 + 0.1, 1e-300, 1.0 / 3.0] {
        let mut whole = Moments::default();
        for piece in [1, 7, 512, 100] {
            whole.merge(Moments::of(&vec![value; piece]));
        }
        assert_eq!(
            (whole.n, whole.mean, whole.squared_deviations),
            (620, value, 0.0)
        );
    }
}

fn sample() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-100.0..100.0, 2..200)
}

proptest! {
    #[test]
    fn critical_undoes_p(ln_alpha in -600.0..-0.01f64, ln_freedom in 0.0..12.0f64) {
        let (alpha, freedom) = (ln_alpha.exp(), ln_freedom.exp());
        let back = student::two_sided_p(student::critical_value(alpha, freedom), freedom);
        // A relative error of e in t is one of up to (v + 1) e in the tail.
        prop_assert!((back / alpha - 1.0).abs() < 1e-10, "{back:e} for {alpha:e}");
    }

    #[test]
    fn p_falls_with_t(t in 0.0..50.0f64, more in 1e-6..10.0f64, freedom in 1.0..5000.0f64) {
        prop_assert!(student::two_sided_p(t + more, freedom) <= student::two_sided_p(t, freedom));
    }

    #[test]
    fn estimates_follow_shift_and_scale(values in sample(), shift in -1e3..1e3f64, factor in 0.01..100.0f64) {
        let plain = Estimate::of(&values, None);
        let moved: Vec<f64> = values.iter().map(|x| factor * x + shift).collect();
        let moved = Estimate::of(&moved, None);
        let room = 1e-11 * (shift.abs() + 100.0 * factor);
        prop_assert!((moved.mean - (factor * plain.mean + shift)).abs() <= room);
        prop_assert!((moved.sd.unwrap() - factor * plain.sd.unwrap()).abs() <= room);
        let scaled: Vec<f64> = values.iter().map(|x| -4.0 * x).collect();
        let scaled = Estimate::of(&scaled, None);
        prop_assert_eq!(scaled.p_value(), plain.p_value());
        prop_assert_eq!(scaled.se, plain.se.map(|se| 4.0 * se));
    }

    #[test]
    fn pieces_give_what_the_whole_gives(values in sample(), cut in 0.0..1.0f64, offset in -1e6..1e6f64) {
        let values: Vec<f64> = values.iter().map(|x| x + offset).collect();
        let whole = Moments::of(&values);
        let (a, b) = values.split_at((cut * values.len() as f64) as usize);
        let mut merged = Moments::of(a);
        merged.merge(Moments::of(b));
        prop_assert_eq!(merged.n, whole.n);
        prop_assert!((merged.mean - whole.mean).abs() <= 1e-12 * (offset.abs() + 100.0));
        let sd = whole.sd().unwrap();
        prop_assert!((merged.sd().unwrap() - sd).abs() <= 1e-9 * sd + 1e-9);
    }

    #[test]
    fn adjusted_values_keep_the_order(p in prop::collection::vec(0.0..=1.0f64, 1..100)) {
        let q = adjust_p_values(Correction::BenjaminiHochberg, &p);
        for (i, (pi, qi)) in p.iter().zip(&q).enumerate() {
            prop_assert!(qi >= pi && *qi <= 1.0);
            for (pj, qj) in p.iter().zip(&q).skip(i) {
                let kept = if pi <= pj { qi <= qj } else { qi >= qj };
                prop_assert!(kept);
            }
        }
        // What is called at 0.05 is what the step-up rule calls.
        let mut sorted = p.clone();
        sorted.sort_by(f64::total_cmp);
        let m = p.len() as f64;
        let called = (1..=p.len()).rev().find(|k| sorted[k - 1] <= 0.05 * *k as f64 / m).unwrap_or(0);
        let near = |q: &&f64| (**q - 0.05).abs() < 1e-12;
        if !q.iter().any(|q| near(&q)) {
            prop_assert_eq!(q.iter().filter(|q| **q <= 0.05).count(), called);
        }
    }
}
