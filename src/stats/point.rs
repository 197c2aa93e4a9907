//! One grid point: from model outputs to the moments of every arm and every contrast.
//!
//! Backgrounds are worked through in blocks, so memory does not grow with them.

use super::Moments;
use super::delta_method::{Compared, OfMeans};
use super::formula_vm::{BLOCK, Program, Stack};
use super::grid_point;
use super::outputs::{Column, Outputs};
use super::rounding::{MagnitudeStack, RoundingCount, raise_to_mean, zero_roundings, zero_row};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_design::{Contrast, Formula};
use gia_plan::{Experiment, Point};

/// More inputs than this are counted rather than listed.
const MAX_INPUTS: usize = 4;

/// What was measured at one grid point.
pub struct Measured {
    /// By arm, then outcome.
    pub arms: Vec<Moments>,
    /// By outcome, then contrast.
    pub contrasts: Vec<Moments>,
    /// In the same order, for contrasts that are zero to within the precision of float32: that precision.
    pub precisions: Vec<Option<f64>>,
}

/// The numbers of a contrast, one a background, those below the precision of float32 set to zero.
#[derive(Default)]
pub struct Differences {
    pub values: Vec<f64>,
    /// What rounding is measured by; see [`super::rounding`].
    pub magnitudes: Vec<f64>,
}

/// Moments of an outcome under each arm and of each contrast, with the precision of those that are below it.
struct OutcomeMoments {
    arms: Vec<Moments>,
    contrasts: Vec<Moments>,
    precisions: Vec<Option<f64>>,
}

/// The contrasts of an experiment, ready to be worked out at any of its points.
pub struct Trial<'a> {
    experiment: &'a Experiment,
    outputs: &'a Outputs<'a>,
    contrasts: Vec<(&'a Contrast, Compared<'a>)>,
}

impl<'a> Trial<'a> {
    pub fn new(experiment: &'a Experiment, outputs: &'a Outputs<'a>) -> Self {
        let contrasts = experiment.design.contrasts.iter();
        Trial {
            experiment,
            outputs,
            contrasts: contrasts.map(|c| (c, Compared::new(&c.formula))).collect(),
        }
    }

    pub fn measure(&self, point: &Point) -> Outcome<Measured> {
        let mut measured = Measured {
            arms: vec![Moments::default(); point.arms.len() * point.outcomes.len()],
            contrasts: Vec::with_capacity(point.outcomes.len() * self.contrasts.len()),
            precisions: Vec::with_capacity(point.outcomes.len() * self.contrasts.len()),
        };
        for (o, formula) in point.outcomes.iter().enumerate() {
            let answered = self.answer(point, o, formula)?;
            for (a, moments) in answered.arms.into_iter().enumerate() {
                measured.arms[a * point.outcomes.len() + o] = moments;
            }
            measured.contrasts.extend(answered.contrasts);
            measured.precisions.extend(answered.precisions);
        }
        Ok(measured)
    }

