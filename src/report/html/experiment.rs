//! One experiment: question, results, design, and warnings.

use maud::{Markup, html};

use super::{claims, curves, drivers, each, estimates, null, pooled};
use crate::Figure;
use crate::design_effect::design_effect;
use crate::display::{MAX_HAPLOTYPES, comma_separated, common_value, distinct, with_unit};
use crate::figure::{MapLayout, logo_of_contributions, logo_of_motif, of_experiment};
use crate::number::{count, four_digits};
use gia_base::diag::{Outcome, replace_control};
use gia_study::{Experiment, MotifRecord, Study};

pub fn section(
    study: &Study,
    experiment: &Experiment,
    id: &str,
    number: &mut dyn FnMut() -> String,
) -> Outcome<Markup> {
    let figures = of_experiment(experiment, MapLayout::Scrolling)?;
    let shown = study
        .shown
        .iter()
        .filter(|shown| shown.experiment == experiment.name);
    Ok(html! {
        section.experiment aria-labelledby=(id) {
            h2 id=(id) { (replace_control(&experiment.name)) }
            (author_comment(experiment.doc.as_deref()))
            (facts(experiment))
            (claims::claim_list(&experiment.claims))
            @if let Some(design) = &figures.design {
                h3 { "Design" }
                (figure(design, &number()))
                (motif_logos(&experiment.motifs))
            }
            h3 { "Estimates" }
            @for one in &figures.estimates { (figure(one, &number())) }
            @for (contrast, mean) in &figures.constants {
                p.note { (replace_control(contrast)) " is the same at every grid point, " (four_digits(*mean)) ", so it has no map." }
            }
            @for (i, shown) in shown.enumerate() {
                @if shown.each.is_empty() {
                    (estimates::shown_rows_table(experiment, &shown.rows, &shown.show, &format!("{id}-shown-{}", i + 1)))
                } @else {
                    (each::table(experiment, &shown.each, &shown.contrast, &shown.show, &format!("{id}-shown-{}", i + 1)))
                }
            }
            (estimates::contrast_table(experiment, id))
            (each::section(experiment, id))
            (pooled::table(experiment, id))
            (curves::table(experiment, id))
            (drivers::section(experiment, &figures.drivers, id, number))
            (estimates::arm_table(experiment, id))
            (null::section(experiment, id))
            @if !experiment.warnings.is_empty() {
                h3 { "Warnings" }
                ul.warnings {
                    @for warning in &experiment.warnings {
                        li { span aria-hidden="true" { "! " } (replace_control(&warning.message)) }
                    }
                }
            }
        }
    })
}

/// A figure with its title and caption.
pub fn figure(figure: &Figure, id: &str) -> Markup {
    html! {
        figure {
            div.scroll role="group" aria-label=(replace_control(&figure.title)) tabindex="0" { (figure.inline(id)) }
            figcaption { strong { (replace_control(&figure.title)) "." } " " (replace_control(&figure.caption)) }
        }
    }
}

/// The author's comment, with its paragraphs.
fn author_comment(doc: Option<&str>) -> Markup {
    let text = replace_control(doc.unwrap_or_default());
    let paragraphs = text.split("\n\n").map(str::trim).filter(|p| !p.is_empty());
    html! { @for paragraph in paragraphs { p.doc { (paragraph) } } }
}

