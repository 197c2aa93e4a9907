//! The table of contrasts, each with its mean, interval and tests.

use super::form::{TABLE_FORMS, TableForm};
use super::grid::{self, Group};
use super::layout::{Column, Page, comma_separated, common_value, distinct, with_unit};
use super::map;
use super::number::{
    MISSING, align_on_point, count, harmonised_by_uncertainty, is_single, percent, probability,
    with_decimals,
};
use crate::display::is_of_mean;
use gia_study::{Experiment, Row, Scale, SharedStr, Summary};

/// Mark after the q of a significant row.
const SIGNIFICANCE_MARK: &str = "*";
/// Maximum number of rows of a complete table; larger ones are for other tools to search.
const MAX_ROWS: usize = 250;
/// Approximate number of extremes that are kept of more rows.
const MAX_EXTREMES: usize = 60;

/// Smallest p that a narrow table writes out; a smaller one is written as `<` this.
const MIN_NARROW_P: f64 = 1e-99;

/// Maximum number of summaries side by side in one table.
const MAX_SUMMARIES: usize = 2;

pub fn show(page: &mut Page, experiment: &Experiment) {
    let rows = &experiment.rows;
    if rows.is_empty() {
        return;
    }
    let mut groups = grid::groups(rows, &experiment.axes);
    let decides = |row: &Row| {
        experiment.claims.iter().any(|claim| {
            (claim.contrast.as_str(), claim.outcome.as_str()) == (&row.contrast, &row.outcome)
                && claim.deciding.at == row.at
        })
    };
    let cut = grid::keep_extremes(
        &mut groups,
        &experiment.axes,
        (MAX_ROWS, MAX_EXTREMES),
        decides,
    );
    let once = groups.iter().flatten().any(|l| l.at.contains(&None));

    let mut form = TableForm::default();
    let mut columns = Vec::new();
    for next in TABLE_FORMS {
        form = next;
        columns = form.names(&groups, experiment);
        columns.extend(numbers(&groups, form));
        if page.fits(&columns) {
            break;
        }
    }

    if cut.is_some() {
        map::show(page, experiment);
    }
    page.gap();
    page.sections(&columns, &form.sections(&groups, experiment));
    page.gap();
    if form.members_apart {
        let mut columns = form.names(&groups, experiment);
        columns.extend(members(&groups));
        page.sections(&columns, &form.sections(&groups, experiment));
        page.gap();
    }
    if let Some(cut) = cut {
        page.note(&cut);
    }
    page.note(&method_notes(experiment, once, form, page.style.unicode));
    summaries(page, &groups, experiment);
}

/// The table of summaries besides the mean.
fn summaries(page: &mut Page, groups: &[Group<Row>], experiment: &Experiment) {
    let rows: Vec<&Row> = groups.iter().flatten().map(|line| line.row).collect();
    let Some(first) = rows.iter().find(|row| !row.summaries.is_empty()) else {
        return;
    };
    let places: Vec<usize> = (0..first.summaries.len()).collect();
    let tables = |side_by_side: usize, form: TableForm| -> Vec<Vec<Column>> {
        let chunks = places.chunks(side_by_side);
        let table = chunks.map(|places| {
            let mut columns = form.names_without_units(groups, experiment);
            columns.extend(places.iter().flat_map(|&i| summary_columns(&rows, i)));
            columns
        });
        table.collect()
    };
    let mut chosen = (Vec::new(), TableForm::default());
    let sizes = [MAX_SUMMARIES, 1].into_iter();
    for (size, form) in sizes.flat_map(|size| TABLE_FORMS.map(|form| (size, form))) {
        chosen = (tables(size, form), form);
        if chosen.0.iter().all(|columns| page.fits(columns)) {
            break;
        }
    }
    let (tables, form) = chosen;
    for columns in tables {
        page.gap();
        page.sections(&columns, &form.sections(groups, experiment));
        page.gap();
    }
    let methods = distinct(
        rows.iter()
            .flat_map(|row| &row.summaries)
            .map(|s| format!("{}: {}", s.summary, s.method)),
    );
    page.note(&format!("{}.", methods.join(". ")));
}

