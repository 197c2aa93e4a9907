//! Evaluation of an experiment's contrasts at a grid point: from model outputs to estimates.
//!
//! Backgrounds are evaluated in blocks, so memory does not grow with their number.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use super::delta_method::{ContrastProgram, FormulaOfMeans};
use super::formula_vm::{BLOCK_BACKGROUNDS, BlockStack, FormulaProgram};
use super::outputs::{OutputColumn, OutputIndex};
use super::resampling_units::unit_totals;
use super::rounding::{
    MagnitudeStack, RoundingCount, raise_magnitudes_to_mean, zero_frequent_roundings,
    zero_roundings,
};
use super::sample_summary::SampleSummary;
use super::{ClusterDesign, Estimate, Moments, grid_point};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{Contrast, Formula};
use gia_plan::{Experiment, Point};

/// Maximum number of inputs that an error message lists; the rest are counted.
const MAX_LISTED_INPUTS: usize = 4;

/// The estimates of every arm and every contrast at one grid point.
pub struct PointEstimates {
    /// By arm, then outcome.
    pub arms: Vec<Moments>,
    /// By outcome, then contrast.
    pub contrasts: Vec<Estimate>,
}

/// A contrast of each background; values below the precision of float32 are set to zero.
#[derive(Default)]
pub struct Differences {
    pub values: Vec<f64>,
    /// Magnitudes of the values, by which rounding errors are estimated; see [`super::rounding`].
    pub magnitudes: Vec<f64>,
}

/// The estimates of one outcome under each arm, and of each of its contrasts.
pub struct OutcomeEstimates {
    pub arms: Vec<Moments>,
    pub contrasts: Vec<Estimate>,
}

/// The compiled contrasts of an experiment, which can be evaluated at any of its grid points.
pub struct ContrastEvaluator<'a> {
    experiment: &'a Experiment,
    outputs: &'a OutputIndex<'a>,
    contrasts: Vec<(&'a Contrast, ContrastProgram<'a>)>,
    /// By population and number of backgrounds, which of them have one source; none if all are independent.
    designs: HashMap<(usize, usize), Option<Arc<ClusterDesign>>>,
}

impl<'a> ContrastEvaluator<'a> {
    pub fn new(experiment: &'a Experiment, outputs: &'a OutputIndex<'a>) -> Self {
        let contrasts = experiment.design.contrasts.iter();
        let mut designs = HashMap::new();
        for point in &experiment.points {
            designs
                .entry((point.population, point.count))
                .or_insert_with(|| outputs.cluster_design(point.population, point.count));
        }
        ContrastEvaluator {
            experiment,
            outputs,
            designs,
            contrasts: contrasts
                .map(|c| (c, ContrastProgram::new(&c.formula)))
                .collect(),
        }
    }

    /// Which backgrounds of a grid point have one source; none if all are independent.
    pub fn cluster_design(&self, point: &Point) -> Option<&Arc<ClusterDesign>> {
        self.designs.get(&(point.population, point.count))?.as_ref()
    }

    /// Estimates every arm and every contrast at a grid point.
    ///
    /// # Errors
    /// An outcome or a contrast that is not finite (`NonFinite`).
    pub fn point_estimates(&self, point: &Point) -> Outcome<PointEstimates> {
        let outcomes = point.outcomes.iter().enumerate();
        let by_outcome: Vec<OutcomeEstimates> = outcomes
            .map(|(o, formula)| {
                let name = &self.experiment.design.outcomes[o].name;
                self.outcome_estimates(point, name, formula)
            })
            .collect::<Outcome<_>>()?;
        let arms =
            (0..point.arms.len()).flat_map(|arm| by_outcome.iter().map(move |of| of.arms[arm]));
        Ok(PointEstimates {
            arms: arms.collect(),
            contrasts: by_outcome
                .iter()
                .flat_map(|of| of.contrasts.iter().copied())
                .collect(),
        })
    }

