//! The study as one page for a browser.

use super::{ReportFormat, Writer};
use crate::html;
use gia_base::diag::Outcome;
use gia_study::Study;

pub const FORMAT: ReportFormat = ReportFormat {
    option: "report",
    help: "Write a page that a browser shows: claims, designs, figures and tables",
    writer: Writer::Study(|study, file| file.commit(to_html(study)?.as_bytes())),
    draws: true,
};

/// The page, in HTML.
///
/// # Errors
/// [`gia_base::diag::Code::Write`] where a figure cannot be drawn.
pub fn to_html(study: &Study) -> Outcome<String> {
    Ok(html::page(study)?.into_string())
}