/// The columns of one summary: its value with its interval, and its p.
fn summary_columns(rows: &[&Row], i: usize) -> Vec<Column> {
    let mut columns = Vec::new();
    let found: Vec<_> = rows.iter().filter_map(|row| row.summaries.get(i)).collect();
    let Some(word) = found.first().map(|s| s.summary.as_str()) else {
        return columns;
    };
    let wanted: Vec<(&str, f64, Option<f64>)> = found
        .iter()
        .map(|s| {
            let half = s.low.zip(s.high).map(|(low, high)| (high - low) / 2.0);
            (s.summary.as_str(), s.value.unwrap_or(0.0), half)
        })
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let cells = |number: &dyn Fn(&Summary) -> Option<f64>| -> Vec<String> {
        let cells = found.iter().zip(&digits).map(|(s, digits)| {
            number(s).map_or(MISSING.to_string(), |x| with_decimals(x, *digits))
        });
        align_on_point(&cells.collect::<Vec<_>>())
    };
    let with_interval = found.iter().any(|s| s.low.is_some());
    if with_interval || !is_of_mean(word) {
        columns.push(Column::numbers(word, cells(&|s| s.value)));
    }
    if with_interval {
        let (low, high) = (cells(&|s| s.low), cells(&|s| s.high));
        let both = low.iter().zip(&high).zip(&found);
        let both = both.map(|((low, high), s)| match s.low {
            Some(_) => format!("[{low}, {high}]"),
            None => MISSING.to_string(),
        });
        columns.push(Column::numbers(&interval_heading(rows), both.collect()));
    }
    if found.iter().any(|s| s.p.is_some()) {
        let cells = found
            .iter()
            .map(|s| s.p.map_or(MISSING.to_string(), probability));
        // It tests what the note below the table says of this word, and not the mean.
        columns.push(Column::numbers(
            &format!("{word} p"),
            align_on_point(&cells.collect::<Vec<_>>()),
        ));
    }
    columns
}

/// A table of all given rows, in their order.
pub fn show_rows(page: &mut Page, experiment: &Experiment, rows: &[Row]) {
    let picked = Experiment {
        rows: rows.to_vec(),
        claims: Vec::new(),
        ..experiment.clone()
    };
    if rows.is_empty() {
        return;
    }
    let groups: Vec<Group<Row>> = vec![
        picked
            .rows
            .iter()
            .map(|row| grid::GridLine {
                at: picked
                    .axes
                    .iter()
                    .map(|axis| row.at.get(&axis.name))
                    .collect(),
                row,
            })
            .collect(),
    ];
    let mut columns = Vec::new();
    if common_value(rows.iter().map(|r| &r.outcome)).is_none() {
        columns.push(grid::heading("outcome", &groups, |r| {
            with_unit(&r.outcome, &r.unit)
        }));
    }
    columns.extend(grid::columns(&groups, &picked.axes));
    let names = columns.len();
    for form in TABLE_FORMS {
        columns.truncate(names);
        columns.extend(numbers(&groups, form));
        if page.fits(&columns) {
            break;
        }
    }
    page.gap();
    page.table(&columns, &[]);
}

