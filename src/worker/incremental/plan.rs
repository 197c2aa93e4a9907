//! The execution plan of a batch of edited sequences: how each step is executed, where its windows lie, and which
//! background activations it reads.
//!
//! Invariant: the plan depends on shapes and positions only, and [`super::executor`] follows it exactly. So the activations to
//! cache are known before a background is computed.

use gia_model::{
    BoundaryFill, Dependence, Operand, PositionMapping, Propagation, PropagationRule, ValueId,
};

use super::window::WindowPlacement;
use crate::activation_cache::CachedPart;
use crate::program::{Program, Step};

/// Fraction of a value's positions up to which only these are cached. Above it the full value is cached, which saves a copy.
const MAX_PARTIAL_FRACTION: f64 = 0.7;
/// Maximum number of distinct window starts for the incremental dense layer on a GPU, which launches kernels for each.
const MAX_DENSE_STARTS_ON_GPU: usize = 4;
/// Minimum number of windows per distinct start for the incremental dense layer, which slices the weight for each start.
const MIN_ROWS_PER_DENSE_START: usize = 4;

/// How a step is executed.
#[derive(Debug, Clone, PartialEq)]
pub enum StepAction {
    /// Skipped: the value equals the background's.
    Unchanged,
    /// Runs on full values.
    Full,
    /// Runs on the operand's windows as they are; the result's windows have this placement.
    OnWindows(WindowPlacement),
    /// Runs on `width` positions of the operand from `start`, one start for each window. Positions outside the operand are filled
    /// with `fill`; the result's windows have the placement `output`.
    Gathered {
        start: Vec<i64>,
        width: i64,
        fill: BoundaryFill,
        output: WindowPlacement,
    },
    /// Computes a sum incrementally: the background's result plus the sum over the difference between the operand's windows and the background.
    Summed,
    /// Takes a flattened view of this value, the operand.
    Flattened(ValueId),
    /// Runs on all operands at the positions of the result's windows.
    Joined(WindowPlacement),
    /// Computes a dense layer over flattened `source`: the background's result plus the weight slice at the windows applied to their
    /// difference. `starts` are the distinct window starts.
    Dense { source: ValueId, starts: Vec<i64> },
}

/// Where a value of the batch differs from its background.
#[derive(Debug, Clone)]
enum Location {
    Windows(WindowPlacement),
    Flattened(ValueId),
    Full,
}

/// The plan of one batch.
pub struct ExecutionPlan {
    /// The action for each step of the program, in order.
    pub actions: Vec<StepAction>,
    /// The part of each background activation that the plan reads, indexed by value.
    pub required: Vec<CachedPart>,
}

impl ExecutionPlan {
    /// Plans a batch whose edits have these windows in the inputs; `None` for an input that does not change.
    pub fn new(
        program: &Program,
        propagation: &Propagation,
        inputs: Vec<Option<WindowPlacement>>,
        on_gpu: bool,
    ) -> ExecutionPlan {
        let mut planner = Planner {
            program,
            propagation,
            on_gpu,
            locations: vec![None; propagation.shapes.len()],
            is_materialised: vec![false; propagation.shapes.len()],
            required: vec![CachedPart::Nothing; propagation.shapes.len()],
        };
        for (id, placement) in program.inputs().iter().zip(inputs) {
            planner.locations[id.0] = placement.map(Location::Windows);
        }
        let mut actions = Vec::with_capacity(propagation.rules.len());
        for (step, rule) in program.steps().iter().zip(&propagation.rules) {
            let action = planner.action(step, rule);
            planner.locations[step.output.0] = match &action {
                StepAction::Unchanged => None,
                StepAction::Full | StepAction::Summed | StepAction::Dense { .. } => {
                    Some(Location::Full)
                }
                StepAction::OnWindows(placement)
                | StepAction::Gathered {
                    output: placement, ..
                }
                | StepAction::Joined(placement) => Some(Location::Windows(placement.clone())),
                StepAction::Flattened(source) => Some(Location::Flattened(*source)),
            };
            actions.push(action);
        }
        for id in program.outputs() {
            planner.require_full(*id);
        }
        ExecutionPlan {
            actions,
            required: planner.required,
        }
    }
}

