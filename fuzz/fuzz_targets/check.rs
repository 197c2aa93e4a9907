//! No text makes the checker panic, and every place that a diagnostic names lies in its text. The text is checked as
//! if it lay in `tests/diagnostics`, beside models and sequences that it may read.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

#[path = "../sound.rs"]
#[expect(dead_code, reason = "the other target parses")]
mod sound;

fuzz_target!(|text: &str| sound::check(text, Path::new("tests/diagnostics")));
