//! Rows over a grid: grouped, said once where an axis makes no difference, and thinned where there are too many.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::layout::{Column, distinct};
use super::number;
use crate::result::{ArmSummary, At, Axis, Row};

/// Something that was worked out at each grid point.
pub trait OnGrid {
    fn at(&self) -> &At;
    fn outcome(&self) -> &str;
    /// Name of the contrast or the arm.
    fn name(&self) -> &str;
    fn mean(&self) -> f64;
    /// Whether all numbers are the same, whatever the grid point.
    fn same(&self, other: &Self) -> bool;
}

impl OnGrid for Row {
    fn at(&self) -> &At {
        &self.at
    }
    fn outcome(&self) -> &str {
        &self.outcome
    }
    fn name(&self) -> &str {
        &self.contrast
    }
    fn mean(&self) -> f64 {
        self.mean
    }
    fn same(&self, other: &Row) -> bool {
        let numbers = |r: &Row| (r.n, r.mean, r.sd, r.low, r.high, r.p, r.q);
        numbers(self) == numbers(other)
    }
}

impl OnGrid for ArmSummary {
    fn at(&self) -> &At {
        &self.at
    }
    fn outcome(&self) -> &str {
        &self.outcome
    }
    fn name(&self) -> &str {
        &self.arm
    }
    fn mean(&self) -> f64 {
        self.mean
    }
    fn same(&self, other: &ArmSummary) -> bool {
        let numbers = |a: &ArmSummary| (a.n, a.mean, a.sd);
        numbers(self) == numbers(other)
    }
}

/// A row and where it stands; no value on an axis that makes no difference to it.
pub struct Line<'a, T> {
    pub at: Vec<Option<&'a Value>>,
    pub row: &'a T,
}

/// The lines of one contrast or arm for one outcome.
pub type Group<'a, T> = Vec<Line<'a, T>>;

/// Groups by outcome and in order of first appearance, each with its rows in the order of the study.
pub fn groups<'a, T: OnGrid>(rows: &'a [T], axes: &[Axis]) -> Vec<Group<'a, T>> {
    let mut index: HashMap<(&str, &str), usize> = HashMap::new();
    let mut groups: Vec<Group<T>> = Vec::new();
    for row in rows {
        let key = (row.outcome(), row.name());
        let i = *index.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        let at = axes.iter().map(|axis| row.at().get(&axis.name)).collect();
        groups[i].push(Line { at, row });
    }
    let outcomes = distinct(rows.iter().map(OnGrid::outcome));
    groups.sort_by_key(|group| {
        let outcome = group.first().map(|line| line.row.outcome());
        outcomes.iter().position(|o| Some(*o) == outcome)
    });
    for group in &mut groups {
        for axis in 0..axes.len() {
            said_once(group, axis);
        }
    }
    groups
}

/// Leaves one line for all values of an axis where none of them makes a difference.
fn said_once<T: OnGrid>(group: &mut Group<T>, axis: usize) {
    let elsewhere = |line: &Line<T>| -> String {
        let others = line.at.iter().enumerate().filter(|(i, _)| *i != axis);
        format!("{:?}", others.collect::<Vec<_>>())
    };
    let mut firsts: HashMap<String, &T> = HashMap::new();
    let mut repeated = false;
    for line in group.iter() {
        match firsts.get(&elsewhere(line)) {
            Some(first) if !first.same(line.row) => return,
            Some(_) => repeated = true,
            None => {
                firsts.insert(elsewhere(line), line.row);
            }
        }
    }
    if !repeated {
        return;
    }
    let mut seen = HashSet::new();
    group.retain(|line| seen.insert(elsewhere(line)));
    for line in group {
        line.at[axis] = None;
    }
}

