//! No text makes the parser panic, and every place that it names lies in the text.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../sound.rs"]
#[expect(dead_code, reason = "the other target checks")]
mod sound;

fuzz_target!(|text: &str| {
    sound::parse(text);
});
