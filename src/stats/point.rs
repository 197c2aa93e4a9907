//! One grid point: from model outputs to the moments of every arm and every contrast.
//!
//! Backgrounds are worked through in blocks, so memory does not grow with them.

use super::Moments;
use super::column::{BLOCK, Program, Stack};
use super::of_means::{Compared, OfMeans};
use super::outputs::{Column, Outputs};
use super::place;
use crate::check::hir::{Contrast, Formula};
use crate::diag::{Code, Diagnostic, Outcome};
use crate::plan::{Experiment, Point};

/// More inputs than this are counted rather than listed.
const MOST_INPUTS: usize = 4;

/// What was measured at one grid point.
pub struct Measured {
    /// By arm, then outcome.
    pub arms: Vec<Moments>,
    /// By outcome, then contrast.
    pub contrasts: Vec<Moments>,
}

/// The contrasts of an experiment, ready to be worked out at any of its points.
pub struct Trial<'a> {
    experiment: &'a Experiment,
    outputs: &'a Outputs<'a>,
    contrasts: Vec<(&'a Contrast, Compared<'a>)>,
}

impl<'a> Trial<'a> {
    pub fn new(experiment: &'a Experiment, outputs: &'a Outputs<'a>) -> Self {
        let contrasts = experiment.contrasts.iter();
        Trial {
            experiment,
            outputs,
            contrasts: contrasts.map(|c| (c, Compared::new(&c.formula))).collect(),
        }
    }

    pub fn measure(&self, point: &Point) -> Outcome<Measured> {
        let mut measured = Measured {
            arms: vec![Moments::default(); point.arms.len() * point.outcomes.len()],
            contrasts: vec![Moments::default(); point.outcomes.len() * self.contrasts.len()],
        };
        for (o, formula) in point.outcomes.iter().enumerate() {
            let (arms, contrasts) = self.answer(point, o, formula)?;
            for (a, moments) in arms.into_iter().enumerate() {
                measured.arms[a * point.outcomes.len() + o] = moments;
            }
            let place = o * self.contrasts.len();
            measured.contrasts[place..place + contrasts.len()].copy_from_slice(&contrasts);
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
            Compared::Each(program) => self.each(point, outcome, program),
            Compared::Means(..) => match self.of_means(point, outcome, contrast) {
                Some(of_means) => of_means.shares(),
                None => Vec::new(),
            },
        }
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
        let numbers = parts.iter().map(|part| self.each(point, outcome, part));
        Some(OfMeans::new(formula, numbers.collect()))
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
    fn each(&self, point: &Point, outcome: &Formula<usize>, of_arms: &Program<usize>) -> Vec<f64> {
        let of_outcome = Program::new(outcome);
        let mut stack = Stack::default();
        let mut values = vec![0.0; point.count];
        let mut arms = vec![vec![0.0; BLOCK]; of_arms.leaves.len()];
        let reads: Vec<Vec<Column>> = of_arms
            .leaves
            .iter()
            .map(|&arm| self.columns(point, point.arms[arm], &of_outcome))
            .collect();
        for (number, out) in values.chunks_mut(BLOCK).enumerate() {
            let start = number * BLOCK;
            for (arm, reads) in arms.iter_mut().zip(&reads) {
                let arm = &mut arm[..out.len()];
                of_outcome.evaluate(&mut stack, arm, |i, block| reads[i].fill(start, block));
            }
            of_arms.evaluate(&mut stack, out, |i, block| {
                block.copy_from_slice(&arms[i][..block.len()]);
            });
        }
        values
    }

    /// The moments of an outcome under each arm, and of each contrast of it.
    fn answer(
        &self,
        point: &Point,
        o: usize,
        formula: &Formula<usize>,
    ) -> Outcome<(Vec<Moments>, Vec<Moments>)> {
        let mut of_arms = vec![Moments::default(); point.arms.len()];
        let mut of_contrasts = vec![Moments::default(); self.contrasts.len()];
        let mut stack = Stack::default();
        let mut arms = vec![vec![0.0; BLOCK.min(point.count)]; point.arms.len()];
        let mut difference = vec![0.0; BLOCK.min(point.count)];
        let program = Program::new(formula);
        let reads: Vec<Vec<Column>> = point
            .arms
            .iter()
            .map(|&variant| self.columns(point, variant, &program))
            .collect();
        for start in (0..point.count).step_by(BLOCK) {
            let length = BLOCK.min(point.count - start);
            for (a, (values, reads)) in arms.iter_mut().zip(&reads).enumerate() {
                let values = &mut values[..length];
                program.evaluate(&mut stack, values, |i, block| reads[i].fill(start, block));
                if !take(&mut of_arms[a], values) {
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
                if !take(&mut of_contrasts[c], values) {
                    return Err(self.contrast_fails(
                        point,
                        o,
                        contrast,
                        start,
                        values,
                        &program.leaves,
                        &arms,
                    ));
                }
            }
        }
        for (c, (contrast, _)) in self.contrasts.iter().enumerate() {
            if let Some(of_means) = self.of_means(point, formula, c) {
                let shares = of_means.shares();
                if !shares
                    .chunks(BLOCK)
                    .all(|block| take(&mut of_contrasts[c], block))
                {
                    return Err(self.means_fail(point, o, contrast, &of_means));
                }
            }
        }
        Ok((of_arms, of_contrasts))
    }

    fn means_fail(
        &self,
        point: &Point,
        outcome: usize,
        contrast: &Contrast,
        of_means: &OfMeans,
    ) -> Box<Diagnostic> {
        let mut place = place::words(&self.experiment.axes, &point.at);
        if !place.is_empty() {
            place = format!(" at {place}");
        }
        let means: Vec<String> = of_means.means().iter().map(f64::to_string).collect();
        let message = format!(
            "contrast `{}` of `{}` is {}{place} in experiment `{}`, from the means {}",
            contrast.name,
            self.experiment.outcomes[outcome].name,
            of_means.value(),
            self.experiment.name,
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
            self.experiment.outcomes[outcome].name, self.experiment.arms[arm]
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
            contrast.name, self.experiment.outcomes[outcome].name
        );
        let message = self.message(&what, point, start, values, |i| {
            listed(
                leaves
                    .iter()
                    .map(|&arm| (self.experiment.arms[arm].clone(), arms[arm][i])),
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
        let mut place = place::words(&self.experiment.axes, &point.at);
        if !place.is_empty() {
            place = format!(" at {place}");
        }
        let name = &self.experiment.name;
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

/// Adds a block; false where that leaves no finite mean and spread.
fn take(moments: &mut Moments, values: &[f64]) -> bool {
    moments.merge(Moments::of(values));
    moments.mean.is_finite() && moments.squares.is_finite()
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
        if parts.len() < MOST_INPUTS {
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
