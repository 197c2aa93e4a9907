//! The columns of axes, which the table of a study and that of its values have in common.

use std::collections::HashSet;

use serde_json::Value;

use super::{Cells, Column};
use crate::display::{common_value, distinct};
use gia_study::{GridPoint, Study};

/// The column of all axes of one name.
#[derive(Debug, Clone)]
pub struct AxisColumn {
    /// Name of the axes in the script.
    axis: String,
    /// The name of the column, its unit, and no cells.
    empty: Column,
}

impl AxisColumn {
    /// One column for each axis name, such as `at_gap_bp` for lengths; the prefix keeps axes apart from other columns.
    pub fn all(study: &Study) -> Vec<AxisColumn> {
        let all = study.experiments.iter().flat_map(|e| &e.axes);
        let named = distinct(all.map(|axis| axis.name.as_str()));
        let mut columns: Vec<AxisColumn> = named
            .into_iter()
            .map(|name| AxisColumn::new(name, study))
            .collect();
        number_repeated_names(&mut columns);
        columns
    }

    fn new(name: &str, study: &Study) -> AxisColumn {
        let all = study.experiments.iter().flat_map(|e| &e.axes);
        let axes = all.filter(|axis| axis.name == name);
        let unit = common_value(axes.clone().map(|axis| axis.unit.clone())).flatten();
        let rows = study.experiments.iter().flat_map(|e| &e.rows);
        let of_rows = rows.filter_map(|row| row.at.get(name));
        let values: Vec<&Value> = axes.flat_map(|axis| &axis.values).chain(of_rows).collect();
        let all = |test: fn(&Value) -> bool| values.iter().all(|value| test(value));
        let cells = if all(Value::is_i64) {
            Cells::Whole(Vec::new())
        } else if all(Value::is_number) {
            Cells::Number(Vec::new())
        } else if all(Value::is_boolean) {
            Cells::Truth(Vec::new())
        } else {
            Cells::Text(Vec::new())
        };
        AxisColumn {
            axis: name.to_string(),
            empty: Column {
                name: match &unit {
                    Some(unit) => format!("at_{name}_{unit}"),
                    None => format!("at_{name}"),
                },
                unit,
                cells,
            },
        }
    }

    /// The column without cells.
    pub fn empty(&self) -> Column {
        self.empty.clone()
    }

    /// The column of rows at these grid points.
    pub fn filled<'p>(&self, points: impl Iterator<Item = &'p GridPoint>) -> Column {
        let mut column = self.empty();
        points.for_each(|at| self.push(&mut column.cells, at, 1));
        column
    }

    /// Adds cells for as many rows at a grid point to the cells of this column.
    pub fn push(&self, cells: &mut Cells, at: &GridPoint, rows: usize) {
        let value = at.get(&self.axis);
        match cells {
            Cells::Whole(cells) => extend(cells, value.and_then(Value::as_i64), rows),
            Cells::Number(cells) => extend(cells, value.and_then(Value::as_f64), rows),
            Cells::Truth(cells) => extend(cells, value.and_then(Value::as_bool), rows),
            Cells::Text(cells) => {
                let text = value.map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                });
                extend(cells, text, rows);
            }
        }
    }
}

fn extend<T: Clone>(cells: &mut Vec<Option<T>>, cell: Option<T>, rows: usize) {
    cells.extend(std::iter::repeat_n(cell, rows));
}

/// Numbers the columns of axes whose names with their units are the same: axes `gap` in bp and `gap_bp` without a unit
/// become `at_gap_bp` and `at_gap_bp_2`. Columns with a unit come first, so the order of the experiments changes no name.
fn number_repeated_names(columns: &mut [AxisColumn]) {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|&i| {
        let column = &columns[i].empty;
        (column.unit.is_none(), column.name.clone())
    });
    let wanted: HashSet<String> = columns
        .iter()
        .map(|column| column.empty.name.clone())
        .collect();
    let mut taken = HashSet::new();
    for i in order {
        let column = &mut columns[i].empty;
        if !taken.insert(column.name.clone()) {
            let numbered = (2..).map(|number| format!("{}_{number}", column.name));
            let mut free = numbered.filter(|name| !wanted.contains(name) && !taken.contains(name));
            column.name = free.next().unwrap_or_default();
            taken.insert(column.name.clone());
        }
    }
}
