//! Calls that write in place, and the views through which the writes are seen.

use super::Reader;
use super::nodes::Composer;
use super::views::{View, is_view, is_view_of_other_elements, write_back};
use crate::aten::{self, Call};
use crate::graph::{Operand, ValueId};
use crate::in_place;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Help where a write in place cannot be followed.
const INSTEAD_OF_WRITING: &str = "write to a new tensor instead, for example with `torch.where` or `masked_fill`, then export the network again";

impl Reader {
    /// Records which results of a call are views of its argument `self`.
    pub(super) fn record_views(&mut self, call: &Call, made: &[&str]) {
        let argument = match call.name() {
            "linalg_diagonal" => "A",
            _ => "self",
        };
        let Some(base) = call.tensor(argument) else {
            return;
        };
        if is_view_of_other_elements(call.name()) {
            for name in made {
                let base = base.to_string();
                self.scope.views.add(name, View { base, op: None });
            }
        }
        if !is_view(call.name()) {
            return;
        }
        let Some(&base_id) = self.scope.ids.get(base) else {
            return;
        };
        for name in made {
            let id = self.scope.ids.get(*name);
            let mut nodes = self.graph.nodes.iter().rev();
            let made_by = nodes.find(|node| node.outputs.first() == id);
            // A view that several nodes take cannot be written back.
            let op = made_by.filter(|node| node.inputs == [Operand::Value(base_id)]);
            let view = View {
                base: base.to_string(),
                op: op.map(|node| node.op.clone()),
            };
            self.scope.views.add(name, view);
        }
    }

    /// Takes a view from its base again, if the base was written to.
    pub(super) fn refresh(&mut self, name: &str, node: &str) -> Outcome<()> {
        if !self.scope.views.is_stale(name) {
            return Ok(());
        }
        let chain = self.scope.views.chain(name);
        for name in chain
            .iter()
            .rev()
            .filter(|name| self.scope.views.get(name).is_some())
            .cloned()
            .collect::<Vec<_>>()
        {
            let Some(view) = self.scope.views.get(&name).cloned() else {
                continue;
            };
            let Some(op) = view.op else {
                return Err(self.used_after_write(&name, &view.base));
            };
            let base = self.lookup(&view.base)?;
            let mut composer = Composer { reader: self, node };
            let taken =
                aten::GraphBuilder::emit(&mut composer, op, vec![Operand::Value(base)], None);
            self.scope.ids.insert(name.clone(), taken);
            self.scope.views.refreshed(&name);
        }
        Ok(())
    }

    /// Writes the result of an in-place call to its argument `self`, and to all tensors that this is a view of.
    pub(super) fn write(&mut self, call: &Call, made: &[&str], node: &str) -> Outcome<()> {
        let (Some(written), Some(&result)) = (call.tensor("self"), made.first()) else {
            return Ok(());
        };
        let over = self.lookup(written)?;
        let mut value = self.lookup(result)?;
        let chain = self.scope.views.chain(written);
        self.refuse_change_of_state(call, &chain, value)?;
        self.scope.views.written(written);
        let mut overwritten = vec![over];
        self.scope.ids.insert(written.to_string(), value);
        for pair in chain.windows(2) {
            let Some(view) = self.scope.views.get(&pair[0]).cloned() else {
                break;
            };
            let base = self.lookup(&pair[1])?;
            let shape = self.graph.values[base.0].shape.clone();
            let back = write_back(
                view.op.as_ref(),
                Operand::Value(base),
                shape.as_deref(),
                Operand::Value(value),
            );
            let Some((before, op, mut operands)) = back else {
                return Err(call.refused(
                    Code::UnknownOperator,
                    "writes to a view that is not followed",
                    INSTEAD_OF_WRITING,
                ));
            };
            let mut composer = Composer { reader: self, node };
            for (op, operand) in before {
                let made = aten::GraphBuilder::emit(&mut composer, op, vec![operand], None);
                operands.push(Operand::Value(made));
            }
            value = aten::GraphBuilder::emit(&mut composer, op, operands, None);
            overwritten.push(base);
            self.scope.ids.insert(pair[1].clone(), value);
        }
        for name in &chain {
            self.scope.views.refreshed(name);
        }
        self.scope.views.add_same(result, written);
        let at = self.graph.nodes.len().saturating_sub(1);
        let overwrites = overwritten.into_iter().map(|over| (at, over));
        self.scope.views.overwrites.extend(overwrites);
        Ok(())
    }

    /// Refuses a write to a parameter or buffer that depends on the sequences: the network's next output would depend on those that it
    /// was asked before.
    fn refuse_change_of_state(&self, call: &Call, chain: &[String], value: ValueId) -> Outcome<()> {
        let root = chain.last().and_then(|root| self.scope.ids.get(root));
        let is_stored = |id: &ValueId| self.graph.weights.iter().any(|weight| weight.value == *id);
        if !root.is_some_and(is_stored) || !self.varying().contains(&value) {
            return Ok(());
        }
        Err(call.refused(
            Code::NotRepeatable,
            "writes what it computes from the sequence to a buffer of the network, so later outputs depend on earlier ones",
            "freeze the buffer: call `model.eval()` before exporting, or switch its updates off where the module has an option for that",
        ))
    }

    /// Gives the argument `self` of an in-place call, such as `transpose_`, the shape of the result. Its elements stay, so the tensors
    /// that share memory with it do not change; how they are taken from it does, which is not followed.
    pub(super) fn reshape_in_place(&mut self, call: &Call, made: &[&str]) -> Outcome<()> {
        let (Some(reshaped), Some(&result)) = (call.tensor("self"), made.first()) else {
            return Ok(());
        };
        let tensor = self.scope.views.tensor(reshaped).to_string();
        if self.scope.views.is_shared(&tensor) {
            return Err(call.refused(
                Code::UnknownOperator,
                "changes the shape of a tensor that shares memory with another, which is not followed",
                "write the result to a new tensor, for example `y = x.transpose(1, 2)`, then export the network again",
            ));
        }
        let value = self.lookup(result)?;
        for name in self.scope.views.names(&tensor) {
            self.scope.ids.insert(name, value);
        }
        self.scope.views.add_same(result, reshaped);
        Ok(())
    }

    /// Error: a view that cannot be taken again is used after its base was written to.
    fn used_after_write(&self, view: &str, base: &str) -> Box<Diagnostic> {
        let message = format!(
            "`{}`: `{view}`, a view of `{base}`, is used after `{base}` was written to in place, which is not followed",
            self.file
        );
        Box::new(Diagnostic::error(Code::UnknownOperator, message).help(INSTEAD_OF_WRITING))
    }

    pub(super) fn check_overwrites(&self) -> Outcome<()> {
        let views = &self.scope.views;
        let seen =
            in_place::overwrite_visible_through_view(&self.graph, &views.overwrites, &views.copies);
        let Some((at, over)) = seen else {
            return Ok(());
        };
        let (node, value) = (&self.graph.nodes[at].name, &self.graph.values[over.0].name);
        Err(Box::new(
            Diagnostic::error(
                Code::UnknownOperator,
                format!(
                    "`{}`: node `{node}` overwrites `{value}` in place, but what may be a view of it is used later",
                    self.file
                ),
            )
            .help("export the network without `inplace=True`, or call `run_decompositions({})` on the program first"),
        ))
    }
}
