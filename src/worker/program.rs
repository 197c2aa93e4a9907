//! A network ready to run: calls in order, weights on the device, and constants folded.

use std::collections::HashMap;
use std::path::Path;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::{BatchFlow, Graph, Op, Operand, ValueId, Weights};
use gia_wire::Precision;
use tch::{Device, Kind, TchError, Tensor};

use super::errors::failed;
use super::fold::{self, fold};
use super::keep::Keeper;
use super::kernels::{self, Argument};
use super::memory::{self, Memory};
use super::optimise::{Call, Norm, optimise};
use super::weights;

/// A network on a device.
pub struct Program {
    steps: Vec<Step>,
    precision: Precision,
    /// Weights by value; those that absorbed a batch norm have numbers after the graph's own values.
    constants: HashMap<ValueId, Tensor>,
    values: usize,
    inputs: Vec<ValueId>,
    outputs: Vec<ValueId>,
    /// By value of the graph, whether its first dimension is the batch.
    batch_first: Vec<bool>,
}

#[derive(Clone)]
pub struct Step {
    pub name: String,
    pub op: Op,
    pub inputs: Vec<Operand>,
    pub output: ValueId,
    memory: Memory,
}

impl Program {
    /// Reads the weights that are needed and prepares every call.
    pub fn compile(
        graph: &Graph,
        path: &Path,
        device: Device,
        precision: Precision,
    ) -> Outcome<Program> {
        let (calls, outputs) = optimise(graph);
        let settled = memory::settle(graph, &calls, &outputs);
        let mut constants = Constants::read(graph, path, &calls, &outputs)?;
        let mut steps = Vec::with_capacity(calls.len());
        for (call, memory) in calls.into_iter().zip(settled) {
            if constants.compute(&call)? {
                continue;
            }
            let mut inputs = match &call.norm {
                Some(norm) => constants.folded(&call, norm)?,
                None => call.inputs,
            };
            if device == Device::Cpu && matches!(call.op, Op::Convolution { .. }) {
                constants
                    .lay_out(&mut inputs)
                    .map_err(|error| failed(&format!("node `{}`", call.name), &error))?;
            }
            steps.push(Step {
                name: call.name,
                op: call.op,
                inputs,
                output: call.output,
                memory,
            });
        }
        let values = constants.next;
        let constants = constants
            .onto(device, precision, &steps, &outputs)
            .map_err(|error| failed("the weights", &error))?;
        Ok(Program {
            steps,
            precision,
            constants,
            values,
            inputs: graph.inputs.clone(),
            outputs,
            batch_first: Vec::new(),
        })
    }

    /// Notes which values have the batch as their first dimension.
    pub fn with_batch(mut self, flow: &BatchFlow) -> Program {
        let ids = (0..self.values).map(ValueId);
        self.batch_first = ids.map(|id| flow.is_batch_first(id)).collect();
        self
    }

    /// Whether a value's first dimension is known to be the batch, and nothing else.
    pub fn is_batch_first(&self, id: ValueId) -> bool {
        self.batch_first.get(id.0).copied().unwrap_or(false)
    }

    /// A handle on the same program for another thread, with shared weights.
    pub fn another(&self) -> Program {
        let constants = self.constants.iter();
        Program {
            steps: self.steps.clone(),
            precision: self.precision,
            constants: constants
                .map(|(id, weight)| (*id, weight.shallow_clone()))
                .collect(),
            values: self.values,
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
            batch_first: self.batch_first.clone(),
        }
    }

