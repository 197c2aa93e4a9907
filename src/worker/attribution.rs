//! DeepLIFT (Shrikumar, Greenside and Kundaje 2017) on the graph of a network: multipliers between an input and its references.
//!
//! A forward pass of the input and one of the references keep what the rules need. Then each step, last first, hands its multipliers on
//! to its operands. The input is computed once for all of its references: k references take 2k + 1 passes.

mod composed;
mod elementwise;
mod line;
mod maxima;
mod node;
mod pairs;
mod path;
mod products;
mod recurrent;
mod rules;
mod selection;
mod shortcuts;
mod transposed;

use std::collections::{BTreeSet, HashMap};

use gia_base::diag::Outcome;
use gia_model::{AttributionRule, Op, Operand, ValueId};
use tch::{TchError, Tensor};

use self::line::Result;
use self::node::{Node, Side};
use self::pairs::{Pair, in_memory_order};
use crate::errors::failed;
use crate::kernels::is_complex;
use crate::program::{Program, Step, at_step};

/// What is asked for: rows of the network's inputs, and for each row as many rows of references.
pub struct Task {
    pub inputs: Vec<Tensor>,
    pub references: Vec<Tensor>,
    /// Number of references of each row, which follow each other.
    pub per_row: i64,
}

/// The outputs of all pairs of a row and a reference, before multipliers are computed.
pub struct Outputs {
    pub input: Vec<Tensor>,
    pub reference: Vec<Tensor>,
}

/// Multipliers of each of the network's inputs for each pair; none for an input that the outputs do not depend on.
pub struct Multipliers {
    pub inputs: Vec<Option<Tensor>>,
    /// The steps whose multipliers are not exact, by the name of their node and what they compute.
    pub inexact: BTreeSet<String>,
}

/// The values of both forward passes.
pub struct Tape<'p> {
    program: &'p Program,
    per_row: i64,
    /// Whether the rows of the inputs are computed once for all of their references.
    is_shared: bool,
    inputs: Vec<Option<Tensor>>,
    references: Vec<Option<Tensor>>,
    /// Indexed by value: whether it depends on the network's inputs.
    varies: Vec<bool>,
}

impl Program {
    /// Computes the inputs and the references, and keeps what multipliers need.
    ///
    /// # Errors
    /// If libtorch fails, such as for want of memory.
    pub fn record(&self, task: Task) -> Outcome<Tape<'_>> {
        let _no_gradients = tch::no_grad_guard();
        let at = |error: TchError| failed("the attributions", &error);
        let outputs = self.steps().iter().map(|step| step.output);
        let is_shared = task.per_row > 1
            && self
                .inputs()
                .iter()
                .copied()
                .chain(outputs)
                .all(|id| self.is_batch_first(id));
        let wide = self.in_precision(task.inputs)?;
        let references = self.in_precision(task.references)?;
        let inputs = match is_shared {
            true => wide,
            false => wide
                .iter()
                .map(|input| repeated(input, task.per_row))
                .collect::<Result<_>>()
                .map_err(at)?,
        };
        let mut tape = Tape {
            program: self,
            per_row: task.per_row,
            is_shared,
            inputs: self.with_inputs(inputs),
            references: self.with_inputs(references),
            varies: vec![false; self.values()],
        };
        for id in self.inputs() {
            tape.varies[id.0] = true;
        }
        let kept = tape.kept();
        for step in self.steps() {
            tape.run(step, &kept)
                .map_err(|error| at_step(step, &error))?;
        }
        Ok(tape)
    }
}

