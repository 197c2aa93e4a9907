//! Diagnosis of null models: properties of the unedited backgrounds, and their distance from real sequences.

use super::contrast_evaluator::ContrastEvaluator;
use super::outputs::OutputIndex;
use super::two_sample::{TwoSamples, effective_size};
use super::{ClusterDesign, Moments, number_format};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::Formula;
use gia_domain::{Clusters, expected_occurrences};
use gia_engine::{SampleComposition, Survey};
use gia_plan::{Experiment, Point, Reference};
use gia_study::{
    ChanceOccurrences, DistributionShift, KmerDivergence, MeanSd, NullDiagnosis,
    OutcomeOnBackgrounds, ReferenceDiagnosis, Warning, WarningKind,
};

/// Wasserstein distance of an outcome between backgrounds and reference, in standard deviations of the reference, above which
/// there is a warning.
const MAX_REFERENCE_SHIFT_SD: f64 = 1.0;

/// Smallest n m / (n + m) of two samples with a p value of the Kolmogorov-Smirnov distance, whose distribution is a limit for many.
const MIN_KS_SIZE: f64 = 4.0;

/// Diagnoses each population that was surveyed.
///
/// # Errors
/// An outcome of the reference that is not finite (`NonFinite`).
pub fn diagnose(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    outputs: &OutputIndex,
    survey: &Survey,
) -> Outcome<Vec<NullDiagnosis>> {
    let reference = survey.reference.as_ref().zip(experiment.reference);
    let reference_design = experiment.reference.and_then(|reference| {
        let population = outputs.population(reference.population);
        Clusters::of(population, outputs.seed(), reference.count).map(ClusterDesign::new)
    });
    let mut found = Vec::new();
    for surveyed in &survey.backgrounds {
        let mut points = experiment.points.iter();
        let Some(point) = points.find(|point| point.population == surveyed.population) else {
            continue;
        };
        let outcomes = experiment.design.outcomes.iter().zip(&*point.outcomes);
        let outcomes = outcomes.map(|(outcome, formula)| {
            let on_null = trial.outcome_of_unedited(point.population, point.count, formula);
            let design = trial.cluster_design(point).map(AsRef::as_ref);
            let shift = match reference {
                Some((_, reference)) => {
                    let values = outcome_on_reference(trial, reference, formula, &outcome.name)?;
                    Some(distribution_shift(
                        (&on_null, design),
                        (&values, reference_design.as_ref()),
                    ))
                }
                None => None,
            };
            Ok(OutcomeOnBackgrounds {
                outcome: outcome.name.clone(),
                n: on_null.len(),
                sources: design.map(ClusterDesign::count),
                of: mean_and_sd(&on_null),
                shift,
            })
        });
        let outcomes = outcomes.collect::<Outcome<_>>()?;
        found.push(NullDiagnosis {
            backgrounds: outputs.population(surveyed.population).describe(),
            n: surveyed.n,
            gc: mean_and_sd(surveyed.composition.gc()),
            motifs: motif_occurrences(
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
                    sources: reference.sources,
                    gc: mean_and_sd(reference.composition.gc()),
                    kmers: kmer_divergences(surveyed, reference),
                }),
        });
    }
    Ok(found)
}

fn mean_and_sd(values: &[f64]) -> MeanSd {
    let moments = Moments::of(values);
    MeanSd {
        mean: moments.mean,
        sd: moments.sd(),
    }
}

fn outcome_on_reference(
    trial: &ContrastEvaluator,
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

/// Compares two samples, each with its clusters; none if all its numbers are independent.
fn distribution_shift(
    (on_null, null_design): (&[f64], Option<&ClusterDesign>),
    (on_reference, reference_design): (&[f64], Option<&ClusterDesign>),
) -> DistributionShift {
    let pair = TwoSamples::new(on_null, on_reference);
    let source = |index: usize| match reference_design {
        Some(design) => design.ids()[index] as usize,
        None => index,
    };
    let half = |parity: usize| -> Vec<f64> {
        let all = on_reference.iter().enumerate();
        let half = all.filter(|(index, _)| source(*index) % 2 == parity);
        half.map(|(_, value)| *value).collect()
    };
    let size = |values: &[f64], design: Option<&ClusterDesign>| match design {
        Some(design) => effective_size(design.sizes()),
        None => values.len() as f64,
    };
    let (n, m) = (
        size(on_null, null_design),
        size(on_reference, reference_design),
    );
    let has_p = n * m / (n + m) >= MIN_KS_SIZE;
    let by_source = null_design.is_some() || reference_design.is_some();
    let halves = (half(0), half(1));
    let has_halves = !halves.0.is_empty() && !halves.1.is_empty();
    DistributionShift {
        n: on_reference.len(),
        sources: reference_design.map(ClusterDesign::count),
        of: mean_and_sd(on_reference),
        ks: pair.kolmogorov_smirnov(),
        p: has_p.then(|| pair.kolmogorov_smirnov_p_of_sizes(n, m)),
        p_method: match (has_p, by_source) {
            (true, false) => "limit for many sequences",
            (true, true) => {
                "limit for many sequences, with effective numbers of independent sources"
            }
            (false, false) => "none, since there are too few sequences",
            (false, true) => "none, since there are too few independent sources",
        }
        .to_string(),
        wasserstein: pair.wasserstein(),
        within_reference: has_halves.then(|| TwoSamples::new(&halves.0, &halves.1).wasserstein()),
    }
}

fn motif_occurrences(
    experiment: &Experiment,
    point: &Point,
    outputs: &OutputIndex,
    surveyed: &SampleComposition,
    reference: Option<&SampleComposition>,
) -> Vec<ChanceOccurrences> {
    let counted = |of: &SampleComposition, motif: usize| -> Option<MeanSd> {
        let counts = of.occurrences.get(motif)?.as_ref()?;
        let counts: Vec<f64> = counts.iter().map(|&count| count as f64).collect();
        Some(mean_and_sd(&counts))
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

fn kmer_divergences(
    surveyed: &SampleComposition,
    reference: &SampleComposition,
) -> Vec<KmerDivergence> {
    let [first, second] = &reference.halves;
    let longest = surveyed
        .composition
        .comparable(&reference.composition)
        .min(first.comparable(second));
    (1..=longest)
        .map(|k| KmerDivergence {
            k,
            divergence: surveyed.composition.divergence(&reference.composition, k),
            within_reference: first.divergence(second, k),
        })
        .collect()
}

/// Warns of outcomes that are far from those of the reference.
pub fn warn_unlike_reference(nulls: &[NullDiagnosis], found: &mut Vec<Warning>) {
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
                    number_format::significant_digits(outcome.of.mean, 3),
                    number_format::significant_digits(shift.of.mean, 3),
                    number_format::significant_digits(sd, 3),
                ),
            });
        }
    }
}
