//! How often chance signs make a mean as far from zero.

use rand_chacha::rand_core::Rng;

use super::Found;
use crate::Moments;
use crate::rng::generator;

/// Up to so many numbers every pattern of signs is tried.
const MAX_EXACT: usize = 16;
const DRAWS: usize = 9_999;
/// Sums that differ by less than this share are equal but for rounding.
const ROUNDING: f64 = 1e-12;

const EXACT: &str = "mean, sign-flip test over all patterns of signs";
const DRAWN: &str = "mean, sign-flip test with 9,999 draws";

/// The mean, and the probability that signs drawn by coin make one at least as far from zero: exact for symmetric
/// differences whatever their distribution (Fisher, The Design of Experiments, 1935). With draws, the numbers themselves
/// count as one, so that p is never 0 (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology
/// 9:39, 2010).
pub fn permutation(values: &[f64], seed: u64) -> Found {
    let sum: f64 = values.iter().sum();
    let reach: f64 = values.iter().map(|x| x.abs()).sum();
    let limit = sum.abs() - ROUNDING * reach;
    let exact = values.len() <= MAX_EXACT;
    let p = if exact {
        let patterns = 1u32 << values.len();
        let far = (0..patterns).filter(|pattern| {
            let signed = values.iter().enumerate();
            let signed = signed.map(|(i, x)| if pattern >> i & 1 == 1 { -x } else { *x });
            signed.sum::<f64>().abs() >= limit
        });
        far.count() as f64 / f64::from(patterns)
    } else {
        let mut generator = generator(seed, b"signflip", 0);
        let far = (0..DRAWS).filter(|_| {
            let mut drawn = 0.0;
            for block in values.chunks(64) {
                let word = generator.next_u64();
                for (i, x) in block.iter().enumerate() {
                    drawn += if word >> i & 1 == 1 { -x } else { *x };
                }
            }
            drawn.abs() >= limit
        });
        (1 + far.count()) as f64 / (1 + DRAWS) as f64
    };
    Found {
        value: Some(Moments::of(values).mean),
        interval: None,
        p: Some(p),
        method: if exact { EXACT } else { DRAWN },
    }
}
