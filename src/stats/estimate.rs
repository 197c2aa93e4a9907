//! A mean with its uncertainty.

use gia_design::IntervalMethod;

use super::confidence_sequence::ConfidenceSequence;
use super::sample_summary::SampleSummary;
use super::{ClusterDesign, Hall, student};

/// If fewer sources than this differ from the commonest value, their spread says too little about the mean for a verdict.
pub const MIN_UNLIKE: usize = 5;

/// The mean of one number per background, with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Number of backgrounds.
    pub n: usize,
    /// Number of independent sources that the backgrounds come from; `n` if the backgrounds are independent.
    pub sources: usize,
    /// Mean over backgrounds.
    pub mean: f64,
    /// Sample standard deviation (n - 1); none for n = 1.
    pub sd: Option<f64>,
    /// Standard error of the mean: `sd / sqrt(n)`, or that of [`super::clustered_error()`]; none for one background or one source.
    pub se: Option<f64>,
    /// Degrees of freedom of the standard error: n - 1, or Satterthwaite's.
    pub freedom: f64,
    /// Skewness of the values, or of the sums of clusters.
    pub skewness: f64,
    /// Whether [`super::decided_by_few()`] can apply to the sample.
    pub few_may_decide: bool,
    /// Number of sources with a background whose value differs from the commonest value by more than rounding.
    pub unlike: usize,
    /// Student's interval, or the hull of Student's and Hall's.
    pub interval_method: IntervalMethod,
    /// Whether every background of the population gives the same value by construction.
    pub is_fixed: bool,
    /// Largest possible size of the mean if every value is below the precision of float32 and so counts as zero; else none.
    pub rounding_bound: Option<f64>,
}

/// Why a sample says too little about its mean for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// There is one background.
    SingleBackground,
    /// All backgrounds come from one source.
    SingleSource,
    /// All values are equal, though others are possible.
    AllEqual,
    /// All values are below the precision of float32, though larger ones are possible.
    AllBelowPrecision,
    /// All but a few values are equal.
    FewDiffer,
    /// Too few independent backgrounds for an interval of a quantile at the level of the claim.
    TooFewForQuantile {
        /// Smallest number that gives one.
        needed: usize,
    },
}

/// How the interval and the p value of an estimate are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EstimateMethod {
    /// Numbers with a spread: a t interval and test.
    Student,
    /// Numbers that are zero within the precision of float32: the interval is that precision, and there is no test.
    BelowPrecision,
    /// Numbers that are equal by construction: the interval is a point, and there is no spread to test the mean against.
    Fixed,
    /// Equal numbers in this sample. Other backgrounds may give another number, so there is no interval.
    Constant,
    /// Backgrounds of one source, which have no spread between sources.
    SingleSource,
    /// A single number, which has no spread, so neither interval nor p.
    SingleBackground,
}

impl Estimate {
    /// The estimate from one number per background; there must be at least one. `design` says which backgrounds have one source; none
    /// if all are independent.
    pub fn of(values: &[f64], design: Option<&ClusterDesign>) -> Estimate {
        SampleSummary::of(values, design).estimate(design)
    }

    /// How the interval and p are made.
    pub fn method(&self) -> EstimateMethod {
        if self.n < 2 {
            return EstimateMethod::SingleBackground;
        }
        if self.rounding_bound.is_some() {
            return EstimateMethod::BelowPrecision;
        }
        if self.unlike == 0 {
            return match self.is_fixed {
                true => EstimateMethod::Fixed,
                false => EstimateMethod::Constant,
            };
        }
        match self.se {
            None => EstimateMethod::SingleSource,
            Some(0.0) => EstimateMethod::Constant,
            Some(_) => EstimateMethod::Student,
        }
    }

    /// Why the sample cannot decide a claim about its mean, whatever its interval; none if it can.
    pub fn weakness(&self) -> Option<Weakness> {
        match self.method() {
            EstimateMethod::SingleBackground => Some(Weakness::SingleBackground),
            EstimateMethod::SingleSource => Some(Weakness::SingleSource),
            EstimateMethod::Constant => Some(Weakness::AllEqual),
            EstimateMethod::BelowPrecision if !self.is_fixed => Some(Weakness::AllBelowPrecision),
            EstimateMethod::BelowPrecision | EstimateMethod::Fixed => None,
            EstimateMethod::Student => {
                let alike = self.sources.saturating_sub(self.unlike);
                (self.unlike < MIN_UNLIKE && alike > self.unlike).then_some(Weakness::FewDiffer)
            }
        }
    }

    /// The largest share of the population that may differ from the commonest value unseen, if no background of this many sources
    /// does: with this confidence level, `1 - alpha^(1 / n)` (the rule of three; Hanley and Lippman-Hand, JAMA 249:1743, 1983).
    pub fn max_unseen_share(&self, level: f64) -> f64 {
        1.0 - (1.0 - level).powf(1.0 / self.sources as f64)
    }

    /// What its independent observations are called: backgrounds or, if several have one source, sources.
    pub fn units(&self) -> &'static str {
        match self.sources < self.n {
            true => "sources",
            false => "backgrounds",
        }
    }

    /// The interval at a critical value, in standard errors: `mean ± critical * se`, or the hull of that and Hall's interval. None if the sample gives no interval.
    pub fn interval(&self, critical: f64) -> Option<(f64, f64)> {
        match self.method() {
            EstimateMethod::SingleBackground
            | EstimateMethod::SingleSource
            | EstimateMethod::Constant => None,
            EstimateMethod::BelowPrecision => self.rounding_bound.map(|most| (-most, most)),
            EstimateMethod::Fixed => Some((self.mean, self.mean)),
            EstimateMethod::Student => {
                let (below, above) = self.hall().hull(critical);
                let se = self.se?;
                Some((self.mean + below * se, self.mean + above * se))
            }
        }
    }

    /// Two-sided p value of a mean of zero, which is at most alpha where the interval at level 1 - alpha excludes zero; none unless the
    /// method is [`EstimateMethod::Student`].
    pub fn p_value(&self) -> Option<f64> {
        Some(student::two_sided_p(self.t()?, self.freedom))
    }

    /// p value of a mean of zero that stays valid under repeated looks, and is at least that of a fixed number of backgrounds; none unless
    /// the method is [`EstimateMethod::Student`].
    pub fn sequential_p_value(&self, sequence: ConfidenceSequence) -> Option<f64> {
        Some(
            sequence
                .p_value(self.sources, self.t()?)
                .max(self.p_value()?),
        )
    }

    /// Distance of the mean from zero in standard errors, after the adjustment for skew.
    fn t(&self) -> Option<f64> {
        match self.method() {
            EstimateMethod::Student => Some(self.hall().nearer(self.mean / self.se?)),
            EstimateMethod::SingleBackground
            | EstimateMethod::SingleSource
            | EstimateMethod::Constant
            | EstimateMethod::Fixed
            | EstimateMethod::BelowPrecision => None,
        }
    }

    fn hall(&self) -> Hall {
        match self.interval_method {
            IntervalMethod::Hull => Hall::new(self.skewness, self.sources),
            IntervalMethod::Student => Hall::new(0.0, self.sources),
        }
    }
}
