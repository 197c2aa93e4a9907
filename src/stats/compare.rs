//! Comparison of two studies: the difference of every effect with its interval and verdict.
//!
//! A study holds means and standard errors, not the numbers of each background, so its means are taken as independent of those of
//! another. Means of runs that share their backgrounds are positively correlated, so such intervals are conservative. If both runs kept
//! the values of their backgrounds, effects are paired by background where the backgrounds are the same ([`super::paired`]).

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::str::FromStr;

use super::paired::{KeptValues, PairedEstimate, Unpaired};
use super::{ConfidenceSequence, number_format, student};
use gia_base::diag::Outcome;
use gia_study::{
    Claim, ClaimChange, Comparison, EffectChange, EffectKey, EffectVerdict, Experiment, Row, Study,
    Verdict,
};

/// Largest relative difference that counts as rounding.
const MAX_RELATIVE_ROUNDING: f64 = 1e-5;
/// Largest difference of contrasts that counts as rounding, relative to the magnitude of the outcome: a few float32 steps.
const MAX_ROUNDING_PER_OUTCOME: f64 = 3e-7;

/// The equivalence margin: differences smaller than this count as none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EquivalenceMargin {
    /// As a multiple of the earlier run's standard deviation between backgrounds.
    InSd(f64),
    /// In the unit of the outcome.
    InOutcomeUnit(f64),
}

impl Default for EquivalenceMargin {
    /// A fifth of a standard deviation: what Cohen, *Statistical Power Analysis for the Behavioral Sciences* (1988), calls a small effect.
    fn default() -> Self {
        EquivalenceMargin::InSd(0.2)
    }
}

impl std::fmt::Display for EquivalenceMargin {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            EquivalenceMargin::InSd(share) => write!(f, "{} sd", number_format::shortest(*share)),
            EquivalenceMargin::InOutcomeUnit(size) => f.write_str(&number_format::shortest(*size)),
        }
    }
}

impl FromStr for EquivalenceMargin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix("sd").unwrap_or(text).trim();
        match number.parse::<f64>() {
            Ok(size) if size.is_finite() && size >= 0.0 => Ok(match text.ends_with("sd") {
                true => EquivalenceMargin::InSd(size),
                false => EquivalenceMargin::InOutcomeUnit(size),
            }),
            _ => Err(
                "a margin is `0.2sd`, in standard deviations between backgrounds, or `0.5`, in the outcome's unit"
                    .to_string(),
            ),
        }
    }
}

/// A row of a study, with the experiment that it belongs to.
#[derive(Clone, Copy)]
struct StudyRow<'s> {
    experiment: &'s Experiment,
    row: &'s Row,
    /// Index of the row in the experiment.
    number: usize,
}

/// The same row in an earlier and a later study.
struct MatchedRows<'s> {
    before: StudyRow<'s>,
    after: StudyRow<'s>,
    /// Whether their numbers agree up to rounding.
    is_equal_up_to_rounding: bool,
}

/// The largest absolute arm mean of each outcome, by experiment and outcome.
struct OutcomeMagnitudes<'s>(HashMap<(&'s str, &'s str), f64>);

