//! The files that a study is written to, for every command that has one.
//!
//! Invariant: an output that cannot be written is told, and keeps no other from being written.

use std::path::PathBuf;

use clap::Args;

use super::clashes::Files;
use crate::diag::{Diagnostic, Outcome};
use crate::file;
use crate::report::{self, OutputFile, TidyTable, cannot_write};
use crate::result::Study;

#[derive(Debug, Clone, Args)]
pub struct OutputArguments {
    /// Write all results to this file.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Write a page that a browser shows: claims, designs, figures and tables.
    #[arg(long, value_name = "PATH")]
    report: Option<PathBuf>,
    /// Write each figure of that page into this folder, as SVG and PNG.
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
    /// Write a table as CSV: a row for each grid point, contrast and outcome.
    #[arg(long, value_name = "PATH")]
    csv: Option<PathBuf>,
    /// Write the same table as Parquet.
    #[arg(long, value_name = "PATH")]
    parquet: Option<PathBuf>,
}

/// The files, known to be writable.
pub struct Outputs {
    json: Option<OutputFile>,
    report: Option<OutputFile>,
    figures: Option<PathBuf>,
    csv: Option<OutputFile>,
    parquet: Option<OutputFile>,
}

impl OutputArguments {
    /// Notes what will be written.
    pub fn note(&self, files: &mut Files) {
        files.writes_if("`--json`", self.json.as_ref());
        files.writes_if("`--report`", self.report.as_ref());
        files.writes_if("`--csv`", self.csv.as_ref());
        files.writes_if("`--parquet`", self.parquet.as_ref());
        if let Some(folder) = &self.figures {
            files.writes_figures("`--figures`", folder);
        }
    }

    /// Opened before anything runs: an hour of passes must not end at a folder that does not exist.
    pub fn open(&self) -> Outcome<Outputs> {
        let open = |path: &Option<PathBuf>| path.as_ref().map(OutputFile::open).transpose();
        if let Some(folder) = &self.figures {
            file::make_folder(folder).map_err(|error| cannot_write(folder, &error))?;
            OutputFile::open(folder.join("figure.svg"))?;
        }
        Ok(Outputs {
            json: open(&self.json)?,
            report: open(&self.report)?,
            figures: self.figures.clone(),
            csv: open(&self.csv)?,
            parquet: open(&self.parquet)?,
        })
    }

    /// Whether no file is asked for.
    pub fn is_empty(&self) -> bool {
        let paths = [
            &self.json,
            &self.report,
            &self.figures,
            &self.csv,
            &self.parquet,
        ];
        paths.iter().all(|path| path.is_none())
    }
}

impl Outputs {
    /// Writes the study to each of them; the JSON, which the others can be made of, first. What could not be written.
    pub fn write(self, study: &Study) -> Vec<Diagnostic> {
        let mut failed = Failed::default();
        if let Some(json) = self.json {
            failed.take(report::write_json(study, json));
        }
        if self.csv.is_some() || self.parquet.is_some() {
            let table = failed.take(TidyTable::of(study));
            if let (Some(table), Some(csv)) = (&table, self.csv) {
                failed.take(report::to_csv(table).and_then(|bytes| csv.commit(&bytes)));
            }
            if let (Some(table), Some(parquet)) = (&table, self.parquet) {
                failed.take(report::to_parquet(table).and_then(|bytes| parquet.commit(&bytes)));
            }
        }
        if let Some(page) = self.report {
            failed.take(report::to_html(study).and_then(|text| page.commit(text.as_bytes())));
        }
        if let Some(folder) = self.figures {
            for figure in failed.take(report::figures(study)).unwrap_or_default() {
                let open = |ending: &str| {
                    OutputFile::open(folder.join(format!("{}.{ending}", figure.name)))
                };
                failed.take(open("svg").and_then(|file| file.commit(figure.svg().as_bytes())));
                let png = || open("png").and_then(|file| file.commit(&figure.png()?));
                failed.take(png());
            }
        }
        failed.0
    }
}

/// What could not be written.
#[derive(Default)]
pub struct Failed(pub Vec<Diagnostic>);

impl Failed {
    /// Notes what went wrong, if anything did.
    pub fn take<T>(&mut self, outcome: Outcome<T>) -> Option<T> {
        outcome.map_err(|diagnostic| self.0.push(*diagnostic)).ok()
    }
}
