//! Simultaneous intervals: never wrong at more than their level somewhere in a sweep, and no wider than they must be.

use gia_stats::{Estimate, simultaneous_critical, student};

use super::calibrate::effects::is_warned;
use super::trial::Normal;

const POINTS: usize = 50;

/// A sweep without any effect: neighbouring points share much of their backgrounds' noise.
fn sweep(normal: &mut Normal, n: usize, shared: f64, shape: fn(f64) -> f64) -> Vec<Vec<f64>> {
    let mut before: Vec<f64> = normal.take(n);
    let mut points = Vec::with_capacity(POINTS);
    for _ in 0..POINTS {
        let new = normal.take(n);
        let kept = before.iter().zip(&new);
        before = kept
            .map(|(old, new)| shared * old + (1.0 - shared * shared).sqrt() * new)
            .collect();
        points.push(before.iter().map(|&x| shape(x)).collect());
    }
    points
}

/// Shares of sweeps without an effect, and mean critical values.
#[derive(Default)]
pub struct FamilyWise {
    /// Share in which some interval misses zero: the hull at the critical value of max |t|.
    pub wrong: f64,
    /// Likewise, of Student's interval.
    pub wrong_by_student: f64,
    /// Likewise, of Student's interval at Bonferroni's critical value.
    pub wrong_by_bonferroni: f64,
    /// Share with a warning at some point.
    pub warned: f64,
    /// Mean critical value of max |t|.
    pub critical: f64,
    /// Bonferroni's.
    pub bonferroni: f64,
}

/// Simulates sweeps without an effect.
pub fn family_wise(
    n: usize,
    shared: f64,
    shape: fn(f64) -> f64,
    sweeps: usize,
    seed: u64,
) -> FamilyWise {
    let mut normal = Normal::new(seed);
    let bonferroni = student::critical_value(0.05 / POINTS as f64, (n - 1) as f64);
    let mut found = FamilyWise::default();
    let share = 1.0 / sweeps as f64;
    let count = |holds: bool| if holds { share } else { 0.0 };
    for i in 0..sweeps {
        let points = sweep(&mut normal, n, shared, shape);
        let critical = simultaneous_critical(&points, 0.95, 1_000_000 * seed + i as u64)
            .expect("a value")
            .critical;
        let estimates: Vec<Estimate> = points
            .iter()
            .map(|values| Estimate::of(values, None))
            .collect();
        let misses_zero = |estimate: &Estimate| {
            let (low, high) = estimate.interval(critical).expect("a spread");
            low > 0.0 || high < 0.0
        };
        let largest = estimates
            .iter()
            .map(|estimate| (estimate.mean / estimate.se.expect("a spread")).abs())
            .fold(0.0, f64::max);
        let mut both = points.iter().zip(&estimates);
        found.wrong += count(estimates.iter().any(misses_zero));
        found.wrong_by_student += count(largest > critical);
        found.wrong_by_bonferroni += count(largest > bonferroni);
        found.warned += count(both.any(|(values, estimate)| is_warned(values, estimate, None)));
        found.critical += critical * share;
    }
    FamilyWise {
        bonferroni,
        ..found
    }
}

#[test]
fn a_sweep_without_an_effect_is_called_wrong_no_more_often_than_said() {
    for (n, shared) in [(20, 0.9), (100, 0.0)] {
        let FamilyWise {
            wrong,
            wrong_by_student,
            critical,
            bonferroni,
            ..
        } = family_wise(n, shared, |x| x, 200, 5);
        assert!(wrong <= wrong_by_student, "{n}: {wrong} {wrong_by_student}");
        // 5 % and three standard errors of 200 sweeps.
        assert!(
            wrong_by_student <= 0.05 + 3.0 * (0.05f64 * 0.95 / 200.0).sqrt(),
            "{n}: {wrong_by_student}"
        );
        assert!(
            critical <= bonferroni * 1.03,
            "{n}: {critical} {bonferroni}"
        );
    }
}

#[test]
fn means_that_move_as_one_are_one() {
    let values = Normal::new(3).take(200);
    let shifted = |by: f64| values.iter().map(|x| 2.0 * x + by).collect::<Vec<f64>>();
    let all: Vec<Vec<f64>> = (0..POINTS).map(|i| shifted(i as f64)).collect();
    let found = simultaneous_critical(&all, 0.95, 1)
        .expect("a value")
        .critical;
    let single = student::critical_value(0.05, 199.0);
    assert!(found >= single && found < 1.06 * single, "{found} {single}");
}

#[test]
fn what_has_no_band_has_none() {
    let values = Normal::new(3).take(30);
    assert_eq!(simultaneous_critical(&[], 0.95, 0), None);
    assert_eq!(
        simultaneous_critical(&[values[..9].to_vec(), values[9..18].to_vec()], 0.95, 0),
        None
    );
    assert_eq!(
        simultaneous_critical(&[values.clone(), values[..20].to_vec()], 0.95, 0),
        None
    );
    assert_eq!(
        simultaneous_critical(&[vec![1.0; 20], vec![2.0; 20]], 0.95, 0),
        None
    );
    // One that does not vary is left out.
    let with_constant = simultaneous_critical(&[values.clone(), vec![2.0; 30]], 0.95, 0);
    assert_eq!(with_constant, simultaneous_critical(&[values], 0.95, 0));
}
