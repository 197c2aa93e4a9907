//! Sizes that a `.pt2` file leaves free beside the batch: puts numbers in their place.
//!
//! The file calls each free size by a symbol, and states every size that follows from it as an expression.

mod expression;

use std::collections::{HashMap, HashSet};

use serde_json::{Value as Json, json};

use crate::aten::BatchMultiples;
use expression::evaluate;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Replaces all sizes of `graph_module.graph` that follow from those of the inputs after the batch. `sizes` has one number for each input of the
/// graph, in order; none leaves it free.
///
/// # Errors
/// If the graph cannot take an input of that size.
pub fn resolve(json: &mut Json, sizes: &[Option<i64>], file: &str) -> Outcome<()> {
    let symbols = symbols_of(json, sizes, file)?;
    if symbols.is_empty() {
        return Ok(());
    }
    check_ranges(json, &symbols, file)?;
    let Some(graph) = json.pointer_mut("/graph_module/graph") else {
        return Ok(());
    };
    let mut named = HashMap::new();
    for key in ["sym_int_values", "sym_float_values"] {
        let values = graph.get(key).and_then(Json::as_object);
        for (name, value) in values.into_iter().flatten() {
            let text = value.pointer("/as_expr/expr_str").and_then(Json::as_str);
            if let Some(number) = text.and_then(|text| evaluate(text, &symbols)) {
                named.insert(name.clone(), number);
            }
        }
    }
    let values = graph.get_mut("tensor_values").and_then(Json::as_object_mut);
    for value in values.into_iter().flat_map(|values| values.values_mut()) {
        for key in ["sizes", "strides"] {
            for size in value
                .get_mut(key)
                .and_then(Json::as_array_mut)
                .into_iter()
                .flatten()
            {
                let text = size.pointer("/as_expr/expr_str").and_then(Json::as_str);
                if let Some(number) = text.and_then(|text| evaluate_whole(text, &symbols)) {
                    *size = json!({ "as_int": number });
                }
            }
        }
    }
    let nodes = graph.get_mut("nodes").and_then(Json::as_array_mut);
    for node in nodes.into_iter().flatten() {
        let inputs = node.get_mut("inputs").and_then(Json::as_array_mut);
        for argument in inputs
            .into_iter()
            .flatten()
            .filter_map(|input| input.get_mut("arg"))
        {
            replace_names(argument, &named);
        }
    }
    Ok(())
}

/// Puts numbers in the place of named sizes in one argument.
fn replace_names(argument: &mut Json, named: &HashMap<String, f64>) {
    let whole = |inner: &Json| whole(*named.get(inner.get("as_name")?.as_str()?)?);
    if let Some(number) = argument.get("as_sym_int").and_then(whole) {
        *argument = json!({ "as_int": number });
    } else if let Some(number) = argument
        .get("as_sym_float")
        .and_then(|inner| named.get(inner.get("as_name")?.as_str()?))
    {
        *argument = json!({ "as_float": number });
    } else if let Some(list) = argument.get_mut("as_sym_ints").and_then(Json::as_array_mut) {
        for item in list {
            if let Some(number) = whole(item) {
                *item = json!({ "as_int": number });
            }
        }
    }
}

/// The value of each symbol that the sizes of the inputs determine.
fn symbols_of(json: &Json, sizes: &[Option<i64>], file: &str) -> Outcome<HashMap<String, f64>> {
    let shapes = input_sizes(json);
    let batch = batch_symbols(json);
    let mut symbols = HashMap::new();
    for (number, (shape, size)) in shapes.iter().zip(sizes).enumerate() {
        let Some(size) = size else {
            continue;
        };
        for dim in shape.iter().skip(1) {
            let Some(text) = dim.pointer("/as_expr/expr_str").and_then(Json::as_str) else {
                continue;
            };
            let Some(symbol) = symbol_in(text).filter(|symbol| !batch.contains(*symbol)) else {
                continue;
            };
            let Some(value) = solve(text, symbol, *size) else {
                let message = format!(
                    "input {} of `{file}` cannot have the size {size}: it was exported for sizes of the form {}",
                    number + 1,
                    words(text, symbol).unwrap_or_else(|| text.to_string())
                );
                return Err(Box::new(Diagnostic::error(
                    Code::DeclarationMismatch,
                    message,
                )));
            };
            match symbols.insert(symbol.to_string(), value) {
                Some(other) if other != value => {
                    let message = format!(
                        "the declared length of `{file}` gives one of its free sizes two values, {other} and {value}"
                    );
                    return Err(Box::new(Diagnostic::error(
                        Code::DeclarationMismatch,
                        message,
                    )));
                }
                _ => {}
            }
        }
    }
    Ok(symbols)
}

