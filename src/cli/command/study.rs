//! The last steps of commands that make a study: write, print, compare.

use std::path::Path;

use super::outputs::Outputs;
use super::print::{self, print_out};
use super::{Status, interrupt};
use crate::pipeline::RunResult;
use gia_base::diag::{Diagnostic, Outcome};
use gia_report::{MissingValues, ValuesReader};
use gia_stats::{EquivalenceMargin, KeptValues};
use gia_study::{Comparison, SeriesValues, Study, Verdict};

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

/// Compares a study with an earlier one, of which the path is given, and prints the comparison. Experiments that an interrupted run left out
/// do not count as gone.
///
/// # Errors
/// Those of [`compare_kept_values`].
pub fn compare(
    (mut before, before_path): (Study, &Path),
    study: &Study,
    margin: EquivalenceMargin,
    quiet: bool,
) -> Outcome<Status> {
    // Before experiments are taken out: the values are those of the whole study.
    let values = ValuesReader::open(&before, before_path)?;
    if let Some(interrupted) = &study.interrupted {
        let is_left_out = |name: &String| interrupted.left_out.contains(name);
        before.experiments.retain(|e| !is_left_out(&e.name));
    }
    // The run has just written its values where the option says, and they lie beside no study yet.
    let own = ValuesReader::open(study, Path::new(""))?;
    let comparison = compare_kept_values((&before, values), (study, own), margin)?;
    if !quiet {
        print_out("\n");
        print_out(&gia_report::comparison_page(
            &comparison,
            print::stdout_style(),
        ));
    }
    Ok(match comparison.is_changed() {
        true => Status::Failure,
        false => Status::Success,
    })
}

/// A study, and the values of its backgrounds or why they are not at hand.
type WithValues<'s> = (&'s Study, Result<ValuesReader, MissingValues>);

/// Compares two studies: effects by background if both runs kept their values, else as those of independent runs.
///
/// # Errors
/// Values that can no longer be read.
pub fn compare_kept_values(
    (before, before_values): WithValues,
    (after, after_values): WithValues,
    margin: EquivalenceMargin,
) -> Outcome<Comparison> {
    let unpaired = match (before_values, after_values) {
        (Ok(before_values), Ok(after_values)) => {
            let (mut of_before, mut of_after) = (Kept(before_values), Kept(after_values));
            let values: (&mut dyn KeptValues, &mut dyn KeptValues) =
                (&mut of_before, &mut of_after);
            return gia_stats::compare_studies_by_background(before, after, margin, values);
        }
        (Err(MissingValues::NotKept), Err(MissingValues::NotKept)) => {
            "neither run kept the values of its backgrounds (`gia run --values`)".to_string()
        }
        (Err(why), _) => missing_values("earlier", &why),
        (Ok(_), Err(why)) => missing_values("later", &why),
    };
    let comparison = gia_stats::compare_studies(before, after, margin);
    Ok(Comparison {
        unpaired: Some(unpaired),
        ..comparison
    })
}

fn missing_values(run: &str, why: &MissingValues) -> String {
    match why {
        MissingValues::NotKept => {
            format!("the {run} run did not keep the values of its backgrounds (`gia run --values`)")
        }
        MissingValues::NotFound(path) => format!(
            "`{}`, which holds the values of the {run} run, is not beside its study",
            path.display()
        ),
        MissingValues::Changed(path) => format!(
            "`{}` is not the file of values that the {run} run wrote",
            path.display()
        ),
    }
}

/// The values of a run as the statistics ask for them.
struct Kept(ValuesReader);

impl KeptValues for Kept {
    fn series(&mut self, experiment: &str, row: usize) -> Outcome<SeriesValues> {
        self.0.series(experiment, row)
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
