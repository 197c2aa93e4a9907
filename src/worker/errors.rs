//! Conversion of libtorch's errors to diagnostics.

use gia_base::diag::{Code, Diagnostic};
use tch::TchError;

/// What the error of a pass that makes an inexact integer begins with.
pub const MAKES_INTEGER: &str = "makes the integer";

/// What mends a network that computes with integers which float32 does not hold.
pub const SMALLER_INTEGERS: &str =
    "compute with smaller integers, or with floats, and export the network again";

/// Converts an error of libtorch, without its stack trace. `at` names what failed. Lack of memory becomes [`Code::OutOfMemory`].
pub fn failed(at: &str, error: &TchError) -> Box<Diagnostic> {
    if let TchError::Kind(what) = error
        && what.starts_with(MAKES_INTEGER)
    {
        let diagnostic = Diagnostic::error(Code::ModelFailed, format!("{at} {what}"));
        return Box::new(diagnostic.help(SMALLER_INTEGERS));
    }
    let text = error.to_string();
    let first = text.strip_prefix("Internal torch error: ").unwrap_or(&text);
    let first = first
        .lines()
        .next()
        .unwrap_or("an error without a message")
        .trim();
    let memory = [
        "out of memory",
        "can't allocate memory",
        "not enough memory",
        "STATUS_ALLOC_FAILED",
        "bad_alloc",
    ]
    .iter()
    .any(|m| text.contains(m));
    let code = if memory {
        Code::OutOfMemory
    } else {
        Code::ModelFailed
    };
    Box::new(Diagnostic::error(
        code,
        format!("libtorch failed at {at}: {first}"),
    ))
}
