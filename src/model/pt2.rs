//! Reads the graph of a `torch.export` archive.
//!
//! Unknown JSON keys are ignored, since they come and go with PyTorch's versions; another major version of the schema
//! is an error.

mod element_types;
mod missing;
mod nodes;
mod outputs;
mod stored_integers;
mod views;
mod writes;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::Value as Json;

use super::archive::Archive;
use super::aten::{BatchMultiples, ElementType};
use super::graph::{Dim, Dtype, Graph, Value, ValueId, Weight};
use super::symbols;
use super::unsupported_file::damaged;
use element_types::stated_dtypes;
use gia_base::diag::{Code, Diagnostic, Outcome};
use missing::MissingOperators;
use views::Views;

/// Supported major version of PyTorch's export schema.
const SCHEMA_MAJOR_VERSION: u64 = 8;

/// Reads the structure of a network, without its weights. `sizes` has for each input its size after the batch, where the file leaves it free and
/// the caller knows it.
pub fn read(archive: &mut Archive, sizes: &[Option<i64>]) -> Outcome<Graph> {
    let mut json = read_json(archive)?;
    symbols::resolve(&mut json, sizes, archive.name())?;
    let module = field(&json, "graph_module", archive.name())?;
    let graph = field(module, "graph", archive.name())?;
    let mut reader = Reader {
        file: archive.name().to_string(),
        batch_symbols: symbols::batch_symbols(&json),
        ..Reader::default()
    };
    reader.scope.multiples = symbols::batch_multiples(graph, &reader.batch_symbols).into();
    reader.scope.shapes = stated_shapes(graph);
    reader.scope.dtypes = stated_dtypes(graph);
    reader.scope.contiguous = stated_as_contiguous(graph);
    reader.weights(archive, module)?;
    reader.read_stored_integers(archive)?;
    reader.inputs(module)?;
    reader.nodes(graph)?;
    if let Some(diagnostic) = reader.missing.diagnostic(&reader.file) {
        return Err(diagnostic);
    }
    reader.outputs(module)?;
    reader.check_overwrites()?;
    reader.find_other_precision();
    Ok(reader.graph)
}

/// Shapes of the inputs, batch first.
pub fn input_shapes(archive: &mut Archive) -> Outcome<Vec<Option<Vec<Dim>>>> {
    let json = read_json(archive)?;
    let module = field(&json, "graph_module", archive.name())?;
    let mut reader = Reader {
        file: archive.name().to_string(),
        ..Reader::default()
    };
    reader.scope.shapes = stated_shapes(field(module, "graph", archive.name())?);
    reader.inputs(module)?;
    let shapes = reader.graph.input_shapes().into_iter();
    Ok(shapes.map(|shape| shape.map(<[Dim]>::to_vec)).collect())
}

fn read_json(archive: &mut Archive) -> Outcome<Json> {
    let record = archive.graph_record()?;
    let bytes = archive.record(&record, None)?;
    let json: Json = serde_json::from_slice(&bytes)
        .map_err(|error| damaged(archive.name(), format!("its graph is not JSON ({error})")))?;
    check_schema(&json, archive.name())?;
    Ok(json)
}

#[derive(Default)]
struct Reader {
    file: String,
    graph: Graph,
    /// The file's symbols of the size of the batch.
    batch_symbols: HashSet<String>,
    scope: Scope,
    missing: MissingOperators,
    /// The elements of small buffers of integers and of truth values.
    stored_integers: HashMap<ValueId, Vec<f64>>,
    /// Results that the file says are computed in another precision than float32.
    other_precision: HashMap<ValueId, &'static str>,
}

/// The names of a graph of the file. A graph that a call runs has names of its own.
#[derive(Default)]
struct Scope {
    ids: HashMap<String, ValueId>,
    shapes: HashMap<String, Vec<Dim>>,
    dtypes: HashMap<String, Dtype>,
    /// Names of the tensors whose elements lie in row-major order.
    contiguous: HashSet<String>,
    /// Sizes that follow from that of the batch.
    multiples: Rc<BatchMultiples>,
    views: Views,
}

fn field<'j>(json: &'j Json, key: &str, file: &str) -> Outcome<&'j Json> {
    json.get(key)
        .ok_or_else(|| damaged(file, format!("its graph lacks `{key}`")))
}

fn list<'j>(json: &'j Json, key: &str, file: &str) -> Outcome<&'j Vec<Json>> {
    field(json, key, file)?
        .as_array()
        .ok_or_else(|| damaged(file, format!("`{key}` in its graph is not a list")))
}

