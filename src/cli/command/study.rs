//! The last steps of commands that make a study: write, print, compare.

use super::outputs::Outputs;
use super::print::{self, print_out};
use super::{Status, interrupt};
use crate::pipeline::RunResult;
use gia_base::diag::Diagnostic;
use gia_stats::EquivalenceMargin;
use gia_study::{Study, Verdict};

/// Writes and prints a study, prints its problems, and returns the exit status of the command.
pub fn write_and_print(ran: RunResult, outputs: Outputs, quiet: bool) -> (Study, Status) {
    let RunResult {
        study,
        mut problems,
    } = ran;
    problems.extend(outputs.write(&study));
    if !quiet {
        print_out(&gia_report::table(&study, print::stdout_style()));
    }
    let status = status(&study, &problems);
    print::print_diagnostics(&problems);
    (study, status)
}

fn status(study: &Study, problems: &[Diagnostic]) -> Status {
    let mut claims = study.all_claims();
    let registration = study.registration.as_ref();
    let departs = registration.is_some_and(|check| !check.unchanged);
    let seeds = study.seeds.as_ref();
    let is_incomplete =
        study.interrupted.is_some() || seeds.is_some_and(|seeds| !seeds.is_complete());
    if is_incomplete && interrupt::is_requested() {
        Status::Interrupted
    } else if !problems.is_empty() {
        Status::RunFailed
    } else if !departs && claims.all(|(_, claim)| claim.verdict == Verdict::Supported) {
        Status::Success
    } else {
        Status::Failure
    }
}

/// Compares a study with an earlier one, and prints the comparison. Experiments that an interrupted run left out do not count as
/// gone.
pub fn compare(mut before: Study, study: &Study, margin: EquivalenceMargin, quiet: bool) -> Status {
    if let Some(interrupted) = &study.interrupted {
        let is_left_out = |name: &String| interrupted.left_out.contains(name);
        before.experiments.retain(|e| !is_left_out(&e.name));
    }
    let comparison = gia_stats::compare_studies(&before, study, margin);
    if !quiet {
        print_out("\n");
        print_out(&gia_report::comparison_page(
            &comparison,
            print::stdout_style(),
        ));
    }
    match comparison.is_changed() {
        true => Status::Failure,
        false => Status::Success,
    }
}

/// Quotes a word for a POSIX shell, if necessary.
pub fn shell_quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=".contains(c);
    if word.chars().all(plain) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
