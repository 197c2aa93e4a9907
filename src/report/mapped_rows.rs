//! Which rows of a saturation mutagenesis its map shows, so that no table or figure need show them again.

use std::borrow::Cow;

use gia_study::Experiment;

/// The experiment without the rows that its mutation map shows; as it is if it has no map.
pub fn without_mapped_rows(experiment: &Experiment) -> Cow<'_, Experiment> {
    let Some(map) = &experiment.mutation_map else {
        return Cow::Borrowed(experiment);
    };
    let is_mapped = |row: &gia_study::Row| {
        let mut mapped = map.importance.iter();
        mapped.any(|of| of.contrast == row.contrast && of.outcome == row.outcome)
    };
    let mut others = experiment.clone();
    others.rows.retain(|row| !is_mapped(row));
    Cow::Owned(others)
}
