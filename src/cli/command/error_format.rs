//! `--error-format`.

use clap::ValueEnum;

use gia_base::diag;

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ErrorFormat {
    /// With the place underlined.
    Human,
    /// One line each: FILE:LINE:COLUMN: error[CODE]: message.
    #[allow(
        rustdoc::broken_intra_doc_links,
        reason = "the help shows the brackets as they stand"
    )]
    Short,
    /// One JSON object a line.
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
