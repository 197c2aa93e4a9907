//! The reason for a verdict, in a sentence.

use super::judge::{ClaimAssertion, Judgement, claims_greater};
use super::weakness::explain_weakness;
use crate::estimate::EstimateMethod;
use crate::number_format;
use crate::simultaneous_method::FamilyMember;
use gia_design::Relation;
use gia_study::Verdict;

/// What the reason for a verdict calls things.
pub struct Wording {
    pub relation: Relation,
    /// Whether the claim is about the absolute value of the quantity.
    pub is_absolute: bool,
    /// Confidence level at which all intervals hold at once.
    pub level: f64,
    /// The quantity that the claim is about, with its article, such as `the median`; empty for the mean.
    pub quantity: &'static str,
    /// What each interval belongs to.
    pub member: FamilyMember,
    /// What would decide an undecided claim, if that is not more backgrounds.
    pub outlook: Option<&'static str>,
}

impl Judgement {
    /// The reason in a sentence. `place` names the deciding grid point, for example `gap = 24 bp`; empty without axes.
    pub fn reason(&self, claimed: ClaimAssertion, threshold: f64, place: &str) -> String {
        let wording = Wording {
            relation: claimed.relation,
            is_absolute: claimed.is_absolute,
            level: claimed.level,
            quantity: "",
            member: FamilyMember::GridPoint,
            outlook: None,
        };
        self.reason_for(&wording, threshold, place)
    }

    /// The reason for a verdict about any quantity, over grid points or steps; `place` names the deciding one.
    pub fn reason_for(&self, claimed: &Wording, threshold: f64, place: &str) -> String {
        let (member, members) = (claimed.member.singular(), claimed.member.plural());
        let up = claims_greater(claimed.relation);
        let limit = number_format::shortest(threshold);
        let at = if place.is_empty() {
            String::new()
        } else {
            format!("at {place} ")
        };
        if let Some(weakness) = self.weakness {
            return at + &explain_weakness(weakness, &self.estimate, claimed.level);
        }
        let Some((low, high)) = self.interval else {
            return format!("{at}there is no interval");
        };
        let below_precision = self.estimate.method() == EstimateMethod::BelowPrecision;
        let units = self.estimate.units();
        let interval = number_format::interval(low, high, threshold);
        let percent = number_format::percent(claimed.level);
        let of = match (claimed.is_absolute, claimed.quantity) {
            (true, "") => " of the absolute value".to_string(),
            (true, quantity) => format!(" of the absolute value of {quantity}"),
            (false, "") => String::new(),
            (false, quantity) => format!(" of {quantity}"),
        };
        let several = self.points > 1;
        let points = number_format::count(self.points);
        let is = if below_precision {
            // The bound comes from rounding and has no confidence level.
            format!(
                "{at}every difference is below the precision of float32, so the effect lies within {interval}"
            )
        } else if several {
            format!(
                "{at}the {percent} interval{of}, simultaneous over {points} {members}, is {interval}"
            )
        } else {
            format!("{at}the {percent} interval{of} is {interval}")
        };
        let side = |above: bool, touching: bool| match (above, touching) {
            (true, false) => format!("above {limit}"),
            (false, false) => format!("below {limit}"),
            (true, true) => format!("not below {limit}"),
            (false, true) => format!("not above {limit}"),
        };
        let (near, far) = if up { (low, high) } else { (high, low) };
        match self.verdict {
            Verdict::Supported => {
                let side = side(up, near == threshold);
                if several && !below_precision {
                    format!(
                        "at all {points} {members} the {percent} interval{of}, simultaneous over them, lies {side}; \
                         the nearest, {}, is {interval}",
                        at.trim_end()
                    )
                } else {
                    format!("{is}, {side}")
                }
            }
            Verdict::Refuted => {
                let side = side(!up, far == threshold);
                match self.refuted_at {
                    1 => format!("{is}, {side}"),
                    2 => format!("{is}, {side}, and at one other {member} too"),
                    k => format!(
                        "{is}, {side}, and at {} other {members} too",
                        number_format::count(k - 1)
                    ),
                }
            }
            Verdict::Undecided => {
                if below_precision {
                    return format!(
                        "{is}, which contains {limit}; more backgrounds would not decide it"
                    );
                }
                let mean = self.mean;
                let estimate = number_format::significant_digits(mean, 3);
                let wrong = if up {
                    mean < threshold
                } else {
                    mean > threshold
                };
                if let Some(outlook) = claimed.outlook {
                    return format!("{is}, which contains {limit}; {outlook}");
                }
                let outlook = match (self.backgrounds, wrong) {
                    (Some(n), false) => format!(
                        "about {} {units} would decide it if the estimate stayed at {estimate}",
                        number_format::count(n as usize)
                    ),
                    (Some(n), true) => format!(
                        "the estimate {estimate} is on the other side, and about {} {units} would refute the claim \
                         if it stayed there",
                        number_format::count(n as usize)
                    ),
                    (None, _) => format!(
                        "the estimate {estimate} is too close to {limit} to say how many {units} would decide it"
                    ),
                };
                format!("{is}, which contains {limit}; {outlook}")
            }
        }
    }
}
