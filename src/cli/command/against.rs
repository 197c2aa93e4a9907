//! `--against` and `--margin`: comparison with an earlier run.

use std::path::{Path, PathBuf};

use clap::Args;

use super::overwrites::CommandFiles;
use crate::suite;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_stats::EquivalenceMargin;

/// Options that compare effects with an earlier run.
#[derive(Debug, Clone, Args)]
pub struct AgainstArguments {
    /// Compare effects with an earlier study, or with a folder that `gia test --studies` wrote.
    #[arg(long, value_name = "PATH")]
    pub against: Option<PathBuf>,
    /// Differences smaller than this count as equivalent, for example 0.5 in the outcome's unit, or 0.2sd in standard deviations between
    /// backgrounds of the earlier run.
    #[arg(
        long,
        default_value = "0.2sd",
        value_name = "SIZE",
        requires = "against"
    )]
    pub margin: EquivalenceMargin,
}

impl AgainstArguments {
    /// Registers the earlier studies of these scripts as inputs.
    pub(super) fn register<'s>(
        &self,
        files: &mut CommandFiles,
        scripts: impl IntoIterator<Item = &'s Path>,
    ) {
        let Some(path) = &self.against else {
            return;
        };
        if !path.is_dir() {
            return files.add_input("the earlier study", path);
        }
        for script in scripts {
            files.add_input("an earlier study", &suite::study_path(path, script));
        }
    }

    /// Checks that at least one of these scripts has an earlier study.
    ///
    /// # Errors
    /// [`Code::NothingToCompare`].
    pub(super) fn require_any(&self, baseline: &suite::Baseline, scripts: &[&Path]) -> Outcome<()> {
        let alone = scripts.len() == 1;
        if scripts
            .iter()
            .any(|script| baseline.has_study(script, alone))
        {
            return Ok(());
        }
        let path = self.against.as_deref().unwrap_or(Path::new(""));
        let shown = path.display();
        let first = scripts.first().copied().unwrap_or(Path::new("a.gia"));
        let (message, help) = match baseline {
            suite::Baseline::Folder(folder) => (
                format!("`{shown}` holds no earlier study of these scripts"),
                format!(
                    "write them with `gia test --studies {shown}`; the study of `{}` is `{}`",
                    first.display(),
                    suite::study_path(folder, first).display()
                ),
            ),
            suite::Baseline::Study(study) => (
                format!(
                    "`{shown}` is a study of `{}`, which is not one of these scripts",
                    study.provenance.script.path
                ),
                "run that script alone, or give a folder of studies".to_string(),
            ),
        };
        let diagnostic = Diagnostic::error(Code::NothingToCompare, message);
        Err(Box::new(diagnostic.help(help)))
    }

    /// Path of the earlier study of a script; empty without `--against`.
    pub(super) fn study_path(&self, script: &Path) -> PathBuf {
        match &self.against {
            Some(path) if path.is_dir() => suite::study_path(path, script),
            Some(path) => path.clone(),
            None => PathBuf::new(),
        }
    }

    /// Opens the earlier studies, before anything runs; None without `--against`.
    pub(super) fn open(&self) -> Outcome<Option<suite::Baseline>> {
        let path = self.against.as_deref();
        path.map(suite::Baseline::open).transpose()
    }
}
