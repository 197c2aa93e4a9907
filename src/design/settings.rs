//! Settings of a whole script.

/// Settings of a script: its `set` statements, or their defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Seed of every random choice, from 0 to 2^53; 0 unless set.
    pub seed: u64,
    /// Confidence level of intervals, 0.95 unless set.
    pub level: f64,
    /// False discovery rate (for Holm: family-wise error rate) at which grid points are called significant; 0.05 unless set.
    pub fdr: f64,
    /// Correction for multiple testing; Benjamini-Hochberg unless set.
    pub correction: Correction,
    /// How the interval of a mean is computed; the hull unless set.
    pub interval: IntervalMethod,
    /// Which claims are judged together; each alone unless set.
    pub family: FamilyScope,
    /// Whether experiments with equal null models have equal backgrounds; they do unless set.
    pub streams: Streams,
}

/// Which claims form a family, within which the probability of any wrong verdict is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyScope {
    /// Each claim is judged at its own level.
    Claim,
    /// All claims of a script.
    Script,
    /// All claims of the scripts of a suite that ask for it.
    Suite,
}

/// Whether experiments with equal null models draw the same backgrounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// They do, so that equal predictions are made once and effects are compared on the same backgrounds.
    Shared,
    /// Each experiment draws its own, so that chance in one says nothing of another.
    Independent,
}

/// How the interval of a mean is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalMethod {
    /// From the lower of both lower ends to the higher of both upper ends of Student's interval and of Hall's, which allows for skew.
    Hull,
    /// Student's interval.
    Student,
}

/// Correction of p values for multiple testing, over the grid points of one contrast and outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// Controls the false discovery rate of tests that are independent or positively dependent.
    BenjaminiHochberg,
    /// Controls the false discovery rate under any dependence.
    BenjaminiYekutieli,
    /// Controls the family-wise error rate under any dependence.
    Holm,
}

impl Correction {
    /// Name of the method in reports.
    pub fn name(self) -> &'static str {
        match self {
            Correction::BenjaminiHochberg => "Benjamini-Hochberg",
            Correction::BenjaminiYekutieli => "Benjamini-Yekutieli",
            Correction::Holm => "Holm",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            seed: 0,
            level: 0.95,
            fdr: 0.05,
            correction: Correction::BenjaminiHochberg,
            interval: IntervalMethod::Hull,
            family: FamilyScope::Claim,
            streams: Streams::Shared,
        }
    }
}
