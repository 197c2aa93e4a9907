//! Sequential sampling: when an experiment stops drawing backgrounds.

/// Sequential sampling, `sample until RULE max N`: backgrounds are drawn until the results satisfy the rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopping {
    /// When sampling stops.
    pub rule: StoppingRule,
    /// The rule as the author wrote it, for example `width < 0.05`.
    pub text: String,
    /// Maximum number of backgrounds, which is the `count` of each point.
    pub max: usize,
}

/// Condition under which sampling stops, tested at each interim analysis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StoppingRule {
    /// Every interval of every contrast is narrower than this width, in the unit of its outcome.
    Width(f64),
    /// No claim is undecided.
    Decided,
}

impl Stopping {
    /// Number of backgrounds at the first interim analysis: the confidence sequences are asymptotic, and unreliable with fewer.
    pub const FIRST_ANALYSIS_BACKGROUNDS: usize = 100;
    /// Growth of the number of backgrounds from one interim analysis to the next.
    const ANALYSIS_GROWTH_FACTOR: f64 = 1.1;

    /// Number of backgrounds at the next interim analysis, given that of the last one (0 before the first).
    ///
    /// The schedule depends on the script alone, so that a run ends at the same background on every machine and for every batch size.
    pub fn next_analysis(&self, last: usize) -> usize {
        let next = match last {
            0 => Self::FIRST_ANALYSIS_BACKGROUNDS,
            last => (last as f64 * Self::ANALYSIS_GROWTH_FACTOR).ceil() as usize,
        };
        next.min(self.max)
    }
}