impl ExecutionPlan {
    /// Extends `required` by the activations that this plan reads.
    pub fn merge_required_into(&self, required: &mut [CachedPart]) {
        for (all, own) in required.iter_mut().zip(&self.required) {
            *all = all.union(*own);
        }
    }
}

struct Planner<'p> {
    program: &'p Program,
    propagation: &'p Propagation,
    on_gpu: bool,
    /// Indexed by value; `None` if the value equals the background's.
    locations: Vec<Option<Location>>,
    /// Indexed by value: whether the full value was already required.
    is_materialised: Vec<bool>,
    required: Vec<CachedPart>,
}

impl Planner<'_> {
    fn action(&mut self, step: &Step, rule: &PropagationRule) -> StepAction {
        let is_full = |operand: &Operand| match operand {
            Operand::Value(id) => matches!(self.locations[id.0], Some(Location::Full)),
            _ => false,
        };
        if *rule == PropagationRule::Nothing {
            return StepAction::Unchanged;
        }
        let action = match rule {
            _ if step.inputs.iter().any(is_full) => None,
            PropagationRule::Nothing | PropagationRule::Whole => None,
            PropagationRule::Local(local) => self.local(step, local),
            PropagationRule::Joined { dim } => self.joined(step, *dim),
            PropagationRule::Dense(source) => self.dense(step, *source),
        };
        action.unwrap_or_else(|| {
            for operand in &step.inputs {
                if let Operand::Value(id) = operand
                    && self.program.constant(*id).is_none()
                {
                    self.require_full(*id);
                }
            }
            StepAction::Full
        })
    }

    fn windows(&self, id: ValueId) -> Option<&WindowPlacement> {
        match &self.locations[id.0] {
            Some(Location::Windows(placement)) => Some(placement),
            _ => None,
        }
    }

    fn local(&mut self, step: &Step, local: &PositionMapping) -> Option<StepAction> {
        let Some(Operand::Value(id)) = step.inputs.first().copied() else {
            return None;
        };
        let own = self.windows(id)?.clone();
        let output_shape = &self.propagation.shapes[step.output.0];
        let placement = |dim: usize, starts: Vec<i64>, width: i64, length: i64| WindowPlacement {
            dim,
            starts,
            width,
            length,
        };
        let mapped_starts =
            |by: &dyn Fn(i64) -> i64| own.starts.iter().map(|start| by(*start)).collect();
        let action = match local {
            PositionMapping::Same { dim } => {
                StepAction::OnWindows(placement(*dim, own.starts, own.width, own.length))
            }
            PositionMapping::Flipped => {
                let starts = mapped_starts(&|start| own.length - start - own.width);
                StepAction::OnWindows(placement(own.dim, starts, own.width, own.length))
            }
            PositionMapping::Padded { before, .. } => {
                let starts = mapped_starts(&|start| start + before);
                StepAction::OnWindows(placement(own.dim, starts, own.width, output_shape[own.dim]))
            }
            PositionMapping::Cropped { start } => {
                let length = output_shape[own.dim];
                let width = own.width.min(length);
                let at: Vec<i64> = mapped_starts(&|own| (own - start).clamp(0, length - width));
                StepAction::Gathered {
                    start: at.iter().map(|at| at + start).collect(),
                    width,
                    fill: BoundaryFill::Zero,
                    output: placement(own.dim, at, width, length),
                }
            }
            PositionMapping::Windows {
                stride,
                span,
                before,
                beyond,
                ..
            } => {
                let length = output_shape[own.dim];
                let reached = ((own.width - 1 + span - 1) / stride + 1).min(length);
                if self.propagation.exceeds_max_window(reached, length) {
                    return None;
                }
                // The first output position whose receptive window contains `start`: ceil((start + before - span + 1) / stride).
                let first_reached = |start: i64| {
                    (start + before - (span - 1)).div_euclid(*stride)
                        + i64::from((start + before - (span - 1)).rem_euclid(*stride) > 0)
                };
                let at: Vec<i64> =
                    mapped_starts(&|start| first_reached(start).clamp(0, length - reached));
                StepAction::Gathered {
                    start: at.iter().map(|at| at * stride - before).collect(),
                    width: (reached - 1) * stride + span,
                    fill: *beyond,
                    output: placement(own.dim, at, reached, length),
                }
            }
            PositionMapping::Summed { .. } => {
                self.require_positions(id, own.dim, &own.starts, own.width);
                self.required[step.output.0] = CachedPart::Full;
                StepAction::Summed
            }
            PositionMapping::Flattened => StepAction::Flattened(id),
        };
        if let StepAction::Gathered {
            start,
            width,
            output,
            ..
        } = &action
        {
            self.require_positions(id, output.dim, start, *width);
        }
        Some(action)
    }

    /// Plans a node of several aligned operands. Its windows cover all positions at which any operand differs.
    fn joined(&mut self, step: &Step, dim: usize) -> Option<StepAction> {
        let output_shape = &self.propagation.shapes[step.output.0];
        let (rank, length) = (output_shape.len(), output_shape[dim]);
        let values = step.inputs.iter().filter_map(|operand| match operand {
            Operand::Value(id) => Some(*id),
            _ => None,
        });
        let values: Vec<ValueId> = values.collect();
        let windows: Vec<&WindowPlacement> =
            values.iter().filter_map(|id| self.windows(*id)).collect();
        let one = windows.first()?;
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
        if self.propagation.exceeds_max_window(width, length) {
            return None;
        }
        let clamped = from.iter().map(|from| (*from).clamp(0, length - width));
        let placement = WindowPlacement {
            dim,
            starts: clamped.collect(),
            width,
            length,
        };
        for id in values {
            match self.propagation.dependences[id.0] {
                Dependence::Along(_)
                    if self.windows(id).is_some_and(|own| own.is_at(&placement)) => {}
                Dependence::Along(_) => {
                    let own_dim = self.propagation.shapes[id.0].len() + dim - rank;
                    self.require_positions(id, own_dim, &placement.starts, width);
                }
                _ if self.program.constant(id).is_none() => self.required[id.0] = CachedPart::Full,
                _ => {}
            }
        }
        Some(StepAction::Joined(placement))
    }

    /// Plans a dense layer over a flattened value; `None` if a full pass of the layer is better.
    fn dense(&mut self, step: &Step, source: ValueId) -> Option<StepAction> {
        let has_constant_weight = matches!(step.inputs.get(1), Some(Operand::Value(id)) if self.program.constant(*id).is_some());
        if !has_constant_weight || self.propagation.shapes[source.0].len() != 3 {
            return None;
        }
        let own = self.windows(source)?.clone();
        let mut starts = own.starts.clone();
        starts.sort_unstable();
        starts.dedup();
        // Each start needs a copy of its slice of the weight and separate calls, whose launches dominate on a GPU.
        let rows_per_start = own.starts.len() / starts.len().max(1);
        let scattered = self.on_gpu && starts.len() > MAX_DENSE_STARTS_ON_GPU;
        if self.propagation.exceeds_max_window(own.width, own.length)
            || rows_per_start < MIN_ROWS_PER_DENSE_START
            || scattered
        {
            return None;
        }
        self.require_positions(source, own.dim, &own.starts, own.width);
        self.required[step.output.0] = CachedPart::Full;
        Some(StepAction::Dense { source, starts })
    }

    /// Marks `width` positions of the background's value from each start as required.
    fn require_positions(&mut self, id: ValueId, dim: usize, starts: &[i64], width: i64) {
        let length = self.propagation.shapes[id.0][dim];
        let from = starts.iter().map(|start| (*start).clamp(0, length)).min();
        let to = starts
            .iter()
            .map(|start| (start + width).clamp(1, length))
            .max();
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        // If all positions lie outside the value, one position is cached in their place.
        let from = from.min(to - 1).max(0);
        let range = CachedPart::Range { dim, from, to };
        let union = self.required[id.0].union(range);
        self.required[id.0] = match union {
            CachedPart::Range { from, to, .. }
                if (to - from) as f64 > MAX_PARTIAL_FRACTION * length as f64 =>
            {
                CachedPart::Full
            }
            union => union,
        };
    }

    /// Marks the full value as required, if it is assembled from windows and the background.
    fn require_full(&mut self, id: ValueId) {
        if std::mem::replace(&mut self.is_materialised[id.0], true) {
            return;
        }
        match self.locations[id.0].clone() {
            Some(Location::Full) => {}
            Some(Location::Flattened(source)) => self.require_full(source),
            Some(Location::Windows(_)) | None => self.required[id.0] = CachedPart::Full,
        }
    }
}
