//! The files that a study is written to, for every command that has one.

use std::path::PathBuf;

use clap::Args;

use crate::diag::Outcome;
use crate::engine;
use crate::report::{self, OutputFile, TidyTable};
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
    /// Opened before anything runs: an hour of passes must not end at a folder that does not exist.
    pub fn open(&self) -> Outcome<Outputs> {
        let open = |path: &Option<PathBuf>| path.as_ref().map(OutputFile::open).transpose();
        if let Some(folder) = &self.figures {
            engine::make_folder(folder)?;
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
    /// Writes the study to each of them; the JSON, which the others can be made of, first.
    pub fn write(self, study: &Study) -> Outcome<()> {
        if let Some(json) = self.json {
            json.commit(report::to_json(study)?.as_bytes())?;
        }
        if self.csv.is_some() || self.parquet.is_some() {
            let table = TidyTable::of(study)?;
            if let Some(csv) = self.csv {
                csv.commit(&report::to_csv(&table)?)?;
            }
            if let Some(parquet) = self.parquet {
                parquet.commit(&report::to_parquet(&table)?)?;
            }
        }
        if let Some(page) = self.report {
            page.commit(report::to_html(study)?.as_bytes())?;
        }
        if let Some(folder) = self.figures {
            for figure in report::figures(study)? {
                let path = |ending: &str| folder.join(format!("{}.{ending}", figure.name));
                OutputFile::open(path("svg"))?.commit(figure.svg().as_bytes())?;
                OutputFile::open(path("png"))?.commit(&figure.png()?)?;
            }
        }
        Ok(())
    }
}
