//! Translates the calls of a graph, in execution order.

use std::rc::Rc;

use serde_json::Value as Json;

use super::element_types::stated_dtypes;
use super::views::{is_copy, is_view};
use super::{Reader, Scope, list, stated_as_contiguous, stated_shapes};
use crate::aten::{self, Call, ElementType};
use crate::constant;
use crate::graph::{Dim, Node, Op, Operand, ValueId};
use crate::in_place;
use crate::read::is_implausibly_large;
use crate::symbols;
use crate::unsupported_file::damaged;
use gia_base::diag::{Code, Outcome};

/// Calls that run a graph of the file as it stands, with the arguments behind it.
const WRAPPERS: [&str; 4] = [
    "wrap_with_set_grad_enabled",
    "wrap_with_autocast",
    "tag_activation_checkpoint",
    "wrap",
];

impl Reader {
    pub(super) fn nodes(&mut self, graph: &Json) -> Outcome<()> {
        let file = self.file.clone();
        for node in list(graph, "nodes", &file)? {
            let target = node
                .get("target")
                .and_then(Json::as_str)
                .unwrap_or_default();
            // Nodes that compute or check sizes are skipped; a node that depends on an unknown size reports it.
            if !aten::is_size_arithmetic(target) {
                self.node(node, target)?;
            }
        }
        Ok(())
    }

    fn node(&mut self, node: &Json, target: &str) -> Outcome<()> {
        let file = self.file.clone();
        let outputs = list(node, "outputs", &file)?;
        let name = node
            .get("name")
            .and_then(Json::as_str)
            .or_else(|| outputs.first()?.pointer("/as_tensor/name")?.as_str())
            .unwrap_or(target)
            .to_string();
        let made: Vec<&str> = outputs.iter().flat_map(tensors_made).collect();
        let Some(first) = made.first() else {
            return Err(damaged(&file, format!("its node `{name}` has no result")));
        };
        let inputs = list(node, "inputs", &file)?;
        let makes = self.scope.shapes.get(*first).cloned();
        // The batch is checked with the inputs.
        let after_batch = makes.as_deref().and_then(|shape| shape.get(1..));
        if after_batch.is_some_and(is_implausibly_large) {
            return Err(damaged(
                &file,
                format!("its value `{first}` is larger than supported"),
            ));
        }
        let multiples = Rc::clone(&self.scope.multiples);
        let call = Call::new(&file, &name, target, inputs, makes.as_deref());
        let call = call.with_multiples(&multiples);
        for argument in call.tensor_names() {
            self.refresh(argument, &name)?;
        }
        if let Some(wrapper) = target.strip_prefix("torch.ops.higher_order.") {
            if let (Some(inner), true) = (call.graph(), WRAPPERS.contains(&wrapper)) {
                return self.wrapped(wrapper, inner, inputs, &made, &name);
            }
            if wrapper == "cond" || wrapper == "while_loop" {
                let refused = call.refused(
                    Code::BatchMixing,
                    "chooses by one condition what it computes for all sequences of a batch",
                    "compute both branches and choose with `torch.where`, then export the network again",
                );
                self.missing.add(call.operator, node, refused);
                for output in &made {
                    self.value(output);
                }
                return Ok(());
            }
        }
        let before = self.graph.nodes.len();
        if let Err(diagnostic) = self.translate(&call, &made, &name) {
            let is_damage = diagnostic
                .message
                .starts_with(&format!("`{file}` is damaged"));
            if is_damage {
                return Err(diagnostic);
            }
            // Reading goes on, so that all operators that are not supported are told at once.
            self.graph.nodes.truncate(before);
            self.missing.add(call.operator, node, diagnostic);
            for output in &made {
                self.value(output);
            }
            return Ok(());
        }
        self.bound_integers(&call, &made, &name);
        self.record_padding(&call)?;
        if !aten::converts(call.name()) && !is_view(call.name()) && !is_copy(call.operator) {
            for name in &made {
                if let (Some(precision), Some(id)) =
                    (self.scope.other_precision(name), self.scope.ids.get(*name))
                {
                    self.other_precision.insert(*id, precision);
                }
            }
        }
        if is_copy(call.operator) {
            let copies = made.iter().filter_map(|name| self.scope.ids.get(*name));
            self.scope.views.copies.extend(copies);
        }
        match in_place::is_in_place(call.operator) {
            true if is_view(call.name()) && call.name() != "detach" => {
                self.reshape_in_place(&call, &made)
            }
            true => self.write(&call, &made, &name),
            false => {
                self.record_views(&call, &made);
                Ok(())
            }
        }
    }

