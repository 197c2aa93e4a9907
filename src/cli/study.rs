//! How a command that has a study ends.

use std::io::IsTerminal;

use super::Status;
use super::outputs::Outputs;
use super::script::{self, print_out};
use crate::diag::Outcome;
use crate::report;
use crate::result::{Study, Verdict};
use crate::stats::{self, Margin};

/// Writes a study where it is asked for, and ends its command.
pub fn conclude(study: &Study, outputs: Outputs, quiet: bool) -> Outcome<Status> {
    outputs.write(study)?;
    if !quiet {
        let style = script::style(std::io::stdout().is_terminal());
        print_out(&report::table(study, style));
    }
    if study.interrupted.is_some() {
        return Ok(Status::Interrupted);
    }
    let mut claims = study.experiments.iter().flat_map(|e| &e.claims);
    Ok(if claims.all(|claim| claim.verdict == Verdict::Supported) {
        Status::Supported
    } else {
        Status::Unsupported
    })
}

/// Holds a study against an earlier one; what an interrupted run left out is not gone.
pub fn compare(mut before: Study, study: &Study, margin: Margin, quiet: bool) -> Status {
    if let Some(interrupted) = &study.interrupted {
        let is_left_out = |name: &String| interrupted.left_out.contains(name);
        before.experiments.retain(|e| !is_left_out(&e.name));
    }
    let comparison = stats::compare(&before, study, margin);
    if !quiet {
        let style = script::style(std::io::stdout().is_terminal());
        print_out("\n");
        print_out(&report::comparison_page(&comparison, style));
    }
    match comparison.is_changed() {
        true => Status::Unsupported,
        false => Status::Supported,
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
