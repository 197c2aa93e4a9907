//! Comparison of two studies: the difference of every effect with its interval and verdict.
//!
//! Invariant: a study holds means and standard errors, not the numbers of each background, so the two means are taken as
//! independent. Means of runs that share their backgrounds are positively correlated, so intervals here are conservative.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::str::FromStr;

use super::{ConfidenceSequence, display, student};
use gia_study::{Change, ClaimChange, Comparison, EffectChange, EffectKey, Experiment, Row, Study};

/// Relative difference that counts as rounding.
const ROUNDING: f64 = 1e-5;
/// Difference that counts as rounding, relative to the outcome that the numbers are differences of: a few float32 steps.
const STEPS: f64 = 3e-7;

/// The equivalence margin: differences smaller than this count as none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Margin {
    /// As a multiple of the earlier run's standard deviation between backgrounds.
    OfSpread(f64),
    /// In the unit of the outcome.
    Of(f64),
}

impl Default for Margin {
    /// A fifth of a standard deviation: what Cohen, *Statistical Power Analysis for the Behavioral Sciences* (1988), calls a small effect.
    fn default() -> Self {
        Margin::OfSpread(0.2)
    }
}

impl std::fmt::Display for Margin {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Margin::OfSpread(share) => write!(f, "{} sd", display::plain(*share)),
            Margin::Of(size) => f.write_str(&display::plain(*size)),
        }
    }
}

impl FromStr for Margin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix("sd").unwrap_or(text).trim();
        match number.parse::<f64>() {
            Ok(size) if size.is_finite() && size >= 0.0 => Ok(match text.ends_with("sd") {
                true => Margin::OfSpread(size),
                false => Margin::Of(size),
            }),
            _ => Err(
                "a margin is `0.2sd`, in standard deviations between backgrounds, or `0.5`, in the outcome's unit"
                    .to_string(),
            ),
        }
    }
}

/// A row with its experiment.
#[derive(Clone, Copy)]
struct Placed<'s> {
    experiment: &'s Experiment,
    row: &'s Row,
}

/// Two rows that belong together.
struct Pair<'s> {
    before: Placed<'s>,
    after: Placed<'s>,
    /// Whether they hold the same numbers but for rounding.
    is_same: bool,
}

/// The largest absolute arm mean of each outcome, by experiment and outcome.
struct Levels<'s>(HashMap<(&'s str, &'s str), f64>);

