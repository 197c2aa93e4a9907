//! What holds for every text, whatever its author meant. The fuzz targets and `tests/properties.rs` both call this, so
//! that what is fuzzed is also tested without a fuzzer.

use std::path::Path;

use gia::check;
use gia::diag::Diagnostic;
use gia::source::{SourceId, Sources, Span};
use gia::syntax;

/// A text is parsed or refused without a panic. Every place in the tree and in the diagnostics lies in the text, and
/// every diagnostic is an error that has a place. Returns the number of places in the tree.
///
/// # Panics
/// Where one of these does not hold.
pub fn parse(text: &str) -> usize {
    let (file, diagnostics) = syntax::parse(SourceId(0), text);
    let mut places = 0;
    for span in spans(&format!("{file:?}")) {
        assert!(text.get(span.range()).is_some(), "{span:?} of the tree");
        places += 1;
    }
    for diagnostic in &diagnostics {
        let has_place = diagnostic.span().is_some();
        assert!(diagnostic.is_error() && has_place, "{diagnostic:?}");
        for label in &diagnostic.labels {
            assert!(text.get(label.span.range()).is_some(), "{label:?}");
        }
    }
    places
}

/// A text that lies in `folder` is checked without a panic. Every place in the diagnostics lies in its text, and there
/// is a program or an error.
///
/// # Panics
/// Where one of these does not hold.
pub fn check(text: &str, folder: &Path) {
    let mut sources = Sources::default();
    let main = sources.add("any.gia", folder, text);
    let checked = check::check(main, &mut sources);
    for label in checked.diagnostics.iter().flat_map(|d| &d.labels) {
        let text = &sources.get(label.span.source).text;
        assert!(text.get(label.span.range()).is_some(), "{label:?}");
    }
    let refused = checked.diagnostics.iter().any(Diagnostic::is_error);
    assert!(checked.program.is_some() || refused, "neither of the two");
}

/// Every span of a tree, found in its debug form so that none is forgotten.
fn spans(tree: &str) -> impl Iterator<Item = Span> {
    tree.split("start: ").skip(1).filter_map(|rest| {
        let (start, rest) = rest.split_once(", end: ")?;
        let (end, _) = rest.split_once(' ')?;
        Some(Span::new(
            SourceId(0),
            start.parse().ok()?,
            end.parse().ok()?,
        ))
    })
}
