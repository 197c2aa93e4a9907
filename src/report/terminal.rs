//! Studies on a terminal.
//!
//! What is the same on every row is said once above the table, and how the numbers were made right below it. Each
//! mean has its interval beside it.

mod arms;
mod attribution_map;
mod chart;
mod claims;
mod comparison;
mod contrasts;
mod curves;
mod drivers;
mod each;
mod evaluations;
mod form;
mod grid;
mod influence_map;
mod layout;
mod logo;
mod map;
mod mutation_map;
mod network;
mod null;
mod pooled;
mod power;
mod seeds;
mod suite;
mod sweep;
mod tracks;

use super::display::MAX_HAPLOTYPES;
use gia_base::diag::Style;
use gia_study::{
    Experiment, HaplotypeRecord, Provenance, RegistrationCheck, StoppingEnd, Study,
    attribution_lines,
};

use super::predictions;
use super::{design_effect::design_effect, display, mapped_rows::without_mapped_rows, number};
pub use comparison::page as comparison_page;
pub(super) use comparison::{change_counts as comparison_counts, grid_point_text as grid_place};
use layout::Page;
pub use logo::logo;
pub use network::page as network_page;
use number::count;
pub use power::page as power_page;
pub use suite::{
    family_note as suite_family_note, script_text as suite_file, summary as suite_summary,
};
pub use sweep::sweep;

/// Number of hexadecimal digits shown of a hash, enough to tell files apart.
const SHOWN_HASH_DIGITS: usize = 12;

/// The whole study: experiments with their contrasts, arms and claims, the provenance, and last the count of verdicts.
///
/// Tables of more than 250 rows are cut to their extremes, with a line that tells so and a map of all grid points.
pub fn table(study: &Study, style: Style) -> String {
    let mut page = Page::new(style);
    for experiment in &study.experiments {
        header(&mut page, experiment, &study.provenance);
        if let Some(map) = &experiment.mutation_map {
            mutation_map::show(&mut page, map);
        }
        contrasts::show(&mut page, &without_mapped_rows(experiment));
        each::show(&mut page, experiment);
        tracks::show(&mut page, experiment);
        pooled::show(&mut page, experiment);
        arms::show(&mut page, experiment);
        curves::show(&mut page, experiment);
        drivers::show(&mut page, experiment);
        null::show(&mut page, experiment);
        claims::show(&mut page, &experiment.claims);
        warnings(&mut page, experiment);
    }
    combined_claims(&mut page, study);
    shows(&mut page, study);
    footer(&mut page, study);
    if let Some(replication) = &study.seeds {
        page.gap();
        seeds::show(&mut page, replication);
    }
    if let Some(interrupted) = &study.interrupted {
        page.gap();
        let line = display::interruption_text(interrupted);
        for line in page.wrapped(&line, "", "") {
            let line = style.yellow(&line);
            page.line(&line);
        }
    }
    if let Some(sentence) = display::family_sentence(study) {
        page.gap();
        page.note(&sentence);
    }
    if let Some(verdicts) = display::verdict_counts(study) {
        page.gap();
        page.line(&style.bold(&verdicts));
    }
    page.into_text()
}

/// Only what `show` asks for, claims about several experiments, and the provenance.
pub fn shown(study: &Study, style: Style) -> String {
    let mut page = Page::new(style);
    combined_claims(&mut page, study);
    shows(&mut page, study);
    footer(&mut page, study);
    page.into_text()
}

fn combined_claims(page: &mut Page, study: &Study) {
    if !study.claims.is_empty() {
        page.gap();
        page.title("Claims about several experiments");
        claims::show(page, &study.claims);
    }
}

fn shows(page: &mut Page, study: &Study) {
    for group in predictions::grouped(&study.evaluations) {
        match group {
            [one] if !one.is_prediction() => evaluations::show(page, one),
            [one] if !one.tracks.is_empty() => tracks::show_predicted(page, one),
            tasks => evaluations::show_predictions(page, tasks),
        }
    }
    for map in &study.maps {
        attribution_map::show(page, map);
    }
    for map in &study.influence_maps {
        influence_map::show(page, map);
    }
    for shown in &study.shown {
        let experiment = study
            .experiments
            .iter()
            .find(|e| e.name == shown.experiment);
        if let Some(experiment) = experiment {
            page.gap();
            page.title(&shown.show);
            match shown.each.as_slice() {
                [] => contrasts::show_rows(page, experiment, &shown.rows),
                rows => each::table(page, experiment, rows, &shown.contrast),
            }
        }
    }
}