fn numbers(groups: &[Group<Row>], form: TableForm) -> Vec<Column> {
    let rows: Vec<&Row> = groups.iter().flatten().map(|line| line.row).collect();
    let digits = row_decimals(&rows);
    let means = effects(&rows, &digits, &|r| Some(r.mean));

    let mut columns = Vec::new();
    if common_value(rows.iter().map(|r| r.n)).is_none() {
        let cells: Vec<String> = rows.iter().map(|r| count(r.n)).collect();
        columns.push(Column::numbers("n", cells));
    }
    let has_intervals = rows.iter().any(|r| r.n > 1);
    let heading = if has_intervals {
        "mean effect"
    } else {
        "effect"
    };
    columns.push(Column::numbers(heading, means));

    if has_intervals {
        columns.push(Column::numbers(
            &interval_heading(&rows),
            intervals(&rows, &digits),
        ));
    }
    if common_value(rows.iter().map(|r| r.level)).is_none() {
        let cells = rows.iter().map(|r| percent(r.level)).collect();
        columns.push(Column::numbers("level", cells));
    }

    if !form.members_apart {
        columns.extend(members(groups));
    }

    let chances = |number: &dyn Fn(&Row) -> Option<f64>| -> Vec<String> {
        let cells = rows.iter().map(|row| match number(row) {
            Some(p) if form.short_chances && p < MIN_NARROW_P => format!("<{MIN_NARROW_P:e}"),
            Some(p) => probability(p),
            None => MISSING.to_string(),
        });
        align_on_point(&cells.collect::<Vec<_>>())
    };
    let marked = |name: &str, cells: Vec<String>| -> Column {
        // The header stands over the numbers, not over the marks.
        let header = format!("{name}{}", " ".repeat(SIGNIFICANCE_MARK.len() + 1));
        let cells = cells.into_iter().zip(&rows).map(|(cell, row)| {
            let mark = if row.significant == Some(true) {
                SIGNIFICANCE_MARK
            } else {
                " "
            };
            format!("{cell} {mark}")
        });
        Column::numbers(&header, cells.collect())
    };
    let with_q = has_q(&rows);
    if rows.iter().any(|r| r.p.is_some()) {
        let cells = chances(&|r| r.p);
        columns.push(match with_q && form.without_q {
            true => marked("p", cells),
            false => Column::numbers("p", cells),
        });
    }
    if with_q && !form.without_q {
        columns.push(marked("q", chances(&|r| r.q)));
    }
    columns
}

/// Decimals of each row's numbers.
fn row_decimals(rows: &[&Row]) -> Vec<i32> {
    let wanted: Vec<(&str, f64, Option<f64>)> = rows
        .iter()
        .map(|r| {
            let half = r.low.zip(r.high).map(|(low, high)| (high - low) / 2.0);
            (r.outcome.as_str(), r.mean, half)
        })
        .collect();
    harmonised_by_uncertainty(&wanted)
}

/// A column of numbers in the outcome's unit, one per row.
fn effects(rows: &[&Row], digits: &[i32], number: &dyn Fn(&Row) -> Option<f64>) -> Vec<String> {
    let cells = rows.iter().zip(digits).map(|(row, digits)| {
        number(row).map_or(MISSING.to_string(), |x| with_decimals(x, *digits))
    });
    align_on_point(&cells.collect::<Vec<_>>())
}

/// The agreement of the members of an ensemble; empty if there is none.
fn members(groups: &[Group<Row>]) -> Vec<Column> {
    let rows: Vec<&Row> = groups.iter().flatten().map(|line| line.row).collect();
    let digits = row_decimals(&rows);
    let mut columns = Vec::new();
    let sizes = rows.iter().filter_map(|r| r.members.as_ref());
    if let Some(size) = sizes.map(|members| members.means.len()).max() {
        let sd = effects(&rows, &digits, &|r| {
            r.members.as_ref().map(|members| members.sd)
        });
        columns.push(Column::numbers(&format!("sd of {size} models"), sd));
        let agreeing = rows.iter().map(|r| match &r.members {
            Some(members) => format!("{} of {}", members.agree, members.means.len()),
            None => MISSING.to_string(),
        });
        columns.push(Column::numbers("same sign", agreeing.collect()));
        let such = rows
            .iter()
            .zip(&digits)
            .map(|(r, digits)| match &r.members {
                Some(members) => {
                    let ends = [members.low, members.high].map(|end| with_decimals(end, *digits));
                    format!("[{}]", ends.join(", "))
                }
                None => MISSING.to_string(),
            });
        columns.push(Column::numbers("for such models", such.collect()));
    }
    columns
}

/// `95 % interval`, if all have the same level.
fn interval_heading(rows: &[&Row]) -> String {
    match common_value(rows.iter().map(|r| r.level)) {
        Some(level) => format!("{} interval", percent(level)),
        None => "interval".to_string(),
    }
}

/// `[0.846, 0.900]`, with ends aligned if all have equally many decimals.
fn intervals(rows: &[&Row], digits: &[i32]) -> Vec<String> {
    let ends = |end: &dyn Fn(&Row) -> Option<f64>| -> Vec<String> {
        let cells = rows.iter().zip(digits).map(|(row, digits)| match end(row) {
            Some(x) => with_decimals(x, *digits),
            None => String::new(),
        });
        let cells: Vec<String> = cells.collect();
        if common_value(digits).is_some() {
            align_on_point(&cells)
        } else {
            cells
        }
    };
    let (low, high) = (ends(&|r| r.low), ends(&|r| r.high));
    let cells = rows.iter().zip(low.iter().zip(&high));
    cells
        .map(|(row, (low, high))| match row.low.and(row.high) {
            Some(_) => format!("[{low}, {high}]"),
            None => MISSING.to_string(),
        })
        .collect()
}

