//! `report drivers` in words, for the terminal and the page.

use gia_study::{Driver, Drivers, Experiment, Row, TenthMean};

use crate::display::grid_point_text;
use crate::number::{count, four_digits};

/// Maximum number of regressions of an experiment that a page shows with their features; the study holds all.
const MAX_ON_PAGE: usize = 12;

/// The rows that have drivers.
pub fn rows_with_drivers(experiment: &Experiment) -> Vec<(&Row, &Drivers)> {
    let rows = experiment.rows.iter();
    rows.filter_map(|row| Some((row, row.drivers.as_deref()?)))
        .collect()
}

/// The rows whose drivers a page shows, and the number of those that it does not.
pub fn shown_rows(experiment: &Experiment) -> (Vec<(&Row, &Drivers)>, usize) {
    let mut all = rows_with_drivers(experiment);
    let more = all.len().saturating_sub(MAX_ON_PAGE);
    all.truncate(MAX_ON_PAGE);
    (all, more)
}

/// The feature that explains most of the variance alone; none if nothing was fitted.
pub fn strongest(drivers: &Drivers) -> Option<&Driver> {
    let features = drivers.features.iter();
    features.max_by(|a, b| a.unique.total_cmp(&b.unique))
}

/// Says how many regressions are not shown; none if all are.
pub fn more_text(more: usize) -> Option<String> {
    (more > 0).then(|| {
        format!(
            "The drivers of {} more rows are in the study that `--json` writes.",
            count(more)
        )
    })
}

/// What a regression is about: `effect of ctcf at gap = 5 bp`.
pub fn subject(experiment: &Experiment, row: &Row) -> String {
    let mut subject = format!("{} of {}", row.contrast, row.outcome);
    if !row.at.is_empty() {
        subject += &format!(" at {}", grid_point_text(&row.at, &experiment.axes));
    }
    subject
}

/// How much is explained, or why nothing is.
pub fn explained(drivers: &Drivers) -> String {
    let (Some(r2), Some(adjusted)) = (drivers.r2, drivers.adjusted_r2) else {
        let why = drivers.note.as_deref().unwrap_or("no regression");
        return format!("not fitted: {why}");
    };
    let n = match drivers.sources {
        Some(sources) => format!("{} of {} sources", count(drivers.n), count(sources)),
        None => count(drivers.n),
    };
    let unseen = match drivers.cross_validated_r2 {
        Some(r2) => format!("cross-validated {}", share(r2)),
        None => "not cross-validated".to_string(),
    };
    format!(
        "{} of the variance between backgrounds explained (adjusted {}, {unseen}; n = {n})",
        share(r2),
        share(adjusted),
    )
}

/// A share of the variance, to a tenth of a percent.
pub fn share(x: f64) -> String {
    // The sum makes a negative zero positive.
    format!("{:.1} %", (x * 1000.0).round() / 10.0 + 0.0)
}

/// `By tenths of control: 10.1 [9.9, 10.4] in the lowest (-11.0 to -6.8), ... in the highest (...)`; none without tenths.
pub fn tenths_text(driver: &Driver) -> Option<String> {
    let [lowest, .., highest] = driver.tenths.as_slice() else {
        return None;
    };
    let one = |tenth: &TenthMean| {
        let interval = match (tenth.low, tenth.high) {
            (Some(low), Some(high)) => format!(" [{}, {}]", four_digits(low), four_digits(high)),
            _ => String::new(),
        };
        format!("{}{interval}", four_digits(tenth.mean))
    };
    let at = |tenth: &TenthMean| match tenth.from == tenth.to {
        true => value(tenth.from),
        false => format!("{} to {}", value(tenth.from), value(tenth.to)),
    };
    // Equal values are not divided, so groups of counts are larger or smaller than a tenth.
    let word = match driver.tenths.len() {
        10 => "tenth",
        _ => "group",
    };
    Some(format!(
        "Mean by {}: {} in the lowest {word} ({}), {} in the highest ({}).",
        driver.feature,
        one(lowest),
        at(lowest),
        one(highest),
        at(highest),
    ))
}

/// The value of a feature: counts without decimals.
fn value(x: f64) -> String {
    match x.fract() == 0.0 && x.abs() < 1e6 {
        true => format!("{x:.0}"),
        false => four_digits(x),
    }
}

/// The features that took no part, with the reasons; none if all did.
pub fn dropped_text(drivers: &Drivers) -> Option<String> {
    let each = drivers.dropped.iter();
    let each: Vec<String> = each
        .map(|d| format!("{} {}", d.feature, d.reason))
        .collect();
    (!each.is_empty()).then(|| format!("Left out: {}.", each.join("; ")))
}

/// How the slope on the control is to be read, where the contrast contains the control.
pub fn construction_text(drivers: &Drivers) -> Option<String> {
    let weight = drivers
        .features
        .iter()
        .find_map(|driver| driver.by_construction)?;
    Some(match weight == -1.0 {
        true => "Where a contrast subtracts the control, 0 per unit of it means that the edits add the same to every background, \
                 and -1 that the edited outcome does not depend on it."
            .to_string(),
        false => {
            let weight = value(weight);
            format!(
                "Where a contrast contains {weight} times the control, {weight} per unit of it means that the other arms do not \
                 depend on it."
            )
        }
    })
}
