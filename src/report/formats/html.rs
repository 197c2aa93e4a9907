//! Studies as a page for a browser.

use super::{ReportFormat, Writer};
use crate::html;
use gia_base::diag::Outcome;
use gia_study::Study;

pub const FORMAT: ReportFormat = ReportFormat {
    option: "report",
    help: "Write an HTML report with claims, designs, figures and tables",
    writer: Writer::Study(|study, file| file.commit(to_html(study)?.as_bytes())),
    draws: true,
};

/// Serialises a study as one self-contained HTML page.
///
/// # Errors
/// [`gia_base::diag::Code::WriteFailed`] if a figure cannot be drawn.
pub fn to_html(study: &Study) -> Outcome<String> {
    Ok(html::page(study)?.into_string())
}
