//! Executes the plan of a batch of edited sequences, step by step.

use gia_base::diag::Outcome;
use gia_model::{Beyond, Dependence, Local, Op, Operand, Propagation, PropagationRule, ValueId};
use tch::{TchError, Tensor};

use super::route::{Act, Route};
use super::window::{Backgrounds, Site, Wanted, Window, gather_constant};
use crate::kernels::Argument;
use crate::program::{Program, Step, at_step};

/// What is known of a value of the batch.
enum State {
    Window(Window),
    /// The window of the value that it is flattened from.
    Flat(ValueId),
    Whole(Tensor),
}

/// A batch in execution.
pub struct Push<'p> {
    program: &'p Program,
    follow: &'p Propagation,
    backgrounds: &'p mut Backgrounds,
    /// The background of each sequence.
    of: Vec<i64>,
    /// State of each value; none if it equals the background's.
    states: Vec<Option<State>>,
    /// By value, whole ones that were put together.
    wholes: Vec<Option<Tensor>>,
}

impl<'p> Push<'p> {
    /// `inputs` are the windows of the inputs, parallel to them; none for those that stay the same.
    pub fn new(
        program: &'p Program,
        follow: &'p Propagation,
        backgrounds: &'p mut Backgrounds,
        of: Vec<i64>,
        inputs: Vec<Option<Window>>,
    ) -> Push<'p> {
        let mut states: Vec<Option<State>> = (0..program.values()).map(|_| None).collect();
        for (id, window) in program.inputs().iter().zip(inputs) {
            states[id.0] = window.map(State::Window);
        }
        Push {
            program,
            follow,
            backgrounds,
            of,
            wholes: states.iter().map(|_| None).collect(),
            states,
        }
    }

    /// The outputs of the batch.
    pub fn run(mut self, route: &Route) -> Outcome<Vec<Tensor>> {
        let _no_gradients = tch::no_grad_guard();
        let steps = self.program.steps().iter().zip(&self.follow.rules);
        for ((step, found), act) in steps.zip(&route.acts) {
            let state = self
                .step(step, found, act)
                .map_err(|error| at_step(step, &error))?;
            self.states[step.output.0] = state;
        }
        let outputs = self.program.outputs().iter();
        outputs
            .map(|id| {
                let whole = self.whole(*id);
                whole.map_err(|error| crate::errors::failed("the outputs", &error))
            })
            .collect()
    }

    fn step(
        &mut self,
        step: &Step,
        found: &PropagationRule,
        act: &Act,
    ) -> Result<Option<State>, TchError> {
        // The step as it is on a window, without what it does at the ends of its operand.
        let on_window = match found {
            PropagationRule::Local(Local::Windows { inner, .. } | Local::Grown { inner, .. }) => {
                inner
            }
            _ => &step.op,
        };
        let placed = |tensor: Tensor, site: &Site| {
            State::Window(Window {
                tensor,
                site: site.clone(),
            })
        };
        let state = match act {
            Act::Nothing => return Ok(None),
            Act::Whole => self.in_full(step)?,
            Act::Flattened(source) => State::Flat(*source),
            Act::Own(site) => {
                let own = self.own(step)?.tensor.shallow_clone();
                placed(self.call(on_window, step, &[Some(own)])?, site)
            }
            Act::Gathered {
                from,
                width,
                beyond,
                made,
            } => {
                let id = first(step)?;
                let wanted = Wanted {
                    starts: from,
                    width: *width,
                    beyond: *beyond,
                };
                let tensor = self.gather(id, made.dim, &wanted)?;
                let tensor = match found {
                    PropagationRule::Local(Local::Cropped { .. }) => tensor,
                    _ => self.call(on_window, step, &[Some(tensor)])?,
                };
                placed(tensor, made)
            }
            Act::Joined(site) => placed(self.joined(step, site)?, site),
            Act::Summed => self.summed(step, found)?,
            Act::Dense { source, places } => self.dense(step, *source, places)?,
        };
        Ok(Some(state))
    }

    /// The windows of a step's first operand.
    fn own(&self, step: &Step) -> Result<&Window, TchError> {
        let id = first(step)?;
        match &self.states[id.0] {
            Some(State::Window(own)) => Ok(own),
            _ => Err(lost(id)),
        }
    }

    /// The step on whole values.
    fn in_full(&mut self, step: &Step) -> Result<State, TchError> {
        let operands = step.inputs.iter().map(|operand| match operand {
            Operand::Value(id) if self.program.constant(*id).is_none() => self.whole(*id).map(Some),
            _ => Ok(None),
        });
        let operands = operands.collect::<Result<Vec<_>, _>>()?;
        self.call(&step.op, step, &operands).map(State::Whole)
    }

    /// The background's sum, and that of what changed.
    fn summed(&mut self, step: &Step, found: &PropagationRule) -> Result<State, TchError> {
        let id = first(step)?;
        let PropagationRule::Local(Local::Summed { factor, inner }) = found else {
            return Err(lost(id));
        };
        let (site, tensor) = {
            let own = self.own(step)?;
            (own.site.clone(), own.tensor.shallow_clone())
        };
        let change = tensor.f_sub(&self.before(id, &site)?)?;
        let change = self.call(inner, step, &[Some(change)])?;
        let whole = self.backgrounds.whole(step.output, &self.of)?;
        Ok(State::Whole(whole.f_add(&change.f_mul_scalar(*factor)?)?))
    }

    /// A node of several operands at these positions.
    fn joined(&mut self, step: &Step, site: &Site) -> Result<Tensor, TchError> {
        let rank = self.follow.shapes[step.output.0].len();
        let wanted = Wanted {
            starts: &site.starts,
            width: site.width,
            beyond: Beyond::Zero,
        };
        let mut operands = Vec::new();
        for operand in &step.inputs {
            let Operand::Value(id) = operand else {
                operands.push(None);
                continue;
            };
            operands.push(Some(
                match (self.follow.dependences[id.0], &self.states[id.0]) {
                    (Dependence::Along(_), Some(State::Window(own))) if own.site.is_at(site) => {
                        own.tensor.shallow_clone()
                    }
                    (Dependence::Along(_), _) => {
                        let own_dim = self.follow.shapes[id.0].len() + site.dim - rank;
                        self.gather(*id, own_dim, &wanted)?
                    }
                    _ => self.constant_at(*id, rank, site.dim, &wanted)?,
                },
            ));
        }
        self.call(&step.op, step, &operands)
    }

    /// What stays the same for every sequence, at these positions where it has any.
    fn constant_at(
        &self,
        id: ValueId,
        rank: usize,
        dim: usize,
        wanted: &Wanted,
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
        gather_constant(&constant, dim, wanted)
    }

    /// A dense layer over a flattened value, from what its background gives and the difference.
    fn dense(&mut self, step: &Step, source: ValueId, places: &[i64]) -> Result<State, TchError> {
        let weight = step.inputs.get(1).and_then(|operand| match operand {
            Operand::Value(id) => self.program.constant(*id),
            _ => None,
        });
        let (Some(State::Window(own)), Some(weight), &[_, channels, positions]) = (
            &self.states[source.0],
            weight,
            self.follow.shapes[source.0].as_slice(),
        ) else {
            return Err(lost(source));
        };
        let (site, tensor) = (own.site.clone(), own.tensor.shallow_clone());
        let outputs = weight.size()[0];
        let weight = weight.f_view([outputs, channels, positions])?;
        let change = tensor.f_sub(&self.before(source, &site)?)?;
        let whole = self.backgrounds.whole(step.output, &self.of)?;
        let part = |place: i64| {
            let part = weight.f_narrow(site.dim as i64, place, site.width)?;
            part.f_reshape([outputs, -1])
        };
        if let &[place] = places {
            let change = change.f_reshape([site.starts.len() as i64, -1])?;
            let change = change.f_linear(&part(place)?, None::<&Tensor>)?;
            return Ok(State::Whole(whole.f_add(&change)?));
        }
        let mut changes = whole.f_zeros_like()?;
        for &place in places {
            let rows = (0..site.starts.len()).filter(|row| site.starts[*row] == place);
            let rows: Vec<i64> = rows.map(|row| row as i64).collect();
            let index = self.backgrounds.index(&rows)?;
            let change = change.f_index_select(0, &index)?;
            let change = change.f_reshape([rows.len() as i64, -1])?;
            let change = change.f_linear(&part(place)?, None::<&Tensor>)?;
            changes = changes.f_index_add_(0, &index, &change)?;
        }
        Ok(State::Whole(whole.f_add(&changes)?))
    }

    /// The whole value.
    fn whole(&mut self, id: ValueId) -> Result<Tensor, TchError> {
        if let Some(whole) = &self.wholes[id.0] {
            return Ok(whole.shallow_clone());
        }
        let state = self.states[id.0].take();
        let whole = match &state {
            None => self.backgrounds.whole(id, &self.of),
            Some(State::Whole(tensor)) => Ok(tensor.shallow_clone()),
            Some(State::Window(own)) => self.backgrounds.filled(id, own, &self.of),
            Some(State::Flat(source)) => {
                let source = self.whole(*source)?;
                source.f_reshape([self.of.len() as i64, -1])
            }
        };
        self.states[id.0] = state;
        let whole = whole?;
        self.wholes[id.0] = Some(whole.shallow_clone());
        Ok(whole)
    }

    /// Positions of a value as the batch has it.
    fn gather(&mut self, id: ValueId, dim: usize, wanted: &Wanted) -> Result<Tensor, TchError> {
        let own = match &self.states[id.0] {
            Some(State::Window(own)) => Some(own),
            _ => None,
        };
        self.backgrounds.gather(id, own, dim, &self.of, wanted)
    }

    /// Positions of a value as the backgrounds have it.
    fn before(&mut self, id: ValueId, site: &Site) -> Result<Tensor, TchError> {
        let wanted = Wanted {
            starts: &site.starts,
            width: site.width,
            beyond: Beyond::Zero,
        };
        self.backgrounds
            .gather(id, None, site.dim, &self.of, &wanted)
    }

    /// Calls a node; operands that are not given are weights, numbers or absent.
    fn call(&self, op: &Op, step: &Step, given: &[Option<Tensor>]) -> Result<Tensor, TchError> {
        let arguments = step.inputs.iter().enumerate().map(|(at, operand)| {
            match (given.get(at).and_then(Option::as_ref), operand) {
                (Some(tensor), _) => Argument::Tensor(tensor),
                (None, Operand::Value(id)) => self
                    .program
                    .constant(*id)
                    .map_or(Argument::Absent, Argument::Tensor),
                (None, Operand::Number(number)) => Argument::Number(*number),
                (None, Operand::Absent) => Argument::Absent,
            }
        });
        self.program.call_with(op, &arguments.collect::<Vec<_>>())
    }
}

/// A step's first operand.
fn first(step: &Step) -> Result<ValueId, TchError> {
    match step.inputs.first() {
        Some(Operand::Value(id)) => Ok(*id),
        _ => Err(TchError::Kind(format!("`{}` has no operand", step.name))),
    }
}

/// A way that another batch was found to take.
fn lost(id: ValueId) -> TchError {
    TchError::Kind(format!("value {} has no windows", id.0))
}
