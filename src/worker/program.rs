//! A compiled network: steps in execution order, constants folded, weights on the device.

use std::collections::HashMap;
use std::path::Path;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::{BatchFlow, Graph, Op, Operand, ValueId, Weights};
use gia_wire::Precision;
use tch::{Device, Kind, TchError, Tensor};

use super::activation_cache::ActivationCache;
use super::errors::failed;
use super::fold::{BatchNormTensors, fold_batch_norm};
use super::kernels::{self, Argument};
use super::memory::{self, MemoryPlan};
use super::optimise::{BatchNormOperands, Call, optimise};
use super::weights;

/// A compiled network on a device.
pub struct Program {
    steps: Vec<Step>,
    precision: Precision,
    /// Weights and folded constants by value. Weights prepared here, such as those with a folded batch norm, have identifiers after
    /// those of the graph.
    constants: HashMap<ValueId, Tensor>,
    /// Number of values: those of the graph and the prepared weights.
    values: usize,
    inputs: Vec<ValueId>,
    outputs: Vec<ValueId>,
    /// Indexed by value: whether its first dimension is the batch. Empty if unknown.
    batch_first: Vec<bool>,
}

/// One operator call.
#[derive(Clone)]
pub struct Step {
    /// Name of the node in the model file, for messages.
    pub name: String,
    pub op: Op,
    pub inputs: Vec<Operand>,
    pub output: ValueId,
    memory: MemoryPlan,
}

impl Step {
    /// Values that no later step uses.
    pub fn released(&self) -> &[ValueId] {
        &self.memory.release
    }
}

