//! A batch of changed sequences, step by step through a network: windows as long as that is less work, whole values from there.

use gia::diag::Outcome;
use gia::model::{Beyond, Local, Op, Operand, ValueId};
use tch::{TchError, Tensor};

use super::follow::{Follow, Move, Seen};
use super::window::{Backgrounds, Wanted, Window, gather_constant};
use crate::kernels::Argument;
use crate::program::{Program, Step, at_step};

/// Places of a flattened value whose differences go through a dense layer one after another on a GPU.
const MOST_PLACES_ON_GPU: usize = 4;

/// What is known of a value of the batch.
enum State {
    Window(Window),
    /// The window of the value that it is flattened from.
    Flat(ValueId),
    Whole(Tensor),
}

/// One batch on its way.
pub struct Push<'p> {
    program: &'p Program,
    follow: &'p Follow,
    backgrounds: &'p mut Backgrounds,
    /// Which background each sequence has.
    of: Vec<i64>,
    /// By value; none for what is as in the background.
    states: Vec<Option<State>>,
    /// By value, whole ones that were put together.
    wholes: Vec<Option<Tensor>>,
}

impl<'p> Push<'p> {
    /// `inputs` are the windows of the inputs, parallel to them; none for those that stay the same.
    pub fn new(
        program: &'p Program,
        follow: &'p Follow,
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
    pub fn run(mut self) -> Outcome<Vec<Tensor>> {
        let _no_gradients = tch::no_grad_guard();
        for (step, found) in self.program.steps().iter().zip(&self.follow.moves) {
            let state = self
                .step(step, found)
                .map_err(|error| at_step(step, &error))?;
            self.states[step.output.0] = state;
        }
        let outputs = self.program.outputs().iter();
        outputs
            .map(|id| {
                let whole = self.whole(*id);
                whole.map_err(|error| crate::network::failed("the outputs", &error))
            })
            .collect()
    }

    fn step(&mut self, step: &Step, found: &Move) -> Result<Option<State>, TchError> {
        let windowed = |operand: &Operand| match operand {
            Operand::Value(id) => !matches!(self.states[id.0], Some(State::Whole(_))),
            _ => true,
        };
        if !step.inputs.iter().all(windowed) && !matches!(found, Move::Nothing) {
            return self.in_full(step).map(Some);
        }
        match found {
            Move::Nothing => Ok(None),
            Move::Whole => self.in_full(step).map(Some),
            Move::Local(local) => self.local(step, local).map(Some),
            Move::Joined { dim } => self.joined(step, *dim).map(Some),
            Move::Dense(source) => self.dense(step, *source).map(Some),
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

    fn local(&mut self, step: &Step, local: &Local) -> Result<State, TchError> {
        let Some(Operand::Value(id)) = step.inputs.first().copied() else {
            return self.in_full(step);
        };
        let made = &self.follow.shapes[step.output.0];
        let Some(State::Window(own)) = self.states[id.0].take() else {
            return self.in_full(step);
        };
        let kept = |tensor: Tensor, starts: Vec<i64>, dim: usize, width: i64, length: i64| {
            State::Window(Window {
                tensor,
                dim,
                starts,
                width,
                length,
            })
        };
        let (starts, dim, width) = (own.starts.clone(), own.dim, own.width);
        let first = |tensor: &Tensor| vec![Some(tensor.shallow_clone())];
        let state = match local {
            Local::Same { dim: to } => {
                let tensor = self.call(&step.op, step, &first(&own.tensor))?;
                Ok(kept(tensor, starts, *to, width, own.length))
            }
            Local::Turned => {
                let starts = starts
                    .iter()
                    .map(|start| own.length - start - width)
                    .collect();
                let tensor = self.call(&step.op, step, &first(&own.tensor))?;
                Ok(kept(tensor, starts, dim, width, own.length))
            }
            Local::Grown { before, inner } => {
                let starts = starts.iter().map(|start| start + before).collect();
                let tensor = self.call(inner, step, &first(&own.tensor))?;
                Ok(kept(tensor, starts, dim, width, made[dim]))
            }
            Local::Cropped { start } => {
                let length = made[dim];
                let width = width.min(length);
                let at: Vec<i64> = starts
                    .iter()
                    .map(|own| (own - start).clamp(0, length - width))
                    .collect();
                let from: Vec<i64> = at.iter().map(|at| at + start).collect();
                let tensor = self.gather(id, Some(&own), dim, &from, width, Beyond::Zero)?;
                Ok(kept(tensor, at, dim, width, length))
            }
            Local::Windows {
                stride,
                span,
                before,
                beyond,
                inner,
            } => {
                let length = made[dim];
                let reached = ((width - 1 + span - 1) / stride + 1).min(length);
                if self.follow.is_most(reached, length) {
                    self.states[id.0] = Some(State::Window(own));
                    return self.in_full(step);
                }
                // The first position that sees the window's first.
                let sees = |start: i64| {
                    (start + before - (span - 1)).div_euclid(*stride)
                        + i64::from((start + before - (span - 1)).rem_euclid(*stride) > 0)
                };
                let at: Vec<i64> = starts
                    .iter()
                    .map(|start| sees(*start).clamp(0, length - reached))
                    .collect();
                let from: Vec<i64> = at.iter().map(|at| at * stride - before).collect();
                let needed = (reached - 1) * stride + span;
                let tensor = self.gather(id, Some(&own), dim, &from, needed, *beyond)?;
                let tensor = self.call(inner, step, &[Some(tensor)])?;
                Ok(kept(tensor, at, dim, reached, length))
            }
            Local::Summed { factor, inner } => {
                let before = self.gather(id, None, dim, &starts, width, Beyond::Zero)?;
                let change = own.tensor.f_sub(&before)?;
                let change = self.call(inner, step, &[Some(change)])?;
                let whole = self.backgrounds.whole(step.output, &self.of)?;
                Ok(State::Whole(whole.f_add(&change.f_mul_scalar(*factor)?)?))
            }
            Local::Flattened => Ok(State::Flat(id)),
        };
        self.states[id.0] = Some(State::Window(own));
        state
    }

    /// A node of several operands, all at the same positions: those that any of them differs at.
    fn joined(&mut self, step: &Step, dim: usize) -> Result<State, TchError> {
        let made = &self.follow.shapes[step.output.0];
        let (rank, length) = (made.len(), made[dim]);
        let windows = step.inputs.iter().filter_map(|operand| match operand {
            Operand::Value(id) => match &self.states[id.0] {
                Some(State::Window(window)) => Some(window),
                _ => None,
            },
            _ => None,
        });
        let windows: Vec<&Window> = windows.collect();
        let Some(one) = windows.first() else {
            return self.in_full(step);
        };
        let mut from = one.starts.clone();
        let mut to: Vec<i64> = one.starts.iter().map(|start| start + one.width).collect();
        for window in &windows[1..] {
            for (row, start) in window.starts.iter().enumerate() {
                from[row] = from[row].min(*start);
                to[row] = to[row].max(start + window.width);
            }
        }
        let width = from.iter().zip(&to).map(|(from, to)| to - from).max();
        let width = width.unwrap_or(0).min(length);
        if self.follow.is_most(width, length) {
            return self.in_full(step);
        }
        let starts: Vec<i64> = from
            .iter()
            .map(|from| (*from).clamp(0, length - width))
            .collect();
        let mut operands = Vec::new();
        for operand in &step.inputs {
            let Operand::Value(id) = operand else {
                operands.push(None);
                continue;
            };
            let along = matches!(self.follow.seen[id.0], Seen::Along(_));
            operands.push(Some(if along {
                let own_dim = self.follow.shapes[id.0].len() + dim - rank;
                self.at(*id, own_dim, &starts, width)?
            } else {
                self.constant_at(*id, rank, dim, &starts, width)?
            }));
        }
        let tensor = self.call(&step.op, step, &operands)?;
        Ok(State::Window(Window {
            tensor,
            dim,
            starts,
            width,
            length,
        }))
    }

    /// A value at these positions.
    fn at(
        &mut self,
        id: ValueId,
        dim: usize,
        starts: &[i64],
        width: i64,
    ) -> Result<Tensor, TchError> {
        let state = self.states[id.0].take();
        let tensor = match &state {
            Some(State::Window(own)) if own.width == width && own.starts == starts => {
                Ok(own.tensor.shallow_clone())
            }
            Some(State::Window(own)) => {
                self.gather(id, Some(own), dim, starts, width, Beyond::Zero)
            }
            _ => self.gather(id, None, dim, starts, width, Beyond::Zero),
        };
        self.states[id.0] = state;
        tensor
    }

    /// What stays the same for every sequence, at these positions where it has any.
    fn constant_at(
        &self,
        id: ValueId,
        rank: usize,
        dim: usize,
        starts: &[i64],
        width: i64,
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
        let wanted = Wanted {
            starts,
            width,
            beyond: Beyond::Zero,
        };
        gather_constant(&constant, dim, &wanted)
    }

    /// A dense layer over a flattened value, from what its background gives and the difference.
    fn dense(&mut self, step: &Step, source: ValueId) -> Result<State, TchError> {
        let shape = &self.follow.shapes[source.0];
        let weight = step.inputs.get(1).and_then(|operand| match operand {
            Operand::Value(id) => self.program.constant(*id),
            _ => None,
        });
        let (Some(State::Window(own)), Some(weight), &[_, first, second]) =
            (&self.states[source.0], weight, shape.as_slice())
        else {
            return self.in_full(step);
        };
        let (dim, width) = (own.dim, own.width);
        let mut places: Vec<i64> = own.starts.clone();
        places.sort_unstable();
        places.dedup();
        // Each place takes a copy of its part of the weights, and calls of its own, which a GPU waits for.
        let alike = own.starts.len() / places.len().max(1);
        let scattered = own.tensor.device().is_cuda() && places.len() > MOST_PLACES_ON_GPU;
        if self.follow.is_most(width, own.length) || alike < 4 || scattered {
            return self.in_full(step);
        }
        let (starts, tensor) = (own.starts.clone(), own.tensor.shallow_clone());
        let before = self.gather(source, None, dim, &starts, width, Beyond::Zero)?;
        let change = tensor.f_sub(&before)?;
        let outputs = weight.size()[0];
        let weight = weight.f_view([outputs, first, second])?;
        let whole = self.backgrounds.whole(step.output, &self.of)?;
        let mut changes = whole.f_zeros_like()?;
        for place in places {
            let rows = (0..starts.len()).filter(|row| starts[*row] == place);
            let rows: Vec<i64> = rows.map(|row| row as i64).collect();
            let index = self.backgrounds.index(&rows)?;
            let part = weight.f_narrow(dim as i64, place, width)?;
            let part = part.f_reshape([outputs, -1])?;
            let change = change.f_index_select(0, &index)?;
            let change = change.f_reshape([rows.len() as i64, -1])?;
            let change = change.f_linear(&part, None::<&Tensor>)?;
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

    fn gather(
        &mut self,
        id: ValueId,
        own: Option<&Window>,
        dim: usize,
        starts: &[i64],
        width: i64,
        beyond: Beyond,
    ) -> Result<Tensor, TchError> {
        let wanted = Wanted {
            starts,
            width,
            beyond,
        };
        self.backgrounds.gather(id, own, dim, &self.of, &wanted)
    }

    /// Calls a node; operands that are not given are weights, numbers or left out.
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
