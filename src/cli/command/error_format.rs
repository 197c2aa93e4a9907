//! `--error-format`: the format of diagnostics.

use clap::ValueEnum;

use gia_base::diag;

/// Format of errors and warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// Show the source, with the error underlined.
    Human,
    /// Print one line for each: FILE:LINE:COLUMN: error[CODE]: message.
    #[allow(
        rustdoc::broken_intra_doc_links,
        reason = "the help shows the brackets as they stand"
    )]
    Short,
    /// Print one JSON object per line.
    Json,
}

impl From<ErrorFormat> for diag::Format {
    fn from(format: ErrorFormat) -> Self {
        match format {
            ErrorFormat::Human => diag::Format::Human,
            ErrorFormat::Short => diag::Format::Short,
            ErrorFormat::Json => diag::Format::Json,
        }
    }
}
