//! Rows that a `show` of the script selects, in the order that it asks for.

use gia_plan::{Plan, Ranking};
use gia_study::{Experiment, Row, ShownRows, UnitRow};

/// The rows that each `show` of the plan selects from its experiments. Rows of equal means stay in the order of the grid.
pub fn select_shown_rows(plan: &Plan, experiments: &[Experiment]) -> Vec<ShownRows> {
    let each = plan.shows.iter().map(|show| {
        let planned = &plan.experiments[show.experiment];
        let experiment = &experiments[show.experiment];
        let contrast = &planned.design.contrasts[show.contrast].name;
        let outcome = show
            .outcome
            .map(|outcome| &planned.design.outcomes[outcome].name);
        let shown = |rows: Vec<Row>, each: Vec<UnitRow>| ShownRows {
            show: show.text.clone(),
            experiment: experiment.name.clone(),
            contrast: contrast.clone(),
            rows,
            each,
        };
        if let (true, Some(each)) = (show.each, &experiment.each) {
            let outcome = outcome.map(String::as_str);
            let mut rows: Vec<UnitRow> = each.rows(contrast, outcome).collect();
            if let Some((ranking, count)) = show.ranking {
                rows.sort_by(|a, b| match ranking {
                    Ranking::Top => b.effect.total_cmp(&a.effect),
                    Ranking::Bottom => a.effect.total_cmp(&b.effect),
                });
                rows.truncate(count);
            }
            return shown(Vec::new(), rows);
        }
        let asked_for = |row: &&Row| {
            row.contrast == *contrast && outcome.is_none_or(|outcome| row.outcome == *outcome)
        };
        let mut rows: Vec<Row> = experiment.rows.iter().filter(asked_for).cloned().collect();
        if let Some((ranking, count)) = show.ranking {
            rows.sort_by(|a, b| match ranking {
                Ranking::Top => b.mean.total_cmp(&a.mean),
                Ranking::Bottom => a.mean.total_cmp(&b.mean),
            });
            rows.truncate(count);
        }
        shown(rows, Vec::new())
    });
    each.collect()
}
