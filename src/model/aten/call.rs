//! One ATen operator call of a `.pt2` file, with its arguments by name.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::aliases::canonical;
use crate::batch_flow::{INSTEAD_OF_BATCH_SIZE, USES_BATCH_SIZE};
use crate::graph::Dim;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// A call as the file states it.
pub struct Call<'j> {
    pub file: &'j str,
    pub node: &'j str,
    /// Operator without `torch.ops.aten.`, for example `conv1d.default`.
    pub operator: &'j str,
    /// The operator as the tables name it: without `.default`, and for operators that write in place or copy a view,
    /// that of the function.
    name: String,
    /// Shape of its first result, if the file states it.
    pub makes: Option<&'j [Dim]>,
    arguments: Vec<(&'j str, &'j Json)>,
    multiples: Option<&'j BatchMultiples>,
}

/// An integer argument, or a size that is known only at run time, such as the batch size.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Fixed(i64),
    Free,
    /// This multiple of the batch size, at least 2.
    BatchMultiple(i64),
}

impl Size {
    pub fn fixed(self) -> Option<i64> {
        match self {
            Size::Fixed(n) => Some(n),
            Size::Free | Size::BatchMultiple(_) => None,
        }
    }
}

/// The sizes of a graph that are a multiple of the size of the batch, other than 0.
#[derive(Debug, Clone, Default)]
pub struct BatchMultiples {
    /// The multiples that the graph computes, by name; one may be negative.
    pub sizes: HashMap<String, i64>,
    /// The tensors with a dimension of several times the batch: that dimension, and how many times.
    pub tensors: HashMap<String, (usize, i64)>,
}

/// Names of the tensors in an argument.
fn names_in(json: &Json) -> Vec<&str> {
    if let Some(name) = json.pointer("/as_tensor/name").and_then(Json::as_str) {
        return vec![name];
    }
    let list = json.get("as_tensors").or(json.get("as_optional_tensors"));
    let list = list.and_then(Json::as_array).into_iter().flatten();
    list.filter_map(|entry| {
        let name = entry.pointer("/as_tensor/name").or(entry.get("name"))?;
        name.as_str()
    })
    .collect()
}

/// Operators that end in `_copy` but are no copies of a view.
const COPIES: [&str; 4] = ["_to_copy", "lift_fresh_copy", "index_copy", "_copy"];

/// The name of the function that an operator computes, whether it writes in place or copies a view.
fn functional_name(operator: &str) -> String {
    let (base, overload) = match operator.split_once('.') {
        Some((base, "default")) => (base, None),
        Some((base, overload)) => (base, Some(overload)),
        None => (operator, None),
    };
    let base = match base.strip_suffix('_') {
        Some(function) if crate::in_place::is_in_place(operator) => function,
        _ => base,
    };
    let base = match base.strip_suffix("_copy") {
        Some(view) if !COPIES.contains(&base) => view,
        _ => base,
    };
    let name = match overload {
        Some(overload) => format!("{base}.{overload}"),
        None => base.to_string(),
    };
    canonical(&name).to_string()
}

impl<'j> Call<'j> {
    pub fn new(
        file: &'j str,
        node: &'j str,
        target: &'j str,
        inputs: &'j [Json],
        makes: Option<&'j [Dim]>,
    ) -> Self {
        let arguments = inputs
            .iter()
            .filter_map(|input| Some((input.get("name")?.as_str()?, input.get("arg")?)))
            .collect();
        let operator = target.strip_prefix("torch.ops.aten.").unwrap_or(target);
        Call {
            file,
            node,
            operator,
            name: functional_name(operator),
            makes,
            arguments,
            multiples: None,
        }
    }

    /// The call in a graph that computes these multiples of the batch size.
    pub fn with_multiples(mut self, multiples: &'j BatchMultiples) -> Self {
        self.multiples = Some(multiples);
        self
    }

