//! Conversion of libtorch's errors to diagnostics.

use gia_base::diag::{Code, Diagnostic};
use tch::TchError;

/// Converts an error of libtorch, without its stack trace. `at` names what failed. Lack of memory becomes [`Code::OutOfMemory`].
pub fn failed(at: &str, error: &TchError) -> Box<Diagnostic> {
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
