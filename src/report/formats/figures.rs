//! Figures of a study as separate files.

use std::path::Path;

use super::{ReportFormat, Writer};
use crate::{OutputFile, figures};
use gia_base::diag::{Diagnostic, Outcome};
use gia_study::Study;

pub const FORMAT: ReportFormat = ReportFormat {
    option: "figures",
    help: "Write the figures to this folder, as SVG and PNG",
    writer: Writer::Folder {
        extensions: &[SVG, PNG],
        write,
    },
    draws: true,
};

const SVG: &str = "svg";
const PNG: &str = "png";

/// Writes every figure; a failure does not stop the others.
fn write(study: &Study, folder: &Path) -> Vec<Diagnostic> {
    let figures = match figures(study) {
        Ok(figures) => figures,
        Err(diagnostic) => return vec![*diagnostic],
    };
    let mut failed = Vec::new();
    for figure in figures {
        let open =
            |extension: &str| OutputFile::open(folder.join(format!("{}.{extension}", figure.name)));
        let svg = || -> Outcome<()> { open(SVG)?.commit(figure.svg().as_bytes()) };
        let png = || -> Outcome<()> { open(PNG)?.commit(&figure.png()?) };
        failed.extend([svg(), png()].into_iter().filter_map(Result::err));
    }
    failed.into_iter().map(|diagnostic| *diagnostic).collect()
}
