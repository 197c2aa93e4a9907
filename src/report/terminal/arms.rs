//! The table of arms: outcomes before any comparison.

use super::grid::{self, Group};
use super::layout::{Column, Page, common_value, with_unit};
use super::number::{MISSING, align_on_point, count, harmonised_by_uncertainty, with_decimals};
use gia_study::{ArmSummary, Experiment};

/// Maximum number of lines; beyond it each arm gets one line with its range over the grid.
const MAX_LINES: usize = 12;
/// Half the width of a 95 % normal interval in standard errors, by which the digits of a mean are chosen.
const NORMAL_95: f64 = 1.96;

pub fn show(page: &mut Page, experiment: &Experiment) {
    if experiment.arms.is_empty() {
        return;
    }
    let mut groups = grid::groups(&experiment.arms, &experiment.axes);
    let ranged = groups.iter().map(Vec::len).sum::<usize>() > MAX_LINES;
    let whole: Vec<Group<ArmSummary>> = if ranged {
        let ends = groups.iter_mut().map(|group| group.drain(1..).collect());
        ends.collect()
    } else {
        groups.iter().map(|_| Vec::new()).collect()
    };

    let mut columns = Vec::new();
    if common_value(experiment.arms.iter().map(|arm| &arm.outcome)).is_none() {
        let outcome = |arm: &ArmSummary| with_unit(&arm.outcome, &arm.unit);
        columns.push(grid::heading("outcome", &groups, outcome).blank_repeats());
    }
    columns.push(grid::heading("arm", &groups, |arm| arm.arm.clone()));
    if !ranged {
        columns.extend(grid::columns(&groups, &experiment.axes));
    }
    // Each line with all summaries that it stands for.
    let lines: Vec<Vec<&ArmSummary>> = groups
        .iter()
        .zip(&whole)
        .flat_map(|(group, rest)| {
            group.iter().map(|line| {
                let rest = rest.iter().map(|line| line.row);
                std::iter::once(line.row).chain(rest).collect()
            })
        })
        .collect();
    columns.extend(numbers(&lines));

    page.gap();
    page.table(&columns, &grid::group_starts(&groups));
    if ranged {
        page.gap();
        page.note("a to b: minimum and maximum over the grid.");
    }
}

fn numbers(lines: &[Vec<&ArmSummary>]) -> Vec<Column> {
    let wanted: Vec<(&str, f64, Option<f64>)> = lines
        .iter()
        .filter_map(|line| line.first())
        .map(|arm| {
            let half = arm.sd.map(|sd| NORMAL_95 * sd / (arm.n as f64).sqrt());
            (arm.outcome.as_str(), arm.mean, half)
        })
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let column = |header: &str, number: &dyn Fn(&ArmSummary) -> Option<f64>| -> Column {
        let (mut low, mut high) = (Vec::new(), Vec::new());
        for (line, digits) in lines.iter().zip(&digits) {
            let known = || line.iter().filter_map(|arm| number(arm));
            let end = |x: Option<f64>| x.map_or(MISSING.to_string(), |x| with_decimals(x, *digits));
            low.push(end(known().min_by(f64::total_cmp)));
            high.push(end(known().max_by(f64::total_cmp)));
        }
        let ranges = low != high;
        let cells = align_on_point(&low).into_iter().zip(align_on_point(&high));
        let cells = cells.map(|(low, high)| match (ranges, low.trim() == high.trim()) {
            (false, _) => low,
            (true, true) => format!("{low}    {}", " ".repeat(high.len())),
            (true, false) => format!("{low} to {high}"),
        });
        Column::numbers(header, cells.collect())
    };

    let mut columns = Vec::new();
    let counts: Vec<usize> = lines.iter().flatten().map(|arm| arm.n).collect();
    if common_value(counts).is_none() {
        let cells = lines.iter().filter_map(|line| line.first());
        columns.push(Column::numbers(
            "n",
            cells.map(|arm| count(arm.n)).collect(),
        ));
    }
    match lines.iter().flatten().any(|arm| arm.n > 1) {
        true => {
            columns.push(column("mean", &|arm| Some(arm.mean)));
            columns.push(column("sd between backgrounds", &|arm| arm.sd));
        }
        false => columns.push(column("value", &|arm| Some(arm.mean))),
    }
    columns
}
