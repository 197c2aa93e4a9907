//! Options for the output files of a suite.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::outputs::WriteErrors;
use super::overwrites::CommandFiles;
use super::path_option::{path_option, paths_of};
use gia_base::diag::Outcome;
use gia_report::{OutputFile, SUITE_FORMATS, SuiteFormat};
use gia_study::SuiteResults;

/// The output options, one for each format of a suite.
#[derive(Debug, Clone)]
pub struct SuiteOutputArguments {
    requested: Vec<(&'static SuiteFormat, PathBuf)>,
}

/// Open output files of a suite.
pub struct SuiteOutputs {
    files: Vec<(&'static SuiteFormat, OutputFile)>,
}

impl Args for SuiteOutputArguments {
    fn augment_args(command: Command) -> Command {
        let options = SUITE_FORMATS.iter();
        command.args(options.map(|format| path_option(format.option, "PATH", format.help)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SuiteOutputArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let requested = paths_of(matches, SUITE_FORMATS, |format| format.option);
        Ok(SuiteOutputArguments { requested })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl SuiteOutputArguments {
    /// Registers the output files.
    pub fn register(&self, files: &mut CommandFiles) {
        for (format, path) in &self.requested {
            files.add_option_output(format.option, path);
        }
    }

    /// Opens the output files, before anything runs.
    pub fn open(&self) -> Outcome<SuiteOutputs> {
        let requested = self.requested.iter();
        let files = requested.map(|(format, path)| Ok((*format, OutputFile::open(path)?)));
        Ok(SuiteOutputs {
            files: files.collect::<Outcome<_>>()?,
        })
    }
}

impl SuiteOutputs {
    /// Writes the suite to all output files except `protected` ones, which scripts read.
    pub fn write(self, suite: &SuiteResults, protected: &[PathBuf]) -> WriteErrors {
        let mut failed = WriteErrors::default();
        for (format, file) in self.files {
            if protected.iter().all(|path| path != file.path()) {
                let written = (format.text)(suite).and_then(|text| file.commit(text.as_bytes()));
                failed.collect(written);
            }
        }
        failed
    }
}
