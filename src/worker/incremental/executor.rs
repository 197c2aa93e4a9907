//! Executes the plan of a batch of edited sequences, step by step.

use gia_base::diag::Outcome;
use gia_model::{
    BoundaryFill, Dependence, Op, Operand, PositionMapping, Propagation, PropagationRule, ValueId,
};
use tch::{TchError, Tensor};

use super::plan::{ExecutionPlan, StepAction};
use super::window::{Backgrounds, Window, WindowPlacement, WindowRequest, gather_constant};
use crate::kernels::Argument;
use crate::program::{Program, Step, at_step};

/// A value of the batch that differs from its background.
enum BatchValue {
    /// Only the windows; all other positions equal the background.
    Window(Window),
    /// A flattened view of this value.
    Flattened(ValueId),
    /// The full tensor.
    Full(Tensor),
}

/// Executes the plan of one batch.
pub struct Executor<'p> {
    program: &'p Program,
    propagation: &'p Propagation,
    backgrounds: &'p mut Backgrounds,
    /// Index of the background of each sequence.
    background_of: Vec<i64>,
    /// Indexed by value; `None` if it equals the background's.
    values: Vec<Option<BatchValue>>,
    /// Indexed by value: full tensors assembled so far.
    full_values: Vec<Option<Tensor>>,
}