    /// Runs all calls on one batch, given the graph's inputs; gives its outputs.
    pub fn run(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Tensor>> {
        let _no_gradients = tch::no_grad_guard();
        self.run_calls(inputs, |step, values| self.call_sparingly(step, values))
    }

    /// As [`Program::run`], and keeps the requested part of each value.
    pub fn run_keeping(&self, inputs: Vec<Tensor>, keeper: &mut Keeper) -> Outcome<()> {
        let _no_gradients = tch::no_grad_guard();
        let mut values = self.with_inputs(inputs);
        for id in &self.inputs {
            if let Some(input) = &values[id.0] {
                let kept = keeper.note(*id, input);
                kept.map_err(|error| failed("the input", &error))?;
            }
        }
        self.run_steps(&mut values, |step, values| {
            // A value that is kept whole is not written over.
            let reused = step.memory.reuse.map(|index| step.inputs[index]);
            let made = match reused {
                Some(Operand::Value(id)) if keeper.holds(id) => self.call(step, values),
                _ => self.call_sparingly(step, values),
            }?;
            keeper.note(step.output, &made)?;
            Ok(made)
        })
    }

    /// Shapes of all values for these inputs, by their number.
    pub fn shapes(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Vec<i64>>> {
        let _no_gradients = tch::no_grad_guard();
        let mut values = self.with_inputs(inputs);
        let known = values.iter().enumerate().map(|(id, value)| match value {
            Some(input) => input.size(),
            None => self
                .constants
                .get(&ValueId(id))
                .map_or(Vec::new(), Tensor::size),
        });
        let mut shapes: Vec<Vec<i64>> = known.collect();
        self.run_steps(&mut values, |step, values| {
            let made = self.call_sparingly(step, values)?;
            shapes[step.output.0] = made.size();
            Ok(made)
        })?;
        Ok(shapes)
    }

    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub fn inputs(&self) -> &[ValueId] {
        &self.inputs
    }

    pub fn outputs(&self) -> &[ValueId] {
        &self.outputs
    }

    /// A weight, or what is made of weights alone.
    pub fn constant(&self, id: ValueId) -> Option<&Tensor> {
        self.constants.get(&id)
    }

    /// How many values there are, weights that took a batch norm in among them.
    pub fn values(&self) -> usize {
        self.values
    }

    /// Calls a step with these operands.
    pub fn call_with(&self, op: &Op, arguments: &[Argument]) -> Result<Tensor, TchError> {
        match self.precision {
            Precision::Float32 | Precision::Tf32 => kernels::call(op, arguments),
            Precision::BFloat16 => kernels::call_in_bfloat16(op, arguments),
        }
    }

    /// As [`Program::run`], keeping everything that gradients of the outputs need.
    pub fn run_for_gradients(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Tensor>> {
        self.run_calls(inputs, |step, values| self.call(step, values))
    }

    fn run_calls(
        &self,
        inputs: Vec<Tensor>,
        call: impl Fn(&Step, &mut [Option<Tensor>]) -> Result<Tensor, TchError>,
    ) -> Outcome<Vec<Tensor>> {
        let mut values = self.with_inputs(inputs);
        self.run_steps(&mut values, call)?;
        let output = |id: &ValueId| self.tensor(*id, &values).map(Tensor::shallow_clone);
        let outputs = self
            .outputs
            .iter()
            .map(|id| output(id).ok_or_else(|| damaged("an output is never made")));
        outputs.collect()
    }

    fn with_inputs(&self, inputs: Vec<Tensor>) -> Vec<Option<Tensor>> {
        let mut values: Vec<Option<Tensor>> =
            std::iter::repeat_with(|| None).take(self.values).collect();
        for (id, input) in self.inputs.iter().zip(inputs) {
            values[id.0] = Some(input);
        }
        values
    }

    /// Runs all steps; frees each value after its last use.
    fn run_steps(
        &self,
        values: &mut [Option<Tensor>],
        mut call: impl FnMut(&Step, &mut [Option<Tensor>]) -> Result<Tensor, TchError>,
    ) -> Outcome<()> {
        for step in &self.steps {
            let made = call(step, values).map_err(|error| at_step(step, &error))?;
            values[step.output.0] = Some(made);
            for id in &step.memory.release {
                values[id.0] = None;
            }
        }
        Ok(())
    }

    /// A call that writes over an operand which nothing uses any more, where it can.
    fn call_sparingly(
        &self,
        step: &Step,
        values: &mut [Option<Tensor>],
    ) -> Result<Tensor, TchError> {
        if let Some(index) = step.memory.reuse
            && let Operand::Value(id) = step.inputs[index]
            && let Some(own) = values[id.0].take()
        {
            let others = step
                .inputs
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != index);
            let other = others
                .map(|(_, operand)| self.argument(*operand, values))
                .next();
            return kernels::call_in_place(&step.op, own, other.unwrap_or(Argument::Absent));
        }
        self.call(step, values)
    }

    fn call(&self, step: &Step, values: &[Option<Tensor>]) -> Result<Tensor, TchError> {
        let arguments: Vec<Argument> = step
            .inputs
            .iter()
            .map(|operand| self.argument(*operand, values))
            .collect();
        self.call_with(&step.op, &arguments)
    }

    fn argument<'a>(&'a self, operand: Operand, values: &'a [Option<Tensor>]) -> Argument<'a> {
        match operand {
            Operand::Value(id) => self
                .tensor(id, values)
                .map_or(Argument::Absent, Argument::Tensor),
            Operand::Number(number) => Argument::Number(number),
            Operand::Absent => Argument::Absent,
        }
    }

    fn tensor<'a>(&'a self, id: ValueId, values: &'a [Option<Tensor>]) -> Option<&'a Tensor> {
        values
            .get(id.0)
            .and_then(Option::as_ref)
            .or_else(|| self.constants.get(&id))
    }
}

/// libtorch's error as one of the step.
pub fn at_step(step: &Step, error: &TchError) -> Box<Diagnostic> {
    failed(
        &format!("node `{}` ({})", step.name, step.op.words()),
        error,
    )
}

fn damaged(message: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::BadModelFile, message))
}

/// Weights in the computer's own memory.
struct Constants {
    tensors: HashMap<ValueId, Tensor>,
    /// The next value that the graph does not have.
    next: usize,
}

