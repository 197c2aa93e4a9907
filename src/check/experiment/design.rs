//! Warnings about designs that run but show less than they seem to: few backgrounds, a bounded outcome, positions that
//! change along with a spacing.

use std::collections::HashMap;

use super::{Checker, Context};
use gia_base::diag::{Code, Diagnostic, pluralize};
use gia_design::{
    Arithmetic, Claim, Contrast, Formula, Function, OutputRef, Point, Reduction, Relation, Scale,
};
use gia_domain::{BaseSet, Edit, Population};

/// Number of backgrounds below which the interval relies on normally distributed differences.
const MIN_BACKGROUNDS_FOR_STUDENT: usize = 20;

/// Weights below this are rounding.
const ROUNDING: f64 = 1e-9;

/// Motifs by their letters, each with the places where it is written and the weight that a contrast gives each place.
type MotifWeights<'p> = HashMap<&'p [BaseSet], HashMap<usize, f64>>;

impl Checker<'_> {
    pub(super) fn warn_of_design(
        &mut self,
        context: &Context,
        points: &[Point],
        contrasts: &[Contrast],
        claims: &[Claim],
    ) {
        self.warn_of_few(context, points);
        for claim in claims {
            let Some(contrast) = contrasts.get(claim.contrast) else {
                continue;
            };
            let arms = points.first().map_or(0, |point| point.arms.len());
            let Some(weights) = weights(&contrast.formula, arms) else {
                continue;
            };
            self.warn_of_bounds(claim, &weights, points);
            self.warn_of_confounding(claim, &weights, points);
        }
    }

    fn warn_of_few(&mut self, context: &Context, points: &[Point]) {
        // Shuffles are no more independent observations than there are sequences that are shuffled.
        let sources = |point: &Point| {
            let round = match point.population.is_of_one_sequence() {
                true => None,
                false => point.population.round(),
            };
            round.unwrap_or(point.count).min(point.count)
        };
        let fewest = points.iter().map(sources).min();
        // One sequence that the author names is meant; one draw of a null model is most likely a slip.
        let is_meant = |point: &Point| match &*point.population {
            Population::Sequences { set, .. } => point.count == 1 && set.excluded.is_empty(),
            Population::Null(_) => false,
        };
        let enough = MIN_BACKGROUNDS_FOR_STUDENT;
        let too_few = fewest.filter(|&fewest| fewest < enough && !points.iter().all(is_meant));
        let Some(fewest) = too_few else {
            return;
        };
        let unit = match points.iter().all(|point| point.count > fewest) {
            true => "source sequence",
            false => "background",
        };
        let place = match (context.parts.sample, context.parts.background) {
            (Some(sample), _) => sample.most().span,
            (None, Some(source)) => source.span,
            (None, None) => context.span,
        };
        self.sink.push(
            Diagnostic::warning(
                Code::FewBackgrounds,
                match fewest {
                    1 => format!("one {unit} is no replication, so effects have no interval"),
                    _ => format!(
                        "{} give an interval that is right only where the differences are normal",
                        pluralize(fewest, unit)
                    ),
                },
            )
            .at(place, format!("few {unit}s"))
            .help(
                "take 50 or more; skewed differences, such as those of probabilities, need hundreds, and the report warns of them",
            ),
        );
    }

    /// An outcome between 0 and 1 bounds what a contrast of it can be.
    fn warn_of_bounds(&mut self, claim: &Claim, weights: &[f64], points: &[Point]) {
        let shares = |point: &Point| self.is_share(&point.outcomes[claim.outcome]);
        if !claim.points.iter().all(|&i| shares(&points[i])) {
            return;
        }
        let (mut least, mut most) = (0.0, 0.0);
        for weight in weights {
            least += weight.min(0.0);
            most += weight.max(0.0);
        }
        if claim.magnitude {
            (least, most) = (0.0, f64::max(-least, most));
        }
        let room = format!("an outcome between 0 and 1 keeps it between {least} and {most}");
        let upwards = matches!(claim.relation, Relation::Greater | Relation::GreaterEqual);
        let never = |t: f64| if upwards { t >= most } else { t <= least };
        let always = |t: f64| if upwards { t < least } else { t > most };
        let verdict = if claim.thresholds.iter().any(|&t| never(t)) {
            "can never be supported"
        } else if claim.thresholds.iter().any(|&t| always(t)) {
            "can never be refuted"
        } else if weights.iter().filter(|w| w.abs() > ROUNDING).count() > 2 {
            self.sink.push(
                Diagnostic::warning(
                    Code::BoundedOutcome,
                    "an interaction of an outcome between 0 and 1: near either end effects have no room, and less than \
                     their sum looks like interference",
                )
                .at(claim.span, "a claim about an interaction")
                .help("measure the logit, `logit(...)`, or the network's output before its sigmoid"),
            );
            return;
        } else {
            return;
        };
        self.sink.push(
            Diagnostic::warning(
                Code::BoundedOutcome,
                format!("this claim {verdict}: {room}"),
            )
            .at(claim.span, "here"),
        );
    }

    /// Whether an outcome lies between 0 and 1: a probability as its declaration says, or made one.
    pub(crate) fn is_share(&self, formula: &Formula<OutputRef>) -> bool {
        match formula {
            Formula::Leaf(read) => {
                let unit = self.models[read.model].declaration.unit(read.column);
                unit == Some("probability")
            }
            Formula::Call(gia_design::Function::Sigmoid, _) => true,
            Formula::Reduce(Reduction::Mean | Reduction::Max | Reduction::Min, of) => {
                of.iter().all(|part| self.is_share(part))
            }
            _ => false,
        }
    }

    /// A claim that is about some of a sweep's spacings only says something of spacing only where a site that moves with it
    /// is weighed out by an arm that has it there alone.
    fn warn_of_confounding(&mut self, claim: &Claim, weights: &[f64], points: &[Point]) {
        let [first, .., last] = claim.points.as_slice() else {
            return;
        };
        if claim.points.len() == points.len() || points.len() < 2 {
            return;
        }
        let (first, last) = (&points[*first], &points[*last]);
        if spacings(first, weights) == spacings(last, weights) {
            return;
        }
        let (before, after) = (weighed(first, weights), weighed(last, weights));
        let moved = before.iter().find_map(|(letters, places)| {
            let others = after.get(letters)?;
            let left: Vec<usize> = left_in(places);
            let now: Vec<usize> = left_in(others);
            (!left.is_empty() && left != now).then(|| (left[0], now.first().copied()))
        });
        let Some((from, Some(to))) = moved else {
            return;
        };
        self.sink.push(
            Diagnostic::warning(
                Code::PositionConfounded,
                format!(
                    "a motif moves from {from} bp to {to} bp along with the spacing, and nothing takes out what its \
                     position does"
                ),
            )
            .at(claim.span, "a claim about some of the spacings")
            .help(
                "subtract an arm that holds it alone at the same place: `both - a - b + control`, or a `factorial` with \
                 its `interaction`",
            ),
        );
    }
}

