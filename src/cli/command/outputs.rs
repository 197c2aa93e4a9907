//! Options for the output files of a study, shared by all commands that make one.
//!
//! Invariant: an output that cannot be written is reported, and does not stop the others.

use std::path::{Path, PathBuf};

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::overwrites::CommandFiles;
use super::path_option::{path_option, paths_of};
use gia_base::diag::{Diagnostic, Outcome};
use gia_base::file;
use gia_report::{OutputFile, REPORT_FORMATS, ReportFormat, TidyTable, Writer, cannot_write};
use gia_study::Study;

/// The output options, one for each format of a study.
#[derive(Debug, Clone)]
pub struct OutputArguments {
    /// The requested formats with their paths, in the order of the help.
    requested: Vec<(&'static ReportFormat, PathBuf)>,
}

impl Args for OutputArguments {
    fn augment_args(command: Command) -> Command {
        command.args(REPORT_FORMATS.iter().map(|format| {
            let value_name = match format.writer {
                Writer::Study(_) | Writer::Table(_) => "PATH",
                Writer::Folder { .. } => "DIR",
            };
            path_option(format.option, value_name, format.help)
        }))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OutputArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let requested = paths_of(matches, REPORT_FORMATS, |format| format.option);
        Ok(OutputArguments { requested })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl OutputArguments {
    /// Registers the output files.
    pub fn register(&self, files: &mut CommandFiles) {
        for (format, path) in &self.requested {
            match format.writer {
                Writer::Study(_) | Writer::Table(_) => files.add_option_output(format.option, path),
                Writer::Folder { extensions, .. } => {
                    files.add_output_folder(format.option, path, extensions);
                }
            }
        }
    }

    /// Opens the outputs. Call it before anything runs, so that no long run ends at a folder that does not exist.
    pub fn open(&self) -> Outcome<Outputs> {
        let ranked = self.requested.iter().enumerate();
        let (folders, files): (Vec<_>, Vec<_>) =
            ranked.partition(|(_, (format, _))| matches!(format.writer, Writer::Folder { .. }));
        let mut opened = Vec::with_capacity(self.requested.len());
        for (rank, (format, path)) in folders.into_iter().chain(files) {
            let output = Output::open(&format.writer, path)?;
            opened.push(((format.draws, rank), output));
        }
        opened.sort_by_key(|(rank, _)| *rank);
        let outputs = opened.into_iter().map(|(_, output)| output).collect();
        Ok(Outputs { outputs })
    }

    /// Whether no output is requested.
    pub fn is_empty(&self) -> bool {
        self.requested.is_empty()
    }
}

/// Open outputs of a command, in the order in which they are written.
pub struct Outputs {
    outputs: Vec<Output>,
}

/// An open output and the function that writes it.
enum Output {
    Study(fn(&Study, OutputFile) -> Outcome<()>, OutputFile),
    Table(fn(&TidyTable, OutputFile) -> Outcome<()>, OutputFile),
    Folder(fn(&Study, &Path) -> Vec<Diagnostic>, PathBuf),
}

impl Output {
    fn open(writer: &Writer, path: &Path) -> Outcome<Output> {
        Ok(match *writer {
            Writer::Study(write) => Output::Study(write, OutputFile::open(path)?),
            Writer::Table(write) => Output::Table(write, OutputFile::open(path)?),
            Writer::Folder { extensions, write } => {
                file::make_folder(path).map_err(|error| cannot_write(path, &error))?;
                if let Some(extension) = extensions.first() {
                    OutputFile::open(path.join(format!("figure.{extension}")))?;
                }
                Output::Folder(write, path.to_path_buf())
            }
        })
    }
}

impl Outputs {
    /// Writes the study to all outputs; returns an error for each that could not be written.
    pub fn write(self, study: &Study) -> Vec<Diagnostic> {
        let mut failed = WriteErrors::default();
        // Made once for all formats that need it, so that a failure is reported once.
        let mut table: Option<Option<TidyTable>> = None;
        for output in self.outputs {
            match output {
                Output::Study(write, file) => {
                    failed.collect(write(study, file));
                }
                Output::Table(write, file) => {
                    if let Some(table) =
                        table.get_or_insert_with(|| failed.collect(TidyTable::of(study)))
                    {
                        failed.collect(write(table, file));
                    }
                }
                Output::Folder(write, folder) => failed.0.extend(write(study, &folder)),
            }
        }
        failed.0
    }
}

/// Errors of outputs that could not be written.
#[derive(Default)]
pub struct WriteErrors(pub Vec<Diagnostic>);

impl WriteErrors {
    /// Returns the value of a success; collects the error of a failure.
    pub fn collect<T>(&mut self, outcome: Outcome<T>) -> Option<T> {
        outcome.map_err(|diagnostic| self.0.push(*diagnostic)).ok()
    }
}