impl<'p> Executor<'p> {
    /// `background_of` holds the background index of each sequence, `inputs` the windows of each network input; `None` for an
    /// input that does not change.
    pub fn new(
        program: &'p Program,
        propagation: &'p Propagation,
        backgrounds: &'p mut Backgrounds,
        background_of: Vec<i64>,
        inputs: Vec<Option<Window>>,
    ) -> Executor<'p> {
        let mut values: Vec<Option<BatchValue>> = (0..program.values()).map(|_| None).collect();
        for (id, window) in program.inputs().iter().zip(inputs) {
            values[id.0] = window.map(BatchValue::Window);
        }
        Executor {
            program,
            propagation,
            backgrounds,
            background_of,
            full_values: values.iter().map(|_| None).collect(),
            values,
        }
    }

    /// Runs all steps and returns the outputs of the batch.
    pub fn run(mut self, plan: &ExecutionPlan) -> Outcome<Vec<Tensor>> {
        let _no_gradients = tch::no_grad_guard();
        let steps = self.program.steps().iter().zip(&self.propagation.rules);
        for ((step, rule), action) in steps.zip(&plan.actions) {
            let value = self
                .step(step, rule, action)
                .map_err(|error| at_step(step, &error))?;
            self.values[step.output.0] = value;
        }
        let outputs = self.program.outputs().iter();
        outputs
            .map(|id| {
                let full = self.full(*id);
                full.map_err(|error| crate::errors::failed("the outputs", &error))
            })
            .collect()
    }

    fn step(
        &mut self,
        step: &Step,
        rule: &PropagationRule,
        action: &StepAction,
    ) -> Result<Option<BatchValue>, TchError> {
        // The operator for a window: without the padding at the ends of the operand.
        let on_window = match rule {
            PropagationRule::Local(
                PositionMapping::Windows { inner, .. } | PositionMapping::Padded { inner, .. },
            ) => inner,
            _ => &step.op,
        };
        let windowed = |tensor: Tensor, placement: &WindowPlacement| {
            BatchValue::Window(Window {
                tensor,
                placement: placement.clone(),
            })
        };
        let value = match action {
            StepAction::Unchanged => return Ok(None),
            StepAction::Full => self.in_full(step)?,
            StepAction::Flattened(source) => BatchValue::Flattened(*source),
            StepAction::OnWindows(placement) => {
                let own = self.first_windows(step)?.tensor.shallow_clone();
                windowed(self.call(on_window, step, &[Some(own)])?, placement)
            }
            StepAction::Gathered {
                start,
                width,
                fill,
                output,
            } => {
                let id = first(step)?;
                let request = WindowRequest {
                    starts: start,
                    width: *width,
                    fill: *fill,
                };
                let tensor = self.gather(id, output.dim, &request)?;
                let tensor = match rule {
                    PropagationRule::Local(PositionMapping::Cropped { .. }) => tensor,
                    _ => self.call(on_window, step, &[Some(tensor)])?,
                };
                windowed(tensor, output)
            }
            StepAction::Joined(placement) => windowed(self.joined(step, placement)?, placement),
            StepAction::Summed => self.summed(step, rule)?,
            StepAction::Dense { source, starts } => self.dense(step, *source, starts)?,
        };
        Ok(Some(value))
    }

    /// The windows of a step's first operand, as the batch has them.
    fn first_windows(&self, step: &Step) -> Result<&Window, TchError> {
        let id = first(step)?;
        match &self.values[id.0] {
            Some(BatchValue::Window(own)) => Ok(own),
            _ => Err(no_windows(id)),
        }
    }

    /// Runs a step on full values.
    fn in_full(&mut self, step: &Step) -> Result<BatchValue, TchError> {
        let operands = step.inputs.iter().map(|operand| match operand {
            Operand::Value(id) if self.program.constant(*id).is_none() => self.full(*id).map(Some),
            _ => Ok(None),
        });
        let operands = operands.collect::<Result<Vec<_>, _>>()?;
        self.call(&step.op, step, &operands).map(BatchValue::Full)
    }

    /// The background's sum plus the sum over the difference between the windows and the background.
    fn summed(&mut self, step: &Step, rule: &PropagationRule) -> Result<BatchValue, TchError> {
        let id = first(step)?;
        let PropagationRule::Local(PositionMapping::Summed { factor, inner }) = rule else {
            return Err(no_windows(id));
        };
        let (placement, tensor) = {
            let own = self.first_windows(step)?;
            (own.placement.clone(), own.tensor.shallow_clone())
        };
        let change = tensor.f_sub(&self.background_at(id, &placement)?)?;
        let change = self.call(inner, step, &[Some(change)])?;
        let whole = self.backgrounds.full(step.output, &self.background_of)?;
        Ok(BatchValue::Full(
            whole.f_add(&change.f_mul_scalar(*factor)?)?,
        ))
    }

    /// Runs a node of several operands at these positions.
    fn joined(&mut self, step: &Step, placement: &WindowPlacement) -> Result<Tensor, TchError> {
        let rank = self.propagation.shapes[step.output.0].len();
        let request = WindowRequest {
            starts: &placement.starts,
            width: placement.width,
            fill: BoundaryFill::Zero,
        };
        let mut operands = Vec::new();
        for operand in &step.inputs {
            let Operand::Value(id) = operand else {
                operands.push(None);
                continue;
            };
            operands.push(Some(
                match (self.propagation.dependences[id.0], &self.values[id.0]) {
                    (Dependence::Along(_), Some(BatchValue::Window(own)))
                        if own.placement.is_at(placement) =>
                    {
                        own.tensor.shallow_clone()
                    }
                    (Dependence::Along(_), _) => {
                        let own_dim = self.propagation.shapes[id.0].len() + placement.dim - rank;
                        self.gather(*id, own_dim, &request)?
                    }
                    _ => self.constant_at(*id, rank, placement.dim, &request)?,
                },
            ));
        }
        self.call(&step.op, step, &operands)
    }

    /// A value that is the same for all sequences, at the requested positions if it has a position dimension.
    fn constant_at(
        &self,
        id: ValueId,
        rank: usize,
        dim: usize,
        request: &WindowRequest,
    ) -> Result<Tensor, TchError> {
        let mut constant = match self.program.constant(id) {
            Some(constant) => constant.shallow_clone(),
            None => self.backgrounds.value(id)?.f_narrow(0, 0, 1)?,
        };
        while constant.dim() < rank {
            constant = constant.f_unsqueeze(0)?;
        }
        if constant.size()[dim] == 1 {
            return Ok(constant);
        }
        gather_constant(&constant, dim, request)
    }

    /// Runs a dense layer over a flattened value: the background's result plus the weight slice at the windows applied to their
    /// difference.
    fn dense(
        &mut self,
        step: &Step,
        source: ValueId,
        starts: &[i64],
    ) -> Result<BatchValue, TchError> {
        let weight = step.inputs.get(1).and_then(|operand| match operand {
            Operand::Value(id) => self.program.constant(*id),
            _ => None,
        });
        let (Some(BatchValue::Window(own)), Some(weight), &[_, channels, positions]) = (
            &self.values[source.0],
            weight,
            self.propagation.shapes[source.0].as_slice(),
        ) else {
            return Err(no_windows(source));
        };
        let (placement, tensor) = (own.placement.clone(), own.tensor.shallow_clone());
        let outputs = weight.size()[0];
        let weight = weight.f_view([outputs, channels, positions])?;
        let change = tensor.f_sub(&self.background_at(source, &placement)?)?;
        let whole = self.backgrounds.full(step.output, &self.background_of)?;
        let part = |start: i64| {
            let part = weight.f_narrow(placement.dim as i64, start, placement.width)?;
            part.f_reshape([outputs, -1])
        };
        if let &[start] = starts {
            let change = change.f_reshape([placement.starts.len() as i64, -1])?;
            let change = change.f_linear(&part(start)?, None::<&Tensor>)?;
            return Ok(BatchValue::Full(whole.f_add(&change)?));
        }
        let mut changes = whole.f_zeros_like()?;
        for &start in starts {
            let rows = (0..placement.starts.len()).filter(|row| placement.starts[*row] == start);
            let rows: Vec<i64> = rows.map(|row| row as i64).collect();
            let index = self.backgrounds.index(&rows)?;
            let change = change.f_index_select(0, &index)?;
            let change = change.f_reshape([rows.len() as i64, -1])?;
            let change = change.f_linear(&part(start)?, None::<&Tensor>)?;
            changes = changes.f_index_add_(0, &index, &change)?;
        }
        Ok(BatchValue::Full(whole.f_add(&changes)?))
    }

    /// The full tensor of a value.
    fn full(&mut self, id: ValueId) -> Result<Tensor, TchError> {
        if let Some(whole) = &self.full_values[id.0] {
            return Ok(whole.shallow_clone());
        }
        let value = self.values[id.0].take();
        let whole = match &value {
            None => self.backgrounds.full(id, &self.background_of),
            Some(BatchValue::Full(tensor)) => Ok(tensor.shallow_clone()),
            Some(BatchValue::Window(own)) => {
                self.backgrounds.fill_windows(id, own, &self.background_of)
            }
            Some(BatchValue::Flattened(source)) => {
                let source = self.full(*source)?;
                source.f_reshape([self.background_of.len() as i64, -1])
            }
        };
        self.values[id.0] = value;
        let whole = whole?;
        self.full_values[id.0] = Some(whole.shallow_clone());
        Ok(whole)
    }

    /// Positions of a value in the edited sequences.
    fn gather(
        &mut self,
        id: ValueId,
        dim: usize,
        request: &WindowRequest,
    ) -> Result<Tensor, TchError> {
        let own = match &self.values[id.0] {
            Some(BatchValue::Window(own)) => Some(own),
            _ => None,
        };
        self.backgrounds
            .gather(id, own, dim, &self.background_of, request)
    }

    /// Positions of a value in the backgrounds.
    fn background_at(
        &mut self,
        id: ValueId,
        placement: &WindowPlacement,
    ) -> Result<Tensor, TchError> {
        let request = WindowRequest {
            starts: &placement.starts,
            width: placement.width,
            fill: BoundaryFill::Zero,
        };
        self.backgrounds
            .gather(id, None, placement.dim, &self.background_of, &request)
    }

    /// Calls an operator. `tensors` holds the computed operands; `None` stands for a weight, a number or an absent operand.
    fn call(&self, op: &Op, step: &Step, tensors: &[Option<Tensor>]) -> Result<Tensor, TchError> {
        let arguments = step.inputs.iter().enumerate().map(|(at, operand)| {
            match (tensors.get(at).and_then(Option::as_ref), operand) {
                (Some(tensor), _) => Argument::Tensor(tensor),
                (None, Operand::Value(id)) => self
                    .program
                    .constant(*id)
                    .map_or(Argument::Absent, Argument::Tensor),
                (None, Operand::Number(number)) => Argument::Number(*number),
                (None, Operand::Absent) => Argument::Absent,
            }
        });
        self.program.call_op(op, &arguments.collect::<Vec<_>>())
    }
}

/// The first operand of a step.
fn first(step: &Step) -> Result<ValueId, TchError> {
    match step.inputs.first() {
        Some(Operand::Value(id)) => Ok(*id),
        _ => Err(TchError::Kind(format!("`{}` has no operand", step.name))),
    }
}

/// The error for a value without windows, which the plan of this batch does not allow.
fn no_windows(id: ValueId) -> TchError {
    TchError::Kind(format!("value {} has no windows", id.0))
}