    /// Bounds the integers that a call computes: where float32 or their type does not hold one, the pass ends with an error.
    fn bound_integers(&mut self, call: &Call, made: &[&str], node: &str) {
        if !aten::can_exceed_operands(call.name()) && !aten::converts(call.name()) {
            return;
        }
        for name in made {
            let (Some(integers), Some(&id)) =
                (self.scope.integers(name), self.scope.ids.get(*name))
            else {
                continue;
            };
            // A conversion of floats makes no integer that float32 does not hold.
            if aten::converts(call.name()) && !integers.is_narrow() {
                continue;
            }
            let mut composer = Composer { reader: self, node };
            aten::GraphBuilder::emit(
                &mut composer,
                integers.check(),
                vec![Operand::Value(id)],
                Some(name),
            );
        }
    }

    /// Records which row of a table of vectors stands for padding.
    fn record_padding(&mut self, call: &Call) -> Outcome<()> {
        if call.name() != "embedding" {
            return Ok(());
        }
        let row = call.int("padding_idx", Some(-1))?;
        if let Some(table) = call.tensor("weight").filter(|_| row >= 0) {
            let table = self.lookup(table)?;
            self.graph.padding_rows.push((table, row));
        }
        Ok(())
    }

    fn translate(&mut self, call: &Call, made: &[&str], name: &str) -> Outcome<()> {
        let mut composer = Composer {
            reader: self,
            node: name,
        };
        if aten::compose(call, made, &mut composer)? {
            return Ok(());
        }
        let (op, operands) = aten::translate(call, &|value| self.lookup(value))?;
        let mut composer = Composer {
            reader: self,
            node: name,
        };
        aten::GraphBuilder::emit(&mut composer, op, operands, made.first().copied());
        Ok(())
    }

    /// A call that runs a graph of the file: its nodes, with names of their own.
    fn wrapped(
        &mut self,
        wrapper: &str,
        inner: &Json,
        inputs: &[Json],
        made: &[&str],
        node: &str,
    ) -> Outcome<()> {
        let file = self.file.clone();
        let is_graph = |input: &Json| input.pointer("/arg/as_graph").is_some();
        let at = inputs.iter().position(is_graph).unwrap_or(0);
        let arguments = inputs[at + 1..].iter();
        let mut given = Vec::new();
        for argument in arguments.filter_map(|input| input.pointer("/arg/as_tensor/name")?.as_str())
        {
            given.push((
                self.lookup(argument)?,
                self.scope.dtypes.get(argument).copied(),
            ));
        }
        let names: Vec<&str> = list(inner, "inputs", &file)?
            .iter()
            .filter_map(|input| input.pointer("/as_tensor/name")?.as_str())
            .collect();
        if names.len() != given.len() {
            return Err(damaged(
                &file,
                format!("its node `{node}` runs a graph with other inputs"),
            ));
        }
        let mut scope = Scope {
            multiples: symbols::batch_multiples(inner, &self.batch_symbols).into(),
            shapes: stated_shapes(inner),
            dtypes: stated_dtypes(inner),
            contiguous: stated_as_contiguous(inner),
            ..Scope::default()
        };
        for (name, (id, dtype)) in names.into_iter().zip(given) {
            scope.ids.insert(name.to_string(), id);
            if let Some(dtype) = dtype {
                scope.dtypes.insert(name.to_string(), dtype);
            }
        }
        let outer = std::mem::replace(&mut self.scope, scope);
        let ran = self.nodes(inner);
        let results: Outcome<Vec<Option<ValueId>>> = ran.and_then(|()| {
            let outputs = list(inner, "outputs", &file)?.iter();
            let names = outputs.map(|output| output.pointer("/as_tensor/name")?.as_str());
            names
                .map(|name| name.map(|name| self.lookup(name)).transpose())
                .collect()
        });
        let scope = std::mem::replace(&mut self.scope, outer);
        self.scope.views.overwrites.extend(scope.views.overwrites);
        self.scope.views.copies.extend(scope.views.copies);
        let stops = wrapper == "wrap_with_set_grad_enabled"
            && inputs
                .iter()
                .any(|input| input.pointer("/arg/as_bool") == Some(&Json::Bool(false)));
        for (name, id) in made.iter().zip(results?) {
            let Some(id) = id else { continue };
            match stops {
                true => {
                    let mut composer = Composer { reader: self, node };
                    let operands = vec![Operand::Value(id)];
                    aten::GraphBuilder::emit(&mut composer, Op::Detach, operands, Some(name));
                }
                false => {
                    self.scope.ids.insert((*name).to_string(), id);
                }
            }
        }
        Ok(())
    }
}