    /// Where the numbers that an outcome reads lie for one variant.
    fn columns(&self, point: &Point, variant: usize, outcome: &Program<usize>) -> Vec<Column<'a>> {
        let leaves = outcome.leaves.iter();
        leaves
            .map(|&read| self.outputs.column(point.population, variant, read))
            .collect()
    }

    /// The numbers of an outcome for the first sequences of a population as they are, one a sequence.
    pub fn outcome_of_unedited(
        &self,
        population: usize,
        count: usize,
        outcome: &Formula<usize>,
    ) -> Vec<f64> {
        values_of(self.outputs, population, count, outcome)
    }

    /// The numbers of one contrast of one outcome, one a background. Of a contrast between means over all backgrounds, what each
    /// background adds to it: see [`OfMeans::shares`].
    pub fn values(&self, point: &Point, outcome: usize, contrast: usize) -> Vec<f64> {
        self.values_by(point, &point.outcomes[outcome], contrast)
    }

    /// The same by another formula of the outcome, such as that of a member of an ensemble.
    pub fn values_by(&self, point: &Point, outcome: &Formula<usize>, contrast: usize) -> Vec<f64> {
        match &self.contrasts[contrast].1 {
            Compared::Each(program) => self.each(point, outcome, program).values,
            Compared::Means(..) => match self.of_means(point, outcome, contrast) {
                Some(of_means) => of_means.shares_above_precision().0,
                None => Vec::new(),
            },
        }
    }

    /// How one contrast changes from one grid point to another, one number a background, those below the precision of
    /// float32 set to zero, and that precision where all are.
    pub fn change(
        &self,
        (from, to): (&Point, &Point),
        outcome: usize,
        contrast: usize,
    ) -> (Vec<f64>, Option<f64>) {
        let at = |point: &Point| match &self.contrasts[contrast].1 {
            Compared::Each(program) => self.each(point, &point.outcomes[outcome], program),
            Compared::Means(..) => {
                let of_means = self.of_means(point, &point.outcomes[outcome], contrast);
                of_means.map_or(Differences::default(), |of_means| Differences {
                    values: of_means.shares_above_precision().0,
                    magnitudes: of_means.share_magnitudes(),
                })
            }
        };
        let (from, to) = (at(from), at(to));
        let pairs = to.values.iter().zip(&from.values);
        let mut values: Vec<f64> = pairs.map(|(to, from)| to - from).collect();
        let pairs = to.magnitudes.iter().zip(&from.magnitudes);
        let magnitudes: Vec<f64> = pairs.map(|(to, from)| to + from).collect();
        let precision = zero_row(&mut values, &magnitudes);
        (values, precision)
    }

    /// The numbers that the means of a contrast between means are of; none for one that is worked out for each background.
    pub fn of_means(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        contrast: usize,
    ) -> Option<OfMeans<'a>> {
        let Compared::Means(formula, parts) = &self.contrasts[contrast].1 else {
            return None;
        };
        let parts = parts.iter().map(|part| self.each(point, outcome, part));
        let (numbers, magnitudes) = parts.map(|part| (part.values, part.magnitudes)).unzip();
        Some(OfMeans::new(formula, numbers).with_magnitudes(magnitudes))
    }

    /// Whether a contrast would be zero if all arms were one.
    pub fn has_zero(&self, contrast: usize) -> bool {
        match &self.contrasts[contrast].1 {
            Compared::Each(_) => true,
            Compared::Means(formula, parts) => {
                let alike = |at: f64| formula.tangent(&vec![at; parts.len()], 0).0 == 0.0;
                parts.iter().any(|part| part.leaves.len() > 1) || (alike(1.0) && alike(2.0))
            }
        }
    }

    /// What arms come to, background by background.
    fn each(
        &self,
        point: &Point,
        outcome: &Formula<usize>,
        of_arms: &Program<usize>,
    ) -> Differences {
        let of_outcome = Program::new(outcome);
        let (mut stack, mut magnitude_stack) = (Stack::default(), MagnitudeStack::default());
        let mut values = vec![0.0; point.count];
        let mut magnitudes = vec![0.0; point.count];
        let mut arms = vec![vec![0.0; BLOCK]; of_arms.leaves.len()];
        let mut arm_magnitudes = arms.clone();
        let reads: Vec<Vec<Column>> = of_arms
            .leaves
            .iter()
            .map(|&arm| self.columns(point, point.arms[arm], &of_outcome))
            .collect();
        let blocks = values
            .chunks_mut(BLOCK)
            .zip(magnitudes.chunks_mut(BLOCK))
            .enumerate();
        for (number, (out, magnitudes)) in blocks {
            let (start, length) = (number * BLOCK, out.len());
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
                raise_to_mean(&mut magnitudes[..length]);
            }
            of_arms.evaluate(&mut stack, out, |i, block| {
                block.copy_from_slice(&arms[i][..length]);
            });
            of_arms.magnitudes(&mut magnitude_stack, magnitudes, |i, values, magnitudes| {
                values.copy_from_slice(&arms[i][..length]);
                magnitudes.copy_from_slice(&arm_magnitudes[i][..length]);
            });
        }
        zero_row(&mut values, &magnitudes);
        Differences { values, magnitudes }
    }

    /// The moments of an outcome under each arm, and of each contrast of it.
    fn answer(&self, point: &Point, o: usize, formula: &Formula<usize>) -> Outcome<OutcomeMoments> {
        let mut of_arms = vec![Moments::default(); point.arms.len()];
        let mut of_contrasts = vec![Moments::default(); self.contrasts.len()];
        // The same with what is rounding set to zero.
        let mut without_rounding = of_contrasts.clone();
        let mut counts = vec![RoundingCount::default(); self.contrasts.len()];
        let (mut stack, mut magnitude_stack) = (Stack::default(), MagnitudeStack::default());
        let mut arms = vec![vec![0.0; BLOCK.min(point.count)]; point.arms.len()];
        let mut arm_magnitudes = arms.clone();
        let mut difference = vec![0.0; BLOCK.min(point.count)];
        let mut magnitudes = difference.clone();
        let program = Program::new(formula);
        let reads: Vec<Vec<Column>> = point
            .arms
            .iter()
            .map(|&variant| self.columns(point, variant, &program))
            .collect();
        for start in (0..point.count).step_by(BLOCK) {
            let length = BLOCK.min(point.count - start);
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
                raise_to_mean(&mut magnitudes[..length]);
                if take(&mut of_arms[a], values).is_none() {
                    return Err(self.arm_fails(point, o, a, start, values, &program.leaves, reads));
                }
            }
            for (c, (contrast, compared)) in self.contrasts.iter().enumerate() {
                let Compared::Each(program) = compared else {
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
                let Some(mut block) = take(&mut of_contrasts[c], values) else {
                    return Err(self.contrast_fails(
                        point,
                        o,
                        contrast,
                        start,
                        values,
                        &program.leaves,
                        &arms,
                    ));
                };
                if counts[c].add(values, magnitudes) {
                    zero_roundings(values, magnitudes);
                    block = Moments::of(values);
                }
                without_rounding[c].merge(block);
            }
        }
        let mut precisions = Vec::with_capacity(counts.len());
        for ((count, without), moments) in
            counts.iter().zip(without_rounding).zip(&mut of_contrasts)
        {
            precisions.push(count.precision());
            if count.is_material() {
                *moments = without;
            }
        }
        for (c, (contrast, _)) in self.contrasts.iter().enumerate() {
            if let Some(of_means) = self.of_means(point, formula, c) {
                let (shares, precision) = of_means.shares_above_precision();
                precisions[c] = precision;
                if !shares
                    .chunks(BLOCK)
                    .all(|block| take(&mut of_contrasts[c], block).is_some())
                {
                    return Err(self.means_fail(point, o, contrast, &of_means));
                }
            }
        }
        Ok(OutcomeMoments {
            arms: of_arms,
            contrasts: of_contrasts,
            precisions,
        })
    }

    fn means_fail(
        &self,
        point: &Point,
        outcome: usize,
        contrast: &Contrast,
        of_means: &OfMeans,
    ) -> Box<Diagnostic> {
        let mut place = grid_point::describe(&self.experiment.design.axes, &point.at);
        if !place.is_empty() {
            place = format!(" at {place}");
        }
        let means: Vec<String> = of_means.means().iter().map(f64::to_string).collect();
        let message = format!(
            "contrast `{}` of `{}` is {}{place} in experiment `{}`, from the means {}",
            contrast.name,
            self.experiment.design.outcomes[outcome].name,
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
    fn arm_fails(
        &self,
        point: &Point,
        outcome: usize,
        arm: usize,
        start: usize,
        values: &[f64],
        leaves: &[usize],
        reads: &[Column],
    ) -> Box<Diagnostic> {
        let what = format!(
            "`{}` under arm `{}`",
            self.experiment.design.outcomes[outcome].name, self.experiment.design.arms[arm]
        );
        let mut input = [0.0];
        let message = self.message(&what, point, start, values, |i| {
            let inputs = leaves.iter().zip(reads).map(|(leaf, read)| {
                read.fill(start + i, &mut input);
                (self.outputs.name(*leaf), input[0])
            });
            listed(inputs)
        });
        Box::new(Diagnostic::error(Code::NonFinite, message))
    }

    #[allow(clippy::too_many_arguments)]
    fn contrast_fails(
        &self,
        point: &Point,
        outcome: usize,
        contrast: &Contrast,
        start: usize,
        values: &[f64],
        leaves: &[usize],
        arms: &[Vec<f64>],
    ) -> Box<Diagnostic> {
        let what = format!(
            "contrast `{}` of `{}`",
            contrast.name, self.experiment.design.outcomes[outcome].name
        );
        let message = self.message(&what, point, start, values, |i| {
            listed(
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

    /// Names the first background whose number is not finite, or says that their spread is not.
    fn message(
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

/// The numbers of a formula for the first sequences of a population as they are, one a sequence.
pub fn values_of(
    outputs: &Outputs,
    population: usize,
    count: usize,
    formula: &Formula<usize>,
) -> Vec<f64> {
    let program = Program::new(formula);
    let reads: Vec<Column> = program
        .leaves
        .iter()
        .map(|&read| outputs.column(population, 0, read))
        .collect();
    let mut stack = Stack::default();
    let mut values = vec![0.0; count];
    for (number, out) in values.chunks_mut(BLOCK).enumerate() {
        let start = number * BLOCK;
        program.evaluate(&mut stack, out, |i, block| reads[i].fill(start, block));
    }
    values
}

/// Adds a block and gives its own moments; none where that leaves no finite mean and spread.
fn take(moments: &mut Moments, values: &[f64]) -> Option<Moments> {
    let block = Moments::of(values);
    moments.merge(block);
    (moments.mean.is_finite() && moments.squares.is_finite()).then_some(block)
}

/// `k562["DNase"] = -0.3, k562["ATAC"] = 1.2`, each once.
fn listed(inputs: impl Iterator<Item = (String, f64)>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut more = 0;
    for (name, value) in inputs {
        let part = format!("{name} = {value}");
        if parts.contains(&part) {
            continue;
        }
        if parts.len() < MAX_INPUTS {
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
