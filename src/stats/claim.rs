//! Claims: what an author expects of an effect, against intervals that hold at all its grid points at once.

use super::estimate::{Estimate, Method};
use super::{student, words};
use crate::check::hir::Relation;
use crate::result::Verdict;

/// More backgrounds than this are no advice.
const MOST_BACKGROUNDS: f64 = 1e9;

/// An estimate at one grid point and the number that the claim compares it with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    pub estimate: Estimate,
    pub threshold: f64,
}

/// A verdict and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// Index of the grid point that decides, or that would settle the claim.
    pub deciding: usize,
    /// Its interval, simultaneous over all of them; none for a single background.
    pub interval: Option<(f64, f64)>,
    /// About how many backgrounds would settle an undecided claim if the deciding estimate stayed as it is.
    pub backgrounds: Option<u64>,
    /// How many grid points the verdict ranges over.
    pub points: usize,
    /// At how many of them the claim is refuted.
    pub refuted_at: usize,
}

/// Where one interval lies, seen so that the claimed side is up.
struct Position {
    /// From the threshold to the nearest and to the farthest end.
    near: f64,
    far: f64,
    /// From the threshold to the estimate.
    centre: f64,
    interval: Option<(f64, f64)>,
    verdict: Verdict,
}

/// Judges `estimate RELATION threshold` at all `points` together; there must be at least one.
///
/// Intervals are Student's at `1 - (1 - level) / k` over k grid points, so that all of them hold at once with
/// probability `level` (Bonferroni). Supported: every interval lies on the claimed side. Refuted: some interval lies on
/// the other. Else undecided.
pub fn judge(relation: Relation, level: f64, points: &[Judged]) -> Judgement {
    let alpha = (1.0 - level) / points.len() as f64;
    let mut known = (0, 0.0);
    let positions: Vec<Position> = points
        .iter()
        .map(|point| {
            let estimate = point.estimate;
            if estimate.n != known.0 && estimate.method() == Method::Student {
                known = (estimate.n, student::critical(alpha, estimate.freedom()));
            }
            position(relation, point, estimate.interval(known.1))
        })
        .collect();
    let refuted_at = positions
        .iter()
        .filter(|p| p.verdict == Verdict::Refuted)
        .count();
    let verdict = if refuted_at > 0 {
        Verdict::Refuted
    } else if positions.iter().all(|p| p.verdict == Verdict::Supported) {
        Verdict::Supported
    } else {
        Verdict::Undecided
    };
    let least = |of: &dyn Fn(&Position) -> f64, among: &dyn Fn(&Position) -> bool| {
        let candidates = positions.iter().enumerate().filter(|(_, p)| among(p));
        candidates
            .min_by(|(_, a), (_, b)| of(a).total_cmp(&of(b)))
            .map(|(i, _)| i)
    };
    let factor = |p: &Position| (0.5 * (p.far - p.near) / p.centre).powi(2);
    let undecided = |p: &Position| p.verdict == Verdict::Undecided;
    let deciding = match verdict {
        Verdict::Supported => least(&|p| p.near, &|_| true),
        Verdict::Refuted => least(&|p| p.far, &|_| true),
        // One point on the wrong side is enough to refute, so the quickest; else all have to come out, so the slowest.
        Verdict::Undecided => least(&|_| 0.0, &|p| p.interval.is_none())
            .or_else(|| least(&factor, &|p| undecided(p) && p.centre < 0.0))
            .or_else(|| least(&|p| -factor(p), &undecided)),
    }
    .unwrap_or(0);
    let position = positions.get(deciding);
    let backgrounds = position
        .filter(|p| verdict == Verdict::Undecided && p.interval.is_some())
        .map(|p| points[deciding].estimate.n as f64 * factor(p))
        .filter(|n| *n <= MOST_BACKGROUNDS)
        .map(rounded_up);
    Judgement {
        verdict,
        deciding,
        interval: position.and_then(|p| p.interval),
        backgrounds,
        points: points.len(),
        refuted_at,
    }
}

