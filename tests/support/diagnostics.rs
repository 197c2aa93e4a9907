//! Diagnostics written by hand.

use std::path::Path;

use gia::diag::{Code, Diagnostic};
use gia::source::{SourceId, Sources, Span};

const SCRIPT: &str = "\
use \"sites.gia\"
null plain = uniform(length: 100bp)

experiment spacing {
\tvary gap in 0bp to 60bp step 2bp   # Abstände
    background plain
    embed [GATA1, gap, TAL1] at 45bp
    measure k562[\"DNAse\"]
}
";

const SITES: &str = "motif GATA1 = iupac(\"WGATAR\")\r\nmotif TAL1 = iupac(\"CANNTG\")\r\n";

/// The span of a piece of text.
pub fn span(sources: &Sources, id: SourceId, piece: &str) -> Span {
    let start = sources
        .get(id)
        .text
        .find(piece)
        .expect("the piece is there");
    Span::new(id, start, start + piece.len())
}

/// Diagnostics of every form, by hand.
pub fn every_form() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let main = sources.add("spacing.gia", Path::new("."), SCRIPT);
    let sites = sources.add("sites.gia", Path::new("."), SITES);
    let place = |piece| span(&sources, main, piece);
    let diagnostics = vec![
        Diagnostic::error(
            Code::UnknownTask,
            "model `k562` has no task `DNAse`",
        )
        .at(place("\"DNAse\""), "not among its 3 tasks")
        .help("a task with a similar name is `DNase`"),
        Diagnostic::error(
            Code::DoesNotFit,
            "the construct ends at 105 bp, behind the end of the 100 bp background, at gap = 48bp and 6 more grid \
             points",
        )
        .at(place("[GATA1, gap, TAL1]"), "12 bp and the gap")
        .at(place("uniform(length: 100bp)"), "the background is 100 bp long")
        .at(span(&sources, sites, "iupac(\"CANNTG\")"), "6 bp wide"),
        Diagnostic::warning(Code::UnusedAxis, "nothing depends on axis `gap`")
            .at(place("gap"), "declared here"),
        Diagnostic::error(Code::Syntax, "expected a value").at(place("gap"), "here"),
        Diagnostic::error(Code::Syntax, "expected another item")
            .at(Span::new(main, SCRIPT.len(), SCRIPT.len()), "the file ends here"),
        Diagnostic::error(Code::Syntax, "the experiment is never closed")
            .at(place("experiment spacing {\n\tvary"), "opened here"),
        Diagnostic::error(Code::DeviceMissing, "no CUDA device is present")
            .help("leave out `--device` to use the CPU"),
    ];
    (sources, diagnostics)
}
