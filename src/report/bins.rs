//! Binning of axes that have more values than fit.

use std::collections::{BTreeMap, HashMap};

use super::display::axis_value_text;
use gia_base::diag::replace_control;
use gia_study::{Axis, Row};

/// The values of an axis in bins of equal size.
pub struct Bins<'a> {
    pub axis: &'a Axis,
    pub size: usize,
    /// Label of each bin: its value, or `first to last`.
    pub names: Vec<String>,
}

impl<'a> Bins<'a> {
    pub fn new(axis: &'a Axis, size: usize) -> Bins<'a> {
        let names = axis.values.chunks(size).map(|bin| match bin {
            [first, .., last] => format!("{} to {}", axis_value_text(first), axis_value_text(last)),
            one => one.iter().map(axis_value_text).collect(),
        });
        Bins {
            axis,
            size,
            names: names.map(|name| replace_control(&name)).collect(),
        }
    }

    fn index(&self) -> HashMap<String, usize> {
        let values = self.axis.values.iter().enumerate();
        values
            .map(|(i, value)| (value.to_string(), i / self.size))
            .collect()
    }
}

/// Row and column of each cell of two binned axes, with the row of the study whose mean is furthest from 0 there.
pub fn extremes<'a>(down: &Bins, across: &Bins, rows: &[&'a Row]) -> Vec<(usize, usize, &'a Row)> {
    let (down_index, across_index) = (down.index(), across.index());
    let place = |index: &HashMap<String, usize>, bins: &Bins, row: &Row| {
        if bins.names.len() == 1 {
            return Some(0);
        }
        index
            .get(&row.at.get(&bins.axis.name)?.to_string())
            .copied()
    };
    let mut cells: BTreeMap<(usize, usize), &Row> = BTreeMap::new();
    for &row in rows {
        let (Some(line), Some(column)) = (
            place(&down_index, down, row),
            place(&across_index, across, row),
        ) else {
            continue;
        };
        let cell = cells.entry((line, column)).or_insert(row);
        if row.mean.abs() > cell.mean.abs() {
            *cell = row;
        }
    }
    let cells = cells.into_iter();
    cells
        .map(|((line, column), row)| (line, column, row))
        .collect()
}