fn position(relation: Relation, point: &Judged, interval: Option<(f64, f64)>) -> Position {
    let up = upwards(relation);
    let distance = |x: f64| {
        if up {
            x - point.threshold
        } else {
            point.threshold - x
        }
    };
    let (low, high) = interval.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    let (near, far) = if up {
        (distance(low), distance(high))
    } else {
        (distance(high), distance(low))
    };
    let (supported, refuted) = match relation {
        Relation::Greater | Relation::Less => (near > 0.0, far <= 0.0),
        Relation::GreaterEqual | Relation::LessEqual => (near >= 0.0, far < 0.0),
    };
    Position {
        near,
        far,
        centre: distance(point.estimate.mean),
        interval,
        verdict: match (supported, refuted) {
            (true, _) => Verdict::Supported,
            (_, true) => Verdict::Refuted,
            _ => Verdict::Undecided,
        },
    }
}

fn upwards(relation: Relation) -> bool {
    matches!(relation, Relation::Greater | Relation::GreaterEqual)
}

/// To two digits, never below.
fn rounded_up(n: f64) -> u64 {
    let unit = 10f64.powf((n.log10().floor() - 1.0).max(0.0));
    ((n / unit).ceil() * unit) as u64
}

/// How the intervals of a claim over so many grid points are made.
pub fn method(points: usize, paired: bool) -> String {
    let test = if paired {
        "paired Student t"
    } else {
        "one-sample Student t"
    };
    match points {
        1 => test.to_string(),
        k => format!(
            "{test}, simultaneous over {} grid points (Bonferroni)",
            words::count(k)
        ),
    }
}

impl Judgement {
    /// Why, in words. `place` names the deciding grid point, for example `gap = 24 bp`; empty without axes.
    pub fn reason(&self, relation: Relation, level: f64, point: &Judged, place: &str) -> String {
        let up = upwards(relation);
        let threshold = words::plain(point.threshold);
        let at = if place.is_empty() {
            String::new()
        } else {
            format!("at {place} ")
        };
        let Some((low, high)) = self.interval else {
            return format!("{at}there is one background, and one background gives no interval");
        };
        let interval = words::interval(low, high, point.threshold);
        let percent = words::percent(level);
        let several = self.points > 1;
        let points = words::count(self.points);
        let is = if several {
            format!(
                "{at}the {percent} interval, simultaneous over {points} grid points, is {interval}"
            )
        } else {
            format!("{at}the {percent} interval is {interval}")
        };
        let side = |above: bool, touching: bool| match (above, touching) {
            (true, false) => format!("above {threshold}"),
            (false, false) => format!("below {threshold}"),
            (true, true) => format!("not below {threshold}"),
            (false, true) => format!("not above {threshold}"),
        };
        let (near, far) = if up { (low, high) } else { (high, low) };
        match self.verdict {
            Verdict::Supported => {
                let side = side(up, near == point.threshold);
                if several {
                    format!(
                        "at all {points} grid points the {percent} interval, simultaneous over them, lies {side}; \
                         the nearest, {}, is {interval}",
                        at.trim_end()
                    )
                } else {
                    format!("{is}, {side}")
                }
            }
            Verdict::Refuted => {
                let side = side(!up, far == point.threshold);
                match self.refuted_at {
                    1 => format!("{is}, {side}"),
                    2 => format!("{is}, {side}, and at one other grid point too"),
                    k => format!(
                        "{is}, {side}, and at {} other grid points too",
                        words::count(k - 1)
                    ),
                }
            }
            Verdict::Undecided => {
                let mean = point.estimate.mean;
                let estimate = words::number(mean, 3);
                let wrong = if up {
                    mean < point.threshold
                } else {
                    mean > point.threshold
                };
                let outlook = match (self.backgrounds, wrong) {
                    (Some(n), false) => format!(
                        "about {} backgrounds would settle it if the estimate {estimate} stayed as it is",
                        words::count(n as usize)
                    ),
                    (Some(n), true) => format!(
                        "the estimate {estimate} is on the other side, and about {} backgrounds would refute the claim \
                         if it stayed there",
                        words::count(n as usize)
                    ),
                    (None, _) => format!(
                        "the estimate {estimate} is too near {threshold} to say how many backgrounds would settle it"
                    ),
                };
                format!("{is}, which holds {threshold}; {outlook}")
            }
        }
    }
}
