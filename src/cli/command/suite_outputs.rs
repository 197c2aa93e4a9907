//! Output files of a suite.

use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::clashes::Files;
use super::outputs::Failed;
use super::path_option::{path_option, paths_of};
use gia_base::diag::Outcome;
use gia_report::{OutputFile, SUITE_FORMATS, SuiteFormat};
use gia_study::Suite;

/// An option for each format that a suite is written in.
#[derive(Debug, Clone)]
pub struct SuiteOutputArguments {
    wanted: Vec<(&'static SuiteFormat, PathBuf)>,
}

/// The files, known to be writable.
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
        let wanted = paths_of(matches, SUITE_FORMATS, |format| format.option);
        Ok(SuiteOutputArguments { wanted })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl SuiteOutputArguments {
    /// Notes what will be written.
    pub fn note(&self, files: &mut Files) {
        for (format, path) in &self.wanted {
            files.writes(format.option, path);
        }
    }

    /// Opened before anything runs, written when all is done.
    pub fn open(&self) -> Outcome<SuiteOutputs> {
        let wanted = self.wanted.iter();
        let files = wanted.map(|(format, path)| Ok((*format, OutputFile::open(path)?)));
        Ok(SuiteOutputs {
            files: files.collect::<Outcome<_>>()?,
        })
    }
}

impl SuiteOutputs {
    /// Writes each file for itself, but for those of these paths, which scripts read.
    pub fn write(self, suite: &Suite, unwritten: &[PathBuf]) -> Failed {
        let mut failed = Failed::default();
        for (format, file) in self.files {
            if unwritten.iter().all(|path| path != file.path()) {
                let written = (format.text)(suite).and_then(|text| file.commit(text.as_bytes()));
                failed.take(written);
            }
        }
        failed
    }
}