    /// The operator as the tables name it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of all tensors among the arguments.
    pub fn tensor_names(&self) -> Vec<&'j str> {
        let arguments = self.arguments.iter();
        arguments.flat_map(|(_, json)| names_in(json)).collect()
    }

    /// The graph among the arguments of a call of a higher-order operator.
    pub fn graph(&self) -> Option<&'j Json> {
        let mut arguments = self.arguments.iter();
        arguments.find_map(|(_, json)| json.pointer("/as_graph/graph"))
    }

    /// Whether an argument is a size that is known only at run time.
    pub fn has_free_size(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|json| json.pointer("/as_sym_int/as_name").is_some())
    }

    /// An argument that is present and not None.
    pub fn get(&self, name: &str) -> Option<&'j Json> {
        let (_, json) = self.arguments.iter().find(|(lookup, _)| *lookup == name)?;
        (json.get("as_none").is_none()).then_some(*json)
    }

    pub fn wrong(&self, what: impl std::fmt::Display) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(
            Code::BadModelFile,
            format!(
                "`{}`: node `{}` ({}) {what}",
                self.file, self.node, self.operator
            ),
        ))
    }

    /// An error of a call with its code, and help that mends it.
    pub fn refused(
        &self,
        code: Code,
        what: impl std::fmt::Display,
        help: impl Into<String>,
    ) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(code, self.wrong(what).message).help(help.into()))
    }

    /// The name of a tensor argument.
    pub fn tensor(&self, name: &str) -> Option<&'j str> {
        self.get(name)?.pointer("/as_tensor/name")?.as_str()
    }

    pub fn tensors(&self, name: &str) -> Outcome<Vec<&'j str>> {
        let list = self
            .get(name)
            .and_then(|json| json.get("as_tensors"))
            .and_then(Json::as_array);
        let names = list.map(|l| {
            l.iter()
                .filter_map(|t| t.get("name")?.as_str())
                .collect::<Vec<_>>()
        });
        match (names, list) {
            (Some(names), Some(list)) if names.len() == list.len() && !names.is_empty() => {
                Ok(names)
            }
            _ => Err(self.wrong(format!("has no list of tensors `{name}`"))),
        }
    }

    /// A list of tensors, some of which may be None.
    pub fn optional_tensors(&self, name: &str) -> Outcome<Vec<Option<&'j str>>> {
        let list = self.get(name).and_then(|json| {
            let list = json.get("as_optional_tensors").or(json.get("as_tensors"));
            list.and_then(Json::as_array)
        });
        let list = list.ok_or_else(|| self.wrong(format!("has no list of tensors `{name}`")))?;
        let name = |entry: &'j Json| {
            entry
                .pointer("/as_tensor/name")
                .or(entry.get("name"))?
                .as_str()
        };
        Ok(list.iter().map(name).collect())
    }

    /// The name of an argument that has one of two, by the operator or its alias: the first if this call has it.
    pub fn either(&self, name: &'static str, other: &'static str) -> &'static str {
        match self.get(name) {
            Some(_) => name,
            None => other,
        }
    }

    /// A complex number as (real part, imaginary part); none for another argument.
    pub fn complex(&self, name: &str) -> Option<(f64, f64)> {
        let number = self.get(name)?.get("as_complex")?;
        let part = |name: &str| number.get(name).and_then(Json::as_f64);
        Some((part("real")?, part("imag")?))
    }

    pub fn number(&self, name: &str, default: f64) -> Outcome<f64> {
        let Some(json) = self.get(name) else {
            return Ok(default);
        };
        let number = json
            .get("as_float")
            .or_else(|| json.get("as_int"))
            .and_then(Json::as_f64);
        let truth = || {
            json.get("as_bool")
                .and_then(Json::as_bool)
                .map(|b| f64::from(u8::from(b)))
        };
        let special = || match json.get("as_float").and_then(Json::as_str) {
            Some("Infinity") => Some(f64::INFINITY),
            Some("-Infinity") => Some(f64::NEG_INFINITY),
            Some("NaN") => Some(f64::NAN),
            _ => None,
        };
        number
            .or_else(truth)
            .or_else(special)
            .ok_or_else(|| self.no_number(json, name))
    }

    /// Error: an argument is no number that is known before the run.
    fn no_number(&self, json: &Json, argument: &str) -> Box<Diagnostic> {
        let size = json.get("as_sym_int").or_else(|| json.get("as_sym_float"));
        let size = size.and_then(|size| size.get("as_name")?.as_str());
        let Some(size) = size else {
            return self.wrong(format!("has no number `{argument}`"));
        };
        let is_batch = self
            .multiples
            .is_some_and(|known| known.sizes.contains_key(size));
        if !is_batch {
            return self.wrong(format!(
                "computes with a size that is known only at run time (`{argument}`)"
            ));
        }
        self.refused(Code::BatchMixing, USES_BATCH_SIZE, INSTEAD_OF_BATCH_SIZE)
    }

    pub fn flag(&self, name: &str, default: bool) -> Outcome<bool> {
        match self.get(name) {
            None => Ok(default),
            Some(json) => json
                .get("as_bool")
                .and_then(Json::as_bool)
                .ok_or_else(|| self.wrong(format!("has no boolean `{name}`"))),
        }
    }

    pub fn text(&self, name: &str, default: &'j str) -> &'j str {
        self.get(name)
            .and_then(|json| json.get("as_string"))
            .and_then(Json::as_str)
            .unwrap_or(default)
    }

    pub fn int(&self, name: &str, default: Option<i64>) -> Outcome<i64> {
        match (self.size(name)?, default) {
            (Some(Size::Fixed(n)), _) => Ok(n),
            (None, Some(n)) => Ok(n),
            _ => Err(self.wrong(format!("has no integer `{name}`"))),
        }
    }

    fn size(&self, name: &str) -> Outcome<Option<Size>> {
        self.get(name)
            .map(|json| self.read_size(json, name))
            .transpose()
    }

    fn read_size(&self, json: &Json, name: &str) -> Outcome<Size> {
        let inner = json.get("as_sym_int").unwrap_or(json);
        if let Some(n) = inner.get("as_int").and_then(Json::as_i64) {
            return Ok(Size::Fixed(n));
        }
        if let Some(name) = inner.get("as_name").and_then(Json::as_str) {
            let multiple = self.multiples.and_then(|known| known.sizes.get(name));
            return Ok(match multiple {
                Some(multiple) if *multiple > 1 => Size::BatchMultiple(*multiple),
                _ => Size::Free,
            });
        }
        Err(self.wrong(format!("has no integer `{name}`")))
    }

    /// How many times the size of the batch an integer argument is; none for other integers.
    pub fn batch_multiple(&self, name: &str) -> Option<i64> {
        let size = self.get(name)?.pointer("/as_sym_int/as_name")?.as_str()?;
        self.multiples?.sizes.get(size).copied()
    }

    /// How many times the batch a dimension of a tensor argument holds; none if that is not known.
    pub fn batches_in(&self, argument: &str, dim: usize) -> Option<i64> {
        let (along, times) = *self.multiples?.tensors.get(self.tensor(argument)?)?;
        (along == dim).then_some(times)
    }

    /// A list of sizes, some of which may be free.
    pub fn sizes(&self, name: &str) -> Outcome<Option<Vec<Size>>> {
        let Some(json) = self.get(name) else {
            return Ok(None);
        };
        if let Some(list) = json.get("as_ints").and_then(Json::as_array) {
            let sizes: Option<Vec<Size>> =
                list.iter().map(|n| n.as_i64().map(Size::Fixed)).collect();
            return sizes.map(Some).ok_or_else(|| {
                self.wrong(format!("has a list `{name}` that does not hold integers"))
            });
        }
        match json.get("as_sym_ints").and_then(Json::as_array) {
            Some(list) => list
                .iter()
                .map(|n| self.read_size(n, name))
                .collect::<Result<Vec<_>, _>>()
                .map(Some),
            None => Err(self.wrong(format!("has no list of integers `{name}`"))),
        }
    }

    /// A list of integers, none of them free.
    pub fn ints(&self, name: &str, default: &[i64]) -> Outcome<Vec<i64>> {
        let Some(sizes) = self.sizes(name)? else {
            return Ok(default.to_vec());
        };
        sizes
            .into_iter()
            .map(|size| match size {
                Size::Fixed(n) => Ok(n),
                Size::Free | Size::BatchMultiple(_) => Err(self.wrong(format!(
                    "has a `{name}` that depends on the size of the batch"
                ))),
            })
            .collect()
    }

    /// One integer for each of `dims` spatial dimensions; a single one stands for all.
    pub fn spatial(&self, name: &str, default: i64, dims: usize) -> Outcome<Vec<i64>> {
        let given = self.ints(name, &[default])?;
        match given.len() {
            0 => Ok(vec![default; dims]),
            1 => Ok(vec![given[0]; dims]),
            n if n == dims => Ok(given),
            n => Err(self.wrong(format!("has {n} numbers in `{name}`, not {dims}"))),
        }
    }
}
