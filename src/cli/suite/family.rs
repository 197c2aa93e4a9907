//! The family of claims that spans the scripts of a suite: `set family = "suite"`.

use std::path::{Path, PathBuf};

use super::baseline::study_path;
use super::{ScriptResult, SuiteOptions};
use gia_base::diag::Outcome;
use gia_report::OutputFile;
use gia_study::{Claim, ClaimFamily, FamilyScope, ScriptResults, SuiteResults};

/// Whether the claims of a script are judged together with those of other scripts.
pub fn spans_scripts(file: &ScriptResults) -> bool {
    file.family
        .is_some_and(|family| family.scope == FamilyScope::Suite)
}

/// Judges the claims of all scripts that form one family, once all have run: in the results of the suite, in the comparisons with earlier
/// studies, and in the studies that were written. `held` are the results from the first such script on.
///
/// # Errors
/// A study that can no longer be read or written; the results are judged all the same.
pub fn judge_suite(
    suite: &mut SuiteResults,
    held: &[ScriptResult],
    scripts: &[PathBuf],
    settings: &SuiteOptions,
) -> Outcome<()> {
    let (Some(size), _) = suite.family() else {
        return Ok(());
    };
    let mut claims: Vec<&mut Claim> = suite
        .files
        .iter_mut()
        .filter(|file| spans_scripts(file))
        .flat_map(|file| file.cases.iter_mut().map(|case| &mut case.claim))
        .collect();
    gia_stats::judge_family(&mut claims, size);
    let first = suite.files.len() - held.len();
    let mut written = Ok(());
    for (i, finished) in held.iter().enumerate() {
        let file = &mut suite.files[first + i];
        if !spans_scripts(file) {
            continue;
        }
        if let Some(comparison) = &mut file.comparison {
            let cases = file.cases.iter();
            let after = cases.map(|case| (case.experiment.as_str(), &case.claim));
            comparison.claims = gia_stats::changed_verdicts(&finished.earlier, after);
        }
        if let Some(folder) = settings.studies.as_ref().filter(|_| finished.is_kept) {
            let path = study_path(folder, &scripts[first + i]);
            written = written.and(rewrite_verdicts(&path, file, size));
        }
    }
    written
}

/// Writes the verdicts of a script, whose family has `size` claims, into its study.
fn rewrite_verdicts(path: &Path, file: &ScriptResults, size: usize) -> Outcome<()> {
    let mut study = gia_report::from_json(path)?;
    let names = study.all_claims();
    let names: Vec<String> = names
        .map(|(experiment, _)| experiment.unwrap_or_default().to_string())
        .collect();
    for (claim, experiment) in study.all_claims_mut().into_iter().zip(names) {
        let judged = file.cases.iter().find(|case| {
            case.experiment == experiment
                && case.claim.claim == claim.claim
                && case.claim.place == claim.place
        });
        if let Some(case) = judged {
            *claim = case.claim.clone();
        }
    }
    study.family = file.family.map(|family| ClaimFamily {
        claims: size,
        ..family
    });
    gia_report::write_json(&study, OutputFile::open(path)?)
}
