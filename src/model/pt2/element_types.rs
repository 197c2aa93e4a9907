//! The element types that a file states for its tensors, and what follows from them for numbers that are all computed in float32.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::{Reader, Scope, dtype};
use crate::aten::ElementType;
use crate::graph::{Dtype, IntegerRange, Operand, ValueId};

/// The element type of each tensor, by its name.
pub fn stated_dtypes(graph: &Json) -> HashMap<String, Dtype> {
    let values = graph.get("tensor_values").and_then(Json::as_object);
    let stated = |meta: &Json| dtype(meta.get("dtype")?.as_u64()?);
    let values = values.into_iter().flatten();
    values
        .filter_map(|(name, meta)| Some((name.clone(), stated(meta)?)))
        .collect()
}

impl Scope {
    /// The kind of numbers in a tensor.
    pub(super) fn element_type(&self, name: &str) -> Option<ElementType> {
        self.dtypes.get(name).copied().map(ElementType::of)
    }

    /// The integers that a tensor of integers can hold.
    pub(super) fn integers(&self, name: &str) -> Option<IntegerRange> {
        integers_of(*self.dtypes.get(name)?)
    }

    /// Whether a tensor holds float64 numbers, real or complex.
    pub(super) fn is_float64(&self, name: &str) -> bool {
        let dtype = self.dtypes.get(name);
        matches!(dtype, Some(Dtype::Float64 | Dtype::Complex128))
    }
}

impl Reader {
    /// Finds the first node that depends on an input and that the file computes in float64.
    pub(super) fn find_float64(&mut self) {
        let mut varying: HashSet<ValueId> = self.graph.inputs.iter().copied().collect();
        for node in &self.graph.nodes {
            let varies = node
                .inputs
                .iter()
                .any(|operand| matches!(operand, Operand::Value(id) if varying.contains(id)));
            if !varies {
                continue;
            }
            varying.extend(&node.outputs);
            if node.outputs.iter().any(|id| self.float64.contains(id)) {
                self.graph.float64 = Some(node.name.clone());
                return;
            }
        }
    }
}

/// The integers of a type; none for other types.
fn integers_of(dtype: Dtype) -> Option<IntegerRange> {
    Some(match dtype {
        Dtype::UInt8 => IntegerRange::UNSIGNED_8,
        Dtype::Int8 => IntegerRange::SIGNED_8,
        Dtype::Int16 => IntegerRange::SIGNED_16,
        Dtype::Int32 | Dtype::Int64 => IntegerRange::SIGNED_WIDE,
        Dtype::Float16
        | Dtype::BFloat16
        | Dtype::Float32
        | Dtype::Float64
        | Dtype::Bool
        | Dtype::Complex64
        | Dtype::Complex128 => return None,
    })
}