fn header(page: &mut Page, experiment: &Experiment, provenance: &Provenance) {
    page.gap();
    page.title(&experiment.name);
    if let Some(doc) = &experiment.doc {
        let first: Vec<&str> = doc
            .lines()
            .skip_while(|line| line.trim().is_empty())
            .take_while(|line| !line.trim().is_empty())
            .collect();
        page.paragraph(&first.join(" "));
    }
    page.gap();

    let mut facts = Vec::new();
    let tracks = || experiment.tracks.iter().map(|track| track.n);
    let rows = || experiment.rows.iter().map(|row| row.n).chain(tracks());
    match (&experiment.sources, layout::common_value(rows())) {
        (Some(sources), _) => {
            facts.push(format!("n = {sources}"));
            facts.extend(design_effect(&experiment.rows).map(|(_, text)| text));
        }
        (None, Some(n)) => facts.push(format!("n = {}", count(n))),
        (None, None) => {}
    }
    facts.push(match number::is_single(&experiment.rows) {
        true => experiment.unit_of_replication.clone(),
        false => format!("unit of replication: {}", experiment.unit_of_replication),
    });
    if let [model] = provenance.models.as_slice() {
        facts.push(format!("model: {}", model.name));
    }
    let outcomes = experiment.rows.iter().map(|row| (&row.outcome, &row.unit));
    if let Some((outcome, unit)) = layout::common_value(outcomes) {
        facts.push(format!("outcome: {}", layout::with_unit(outcome, unit)));
    }
    if let Some(contrast) = form::sole_contrast(experiment) {
        facts.push(format!("contrast: {contrast}"));
    }
    page.facts(&facts);
    for left_out in &experiment.left_out {
        page.paragraph(&format!("{}: {left_out}", left_out.path));
    }
    for haplotype in experiment.haplotypes.iter().take(MAX_HAPLOTYPES) {
        let HaplotypeRecord { name, path, .. } = haplotype;
        page.paragraph(&format!("{name} ({path}): {haplotype}"));
    }
    let more = experiment.haplotypes.len().saturating_sub(MAX_HAPLOTYPES);
    if more > 0 {
        page.paragraph(&format!(
            "{} more haplotypes; `--json` has all",
            count(more)
        ));
    }
    if let Some(stopping) = &experiment.stopping {
        let looks = match stopping.looks {
            1 => "1 look".to_string(),
            looks => format!("{} looks", count(looks)),
        };
        let (until, max) = (&stopping.until, count(stopping.max));
        let end = match stopping.ended {
            _ if stopping.reached => format!("enough after {looks}, at most {max}"),
            Some(StoppingEnd::Satisfied | StoppingEnd::Constant) => {
                format!("stopped after {looks} without it, at most {max}")
            }
            Some(StoppingEnd::Maximum) | None => {
                format!("not reached with the {max} allowed, after {looks}")
            }
        };
        page.facts(&[format!("backgrounds drawn until {until}: {end}")]);
        if let Some(reason) = &stopping.reason {
            page.paragraph(&format!("the rule is not satisfied: {reason}"));
        }
    }
}

/// The warnings of an experiment.
fn warnings(page: &mut Page, experiment: &Experiment) {
    if experiment.warnings.is_empty() {
        return;
    }
    page.gap();
    for warning in &experiment.warnings {
        let lines = page.wrapped(
            &gia_base::diag::replace_control(&warning.message),
            "  ! ",
            "    ",
        );
        for line in lines {
            let line = page.style.yellow(&line);
            page.line(&line);
        }
    }
}

fn footer(page: &mut Page, study: &Study) {
    let provenance = &study.provenance;
    page.gap();
    page.rule();
    for filter in &study.filters {
        page.facts(&[format!(
            "{} ({} to {}): {} of {} backgrounds",
            filter.filter,
            number::four_digits(filter.low),
            number::four_digits(filter.high),
            count(filter.count),
            count(filter.tried)
        )]);
    }
    for walk in &study.walks {
        let [start, half, end] = walk.means.map(number::four_digits);
        page.facts(&[format!(
            "{} backgrounds {}: mean {start} at the start, {half} halfway, {end} at the end; {} of proposals accepted",
            count(walk.count),
            walk.walk,
            number::percent((walk.accepted * 1000.0).round() / 1000.0)
        )]);
    }
    let mut facts = vec![
        format!("seed: {}", provenance.seed),
        format!("device: {}", provenance.device),
    ];
    if let Some(check) = &provenance.precision {
        facts.push(check.to_string());
    }
    for model in &provenance.models {
        let ran = model.python.as_ref();
        let ran = ran.map_or(String::new(), |python| format!(" ({})", python.class));
        facts.push(format!(
            "model: {}{ran} {}",
            model.name,
            prefix(&model.sha256)
        ));
    }
    facts.push(format!("gia {}", provenance.versions.gia));
    page.facts(&facts);
    if let Some(recomputed) = &provenance.recomputed {
        page.facts(&[recomputed.to_string()]);
    }
    for attribution in attribution_lines(&provenance.attributions) {
        page.facts(&[attribution]);
    }
    if let Some(check) = &study.registration {
        registration(page, check);
    }
    if !provenance.command.is_empty() {
        // On one line, so that it can be copied.
        page.line(&gia_base::diag::replace_control(&format!(
            "to run it again: {}",
            provenance.command
        )));
    }
}

/// How the study compares with its registration.
pub(super) fn registration(page: &mut Page, check: &RegistrationCheck) {
    let style = page.style;
    for line in page.wrapped(&check.summary(), "", "") {
        let line = match check.unchanged {
            true => style.dim(&line),
            false => style.yellow(&line),
        };
        page.line(&line);
    }
    for change in &check.changes {
        for line in page.wrapped(&change.message, "  ! ", "    ") {
            let line = style.yellow(&line);
            page.line(&line);
        }
    }
    for note in &check.notes {
        for line in page.wrapped(note, "  ", "  ") {
            let line = style.dim(&line);
            page.line(&line);
        }
    }
}

fn prefix(hash: &str) -> String {
    hash.chars().take(SHOWN_HASH_DIGITS).collect()
}
