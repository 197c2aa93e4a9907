//! The study as JSON, in the public schema that its types declare.

use crate::diag::{Code, Diagnostic, Outcome};
use crate::result::Study;

/// Indented, keys in the order of the types, numbers to the last bit, a line end at the end.
///
/// # Errors
/// [`Code::NonFinite`] where the study holds a number that JSON has no word for.
pub fn to_json(study: &Study) -> Outcome<String> {
    let mut text = serde_json::to_string_pretty(study).map_err(|error| {
        let message = format!("the study cannot be written as JSON: {error}");
        Box::new(Diagnostic::error(Code::NonFinite, message))
    })?;
    text.push('\n');
    Ok(text)
}
