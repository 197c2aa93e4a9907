//! What was done in a study, in prose for the methods section of a paper.

use super::{ReportFormat, Writer};
use crate::methods;

pub const FORMAT: ReportFormat = ReportFormat {
    option: "methods",
    help: "Write what was done, in sentences for a methods section, as Markdown",
    writer: Writer::Study(|study, file| file.commit(methods::text(study).as_bytes())),
    draws: false,
};
