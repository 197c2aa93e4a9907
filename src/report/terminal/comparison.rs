//! Comparisons of two studies on a terminal: every effect that changed, with its interval.

use super::layout::{Column, Page, comma_separated, common_value, distinct, with_unit};
use super::number::{
    MISSING, align_on_point, count, harmonised_by_uncertainty, percent, probability, with_decimals,
};
use super::prefix;
use crate::display;
use gia_base::diag::{Style, replace_control};
use gia_study::{Comparison, EffectChange, EffectKey, EffectVerdict, GridPoint, Provenance};

/// Maximum number of rows that are listed.
const MAX_ROWS: usize = 60;
/// Maximum number of names that are listed; more are counted.
const MAX_NAMES: usize = 12;
/// Maximum number of reasons why effects are not paired that are listed; more are counted.
const MAX_REASONS: usize = 3;
/// Smallest p that is shown in full.
const MIN_SHOWN_P: f64 = 1e-99;

/// Formats a comparison: both studies, their effects side by side, and last the count of changes.
pub fn page(comparison: &Comparison, style: Style) -> String {
    let mut page = Page::new(style);
    for (word, provenance) in [("before", &comparison.before), ("after", &comparison.after)] {
        page.facts(&origin(word, provenance));
    }
    for experiment in distinct(comparison.effects.iter().map(|e| &e.of.experiment)) {
        page.gap();
        page.title(experiment);
        page.gap();
        let effects = comparison.effects.iter();
        let effects: Vec<_> = effects.filter(|e| e.of.experiment == *experiment).collect();
        table(&mut page, &effects, true);
    }
    let all: Vec<_> = comparison.effects.iter().collect();
    method_notes(&mut page, &all, comparison);
    unmatched_rows(&mut page, comparison);
    page.gap();
    let counts = page.style.bold(&change_counts(comparison));
    page.line(&counts);
    page.into_text()
}

/// Short summary of the changes, for a suite.
pub fn change_summary(page: &mut Page, comparison: &Comparison) {
    let changed = |effect: &&EffectChange| effect.change == EffectVerdict::Changed;
    let changed: Vec<_> = comparison.effects.iter().filter(changed).collect();
    if !changed.is_empty() {
        page.gap();
        table(page, &changed, false);
        method_notes(page, &changed, comparison);
    }
    unmatched_rows(page, comparison);
}

/// `26 effects: 1 changed, 24 unchanged, 1 undecided; 2 new, 1 gone`.
pub fn change_counts(comparison: &Comparison) -> String {
    let effects = comparison.effects.len();
    let kinds = [
        EffectVerdict::Changed,
        EffectVerdict::Unchanged,
        EffectVerdict::Undecided,
    ];
    let parts: Vec<String> = kinds
        .into_iter()
        .filter(|kind| comparison.count(*kind) > 0)
        .map(|kind| format!("{} {}", count(comparison.count(kind)), kind.word()))
        .collect();
    let plural = if effects == 1 { "" } else { "s" };
    let mut text = format!("{} effect{plural} in both", count(effects));
    if !parts.is_empty() {
        text += &format!(": {}", comma_separated(&parts));
    }
    let others = [(&comparison.new, "new"), (&comparison.gone, "gone")];
    let others = others.iter().filter(|(names, _)| !names.is_empty());
    let others: Vec<String> = others
        .map(|(names, word)| format!("{} {word}", count(names.len())))
        .collect();
    if !others.is_empty() {
        text += &format!("; {}", comma_separated(&others));
    }
    text
}

fn origin(word: &str, provenance: &Provenance) -> Vec<String> {
    let mut facts = vec![
        format!("{word}: {}", provenance.script.path),
        format!("seed: {}", provenance.seed),
    ];
    let models = provenance.models.iter();
    facts.extend(models.map(|model| format!("model: {} {}", model.name, prefix(&model.sha256))));
    facts.push(format!("gia {}", provenance.versions.gia));
    facts
}

