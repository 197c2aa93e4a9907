//! `gia diff BEFORE AFTER`

use std::path::PathBuf;

use clap::Args;

use super::clashes::Files;
use super::print::{self, print_out};
use super::{ErrorFormat, Execute, Status};
use gia_base::diag::Outcome;
use gia_base::source::Sources;
use gia_report::OutputFile;
use gia_stats::Margin;

#[derive(Args)]
pub struct Arguments {
    /// The earlier study, as `gia run --json` wrote it.
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// The later study, or that of another model.
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// Differences that are as good as none: as a share of the earlier run's sd between backgrounds, 0.2sd, or in the outcome's
    /// unit, 0.5.
    #[arg(long, default_value = "0.2sd", value_name = "SIZE")]
    margin: Margin,
    /// Write the comparison to this file.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Print no table; the exit status and the file that was asked for tell.
    #[arg(long, short)]
    quiet: bool,
    /// How diagnostics are written.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

impl Execute for Arguments {
    /// 0: nothing changed; 1: an effect changed or is gone; 2: a file is no study; 3: the comparison cannot be written.
    fn execute(&self) -> Status {
        let read = || -> Outcome<_> {
            let before = gia_report::from_json(&self.before)?;
            Ok((before, gia_report::from_json(&self.after)?))
        };
        let told = |diagnostic| {
            print::print_as(&[diagnostic], &Sources::default(), self.error_format);
        };
        let (before, after) = match read() {
            Ok(both) => both,
            Err(diagnostic) => {
                told(*diagnostic);
                return Status::WrongProgram;
            }
        };
        let mut files = Files::default();
        files.reads("the earlier study", &self.before);
        files.reads("the later study", &self.after);
        files.writes_if("json", self.json.as_ref());
        if let Err(diagnostic) = files.check() {
            told(*diagnostic);
            return Status::WrongProgram;
        }
        let comparison = gia_stats::compare(&before, &after, self.margin);
        let written = || -> Outcome<()> {
            match &self.json {
                Some(path) => gia_report::write_comparison(&comparison, OutputFile::open(path)?),
                None => Ok(()),
            }
        };
        let written = written();
        if !self.quiet {
            let style = print::stdout_style();
            print_out(&gia_report::comparison_page(&comparison, style));
        }
        if let Err(diagnostic) = written {
            told(*diagnostic);
            return Status::RunBroke;
        }
        match comparison.is_changed() {
            true => Status::Unsupported,
            false => Status::Supported,
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}
