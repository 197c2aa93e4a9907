//! Provenance of a study: everything that is needed to reproduce it.

use super::Script;
use gia_base::file::{self, FileRecord};
use gia_engine::{Completeness, Outcomes};
use gia_plan::{ModelSource, Plan};
use gia_study::{
    AttributionRecord, ModelRecord, Provenance, Script as ScriptRecord, Timing, Versions,
};

pub fn provenance(
    script: &Script,
    plan: &Plan,
    outcomes: &Outcomes,
    command: String,
    timing: Timing,
    data: Vec<FileRecord>,
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
        recomputed: outcomes.recomputed,
        models: plan
            .models
            .iter()
            .zip(&outcomes.model_sha256)
            .enumerate()
            .filter(|(_, (model, _))| !matches!(model.source, ModelSource::Attribution(_)))
            .map(|(number, (model, sha256))| ModelRecord {
                name: model.name.clone(),
                path: model.source.to_string(),
                sha256: sha256.clone(),
                python: outcomes.python.get(number).cloned().flatten(),
            })
            .collect(),
        attributions: attributions(plan, outcomes),
        data,
        timing,
    }
}

/// How the contributions of a run were computed, and how nearly they add up.
fn attributions(plan: &Plan, outcomes: &Outcomes) -> Vec<AttributionRecord> {
    let is_read = |number: &usize| {
        let selecting = plan.selections.iter().flat_map(|selection| &selection.jobs);
        plan.jobs
            .iter()
            .chain(selecting)
            .any(|job| job.model == *number)
    };
    let models = plan.models.iter().enumerate();
    let attributions = models.filter_map(|(number, model)| match &model.source {
        ModelSource::Attribution(attribution) if is_read(&number) => {
            Some((number, model, attribution))
        }
        ModelSource::Attribution(_) | ModelSource::File { .. } | ModelSource::Truth(_) => None,
    });
    let record = attributions.map(|(number, model, attribution)| AttributionRecord {
        name: model.name.clone(),
        method: attribution.method.describe(),
        completeness: outcomes
            .completeness
            .get(number)
            .filter(|found| found.pairs > 0)
            .map(Completeness::summary),
    });
    record.collect()
}

/// The commit of the git checkout that holds a folder; none without git or a checkout.
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
