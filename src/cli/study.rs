//! From what the models answered to the study, and how its command ends.

use std::io::IsTerminal;

use super::Status;
use super::script::{self, Script, print_out};
use crate::diag::Outcome;
use crate::engine::{self, Outcomes, Settled};
use crate::plan::Plan;
use crate::report::{self, OutputFile};
use crate::result::{
    ModelRecord, Provenance, Schema, Script as ScriptRecord, Study, Timing, Verdict, Versions,
};
use crate::{file, stats};

/// Analyses the answers to a plan. `command` makes the same numbers again; `timing` has what the caller measured, and the rest is
/// filled in.
pub fn study(
    script: &Script,
    plan: &Plan,
    mut outcomes: Outcomes,
    settled: Settled,
    command: String,
    timing: Timing,
) -> Outcome<Study> {
    let analysing = std::time::Instant::now();
    outcomes.surveys = engine::survey(plan);
    let experiments = stats::analyse(plan, &outcomes)?;
    let evaluations = stats::evaluate::evaluate(plan, &outcomes)?;
    let analysed = analysing.elapsed().as_secs_f64();
    let timing = Timing {
        start: outcomes.timing.start,
        load: outcomes.timing.load,
        passes: outcomes.timing.passes,
        analyse: analysed,
        total: timing.total + analysed,
        ..timing
    };
    Ok(Study {
        schema: Schema,
        provenance: provenance(script, plan, &outcomes, command, timing),
        shown: stats::shown(plan, &experiments),
        filters: settled.filters,
        walks: settled.walks,
        evaluations,
        experiments,
    })
}

/// Writes a study where it is asked for, and ends its command.
pub fn conclude(study: &Study, json: Option<OutputFile>, quiet: bool) -> Outcome<Status> {
    if let Some(json) = json {
        json.commit(report::to_json(study)?.as_bytes())?;
    }
    if !quiet {
        let style = script::style(std::io::stdout().is_terminal());
        print_out(&report::table(study, style));
    }
    let mut claims = study.experiments.iter().flat_map(|e| &e.claims);
    Ok(if claims.all(|claim| claim.verdict == Verdict::Supported) {
        Status::Supported
    } else {
        Status::Unsupported
    })
}

fn provenance(
    script: &Script,
    plan: &Plan,
    outcomes: &Outcomes,
    command: String,
    timing: Timing,
) -> Provenance {
    let text = script.sources.get(script.main);
    Provenance {
        script: ScriptRecord {
            path: text.name.clone(),
            sha256: file::sha256_of_bytes(text.text.as_bytes()),
            commit: commit_of(&text.folder),
        },
        command,
        seed: plan.settings.seed,
        versions: Versions {
            gia: env!("CARGO_PKG_VERSION").into(),
            libtorch: outcomes.libtorch.clone(),
        },
        device: outcomes.device.clone(),
        precision: outcomes.precision.clone(),
        models: plan
            .models
            .iter()
            .zip(&outcomes.model_sha256)
            .map(|(model, sha256)| ModelRecord {
                name: model.name.clone(),
                path: model.source.to_string(),
                sha256: sha256.clone(),
            })
            .collect(),
        data: script.data.clone(),
        timing,
    }
}

/// A word of a command line.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=".contains(c);
    if word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The commit of the checkout that a folder lies in, where git and a checkout are there.
fn commit_of(folder: &std::path::Path) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() {
        std::path::Path::new(".")
    } else {
        folder
    };
    let output = std::process::Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(folder)
        .stderr(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_string();
    (output.status.success() && !text.is_empty()).then_some(text)
}
