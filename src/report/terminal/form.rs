//! Forms of the table of contrasts, from the widest to the narrowest: the first that fits the terminal is taken.

use super::contrasts::sole;
use super::grid::{self, Group};
use super::layout::{Column, Section, only, with_unit};
use gia_study::{Experiment, Row};

/// What stands in headings between the rows and in no column.
#[derive(Clone, Copy, Default, PartialEq)]
pub enum Headings {
    #[default]
    Nothing,
    Outcomes,
    OutcomesAndContrasts,
}

/// How the table is made narrower.
#[derive(Clone, Copy, Default)]
pub struct Form {
    pub headings: Headings,
    /// Of p and q below 1e-99 only that.
    pub short_chances: bool,
    /// What an ensemble says stands in a table below.
    pub members_apart: bool,
    /// The mark stands behind p, and q in no column.
    pub without_q: bool,
}

pub const FORMS: [Form; 7] = {
    let roomy = Form {
        headings: Headings::Nothing,
        short_chances: false,
        members_apart: false,
        without_q: false,
    };
    let short = Form {
        short_chances: true,
        ..roomy
    };
    let by_outcome = Form {
        headings: Headings::Outcomes,
        ..short
    };
    let by_contrast = Form {
        headings: Headings::OutcomesAndContrasts,
        ..short
    };
    let apart = Form {
        members_apart: true,
        ..by_outcome
    };
    let apart_by_contrast = Form {
        members_apart: true,
        ..by_contrast
    };
    let narrowest = Form {
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

impl Form {
    /// The columns that tell rows apart.
    pub fn names(self, groups: &[Group<Row>], experiment: &Experiment) -> Vec<Column> {
        let mut columns = Vec::new();
        if self.headings == Headings::Nothing && has_outcomes(experiment) {
            columns.push(grid::heading("outcome", groups, outcome).said_once());
        }
        if self.headings != Headings::OutcomesAndContrasts && sole(experiment).is_none() {
            columns.push(grid::heading("contrast", groups, |r| r.contrast.clone()));
        }
        columns.extend(grid::columns(groups, &experiment.axes));
        columns
    }

    /// Where the groups begin, with what the columns leave to a heading.
    pub fn sections(self, groups: &[Group<Row>], experiment: &Experiment) -> Vec<Section> {
        let breaks = grid::breaks(groups);
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
            && sole(experiment).is_none())
        .then(|| row.contrast.to_string());
        match (contrast, outcome) {
            (Some(contrast), Some(outcome)) => Some(format!("{contrast} of {outcome}")),
            (contrast, outcome) => contrast.or(outcome),
        }
    }
}

fn has_outcomes(experiment: &Experiment) -> bool {
    only(experiment.rows.iter().map(|row| &row.outcome)).is_none()
}

fn outcome(row: &Row) -> String {
    with_unit(&row.outcome, &row.unit)
}
