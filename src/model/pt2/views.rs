//! Views that calls write to, in static single assignment form.
//!
//! A call such as `x[:, 0] = 1` writes to a view. Its base, and the base's other views, then have new values: the base
//! gets the view's elements at their places, and a view is taken again from its base when it is used next.
//!
//! Invariant: only operators that always return a view are followed here. What `reshape` or `contiguous` return may be
//! a view or a copy, so a later use of one is an error (`in_place`). So is a write to a view such as a diagonal, and a use of one
//! whose base was written to.

use std::collections::{HashMap, HashSet};

use crate::graph::{Dataflow, Dim, Function, Op, Operand, Reorder, Reshape, ValueId, resolve_dim};
use crate::in_place::Overwrite;

/// How a tensor is a view of another.
#[derive(Clone)]
pub struct View {
    /// Name of the tensor that it is a view of.
    pub base: String,
    /// How it is taken from the base; none if it cannot be taken again, nor written back.
    pub op: Option<Op>,
}

/// The views of a graph, by the names of the tensors.
#[derive(Default)]
pub struct Views {
    views: HashMap<String, View>,
    /// For each tensor that is no view, how often it or a view of it was written to.
    writes: HashMap<String, u64>,
    /// For each view, the number of writes to its root when its value was taken.
    taken: HashMap<String, u64>,
    /// For each result of an in-place call, the tensor that it is.
    same: HashMap<String, String>,
    /// Values that calls overwrote.
    pub overwrites: Vec<Overwrite>,
    /// Values with memory of their own, although their nodes only copy.
    pub copies: HashSet<ValueId>,
}

/// Whether an operator always returns a view of its argument `self`.
pub fn is_view(name: &str) -> bool {
    matches!(
        name,
        "view"
            | "transpose.int"
            | "t"
            | "permute"
            | "squeeze"
            | "squeeze.dim"
            | "squeeze.dims"
            | "unsqueeze"
            | "slice.Tensor"
            | "narrow"
            | "select.int"
            | "unbind.int"
            | "chunk"
            | "split.Tensor"
            | "split.sizes"
            | "split_with_sizes"
            | "tensor_split.sections"
            | "tensor_split.indices"
            | "hsplit.int"
            | "hsplit.array"
            | "vsplit.int"
            | "vsplit.array"
            | "dsplit.int"
            | "dsplit.array"
            | "detach"
            | "alias"
            | "movedim.int"
            | "movedim.intlist"
            | "view_as"
    )
}

/// Whether an operator returns a view of the argument `self` by more than one node, or of elements of another type.
pub fn is_view_of_other_elements(name: &str) -> bool {
    matches!(
        name,
        "diagonal"
            | "linalg_diagonal"
            | "unfold"
            | "as_strided"
            | "real"
            | "imag"
            | "view_as_real"
            | "view_as_complex"
            | "conj"
            | "_conj"
            | "expand"
            | "expand_as"
            | "broadcast_to"
    )
}

/// Whether an operator always returns memory of its own, although its node only copies.
pub fn is_copy(operator: &str) -> bool {
    let base = operator.split('.').next().unwrap_or_default();
    matches!(base, "clone" | "copy" | "copy_") || base.ends_with("_copy")
}

impl Views {
    /// Records that a tensor is a view.
    pub fn add(&mut self, name: &str, view: View) {
        // A damaged file may use one name for a tensor and its view.
        if self.chain(&view.base).iter().any(|base| base == name) {
            return;
        }
        let writes = self.writes_to(&view.base);
        self.views.insert(name.to_string(), view);
        self.taken.insert(name.to_string(), writes);
    }

    /// Records that the result of an in-place call is the tensor that the call changed.
    pub fn add_same(&mut self, result: &str, changed: &str) {
        let tensor = self.tensor(changed).to_string();
        let view = View {
            base: changed.to_string(),
            op: Some(Op::Identity),
        };
        self.add(result, view);
        if result != tensor {
            self.same.insert(result.to_string(), tensor);
        }
    }

    /// The tensor that a name stands for, by its first name.
    pub fn tensor<'n>(&'n self, name: &'n str) -> &'n str {
        self.same.get(name).map_or(name, String::as_str)
    }

    /// All names of a tensor, by its first.
    pub fn names(&self, tensor: &str) -> Vec<String> {
        let others = self.same.iter().filter(|(_, first)| *first == tensor);
        let others = others.map(|(name, _)| name.clone());
        others.chain([tensor.to_string()]).collect()
    }

