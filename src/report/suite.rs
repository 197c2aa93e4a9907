//! Results of a suite for other programs: JUnit, JSON lines, Markdown and annotations, made from the same data and in the same
//! words as on the terminal.

mod github;
mod json_lines;
mod junit;
mod markdown;

pub use github::annotations;
pub use json_lines::json_lines;
pub use junit::junit;
pub use markdown::markdown;

use super::display::{claim_reason, verdict_word as word};
use gia_base::diag::Outcome;
use gia_study::{Case, Comparison, SuiteResults};

/// All output formats of a suite, in the order in which the help lists them.
pub const SUITE_FORMATS: &[&SuiteFormat] =
    &[&junit::FORMAT, &json_lines::FORMAT, &markdown::FORMAT];

/// An output format of a suite.
#[derive(Debug)]
pub struct SuiteFormat {
    /// Name of its option, without dashes.
    pub option: &'static str,
    /// Help text of the option.
    pub help: &'static str,
    /// Serialises the whole suite in this format.
    pub text: fn(&SuiteResults) -> Outcome<String>,
}

/// `refuted: the 95 % interval is [0.1, 0.2], above 0`.
fn verdict_sentence(case: &Case) -> String {
    format!(
        "{}: {}",
        word(case.claim.verdict),
        claim_reason(&case.claim)
    )
}

/// The effects that changed or are gone, one per line.
fn effect_changes(comparison: &Comparison) -> Vec<String> {
    use super::number::four_digits;
    use super::terminal::grid_place;
    use gia_study::EffectVerdict;
    let changed = comparison.effects.iter();
    let changed = changed.filter(|effect| effect.change == EffectVerdict::Changed);
    let mut lines: Vec<String> = changed
        .map(|effect| {
            let of = &effect.of;
            let place = match of.at.is_empty() {
                true => String::new(),
                false => format!(" at {}", grid_place(&of.at)),
            };
            let interval = match effect.low.zip(effect.high) {
                Some((low, high)) => {
                    format!(", interval [{}, {}]", four_digits(low), four_digits(high))
                }
                None => String::new(),
            };
            format!(
                "{}: {} of {}{place}: {} before, now {}; difference {}{interval}",
                of.experiment,
                of.contrast,
                of.outcome,
                four_digits(effect.before),
                four_digits(effect.after),
                four_digits(effect.difference),
            )
        })
        .collect();
    lines.extend(comparison.gone.iter().map(|of| {
        format!(
            "{}: {} of {} is gone",
            of.experiment, of.contrast, of.outcome
        )
    }));
    lines
}
