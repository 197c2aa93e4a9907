//! The pipeline from the text of a script to its study, for every command that runs one.
//!
//! Invariant: nothing is printed here, and nothing runs of a script that does not check.

mod layouts;
mod pilot;
mod provenance;
mod script;
mod seeds;

use std::borrow::Cow;
use std::path::Path;
use std::time::Instant;

pub use pilot::{MIN_PILOT_BACKGROUNDS, power};
pub use script::{Attempt, Script};
pub use seeds::run_under_seeds;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_engine::{Options, Outcomes, Progress, ResolvedSelections};
use gia_plan::Plan;
use gia_report::ValuesFile;
use gia_study::{FamilyScope, Interrupted, Schema, SourceRange, Study, Timing};

/// The result of a run.
pub struct RunResult {
    /// The study. If the run was interrupted, it holds the finished experiments and says so.
    pub study: Study,
    /// Errors because of which an experiment is missing from the study, or a file was not written.
    pub problems: Vec<Diagnostic>,
}

/// What a run writes beside its study.
#[derive(Debug, Default)]
pub struct SideOutputs<'a> {
    /// Folder for the scored sequences.
    pub sequences: Option<&'a Path>,
    /// File for the values of every background.
    pub values: Option<ValuesFile>,
    /// Whether maps in the study have hypothetical contributions, for files.
    pub hypothetical: bool,
}

/// Runs a script: plan, forward passes, statistics. `command` is the command that reproduces the run.
///
/// If the run is told to stop, the study holds the experiments that are finished, and says so.
///
/// # Errors
/// A failure of a model, a device or a file, or a stop before any experiment is finished. No script makes it panic.
pub fn run(
    script: &Script,
    options: &Options,
    progress: &dyn Progress,
    outputs: SideOutputs,
    command: String,
) -> Outcome<RunResult> {
    let lower = match outputs.hypothetical {
        true => gia_plan::lower_with_hypothetical,
        false => gia_plan::lower,
    };
    run_planned(script, lower, options, progress, outputs, command)
}

/// Runs a script under another seed than its own, without sequences or command.
fn run_with_seed(
    script: &Script,
    seed: u64,
    options: &Options,
    progress: &dyn Progress,
) -> Outcome<RunResult> {
    let lower = |program: &gia_design::Program| {
        let mut plan = gia_plan::lower(program);
        plan.settings.seed = seed;
        plan
    };
    run_planned(
        script,
        lower,
        options,
        progress,
        SideOutputs::default(),
        String::new(),
    )
}

fn run_planned(
    script: &Script,
    lower: impl Fn(&gia_design::Program) -> Plan,
    options: &Options,
    progress: &dyn Progress,
    outputs: SideOutputs,
    command: String,
) -> Outcome<RunResult> {
    let started = Instant::now();
    let SideOutputs {
        sequences,
        values,
        hypothetical: _,
    } = outputs;
    let plan = lower(&script.program);
    let planned = started.elapsed().as_secs_f64();
    gia_engine::refuse_too_large(&plan, options)?;
    // Detects changed files before the work, not after it.
    script.data_records()?;
    let (plan, selections) = gia_engine::resolve_selections(plan, options, progress)?;
    // Sequential experiments decide during the run how many sequences are scored.
    let is_fixed_size = plan.experiments.iter().all(|e| e.design.stopping.is_none());
    if let Some(folder) = sequences {
        gia_engine::make_folder(folder)?;
        if is_fixed_size {
            gia_engine::write_sequences(&plan, folder, progress)?;
        }
    }
    let is_settled = |plan: &Plan, outcomes: &Outcomes, number: usize| {
        let look = gia_stats::interim_analysis(plan, outcomes, number)?;
        if let Some(width) = look.max_interval_width {
            progress.set_interval_width(&plan.experiments[number].design.name, width);
        }
        Ok(look.may_stop)
    };
    let (plan, outcomes) = gia_engine::run_until(plan, options, progress, &is_settled)?;
    let mut unwritten = None;
    if let (Some(folder), false) = (sequences, is_fixed_size) {
        unwritten = gia_engine::write_sequences(&plan, folder, progress).err();
    }
    let timing = Timing {
        check: script.seconds,
        plan: planned,
        total: script.seconds + started.elapsed().as_secs_f64(),
        ..Timing::default()
    };
    let mut ran = study(script, &plan, outcomes, selections, values, command, timing)?;
    ran.problems.extend(unwritten.map(|diagnostic| *diagnostic));
    Ok(ran)
}

