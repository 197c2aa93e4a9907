//! The power of the claims of a script, estimated from a pilot: plain data for reports.

/// The power of the claims of a script, from a pilot run.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerStudy {
    /// Power that is asked for, between 0 and 1.
    pub target: f64,
    /// Number of backgrounds at each grid point of the pilot; a file can have fewer.
    pub pilot: usize,
    /// Seed of the pilot.
    pub seed: u64,
    /// The claims, in the order of the script.
    pub claims: Vec<ClaimPower>,
}

/// The power of one claim.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimPower {
    /// Name of the experiment.
    pub experiment: String,
    /// The claim as the author wrote it.
    pub claim: String,
    /// The estimate, or why there is none.
    pub power: Result<PowerEstimate, String>,
}

/// The power of a claim about means. Numbers of backgrounds are numbers of sources if several backgrounds have one.
#[derive(Debug, Clone, PartialEq)]
pub struct PowerEstimate {
    /// The grid point, or the step, that is hardest to support; empty without axes.
    pub hardest: String,
    /// Number of different means that the claim is about.
    pub means: usize,
    /// Pilot mean at the hardest point; its absolute value if the claim is about that.
    pub mean: f64,
    /// The number that the claim compares it with.
    pub threshold: f64,
    /// Standard deviation between backgrounds, or between the means of sources as the script samples them.
    pub sd: f64,
    /// How backgrounds with common sources vary; none if all backgrounds are independent.
    pub sources: Option<SourceVariation>,
    /// Number of independent backgrounds, or sources, that are needed if the means are those of the pilot; none if no number is enough.
    pub needed: Option<u64>,
    /// Confidence interval of `needed`; an end is none if no number is enough.
    pub needed_interval: (Option<u64>, Option<u64>),
    /// Confidence level of `needed_interval` and `detectable_interval`.
    pub level: f64,
    /// Number of independent backgrounds, or sources, that the script draws.
    pub planned: usize,
    /// Power with the planned number if the means are those of the pilot.
    pub planned_power: f64,
    /// Distance from the threshold at which the mean of the least precise grid point is on the claimed side with the power that is asked for.
    pub detectable: f64,
    /// Confidence interval of `detectable`, from the uncertainty of the standard deviation.
    pub detectable_interval: (f64, f64),
    /// Whether the claim is that means are greater than thresholds.
    pub is_greater: bool,
    /// Whether the experiment samples until a rule is met.
    pub is_sequential: bool,
}

/// The variation of backgrounds that share sources.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceVariation {
    /// Sources in the pilot.
    pub pilot: usize,
    /// Backgrounds of each source in the script, on average.
    pub backgrounds_per_source: f64,
    /// Standard deviation between sources, and within them; none if the pilot has one background of each source.
    pub components: Option<(f64, f64)>,
    /// Variance of the pilot's mean, relative to that of as many independent backgrounds.
    pub design_effect: f64,
}
