//! Diagnosis of null models: properties of the unedited backgrounds, and their distance from real sequences.

use super::outputs::Outputs;
use super::point::Trial;
use super::two_sample::Pair;
use super::{Moments, display};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::Formula;
use gia_domain::expected_occurrences;
use gia_engine::{SampleComposition, Survey};
use gia_plan::{Experiment, Point, Reference};
use gia_study::{
    ChanceOccurrences, DistributionShift, Divergence, NullDiagnosis, OutcomeOnNull,
    ReferenceDiagnosis, Spread, Warning, WarningKind,
};

/// Wasserstein distance of an outcome between backgrounds and reference, in standard deviations of the reference, above which
/// there is a warning.
const MAX_REFERENCE_SHIFT_SD: f64 = 1.0;

/// Diagnoses each population that was surveyed.
///
/// # Errors
/// An outcome of the reference that is not finite (`NonFinite`).
pub fn diagnose(
    experiment: &Experiment,
    trial: &Trial,
    outputs: &Outputs,
    survey: &Survey,
) -> Outcome<Vec<NullDiagnosis>> {
    let reference = survey.reference.as_ref().zip(experiment.reference);
    let mut found = Vec::new();
    for surveyed in &survey.backgrounds {
        let mut points = experiment.points.iter();
        let Some(point) = points.find(|point| point.population == surveyed.population) else {
            continue;
        };
        let outcomes = experiment.design.outcomes.iter().zip(&*point.outcomes);
        let outcomes = outcomes.map(|(outcome, formula)| {
            let on_null = trial.outcome_of_unedited(point.population, point.count, formula);
            let shift = match reference {
                Some((_, reference)) => {
                    let values = on_reference(trial, reference, formula, &outcome.name)?;
                    Some(shift(&on_null, &values))
                }
                None => None,
            };
            Ok(OutcomeOnNull {
                outcome: outcome.name.clone(),
                n: on_null.len(),
                of: spread(&on_null),
                shift,
            })
        });
        let outcomes = outcomes.collect::<Outcome<_>>()?;
        found.push(NullDiagnosis {
            backgrounds: outputs.population(surveyed.population).describe(),
            n: surveyed.n,
            gc: spread(surveyed.composition.gc()),
            motifs: motifs(
                experiment,
                point,
                outputs,
                surveyed,
                survey.reference.as_ref(),
            ),
            outcomes,
            reference: survey
                .reference
                .as_ref()
                .map(|reference| ReferenceDiagnosis {
                    sequences: outputs.population(reference.population).describe(),
                    n: reference.n,
                    gc: spread(reference.composition.gc()),
                    kmers: kmers(surveyed, reference),
                }),
        });
    }
    Ok(found)
}

fn spread(values: &[f64]) -> Spread {
    let moments = Moments::of(values);
    Spread {
        mean: moments.mean,
        sd: moments.sd(),
    }
}

fn on_reference(
    trial: &Trial,
    reference: Reference,
    formula: &Formula<usize>,
    name: &str,
) -> Outcome<Vec<f64>> {
    let values = trial.outcome_of_unedited(reference.population, reference.count, formula);
    match values.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Box::new(Diagnostic::error(
            Code::NonFinite,
            format!(
                "`{name}` is {} for sequence {at} (counting from 0) of the reference",
                values[at]
            ),
        ))),
        None => Ok(values),
    }
}

fn shift(on_null: &[f64], on_reference: &[f64]) -> DistributionShift {
    let pair = Pair::new(on_null, on_reference);
    let half = |parity: usize| -> Vec<f64> {
        let half = on_reference.iter().skip(parity).step_by(2);
        half.copied().collect()
    };
    DistributionShift {
        n: on_reference.len(),
        of: spread(on_reference),
        ks: pair.kolmogorov_smirnov(),
        p: pair.p(),
        wasserstein: pair.wasserstein(),
        within_reference: Pair::new(&half(0), &half(1)).wasserstein(),
    }
}

fn motifs(
    experiment: &Experiment,
    point: &Point,
    outputs: &Outputs,
    surveyed: &SampleComposition,
    reference: Option<&SampleComposition>,
) -> Vec<ChanceOccurrences> {
    let counted = |of: &SampleComposition, motif: usize| -> Option<Spread> {
        let counts = of.occurrences.get(motif)?.as_ref()?;
        let counts: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        Some(spread(&counts))
    };
    let motifs = experiment.design.motifs.iter().enumerate();
    let found = motifs.filter_map(|(number, motif)| {
        let expected = expected_occurrences(outputs.population(point.population), motif);
        Some(ChanceOccurrences {
            motif: motif.name.clone(),
            expected: expected.map(|expected| expected.mean),
            expected_error: expected.and_then(|expected| expected.error),
            found: counted(surveyed, number)?,
            reference: reference.and_then(|reference| counted(reference, number)),
        })
    });
    found.collect()
}

fn kmers(surveyed: &SampleComposition, reference: &SampleComposition) -> Vec<Divergence> {
    let [first, second] = &reference.halves;
    let longest = surveyed
        .composition
        .comparable(&reference.composition)
        .min(first.comparable(second));
    (1..=longest)
        .map(|k| Divergence {
            k,
            divergence: surveyed.composition.divergence(&reference.composition, k),
            within_reference: first.divergence(second, k),
        })
        .collect()
}

/// Warns of outcomes that are far from those of the reference.
pub fn warnings(nulls: &[NullDiagnosis], found: &mut Vec<Warning>) {
    for null in nulls {
        for outcome in &null.outcomes {
            let Some(shift) = &outcome.shift else {
                continue;
            };
            let Some(sd) = shift
                .of
                .sd
                .filter(|sd| shift.wasserstein > MAX_REFERENCE_SHIFT_SD * sd)
            else {
                continue;
            };
            found.push(Warning {
                warning: WarningKind::UnlikeReference,
                message: format!(
                    "the model responds differently to the backgrounds ({}) than to the reference: the mean of `{}` is {} on the backgrounds \
                     and {} on the reference (sd {}); `filtered` or `maxent` give backgrounds closer to the reference",
                    null.backgrounds,
                    outcome.outcome,
                    display::number(outcome.of.mean, 3),
                    display::number(shift.of.mean, 3),
                    display::number(sd, 3),
                ),
            });
        }
    }
}