impl<'s> OutcomeMagnitudes<'s> {
    fn new(studies: [&'s Study; 2]) -> OutcomeMagnitudes<'s> {
        let mut levels = HashMap::new();
        for experiment in studies.iter().flat_map(|study| &study.experiments) {
            for arm in &experiment.arms {
                let key = (experiment.name.as_str(), arm.outcome.as_str());
                let level: &mut f64 = levels.entry(key).or_default();
                *level = level.max(arm.mean.abs());
            }
        }
        OutcomeMagnitudes(levels)
    }

    fn of_row(&self, placed: StudyRow) -> f64 {
        let key = (placed.experiment.name.as_str(), placed.row.outcome.as_str());
        self.0.get(&key).copied().unwrap_or(0.0)
    }
}

/// Compares every effect that both studies have. Rows are matched by experiment, grid point, contrast, outcome and unit.
///
/// The interval of a difference is Welch's (1947, *Biometrika* 34), with Welch-Satterthwaite degrees of freedom. If a run sampled
/// sequentially, it is the sum of both half-widths, each at half the error rate. Over k effects all intervals hold at once at the level
/// of the rows (Bonferroni).
pub fn compare_studies(before: &Study, after: &Study, margin: EquivalenceMargin) -> Comparison {
    let matched = MatchedStudies::new(before, after);
    let tested = matched.tested();
    let effects = matched.pairs.iter();
    let effects = effects.map(|pair| compare_rows(pair, margin, tested, None));
    let effects = effects.collect();
    matched.comparison(before, after, margin, effects)
}

/// As [`compare_studies`], with effects paired by background where both runs have the same ones: the interval of the mean of the
/// differences between the values that the runs kept. `values` are those of the earlier and of the later run.
///
/// # Errors
/// Those of [`KeptValues::series`].
pub fn compare_studies_by_background(
    before: &Study,
    after: &Study,
    margin: EquivalenceMargin,
    values: (&mut dyn KeptValues, &mut dyn KeptValues),
) -> Outcome<Comparison> {
    let matched = MatchedStudies::new(before, after);
    let tested = matched.tested();
    let mut effects = Vec::with_capacity(matched.pairs.len());
    for pair in &matched.pairs {
        let paired = match pair.is_equal_up_to_rounding {
            true => None,
            false => {
                let series = |values: &mut dyn KeptValues, placed: StudyRow| {
                    values.series(&placed.experiment.name, placed.number)
                };
                let before = series(values.0, pair.before)?;
                let after = series(values.1, pair.after)?;
                Some(PairedEstimate::new(&before, &after))
            }
        };
        effects.push(compare_rows(pair, margin, tested, paired));
    }
    Ok(matched.comparison(before, after, margin, effects))
}

/// The rows of two studies, matched.
struct MatchedStudies<'s> {
    pairs: Vec<MatchedRows<'s>>,
    new: Vec<EffectKey>,
    gone: Vec<EffectKey>,
}

impl<'s> MatchedStudies<'s> {
    fn new(before: &'s Study, after: &'s Study) -> MatchedStudies<'s> {
        let mut earlier: BTreeMap<String, VecDeque<StudyRow>> = BTreeMap::new();
        for placed in study_rows(before) {
            earlier
                .entry(matching_key(placed))
                .or_default()
                .push_back(placed);
        }
        let mut pairs = Vec::new();
        let mut new = Vec::new();
        for placed in study_rows(after) {
            match earlier
                .get_mut(&matching_key(placed))
                .and_then(VecDeque::pop_front)
            {
                Some(known) => pairs.push((known, placed)),
                None => new.push(effect_key(placed)),
            }
        }
        // In the order of the earlier study.
        let left: HashSet<*const Row> = earlier.values().flatten().map(|p| p.row as _).collect();
        let gone =
            study_rows(before).filter(|placed| left.contains(&std::ptr::from_ref(placed.row)));
        let levels = OutcomeMagnitudes::new([before, after]);
        let is_same_seed = before.provenance.seed == after.provenance.seed;
        let pairs: Vec<MatchedRows> = pairs
            .into_iter()
            .map(|(before, after)| MatchedRows {
                before,
                after,
                // Two samples in which nothing varied are equal only if they are of the same backgrounds.
                is_equal_up_to_rounding: equal_up_to_rounding(
                    before.row,
                    after.row,
                    levels.of_row(after),
                ) && (is_same_seed
                    || varied(before.row)
                    || varied(after.row)),
            })
            .collect();
        MatchedStudies {
            pairs,
            new,
            gone: gone.map(effect_key).collect(),
        }
    }

    /// Number of effects whose difference is tested.
    fn tested(&self) -> usize {
        let pairs = self.pairs.iter();
        pairs.filter(|pair| !pair.is_equal_up_to_rounding).count()
    }

    fn comparison(
        self,
        before: &Study,
        after: &Study,
        margin: EquivalenceMargin,
        effects: Vec<EffectChange>,
    ) -> Comparison {
        Comparison {
            schema: "gia-comparison/1",
            before: before.provenance.clone(),
            after: after.provenance.clone(),
            margin: margin.to_string(),
            unpaired: None,
            effects,
            new: self.new,
            gone: self.gone,
            claims: changed_verdicts(
                &verdicts(before),
                after
                    .all_claims()
                    .map(|(experiment, claim)| (experiment.unwrap_or_default(), claim)),
            ),
        }
    }
}

