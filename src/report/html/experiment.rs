//! One experiment: question, results, design, and warnings.

use maud::{Markup, html};

use super::{claims, curves, estimates, null};
use crate::Figure;
use crate::figure::{logo_of_motif, of_experiment};
use crate::number::{count, short};
use crate::words::{distinct, listed, only, with_unit};
use gia_base::diag::{Outcome, visible};
use gia_study::{Experiment, MotifRecord, Study};

pub fn section(
    study: &Study,
    experiment: &Experiment,
    id: &str,
    number: &mut dyn FnMut() -> String,
) -> Outcome<Markup> {
    let figures = of_experiment(experiment)?;
    let shown = study
        .shown
        .iter()
        .filter(|shown| shown.experiment == experiment.name);
    Ok(html! {
        section.experiment aria-labelledby=(id) {
            h2 id=(id) { (visible(&experiment.name)) }
            (doc(experiment.doc.as_deref()))
            (facts(experiment))
            (claims::list(&experiment.claims))
            @if let Some(design) = &figures.design {
                h3 { "Design" }
                (figure(design, &number()))
                (motifs(&experiment.motifs))
            }
            h3 { "Estimates" }
            @for one in &figures.estimates { (figure(one, &number())) }
            @for (contrast, mean) in &figures.constants {
                p.note { (visible(contrast)) " is the same at every grid point, " (short(*mean)) ", so it has no map." }
            }
            @for (i, shown) in shown.enumerate() {
                (estimates::shown(experiment, &shown.rows, &shown.show, &format!("{id}-shown-{}", i + 1)))
            }
            (estimates::contrasts(experiment, id))
            (curves::table(experiment, id))
            (estimates::arms(experiment, id))
            (null::section(experiment, id))
            @if !experiment.warnings.is_empty() {
                h3 { "What to know of these numbers" }
                ul.warnings {
                    @for warning in &experiment.warnings {
                        li { span aria-hidden="true" { "! " } (visible(&warning.message)) }
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
            div.scroll role="group" aria-label=(visible(&figure.title)) tabindex="0" { (figure.inline(id)) }
            figcaption { strong { (visible(&figure.title)) "." } " " (visible(&figure.caption)) }
        }
    }
}

/// The author's comment, with its paragraphs.
fn doc(doc: Option<&str>) -> Markup {
    let text = visible(doc.unwrap_or_default());
    let paragraphs = text.split("\n\n").map(str::trim).filter(|p| !p.is_empty());
    html! { @for paragraph in paragraphs { p.doc { (paragraph) } } }
}

fn facts(experiment: &Experiment) -> Markup {
    let rows = &experiment.rows;
    let n = match only(rows.iter().map(|row| row.n)) {
        Some(n) => Some(count(n)),
        None => {
            let all = || rows.iter().map(|row| row.n);
            all()
                .min()
                .zip(all().max())
                .map(|(a, b)| format!("{} to {}", count(a), count(b)))
        }
    };
    let outcomes = distinct(rows.iter().map(|row| with_unit(&row.outcome, &row.unit)));
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
            @if let Some(n) = n { dt { "n" } dd { (n) } }
            @for left_out in &experiment.left_out {
                dt { (visible(&left_out.path)) } dd { (visible(&left_out.to_string())) }
            }
            dt { "unit of replication" } dd { (visible(&experiment.unit_of_replication)) }
            @if !outcomes.is_empty() { dt { "outcome" } dd { (visible(&listed(&outcomes))) } }
            @if !axes.is_empty() { dt { "axis" } dd { (visible(&axes.join("; "))) } }
            @if let Some(stopping) = &experiment.stopping {
                dt { "backgrounds drawn until" }
                dd {
                    (visible(&stopping.until)) ": "
                    @if stopping.reached { "reached" } @else { "not reached" }
                    " with " (count(stopping.n)) " of at most " (count(stopping.max)) ", after " (count(stopping.looks)) " looks"
                }
            }
        }
    }
}

/// Logos of the embedded motifs, except plain sequences.
fn motifs(motifs: &[MotifRecord]) -> Markup {
    let unsure = |motif: &&MotifRecord| motif.columns.iter().any(|c| c.iter().all(|p| *p < 0.999));
    let logos = motifs.iter().filter(unsure).take(12);
    let logos: Vec<(&MotifRecord, Markup)> = logos
        .filter_map(|m| Some((m, logo_of_motif(&visible(&m.motif), m)?)))
        .collect();
    html! {
        @if !logos.is_empty() {
            ul.logos {
                @for (motif, logo) in &logos {
                    li {
                        (logo)
                        span { (visible(&motif.motif)) @if let Some(other) = &motif.alternate { " (" (visible(other)) ")" } }
                    }
                }
            }
        }
    }
}