    /// The model outputs that an outcome reads, for one variant.
    fn leaf_columns(
        &self,
        point: &Point,
        variant: usize,
        outcome: &FormulaProgram<usize>,
    ) -> Vec<OutputColumn<'a>> {
        let leaves = outcome.leaves.iter();
        leaves
            .map(|&read| self.outputs.output_column(point.population, variant, read))
            .collect()
    }

    /// An outcome of each of the first `count` sequences of a population, without edits.
    pub fn outcome_of_unedited(
        &self,
        population: usize,
        count: usize,
        outcome: &Formula<usize>,
    ) -> Vec<f64> {
        values_of_unedited(self.outputs, population, count, outcome)
    }

    /// One contrast of one outcome for each background. For a contrast between means over all backgrounds, its linearised values: see
    /// [`FormulaOfMeans::linearised_values`].
    pub fn contrast_values(&self, point: &Point, outcome: usize, contrast: usize) -> Vec<f64> {
        self.contrast_values_of(point, &point.outcomes[outcome], contrast)
    }

    /// One contrast for each background, of an outcome given by its formula, such as that of a member of an ensemble.
    pub fn contrast_values_of(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        contrast: usize,
    ) -> Vec<f64> {
        match &self.contrasts[contrast].1 {
            ContrastProgram::PerBackground(program) => {
                self.values_per_background(point, outcome, program).values
            }
            ContrastProgram::OfMeans(..) => match self.formula_of_means(point, outcome, contrast) {
                Some(of_means) => of_means.linearised_above_precision().0,
                None => Vec::new(),
            },
        }
    }

    /// One contrast of one outcome for each independent source of backgrounds: [`Self::contrast_values`], or
    /// [`unit_totals`] of them.
    pub fn source_values(&self, point: &Point, outcome: usize, contrast: usize) -> Vec<f64> {
        self.source_values_of(point, &point.outcomes[outcome], contrast)
    }

    /// [`Self::source_values`] of an outcome given by its formula.
    pub fn source_values_of(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        contrast: usize,
    ) -> Vec<f64> {
        let values = self.contrast_values_of(point, outcome, contrast);
        unit_totals(values, self.cluster_design(point).map(Arc::as_ref))
    }

    /// Change of a contrast from one grid point to another for each background. Changes below the precision of float32 are set to zero; if
    /// all are, the second value is the largest possible size of their mean.
    pub fn step_differences(
        &self,
        (from, to): (&Point, &Point),
        outcome: usize,
        contrast: usize,
    ) -> (Vec<f64>, Option<f64>) {
        let at = |point: &Point| match &self.contrasts[contrast].1 {
            ContrastProgram::PerBackground(program) => {
                self.values_per_background(point, &point.outcomes[outcome], program)
            }
            ContrastProgram::OfMeans(..) => {
                let of_means = self.formula_of_means(point, &point.outcomes[outcome], contrast);
                of_means.map_or(Differences::default(), |of_means| Differences {
                    values: of_means.linearised_above_precision().0,
                    magnitudes: of_means.linearised_magnitudes(),
                })
            }
        };
        let (from, to) = (at(from), at(to));
        let pairs = to.values.iter().zip(&from.values);
        let mut values: Vec<f64> = pairs.map(|(to, from)| to - from).collect();
        let pairs = to.magnitudes.iter().zip(&from.magnitudes);
        let magnitudes: Vec<f64> = pairs.map(|(to, from)| to + from).collect();
        let precision = zero_frequent_roundings(&mut values, &magnitudes);
        (values, precision)
    }

    /// A contrast between means over all backgrounds, with the samples of its means; none for one computed for each background.
    pub fn formula_of_means(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        contrast: usize,
    ) -> Option<FormulaOfMeans<'a>> {
        let ContrastProgram::OfMeans(formula, parts) = &self.contrasts[contrast].1 else {
            return None;
        };
        let parts = parts
            .iter()
            .map(|part| self.values_per_background(point, outcome, part));
        let (numbers, magnitudes) = parts.map(|part| (part.values, part.magnitudes)).unzip();
        Some(FormulaOfMeans::new(formula, numbers).with_magnitudes(magnitudes))
    }

    /// Whether a contrast is zero if all arms are equal.
    pub fn is_zero_for_equal_arms(&self, contrast: usize) -> bool {
        match &self.contrasts[contrast].1 {
            ContrastProgram::PerBackground(_) => true,
            ContrastProgram::OfMeans(formula, parts) => {
                let alike = |at: f64| formula.tangent(&vec![at; parts.len()], 0).0 == 0.0;
                parts.iter().any(|part| part.leaves.len() > 1) || (alike(1.0) && alike(2.0))
            }
        }
    }

    /// Evaluates a formula over arms for each background.
    fn values_per_background(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        of_arms: &FormulaProgram<usize>,
    ) -> Differences {
        let mut found = Differences {
            values: Vec::with_capacity(point.count),
            magnitudes: Vec::with_capacity(point.count),
        };
        let Ok(()) = self.visit_blocks(point, outcome, of_arms, &mut |values, magnitudes| {
            found.values.extend_from_slice(values);
            found.magnitudes.extend_from_slice(magnitudes);
            Ok::<(), Infallible>(())
        });
        zero_frequent_roundings(&mut found.values, &found.magnitudes);
        found
    }

    /// An outcome under one arm, for each background.
    pub fn arm_values(&self, point: &Point, outcome: usize, arm: usize) -> Vec<f64> {
        let mut found = Vec::with_capacity(point.count);
        let formula = &point.outcomes[outcome];
        let Ok(()) = self.visit_arm_values(point, formula, arm, &mut |values| {
            found.extend_from_slice(values);
            Ok::<(), Infallible>(())
        });
        found
    }

    /// An outcome, given by its formula, under one arm, one contiguous block of backgrounds after another.
    ///
    /// # Errors
    /// Those of `visit`.
    pub fn visit_arm_values<E>(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        arm: usize,
        visit: &mut impl FnMut(&[f64]) -> Result<(), E>,
    ) -> Result<(), E> {
        let program = FormulaProgram::new(&Formula::Leaf(arm));
        let visit = &mut |values: &mut [f64], _: &[f64]| visit(values);
        self.visit_blocks(point, outcome, &program, visit)
    }

    /// The numbers of [`Self::contrast_values_of`], one contiguous block of backgrounds after another. A contrast that is computed for each
    /// background is evaluated twice, to decide first whether values are set to zero, and no more than a block of it is held.
    ///
    /// # Errors
    /// Those of `visit`.
    pub fn visit_contrast_values<E>(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        contrast: usize,
        visit: &mut impl FnMut(&[f64]) -> Result<(), E>,
    ) -> Result<(), E> {
        let ContrastProgram::PerBackground(program) = &self.contrasts[contrast].1 else {
            let values = self.contrast_values_of(point, outcome, contrast);
            return values.chunks(BLOCK_BACKGROUNDS).try_for_each(visit);
        };
        let mut count = RoundingCount::default();
        let Ok(()) = self.visit_blocks(point, outcome, program, &mut |values, magnitudes| {
            count.add(values, magnitudes);
            Ok::<(), Infallible>(())
        });
        self.visit_blocks(point, outcome, program, &mut |values, magnitudes| {
            if count.is_frequent() {
                zero_roundings(values, magnitudes);
            }
            visit(values)
        })
    }

    /// Evaluates a formula over arms, one contiguous block of backgrounds after another; `visit` takes values and
    /// [magnitudes](super::rounding).
    fn visit_blocks<E>(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        of_arms: &FormulaProgram<usize>,
        visit: &mut impl FnMut(&mut [f64], &[f64]) -> Result<(), E>,
    ) -> Result<(), E> {
        let of_outcome = FormulaProgram::new(outcome);
        let (mut stack, mut magnitude_stack) = (BlockStack::default(), MagnitudeStack::default());
        let mut values = vec![0.0; BLOCK_BACKGROUNDS.min(point.count)];
        let mut magnitudes = values.clone();
        let mut arms = vec![values.clone(); of_arms.leaves.len()];
        let mut arm_magnitudes = arms.clone();
        let reads: Vec<Vec<OutputColumn>> = of_arms
            .leaves
            .iter()
            .map(|&arm| self.leaf_columns(point, point.arms[arm], &of_outcome))
            .collect();
        for start in (0..point.count).step_by(BLOCK_BACKGROUNDS) {
            let length = BLOCK_BACKGROUNDS.min(point.count - start);
            let of_arm = arms.iter_mut().zip(&mut arm_magnitudes).zip(&reads);
            for ((arm, magnitudes), reads) in of_arm {
                let arm = &mut arm[..length];
                of_outcome.evaluate(&mut stack, arm, |i, block| reads[i].fill(start, block));
                of_outcome.magnitudes(
                    &mut magnitude_stack,
                    &mut magnitudes[..length],
                    |i, values, magnitudes| {
                        reads[i].fill_with_magnitudes(start, values, magnitudes)
                    },
                );
                raise_magnitudes_to_mean(&mut magnitudes[..length]);
            }
            let (out, magnitudes) = (&mut values[..length], &mut magnitudes[..length]);
            of_arms.evaluate(&mut stack, out, |i, block| {
                block.copy_from_slice(&arms[i][..length]);
            });
            of_arms.magnitudes(&mut magnitude_stack, magnitudes, |i, values, magnitudes| {
                values.copy_from_slice(&arms[i][..length]);
                magnitudes.copy_from_slice(&arm_magnitudes[i][..length]);
            });
            visit(out, magnitudes)?;
        }
        Ok(())
    }

    /// Estimates an outcome under each arm, and each of its contrasts.
    pub fn outcome_estimates(
        &self,
        point: &Point,
        name: &str,
        formula: &Formula<usize>,
    ) -> Outcome<OutcomeEstimates> {
        let design = self.cluster_design(point).map(Arc::as_ref);
        let mut of_arms = vec![Moments::default(); point.arms.len()];
        let mut of_contrasts = vec![SampleSummary::default(); self.contrasts.len()];
        // The same with values set to zero that rounding explains; none while there is no such value.
        let mut without_rounding: Vec<Option<SampleSummary>> = vec![None; self.contrasts.len()];
        let mut counts = vec![RoundingCount::default(); self.contrasts.len()];
        let (mut stack, mut magnitude_stack) = (BlockStack::default(), MagnitudeStack::default());
        let mut arms = vec![vec![0.0; BLOCK_BACKGROUNDS.min(point.count)]; point.arms.len()];
        let mut arm_magnitudes = arms.clone();
        let mut difference = vec![0.0; BLOCK_BACKGROUNDS.min(point.count)];
        let mut magnitudes = difference.clone();
        let program = FormulaProgram::new(formula);
        let reads: Vec<Vec<OutputColumn>> = point
            .arms
            .iter()
            .map(|&variant| self.leaf_columns(point, variant, &program))
            .collect();
        for start in (0..point.count).step_by(BLOCK_BACKGROUNDS) {
            let length = BLOCK_BACKGROUNDS.min(point.count - start);
            let of_arm = arms.iter_mut().zip(&mut arm_magnitudes).zip(&reads);
            for (a, ((values, magnitudes), reads)) in of_arm.enumerate() {
                let values = &mut values[..length];
                program.evaluate(&mut stack, values, |i, block| reads[i].fill(start, block));
                program.magnitudes(
                    &mut magnitude_stack,
                    &mut magnitudes[..length],
                    |i, values, magnitudes| {
                        reads[i].fill_with_magnitudes(start, values, magnitudes)
                    },
                );
                raise_magnitudes_to_mean(&mut magnitudes[..length]);
                of_arms[a].merge(Moments::of(values));
                if !of_arms[a].is_finite() {
                    return Err(self.nonfinite_arm_error(
                        point,
                        name,
                        a,
                        start,
                        values,
                        &program.leaves,
                        reads,
                    ));
                }
            }
            for (c, (contrast, compared)) in self.contrasts.iter().enumerate() {
                let ContrastProgram::PerBackground(program) = compared else {
                    continue;
                };
                let values = &mut difference[..length];
                program.evaluate(&mut stack, values, |i, block| {
                    block.copy_from_slice(&arms[program.leaves[i]][..length]);
                });
                let magnitudes = &mut magnitudes[..length];
                program.magnitudes(&mut magnitude_stack, magnitudes, |i, values, magnitudes| {
                    let arm = program.leaves[i];
                    values.copy_from_slice(&arms[arm][..length]);
                    magnitudes.copy_from_slice(&arm_magnitudes[arm][..length]);
                });
                let rounds = counts[c].add(values, magnitudes);
                if rounds && without_rounding[c].is_none() {
                    without_rounding[c] = Some(of_contrasts[c].clone());
                }
                if of_contrasts[c]
                    .add(values, Some(magnitudes), design)
                    .is_none()
                {
                    return Err(self.nonfinite_contrast_error(
                        point,
                        name,
                        contrast,
                        start,
                        values,
                        &program.leaves,
                        &arms,
                    ));
                }
                if let Some(without) = &mut without_rounding[c] {
                    if rounds {
                        zero_roundings(values, magnitudes);
                    }
                    without.add(values, Some(magnitudes), design);
                }
            }
        }
        let mut bounds = Vec::with_capacity(counts.len());
        for ((count, without), summary) in
            counts.iter().zip(without_rounding).zip(&mut of_contrasts)
        {
            bounds.push(count.rounding_bound());
            if let Some(without) = without.filter(|_| count.is_frequent()) {
                *summary = without;
            }
        }
        for (c, (contrast, _)) in self.contrasts.iter().enumerate() {
            if let Some(of_means) = self.formula_of_means(point, formula, c) {
                let (values, bound) = of_means.linearised_above_precision();
                bounds[c] = bound;
                if !values
                    .chunks(BLOCK_BACKGROUNDS)
                    .all(|block| of_contrasts[c].add(block, None, design).is_some())
                {
                    return Err(self.nonfinite_mean_error(point, name, contrast, &of_means));
                }
            }
        }
        let contrasts = of_contrasts.iter().zip(bounds);
        Ok(OutcomeEstimates {
            arms: of_arms,
            contrasts: contrasts
                .map(|(summary, rounding_bound)| Estimate {
                    rounding_bound,
                    ..summary.estimate(design)
                })
                .collect(),
        })
    }

    fn nonfinite_mean_error(
        &self,
        point: &Point,
        outcome: &str,
        contrast: &Contrast,
        of_means: &FormulaOfMeans,
    ) -> Box<Diagnostic> {
        let mut place = grid_point::describe(&self.experiment.design.axes, &point.at);
        if !place.is_empty() {
            place = format!(" at {place}");
        }
        let means: Vec<String> = of_means.means().iter().map(f64::to_string).collect();
        let message = format!(
            "contrast `{}` of `{outcome}` is {}{place} in experiment `{}`, from the means {}",
            contrast.name,
            of_means.value(),
            self.experiment.design.name,
            means.join(" and ")
        );
        Box::new(
            Diagnostic::error(Code::NonFinite, message)
                .at(contrast.span, "worked out from means over all backgrounds"),
        )
    }

    #[allow(clippy::too_many_arguments)]
    fn nonfinite_arm_error(
        &self,
        point: &Point,
        outcome: &str,
        arm: usize,
        start: usize,
        values: &[f64],
        leaves: &[usize],
        reads: &[OutputColumn],
    ) -> Box<Diagnostic> {
        let what = format!(
            "`{outcome}` under arm `{}`",
            self.experiment.design.arms[arm]
        );
        let mut input = [0.0];
        let message = self.nonfinite_message(&what, point, start, values, |i| {
            let inputs = leaves.iter().zip(reads).map(|(leaf, read)| {
                read.fill(start + i, &mut input);
                (self.outputs.reading_name(*leaf), input[0])
            });
            list_inputs(inputs)
        });
        let diagnostic = Diagnostic::error(Code::NonFinite, message);
        let of_profiles = leaves
            .iter()
            .any(|leaf| self.outputs.is_profile_distance(*leaf));
        Box::new(match of_profiles && values.iter().any(|x| x.is_nan()) {
            true => diagnostic.help(
                "`jsd` divides by the sum of a profile, which has no negative numbers: for logits write `softmax(...)`, or declare `unit = \"logits\"`",
            ),
            false => diagnostic,
        })
    }

    #[allow(clippy::too_many_arguments)]
    fn nonfinite_contrast_error(
        &self,
        point: &Point,
        outcome: &str,
        contrast: &Contrast,
        start: usize,
        values: &[f64],
        leaves: &[usize],
        arms: &[Vec<f64>],
    ) -> Box<Diagnostic> {
        let what = format!("contrast `{}` of `{outcome}`", contrast.name);
        let message = self.nonfinite_message(&what, point, start, values, |i| {
            list_inputs(
                leaves
                    .iter()
                    .map(|&arm| (self.experiment.design.arms[arm].clone(), arms[arm][i])),
            )
        });
        Box::new(
            Diagnostic::error(Code::NonFinite, message)
                .at(contrast.span, "worked out for each background"),
        )
    }

    /// Error message that names the first background whose value is not finite, or says that the standard deviation overflows.
    fn nonfinite_message(
        &self,
        what: &str,
        point: &Point,
        start: usize,
        values: &[f64],
        inputs: impl FnOnce(usize) -> String,
    ) -> String {
        let mut place = grid_point::describe(&self.experiment.design.axes, &point.at);
        if !place.is_empty() {
            place = format!(" at {place}");
        }
        let name = &self.experiment.design.name;
        match values.iter().position(|x| !x.is_finite()) {
            Some(i) => format!(
                "{what} is {} for background {} (counting from 0){place} in experiment `{name}`, from {}",
                values[i],
                start + i,
                inputs(i)
            ),
            None => {
                let greatest = values.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
                format!(
                    "{what} reaches {greatest:e}{place} in experiment `{name}`, and the standard deviation is then \
                     too large for a number"
                )
            }
        }
    }
}

