//! `gia diff BEFORE AFTER`

use std::path::{Path, PathBuf};

use clap::Args;

use super::overwrites::CommandFiles;
use super::print::{self, print_out};
use super::study::compare_kept_values;
use super::{ErrorFormat, Execute, Status};
use gia_base::diag::Outcome;
use gia_base::source::Sources;
use gia_report::{OutputFile, ValuesReader};
use gia_stats::EquivalenceMargin;

#[derive(Args)]
pub struct Arguments {
    /// Earlier study, written by `gia run --json`. Effects are paired by background if both runs kept their `--values`.
    #[arg(value_name = "BEFORE")]
    before: PathBuf,
    /// Later study, or a study of another model.
    #[arg(value_name = "AFTER")]
    after: PathBuf,
    /// Differences smaller than this count as equivalent, for example 0.5 in the outcome's unit, or 0.2sd in standard deviations between
    /// backgrounds of the earlier run.
    #[arg(long, default_value = "0.2sd", value_name = "SIZE")]
    margin: EquivalenceMargin,
    /// Write the comparison to this file, as JSON.
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Print no table; write only the requested files.
    #[arg(long, short)]
    quiet: bool,
    /// Format of errors and warnings.
    #[arg(long, value_enum, default_value = "human")]
    error_format: ErrorFormat,
}

impl Execute for Arguments {
    /// The status is that of the comparison: a failure if an effect changed or is gone.
    fn execute(&self) -> Status {
        let read = || -> Outcome<_> {
            let read = |path: &Path| -> Outcome<_> {
                let study = gia_report::from_json(path)?;
                let values = ValuesReader::open(&study, path)?;
                Ok((study, values))
            };
            Ok((read(&self.before)?, read(&self.after)?))
        };
        let told = |diagnostic| {
            print::print_as(&[diagnostic], &Sources::default(), self.error_format);
        };
        let ((before, before_values), (after, after_values)) = match read() {
            Ok(both) => both,
            Err(diagnostic) => {
                told(*diagnostic);
                return Status::InvalidProgram;
            }
        };
        let mut files = CommandFiles::default();
        files.add_input("the earlier study", &self.before);
        files.add_input("the later study", &self.after);
        for values in [&before_values, &after_values].into_iter().flatten() {
            files.add_input("the table of values of a study", values.path());
        }
        files.add_optional_output("json", self.json.as_ref());
        if let Err(diagnostic) = files.check() {
            told(*diagnostic);
            return Status::InvalidProgram;
        }
        let compared = compare_kept_values(
            (&before, before_values),
            (&after, after_values),
            self.margin,
        );
        let comparison = match compared {
            Ok(comparison) => comparison,
            Err(diagnostic) => {
                told(*diagnostic);
                return Status::RunFailed;
            }
        };
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
            return Status::RunFailed;
        }
        match comparison.is_changed() {
            true => Status::Failure,
            false => Status::Success,
        }
    }

    fn error_format(&self) -> ErrorFormat {
        self.error_format
    }
}
