//! Sign-flip permutation test of a mean of zero.

use rand_chacha::rand_core::Rng;

use super::SummaryEstimate;
use crate::resampling_units::unit_sums;
use crate::rng::random_generator;
use crate::{ClusterDesign, Moments};

/// Maximum number of values, or of clusters, for the exact test, which tries every pattern of signs.
pub const MAX_EXACT_VALUES: usize = 16;
const SIGN_DRAWS: usize = 9_999;
/// Sums that differ by less than this fraction count as equal.
const MAX_RELATIVE_ROUNDING: f64 = 1e-12;

const EXACT: &str = "mean, sign-flip test over all patterns of signs";
const DRAWN: &str = "mean, sign-flip test with 9,999 draws";
const EXACT_CLUSTERED: &str =
    "mean, sign-flip test over all patterns of signs, one sign for each source";
const DRAWN_CLUSTERED: &str = "mean, sign-flip test with 9,999 draws, one sign for each source";

/// The mean, with the probability that random signs give one at least as far from zero.
///
/// The test is exact for symmetric differences of any distribution (Fisher, The Design of Experiments, 1935). The observed signs count
/// as one of the random draws, so that p is never 0 (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology
/// 9:39, 2010).
///
/// With clusters all values of a cluster keep or change their sign together.
pub fn sign_flip_test(
    values: &[f64],
    seed: u64,
    design: Option<&ClusterDesign>,
) -> SummaryEstimate {
    let sums = unit_sums(values, design);
    let exact = sums.len() <= MAX_EXACT_VALUES;
    let p = if exact {
        exact_sign_flip_p(&sums)
    } else {
        let limit = far_sum(&sums);
        let mut generator = random_generator(seed, b"signflip", 0);
        let far = (0..SIGN_DRAWS).filter(|_| {
            let mut drawn = 0.0;
            for block in sums.chunks(64) {
                let word = generator.next_u64();
                for (i, x) in block.iter().enumerate() {
                    drawn += if word >> i & 1 == 1 { -x } else { *x };
                }
            }
            drawn.abs() >= limit
        });
        (1 + far.count()) as f64 / (1 + SIGN_DRAWS) as f64
    };
    let method = match (exact, design) {
        (true, None) => EXACT,
        (false, None) => DRAWN,
        (true, Some(_)) => EXACT_CLUSTERED,
        (false, Some(_)) => DRAWN_CLUSTERED,
    };
    SummaryEstimate {
        value: Some(Moments::of(values).mean),
        p: Some(p),
        ..SummaryEstimate::without_value(method)
    }
}

/// The share of all patterns of signs of at most [`MAX_EXACT_VALUES`] values whose sum is at least as far from zero as theirs.
pub fn exact_sign_flip_p(values: &[f64]) -> f64 {
    let limit = far_sum(values);
    let patterns = 1u32 << values.len();
    let far = (0..patterns).filter(|pattern| {
        let signed = values.iter().enumerate();
        let signed = signed.map(|(i, x)| if pattern >> i & 1 == 1 { -x } else { *x });
        signed.sum::<f64>().abs() >= limit
    });
    far.count() as f64 / f64::from(patterns)
}

/// The least distance from zero that counts as that of the sum of the values.
fn far_sum(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().sum();
    let reach: f64 = values.iter().map(|x| x.abs()).sum();
    sum.abs() - MAX_RELATIVE_ROUNDING * reach
}
