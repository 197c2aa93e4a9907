//! Reads the tensors of an ONNX file, from inside it or from files beside it.
//!
//! Invariant: a stated size is used only after a check against the number of bytes present.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use prost::Message;

use super::external::{External, is_onnx, is_stored_externally};
use super::proto::{Model, Tensor};
use crate::graph::{Dtype, Weight};
use crate::unsupported_file::{damaged, misnamed};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{InputKind, read_input};

/// Decodes a file. The bytes of its tensors are not copied.
pub fn read(path: &Path) -> Outcome<Model> {
    let name = path.display().to_string();
    let bytes = read_input(path, InputKind::Model)?;
    if bytes.is_empty() {
        return Err(damaged(&name, "it is empty".to_string()));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(misnamed(
            &name,
            "a zip archive, as `torch.export.save` writes",
            ".pt2",
        ));
    }
    Model::decode(Bytes::from(bytes))
        .map_err(|error| damaged(&name, format!("it is not an ONNX file ({error})")))
}

/// The tensors of a file, by name.
pub struct TensorStore {
    name: String,
    path: PathBuf,
    tensors: HashMap<String, Tensor>,
    /// External files that have been read.
    beside: HashMap<PathBuf, Bytes>,
}

impl TensorStore {
    pub fn open(path: &Path) -> Outcome<TensorStore> {
        let model = read(path)?;
        let mut tensors = HashMap::new();
        if let Some(graph) = model.graph {
            for node in graph
                .node
                .into_iter()
                .filter(|node| node.op_type == "Constant")
            {
                let value = node.attribute.into_iter().find(|a| a.name == "value");
                if let (Some(name), Some(tensor)) =
                    (node.output.into_iter().next(), value.and_then(|v| v.t))
                {
                    tensors.insert(name, tensor);
                }
            }
            for tensor in graph.initializer {
                tensors.insert(tensor.name.clone(), tensor);
            }
        }
        Ok(TensorStore {
            name: path.display().to_string(),
            path: path.to_path_buf(),
            tensors,
            beside: HashMap::new(),
        })
    }

    /// The elements of a weight in row-major order, little-endian.
    pub fn bytes(&mut self, weight: &Weight) -> Outcome<Vec<u8>> {
        let record = &weight.record;
        let wrong = |what: &str| damaged(&self.name, format!("its tensor `{record}` {what}"));
        let tensor = self
            .tensors
            .get(record)
            .ok_or_else(|| wrong("is missing"))?;
        let needed = weight.span_bytes().ok_or_else(|| wrong("is too large"))?;
        let bytes = if is_stored_externally(tensor) {
            let tensor = tensor.clone();
            self.external(&tensor, record)?
        } else if !tensor.raw_data.is_empty() || needed == 0 {
            tensor.raw_data.clone()
        } else {
            Bytes::from(typed(tensor, weight.dtype))
        };
        if bytes.len() as u64 != needed {
            return Err(damaged(
                &self.name,
                format!(
                    "its tensor `{record}` has {} bytes, but its shape needs {needed}",
                    bytes.len()
                ),
            ));
        }
        Ok(bytes.to_vec())
    }

    fn external(&mut self, tensor: &Tensor, record: &str) -> Outcome<Bytes> {
        let external = External::of(tensor, record, &self.path)?;
        let all = match self.beside.get(&external.path) {
            Some(bytes) => bytes.clone(),
            None => {
                let path = external.path.clone();
                let bytes = read_input(&path, InputKind::Model)?;
                let bytes = Bytes::from(bytes);
                self.beside.insert(path, bytes.clone());
                bytes
            }
        };
        let offset = usize::try_from(external.offset).unwrap_or(usize::MAX);
        let rest = all.len().saturating_sub(offset);
        let length = match external.length {
            Some(length) => usize::try_from(length).unwrap_or(usize::MAX),
            None => rest,
        };
        let end = offset.checked_add(length).filter(|end| *end <= all.len());
        let end = end.ok_or_else(|| {
            let location = &external.location;
            let what = format!("its tensor `{record}` ends beyond the end of `{location}`");
            damaged(&self.name, what)
        })?;
        Ok(all.slice(offset..end))
    }
}

