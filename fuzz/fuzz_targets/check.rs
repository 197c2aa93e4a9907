//! No text makes the parser or the checker panic, and every place that a diagnostic names lies in its text.
//!
//! From the root of the tree: `cargo +nightly fuzz run check fuzz/corpus/check tests/diagnostics tests/plans`.

#![no_main]

use std::path::Path;

use gia::check;
use gia::source::Sources;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut sources = Sources::default();
    let main = sources.add("fuzz.gia", Path::new("tests/diagnostics"), text);
    let checked = check::check(main, &mut sources);
    for label in checked.diagnostics.iter().flat_map(|d| &d.labels) {
        let text = &sources.get(label.span.source).text;
        assert!(text.get(label.span.range()).is_some(), "{label:?}");
    }
});
