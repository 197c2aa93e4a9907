//! The execution plan of a batch of edited sequences: where the windows of each value lie, and what is needed of the
//! backgrounds.
//!
//! Invariant: the plan consists of integers alone, and [`super::push`] follows it; so what is needed of a background is
//! known before it is computed.

use gia_model::{Beyond, Dependence, Local, Operand, Propagation, PropagationRule, ValueId};

use super::window::Site;
use crate::keep::Keep;
use crate::program::{Program, Step};

/// Share of a value's positions above which the whole value is kept, without a copy.
const NEARLY_ALL: f64 = 0.7;
/// Places of a flattened value whose differences go through a dense layer one after another on a GPU.
const MOST_PLACES_ON_GPU: usize = 4;
/// Changes at each place that are worth a call of the dense layer's part there.
const ALIKE: usize = 4;

/// How a step is executed.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Not at all: the value equals the background's.
    Nothing,
    /// On whole values.
    Whole,
    /// On the operand's windows; those of the result lie at the given places.
    Own(Site),
    /// On `width` positions of the operand from `from` on, for each window of the result.
    Gathered {
        from: Vec<i64>,
        width: i64,
        beyond: Beyond,
        made: Site,
    },
    /// On the difference between the operand's windows and the background, which is added to the background's sum.
    Summed,
    /// As a reshape of the operand.
    Flattened(ValueId),
    /// On all operands at the positions of the result's windows.
    Joined(Site),
    /// The part of a dense layer that sees the windows of this value, which start at these places.
    Dense { source: ValueId, places: Vec<i64> },
}

/// What is known of a value of the batch.
#[derive(Debug, Clone)]
enum Where {
    Windows(Site),
    Flat(ValueId),
    Whole,
}

pub struct Route {
    /// How each step of the program is executed, in order.
    pub acts: Vec<Act>,
    /// What is needed of the backgrounds' values, by value.
    pub needs: Vec<Keep>,
}

impl Route {
    /// The way of changes whose windows lie there in the inputs; nowhere in those that stay the same.
    pub fn new(
        program: &Program,
        follow: &Propagation,
        inputs: Vec<Option<Site>>,
        on_gpu: bool,
    ) -> Route {
        let mut finder = Finder {
            program,
            follow,
            on_gpu,
            states: vec![None; follow.shapes.len()],
            wholes: vec![false; follow.shapes.len()],
            needs: vec![Keep::No; follow.shapes.len()],
        };
        for (id, site) in program.inputs().iter().zip(inputs) {
            finder.states[id.0] = site.map(Where::Windows);
        }
        let mut acts = Vec::with_capacity(follow.rules.len());
        for (step, found) in program.steps().iter().zip(&follow.rules) {
            let act = finder.act(step, found);
            finder.states[step.output.0] = match &act {
                Act::Nothing => None,
                Act::Whole | Act::Summed | Act::Dense { .. } => Some(Where::Whole),
                Act::Own(site) | Act::Gathered { made: site, .. } | Act::Joined(site) => {
                    Some(Where::Windows(site.clone()))
                }
                Act::Flattened(source) => Some(Where::Flat(*source)),
            };
            acts.push(act);
        }
        for id in program.outputs() {
            finder.whole(*id);
        }
        Route {
            acts,
            needs: finder.needs,
        }
    }
}

impl Route {
    /// Adds what is looked at to what others look at, by value.
    pub fn add_to(&self, needs: &mut [Keep]) {
        for (all, own) in needs.iter_mut().zip(&self.needs) {
            *all = all.with(*own);
        }
    }
}

struct Finder<'p> {
    program: &'p Program,
    follow: &'p Propagation,
    on_gpu: bool,
    /// By value; none for what is as in the background.
    states: Vec<Option<Where>>,
    /// By value, whether it was put together.
    wholes: Vec<bool>,
    needs: Vec<Keep>,
}

