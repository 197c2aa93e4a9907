//! Models: networks held against PyTorch, what declares them, and files that are damaged or of another kind.
//!
//! The networks and PyTorch's numbers lie in `tests/models`, beside the script that made them.

mod around;
mod damaged;
mod damaged_onnx;
mod declaration;
mod footprint;
mod integers;
mod kinds;
mod onnx_graphs;
mod parity;

use gia::diag::{Code, Diagnostic};

/// Asserts what a diagnostic is and what it says, help included.
#[track_caller]
fn says(diagnostic: &Diagnostic, code: Code, parts: &[&str]) {
    let text = format!(
        "{} / {}",
        diagnostic.message,
        diagnostic.help.as_deref().unwrap_or_default()
    );
    assert_eq!(diagnostic.code, code, "{text}");
    for part in parts {
        assert!(text.contains(part), "\"{part}\" is not in: {text}");
    }
}