impl Tape<'_> {
    /// Whether the rules of steps read a value of the references after the forward pass.
    fn kept(&self) -> Vec<bool> {
        let mut kept = vec![false; self.program.values()];
        for id in self.program.outputs() {
            kept[id.0] = true;
        }
        for step in self.program.steps() {
            if reads_references(&step.op) {
                kept[step.output.0] = true;
                values(step).for_each(|id| kept[id.0] = true);
            }
        }
        kept
    }

    fn run(&mut self, step: &Step, kept: &[bool]) -> Result<()> {
        let varies = values(step).any(|id| self.varies[id.0]);
        let input = self.program.call(step, &self.inputs)?;
        // What is detached counts as constant: it is frozen at the input.
        let reference = match step.op {
            Op::Detach => self.paired(&input)?,
            _ => self.program.call(step, &self.references)?,
        };
        self.inputs[step.output.0] = Some(input);
        self.references[step.output.0] = Some(reference);
        self.varies[step.output.0] = varies;
        for id in step.released() {
            if !kept[id.0] {
                self.references[id.0] = None;
            }
        }
        Ok(())
    }

    /// The network's outputs for each pair.
    pub fn outputs(&self) -> Outcome<Outputs> {
        let at = |error: TchError| failed("the attributions", &error);
        let program = self.program;
        let read = |values: &[Option<Tensor>], id: ValueId| {
            let found = values[id.0].as_ref().or_else(|| program.constant(id));
            found
                .map(Tensor::shallow_clone)
                .ok_or_else(|| TchError::Kind("no step computes an output".to_string()))
        };
        let ids = program.outputs().iter().copied();
        let pairs = ids.map(|id| {
            let input = read(&self.inputs, id)?;
            Ok((self.paired(&input)?, read(&self.references, id)?))
        });
        let pairs: Vec<(Tensor, Tensor)> = pairs.collect::<Result<_>>().map_err(at)?;
        let (input, reference) = pairs.into_iter().unzip();
        Ok(Outputs { input, reference })
    }

    /// A value of the inputs, with a row for each pair.
    fn paired(&self, input: &Tensor) -> Result<Tensor> {
        match self.is_shared {
            true => repeated(input, self.per_row),
            false => Ok(input.shallow_clone()),
        }
    }

    /// The size of [`Tape::paired`].
    fn paired_size(&self, input: &Tensor) -> Vec<i64> {
        let mut size = input.size();
        if let (true, Some(rows)) = (self.is_shared, size.first_mut()) {
            *rows *= self.per_row;
        }
        size
    }

    /// Multipliers of the network's inputs from those of its outputs.
    ///
    /// # Errors
    /// If libtorch fails, such as for want of memory.
    pub fn multipliers(mut self, outputs: Vec<Option<Tensor>>) -> Outcome<Multipliers> {
        let mut found: HashMap<ValueId, Tensor> = HashMap::new();
        let ids = self.program.outputs().to_vec();
        for (id, multiplier) in ids.into_iter().zip(outputs) {
            if let Some(multiplier) = multiplier {
                add(&mut found, id, multiplier)
                    .map_err(|error| failed("the attributions", &error))?;
            }
        }
        let mut inexact = BTreeSet::new();
        for step in self.program.steps().iter().rev() {
            let Some(multiplier) = found.remove(&step.output) else {
                continue;
            };
            if self.varies[step.output.0] {
                let is_exact = self
                    .hand_on(step, &multiplier, &mut found)
                    .map_err(|error| at_step(step, &error))?;
                if !is_exact {
                    inexact.insert(format!("`{}` ({})", step.name, step.op.describe()));
                }
            }
            self.inputs[step.output.0] = None;
            self.references[step.output.0] = None;
        }
        let inputs = self.program.inputs().iter();
        Ok(Multipliers {
            inputs: inputs.map(|id| found.remove(id)).collect(),
            inexact,
        })
    }

    /// Hands the multipliers of a step on to its operands; returns whether they are exact.
    fn hand_on(
        &self,
        step: &Step,
        multiplier: &Tensor,
        found: &mut HashMap<ValueId, Tensor>,
    ) -> Result<bool> {
        let multiplier = &match &self.references[step.output.0] {
            Some(value) => in_memory_order(multiplier, value)?,
            None => multiplier.shallow_clone(),
        };
        if self.hand_on_shortly(step, multiplier, found)? {
            return Ok(true);
        }
        let mut leaves = Vec::new();
        let sides: Vec<Side> = step
            .inputs
            .iter()
            .map(|operand| self.side(step, *operand, &mut leaves))
            .collect::<Result<_>>()?;
        let input = match &self.inputs[step.output.0] {
            Some(input) => self.paired(input)?,
            None => multiplier.f_zeros_like()?,
        };
        let reference = match &self.references[step.output.0] {
            Some(reference) => reference.shallow_clone(),
            None => input.shallow_clone(),
        };
        let node = Node {
            op: &step.op,
            sides: &sides,
            input: &input,
            reference: &reference,
        };
        if let (AttributionRule::Secant, [(id, _)]) = (step.op.kind().attribution, &leaves[..])
            && node.is_elementwise()
        {
            let handed = multiplier.f_mul(&node.slope(0)?)?;
            add(found, *id, handed)?;
            return Ok(true);
        }
        let form = node.form()?;
        if form.tensor.requires_grad() {
            let sum = weighted_sum(&form.tensor, multiplier)?;
            let tensors: Vec<&Tensor> = leaves.iter().map(|(_, leaf)| leaf).collect();
            let gradients = Tensor::f_run_backward(&[sum], &tensors, false, false)?;
            for ((id, _), gradient) in leaves.iter().zip(gradients) {
                if gradient.defined() {
                    add(found, *id, gradient.f_detach()?)?;
                }
            }
        }
        Ok(form.is_exact)
    }

    /// Hands multipliers on by what a frequent operator is; false for others.
    fn hand_on_shortly(
        &self,
        step: &Step,
        multiplier: &Tensor,
        found: &mut HashMap<ValueId, Tensor>,
    ) -> Result<bool> {
        let _no_gradients = tch::no_grad_guard();
        if self.hand_on_transposed(step, multiplier, found)?.is_some() {
            return Ok(true);
        }
        let varying = |operand: Option<&Operand>| match operand {
            Some(Operand::Value(id)) => self.inputs[id.0].as_ref().map(|input| (*id, input)),
            _ => None,
        };
        let Some((id, input)) = varying(step.inputs.first()) else {
            return Ok(false);
        };
        if let Some((other, second)) = varying(step.inputs.get(1)) {
            let sizes = [self.paired_size(input), self.paired_size(second)];
            let Some([first, second]) = shortcuts::of_sum(&step.op, multiplier, &sizes)? else {
                return Ok(false);
            };
            add(found, id, first)?;
            add(found, other, second)?;
            return Ok(true);
        }
        let size = self.paired_size(input);
        let mut handed = shortcuts::of_shape(&step.op, multiplier, &size)?;
        if let (None, Some(reference)) = (&handed, &self.references[id.0]) {
            let per_row = if self.is_shared { self.per_row } else { 1 };
            let pair = Pair {
                input,
                reference,
                per_row,
            };
            handed = match step.op.kind().attribution {
                AttributionRule::Extremum => maxima::call(&step.op, multiplier, &pair)?,
                _ => shortcuts::of_rectifier(&step.op, multiplier, &pair)?,
            };
        }
        match handed {
            Some(handed) => add(found, id, handed).map(|()| true),
            None => Ok(false),
        }
    }

    /// The shortcut for layers whose weights are constants; none where there is none.
    fn hand_on_transposed(
        &self,
        step: &Step,
        multiplier: &Tensor,
        found: &mut HashMap<ValueId, Tensor>,
    ) -> Result<Option<()>> {
        let (Some(&Operand::Value(id)), Some(&Operand::Value(weight))) =
            (step.inputs.first(), step.inputs.get(1))
        else {
            return Ok(None);
        };
        let varies_elsewhere = step.inputs[1..].iter().any(|operand| match operand {
            Operand::Value(id) => self.varies[id.0],
            Operand::Number(_) | Operand::Absent => false,
        });
        let (Some(weight), Some(input)) = (self.program.constant(weight), &self.inputs[id.0])
        else {
            return Ok(None);
        };
        if varies_elsewhere || multiplier.kind() != weight.kind() || is_complex(multiplier) {
            return Ok(None);
        }
        let handed = transposed::call(&step.op, weight, multiplier, &input.size())?;
        handed.map(|handed| add(found, id, handed)).transpose()
    }

    fn side<'s>(
        &'s self,
        step: &Step,
        operand: Operand,
        leaves: &mut Vec<(ValueId, Tensor)>,
    ) -> Result<Side<'s>> {
        let id = match operand {
            Operand::Value(id) => id,
            Operand::Number(number) => return Ok(Side::Number(number)),
            Operand::Absent => return Ok(Side::Absent),
        };
        let Some(input) = &self.inputs[id.0] else {
            return Ok(match self.program.constant(id) {
                Some(constant) => Side::Constant(constant),
                None => Side::Absent,
            });
        };
        let leaf = self.paired(input)?.f_detach()?;
        // Rules that read no reference take the input in its place.
        let reference = match (&self.references[id.0], reads_references(&step.op)) {
            (Some(reference), true) => reference.shallow_clone(),
            _ => leaf.shallow_clone(),
        };
        let leaf = leaf.f_set_requires_grad(true)?;
        leaves.push((id, leaf.shallow_clone()));
        Ok(Side::Varying { leaf, reference })
    }
}