impl Program {
    /// Optimises the graph, reads the weights that it needs, folds constants, and copies them to the device.
    pub fn compile(
        graph: &Graph,
        path: &Path,
        device: Device,
        precision: Precision,
    ) -> Outcome<Program> {
        let (calls, outputs) = optimise(graph);
        let memory_plans = memory::plan_memory(graph, &calls, &outputs);
        let mut constants = Constants::read(graph, path, &calls, &outputs)?;
        let mut steps = Vec::with_capacity(calls.len());
        for (call, memory) in calls.into_iter().zip(memory_plans) {
            if constants.fold_constant(&call)? {
                continue;
            }
            let mut inputs = match &call.norm {
                Some(norm) => constants.fold_batch_norm(&call, norm)?,
                None => call.inputs,
            };
            if device == Device::Cpu && matches!(call.op, Op::Convolution { .. }) {
                constants
                    .use_cpu_layout(&mut inputs)
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
            .into_device(device, precision, &steps, &outputs)
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

    /// Adds the knowledge of which values have the batch as their first dimension.
    pub fn with_batch(mut self, flow: &BatchFlow) -> Program {
        let ids = (0..self.values).map(ValueId);
        self.batch_first = ids.map(|id| flow.is_batch_first(id)).collect();
        self
    }

    /// Whether a value's first dimension is known to be exactly the batch.
    pub fn is_batch_first(&self, id: ValueId) -> bool {
        self.batch_first.get(id.0).copied().unwrap_or(false)
    }

    /// A handle on the same program for another thread, with shared weights.
    pub fn clone_shared(&self) -> Program {
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

    /// Runs the program on one batch: from the graph's inputs to its outputs, both in the graph's order.
    pub fn run(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Tensor>> {
        let _no_gradients = tch::no_grad_guard();
        self.run_calls(self.in_precision(inputs)?, |step, values| {
            self.call_reusing_memory(step, values)
        })
    }

    /// As [`Program::run`], but stores activations in the cache instead of returning outputs.
    pub fn run_cached(&self, inputs: Vec<Tensor>, cache: &mut ActivationCache) -> Outcome<()> {
        let _no_gradients = tch::no_grad_guard();
        let mut values = self.with_inputs(inputs);
        for id in &self.inputs {
            if let Some(input) = &values[id.0] {
                let stored = cache.store(*id, input);
                stored.map_err(|error| failed("the input", &error))?;
            }
        }
        self.run_steps(&mut values, |step, values| {
            // A value whose memory the cache shares must not be overwritten.
            let overwritten = step.memory.reuse.map(|index| step.inputs[index]);
            let result = match overwritten {
                Some(Operand::Value(id)) if cache.shares_memory(id) => self.call(step, values),
                _ => self.call_reusing_memory(step, values),
            }?;
            cache.store(step.output, &result)?;
            Ok(result)
        })
    }

    /// Runs the program and returns the shapes of all values, indexed by value.
    pub fn shapes(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Vec<i64>>> {
        let _no_gradients = tch::no_grad_guard();
        let mut values = self.with_inputs(self.in_precision(inputs)?);
        let input_shapes = values.iter().enumerate().map(|(id, value)| match value {
            Some(input) => input.size(),
            None => self
                .constants
                .get(&ValueId(id))
                .map_or(Vec::new(), Tensor::size),
        });
        let mut shapes: Vec<Vec<i64>> = input_shapes.collect();
        self.run_steps(&mut values, |step, values| {
            let result = self.call_reusing_memory(step, values)?;
            shapes[step.output.0] = result.size();
            Ok(result)
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

    /// A weight, or a constant folded from weights.
    pub fn constant(&self, id: ValueId) -> Option<&Tensor> {
        self.constants.get(&id)
    }

    /// Number of values, including prepared weights.
    pub fn values(&self) -> usize {
        self.values
    }

    /// Calls an operator in the precision of this program.
    pub fn call_op(&self, op: &Op, arguments: &[Argument]) -> Result<Tensor, TchError> {
        match self.precision {
            Precision::Float32 | Precision::Tf32 => kernels::call(op, arguments),
            Precision::BFloat16 => kernels::call_in_bfloat16(op, arguments),
            // Constants, comparisons and indices are made in float32.
            Precision::Float64 => self.typed(kernels::call(op, arguments)?),
        }
    }

    /// As [`Program::run`], but keeps what backpropagation needs and overwrites no operand.
    pub fn run_for_gradients(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Tensor>> {
        self.run_calls(self.in_precision(inputs)?, |step, values| {
            self.call(step, values)
        })
    }

    fn run_calls(
        &self,
        inputs: Vec<Tensor>,
        call: impl Fn(&Step, &mut [Option<Tensor>]) -> Result<Tensor, TchError>,
    ) -> Outcome<Vec<Tensor>> {
        let mut values = self.with_inputs(inputs);
        self.run_steps(&mut values, call)?;
        let output = |id: &ValueId| self.tensor(*id, &values).map(Tensor::shallow_clone);
        let outputs = self.outputs.iter().map(|id| {
            output(id).ok_or_else(|| damaged("no node computes an output of the network"))
        });
        outputs.collect()
    }

    /// Room for all values, those of the inputs filled in.
    pub fn with_inputs(&self, inputs: Vec<Tensor>) -> Vec<Option<Tensor>> {
        let mut values: Vec<Option<Tensor>> =
            std::iter::repeat_with(|| None).take(self.values).collect();
        for (id, input) in self.inputs.iter().zip(inputs) {
            values[id.0] = Some(input);
        }
        values
    }

    /// One-hot inputs in the type of the numbers that the program computes with.
    pub fn in_precision(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Tensor>> {
        let typed = inputs.into_iter().map(|input| self.typed(input));
        let typed: Result<_, _> = typed.collect();
        typed.map_err(|error| failed("the inputs", &error))
    }

    /// A tensor in the type of the numbers that the program computes with.
    fn typed(&self, tensor: Tensor) -> Result<Tensor, TchError> {
        match self.precision {
            Precision::Float64 => widened(tensor),
            Precision::Float32 | Precision::Tf32 | Precision::BFloat16 => Ok(tensor),
        }
    }

    /// Runs all steps; frees each value after its last use.
    fn run_steps(
        &self,
        values: &mut [Option<Tensor>],
        mut call: impl FnMut(&Step, &mut [Option<Tensor>]) -> Result<Tensor, TchError>,
    ) -> Outcome<()> {
        for step in &self.steps {
            let result = call(step, values).map_err(|error| at_step(step, &error))?;
            values[step.output.0] = Some(result);
            for id in &step.memory.release {
                values[id.0] = None;
            }
        }
        Ok(())
    }

    /// Calls a step; overwrites an operand in place if the memory plan allows it.
    fn call_reusing_memory(
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
            let result = kernels::call_in_place(&step.op, own, other.unwrap_or(Argument::Absent))?;
            return self.typed(result);
        }
        self.call(step, values)
    }

    /// Calls a step, and overwrites no operand.
    pub fn call(&self, step: &Step, values: &[Option<Tensor>]) -> Result<Tensor, TchError> {
        let arguments: Vec<Argument> = step
            .inputs
            .iter()
            .map(|operand| self.argument(*operand, values))
            .collect();
        self.call_op(&step.op, &arguments)
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

/// Converts an error of libtorch to a diagnostic that names the step.
pub fn at_step(step: &Step, error: &TchError) -> Box<Diagnostic> {
    failed(
        &format!("node `{}` ({})", step.name, step.op.describe()),
        error,
    )
}

/// float32 as float64; other types as they are.
fn widened(tensor: Tensor) -> Result<Tensor, TchError> {
    match tensor.kind() {
        Kind::Float => tensor.f_to_kind(Kind::Double),
        Kind::ComplexFloat => tensor.f_to_kind(Kind::ComplexDouble),
        _ => Ok(tensor),
    }
}

fn damaged(message: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::BadModelFile, message))
}

/// Weights and folded constants in host memory.
struct Constants {
    tensors: HashMap<ValueId, Tensor>,
    /// The next free value identifier.
    next: usize,
}

impl Constants {
    /// Reads the weights that calls or outputs use.
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

    /// Evaluates a call whose operands are all constants, and stores its result; false if an operand depends on an input.
    fn fold_constant(&mut self, call: &Call) -> Outcome<bool> {
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
        let result = tch::no_grad(|| kernels::call(&call.op, &arguments)).map_err(|error| {
            failed(
                &format!("node `{}` ({})", call.name, call.op.describe()),
                &error,
            )
        })?;
        self.tensors.insert(call.output, result);
        Ok(true)
    }

    /// Folds a batch norm into the layer before it, and returns the operands of the new layer.
    fn fold_batch_norm(&mut self, layer: &Call, norm: &BatchNormOperands) -> Outcome<Vec<Operand>> {
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
            return Err(damaged("a batch norm has no mean or variance"));
        };
        let (scale, shift) = (tensor(Some(scale)), tensor(Some(shift)));
        let norm = BatchNormTensors {
            weight: scale,
            bias: shift,
            mean,
            variance,
            epsilon: norm.epsilon,
        };
        let (weight, bias) =
            fold_batch_norm(weight, tensor(layer.inputs.get(2)), &norm).map_err(|error| {
                failed(
                    &format!("the batch norm after node `{}`", layer.name),
                    &error,
                )
            })?;
        Ok(vec![layer.inputs[0], self.add(weight), self.add(bias)])
    }

    /// Replaces a convolution's weight by a copy in the memory layout that is fastest on a CPU, if the weight is a constant.
    fn use_cpu_layout(&mut self, inputs: &mut [Operand]) -> Result<(), TchError> {
        let Some(Operand::Value(id)) = inputs.get(1) else {
            return Ok(());
        };
        if let Some(weight) = self.tensors.get(id).filter(|weight| weight.dim() == 3) {
            let prepared = kernels::weight_for_cpu(weight)?;
            inputs[1] = self.add(prepared);
        }
        Ok(())
    }

    /// Stores a tensor under a new identifier.
    fn add(&mut self, tensor: Tensor) -> Operand {
        let id = ValueId(self.next);
        self.next += 1;
        self.tensors.insert(id, tensor);
        Operand::Value(id)
    }

    /// Copies the constants that the steps use to the device; in bfloat16 if all their users round them.
    fn into_device(
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
        let is_rounded = |id: &ValueId| {
            let users = steps
                .iter()
                .filter(|step| step.inputs.contains(&Operand::Value(*id)));
            precision == Precision::BFloat16
                && !outputs.contains(id)
                && users.clone().all(|step| kernels::rounds_operands(&step.op))
        };
        let used = self.tensors.into_iter().filter(|(id, _)| used(id));
        let copied = used.map(|(id, tensor)| {
            let tensor = match (is_rounded(&id), precision) {
                (true, _) => tensor.f_to_kind(Kind::BFloat16)?,
                (false, Precision::Float64) => widened(tensor)?,
                (false, Precision::Float32 | Precision::Tf32 | Precision::BFloat16) => tensor,
            };
            Ok((id, tensor.f_to_device(device)?))
        });
        copied.collect()
    }
}