/// The symbols of the size of the batch.
pub fn batch_symbols(json: &Json) -> HashSet<String> {
    let shapes = input_sizes(json).into_iter();
    let symbols = shapes
        .filter_map(|shape| symbol_in(shape.first()?.pointer("/as_expr/expr_str")?.as_str()?));
    symbols.map(str::to_string).collect()
}

/// The sizes of a graph that are multiples of the size of the batch.
pub fn batch_multiples(graph: &Json, batch: &HashSet<String>) -> BatchMultiples {
    let multiple = |size: &Json| {
        let text = size.pointer("/as_expr/expr_str")?.as_str()?;
        let symbol = symbol_in(text).filter(|symbol| batch.contains(*symbol))?;
        let at = |value: f64| evaluate(text, &HashMap::from([(symbol.to_string(), value)]));
        let each = whole(at(1.0)?).filter(|each| *each != 0)?;
        let is_multiple = |batch: i64| Some(at(batch as f64)? == batch.checked_mul(each)? as f64);
        [2, 3, 5, 64]
            .into_iter()
            .all(|batch| is_multiple(batch) == Some(true))
            .then_some(each)
    };
    let mut multiples = BatchMultiples::default();
    let named = graph.get("sym_int_values").and_then(Json::as_object);
    for (name, size) in named.into_iter().flatten() {
        if let Some(each) = multiple(size) {
            multiples.sizes.insert(name.clone(), each);
        }
    }
    let tensors = graph.get("tensor_values").and_then(Json::as_object);
    for (name, meta) in tensors.into_iter().flatten() {
        let sizes = meta
            .get("sizes")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let found = sizes
            .enumerate()
            .find_map(|(dim, size)| Some((dim, multiple(size)?)));
        // That of most tensors is the batch itself.
        if let Some((dim, each)) = found.filter(|(_, each)| *each > 1) {
            multiples.tensors.insert(name.clone(), (dim, each));
        }
    }
    multiples
}

/// The stated sizes of the inputs that a caller provides.
fn input_sizes(json: &Json) -> Vec<&[Json]> {
    let specs = json.pointer("/graph_module/signature/input_specs");
    let specs = specs.and_then(Json::as_array).into_iter().flatten();
    let names = specs.filter_map(|spec| spec.pointer("/user_input/arg/as_tensor/name")?.as_str());
    let values = json.pointer("/graph_module/graph/tensor_values");
    names
        .map(|name| {
            let sizes = values.and_then(|values| values.get(name)?.get("sizes")?.as_array());
            sizes.map(Vec::as_slice).unwrap_or_default()
        })
        .collect()
}

/// Checks that the values lie in the ranges that the file states for its symbols.
fn check_ranges(json: &Json, symbols: &HashMap<String, f64>, file: &str) -> Outcome<()> {
    for (symbol, value) in symbols {
        let Some(range) = json
            .get("range_constraints")
            .and_then(|ranges| ranges.get(symbol))
        else {
            continue;
        };
        let bound = |key: &str| range.get(key).and_then(Json::as_i64);
        let low = bound("min_val").filter(|low| *value < *low as f64);
        let high = bound("max_val").filter(|high| *value > *high as f64);
        let limit = match (low, high) {
            (Some(low), _) => format!("at least {low}"),
            (None, Some(high)) => format!("at most {high}"),
            (None, None) => continue,
        };
        let message = format!(
            "`{file}` was exported for a free size of {limit}, and the declared length makes it {value}"
        );
        return Err(Box::new(
            Diagnostic::error(Code::DeclarationMismatch, message)
                .help("declare a length in that range, or export the network for a wider one: `torch.export.Dim(\"length\", min=.., max=..)`"),
        ));
    }
    Ok(())
}

