//! The element types that a file states for its tensors, and what follows from them for numbers that are all computed in float32.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use super::{Reader, Scope, dtype};
use crate::aten::ElementType;
use crate::graph::{Activation, Dtype, Operand, ValueId};

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

    /// The smallest and the largest integer of a tensor of integers that are computed as PyTorch does: its type holds them, and float32
    /// exactly.
    pub(super) fn integers(&self, name: &str) -> Option<(f64, f64)> {
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

/// The integers of a type that float32 holds exactly; none for other types.
fn integers_of(dtype: Dtype) -> Option<(f64, f64)> {
    Some(match dtype {
        Dtype::UInt8 => (0.0, f64::from(u8::MAX)),
        Dtype::Int8 => (f64::from(i8::MIN), f64::from(i8::MAX)),
        Dtype::Int16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
        Dtype::Int32 | Dtype::Int64 => (
            -Activation::MAX_EXACT_INTEGER,
            Activation::MAX_EXACT_INTEGER,
        ),
        Dtype::Float16
        | Dtype::BFloat16
        | Dtype::Float32
        | Dtype::Float64
        | Dtype::Bool
        | Dtype::Complex64
        | Dtype::Complex128 => return None,
    })
}