/// Adds the nodes of a call.
pub(super) struct Composer<'r> {
    pub(super) reader: &'r mut Reader,
    /// Name of the call in the file.
    pub(super) node: &'r str,
}

impl aten::GraphBuilder for Composer<'_> {
    fn lookup(&self, name: &str) -> Outcome<ValueId> {
        self.reader.lookup(name)
    }

    fn shape(&self, id: ValueId) -> Option<&[Dim]> {
        self.reader.graph.values[id.0].shape.as_deref()
    }

    fn element_type(&self, name: &str) -> Option<ElementType> {
        self.reader.scope.element_type(name)
    }

    fn is_contiguous(&self, name: &str) -> bool {
        self.reader.scope.contiguous.contains(name)
    }

    fn constant(&self, id: ValueId) -> Option<Vec<f64>> {
        constant::evaluate(&self.reader.graph, &self.reader.stored_integers, id)
    }

    fn node(&self, x: Operand) -> Option<(&Op, &[Operand])> {
        let Operand::Value(id) = x else { return None };
        let mut nodes = self.reader.graph.nodes.iter().rev();
        let node = nodes.find(|node| node.outputs.contains(&id))?;
        Some((&node.op, &node.inputs))
    }

    fn emit(&mut self, op: Op, mut operands: Vec<Operand>, name: Option<&str>) -> ValueId {
        if let Op::Expand { shape } | Op::Full { shape, .. } = &op {
            operands.extend(self.reader.graph.batch_for(shape));
        }
        let graph = &self.reader.graph;
        let computed = graph.result_shape(&op, &operands);
        let step = format!("{}/{}", self.node, graph.nodes.len());
        let output = self.reader.value(name.unwrap_or(&step));
        let value = &mut self.reader.graph.values[output.0];
        value.shape = known_shape(computed, value.shape.take());
        self.reader.graph.nodes.push(Node {
            name: self.node.to_string(),
            op,
            inputs: operands,
            outputs: vec![output],
        });
        output
    }
}

/// The shape of a result: as computed, and where that is free, as the file states it. Some versions of PyTorch state
/// wrong shapes, such as those of an LSTM's last state.
fn known_shape(computed: Option<Vec<Dim>>, stated: Option<Vec<Dim>>) -> Option<Vec<Dim>> {
    let (computed, stated) = match (computed, stated) {
        (Some(computed), Some(stated)) if computed.len() == stated.len() => (computed, stated),
        (Some(computed), _) => return Some(computed),
        (None, stated) => return stated,
    };
    let merged = computed.into_iter().zip(stated);
    Some(
        merged
            .map(|(computed, stated)| match computed {
                Dim::Fixed(_) => computed,
                Dim::Free => stated,
            })
            .collect(),
    )
}

/// Names of the tensors in one output of a node.
fn tensors_made(output: &Json) -> Vec<&str> {
    match output.get("as_tensors").and_then(Json::as_array) {
        Some(several) => several
            .iter()
            .filter_map(|tensor| tensor.get("name")?.as_str())
            .collect(),
        None => output
            .pointer("/as_tensor/name")
            .and_then(Json::as_str)
            .into_iter()
            .collect(),
    }
}
