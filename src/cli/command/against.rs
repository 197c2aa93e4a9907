//! `--against` and `--margin`: an earlier run that effects are compared with.

use std::path::{Path, PathBuf};

use clap::Args;

use super::clashes::Files;
use crate::suite;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_stats::Margin;

/// An earlier run to compare effects with.
#[derive(Debug, Clone, Args)]
pub struct AgainstArguments {
    /// Compare effects with an earlier study, or with a folder of studies named by their scripts.
    #[arg(long, value_name = "PATH")]
    pub against: Option<PathBuf>,
    /// Differences that are as good as none: as a share of the earlier run's sd between backgrounds, 0.2sd, or in the outcome's
    /// unit, 0.5.
    #[arg(
        long,
        default_value = "0.2sd",
        value_name = "SIZE",
        requires = "against"
    )]
    pub margin: Margin,
}

impl AgainstArguments {
    /// Notes the studies that are read for these scripts.
    pub(super) fn note<'s>(&self, files: &mut Files, scripts: impl IntoIterator<Item = &'s Path>) {
        let Some(path) = &self.against else {
            return;
        };
        if !path.is_dir() {
            return files.reads("the earlier study", path);
        }
        for script in scripts {
            files.reads("an earlier study", &suite::study_path(path, script));
        }
    }

    /// Fails where there is nothing to compare with for any of these scripts.
    pub(super) fn expect_any(&self, baseline: &suite::Baseline, scripts: &[&Path]) -> Outcome<()> {
        let alone = scripts.len() == 1;
        if scripts.iter().any(|script| baseline.holds(script, alone)) {
            return Ok(());
        }
        let path = self.against.as_deref().unwrap_or(Path::new(""));
        let shown = path.display();
        let first = scripts.first().copied().unwrap_or(Path::new("a.gia"));
        let (message, help) = match baseline {
            suite::Baseline::Folder(folder) => (
                format!("`{shown}` holds no earlier study of any script that is run"),
                format!(
                    "the study of `{}` would be `{}`; `gia test --studies {shown}` writes it",
                    first.display(),
                    suite::study_path(folder, first).display()
                ),
            ),
            suite::Baseline::Study(study) => (
                format!(
                    "`{shown}` is a study of `{}`, which is not among the scripts that are run",
                    study.provenance.script.path
                ),
                "run that script alone, or name a folder of studies".to_string(),
            ),
        };
        let diagnostic = Diagnostic::error(Code::NothingToCompare, message);
        Err(Box::new(diagnostic.help(help)))
    }

    /// Reads what is there, before anything runs.
    pub(super) fn open(&self) -> Outcome<Option<suite::Baseline>> {
        let path = self.against.as_deref();
        path.map(suite::Baseline::open).transpose()
    }
}
