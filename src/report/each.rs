//! Which rows of single backgrounds a report shows, and what is said below them.

use gia_base::spelling::is_name;
use gia_study::{EachReport, EffectValues, Experiment, UnitRow};

use crate::display::distinct;
use crate::number::count;

/// The rows of one table: those of a contrast, or of one of its outcomes.
pub struct EachTable<'e> {
    pub contrast: &'e str,
    /// The outcome whose rows are shown; none if the table has all of them.
    outcome: Option<&'e str>,
    pub rows: Vec<UnitRow>,
    /// Number of rows, shown or not.
    all: usize,
}

/// The tables of the contrasts, with at most so many rows each, those farthest from zero.
///
/// Rows of several outcomes, which may have different units, are not put in one order: if some are left out, each outcome has a table.
pub fn tables(each: &EachReport, most: usize) -> Vec<EachTable<'_>> {
    let names = distinct(each.effects.iter().map(|effects| effects.contrast.as_str()));
    let of_contrast = names.into_iter().flat_map(|contrast| {
        let whole = table(each, contrast, None, most);
        let outcomes = outcomes(each);
        match whole.rows.len() < whole.all && outcomes.len() > 1 {
            true => {
                let outcomes = outcomes.into_iter();
                outcomes
                    .map(|outcome| table(each, contrast, Some(outcome), most))
                    .collect()
            }
            false => vec![whole],
        }
    });
    of_contrast.collect()
}

fn table<'e>(
    each: &'e EachReport,
    contrast: &'e str,
    outcome: Option<&'e str>,
    most: usize,
) -> EachTable<'e> {
    let is_wanted = |effects: &EffectValues| {
        effects.contrast == *contrast && outcome.is_none_or(|outcome| effects.outcome == *outcome)
    };
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (series, effects) in each.effects.iter().enumerate() {
        if is_wanted(effects) {
            places.extend((0..effects.values.len()).map(|index| (series, index)));
        }
    }
    let all = places.len();
    if all > most {
        let size = |&(series, index): &(usize, usize)| each.effects[series].values[index].abs();
        places.sort_by(|a, b| size(b).total_cmp(&size(a)));
        places.truncate(most);
    }
    let rows = places.into_iter();
    EachTable {
        contrast,
        outcome,
        rows: rows
            .map(|(series, index)| each.row(&each.effects[series], index))
            .collect(),
        all,
    }
}

/// The names of the outcomes with rows, each once.
fn outcomes(each: &EachReport) -> Vec<&str> {
    distinct(each.effects.iter().map(|effects| effects.outcome.as_str()))
}

/// Whether rows say their outcome: if the experiment has several, of whatever outcome the shown rows are.
pub fn names_outcome(experiment: &Experiment) -> bool {
    let each = experiment.each.as_ref();
    each.is_some_and(|each| outcomes(each).len() > 1)
}

/// Whether rows say their grid point: if the experiment has axes, at whatever grid point the shown rows lie.
pub fn names_grid_point(rows: &[UnitRow]) -> bool {
    rows.iter().any(|row| !row.at.is_empty())
}

/// How many rows there are, of how many are shown, and how p and q are made.
pub fn note(experiment: &Experiment, table: &EachTable) -> String {
    let Some(each) = &experiment.each else {
        return String::new();
    };
    let mut parts = Vec::new();
    if table.rows.len() < table.all {
        let of_outcome = match table.outcome {
            Some(outcome) => format!(" of {outcome}"),
            None => String::new(),
        };
        let how = match show_statement(experiment, table) {
            Some(show) => format!("`{show}`, the JSON and `--values`"),
            None => "the JSON and `--values`".to_string(),
        };
        parts.push(format!(
            "The {} of {} rows{of_outcome} farthest from zero; {how} have the others",
            count(table.rows.len()),
            count(table.all),
        ));
    }
    match &each.null {
        Some(null) => parts.push(null.method.clone()),
        None => parts.push("Each row is one sequence, without replication".to_string()),
    }
    format!("{}.", parts.join(". "))
}

/// The statement that shows other rows; none if it cannot name the outcome, which has no name of its own.
fn show_statement(experiment: &Experiment, table: &EachTable) -> Option<String> {
    let of = format!("{}.{}", experiment.name, table.contrast);
    match table.outcome {
        None => Some(format!("show top N of each({of})")),
        Some(outcome) => is_name(outcome).then(|| format!("show top N of each({of}.{outcome})")),
    }
}
