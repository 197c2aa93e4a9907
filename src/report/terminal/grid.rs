//! Rows over a grid: grouped, merged over axes that make no difference, and reduced to the extremes if there are too many.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::layout::{Column, distinct};
use super::number;
use gia_study::{ArmSummary, Axis, GridPoint, Row};

/// A row of the study at a grid point.
pub trait GridRow {
    fn at(&self) -> &GridPoint;
    fn outcome(&self) -> &str;
    /// Name of the contrast or the arm.
    fn name(&self) -> &str;
    fn mean(&self) -> f64;
    /// Whether all numbers are equal, apart from the grid point.
    fn same(&self, other: &Self) -> bool;
}

impl GridRow for Row {
    fn at(&self) -> &GridPoint {
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

impl GridRow for ArmSummary {
    fn at(&self) -> &GridPoint {
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

/// A row with its values on the axes; none on an axis that makes no difference to it.
pub struct GridLine<'a, T> {
    pub at: Vec<Option<&'a Value>>,
    pub row: &'a T,
}

/// The lines of one contrast or arm for one outcome.
pub type Group<'a, T> = Vec<GridLine<'a, T>>;

/// Groups by outcome and in order of first appearance, each with its rows in the order of the study.
pub fn groups<'a, T: GridRow>(rows: &'a [T], axes: &[Axis]) -> Vec<Group<'a, T>> {
    let mut index: HashMap<(&str, &str), usize> = HashMap::new();
    let mut groups: Vec<Group<T>> = Vec::new();
    for row in rows {
        let key = (row.outcome(), row.name());
        let i = *index.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        let at = axes.iter().map(|axis| row.at().get(&axis.name)).collect();
        groups[i].push(GridLine { at, row });
    }
    let outcomes = distinct(rows.iter().map(GridRow::outcome));
    groups.sort_by_key(|group| {
        let outcome = group.first().map(|line| line.row.outcome());
        outcomes.iter().position(|o| Some(*o) == outcome)
    });
    for group in &mut groups {
        for axis in 0..axes.len() {
            merge_repeats(group, axis);
        }
    }
    groups
}

/// Merges the lines of all values of an axis that makes no difference.
fn merge_repeats<T: GridRow>(group: &mut Group<T>, axis: usize) {
    let elsewhere = |line: &GridLine<T>| -> String {
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

/// Minimum number of rows kept of a group if there are too many.
const MIN_ROWS_OF_A_GROUP: usize = 6;

/// Keeps all rows if there are at most `most`, else about `few` extremes, and says what was left out.
///
/// Along an axis of numbers, the lowest and the highest mean of each run of consecutive grid points stay, in order; regular
/// sampling could miss every peak. Otherwise the means furthest from 0 stay, in descending order. Lines that `keep` accepts
/// always stay.
pub fn keep_extremes<T: GridRow>(
    groups: &mut Vec<Group<T>>,
    axes: &[Axis],
    (most, few): (usize, usize),
    keep: impl Fn(&T) -> bool,
) -> Option<String> {
    let lines = |groups: &[Group<T>]| groups.iter().map(Vec::len).sum::<usize>();
    let before = lines(groups);
    if before <= most {
        return None;
    }
    let is_ordered = |i: usize| axes[i].values.iter().all(Value::is_number);
    let along_numbers = groups
        .iter()
        .flatten()
        .any(|line| (0..axes.len()).any(|i| line.at[i].is_some() && is_ordered(i)));
    let mut shown = Vec::new();
    let most_groups = (few / MIN_ROWS_OF_A_GROUP).max(1);
    if groups.len() > most_groups {
        let all = groups.len();
        keep_furthest(groups, most_groups, &keep);
        shown.push(format!(
            "the {} of {} contrasts and outcomes with the largest effects",
            number::count(groups.len()),
            number::count(all)
        ));
    }
    let each = (few / groups.len().max(1)).max(MIN_ROWS_OF_A_GROUP);
    let longest = groups.iter().map(Vec::len).max().unwrap_or(0);
    let mut kept = false;
    let mut keep = |row: &T| {
        let matters = keep(row);
        kept |= matters;
        matters
    };
    if along_numbers {
        let bin = longest.div_ceil((each / 2).max(1)).max(2);
        for group in groups.iter_mut() {
            let extremes = ends_of_bins(group, bin);
            let mut place = 0;
            group.retain(|line| {
                place += 1;
                extremes.contains(&(place - 1)) || keep(line.row)
            });
        }
        shown.push(format!(
            "the lowest and the highest of each {} grid points, in order",
            number::count(bin)
        ));
    } else {
        for group in groups.iter_mut() {
            group.sort_by(|a, b| b.row.mean().abs().total_cmp(&a.row.mean().abs()));
            let mut rank = 0;
            group.retain(|line| {
                rank += 1;
                rank <= each || keep(line.row)
            });
        }
        shown.push("the means furthest from 0, these first".to_string());
    }
    if kept {
        shown.push("rows that decide a claim".to_string());
    }
    let left_out = before - lines(groups);
    let (left_out, before) = (number::count(left_out), number::count(before));
    Some(format!(
        "Shown: {}. {left_out} of {before} rows are left out here; `--json` has all.",
        shown.join("; ")
    ))
}

/// Keeps the groups with the means furthest from 0 and those with a line that must stay, in their order.
fn keep_furthest<T: GridRow>(groups: &mut Vec<Group<T>>, most: usize, keep: &impl Fn(&T) -> bool) {
    let furthest = |group: &Group<T>| {
        let means = group.iter().map(|line| line.row.mean().abs());
        means.fold(0.0, f64::max)
    };
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by(|&a, &b| furthest(&groups[b]).total_cmp(&furthest(&groups[a])));
    let chosen: HashSet<usize> = order.into_iter().take(most).collect();
    let mut place = 0;
    groups.retain(|group| {
        place += 1;
        chosen.contains(&(place - 1)) || group.iter().any(|line| keep(line.row))
    });
}

/// Indices of the lines with the lowest and the highest mean of each bin.
fn ends_of_bins<T: GridRow>(group: &Group<T>, bin: usize) -> HashSet<usize> {
    let mut places = HashSet::new();
    for (number, lines) in group.chunks(bin).enumerate() {
        let mean = |i: &usize| lines[*i].row.mean();
        let by_mean = |a: &usize, b: &usize| mean(a).total_cmp(&mean(b));
        let low = (0..lines.len()).min_by(by_mean);
        let high = (0..lines.len()).max_by(by_mean);
        places.extend(low.into_iter().chain(high).map(|i| number * bin + i));
    }
    places
}

/// Cell for an axis that makes no difference.
pub const ALL_VALUES: &str = "all";

/// A column for each axis on which some line has a value.
pub fn columns<T>(groups: &[Group<T>], axes: &[Axis]) -> Vec<Column> {
    axes.iter()
        .enumerate()
        .filter(|(i, _)| groups.iter().flatten().any(|line| line.at[*i].is_some()))
        .map(|(i, axis)| {
            let cells: Vec<String> = groups
                .iter()
                .flatten()
                .map(|line| line.at[i].map_or(ALL_VALUES.to_string(), shown))
                .collect();
            let header = super::layout::with_unit(&axis.name, &axis.unit);
            if axis.values.iter().all(Value::is_number) {
                Column::numbers(&header, number::align_on_point(&cells))
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

/// Rows that start a new group, if some group has several rows.
pub fn group_starts<T>(groups: &[Group<T>]) -> Vec<usize> {
    if groups.iter().all(|group| group.len() == 1) {
        return Vec::new();
    }
    let starts = groups.iter().scan(0, |row, group| {
        *row += group.len();
        Some(*row)
    });
    starts.take(groups.len().saturating_sub(1)).collect()
}

/// A column with the name of each group on its first row only.
pub fn heading<'a, T, W: Into<String>>(
    header: &str,
    groups: &'a [Group<'a, T>],
    word: impl Fn(&'a T) -> W,
) -> Column {
    let cells = groups.iter().flat_map(|group| {
        group.iter().enumerate().map(|(i, line)| match i {
            0 => word(line.row).into(),
            _ => String::new(),
        })
    });
    Column::text(header, cells.collect())
}
