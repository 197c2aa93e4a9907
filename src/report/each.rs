//! Which rows of single backgrounds a report shows, and what is said below them.

use gia_study::{EachReport, Experiment, UnitRow};

use crate::number::count;

/// The rows of one contrast, those farthest from zero first if there are more than `most`.
pub fn rows_of_contrast(each: &EachReport, contrast: &str, most: usize) -> Vec<UnitRow> {
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (series, effects) in each.effects.iter().enumerate() {
        if effects.contrast == *contrast {
            places.extend((0..effects.values.len()).map(|index| (series, index)));
        }
    }
    if places.len() > most {
        let size = |&(series, index): &(usize, usize)| each.effects[series].values[index].abs();
        places.sort_by(|a, b| size(b).total_cmp(&size(a)));
        places.truncate(most);
    }
    let rows = places.into_iter();
    rows.map(|(series, index)| each.row(&each.effects[series], index))
        .collect()
}

/// The names of the contrasts with rows, each once.
pub fn contrasts(each: &EachReport) -> Vec<&str> {
    crate::display::distinct(each.effects.iter().map(|effects| effects.contrast.as_str()))
}

/// How many rows there are, of how many are shown, and how p and q are made.
pub fn note(experiment: &Experiment, contrast: &str, shown: usize) -> String {
    let Some(each) = &experiment.each else {
        return String::new();
    };
    let of_contrast = each.effects.iter().filter(|e| e.contrast == *contrast);
    let all: usize = of_contrast.map(|effects| effects.values.len()).sum();
    let mut parts = Vec::new();
    if shown < all {
        parts.push(format!(
            "The {} of {} rows farthest from zero; `show top N of each({}.{contrast})`, the JSON and `--values` have the others",
            count(shown),
            count(all),
            experiment.name,
        ));
    }
    match &each.null {
        Some(null) => parts.push(null.method.clone()),
        None => parts.push("Each row is one sequence, without replication".to_string()),
    }
    format!("{}.", parts.join(". "))
}