fn study_rows(study: &Study) -> impl Iterator<Item = StudyRow<'_>> {
    let experiments = study.experiments.iter();
    experiments.flat_map(|experiment| {
        let rows = experiment.rows.iter().enumerate();
        rows.map(move |(number, row)| StudyRow {
            experiment,
            row,
            number,
        })
    })
}

fn effect_key(placed: StudyRow) -> EffectKey {
    EffectKey {
        experiment: placed.experiment.name.clone(),
        at: placed.row.at.clone(),
        contrast: placed.row.contrast.to_string(),
        outcome: placed.row.outcome.to_string(),
    }
}

/// The key by which rows are matched; the order of axes does not matter, the unit does.
fn matching_key(placed: StudyRow) -> String {
    let StudyRow {
        experiment, row, ..
    } = placed;
    let at: BTreeMap<_, _> = row.at.iter().collect();
    format!(
        "{:?}",
        (&experiment.name, at, &row.contrast, &row.outcome, &row.unit)
    )
}

/// Whether two rows agree up to rounding, as those of two runs of one script on one model do. `level` is the magnitude of the outcome
/// whose differences they are.
fn equal_up_to_rounding(before: &Row, after: &Row, level: f64) -> bool {
    let spread = before.sd.unwrap_or(0.0).max(after.sd.unwrap_or(0.0));
    let size = spread.max(before.mean.abs()).max(after.mean.abs());
    let room = (MAX_RELATIVE_ROUNDING * size).max(MAX_ROUNDING_PER_OUTCOME * level);
    let near = |a: f64, b: f64| (a - b).abs() <= room;
    before.n == after.n
        && near(before.mean, after.mean)
        && before.sd.is_some() == after.sd.is_some()
        && near(before.sd.unwrap_or(0.0), after.sd.unwrap_or(0.0))
}