/// Whether the rule of an operator depends on the references.
fn reads_references(op: &Op) -> bool {
    match op.kind().attribution {
        // Layers may have weights that depend on the sequence, and indices and conditions may.
        AttributionRule::Linear => matches!(
            op,
            Op::Convolution { .. }
                | Op::TransposedConvolution { .. }
                | Op::Linear
                | Op::Where
                | Op::Index { .. }
                | Op::Take { .. }
                | Op::TakeEach { .. }
                | Op::Function(_)
        ),
        AttributionRule::Stopped => false,
        AttributionRule::Secant
        | AttributionRule::Step
        | AttributionRule::Product
        | AttributionRule::Quotient
        | AttributionRule::Power
        | AttributionRule::Extremum
        | AttributionRule::Softmax
        | AttributionRule::Normalization
        | AttributionRule::Attention
        | AttributionRule::Recurrent
        | AttributionRule::Gradient
        | AttributionRule::Ranking
        | AttributionRule::Comparison => true,
    }
}

/// The sum of a form's numbers by their multipliers, which of complex numbers are conjugate, as libtorch's gradients are.
fn weighted_sum(form: &Tensor, multiplier: &Tensor) -> Result<Tensor> {
    match is_complex(form) {
        true => {
            let product = form.f_mul(&multiplier.f_conj()?)?;
            product.f_real()?.f_sum(None)
        }
        false => form.f_mul(multiplier)?.f_sum(multiplier.kind()),
    }
}

/// Each row as often as it has references.
fn repeated(input: &Tensor, per_row: i64) -> Result<Tensor> {
    let size = input.size();
    match size.first() {
        None => Ok(input.shallow_clone()),
        Some(1) => {
            let mut wide = size;
            wide[0] = per_row;
            input.f_expand(wide, false)
        }
        Some(_) => input.f_repeat_interleave_self_int(per_row, 0, None),
    }
}

fn add(found: &mut HashMap<ValueId, Tensor>, id: ValueId, multiplier: Tensor) -> Result<()> {
    let sum = match found.remove(&id) {
        Some(known) => known.f_add(&multiplier)?,
        None => multiplier,
    };
    found.insert(id, sum);
    Ok(())
}

fn values(step: &Step) -> impl Iterator<Item = ValueId> {
    step.inputs.iter().filter_map(|operand| match operand {
        Operand::Value(id) => Some(*id),
        Operand::Number(_) | Operand::Absent => None,
    })
}