/// A formula evaluated for each of the first `count` sequences of a population, without edits.
pub fn values_of_unedited(
    outputs: &OutputIndex,
    population: usize,
    count: usize,
    formula: &Formula<usize>,
) -> Vec<f64> {
    let program = FormulaProgram::new(formula);
    let reads: Vec<OutputColumn> = program
        .leaves
        .iter()
        .map(|&read| outputs.output_column(population, 0, read))
        .collect();
    let mut stack = BlockStack::default();
    let mut values = vec![0.0; count];
    for (number, out) in values.chunks_mut(BLOCK_BACKGROUNDS).enumerate() {
        let start = number * BLOCK_BACKGROUNDS;
        program.evaluate(&mut stack, out, |i, block| reads[i].fill(start, block));
    }
    values
}

/// Lists named inputs as `k562["DNase"] = -0.3, k562["ATAC"] = 1.2`, each once.
fn list_inputs(inputs: impl Iterator<Item = (String, f64)>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut more = 0;
    for (name, value) in inputs {
        let part = format!("{name} = {value}");
        if parts.contains(&part) {
            continue;
        }
        if parts.len() < MAX_LISTED_INPUTS {
            parts.push(part);
        } else {
            more += 1;
        }
    }
    match (parts.is_empty(), more) {
        (true, _) => "constants alone".to_string(),
        (_, 0) => parts.join(", "),
        _ => format!("{} and {more} more", parts.join(", ")),
    }
}
