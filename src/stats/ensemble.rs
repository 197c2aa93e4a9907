//! Comparison of the members of an ensemble: how much of an effect is specific to one network.
//!
//! Every member sees every background: a crossed random-effects design of members by backgrounds with one number in each cell.
//! Both are samples, of trained networks and of sequences. The variance of the grand mean is
//! (MS_members + MS_backgrounds - MS_residual) / (number of cells), with the mean squares of a two-way analysis of variance.
//! Degrees of freedom are Satterthwaite's, of all mean squares that enter; the difference of mean squares is truncated at 0. (Hillis,
//! Statistics in Medicine 26:596, 2007, whose readers by cases are this design, counts the readers alone, which is too sure where
//! there are few cases.)
//!
//! For a single background nothing is known of other backgrounds. The members are then a sample of networks for that sequence, and the
//! interval is Student's over their numbers.

use gia_design::IntervalMethod;

use super::resampling_units::unit_totals;
use super::{ClusterDesign, Estimate, Moments, student};
use gia_study::{EnsembleEstimate, MemberMean};

/// The numbers of a contrast under each member of an ensemble, on the same backgrounds in the same order, summed up.
pub struct MemberComparison<'a> {
    names: Vec<&'a str>,
    /// By member, the estimate over backgrounds.
    estimates: Vec<Estimate>,
    /// Moments of the means of members.
    of_means: Moments,
    /// Standard deviation of members, without what chance in the backgrounds adds.
    between: f64,
    /// Standard deviation over backgrounds under one member; none for a single background.
    within: Option<f64>,
    /// Standard error of the mean over members and backgrounds as samples of networks and sequences.
    se: f64,
    /// Satterthwaite's degrees of freedom of `se`.
    freedom: f64,
    /// The mean over these members, for backgrounds like these.
    of_these: Estimate,
}

impl<'a> MemberComparison<'a> {
    /// Compares members, given by name. None for fewer than two members, for several backgrounds of one source, or if nothing varied.
    ///
    /// If several backgrounds have one source, sources take the place of backgrounds in the analysis of variance.
    pub fn new(
        members: Vec<(&'a str, Vec<f64>)>,
        interval: IntervalMethod,
        design: Option<&ClusterDesign>,
    ) -> Option<MemberComparison<'a>> {
        let m = members.len() as f64;
        let count = members.first()?.1.len();
        let units = design.map_or(count, ClusterDesign::count);
        if members.len() >= 2 && count == 1 {
            return MemberComparison::of_one_background(members, interval);
        }
        if members.len() < 2 || units < 2 {
            return None;
        }
        let n = units as f64;
        let member_means: Vec<f64> = (0..count)
            .map(|i| members.iter().map(|(_, values)| values[i]).sum::<f64>() / m)
            .collect();
        let estimates = members.iter().map(|(_, values)| Estimate {
            interval_method: interval,
            ..Estimate::of(values, design)
        });
        let estimates: Vec<Estimate> = estimates.collect();
        let of_units = members.iter();
        let of_units = of_units.map(|(_, values)| unit_totals(values.clone(), design));
        let of_units: Vec<Vec<f64>> = of_units.collect();
        let means: Vec<f64> = estimates.iter().map(|estimate| estimate.mean).collect();
        let of_means = Moments::of(&means);
        let of_backgrounds: Vec<f64> = (0..units)
            .map(|i| of_units.iter().map(|v| v[i]).sum::<f64>() / m)
            .collect();
        let of_backgrounds = Moments::of(&of_backgrounds);
        let squares = |values: &Vec<f64>| Moments::of(values).squared_deviations;
        let within: f64 = of_units.iter().map(squares).sum();
        let within_members: f64 = members.iter().map(|(_, values)| squares(values)).sum();
        // Mean squares of the table.
        let models = n * of_means.squared_deviations / (m - 1.0);
        let backgrounds = m * of_backgrounds.squared_deviations / (n - 1.0);
        let rest =
            (within - m * of_backgrounds.squared_deviations).max(0.0) / ((m - 1.0) * (n - 1.0));

        if models <= 0.0 && backgrounds <= 0.0 {
            // In a sample in which nothing varied, nothing is known of other models and backgrounds.
            return None;
        }
        let (variance, freedom) = if models > 0.0 {
            let variance = models + (backgrounds - rest).max(0.0);
            let mut spread = models * models / (m - 1.0);
            if backgrounds > rest {
                spread +=
                    backgrounds * backgrounds / (n - 1.0) + rest * rest / ((m - 1.0) * (n - 1.0));
            }
            (variance, variance * variance / spread)
        } else {
            (backgrounds, n - 1.0)
        };
        Some(MemberComparison {
            names: members.iter().map(|(name, _)| *name).collect(),
            estimates,
            of_means,
            between: ((models - rest) / n).max(0.0).sqrt(),
            within: Some((within_members / (m * (count - 1) as f64)).sqrt()),
            se: (variance / (n * m)).sqrt(),
            freedom,
            of_these: Estimate {
                interval_method: interval,
                ..Estimate::of(&member_means, design)
            },
        })
    }

