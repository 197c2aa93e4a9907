//! A large grid in the time that a person does not notice.

use std::time::Instant;

use gia::check::hir::Relation;
use gia::stats::analyse;

use super::trial::{Normal, Trial};

/// Seconds for 10,000 grid points by 1,000 backgrounds on two cores, optimised.
const ALLOWED: f64 = 0.3;
/// The same with a claim over all of them, whose band takes 2,000 draws.
const ALLOWED_WITH_BAND: f64 = 3.0;

/// Run by name in an optimised build: `cargo test --release --test all -- --ignored ten_thousand`.
#[test]
#[ignore = "a timing, which says something in an optimised build on an idle machine only"]
fn ten_thousand_points_by_a_thousand_backgrounds() {
    let mut normal = Normal::new(1);
    let noise: Vec<f32> = normal.take(3_000).into_iter().map(|x| x as f32).collect();
    let arm = |start: usize| noise[start % 2_000..][..1_000].to_vec();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .unwrap();
    for (claimed, allowed) in [(false, ALLOWED), (true, ALLOWED_WITH_BAND)] {
        let values = (0..10_000).map(|i| vec![arm(i), arm(7 * i + 1)]).collect();
        let trial = Trial::simple(values);
        let trial = if claimed {
            trial.claim(Relation::Greater, 0.0)
        } else {
            trial
        };
        let (plan, outcomes) = trial.build();
        let mut best = f64::INFINITY;
        for _ in 0..3 {
            let start = Instant::now();
            let found = pool.install(|| analyse(&plan, &outcomes)).unwrap();
            best = best.min(start.elapsed().as_secs_f64());
            assert_eq!(found[0].rows.len(), 10_000);
        }
        let with = if claimed { "with" } else { "without" };
        println!("10,000 grid points by 1,000 backgrounds, {with} a claim over all: {best:.3} s");
        assert!(best < allowed, "{best} s");
    }
}