impl Constants {
    /// Reads every weight that a call or an output names.
    fn read(graph: &Graph, path: &Path, calls: &[Call], outputs: &[ValueId]) -> Outcome<Constants> {
        let norms = calls
            .iter()
            .filter_map(|call| call.norm.as_ref())
            .flat_map(|norm| &norm.operands);
        let named = calls.iter().flat_map(|call| &call.inputs).chain(norms);
        let mut needed: Vec<ValueId> = outputs.to_vec();
        needed.extend(named.filter_map(|operand| match operand {
            Operand::Value(id) => Some(*id),
            _ => None,
        }));
        let mut stored = Weights::open(path)?;
        let mut tensors = HashMap::new();
        for weight in graph
            .weights
            .iter()
            .filter(|weight| needed.contains(&weight.value))
        {
            tensors.insert(weight.value, weights::read(&mut stored, weight)?);
        }
        Ok(Constants {
            tensors,
            next: graph.values.len(),
        })
    }

    /// Folds a call none of whose operands depends on an input; false for other calls.
    fn compute(&mut self, call: &Call) -> Outcome<bool> {
        let depends = |operand: &Operand| match operand {
            Operand::Value(id) => !self.tensors.contains_key(id),
            Operand::Number(_) | Operand::Absent => false,
        };
        if call.norm.is_some() || call.inputs.iter().any(depends) {
            return Ok(false);
        }
        let arguments: Vec<Argument> = call
            .inputs
            .iter()
            .map(|operand| match operand {
                Operand::Value(id) => self
                    .tensors
                    .get(id)
                    .map_or(Argument::Absent, Argument::Tensor),
                Operand::Number(number) => Argument::Number(*number),
                Operand::Absent => Argument::Absent,
            })
            .collect();
        let made = tch::no_grad(|| kernels::call(&call.op, &arguments)).map_err(|error| {
            failed(
                &format!("node `{}` ({})", call.name, call.op.words()),
                &error,
            )
        })?;
        self.tensors.insert(call.output, made);
        Ok(true)
    }

    /// The operands of a layer that does the work of the batch norm after it as well.
    fn folded(&mut self, layer: &Call, norm: &Norm) -> Outcome<Vec<Operand>> {
        let tensor = |operand: Option<&Operand>| match operand {
            Some(Operand::Value(id)) => self.tensors.get(id),
            _ => None,
        };
        let [scale, shift, mean, variance] = &norm.operands;
        let (Some(weight), Some(mean), Some(variance)) = (
            tensor(layer.inputs.get(1)),
            tensor(Some(mean)),
            tensor(Some(variance)),
        ) else {
            return Err(damaged("a batch norm lacks its statistics"));
        };
        let (scale, shift) = (tensor(Some(scale)), tensor(Some(shift)));
        let norm = fold::Norm {
            weight: scale,
            bias: shift,
            mean,
            variance,
            epsilon: norm.epsilon,
        };
        let (weight, bias) = fold(weight, tensor(layer.inputs.get(2)), &norm).map_err(|error| {
            failed(
                &format!("the batch norm after node `{}`", layer.name),
                &error,
            )
        })?;
        Ok(vec![layer.inputs[0], self.add(weight), self.add(bias)])
    }

    /// Puts in place of a convolution's weight the one that a CPU is fastest with; a weight that is computed stays.
    fn lay_out(&mut self, inputs: &mut [Operand]) -> Result<(), TchError> {
        let Some(Operand::Value(id)) = inputs.get(1) else {
            return Ok(());
        };
        if let Some(weight) = self.tensors.get(id).filter(|weight| weight.dim() == 3) {
            let prepared = kernels::weight_for_cpu(weight)?;
            inputs[1] = self.add(prepared);
        }
        Ok(())
    }

    fn add(&mut self, tensor: Tensor) -> Operand {
        let id = ValueId(self.next);
        self.next += 1;
        self.tensors.insert(id, tensor);
        Operand::Value(id)
    }

    /// Those that the steps use, on the device.
    fn onto(
        self,
        device: Device,
        precision: Precision,
        steps: &[Step],
        outputs: &[ValueId],
    ) -> Result<HashMap<ValueId, Tensor>, TchError> {
        let used = |id: &ValueId| {
            outputs.contains(id)
                || steps
                    .iter()
                    .any(|step| step.inputs.contains(&Operand::Value(*id)))
        };
        let narrow = |id: &ValueId| {
            let users = steps
                .iter()
                .filter(|step| step.inputs.contains(&Operand::Value(*id)));
            precision == Precision::BFloat16
                && !outputs.contains(id)
                && users.clone().all(|step| kernels::narrow(&step.op))
        };
        let kept = self.tensors.into_iter().filter(|(id, _)| used(id));
        let placed = kept.map(|(id, tensor)| {
            let tensor = match narrow(&id) {
                true => tensor.f_to_kind(Kind::BFloat16)?,
                false => tensor,
            };
            Ok((id, tensor.f_to_device(device)?))
        });
        placed.collect()
    }
}
