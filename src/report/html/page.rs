//! The page: its head, a section for each experiment and evaluation, and the provenance.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{evaluation, experiment, provenance, seeds};
use crate::display::{family_sentence, interruption_text, verdict_counts};
use crate::predictions::grouped;
use gia_base::diag::{Outcome, replace_control};
use gia_study::Study;

const STYLE: &str = include_str!("style.css");

pub fn page(study: &Study) -> Outcome<Markup> {
    let path = replace_control(&study.provenance.script.path);
    let mut figures = 0;
    let mut number = || {
        figures += 1;
        format!("figure-{figures}")
    };
    let mut sections = Vec::new();
    for (i, found) in study.experiments.iter().enumerate() {
        sections.push(experiment::section(
            study,
            found,
            &format!("experiment-{}", i + 1),
            &mut number,
        )?);
    }
    for (i, group) in grouped(&study.evaluations).enumerate() {
        let id = format!("evaluation-{}", i + 1);
        sections.push(match group {
            [one] if !one.is_prediction() => evaluation::section(one, &id, &mut number)?,
            [one] if !one.tracks.is_empty() => evaluation::tracks(one, &id, &mut number)?,
            tasks => evaluation::predictions(tasks, &id),
        });
    }
    for (i, map) in study.maps.iter().enumerate() {
        let id = format!("map-{}", i + 1);
        sections.push(evaluation::map(map, &id, &mut number)?);
    }
    for (i, map) in study.influence_maps.iter().enumerate() {
        let id = format!("influence-{}", i + 1);
        sections.push(evaluation::influence(map, &id, &mut number)?);
    }
    let combined = match study.claims.is_empty() {
        true => None,
        false => Some(html! {
            section #claims {
                h2 { "Claims about several experiments" }
                (super::claims::claim_list(&study.claims))
            }
        }),
    };
    sections.extend(combined);
    let summary = verdict_counts(study).unwrap_or_else(|| "no claim was made".to_string());
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(replace_control(&format!("gia {}", study.provenance.versions.gia)));
                title { (path) " — gia" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#results" { "To the results" }
                header {
                    p.kind { "Study" }
                    h1 { (path) }
                    p.summary { (summary) }
                    @if let Some(sentence) = family_sentence(study) {
                        p.note { (sentence) }
                    }
                    @if let Some(interrupted) = &study.interrupted {
                        p.summary {
                            "! " (replace_control(&interruption_text(interrupted))) "."
                        }
                    }
                    (contents(study))
                }
                main #results {
                    @for section in &sections { (section) }
                    @if let Some(replication) = &study.seeds { (seeds::section(replication)) }
                }
                footer { (provenance::section(study)) }
            }
        }
    })
}

/// The table of contents, with the verdicts of each experiment.
fn contents(study: &Study) -> Markup {
    let experiments = study.experiments.iter().enumerate();
    let evaluations = grouped(&study.evaluations)
        .filter_map(<[_]>::first)
        .enumerate();
    html! {
        nav aria-label="Contents" {
            ul {
                @for (i, experiment) in experiments {
                    li {
                        a href=(format!("#experiment-{}", i + 1)) { (replace_control(&experiment.name)) }
                        @for claim in &experiment.claims { " " (super::claims::verdict_mark(claim.verdict)) }
                    }
                }
                @if !study.claims.is_empty() {
                    li {
                        a href="#claims" { "Claims about several experiments" }
                        @for claim in &study.claims { " " (super::claims::verdict_mark(claim.verdict)) }
                    }
                }
                @for (i, evaluation) in evaluations {
                    li { a href=(format!("#evaluation-{}", i + 1)) { (replace_control(&evaluation.evaluation)) } }
                }
                @for (i, map) in study.maps.iter().enumerate() {
                    li { a href=(format!("#map-{}", i + 1)) { (replace_control(&map.map)) } }
                }
                @for (i, map) in study.influence_maps.iter().enumerate() {
                    li { a href=(format!("#influence-{}", i + 1)) { (replace_control(&map.map)) } }
                }
                li { a href="#provenance" { "Provenance" } }
            }
        }
    }
}