fn facts(experiment: &Experiment) -> Markup {
    let rows = &experiment.rows;
    let all = || {
        let tracks = experiment.tracks.iter().map(|track| track.n);
        rows.iter().map(|row| row.n).chain(tracks)
    };
    let n = match common_value(all()) {
        Some(n) => Some(count(n)),
        None => all()
            .min()
            .zip(all().max())
            .map(|(a, b)| format!("{} to {}", count(a), count(b))),
    };
    let tracks = experiment.tracks.iter();
    let tracks = tracks.map(|track| with_unit(&track.outcome, &track.unit));
    let outcomes = rows.iter().map(|row| with_unit(&row.outcome, &row.unit));
    let outcomes = distinct(outcomes.chain(tracks));
    let axes = experiment.axes.iter().map(|axis| {
        format!(
            "{}, {} values",
            with_unit(&axis.name, &axis.unit),
            count(axis.values.len())
        )
    });
    let axes: Vec<String> = axes.collect();
    html! {
        dl.facts {
            @if let Some(sources) = &experiment.sources { dt { "n" } dd { (replace_control(sources)) } }
            @else if let Some(n) = n { dt { "n" } dd { (n) } }
            @if let Some((effect, _)) = design_effect(rows) { dt { "design effect" } dd { (four_digits(effect)) } }
            @for left_out in &experiment.left_out {
                dt { (replace_control(&left_out.path)) } dd { (replace_control(&left_out.to_string())) }
            }
            @for haplotype in experiment.haplotypes.iter().take(MAX_HAPLOTYPES) {
                dt { (replace_control(&haplotype.name)) }
                dd { (replace_control(&format!("{haplotype} ({})", haplotype.path))) }
            }
            @if experiment.haplotypes.len() > MAX_HAPLOTYPES {
                dt { "more haplotypes" } dd { (count(experiment.haplotypes.len() - MAX_HAPLOTYPES)) ", in the JSON" }
            }
            dt { "unit of replication" } dd { (replace_control(&experiment.unit_of_replication)) }
            @if !outcomes.is_empty() { dt { "outcome" } dd { (replace_control(&comma_separated(&outcomes))) } }
            @if !axes.is_empty() { dt { "axis" } dd { (replace_control(&axes.join("; "))) } }
            @if let Some(stopping) = &experiment.stopping {
                dt { "backgrounds drawn until" }
                dd {
                    (replace_control(&stopping.until)) ": "
                    @if stopping.reached { "reached" } @else { "not reached" }
                    " with " (count(stopping.n)) " of at most " (count(stopping.max)) ", after " (count(stopping.looks)) " looks"
                    @if let Some(reason) = &stopping.reason { "; " (reason) }
                }
            }
        }
    }
}

/// Maximum number of logos beside the design; the rest is counted.
const MAX_DESIGN_LOGOS: usize = 12;

/// Logos of the embedded motifs, except plain sequences.
fn motif_logos(motifs: &[MotifRecord]) -> Markup {
    let unsure = |motif: &&MotifRecord| motif.columns.iter().any(|c| c.iter().all(|p| *p < 0.999));
    let more = motifs.iter().filter(unsure).skip(MAX_DESIGN_LOGOS).count();
    let logos = motifs.iter().filter(unsure).take(MAX_DESIGN_LOGOS);
    let logos = logos.filter_map(|motif| {
        let name = replace_control(&motif.motif);
        let logo = logo_of_motif(&name, motif)?;
        Some((motif, logo, logo_of_contributions(&name, motif)))
    });
    let logos: Vec<(&MotifRecord, Markup, Option<Markup>)> = logos.collect();
    let with_contributions = logos.iter().any(|(_, _, other)| other.is_some());
    html! {
        @if !logos.is_empty() {
            ul.logos {
                @for (motif, logo, contributions) in &logos {
                    li {
                        (logo)
                        @if let Some(contributions) = contributions { (contributions) }
                        span { (replace_control(&motif.motif)) @if let Some(other) = other_name(motif) { " (" (replace_control(other)) ")" } }
                    }
                }
                @if more > 0 {
                    li { span { "and " (count(more)) " more" } }
                }
            }
            @if with_contributions {
                p.note {
                    "Of discovered motifs, the lower logo has the mean contribution of each base (CWM); what is negative hangs from the line, upside down."
                }
            }
        }
    }
}

/// The alternate name of a motif, unless its name says it.
fn other_name(motif: &MotifRecord) -> Option<&str> {
    let other = motif.alternate.as_deref();
    other.filter(|other| !motif.motif.ends_with(other))
}
