//! The rule by which the interval of a mean may be too short, although it allows for skew.
//!
//! A mean that a few backgrounds decide has an error that the same few decide. Simulations over 73 populations of effects of trained
//! networks with 20 to 1,000 backgrounds gave the rule its thresholds; `docs/statistics.md` has the table.

use super::Moments;
use super::summaries::{quantile, sorted_ascending};

/// The middle half of the differences spans less than this many standard errors.
const MAX_MIDDLE_SPAN_SE: f64 = 5.0;
/// Number of largest deviations that are looked at.
const LARGEST_DEVIATIONS: usize = 5;
/// Share of the sum of squared deviations that the largest ones hold at least.
const MIN_SHARE_OF_SQUARES: f64 = 2.0 / 3.0;
/// With this many times the square of a measure of skew, the rule no longer fires.
const BACKGROUNDS_PER_SQUARED_SKEW: f64 = 25.0;
/// Larger numbers of backgrounds are not suggested.
const MAX_SUGGESTED_BACKGROUNDS: f64 = 100_000.0;

/// A sample of which a few numbers decide the mean and its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecidedByFew {
    /// Share of the sum of squared deviations that the five largest hold.
    pub share: f64,
    /// Number of backgrounds with which the interval should hold; none if it is beyond reason.
    pub backgrounds: Option<usize>,
}

/// Whether the rule can apply to a sample with these moments: `a` of five numbers that hold two thirds of the sum of squares have at least
/// `(2/3)^2 / 5` of its square in fourth powers.
pub fn may_be_decided_by_few(moments: &Moments) -> bool {
    let least = MIN_SHARE_OF_SQUARES.powi(2) / LARGEST_DEVIATIONS as f64;
    moments.fourth_powers >= least * moments.squared_deviations.powi(2) * (1.0 - 1e-9)
}

/// Applies the rule to a sample: the middle half of its numbers spans less than five standard errors, and the five largest deviations
/// hold over two thirds of the sum of squares. `skewness` is that of the sample.
pub fn decided_by_few(values: &[f64], skewness: f64) -> Option<DecidedByFew> {
    let moments = Moments::of(values);
    let sd = moments.sd().filter(|sd| *sd > 0.0)?;
    let sorted = sorted_ascending(values);
    let span = quantile(&sorted, 0.75) - quantile(&sorted, 0.25);
    let se = sd / (values.len() as f64).sqrt();
    if span >= MAX_MIDDLE_SPAN_SE * se {
        return None;
    }
    // The largest deviations are at the ends of the sorted numbers.
    let (mut low, mut high) = (0, sorted.len());
    let mut held = 0.0;
    for _ in 0..LARGEST_DEVIATIONS.min(sorted.len()) {
        let (below, above) = (moments.mean - sorted[low], sorted[high - 1] - moments.mean);
        if below > above {
            held += below * below;
            low += 1;
        } else {
            held += above * above;
            high -= 1;
        }
    }
    let share = held / moments.squared_deviations;
    if share <= MIN_SHARE_OF_SQUARES {
        return None;
    }
    let skew = match span > 0.0 {
        true => skewness.abs().max(sd / span),
        false => skewness.abs(),
    };
    let needed = BACKGROUNDS_PER_SQUARED_SKEW * skew * skew;
    let more = needed > values.len() as f64 && needed <= MAX_SUGGESTED_BACKGROUNDS;
    Some(DecidedByFew {
        share,
        backgrounds: more.then_some(needed.ceil() as usize),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_numbers_far_out_decide_a_mean() {
        let mut values: Vec<f64> = (0..50).map(|i| f64::from(i % 10) * 0.1).collect();
        assert_eq!(decided_by_few(&values, 0.0), None);
        assert!(!may_be_decided_by_few(&Moments::of(&values)));
        values[7] = 40.0;
        values[20] = 55.0;
        let moments = Moments::of(&values);
        assert!(may_be_decided_by_few(&moments));
        let found = decided_by_few(&values, moments.skewness()).expect("two numbers decide");
        assert!(found.share > 0.95, "{found:?}");
        assert!(found.backgrounds.is_some_and(|n| n > 50), "{found:?}");
    }
}
