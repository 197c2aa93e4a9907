//! `--registered`: comparison of a run with its registration.

use std::path::{Path, PathBuf};

use clap::Args;

use super::overwrites::CommandFiles;
use crate::pipeline::Script;
use crate::registration::{self, Registered, Registrations};
use gia_base::diag::Outcome;
use gia_study::RegistrationCheck;

/// The option that compares a script with its registration.
#[derive(Debug, Clone, Args)]
pub struct RegisteredArguments {
    /// Compare the script with the registration that `gia check --register` wrote before the run, or with that in a folder of them.
    #[arg(long, value_name = "PATH")]
    pub registered: Option<PathBuf>,
}

impl RegisteredArguments {
    /// Adds the registrations of these scripts to the inputs of a command.
    pub(super) fn add_inputs<'s>(
        &self,
        files: &mut CommandFiles,
        scripts: impl IntoIterator<Item = &'s Path>,
    ) {
        if let Some(path) = &self.registered {
            for script in scripts {
                files.add_input("a registration", &Registrations(path).path_of(script));
            }
        }
    }

    /// Reads the registration of a script and compares it; None without `--registered`.
    ///
    /// # Errors
    /// A registration that is missing or cannot be read, and those of [`registration::describe`].
    pub(super) fn check(&self, script: &Script, path: &Path) -> Outcome<Option<RegistrationCheck>> {
        let Some(registered) = &self.registered else {
            return Ok(None);
        };
        let file = Registrations(registered).path_of(path);
        let registered = Registered::read(&file)?;
        let now = registration::describe(script)?;
        Ok(Some(registration::compare(&registered, &now)))
    }
}
