//! The study as JSON, in the public schema that its types declare.

use crate::result::Study;

/// Indented, keys in the order of the types, numbers to the last bit, a line end at the end.
///
/// A number that is not finite is written as `null`, since JSON has no other word for it.
pub fn to_json(study: &Study) -> String {
    let mut text = serde_json::to_string_pretty(study)
        .expect("a study is plain data with text keys, which JSON never refuses");
    text.push('\n');
    text
}