/// Files that hold tensors of a model, as the model names them; empty for a model of another kind or one that cannot be read.
pub fn external_files(path: &Path) -> Vec<PathBuf> {
    if !is_onnx(path) {
        return Vec::new();
    }
    let Some(graph) = read(path).ok().and_then(|model| model.graph) else {
        return Vec::new();
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let attributes = graph.node.iter().flat_map(|node| &node.attribute);
    let constants = attributes.filter_map(|attribute| attribute.t.as_ref());
    let locations = graph
        .initializer
        .iter()
        .chain(constants)
        .filter_map(location);
    let files: BTreeSet<PathBuf> = locations.map(|location| folder.join(location)).collect();
    files.into_iter().collect()
}

fn location(tensor: &Tensor) -> Option<&str> {
    let mut entries = tensor.external_data.iter();
    let entry = entries.find(|entry| entry.key == "location")?;
    Some(&entry.value)
}

/// The bytes of elements that the file stores as numbers instead.
fn typed(tensor: &Tensor, dtype: Dtype) -> Vec<u8> {
    match dtype {
        Dtype::Float32 => tensor
            .float_data
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect(),
        // Real and imaginary parts follow each other.
        Dtype::Complex64 => tensor
            .float_data
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect(),
        Dtype::Float64 | Dtype::Complex128 => tensor
            .double_data
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect(),
        Dtype::Int64 => tensor
            .int64_data
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect(),
        Dtype::Int32 => tensor
            .int32_data
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect(),
        Dtype::Int16 | Dtype::Float16 | Dtype::BFloat16 => tensor
            .int32_data
            .iter()
            .flat_map(|x| (*x as u16).to_le_bytes())
            .collect(),
        Dtype::Int8 | Dtype::UInt8 | Dtype::Bool => {
            tensor.int32_data.iter().map(|x| *x as u8).collect()
        }
    }
}

/// Element type of a tensor, from its number in `onnx.TensorProto.DataType`.
pub fn dtype(tensor: &Tensor, name: &str, file: &str) -> Outcome<Dtype> {
    Ok(match tensor.data_type {
        1 => Dtype::Float32,
        2 => Dtype::UInt8,
        3 => Dtype::Int8,
        5 => Dtype::Int16,
        6 => Dtype::Int32,
        7 => Dtype::Int64,
        9 => Dtype::Bool,
        10 => Dtype::Float16,
        11 => Dtype::Float64,
        14 => Dtype::Complex64,
        15 => Dtype::Complex128,
        16 => Dtype::BFloat16,
        other => {
            return Err(Box::new(Diagnostic::error(
                Code::UnknownOperator,
                format!(
                    "`{file}`: `{name}` has elements of ONNX's type {other}, which is not supported"
                ),
            )));
        }
    })
}

/// Elements of an integer tensor, or of a boolean one as 1 and 0, if it is stored in the model file.
pub fn whole_numbers(tensor: &Tensor) -> Option<Vec<i64>> {
    if is_stored_externally(tensor) {
        return None;
    }
    let raw = &tensor.raw_data;
    match tensor.data_type {
        7 if raw.is_empty() => Some(tensor.int64_data.clone()),
        7 => Some(
            raw.as_chunks::<8>()
                .0
                .iter()
                .map(|b| i64::from_le_bytes(*b))
                .collect(),
        ),
        6 if raw.is_empty() => Some(tensor.int32_data.iter().map(|n| i64::from(*n)).collect()),
        6 => {
            let numbers = raw.as_chunks::<4>().0.iter();
            Some(numbers.map(|b| i64::from(i32::from_le_bytes(*b))).collect())
        }
        // Booleans: one byte each.
        9 if raw.is_empty() => Some(tensor.int32_data.iter().map(|n| i64::from(*n)).collect()),
        9 => Some(raw.iter().map(|b| i64::from(*b)).collect()),
        _ => None,
    }
}

/// Elements of a floating-point tensor, if it is stored in the model file.
pub fn numbers(tensor: &Tensor) -> Vec<f64> {
    if is_stored_externally(tensor) {
        return Vec::new();
    }
    let raw = &tensor.raw_data;
    match tensor.data_type {
        1 if raw.is_empty() => tensor.float_data.iter().map(|x| f64::from(*x)).collect(),
        1 => {
            let numbers = raw.as_chunks::<4>().0.iter();
            numbers.map(|b| f64::from(f32::from_le_bytes(*b))).collect()
        }
        11 if raw.is_empty() => tensor.double_data.clone(),
        11 => raw
            .as_chunks::<8>()
            .0
            .iter()
            .map(|b| f64::from_le_bytes(*b))
            .collect(),
        _ => Vec::new(),
    }
}
