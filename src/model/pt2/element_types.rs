//! The element types that a file states for its tensors, and what follows from them for numbers that are all computed in float32.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::{Reader, Scope, dtype};
use crate::aten::ElementType;
use crate::graph::{Dtype, IntegerRange, Operand, OtherPrecision, ValueId};

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

    /// The precision of a tensor's numbers, real or complex; none for float32, and for integers and truth values.
    pub(super) fn other_precision(&self, name: &str) -> Option<&'static str> {
        match self.dtypes.get(name)? {
            Dtype::Float64 | Dtype::Complex128 => Some("float64"),
            Dtype::Float16 => Some("float16"),
            Dtype::BFloat16 => Some("bfloat16"),
            Dtype::Float32
            | Dtype::Complex64
            | Dtype::Int8
            | Dtype::UInt8
            | Dtype::Int16
            | Dtype::Int32
            | Dtype::Int64
            | Dtype::Bool => None,
        }
    }
}

impl Reader {
    /// Finds the first node that depends on an input and that the file computes in another precision than float32.
    pub(super) fn find_other_precision(&mut self) {
        let varying = self.varying();
        for node in &self.graph.nodes {
            if !node.outputs.iter().any(|id| varying.contains(id)) {
                continue;
            }
            let precision = node
                .outputs
                .iter()
                .find_map(|id| self.other_precision.get(id));
            if let Some(precision) = precision {
                let node = node.name.clone();
                self.graph.other_precision = Some(OtherPrecision { node, precision });
                return;
            }
        }
    }

    /// The values that depend on an input.
    pub(super) fn varying(&self) -> HashSet<ValueId> {
        let mut varying: HashSet<ValueId> = self.graph.inputs.iter().copied().collect();
        for node in &self.graph.nodes {
            let is_varying =
                |operand: &Operand| matches!(operand, Operand::Value(id) if varying.contains(id));
            if node.inputs.iter().any(is_varying) {
                varying.extend(&node.outputs);
            }
        }
        varying
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