/// Cuts the groups down to about `limit` lines and says what was cut, or nothing where all fit.
///
/// A sweep over numbers is thinned evenly, so that its shape stays; of anything else the largest means stay. Lines
/// that `keep` holds to matter stay in any case.
pub fn thinned<T: OnGrid>(
    groups: &mut Vec<Group<T>>,
    axes: &[Axis],
    limit: usize,
    keep: impl Fn(&T) -> bool,
) -> Option<String> {
    let lines = |groups: &[Group<T>]| groups.iter().map(Vec::len).sum::<usize>();
    let before = lines(groups);
    if before <= limit {
        return None;
    }
    let mut kept = false;
    let mut keep = |row: &T| {
        let matters = keep(row);
        kept |= matters;
        matters
    };
    let shown = match stride(groups, axes, limit) {
        Some((axis, stride, index)) => {
            let last = axes[axis].values.len() - 1;
            for group in groups.iter_mut() {
                group.retain(|line| {
                    line.at[axis].is_none_or(|value| {
                        let i = index.get(&value.to_string()).copied().unwrap_or(0);
                        i % stride == 0 || i == last
                    }) || keep(line.row)
                });
            }
            format!("every {} value of `{}`", ordinal(stride), axes[axis].name)
        }
        None => {
            groups.truncate(limit);
            let each = limit / groups.len().max(1);
            for group in groups.iter_mut() {
                group.sort_by(|a, b| b.row.mean().abs().total_cmp(&a.row.mean().abs()));
                let mut rank = 0;
                group.retain(|line| {
                    rank += 1;
                    rank <= each || keep(line.row)
                });
            }
            "the largest means, largest first".to_string()
        }
    };
    let also = if kept {
        ", and what decides a claim"
    } else {
        ""
    };
    let left_out = before - lines(groups);
    let (left_out, before) = (number::count(left_out), number::count(before));
    Some(format!(
        "Shown: {shown}{also}. {left_out} of {before} rows are left out here; `--json` has all."
    ))
}

type Stride = (usize, usize, HashMap<String, usize>);

/// The longest axis of numbers and every how many of its values may be shown.
fn stride<T: OnGrid>(groups: &[Group<T>], axes: &[Axis], limit: usize) -> Option<Stride> {
    let (axis, values) = axes
        .iter()
        .enumerate()
        .filter(|(_, axis)| axis.values.iter().all(Value::is_number))
        .map(|(i, axis)| (i, &axis.values))
        .max_by_key(|(_, values)| values.len())?;
    let index = values
        .iter()
        .enumerate()
        .map(|(i, value)| (value.to_string(), i))
        .collect();
    let varying = |line: &&Line<T>| line.at[axis].is_some();
    let moving = groups.iter().flatten().filter(varying).count();
    let fixed = groups.iter().map(Vec::len).sum::<usize>() - moving;
    let a_value = moving / values.len().max(1);
    // At least four values of the axis, or its shape is lost.
    (2..=values.len() / 3)
        .find(|stride| fixed + a_value * (values.len() / stride + 2) <= limit)
        .map(|stride| (axis, stride, index))
}

fn ordinal(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (1, r) if r != 11 => "st",
        (2, r) if r != 12 => "nd",
        (3, r) if r != 13 => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

/// What stands on an axis that makes no difference.
pub const ALL: &str = "all";

/// A column for each axis on which some line has a value.
pub fn columns<T>(groups: &[Group<T>], axes: &[Axis]) -> Vec<Column> {
    axes.iter()
        .enumerate()
        .filter(|(i, _)| groups.iter().flatten().any(|line| line.at[*i].is_some()))
        .map(|(i, axis)| {
            let cells: Vec<String> = groups
                .iter()
                .flatten()
                .map(|line| line.at[i].map_or(ALL.to_string(), shown))
                .collect();
            let header = super::layout::with_unit(&axis.name, &axis.unit);
            if axis.values.iter().all(Value::is_number) {
                Column::numbers(&header, number::on_point(&cells))
            } else {
                Column::text(&header, cells)
            }
        })
        .collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Rows of the table that start a new group, where some group has several rows.
pub fn breaks<T>(groups: &[Group<T>]) -> Vec<usize> {
    if groups.iter().all(|group| group.len() == 1) {
        return Vec::new();
    }
    let starts = groups.iter().scan(0, |row, group| {
        *row += group.len();
        Some(*row)
    });
    starts.take(groups.len().saturating_sub(1)).collect()
}

/// A column with a word for each group, written on its first row only.
pub fn heading<'a, T>(
    header: &str,
    groups: &'a [Group<'a, T>],
    word: impl Fn(&'a T) -> String,
) -> Column {
    let cells = groups.iter().flat_map(|group| {
        group.iter().enumerate().map(|(i, line)| match i {
            0 => word(line.row),
            _ => String::new(),
        })
    });
    Column::text(header, cells.collect())
}