/// Effects of one or several experiments, of one that a title names if it is so; if not all are shown, those that changed come first.
/// What all rows have in common stands above them instead of in a column.
fn table(page: &mut Page, effects: &[&EffectChange], titled: bool) {
    let mut shown = effects.to_vec();
    if shown.len() > MAX_ROWS {
        let rank = |effect: &&EffectChange| match effect.change {
            EffectVerdict::Changed => 0,
            EffectVerdict::Undecided => 1,
            EffectVerdict::Unchanged => 2,
        };
        shown.sort_by_key(rank);
        shown.truncate(MAX_ROWS);
    }
    let text = |header: &str, cell: &dyn Fn(&EffectChange) -> String| {
        Column::text(header, shown.iter().map(|effect| cell(effect)).collect())
    };
    let mut columns = Vec::new();
    let mut facts = Vec::new();
    match common_value(shown.iter().map(|e| &e.of.experiment)) {
        Some(experiment) if !titled => facts.push(format!("experiment: {experiment}")),
        Some(_) => {}
        None => {
            columns.push(text("experiment", &|e| e.of.experiment.clone()).blank_repeats());
        }
    }
    let outcome = |e: &EffectChange| with_unit(&e.of.outcome, &e.unit);
    match common_value(shown.iter().map(|e| outcome(e))) {
        Some(outcome) => facts.push(format!("outcome: {outcome}")),
        None => columns.push(text("outcome", &outcome).blank_repeats()),
    }
    columns.push(text("contrast", &|e| e.of.contrast.clone()));
    if shown.iter().any(|e| !e.of.at.is_empty()) {
        columns.push(text("at", &|e| grid_point_text(&e.of.at)));
    }
    let before = columns.len();
    columns.extend(numbers(&shown));
    if shown.iter().any(|e| e.paired.is_some()) {
        columns.push(chances(&shown));
    }
    columns.push(text("", &|e| e.change.word().to_string()));
    // With p, a narrow page has no room for a mean that follows from two other numbers.
    if shown.iter().any(|e| e.paired.is_some()) && !page.fits(&columns) {
        columns.remove(before);
        let contrast = common_value(shown.iter().map(|e| &e.of.contrast));
        let place = columns
            .iter()
            .position(|column| column.header == "contrast");
        if let (Some(contrast), Some(place), false) = (contrast, place, page.fits(&columns)) {
            columns.remove(place);
            facts.push(format!("contrast: {contrast}"));
        }
    }
    if !facts.is_empty() {
        page.facts(&facts);
        page.gap();
    }
    page.table(&columns, &[]);
    page.gap();
    if shown.len() < effects.len() {
        page.note(&format!(
            "{} of {} effects are shown, those that changed first.",
            count(shown.len()),
            count(effects.len())
        ));
    }
}

/// Both means, their difference and its interval, with digits chosen by the interval.
fn numbers(shown: &[&EffectChange]) -> Vec<Column> {
    let wanted: Vec<(&str, f64, Option<f64>)> = shown
        .iter()
        .map(|e| {
            let half = e.low.zip(e.high).map(|(low, high)| 0.5 * (high - low));
            (e.of.outcome.as_str(), e.after, half)
        })
        .collect();
    let digits = harmonised_by_uncertainty(&wanted);
    let cells = |number: &dyn Fn(&EffectChange) -> Option<f64>| -> Vec<String> {
        let cells = shown.iter().zip(&digits);
        let cells = cells
            .map(|(e, digits)| number(e).map_or(MISSING.into(), |x| with_decimals(x, *digits)));
        align_on_point(&cells.collect::<Vec<_>>())
    };
    let (low, high) = (cells(&|e| e.low), cells(&|e| e.high));
    let intervals = low.iter().zip(&high).zip(shown);
    let intervals = intervals.map(|((low, high), e)| match e.low {
        Some(_) => format!("[{low}, {high}]"),
        None => MISSING.to_string(),
    });
    let level = common_value(shown.iter().map(|e| e.level));
    let header = level.map_or("interval".into(), |l| format!("{} interval", percent(l)));
    vec![
        Column::numbers("before", cells(&|e| Some(e.before))),
        Column::numbers("after", cells(&|e| Some(e.after))),
        Column::numbers("difference", cells(&|e| Some(e.difference))),
        Column::numbers(&header, intervals.collect()),
    ]
}

