//! Why a sample decides nothing, in a sentence.

use crate::estimate::{Estimate, MIN_UNLIKE, Weakness};
use crate::number_format::{count, percent, shortest, significant_digits};

/// The sentence for a weakness of an estimate, at the level of a claim.
pub fn explain_weakness(weakness: Weakness, estimate: &Estimate, level: f64) -> String {
    let n = count(estimate.n);
    let sources = match estimate.sources < estimate.n {
        true => format!(" from {} sources", count(estimate.sources)),
        false => String::new(),
    };
    let unseen = estimate.max_unseen_share(level);
    let unseen = format!(
        "up to {} of the population may",
        percent((unseen * 1e3).ceil() / 1e3)
    );
    let confidence = percent(level);
    match weakness {
        Weakness::SingleBackground => {
            "one sequence is no replication, so there is no interval".to_string()
        }
        Weakness::SingleSource => format!(
            "all {n} backgrounds come from one sequence, which gives no interval for sequences like it"
        ),
        Weakness::AllEqual => format!(
            "all {n} backgrounds{sources} give {}, but {unseen} give something else ({confidence} confidence), so nothing is known \
             of the mean",
            match estimate.mean.fract() == 0.0 {
                true => shortest(estimate.mean),
                false => significant_digits(estimate.mean, 3),
            }
        ),
        Weakness::AllBelowPrecision => format!(
            "every difference of {n} backgrounds{sources} is below the precision of float32, but {unseen} differ by more \
             ({confidence} confidence)"
        ),
        Weakness::TooFewForQuantile { needed } => format!(
            "{} {} give no interval of a quantile at this level; {} would",
            count(estimate.sources),
            estimate.units(),
            count(needed)
        ),
        Weakness::FewDiffer => {
            let unlike = estimate.unlike;
            let verb = if unlike == 1 { "differs" } else { "differ" };
            let needed = estimate.sources as f64 * (2 * MIN_UNLIKE) as f64 / unlike as f64;
            let units = estimate.units();
            format!(
                "only {} of {} {units} {verb} from the others, which is too few for an interval of the mean to hold; \
                 about {} {units} would do",
                count(unlike),
                count(estimate.sources),
                count(needed.ceil() as usize)
            )
        }
    }
}
