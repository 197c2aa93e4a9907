//! Provenance of a study: everything that is needed to reproduce it.

use super::Script;
use gia_base::file::{self, FileRecord};
use gia_engine::Outcomes;
use gia_plan::Plan;
use gia_study::{ModelRecord, Provenance, Script as ScriptRecord, Timing, Versions};

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
            .map(|(number, (model, sha256))| ModelRecord {
                name: model.name.clone(),
                path: model.source.to_string(),
                sha256: sha256.clone(),
                python: outcomes.python.get(number).cloned().flatten(),
            })
            .collect(),
        data,
        timing,
    }
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