fn check_schema(json: &Json, file: &str) -> Outcome<()> {
    let major = json.pointer("/schema_version/major").and_then(Json::as_u64);
    match major {
        Some(SCHEMA_MAJOR_VERSION) => Ok(()),
        Some(other) => Err(Box::new(
            Diagnostic::error(
                Code::BadModelFile,
                format!("`{file}` uses version {other} of PyTorch's export schema; only version {SCHEMA_MAJOR_VERSION} is supported"),
            )
            .help("export the model with PyTorch 2.8 to 2.13"),
        )),
        None => Err(damaged(file, "its graph does not state its schema version".to_string())),
    }
}

fn stated_shapes(graph: &Json) -> HashMap<String, Vec<Dim>> {
    let Some(values) = graph.get("tensor_values").and_then(Json::as_object) else {
        return HashMap::new();
    };
    values
        .iter()
        .filter_map(|(name, meta)| {
            let sizes = meta.get("sizes")?.as_array()?;
            let dims = sizes.iter().map(|s| {
                s.get("as_int")
                    .and_then(Json::as_i64)
                    .map_or(Dim::Free, Dim::Fixed)
            });
            let dims: Vec<Dim> = dims.collect();
            let sound = dims
                .iter()
                .all(|dim| !matches!(dim, Dim::Fixed(n) if *n < 0));
            sound.then(|| (name.clone(), dims))
        })
        .collect()
}

/// Tensors whose strides are those of row-major order. Only the first size may be free.
fn stated_as_contiguous(graph: &Json) -> HashSet<String> {
    let number = |size: &Json| size.get("as_int").and_then(Json::as_i64);
    let is_contiguous = |meta: &Json| {
        let (sizes, strides) = (
            meta.get("sizes")?.as_array()?,
            meta.get("strides")?.as_array()?,
        );
        let mut expected = Some(1i64);
        for (size, stride) in sizes.iter().zip(strides).rev() {
            if number(size) != Some(1) && number(stride)? != expected? {
                return None;
            }
            expected = expected.and_then(|all| all.checked_mul(number(size)?));
        }
        (sizes.len() == strides.len()).then_some(())
    };
    let values = graph.get("tensor_values").and_then(Json::as_object);
    let values = values.into_iter().flatten();
    let contiguous = values.filter(|(_, meta)| is_contiguous(meta).is_some());
    contiguous.map(|(name, _)| name.clone()).collect()
}

impl Reader {
    fn value(&mut self, name: &str) -> ValueId {
        let id = ValueId(self.graph.values.len());
        let shape = self.scope.shapes.get(name).cloned();
        self.graph.values.push(Value {
            name: name.to_string(),
            shape,
        });
        self.scope.ids.insert(name.to_string(), id);
        id
    }

    fn lookup(&self, name: &str) -> Outcome<ValueId> {
        self.scope.ids.get(name).copied().ok_or_else(|| {
            damaged(
                &self.file,
                format!("its graph uses `{name}` before it is defined"),
            )
        })
    }

    /// Adds parameters, buffers and constants, with the location of their bytes.
    fn weights(&mut self, archive: &mut Archive, module: &Json) -> Outcome<()> {
        let mut places = HashMap::new();
        for folder in ["data/weights/", "data/constants/"] {
            if let Some(record) = archive.find(folder, "_config.json") {
                let bytes = archive.record(&record, None)?;
                let json: Json = serde_json::from_slice(&bytes).map_err(|error| {
                    damaged(&self.file, format!("`{record}` is not JSON ({error})"))
                })?;
                if let Some(config) = json.get("config").and_then(Json::as_object) {
                    for (name, place) in config {
                        places.insert(name.clone(), (folder, place.clone()));
                    }
                }
            }
        }
        let signature = field(module, "signature", &self.file)?.clone();
        let mut stored = HashMap::new();
        for spec in list(&signature, "input_specs", &self.file)? {
            let Some((name, target)) = weight_spec(spec) else {
                continue;
            };
            let Some((folder, place)) = places.get(target) else {
                return Err(damaged(
                    &self.file,
                    format!("the weight `{target}` is missing"),
                ));
            };
            let value = ValueId(self.graph.values.len());
            let weight = self.weight(value, target, folder, place)?;
            self.check_record(archive, target, &weight)?;
            // A module that is reached by two names has each of its weights under both.
            let bytes = (
                weight.record.clone(),
                weight.offset,
                weight.shape.clone(),
                weight.strides.clone(),
            );
            match stored.entry(bytes) {
                Entry::Occupied(same) => {
                    self.scope.ids.insert(name.to_string(), *same.get());
                }
                Entry::Vacant(new) => {
                    new.insert(self.value(name));
                    self.graph.weights.push(weight);
                }
            }
        }
        Ok(())
    }