/// Analyses the outcomes of a plan, and writes the values of its backgrounds to a file if one is given. `command` is the command that
/// reproduces the run; `timing` holds the steps that the caller timed, and the others are filled in.
pub fn study(
    script: &Script,
    plan: &Plan,
    mut outcomes: Outcomes,
    selections: ResolvedSelections,
    values: Option<ValuesFile>,
    command: String,
    timing: Timing,
) -> Outcome<RunResult> {
    let data = script.data_records()?;
    let analysing = Instant::now();
    outcomes.surveys = gia_engine::survey(plan);
    let mut problems = std::mem::take(&mut outcomes.problems);
    let mut left_out = outcomes.left_out.take();
    let mut experiments = Vec::with_capacity(plan.experiments.len());
    let mut kept = Vec::with_capacity(plan.experiments.len());
    for (number, found) in gia_stats::analyse_each(plan, &outcomes)
        .into_iter()
        .enumerate()
    {
        match found {
            Ok(experiment) => {
                kept.push(number);
                experiments.push(experiment);
            }
            // A value that is not finite costs only the experiments that use it.
            Err(diagnostic) if diagnostic.code == Code::NonFinite => {
                let names = left_out.get_or_insert_default();
                names.push(plan.experiments[number].design.name.clone());
                problems.push(*diagnostic);
            }
            Err(diagnostic) => return Err(diagnostic),
        }
    }
    let mut lost = Vec::new();
    let is_kept = !experiments.is_empty();
    let evaluations = gia_stats::evaluate::evaluate(plan, &outcomes);
    let evaluations = unless_not_finite(evaluations, is_kept, &mut lost)?;
    let maps = gia_stats::attribution_maps(plan, &outcomes);
    let maps = unless_not_finite(maps, is_kept, &mut lost)?;
    let influence_maps = gia_stats::influence_maps(plan, &outcomes);
    let influence_maps = unless_not_finite(influence_maps, is_kept, &mut lost)?;
    if !lost.is_empty() {
        left_out.get_or_insert_default();
        problems.extend(lost);
    }
    let has_maps = !maps.is_empty() || !influence_maps.is_empty();
    let is_empty = experiments.is_empty() && evaluations.is_empty() && !has_maps;
    if is_empty && !problems.is_empty() {
        return Err(Box::new(problems.swap_remove(0)));
    }
    let whole = plan;
    let plan = match kept.len() == plan.experiments.len() {
        true => Cow::Borrowed(plan),
        false => Cow::Owned(plan.with_experiments(&kept)),
    };
    let plan = plan.as_ref();
    let mut claims = gia_stats::judge_combined_claims(plan, &outcomes)?;
    for (claim, planned) in claims.iter_mut().zip(&plan.claims) {
        claim.place = SourceRange::of(planned.span, &script.sources);
    }
    for (experiment, planned) in experiments.iter_mut().zip(&plan.experiments) {
        for (claim, planned) in experiment.claims.iter_mut().zip(&planned.design.claims) {
            claim.place = SourceRange::of(planned.span, &script.sources);
        }
    }
    layouts::fill_layouts(plan, &mut experiments);
    let analysed = analysing.elapsed().as_secs_f64();
    let timing = Timing {
        start: outcomes.timing.start,
        load: outcomes.timing.load,
        passes: outcomes.timing.passes,
        analyse: analysed,
        total: timing.total + analysed,
        ..timing
    };
    let because = problems.first().map(|problem| problem.message.clone());
    let mut study = Study {
        schema: Schema,
        provenance: provenance::provenance(script, plan, &outcomes, command, timing, data),
        registration: None,
        seeds: None,
        values: None,
        interrupted: left_out.map(|left_out| Interrupted { left_out, because }),
        shown: gia_stats::select_shown_rows(plan, &experiments),
        filters: selections.filters,
        walks: selections.walks,
        evaluations,
        maps,
        influence_maps,
        experiments,
        claims,
        family: gia_stats::claim_family_of_plan(plan),
    };
    if let Some(family) = study.family
        && family.scope != FamilyScope::Claim
    {
        gia_stats::judge_family(&mut study.all_claims_mut(), family.claims);
    }
    let written = values.map(|file| {
        file.write(&study, |sink| {
            gia_stats::visit_values(whole, &outcomes, &kept, sink)
        })
    });
    match written.transpose() {
        Ok(record) => study.values = record,
        Err(diagnostic) => problems.push(*diagnostic),
    }
    Ok(RunResult { study, problems })
}

/// What a study shows beside its experiments. A value that is not finite costs all of it, and no more where experiments are kept.
fn unless_not_finite<T>(
    found: Outcome<Vec<T>>,
    is_kept: bool,
    lost: &mut Vec<Diagnostic>,
) -> Outcome<Vec<T>> {
    match found {
        Err(diagnostic) if diagnostic.code == Code::NonFinite && is_kept => {
            lost.push(*diagnostic);
            Ok(Vec::new())
        }
        found => found,
    }
}