/// The positions of motifs to which a contrast gives a weight other than zero.
fn left_in(places: &HashMap<usize, f64>) -> Vec<usize> {
    let mut left: Vec<usize> = places
        .iter()
        .filter(|(_, weight)| weight.abs() > ROUNDING)
        .map(|(place, _)| *place)
        .collect();
    left.sort_unstable();
    left
}

/// The weight of each motif at each place.
fn weighed<'p>(point: &'p Point, weights: &[f64]) -> MotifWeights<'p> {
    let mut found = MotifWeights::new();
    for (edits, weight) in point.arms.iter().zip(weights) {
        for (start, letters) in sites(edits) {
            *found.entry(letters).or_default().entry(start).or_default() += weight;
        }
    }
    found
}

/// The distances between neighbouring sites of each arm that a contrast looks at.
fn spacings(point: &Point, weights: &[f64]) -> Vec<Vec<usize>> {
    let arms = point.arms.iter().zip(weights);
    arms.filter(|(_, weight)| weight.abs() > ROUNDING)
        .map(|(edits, _)| {
            let mut starts: Vec<usize> = sites(edits).map(|(start, _)| start).collect();
            starts.sort_unstable();
            starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
        })
        .collect()
}

fn sites(edits: &[Edit]) -> impl Iterator<Item = (usize, &[BaseSet])> {
    edits.iter().filter_map(|edit| match edit {
        Edit::Write { start, letters, .. } => Some((*start, letters.as_slice())),
        _ => None,
    })
}

/// The scale on which additive effects on an outcome are to be read.
pub(super) fn scale(outcome: &Formula<OutputRef>, unit: Option<&str>) -> Scale {
    match outcome {
        Formula::Call(Function::Log | Function::Log2 | Function::Log10 | Function::Log1p, _) => {
            Scale::Logarithm
        }
        Formula::Call(Function::Logit, _) => Scale::Logit,
        Formula::Leaf(_) if unit == Some("logit") => Scale::Logit,
        _ => Scale::AsMeasured,
    }
}

/// The coefficient of each arm in a formula that is linear in the arms.
fn weights(formula: &Formula<usize>, arms: usize) -> Option<Vec<f64>> {
    let mut found = vec![0.0; arms];
    weigh(formula, 1.0, &mut found)?;
    Some(found)
}

fn weigh(formula: &Formula<usize>, by: f64, found: &mut [f64]) -> Option<()> {
    match formula {
        Formula::Leaf(arm) => *found.get_mut(*arm)? += by,
        Formula::Negate(a) => weigh(a, -by, found)?,
        Formula::Overall(a) => weigh(a, by, found)?,
        Formula::Binary(Arithmetic::Add, a, b) => {
            weigh(a, by, found)?;
            weigh(b, by, found)?;
        }
        Formula::Binary(Arithmetic::Subtract, a, b) => {
            weigh(a, by, found)?;
            weigh(b, -by, found)?;
        }
        Formula::Binary(Arithmetic::Multiply, a, b) => match (a.constant(), b.constant()) {
            (Some(factor), _) => weigh(b, by * factor, found)?,
            (_, Some(factor)) => weigh(a, by * factor, found)?,
            _ => return None,
        },
        Formula::Binary(Arithmetic::Divide, a, b) => weigh(a, by / b.constant()?, found)?,
        _ => return None,
    }
    Some(())
}