/// Compares a row of two studies, over `tested` effects at once; with its differences paired by background, or why they are not, if both
/// runs kept their values.
fn compare_rows(
    pair: &MatchedRows,
    margin: EquivalenceMargin,
    tested: usize,
    paired: Option<Result<PairedEstimate, Unpaired>>,
) -> EffectChange {
    let (before, after) = (pair.before, pair.after);
    let (a, b) = (before.row, after.row);
    let size = match margin {
        EquivalenceMargin::InOutcomeUnit(size) => Some(size),
        EquivalenceMargin::InSd(share) => a.sd.map(|sd| share * sd),
    };
    let alpha = (1.0 - b.level) / tested.max(1) as f64;
    let (paired, why) = match paired {
        Some(Ok(paired)) => (Some(paired), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    };
    // Valid whenever either run stopped, as long as both stopped at the same number.
    let sequence = confidence_sequence(before).or(confidence_sequence(after));
    let difference = match &paired {
        Some(paired) => paired.mean(),
        None => b.mean - a.mean,
    };
    let (interval, method) = match &paired {
        _ if pair.is_equal_up_to_rounding => (None, "identical up to rounding".to_string()),
        Some(paired) => {
            let interval = paired.interval(alpha, sequence);
            let method = paired.method(sequence);
            (interval, simultaneous(method, interval.is_some(), tested))
        }
        None => {
            let (half, method) = half_width(before, after, alpha);
            let method = simultaneous(method.to_string(), half.is_some(), tested);
            let interval = half.map(|half| (difference - half, difference + half));
            (interval, method)
        }
    };
    let is_weak = paired.as_ref().is_some_and(PairedEstimate::is_weak);
    let change = match (interval, size) {
        _ if pair.is_equal_up_to_rounding => EffectVerdict::Unchanged,
        _ if is_weak => EffectVerdict::Undecided,
        (Some((low, high)), Some(size)) if -size <= low && high <= size => EffectVerdict::Unchanged,
        (Some((low, high)), _) if low > 0.0 || high < 0.0 => EffectVerdict::Changed,
        _ => EffectVerdict::Undecided,
    };
    EffectChange {
        of: effect_key(after),
        unit: b.unit.as_ref().map(|unit| unit.to_string()),
        before: a.mean,
        after: b.mean,
        difference,
        low: interval.map(|(low, _)| low),
        high: interval.map(|(_, high)| high),
        level: b.level,
        margin: size,
        method,
        paired: paired.map(|paired| paired.record(sequence)),
        unpaired: why.map(|why| why.to_string()),
        change,
    }
}

/// The confidence sequence of a row of an experiment with `sample until`.
fn confidence_sequence(placed: StudyRow) -> Option<ConfidenceSequence> {
    let stopping = placed.experiment.stopping.as_ref()?;
    Some(ConfidenceSequence::for_max_backgrounds(
        stopping.max,
        placed.row.level,
    ))
}

/// A method with the number of effects over which its intervals hold at once, if there are several and it gives an interval.
fn simultaneous(method: String, has_interval: bool, tested: usize) -> String {
    match tested {
        _ if !has_interval => method,
        0 | 1 => method,
        k => format!(
            "{method}, simultaneous over {} effects (Bonferroni)",
            number_format::count(k)
        ),
    }
}

/// Half the width of the interval of a difference of means, and the method in words.
fn half_width(before: StudyRow, after: StudyRow, alpha: f64) -> (Option<f64>, &'static str) {
    let (a, b) = (before.row, after.row);
    let (Some(se_a), Some(se_b)) = (a.se, b.se) else {
        let why = "no interval, since a run has one background or one source";
        return (None, why);
    };
    if a.low.is_none() || b.low.is_none() {
        let why = "no interval, since nothing varied in the sample of a run";
        return (None, why);
    }
    let (of_a, of_b) = (confidence_sequence(before), confidence_sequence(after));
    let (half, method) = if of_a.is_some() || of_b.is_some() {
        let reach = |sequence: Option<ConfidenceSequence>, row: &Row, se: f64| match sequence {
            _ if se == 0.0 => 0.0,
            Some(sequence) => {
                se * sequence.critical_value(row.sources.unwrap_or(row.n), 0.5 * alpha)
            }
            None => se * student::critical_value(0.5 * alpha, degrees_of_freedom(row)),
        };
        let half = reach(of_a, a, se_a) + reach(of_b, b, se_b);
        (half, "sum of both half-widths, each at half the error rate")
    } else {
        let (var_a, var_b) = (se_a * se_a, se_b * se_b);
        let se = (var_a + var_b).sqrt();
        if se == 0.0 {
            (0.0, "no test, since neither run varies")
        } else {
            let share = |var: f64, row: &Row| var * var / degrees_of_freedom(row);
            let freedom = (var_a + var_b).powi(2) / (share(var_a, a) + share(var_b, b));
            (se * student::critical_value(alpha, freedom), "Welch t")
        }
    };
    (Some(half), method)
}

/// Whether a row has an interval: its differences vary, or cannot.
fn varied(row: &Row) -> bool {
    row.n < 2 || row.low.is_some()
}

fn degrees_of_freedom(row: &Row) -> f64 {
    row.freedom.unwrap_or(row.n.saturating_sub(1).max(1) as f64)
}

/// Experiment, text and verdict of each claim of a study; no experiment for a claim about several.
fn verdicts(study: &Study) -> Vec<(String, String, Verdict)> {
    let claims = study.all_claims();
    claims
        .map(|(experiment, claim)| {
            let experiment = experiment.unwrap_or_default().to_string();
            (experiment, claim.claim.clone(), claim.verdict)
        })
        .collect()
}

/// Claims whose verdicts differ from those before, which are given with experiment and text. Claims with the same text in one experiment
/// are matched in order.
pub fn changed_verdicts<'c>(
    before: &[(String, String, Verdict)],
    after: impl Iterator<Item = (&'c str, &'c Claim)>,
) -> Vec<ClaimChange> {
    let mut earlier: Vec<_> = before.iter().collect();
    let mut changes = Vec::new();
    for (experiment, claim) in after {
        let known = earlier
            .iter()
            .position(|(name, text, _)| name == experiment && *text == claim.claim);
        let Some(known) = known else { continue };
        let (.., known) = *earlier.remove(known);
        if known != claim.verdict {
            changes.push(ClaimChange {
                experiment: experiment.to_string(),
                claim: claim.claim.clone(),
                before: known,
                after: claim.verdict,
            });
        }
    }
    changes
}
