//! Sign-flip permutation test of a mean of zero.

use rand_chacha::rand_core::Rng;

use super::SummaryEstimate;
use crate::Moments;
use crate::rng::random_generator;

/// Maximum number of values for the exact test, which tries every pattern of signs.
const MAX_EXACT_VALUES: usize = 16;
const SIGN_DRAWS: usize = 9_999;
/// Sums that differ by less than this fraction count as equal.
const MAX_RELATIVE_ROUNDING: f64 = 1e-12;

const EXACT: &str = "mean, sign-flip test over all patterns of signs";
const DRAWN: &str = "mean, sign-flip test with 9,999 draws";

/// The mean, with the probability that random signs give one at least as far from zero.
///
/// The test is exact for symmetric differences of any distribution (Fisher, The Design of Experiments, 1935). The observed signs count
/// as one of the random draws, so that p is never 0 (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology
/// 9:39, 2010).
pub fn sign_flip_test(values: &[f64], seed: u64) -> SummaryEstimate {
    let sum: f64 = values.iter().sum();
    let reach: f64 = values.iter().map(|x| x.abs()).sum();
    let limit = sum.abs() - MAX_RELATIVE_ROUNDING * reach;
    let exact = values.len() <= MAX_EXACT_VALUES;
    let p = if exact {
        let patterns = 1u32 << values.len();
        let far = (0..patterns).filter(|pattern| {
            let signed = values.iter().enumerate();
            let signed = signed.map(|(i, x)| if pattern >> i & 1 == 1 { -x } else { *x });
            signed.sum::<f64>().abs() >= limit
        });
        far.count() as f64 / f64::from(patterns)
    } else {
        let mut generator = random_generator(seed, b"signflip", 0);
        let far = (0..SIGN_DRAWS).filter(|_| {
            let mut drawn = 0.0;
            for block in values.chunks(64) {
                let word = generator.next_u64();
                for (i, x) in block.iter().enumerate() {
                    drawn += if word >> i & 1 == 1 { -x } else { *x };
                }
            }
            drawn.abs() >= limit
        });
        (1 + far.count()) as f64 / (1 + SIGN_DRAWS) as f64
    };
    SummaryEstimate {
        value: Some(Moments::of(values).mean),
        interval: None,
        p: Some(p),
        method: if exact { EXACT } else { DRAWN },
    }
}