impl Finder<'_> {
    fn act(&mut self, step: &Step, found: &PropagationRule) -> Act {
        let whole = |operand: &Operand| match operand {
            Operand::Value(id) => matches!(self.states[id.0], Some(Where::Whole)),
            _ => false,
        };
        if *found == PropagationRule::Nothing {
            return Act::Nothing;
        }
        let act = match found {
            _ if step.inputs.iter().any(whole) => None,
            PropagationRule::Nothing | PropagationRule::Whole => None,
            PropagationRule::Local(local) => self.local(step, local),
            PropagationRule::Joined { dim } => self.joined(step, *dim),
            PropagationRule::Dense(source) => self.dense(step, *source),
        };
        act.unwrap_or_else(|| {
            for operand in &step.inputs {
                if let Operand::Value(id) = operand
                    && self.program.constant(*id).is_none()
                {
                    self.whole(*id);
                }
            }
            Act::Whole
        })
    }

    fn windows(&self, id: ValueId) -> Option<&Site> {
        match &self.states[id.0] {
            Some(Where::Windows(site)) => Some(site),
            _ => None,
        }
    }

    fn local(&mut self, step: &Step, local: &Local) -> Option<Act> {
        let Some(Operand::Value(id)) = step.inputs.first().copied() else {
            return None;
        };
        let own = self.windows(id)?.clone();
        let made = &self.follow.shapes[step.output.0];
        let site = |dim: usize, starts: Vec<i64>, width: i64, length: i64| Site {
            dim,
            starts,
            width,
            length,
        };
        let moved = |by: &dyn Fn(i64) -> i64| own.starts.iter().map(|start| by(*start)).collect();
        let act = match local {
            Local::Same { dim } => Act::Own(site(*dim, own.starts, own.width, own.length)),
            Local::Turned => {
                let starts = moved(&|start| own.length - start - own.width);
                Act::Own(site(own.dim, starts, own.width, own.length))
            }
            Local::Grown { before, .. } => {
                let starts = moved(&|start| start + before);
                Act::Own(site(own.dim, starts, own.width, made[own.dim]))
            }
            Local::Cropped { start } => {
                let length = made[own.dim];
                let width = own.width.min(length);
                let at: Vec<i64> = moved(&|own| (own - start).clamp(0, length - width));
                Act::Gathered {
                    from: at.iter().map(|at| at + start).collect(),
                    width,
                    beyond: Beyond::Zero,
                    made: site(own.dim, at, width, length),
                }
            }
            Local::Windows {
                stride,
                span,
                before,
                beyond,
                ..
            } => {
                let length = made[own.dim];
                let reached = ((own.width - 1 + span - 1) / stride + 1).min(length);
                if self.follow.is_most(reached, length) {
                    return None;
                }
                // The first position that sees the window's first.
                let sees = |start: i64| {
                    (start + before - (span - 1)).div_euclid(*stride)
                        + i64::from((start + before - (span - 1)).rem_euclid(*stride) > 0)
                };
                let at: Vec<i64> = moved(&|start| sees(start).clamp(0, length - reached));
                Act::Gathered {
                    from: at.iter().map(|at| at * stride - before).collect(),
                    width: (reached - 1) * stride + span,
                    beyond: *beyond,
                    made: site(own.dim, at, reached, length),
                }
            }
            Local::Summed { .. } => {
                self.look(id, own.dim, &own.starts, own.width);
                self.needs[step.output.0] = Keep::Whole;
                Act::Summed
            }
            Local::Flattened => Act::Flattened(id),
        };
        if let Act::Gathered {
            from, width, made, ..
        } = &act
        {
            self.look(id, made.dim, from, *width);
        }
        Some(act)
    }

    /// A node of several operands, all at the same positions: those that any of them differs at.
    fn joined(&mut self, step: &Step, dim: usize) -> Option<Act> {
        let made = &self.follow.shapes[step.output.0];
        let (rank, length) = (made.len(), made[dim]);
        let values = step.inputs.iter().filter_map(|operand| match operand {
            Operand::Value(id) => Some(*id),
            _ => None,
        });
        let values: Vec<ValueId> = values.collect();
        let windows: Vec<&Site> = values.iter().filter_map(|id| self.windows(*id)).collect();
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
        if self.follow.is_most(width, length) {
            return None;
        }
        let clamped = from.iter().map(|from| (*from).clamp(0, length - width));
        let site = Site {
            dim,
            starts: clamped.collect(),
            width,
            length,
        };
        for id in values {
            match self.follow.dependences[id.0] {
                Dependence::Along(_) if self.windows(id).is_some_and(|own| own.is_at(&site)) => {}
                Dependence::Along(_) => {
                    let own_dim = self.follow.shapes[id.0].len() + dim - rank;
                    self.look(id, own_dim, &site.starts, width);
                }
                _ if self.program.constant(id).is_none() => self.needs[id.0] = Keep::Whole,
                _ => {}
            }
        }
        Some(Act::Joined(site))
    }

    /// A dense layer over a flattened value, from what its background gives and the difference.
    fn dense(&mut self, step: &Step, source: ValueId) -> Option<Act> {
        let weighted = matches!(step.inputs.get(1), Some(Operand::Value(id)) if self.program.constant(*id).is_some());
        if !weighted || self.follow.shapes[source.0].len() != 3 {
            return None;
        }
        let own = self.windows(source)?.clone();
        let mut places = own.starts.clone();
        places.sort_unstable();
        places.dedup();
        // Each place takes a copy of its part of the weights, and calls of its own, which a GPU waits for.
        let alike = own.starts.len() / places.len().max(1);
        let scattered = self.on_gpu && places.len() > MOST_PLACES_ON_GPU;
        if self.follow.is_most(own.width, own.length) || alike < ALIKE || scattered {
            return None;
        }
        self.look(source, own.dim, &own.starts, own.width);
        self.needs[step.output.0] = Keep::Whole;
        Some(Act::Dense { source, places })
    }

    /// Notes that the backgrounds' positions are looked at there.
    fn look(&mut self, id: ValueId, dim: usize, starts: &[i64], width: i64) {
        let length = self.follow.shapes[id.0][dim];
        let from = starts.iter().map(|start| (*start).clamp(0, length)).min();
        let to = starts
            .iter()
            .map(|start| (start + width).clamp(1, length))
            .max();
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        // Where all lies outside, one position stands for it.
        let from = from.min(to - 1).max(0);
        let range = Keep::Range { dim, from, to };
        let known = self.needs[id.0].with(range);
        self.needs[id.0] = match known {
            Keep::Range { from, to, .. } if (to - from) as f64 > NEARLY_ALL * length as f64 => {
                Keep::Whole
            }
            known => known,
        };
    }

    /// Notes that a value is put together.
    fn whole(&mut self, id: ValueId) {
        if std::mem::replace(&mut self.wholes[id.0], true) {
            return;
        }
        match self.states[id.0].clone() {
            Some(Where::Whole) => {}
            Some(Where::Flat(source)) => self.whole(source),
            Some(Where::Windows(_)) | None => self.needs[id.0] = Keep::Whole,
        }
    }
}