/// Over a family of one, q is p.
fn has_q(rows: &[&Row]) -> bool {
    rows.iter().any(|r| r.q.is_some() && r.family.size > 1)
}

/// Maximum number of families that are named; more are counted.
const NAMED_FAMILIES: usize = 3;

/// Notes on the methods of intervals, p and q.
fn method_notes(experiment: &Experiment, once: bool, form: TableForm, unicode: bool) -> String {
    let rows = &experiment.rows;
    let methods: Vec<String> = distinct(rows.iter().map(|r| &r.method))
        .into_iter()
        .map(SharedStr::to_string)
        .collect();
    let mut sentences = match is_single(rows) {
        true => Vec::new(),
        false => vec![format!("Interval and p: {}.", methods.join("; "))],
    };
    if has_q(&rows.iter().collect::<Vec<_>>()) {
        let families = distinct(
            rows.iter()
                .filter(|r| r.q.is_some())
                .map(|r| (&r.family.method, r.family.size, &r.family.of)),
        );
        let methods: Vec<String> = distinct(families.iter().map(|f| f.0))
            .into_iter()
            .map(SharedStr::to_string)
            .collect();
        let sizes = || families.iter().map(|f| f.1);
        let size = match common_value(sizes()) {
            Some(size) => count(size),
            None => format!(
                "{} to {}",
                count(sizes().min().unwrap_or(0)),
                count(sizes().max().unwrap_or(0))
            ),
        };
        let named: Vec<String> = families.iter().map(|f| f.2.to_string()).collect();
        let over = match named.as_slice() {
            [one] => format!("{size} tests ({one})"),
            few if few.len() <= NAMED_FAMILIES => {
                format!(
                    "{size} tests in each of {} families ({})",
                    few.len(),
                    comma_separated(few)
                )
            }
            many => format!("{size} tests in each of {} families", many.len()),
        };
        sentences.push(format!(
            "q: p adjusted by {} over {over}.",
            comma_separated(&methods)
        ));
        let tested = rows.iter().filter(|r| r.significant.is_some()).count();
        let found = rows.iter().filter(|r| r.significant == Some(true)).count();
        sentences.push(format!(
            "`{SIGNIFICANCE_MARK}`: q {} {}, in {} of {} tests.",
            if unicode { "≤" } else { "<=" },
            experiment.fdr,
            count(found),
            count(tested)
        ));
    }
    if form.without_q && has_q(&rows.iter().collect::<Vec<_>>()) {
        sentences.push("The q column does not fit here; `--csv` has it.".to_string());
    }
    if rows.iter().any(|row| row.members.is_some()) {
        sentences.push(
            "sd of models: between the effects under the members of the ensemble; same sign: members whose effect has the sign of their \
             mean. The first interval is for these members, the second for models like these (members and backgrounds both random)."
                .to_string(),
        );
    }
    for (scale, meaning) in [
        (Scale::Additive, "that effects add"),
        (
            Scale::Log,
            "that effects multiply, the outcome being a logarithm",
        ),
        (
            Scale::Logit,
            "that odds multiply, the outcome being a logit",
        ),
    ] {
        let of = experiment.scales.iter().filter(|of| of.scale == scale);
        let outcomes: Vec<String> = of.map(|of| of.outcome.clone()).collect();
        if outcomes.is_empty() {
            continue;
        }
        let on = match (outcomes.len(), experiment.scales.len()) {
            (some, all) if some == all => String::new(),
            _ => format!(" of {}", comma_separated(&outcomes)),
        };
        sentences.push(format!("An interaction{on} of 0 means {meaning}."));
    }
    if once {
        sentences.push(format!(
            "`{}`: the same at every value of that axis.",
            grid::ALL_VALUES
        ));
    }
    sentences.join(" ")
}