    /// The weight `target` of the file, whose value will be `value`.
    fn weight(&self, value: ValueId, target: &str, folder: &str, place: &Json) -> Outcome<Weight> {
        let wrong = |what: &str| {
            damaged(
                &self.file,
                format!("the weight `{target}` has no usable {what}"),
            )
        };
        if place.get("use_pickle").and_then(Json::as_bool) == Some(true) {
            return Err(Box::new(Diagnostic::error(
                Code::RefusedModelFile,
                format!(
                    "the weight `{target}` of `{}` is pickled, and reading it would run code",
                    self.file
                ),
            )));
        }
        let path = place
            .get("path_name")
            .and_then(Json::as_str)
            .ok_or_else(|| wrong("place"))?;
        let meta = place
            .get("tensor_meta")
            .ok_or_else(|| wrong("description"))?;
        let numbers = |key: &str| -> Option<Vec<i64>> {
            meta.get(key)?
                .as_array()?
                .iter()
                .map(|n| n.get("as_int")?.as_i64())
                .collect()
        };
        let shape = numbers("sizes")
            .filter(|s| s.iter().all(|n| *n >= 0))
            .ok_or_else(|| wrong("shape"))?;
        let strides = numbers("strides")
            .filter(|s| s.len() == shape.len() && s.iter().all(|n| *n >= 0))
            .ok_or_else(|| wrong("strides"))?;
        let offset = meta
            .pointer("/storage_offset/as_int")
            .and_then(Json::as_i64)
            .filter(|n| *n >= 0)
            .ok_or_else(|| wrong("offset"))?;
        let dtype = meta
            .get("dtype")
            .and_then(Json::as_u64)
            .and_then(dtype)
            .ok_or_else(|| wrong("type"))?;
        let record = format!("{folder}{path}");
        Ok(Weight {
            value,
            dtype,
            shape,
            strides,
            offset,
            record,
        })
    }

    /// Checks that a record exists and is large enough for the stated shape.
    fn check_record(&self, archive: &mut Archive, target: &str, weight: &Weight) -> Outcome<()> {
        let Some(size) = archive.record_size(&weight.record) else {
            return Err(damaged(
                &self.file,
                format!("the bytes of the weight `{target}` are missing"),
            ));
        };
        match weight.span_bytes() {
            Some(needed) if needed <= size => Ok(()),
            _ => Err(damaged(
                &self.file,
                format!(
                    "the weight `{target}` of shape {:?} does not match its {size} bytes",
                    weight.shape
                ),
            )),
        }
    }

    fn inputs(&mut self, module: &Json) -> Outcome<()> {
        let signature = field(module, "signature", &self.file)?.clone();
        for spec in list(&signature, "input_specs", &self.file)? {
            let Some(input) = spec.get("user_input") else {
                continue;
            };
            let Some(name) = input.pointer("/arg/as_tensor/name").and_then(Json::as_str) else {
                // A constant argument, such as a flag passed at export.
                continue;
            };
            let id = self.value(name);
            self.graph.inputs.push(id);
            if let Some(ElementType::Integer | ElementType::Boolean) = self.scope.element_type(name)
            {
                self.graph.integer_inputs.push(id);
            }
        }
        if self.graph.inputs.is_empty() {
            return Err(damaged(&self.file, "its graph has no input".to_string()));
        }
        Ok(())
    }
}

/// Name in the graph and name among the weights, for a parameter, buffer or constant.
fn weight_spec(spec: &Json) -> Option<(&str, &str)> {
    for (kind, key) in [
        ("parameter", "parameter_name"),
        ("buffer", "buffer_name"),
        ("tensor_constant", "tensor_constant_name"),
    ] {
        if let Some(found) = spec.get(kind) {
            return Some((
                found.pointer("/arg/name")?.as_str()?,
                found.get(key)?.as_str()?,
            ));
        }
    }
    None
}

/// Element type from its number in `torch._export.serde.schema.ScalarType`.
pub(super) fn dtype(number: u64) -> Option<Dtype> {
    Some(match number {
        1 => Dtype::UInt8,
        2 => Dtype::Int8,
        3 => Dtype::Int16,
        4 => Dtype::Int32,
        5 => Dtype::Int64,
        6 => Dtype::Float16,
        7 => Dtype::Float32,
        8 => Dtype::Float64,
        10 => Dtype::Complex64,
        11 => Dtype::Complex128,
        12 => Dtype::Bool,
        13 => Dtype::BFloat16,
        _ => return None,
    })
}
