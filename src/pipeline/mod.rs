//! A script from its text to its study: the whole line of the program in one place, for every command that walks it.
//!
//! Invariant: nothing is printed here, and a script that does not check runs nothing.

mod design;
mod provenance;
mod script;

use std::path::Path;
use std::time::Instant;

pub use script::{Attempt, Script};

use crate::diag::Outcome;
use crate::engine::{self, Options, Outcomes, Progress, Settled};
use crate::plan::{self, Plan};
use crate::result::{Interrupted, Place, Schema, Study, Timing};
use crate::stats;

/// Runs a script: its plan, the passes, the statistics. `command` is the command that makes the same numbers again. The very
/// sequences that are scored go into the folder `sequences`, where one is given.
///
/// Where it is told to stop, the study holds what was finished until then, and says so.
///
/// Fails where a model, a device or a file does, and where it is told to stop before anything is finished; no script can make it
/// panic.
pub fn run(
    script: &Script,
    options: &Options,
    progress: &dyn Progress,
    sequences: Option<&Path>,
    command: String,
) -> Outcome<Study> {
    let started = Instant::now();
    let plan = plan::lower(&script.program);
    let planned = started.elapsed().as_secs_f64();
    // A file that changed meanwhile is found before the work, not behind it.
    script.data_records()?;
    let (plan, settled) = engine::settle(plan, options, progress)?;
    // Which sequences are scored is known beforehand, but for experiments that stop when they have enough.
    let known = plan.experiments.iter().all(|e| e.stopping.is_none());
    if let Some(folder) = sequences {
        engine::make_folder(folder)?;
        if known {
            engine::write_sequences(&plan, folder)?;
        }
    }
    let is_settled = |plan: &Plan, outcomes: &Outcomes, number: usize| {
        let look = stats::look(plan, outcomes, number)?;
        if let Some(width) = look.width {
            progress.width(&plan.experiments[number].name, width);
        }
        Ok(look.is_settled)
    };
    let (plan, outcomes) = engine::run_until(plan, options, progress, &is_settled)?;
    if let (Some(folder), false) = (sequences, known) {
        engine::write_sequences(&plan, folder)?;
    }
    let timing = Timing {
        check: script.seconds,
        plan: planned,
        total: script.seconds + started.elapsed().as_secs_f64(),
        ..Timing::default()
    };
    study(script, &plan, outcomes, settled, command, timing)
}

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
    let data = script.data_records()?;
    let analysing = Instant::now();
    outcomes.surveys = engine::survey(plan);
    let mut experiments = stats::analyse(plan, &outcomes)?;
    for (experiment, planned) in experiments.iter_mut().zip(&plan.experiments) {
        for (claim, planned) in experiment.claims.iter_mut().zip(&planned.claims) {
            claim.place = Place::of(planned.span, &script.sources);
        }
    }
    design::lay_out(plan, &mut experiments);
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
        provenance: provenance::provenance(script, plan, &outcomes, command, timing, data),
        interrupted: outcomes.left_out.map(|left_out| Interrupted { left_out }),
        shown: stats::shown(plan, &experiments),
        filters: settled.filters,
        walks: settled.walks,
        evaluations,
        experiments,
    })
}
