//! Layouts of the table of contrasts, from the widest to the narrowest; the first that fits the terminal is used.

use super::grid::{self, Group};
use super::layout::{Column, Section, common_value, with_unit};
use gia_study::{Experiment, Row};

/// The column that is shown as headings between rows instead.
#[derive(Clone, Copy, Default, PartialEq)]
pub enum Headings {
    #[default]
    Nothing,
    Outcomes,
    OutcomesAndContrasts,
}

/// Ways to narrow the table.
#[derive(Clone, Copy, Default)]
pub struct TableForm {
    pub headings: Headings,
    /// Write p and q below 1e-99 as `< 1e-99`.
    pub short_chances: bool,
    /// Move the columns of ensembles to a table below.
    pub members_apart: bool,
    /// Put the mark after p and leave q out.
    pub without_q: bool,
}

pub const TABLE_FORMS: [TableForm; 7] = {
    let roomy = TableForm {
        headings: Headings::Nothing,
        short_chances: false,
        members_apart: false,
        without_q: false,
    };
    let short = TableForm {
        short_chances: true,
        ..roomy
    };
    let by_outcome = TableForm {
        headings: Headings::Outcomes,
        ..short
    };
    let by_contrast = TableForm {
        headings: Headings::OutcomesAndContrasts,
        ..short
    };
    let apart = TableForm {
        members_apart: true,
        ..by_outcome
    };
    let apart_by_contrast = TableForm {
        members_apart: true,
        ..by_contrast
    };
    let narrowest = TableForm {
        without_q: true,
        ..apart_by_contrast
    };
    [
        roomy,
        short,
        by_outcome,
        by_contrast,
        apart,
        apart_by_contrast,
        narrowest,
    ]
};

impl TableForm {
    /// The columns that distinguish rows.
    pub fn names(self, groups: &[Group<Row>], experiment: &Experiment) -> Vec<Column> {
        self.columns(groups, experiment, outcome)
    }

    /// The columns that distinguish rows, where numbers are not in the unit of the outcome.
    pub fn names_without_units(
        self,
        groups: &[Group<Row>],
        experiment: &Experiment,
    ) -> Vec<Column> {
        self.columns(groups, experiment, |row| row.outcome.to_string())
    }

    fn columns(
        self,
        groups: &[Group<Row>],
        experiment: &Experiment,
        outcome: impl Fn(&Row) -> String,
    ) -> Vec<Column> {
        let mut columns = Vec::new();
        if self.headings == Headings::Nothing && has_outcomes(experiment) {
            columns.push(grid::heading("outcome", groups, outcome).blank_repeats());
        }
        if self.headings != Headings::OutcomesAndContrasts && sole_contrast(experiment).is_none() {
            columns.push(grid::heading("contrast", groups, |r| r.contrast.clone()));
        }
        columns.extend(grid::columns(groups, &experiment.axes));
        columns
    }

    /// The first row of each group, with its heading.
    pub fn sections(self, groups: &[Group<Row>], experiment: &Experiment) -> Vec<Section> {
        let breaks = grid::group_starts(groups);
        let mut sections = Vec::new();
        let mut place = 0;
        let mut above = None;
        for group in groups {
            let Some(line) = group.first() else {
                continue;
            };
            let heading = self.heading(line.row, experiment);
            let is_new = heading != above;
            if is_new || breaks.contains(&place) {
                above.clone_from(&heading);
                sections.push(Section::new(place, heading.filter(|_| is_new)));
            }
            place += group.len();
        }
        sections
    }

    fn heading(self, row: &Row, experiment: &Experiment) -> Option<String> {
        let outcome =
            (self.headings != Headings::Nothing && has_outcomes(experiment)).then(|| outcome(row));
        let contrast = (self.headings == Headings::OutcomesAndContrasts
            && sole_contrast(experiment).is_none())
        .then(|| row.contrast.to_string());
        match (contrast, outcome) {
            (Some(contrast), Some(outcome)) => Some(format!("{contrast} of {outcome}")),
            (contrast, outcome) => contrast.or(outcome),
        }
    }
}

/// The contrast of every row, where the axes tell the rows apart.
pub fn sole_contrast(experiment: &Experiment) -> Option<&str> {
    let name = common_value(experiment.rows.iter().map(|row| row.contrast.as_str()))?;
    (experiment.rows.len() > 1 && !experiment.axes.is_empty()).then_some(name)
}

fn has_outcomes(experiment: &Experiment) -> bool {
    common_value(experiment.rows.iter().map(|row| &row.outcome)).is_none()
}

fn outcome(row: &Row) -> String {
    with_unit(&row.outcome, &row.unit)
}