/// p values of the differences that are paired.
fn chances(shown: &[&EffectChange]) -> Column {
    let cells = shown.iter().map(|effect| {
        let p = effect.paired.as_ref().and_then(|paired| paired.p);
        match p {
            Some(p) if p < MIN_SHOWN_P => format!("<{MIN_SHOWN_P:e}"),
            Some(p) => probability(p),
            None => MISSING.to_string(),
        }
    });
    Column::numbers("p", align_on_point(&cells.collect::<Vec<_>>()))
}

/// Notes on the methods of the numbers.
fn method_notes(page: &mut Page, effects: &[&EffectChange], comparison: &Comparison) {
    let methods = distinct(effects.iter().map(|e| e.method.as_str()));
    if methods.is_empty() {
        return;
    }
    page.note(&format!(
        "Intervals of differences: {}.",
        methods.join("; ")
    ));
    if effects.iter().any(|effect| effect.paired.is_some()) {
        page.note("p: of no mean difference between the runs, for each effect alone.");
    }
    let is_tested = effects.iter().any(|effect| effect.low.is_some());
    let of_run = comparison.unpaired.iter().filter(|_| is_tested);
    let of_effects = effects.iter().filter_map(|effect| effect.unpaired.as_ref());
    let mut reasons = distinct(of_run.chain(of_effects).map(String::as_str));
    if !reasons.is_empty() {
        let more = reasons.len().saturating_sub(MAX_REASONS);
        reasons.truncate(MAX_REASONS);
        let mut text = format!("Not paired by background: {}", reasons.join("; "));
        if more > 0 {
            let plural = if more == 1 { "" } else { "s" };
            text += &format!("; and {} more reason{plural}", count(more));
        }
        page.note(&format!("{text}."));
    }
    page.note(&format!(
        "Unchanged: the interval lies within {} of zero (equivalence).",
        comparison.margin
    ));
}

/// Rows of one study alone, and verdicts that differ.
fn unmatched_rows(page: &mut Page, comparison: &Comparison) {
    for (word, names) in [("new", &comparison.new), ("gone", &comparison.gone)] {
        if names.is_empty() {
            continue;
        }
        page.gap();
        page.line(&format!("{word}:"));
        for name in names.iter().take(MAX_NAMES) {
            page.line(&format!("  {}", replace_control(&row_name(name))));
        }
        if names.len() > MAX_NAMES {
            page.line(&format!("  and {} more", count(names.len() - MAX_NAMES)));
        }
    }
    if !comparison.claims.is_empty() {
        page.gap();
        page.line("claims whose verdict changed:");
    }
    for claim in &comparison.claims {
        let text = format!(
            "{}: {} before, now {}",
            gia_study::case_name(&claim.experiment, &claim.claim),
            display::verdict_word(claim.before),
            display::verdict_word(claim.after)
        );
        for line in page.wrapped(&text, "  ", "    ") {
            page.line(&line);
        }
    }
}

fn row_name(name: &EffectKey) -> String {
    let EffectKey {
        experiment,
        at,
        contrast,
        outcome,
    } = name;
    match at.is_empty() {
        true => format!("{experiment}: {contrast} of {outcome}"),
        false => format!(
            "{experiment}: {contrast} of {outcome} at {}",
            grid_point_text(at)
        ),
    }
}

/// `gap = 4, n = 3`.
pub fn grid_point_text(at: &GridPoint) -> String {
    let parts: Vec<String> = at
        .iter()
        .map(|(axis, value)| match value.as_str() {
            Some(name) => format!("{axis} = {name}"),
            None => format!("{axis} = {value}"),
        })
        .collect();
    comma_separated(&parts)
}