    /// Compares the numbers of members for a single background. None if they are equal.
    fn of_one_background(
        members: Vec<(&'a str, Vec<f64>)>,
        interval: IntervalMethod,
    ) -> Option<MemberComparison<'a>> {
        let estimate = |values: &[f64]| Estimate {
            interval_method: interval,
            ..Estimate::of(values, None)
        };
        let m = members.len() as f64;
        let values: Vec<f64> = members
            .iter()
            .flat_map(|(_, values)| values)
            .copied()
            .collect();
        let of_means = Moments::of(&values);
        let sd = of_means.sd().filter(|sd| *sd > 0.0)?;
        Some(MemberComparison {
            names: members.iter().map(|(name, _)| *name).collect(),
            estimates: values.iter().map(|value| estimate(&[*value])).collect(),
            of_means,
            between: sd,
            within: None,
            se: sd / m.sqrt(),
            freedom: m - 1.0,
            of_these: estimate(&[of_means.mean]),
        })
    }

    /// The mean over members and backgrounds.
    pub fn mean(&self) -> f64 {
        self.of_means.mean
    }

    /// The interval of the mean for networks like these and backgrounds like these, with error rate `alpha`. With the hull, it reaches
    /// at least as far as that for these networks, which allows for skew.
    pub fn interval(&self, alpha: f64) -> (f64, f64) {
        let half = student::critical_value(alpha, self.freedom) * self.se;
        let (low, high) = (self.mean() - half, self.mean() + half);
        let critical = student::critical_value(alpha, self.of_these.freedom);
        match (
            self.of_these.interval_method,
            self.of_these.interval(critical),
        ) {
            (IntervalMethod::Hull, Some(these)) => (low.min(these.0), high.max(these.1)),
            (IntervalMethod::Hull, None) | (IntervalMethod::Student, _) => (low, high),
        }
    }

    /// The comparison as reported, with intervals at a confidence level.
    pub fn record(&self, level: f64) -> Option<EnsembleEstimate> {
        let freedom = self.estimates.first()?.freedom;
        let critical = student::critical_value(1.0 - level, freedom);
        let mean = self.mean();
        let (low, high) = self.interval(1.0 - level);
        let agree = self.estimates.iter();
        let agree = agree.filter(|estimate| estimate.mean * mean > 0.0);
        let named = self.names.iter().zip(&self.estimates);
        let means = named.map(|(name, estimate)| {
            let interval = estimate.interval(critical);
            MemberMean {
                model: (*name).to_string(),
                mean: estimate.mean,
                low: interval.map(|(low, _)| low),
                high: interval.map(|(_, high)| high),
            }
        });
        Some(EnsembleEstimate {
            sd: self.of_means.sd()?,
            between: self.between,
            within: self.within,
            mean,
            low,
            high,
            agree: agree.count(),
            means: means.collect(),
        })
    }
}

/// [`MemberComparison`] as it is reported, with intervals at a confidence level.
pub fn compare_members(
    members: Vec<(&str, Vec<f64>)>,
    level: f64,
    interval: IntervalMethod,
    design: Option<&ClusterDesign>,
) -> Option<EnsembleEstimate> {
    MemberComparison::new(members, interval, design)?.record(level)
}