impl<'s> Levels<'s> {
    fn of(studies: [&'s Study; 2]) -> Levels<'s> {
        let mut levels = HashMap::new();
        for experiment in studies.iter().flat_map(|study| &study.experiments) {
            for arm in &experiment.arms {
                let key = (experiment.name.as_str(), arm.outcome.as_str());
                let level: &mut f64 = levels.entry(key).or_default();
                *level = level.max(arm.mean.abs());
            }
        }
        Levels(levels)
    }

    fn of_outcome(&self, placed: Placed) -> f64 {
        let key = (placed.experiment.name.as_str(), placed.row.outcome.as_str());
        self.0.get(&key).copied().unwrap_or(0.0)
    }
}

/// Compares every effect that both studies have. Rows are matched by experiment, grid point, contrast, outcome and unit.
///
/// The interval of a difference is Welch's (1947, *Biometrika* 34), with Welch-Satterthwaite degrees of freedom. If a run sampled
/// sequentially, it is the sum of both half-widths, each at half the error rate. Over k effects all intervals hold at once at the level
/// of the rows (Bonferroni).
pub fn compare(before: &Study, after: &Study, margin: Margin) -> Comparison {
    let mut earlier: BTreeMap<String, VecDeque<Placed>> = BTreeMap::new();
    for placed in rows(before) {
        earlier.entry(key(placed)).or_default().push_back(placed);
    }
    let mut pairs = Vec::new();
    let mut new = Vec::new();
    for placed in rows(after) {
        match earlier.get_mut(&key(placed)).and_then(VecDeque::pop_front) {
            Some(known) => pairs.push((known, placed)),
            None => new.push(name(placed)),
        }
    }
    // In the order of the earlier study.
    let left: HashSet<*const Row> = earlier.values().flatten().map(|p| p.row as _).collect();
    let gone = rows(before).filter(|placed| left.contains(&std::ptr::from_ref(placed.row)));
    let levels = Levels::of([before, after]);
    let pairs: Vec<Pair> = pairs
        .into_iter()
        .map(|(before, after)| Pair {
            before,
            after,
            is_same: same_numbers(before.row, after.row, levels.of_outcome(after)),
        })
        .collect();
    let tested = pairs.iter().filter(|pair| !pair.is_same).count();
    Comparison {
        schema: "gia-comparison/1",
        before: before.provenance.clone(),
        after: after.provenance.clone(),
        margin: margin.to_string(),
        effects: pairs
            .iter()
            .map(|pair| change(pair, margin, tested))
            .collect(),
        new,
        gone: gone.map(name).collect(),
        claims: claims(before, after),
    }
}

fn rows(study: &Study) -> impl Iterator<Item = Placed<'_>> {
    let experiments = study.experiments.iter();
    experiments.flat_map(|experiment| {
        let rows = experiment.rows.iter();
        rows.map(move |row| Placed { experiment, row })
    })
}

fn name(placed: Placed) -> EffectKey {
    EffectKey {
        experiment: placed.experiment.name.clone(),
        at: placed.row.at.clone(),
        contrast: placed.row.contrast.to_string(),
        outcome: placed.row.outcome.to_string(),
    }
}

/// The key by which rows are matched; the order of axes does not matter, the unit does.
fn key(placed: Placed) -> String {
    let Placed { experiment, row } = placed;
    let at: BTreeMap<_, _> = row.at.iter().collect();
    format!(
        "{:?}",
        (&experiment.name, at, &row.contrast, &row.outcome, &row.unit)
    )
}

/// Whether two rows hold the same numbers but for rounding, as two runs of one script on one model do; `level` is how large the
/// outcome is that they are differences of.
fn same_numbers(before: &Row, after: &Row, level: f64) -> bool {
    let spread = before.sd.unwrap_or(0.0).max(after.sd.unwrap_or(0.0));
    let size = spread.max(before.mean.abs()).max(after.mean.abs());
    let room = (ROUNDING * size).max(STEPS * level);
    let near = |a: f64, b: f64| (a - b).abs() <= room;
    before.n == after.n
        && near(before.mean, after.mean)
        && before.sd.is_some() == after.sd.is_some()
        && near(before.sd.unwrap_or(0.0), after.sd.unwrap_or(0.0))
}

fn change(pair: &Pair, margin: Margin, tested: usize) -> EffectChange {
    let (before, after) = (pair.before, pair.after);
    let (a, b) = (before.row, after.row);
    let difference = b.mean - a.mean;
    let size = match margin {
        Margin::Of(size) => Some(size),
        Margin::OfSpread(share) => a.sd.map(|sd| share * sd),
    };
    let alpha = (1.0 - b.level) / tested.max(1) as f64;
    let (half, method) = match pair.is_same {
        true => (None, "identical up to rounding".to_string()),
        false => half_width(before, after, alpha, tested),
    };
    let interval = half.map(|half| (difference - half, difference + half));
    let change = match (interval, size) {
        _ if pair.is_same => Change::Unchanged,
        (Some((low, high)), Some(size)) if -size <= low && high <= size => Change::Unchanged,
        (Some((low, high)), _) if low > 0.0 || high < 0.0 => Change::Changed,
        _ => Change::Undecided,
    };
    EffectChange {
        of: name(after),
        unit: b.unit.as_ref().map(|unit| unit.to_string()),
        before: a.mean,
        after: b.mean,
        difference,
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        level: b.level,
        margin: size,
        method,
        change,
    }
}

/// Half the width of the interval of a difference, and how it was found.
fn half_width(before: Placed, after: Placed, alpha: f64, tested: usize) -> (Option<f64>, String) {
    let (a, b) = (before.row, after.row);
    let (Some(se_a), Some(se_b)) = (a.se, b.se) else {
        let why = "no interval, since a run has one background";
        return (None, why.to_string());
    };
    let sequence = |placed: Placed| {
        let stopping = placed.experiment.stopping.as_ref()?;
        Some(ConfidenceSequence::up_to(stopping.max, placed.row.level))
    };
    let (of_a, of_b) = (sequence(before), sequence(after));
    let (half, method) = if of_a.is_some() || of_b.is_some() {
        let reach = |sequence: Option<ConfidenceSequence>, row: &Row, se: f64| match sequence {
            _ if se == 0.0 => 0.0,
            Some(sequence) => se * sequence.critical(row.n, 0.5 * alpha),
            None => se * student::critical(0.5 * alpha, freedom(row)),
        };
        let half = reach(of_a, a, se_a) + reach(of_b, b, se_b);
        (half, "sum of both half-widths, each at half the error rate")
    } else {
        let (var_a, var_b) = (se_a * se_a, se_b * se_b);
        let se = (var_a + var_b).sqrt();
        if se == 0.0 {
            (0.0, "no test, since neither run varies")
        } else {
            let share = |var: f64, row: &Row| var * var / freedom(row);
            let freedom = (var_a + var_b).powi(2) / (share(var_a, a) + share(var_b, b));
            (se * student::critical(alpha, freedom), "Welch t")
        }
    };
    let method = match tested {
        0 | 1 => method.to_string(),
        k => format!(
            "{method}, simultaneous over {} effects (Bonferroni)",
            display::count(k)
        ),
    };
    (Some(half), method)
}

fn freedom(row: &Row) -> f64 {
    row.n.saturating_sub(1).max(1) as f64
}

/// Claims of both studies whose verdicts differ. Claims with the same words in one experiment are matched in order.
fn claims(before: &Study, after: &Study) -> Vec<ClaimChange> {
    let all = |study: &'_ Study| -> Vec<_> {
        let experiments = study.experiments.iter();
        experiments
            .flat_map(|e| e.claims.iter().map(|c| (e.name.clone(), c.clone())))
            .collect()
    };
    let mut earlier = all(before);
    let mut changes = Vec::new();
    for (experiment, claim) in all(after) {
        let known = earlier
            .iter()
            .position(|(name, known)| *name == experiment && known.claim == claim.claim);
        let Some(known) = known else { continue };
        let (_, known) = earlier.remove(known);
        if known.verdict != claim.verdict {
            changes.push(ClaimChange {
                experiment,
                claim: claim.claim,
                before: known.verdict,
                after: claim.verdict,
            });
        }
    }
    changes
}
