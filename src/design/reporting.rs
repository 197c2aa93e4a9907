//! Reporting statements of a script: summaries of contrasts, statistics of curves, and selected rows.

/// A table of some rows of a contrast: `show top 10 of hexamers.effect`.
#[derive(Debug, Clone)]
pub struct Show {
    /// The statement as the author wrote it.
    pub text: String,
    /// Index into `Program::experiments`.
    pub experiment: usize,
    /// Index into the experiment's contrasts.
    pub contrast: usize,
    /// Index into the experiment's outcomes; none for all of them.
    pub outcome: Option<usize>,
    /// Whether rows of single backgrounds are shown: `show top 20 of each(variants.effect)`.
    pub each: bool,
    /// Which end of the ranking by mean, and how many grid points; none for all points in grid order.
    pub ranking: Option<(Ranking, usize)>,
}

impl Show {
    /// Renumbers the experiment to its place among those that are kept, as `place` gives it; whether it is.
    pub fn renumber(&mut self, place: impl Fn(usize) -> Option<usize>) -> bool {
        let kept = place(self.experiment);
        self.experiment = kept.unwrap_or(self.experiment);
        kept.is_some()
    }
}

/// Which end of a ranking by mean is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// The largest first.
    Top,
    /// The smallest first.
    Bottom,
}

/// A statistic that `report` adds to the mean of a contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// Median over backgrounds, with an interval from order statistics.
    Median,
    /// First quartile over backgrounds, with an interval from order statistics.
    LowerQuartile,
    /// Third quartile over backgrounds, with an interval from order statistics.
    UpperQuartile,
    /// Fraction of backgrounds above zero, with Wilson's score interval.
    FractionPositive,
    /// Standardized effect size: mean over standard deviation, with Hedges' bias correction.
    EffectSize,
    /// Hodges-Lehmann estimate of location, with Wilcoxon's signed-rank test.
    Wilcoxon,
    /// Mean, with the p value of a sign-flip permutation test.
    Permutation,
    /// Mean, with a bias-corrected and accelerated bootstrap interval.
    Bootstrap,
}

impl Summary {
    /// Every statistic, in the order of the documentation.
    pub const ALL: &'static [Summary] = &[
        Summary::Median,
        Summary::LowerQuartile,
        Summary::UpperQuartile,
        Summary::FractionPositive,
        Summary::EffectSize,
        Summary::Wilcoxon,
        Summary::Permutation,
        Summary::Bootstrap,
    ];

    /// Keyword in scripts.
    pub fn word(self) -> &'static str {
        match self {
            Summary::Median => "median",
            Summary::LowerQuartile => "lower_quartile",
            Summary::UpperQuartile => "upper_quartile",
            Summary::FractionPositive => "share",
            Summary::EffectSize => "size",
            Summary::Wilcoxon => "wilcoxon",
            Summary::Permutation => "permutation",
            Summary::Bootstrap => "bootstrap",
        }
    }
}

/// `report STATISTIC over AXIS`, computed for each contrast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurveSummary {
    /// The statistic.
    pub statistic: CurveStatistic,
    /// Index into `Experiment::axes`; its values are numbers, lengths or positions.
    pub axis: usize,
}

/// A statistic of a contrast along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveStatistic {
    /// The value of the axis at which the mean is greatest.
    Peak,
    /// The period of the strongest sinusoid, once a quadratic trend is removed.
    Period,
    /// The distance at which half of the change towards a plateau is reached.
    HalfDistance,
    /// The change per unit of the axis: slope of a line fitted to each background.
    Slope,
}

impl CurveStatistic {
    /// Every statistic of a curve, in the order of the documentation.
    pub const ALL: &'static [CurveStatistic] = &[
        CurveStatistic::Peak,
        CurveStatistic::Period,
        CurveStatistic::HalfDistance,
        CurveStatistic::Slope,
    ];

    /// Keyword in scripts.
    pub fn word(self) -> &'static str {
        match self {
            CurveStatistic::Peak => "peak",
            CurveStatistic::Period => "period",
            CurveStatistic::HalfDistance => "half_distance",
            CurveStatistic::Slope => "slope",
        }
    }

    /// Minimum number of axis values that the statistic needs.
    pub fn min_axis_values(self) -> usize {
        match self {
            CurveStatistic::Peak => 3,
            CurveStatistic::Period => Self::MIN_VALUES_FOR_PERIOD,
            CurveStatistic::HalfDistance => 4,
            CurveStatistic::Slope => 2,
        }
    }

    /// Minimum number of axis values for estimating a period.
    pub const MIN_VALUES_FOR_PERIOD: usize = 8;
}
