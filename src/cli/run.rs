//! `gia run FILE`: the whole pipeline, readable in one place.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::script::{self, Script, print_out};
use super::{MachineArguments, ScriptArguments, Status};
use crate::diag::Outcome;
use crate::engine;
use crate::plan;
use crate::report::{self, OutputFile, ProgressBar};
use crate::result::{
    ModelRecord, Provenance, Schema, Script as ScriptRecord, Study, Timing, Verdict, Versions,
};
use crate::{file, stats};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    script: ScriptArguments,
    #[command(flatten)]
    machine: MachineArguments,
    /// Write all results to this file.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Write the very sequences that are scored into this folder, as FASTA.
    #[arg(long, value_name = "DIR")]
    sequences: Option<PathBuf>,
    /// Print no table; the exit status and the files that were asked for tell.
    #[arg(long, short)]
    quiet: bool,
}

pub fn main(arguments: &Arguments) -> Status {
    let script = match script::read(&arguments.script) {
        Ok(script) => script,
        Err(status) => return status,
    };
    match run(arguments, &script) {
        Ok(study) => {
            if !arguments.quiet {
                print_out(&report::table(
                    &study,
                    script::style(std::io::stdout().is_terminal()),
                ));
            }
            let all_supported = study
                .experiments
                .iter()
                .flat_map(|e| &e.claims)
                .all(|claim| claim.verdict == Verdict::Supported);
            if all_supported {
                Status::Supported
            } else {
                Status::Unsupported
            }
        }
        Err(diagnostic) => {
            script::print(&[*diagnostic], &script.sources, &arguments.script);
            Status::RunBroke
        }
    }
}

fn run(arguments: &Arguments, script: &Script) -> Outcome<Study> {
    let started = Instant::now();
    // Opened first: an hour of passes must not end at a folder that does not exist.
    let json = arguments.json.as_ref().map(OutputFile::open).transpose()?;
    let plan = plan::lower(&script.program);
    let planned = started.elapsed().as_secs_f64();
    let progress = ProgressBar::new(!arguments.quiet && std::io::stderr().is_terminal());
    let (plan, settled) = engine::settle(plan, &arguments.machine.options(), &progress)?;
    // Which sequences are scored is known beforehand, but for experiments that stop when they have enough.
    let known = plan.experiments.iter().all(|e| e.stopping.is_none());
    if let Some(folder) = &arguments.sequences {
        engine::make_folder(folder)?;
        if known {
            engine::write_sequences(&plan, folder)?;
        }
    }
    let options = arguments.machine.options();
    let (plan, mut outcomes) = engine::run_until(plan, &options, &progress, &stats::is_settled)?;
    outcomes.surveys = engine::survey(&plan);
    if let (Some(folder), false) = (&arguments.sequences, known) {
        engine::write_sequences(&plan, folder)?;
    }
    progress.finish();
    let analysing = Instant::now();
    let experiments = stats::analyse(&plan, &outcomes)?;
    let analysed = analysing.elapsed().as_secs_f64();
    let timing = Timing {
        check: script.seconds,
        plan: planned,
        start: outcomes.timing.start,
        load: outcomes.timing.load,
        passes: outcomes.timing.passes,
        analyse: analysed,
        total: script.seconds + started.elapsed().as_secs_f64(),
    };
    let study = Study {
        schema: Schema,
        provenance: provenance(arguments, script, &plan, &outcomes, timing)?,
        shown: stats::shown(&plan, &experiments),
        evaluations: stats::evaluate::evaluate(&plan, &outcomes)?,
        filters: settled.filters,
        walks: settled.walks,
        experiments,
    };
    if let Some(json) = json {
        json.commit(report::to_json(&study)?.as_bytes())?;
    }
    Ok(study)
}

fn provenance(
    arguments: &Arguments,
    script: &Script,
    plan: &plan::Plan,
    outcomes: &engine::Outcomes,
    timing: Timing,
) -> Outcome<Provenance> {
    let text = script.sources.get(script.main);
    Ok(Provenance {
        script: ScriptRecord {
            path: text.name.clone(),
            sha256: file::sha256_of_bytes(text.text.as_bytes()),
            commit: commit_of(&text.folder),
        },
        command: command(arguments),
        seed: plan.settings.seed,
        versions: Versions {
            gia: env!("CARGO_PKG_VERSION").into(),
            libtorch: outcomes.libtorch.clone(),
        },
        device: outcomes.device.clone(),
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
    })
}

/// The command that makes the same numbers again. Files that it writes are left out.
fn command(arguments: &Arguments) -> String {
    let mut words = vec![
        "gia".to_string(),
        "run".to_string(),
        quoted(&arguments.script.file.display().to_string()),
    ];
    words.push(format!("--device {}", arguments.machine.device));
    if let Some(batch) = arguments.machine.batch {
        words.push(format!("--batch {batch}"));
    }
    if let Some(threads) = arguments.machine.threads {
        words.push(format!("--threads {threads}"));
    }
    words.join(" ")
}

fn quoted(word: &str) -> String {
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