    /// Whether a tensor, by its first name, is a view of another, or another is one of it.
    pub fn is_shared(&self, tensor: &str) -> bool {
        let is_of = |(name, view): (&String, &View)| {
            self.tensor(name) != tensor && self.tensor(&view.base) == tensor
        };
        self.views.contains_key(tensor) || self.views.iter().any(is_of)
    }

    pub fn get(&self, name: &str) -> Option<&View> {
        self.views.get(name)
    }

    /// The chain of tensors from a view to its root, the view first.
    pub fn chain(&self, name: &str) -> Vec<String> {
        let mut chain = vec![name.to_string()];
        while let Some(view) = chain.last().and_then(|last| self.views.get(last)) {
            chain.push(view.base.clone());
        }
        chain
    }

    fn writes_to(&self, name: &str) -> u64 {
        let root = self.chain(name).pop();
        root.and_then(|root| self.writes.get(&root).copied())
            .unwrap_or(0)
    }

    /// Whether the root of a view was written to since the view was taken.
    pub fn is_stale(&self, name: &str) -> bool {
        self.views.contains_key(name)
            && self.taken.get(name).copied().unwrap_or(0) < self.writes_to(name)
    }

    /// Records that a view has the value of its root as it is now.
    pub fn refreshed(&mut self, name: &str) {
        let writes = self.writes_to(name);
        self.taken.insert(name.to_string(), writes);
    }

    /// Records a write to a tensor.
    pub fn written(&mut self, name: &str) {
        if let Some(root) = self.chain(name).pop() {
            *self.writes.entry(root).or_default() += 1;
        }
    }
}

/// Nodes that make further operands, each of one operand; then a node with its first operands.
pub type WriteBack = (Vec<(Op, Operand)>, Op, Vec<Operand>);

/// The node that writes a view's value back to its base, with its operands; none if the view cannot be written back.
pub fn write_back(
    op: Option<&Op>,
    base: Operand,
    base_shape: Option<&[Dim]>,
    value: Operand,
) -> Option<WriteBack> {
    let alone = |op: Op| Some((Vec::new(), op, vec![value]));
    match op?.kind().dataflow {
        Dataflow::Copy => alone(Op::Identity),
        Dataflow::Reorder(Reorder::Swap(a, b)) => alone(Op::Transpose { a, b }),
        Dataflow::Reorder(Reorder::Permute(dims)) => {
            let rank = dims.len();
            let places: Option<Vec<usize>> =
                dims.iter().map(|dim| resolve_dim(*dim, rank)).collect();
            let places = places?;
            let inverse = (0..rank).map(|dim| places.iter().position(|at| *at == dim));
            let dims: Option<Vec<i64>> = inverse.map(|at| at.map(|at| at as i64)).collect();
            alone(Op::Permute { dims: dims? })
        }
        Dataflow::Reshape(Reshape::Unsqueeze(dim)) => alone(Op::Squeeze { dims: vec![dim] }),
        Dataflow::Reshape(_) => {
            let shape = base_shape?;
            let free = shape.iter().filter(|dim| dim.fixed().is_none()).count();
            let shape = shape.iter().map(|dim| dim.fixed().unwrap_or(-1));
            (free <= 1).then(|| {
                let op = Op::Reshape {
                    shape: shape.collect(),
                };
                (Vec::new(), op, vec![value])
            })
        }
        // Exporters write such a slice for a dimension that is kept as it is.
        Dataflow::Slice {
            start: 0,
            end,
            step: 1,
            ..
        } if end >= i64::from(i32::MAX) => alone(Op::Identity),
        Dataflow::Slice {
            dim,
            start,
            end,
            step,
        } => {
            let function = Function::Overwrite {
                dim,
                start,
                end,
                step,
            };
            Some((Vec::new(), Op::Function(function), vec![base, value]))
        }
        Dataflow::Selection { dim, index } => {
            let end = match index {
                -1 => i64::MAX,
                index => index.checked_add(1)?,
            };
            let function = Function::Overwrite {
                dim,
                start: index,
                end,
                step: 1,
            };
            // The selected dimension comes back with size 1; counted from the end it counts with itself.
            let beside = vec![(Op::Unsqueeze { dim }, value)];
            Some((beside, Op::Function(function), vec![base]))
        }
        _ => None,
    }
}
