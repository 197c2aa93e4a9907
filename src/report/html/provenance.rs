//! Provenance of the study, and the command that reproduces it.

use maud::{Markup, html};

use crate::number::{count, four_digits, percent};
use gia_base::diag::replace_control;
use gia_study::{FileRecord, Study, attribution_lines};

pub fn section(study: &Study) -> Markup {
    let of = &study.provenance;
    html! {
        section aria-labelledby="provenance" {
            h2 #provenance { "Provenance" }
            @if !of.command.is_empty() {
                p { "To run it again:" }
                pre tabindex="0" { code { (replace_control(&of.command)) } }
            }
            dl.facts {
                dt { "script" } dd { (replace_control(&of.script.path)) " " (hash(&of.script.sha256)) }
                @if let Some(commit) = &of.script.commit { dt { "commit" } dd { (hash(commit)) } }
                @if let Some(check) = &study.registration {
                    dt { "registration" }
                    dd {
                        (replace_control(&check.summary())) " " (hash(&check.sha256))
                        @if !check.changes.is_empty() {
                            ul { @for change in &check.changes { li { (replace_control(&change.message)) } } }
                        }
                        @if !check.notes.is_empty() {
                            ul { @for note in &check.notes { li { (replace_control(note)) } } }
                        }
                    }
                }
                dt { "seed" } dd { (of.seed) }
                @for model in &of.models {
                    dt { "model " (replace_control(&model.name)) } dd { (replace_control(&model.path)) @if let Some(python) = &model.python { ", " (replace_control(&python.to_string())) } " " (hash(&model.sha256)) }
                }
                @for attribution in attribution_lines(&of.attributions) {
                    dt { "contributions" } dd { (replace_control(&attribution)) }
                }
                @for FileRecord { path, sha256 } in &of.data {
                    dt { "data" } dd { (replace_control(path)) " " (hash(sha256)) }
                }
                dt { "device" } dd { (replace_control(&of.device)) @if let Some(check) = &of.precision { "; " (replace_control(&check.to_string())) } }
                @if let Some(recomputed) = &of.recomputed { dt { "in part" } dd { (replace_control(&recomputed.to_string())) } }
                dt { "versions" }
                dd { "gia " (replace_control(&of.versions.gia)) @if let Some(torch) = &of.versions.libtorch { ", libtorch " (replace_control(torch)) } }
                dt { "time" } dd { (format!("{:.1}", of.timing.total)) " s" }
                @for filter in &study.filters {
                    dt { "filter" }
                    dd {
                        (replace_control(&filter.filter)) ", " (four_digits(filter.low)) " to " (four_digits(filter.high)) ": "
                        (count(filter.count)) " of " (count(filter.tried)) " backgrounds"
                    }
                }
                @for walk in &study.walks {
                    dt { "walk" }
                    dd {
                        (count(walk.count)) " backgrounds " (replace_control(&walk.walk)) ": mean "
                        (walk.means.map(four_digits).join(", ")) " at the start, halfway and at the end; "
                        (percent((walk.accepted * 1000.0).round() / 1000.0)) " of proposals accepted"
                    }
                }
            }
        }
    }
}

fn hash(hash: &str) -> Markup {
    html! { code.hash { (replace_control(hash)) } }
}
