//! Grid points in reports.

use serde_json::{Number, Value};

use super::number_format;
use gia_design::{Axis, AxisValue};
use gia_study::{GridAxes, GridPoint};

/// Integers below this (2^53) are exact in a float64 and written without a decimal point.
const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

pub fn axis_record(axis: &Axis) -> gia_study::Axis {
    let unit = axis.values.iter().all(is_length).then(|| "bp".to_string());
    gia_study::Axis {
        name: axis.name.clone(),
        unit: unit.filter(|_| !axis.values.is_empty()),
        values: axis.values.iter().map(json_value).collect(),
    }
}

/// Whether the axis has at least two values, all numbers, lengths or positions.
pub fn is_ordered(axis: &Axis) -> bool {
    let on_scale = |value: &AxisValue| is_length(value) || matches!(value, AxisValue::Number(_));
    axis.values.len() > 1 && axis.values.iter().all(on_scale)
}

fn is_length(value: &AxisValue) -> bool {
    matches!(value, AxisValue::Length(_) | AxisValue::Position(_))
}

/// The grid of an experiment as a report names it; its points share the axes.
pub fn grid_axes(axes: &[Axis]) -> GridAxes {
    let axis = |axis: &Axis| {
        (
            axis.name.clone(),
            axis.values.iter().map(json_value).collect(),
        )
    };
    GridAxes::new(axes.iter().map(axis).collect())
}

/// The grid point with these value indices, one for each axis.
pub fn grid_point_at(axes: &[Axis], point: &[usize]) -> GridPoint {
    values_at(axes, point)
        .map(|(axis, chosen)| (axis.name.clone(), json_value(chosen)))
        .collect()
}

/// `gap = 24 bp, n = 3`; empty without axes.
pub fn describe(axes: &[Axis], point: &[usize]) -> String {
    let parts: Vec<String> = values_at(axes, point)
        .map(|(axis, value)| match value {
            AxisValue::Number(x) => format!("{} = {}", axis.name, number_format::shortest(*x)),
            AxisValue::Length(bp) | AxisValue::Position(bp) => format!("{} = {bp} bp", axis.name),
            AxisValue::Bool(yes) => format!("{} = {yes}", axis.name),
            AxisValue::Name(name) => format!("{} = {name}", axis.name),
        })
        .collect();
    parts.join(", ")
}

fn values_at<'a>(
    axes: &'a [Axis],
    point: &'a [usize],
) -> impl Iterator<Item = (&'a Axis, &'a AxisValue)> {
    axes.iter()
        .zip(point)
        .filter_map(|(axis, &i)| Some((axis, axis.values.get(i)?)))
}

fn json_value(value: &AxisValue) -> Value {
    match value {
        AxisValue::Number(x) if x.fract() == 0.0 && x.abs() < MAX_EXACT_INTEGER => {
            Value::from(*x as i64)
        }
        // JSON cannot represent infinities and NaN: write their names.
        AxisValue::Number(x) => {
            Number::from_f64(*x).map_or_else(|| Value::from(x.to_string()), Value::Number)
        }
        AxisValue::Length(bp) | AxisValue::Position(bp) => Value::from(*bp),
        AxisValue::Bool(yes) => Value::from(*yes),
        AxisValue::Name(name) => Value::from(name.as_str()),
    }
}