/// The only symbol of an expression; none if it has none or several.
fn symbol_in(text: &str) -> Option<&str> {
    let mut found: Option<&str> = None;
    for part in text.split("Symbol('").skip(1) {
        let name = part.split('\'').next()?;
        match found {
            Some(other) if other != name => return None,
            _ => found = Some(name),
        }
    }
    found
}

/// The value of the symbol for which a linear expression has this value; none if there is no whole one.
fn solve(text: &str, symbol: &str, wanted: i64) -> Option<f64> {
    let at = |value: f64| evaluate(text, &HashMap::from([(symbol.to_string(), value)]));
    let (constant, next) = (at(0.0)?, at(1.0)?);
    let value = (wanted as f64 - constant) / (next - constant);
    let is_solution = value.fract() == 0.0 && value >= 0.0 && at(value)? == wanted as f64;
    is_solution.then_some(value)
}

/// A linear expression as people write it, such as `4 n + 1`.
fn words(text: &str, symbol: &str) -> Option<String> {
    let at = |value: f64| evaluate(text, &HashMap::from([(symbol.to_string(), value)]));
    let (constant, next) = (at(0.0)?, at(1.0)?);
    let slope = next - constant;
    Some(match constant {
        0.0 => format!("{slope} n"),
        _ => format!("{slope} n + {constant}"),
    })
}

fn evaluate_whole(text: &str, symbols: &HashMap<String, f64>) -> Option<i64> {
    whole(evaluate(text, symbols)?)
}

/// A number that is whole, and exact in float64.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S3: &str = "Symbol('s3', positive=True, integer=True)";

    #[test]
    fn linear_expressions_are_solved() {
        let text = format!("Add(Mul(Integer(4), {S3}), Integer(1))");
        assert_eq!(solve(&text, "s3", 81), Some(20.0));
        assert_eq!(solve(&text, "s3", 80), None);
        assert_eq!(words(&text, "s3").as_deref(), Some("4 n + 1"));
        assert_eq!(symbol_in(&text), Some("s3"));
        assert_eq!(symbol_in(&format!("Add({S3}, Symbol('s4'))")), None);
    }

    #[test]
    fn multiples_of_the_batch_are_found() {
        let size = |text: &str| json!({ "as_expr": { "expr_str": text } });
        let graph = json!({
            "sym_int_values": {
                "one": size(S3),
                "two": size(&format!("Mul(Integer(2), {S3})")),
                "from_end": size(&format!("Mul(Integer(-1), {S3})")),
                "half": size(&format!("FloorDiv({S3}, Integer(2))")),
                "more": size(&format!("Add({S3}, Integer(1))")),
                "square": size(&format!("Pow({S3}, Integer(2))")),
                "length": size("Symbol('s4', positive=True, integer=True)"),
            },
            "tensor_values": {
                "joined": { "sizes": [size(&format!("Mul(Integer(2), {S3})")), { "as_int": 4 }] },
                "plain": { "sizes": [size(S3), { "as_int": 4 }] },
            },
        });
        let found = batch_multiples(&graph, &HashSet::from(["s3".to_string()]));
        let sizes = [("one", 1), ("two", 2), ("from_end", -1)];
        let sizes = sizes.map(|(name, each)| (name.to_string(), each));
        assert_eq!(found.sizes, HashMap::from(sizes));
        let tensors = HashMap::from([("joined".to_string(), (0, 2))]);
        assert_eq!(found.tensors, tensors);
    }
}
