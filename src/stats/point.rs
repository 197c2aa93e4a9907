//! One grid point: from model outputs to the moments of every arm and every contrast.
//!
//! Backgrounds are worked through in blocks, so memory does not grow with them.

use super::Moments;
use super::column::{BLOCK, Program, Stack};
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
    /// By outcome, then member of its ensembles, then contrast: the mean.
    pub members: Vec<Vec<Vec<f64>>>,
}

/// The contrasts of an experiment, ready to be worked out at any of its points.
pub struct Trial<'a> {
    experiment: &'a Experiment,
    outputs: &'a Outputs<'a>,
    contrasts: Vec<(&'a Contrast, Program<usize>)>,
}

impl<'a> Trial<'a> {
    pub fn new(experiment: &'a Experiment, outputs: &'a Outputs<'a>) -> Self {
        let contrasts = experiment.contrasts.iter();
        Trial {
            experiment,
            outputs,
            contrasts: contrasts.map(|c| (c, Program::new(&c.formula))).collect(),
        }
    }

    pub fn measure(&self, point: &Point) -> Outcome<Measured> {
        let mut measured = Measured {
            arms: vec![Moments::default(); point.arms.len() * point.outcomes.len()],
            contrasts: vec![Moments::default(); point.outcomes.len() * self.contrasts.len()],
            members: Vec::with_capacity(point.outcomes.len()),
        };
        for (o, formula) in point.outcomes.iter().enumerate() {
            let (arms, contrasts) = self.answer(point, o, formula)?;
            for (a, moments) in arms.into_iter().enumerate() {
                measured.arms[a * point.outcomes.len() + o] = moments;
            }
            let place = o * self.contrasts.len();
            measured.contrasts[place..place + contrasts.len()].copy_from_slice(&contrasts);
            let members = point.members.get(o).into_iter().flatten();
            let means = members.map(|member| {
                let (_, contrasts) = self.answer(point, o, &member.outcome)?;
                Ok(contrasts.iter().map(|moments| moments.mean).collect())
            });
            measured.members.push(means.collect::<Outcome<_>>()?);
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

    /// The numbers of one contrast of one outcome, one a background.
    pub fn values(&self, point: &Point, outcome: usize, contrast: usize) -> Vec<f64> {
        let of_outcome = Program::new(&point.outcomes[outcome]);
        let (_, of_arms) = &self.contrasts[contrast];
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
            for (c, (contrast, program)) in self.contrasts.iter().enumerate() {
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
        Ok((of_arms, of_contrasts))
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
